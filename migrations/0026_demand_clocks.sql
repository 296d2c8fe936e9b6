-- +goose Up

-- Moves that leave a demand where it is, or send it back to its beneficiary once: the guarantor asks for documents, what
-- arrives in time is taken into the examination, an insurer pays in advance (保险法 arts. 22, 25; URDG 758 art. 20).
INSERT INTO legal_move (part, from_state, to_state) VALUES
    ('demand', 'incomplete', 'incomplete'),
    ('demand', 'examining', 'incomplete'),
    ('demand', 'examining', 'examining'),
    ('demand', 'stayed', 'stayed');

ALTER TABLE demand
    ADD COLUMN requested_at timestamptz,
    ADD COLUMN interim_paid bigint NOT NULL DEFAULT 0 CHECK (interim_paid >= 0),
    ADD COLUMN paid_slip    bytea CHECK (octet_length(paid_slip) = 32),
    ADD CONSTRAINT demand_interim_leaves_a_rest CHECK (interim_paid < amount),
    ADD CONSTRAINT demand_paid_at_most_demanded CHECK (interim_paid + coalesce(paid_amount, 0) <= amount);
-- A demand that was completed may lack documents again: the insurer's one request.
ALTER TABLE demand DROP CONSTRAINT demand_check3;
CREATE INDEX demand_open ON demand (state) WHERE state IN ('presented', 'incomplete', 'examining', 'complying', 'stayed');

-- When the clocks of a demand stand still, and why: documents are awaited, or a court has stopped the payment
-- (法释〔2016〕24号 arts. 13–17). Clocks are derived from these rows and never stored.
CREATE TABLE demand_pause (
    demand     text        NOT NULL REFERENCES demand (id),
    seq        int         NOT NULL CHECK (seq >= 1),
    why        text        NOT NULL CHECK (why IN ('documents', 'court')),
    from_state text        NOT NULL,
    began_at   timestamptz NOT NULL,
    ended_at   timestamptz CHECK (ended_at >= began_at),
    court      text,
    ruling     text,
    ruled_on   date,
    lifting    text,
    PRIMARY KEY (demand, seq),
    CHECK ((why = 'court') = (court IS NOT NULL AND ruling IS NOT NULL AND ruled_on IS NOT NULL)),
    CHECK (lifting IS NULL OR (why = 'court' AND ended_at IS NOT NULL)),
    CHECK (why <> 'court' OR ended_at IS NULL OR lifting IS NOT NULL)
);
-- One at a time.
CREATE UNIQUE INDEX demand_pause_one ON demand_pause (demand) WHERE ended_at IS NULL;

-- The files that go with a court's order, with its lifting and with an objection. They are nobody's documents of the
-- presentation and are never sent as such.
CREATE TABLE demand_paper (
    demand      text        NOT NULL REFERENCES demand (id),
    kind        text        NOT NULL CHECK (kind IN ('ruling', 'lifting', 'objection')),
    of          text        NOT NULL, -- the number of the pause, or the id of the objection
    name        text        NOT NULL,
    digest      bytea       NOT NULL CHECK (octet_length(digest) = 32),
    bytes       bytea       NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (demand, kind, of, digest)
);

-- The applicant's fraud objections (欺诈异议, 法释〔2016〕24号 art. 12), word for word.
CREATE TABLE demand_objection (
    id          text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    demand      text        NOT NULL REFERENCES demand (id),
    applicant   text        NOT NULL CHECK (length(applicant) = 18),
    ground      text        NOT NULL,
    signed      bytea       NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX demand_objection_demand ON demand_objection (demand);

CREATE TRIGGER demand_paper_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON demand_paper
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER demand_objection_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON demand_objection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER demand_pause_never_deleted BEFORE DELETE OR TRUNCATE ON demand_pause
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A pause ends once, and says for ever when it began and on whose order.
-- +goose StatementBegin
CREATE FUNCTION demand_pause_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
       OR (NEW.demand, NEW.seq, NEW.why, NEW.from_state, NEW.began_at, NEW.court, NEW.ruling, NEW.ruled_on)
          IS DISTINCT FROM (OLD.demand, OLD.seq, OLD.why, OLD.from_state, OLD.began_at, OLD.court, OLD.ruling, OLD.ruled_on) THEN
        RAISE EXCEPTION 'pause % of demand %: what was fixed may not change', OLD.seq, OLD.demand USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER demand_pause_fixed BEFORE UPDATE ON demand_pause FOR EACH ROW EXECUTE FUNCTION demand_pause_ends_once();

-- What was paid in advance is never unpaid, and what was paid never changes.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION demand_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM check_move('demand', OLD.state, NEW.state);
    IF NEW.amount <> OLD.amount OR NEW.presented_at <> OLD.presented_at OR NEW.signed <> OLD.signed
       OR NEW.interim_paid < OLD.interim_paid
       OR (OLD.paid_amount IS NOT NULL AND (NEW.paid_amount, NEW.paid_ref, NEW.paid_at, NEW.paid_slip)
           IS DISTINCT FROM (OLD.paid_amount, OLD.paid_ref, OLD.paid_at, OLD.paid_slip)) THEN
        RAISE EXCEPTION 'demand %: what was fixed may not change', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- The institution is told of what the applicant objects, and of a last day that moved or became known.
ALTER TABLE delivery DROP CONSTRAINT delivery_kind_check;
ALTER TABLE delivery ADD CONSTRAINT delivery_kind_check CHECK (kind ~ '^[a-z_]{3,40}$');

-- The kinds of reminder are guarantee.DueKind; a list here would have to be written again with each of them.
ALTER TABLE notice DROP CONSTRAINT notice_due_check;
ALTER TABLE notice ADD CONSTRAINT notice_due_check CHECK (due ~ '^[a-z_]{3,40}$');

-- +goose Down
SELECT 1 / 0; -- forward only
