-- +goose Up

-- The emergency rule (应急): what happened at or after an opening, what bidders showed of their own, what the supervisor
-- decided, and what became of it. Nothing of it exists before a lot is closed.

-- The legal moves, said a second time; tender/incidentstatus.go is the first and a test compares them.
CREATE TABLE incident_move (
    part       text NOT NULL CHECK (part IN ('incident', 'letter')),
    from_state text NOT NULL,
    to_state   text NOT NULL,
    PRIMARY KEY (part, from_state, to_state)
);
INSERT INTO incident_move (part, from_state, to_state) VALUES
    ('incident', 'reported', 'accepted'),
    ('incident', 'reported', 'dismissed'),
    ('incident', 'reported', 'withdrawn'),
    ('incident', 'accepted', 'closed'),
    ('letter', 'accepted', 'verified'),
    ('letter', 'accepted', 'contradicted');

CREATE TABLE incident (
    id          text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    lot         text        NOT NULL REFERENCES lot,
    version     bigint      NOT NULL CHECK (version >= 1),
    state       text        NOT NULL CHECK (state IN ('reported', 'accepted', 'dismissed', 'closed', 'withdrawn')),
    cause       text        NOT NULL CHECK (cause IN ('clear_letter', 'software', 'hardware', 'attack', 'other')),
    words       text        NOT NULL,
    reported_by text        NOT NULL REFERENCES organisation,
    reported_at timestamptz NOT NULL,
    decision    bytea, -- SignedData over letter.IncidentDecision, by the supervisor
    decided_by  text        REFERENCES organisation,
    decided_at  timestamptz,
    checked_at  timestamptz, -- of the last automatic verification
    closing     bytea, -- SignedData over letter.IncidentClosing; null when the platform closed it by itself
    closed_at   timestamptz,
    CHECK ((state IN ('reported', 'withdrawn')) = (decision IS NULL)),
    CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK (closing IS NULL OR state = 'closed')
);
-- One at a time: whoever has something to add adds it to the one that is open.
CREATE UNIQUE INDEX incident_open ON incident (lot) WHERE state = 'reported';
CREATE INDEX incident_lot ON incident (lot, reported_at);
CREATE INDEX incident_unverified ON incident (checked_at) WHERE state = 'accepted';

CREATE TABLE incident_event (
    incident text        NOT NULL REFERENCES incident,
    seq      bigint      NOT NULL CHECK (seq >= 1),
    kind     text        NOT NULL,
    at       timestamptz NOT NULL,
    actor    text        NOT NULL,
    data     jsonb       NOT NULL,
    PRIMARY KEY (incident, seq)
);

CREATE TABLE incident_evidence (
    incident text        NOT NULL REFERENCES incident,
    digest   bytea       NOT NULL CHECK (octet_length(digest) = 32),
    name     text        NOT NULL,
    bytes    bytea       NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (incident, digest)
);

-- A bidder's own copy of its letter, as it was shown, with the sixteen lines as they could be judged then.
CREATE TABLE incident_copy (
    incident     text        NOT NULL REFERENCES incident,
    letter       text        NOT NULL CHECK (letter ~ '^[0-9a-f]{32}$'),
    presenter    text        NOT NULL REFERENCES organisation,
    file         bytea       NOT NULL,
    digest       bytea       NOT NULL CHECK (octet_length(digest) = 32), -- signing.Sum of file
    here         boolean     NOT NULL, -- the platform has a row of it, and it says the same
    result       text        NOT NULL CHECK (result IN ('passed', 'doubtful', 'unknown')),
    summary      jsonb       NOT NULL,
    lines        jsonb       NOT NULL,
    presented_at timestamptz NOT NULL,
    PRIMARY KEY (incident, letter)
);
CREATE INDEX incident_copy_presenter ON incident_copy (presenter);

-- The letters of an accepted incident. What the opening published of them stays as it is.
CREATE TABLE accepted_letter (
    lot        text        NOT NULL REFERENCES lot,
    letter     text        NOT NULL,
    incident   text        NOT NULL,
    state      text        NOT NULL CHECK (state IN ('accepted', 'verified', 'contradicted')),
    moved      boolean     NOT NULL, -- the guarantee's row was missing and is accepted
    result     text        NOT NULL CHECK (result IN ('passed', 'doubtful', 'unknown')),
    lines      jsonb       NOT NULL, -- as they could be judged when it was accepted
    why        text        NOT NULL, -- what the last comparison came to, in words
    checked_at timestamptz,
    PRIMARY KEY (lot, letter),
    FOREIGN KEY (incident, letter) REFERENCES incident_copy (incident, letter)
);
CREATE INDEX accepted_letter_incident ON accepted_letter (incident);

CREATE TRIGGER incident_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_copy_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_copy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_never_deleted BEFORE DELETE OR TRUNCATE ON incident
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accepted_letter_never_deleted BEFORE DELETE OR TRUNCATE ON accepted_letter
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
CREATE FUNCTION incident_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM incident_move WHERE part = 'incident' AND from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'illegal move of an incident' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_move';
    END IF;
    IF NEW.version < OLD.version OR (NEW.state <> OLD.state AND NEW.version = OLD.version)
       OR (NEW.id, NEW.lot, NEW.cause, NEW.words, NEW.reported_by, NEW.reported_at)
          IS DISTINCT FROM (OLD.id, OLD.lot, OLD.cause, OLD.words, OLD.reported_by, OLD.reported_at)
       OR (OLD.decision IS NOT NULL AND (NEW.decision, NEW.decided_by, NEW.decided_at)
          IS DISTINCT FROM (OLD.decision, OLD.decided_by, OLD.decided_at)) THEN
        RAISE EXCEPTION 'what was said of an incident may not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_fixed';
    END IF;
    IF NEW.state = 'closed' AND EXISTS (SELECT 1 FROM accepted_letter WHERE incident = NEW.id AND (state = 'contradicted'
        OR (state = 'accepted' AND NEW.closing IS NULL))) THEN
        RAISE EXCEPTION 'a letter of the incident is not verified' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_unverified';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER incident_guard BEFORE UPDATE ON incident FOR EACH ROW EXECUTE FUNCTION incident_guard();

-- Evidence and copies come before the decision, or it would not have been about them.
-- +goose StatementBegin
CREATE FUNCTION incident_undecided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM incident WHERE id = NEW.incident AND state = 'reported') THEN
        RAISE EXCEPTION 'the incident is decided' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_undecided';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER incident_evidence_in_time BEFORE INSERT ON incident_evidence FOR EACH ROW EXECUTE FUNCTION incident_undecided();
CREATE TRIGGER incident_copy_in_time BEFORE INSERT ON incident_copy FOR EACH ROW EXECUTE FUNCTION incident_undecided();

-- A letter is accepted by a supervisor's decision, and by nothing else; from there it moves by the table.
-- +goose StatementBegin
CREATE FUNCTION accepted_letter_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'accepted' OR NOT EXISTS (SELECT 1 FROM incident
            WHERE id = NEW.incident AND lot = NEW.lot AND state = 'accepted' AND decision IS NOT NULL) THEN
            RAISE EXCEPTION 'nobody has decided this' USING ERRCODE = 'check_violation', CONSTRAINT = 'accepted_letter_decided';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM incident_move WHERE part = 'letter' AND from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'illegal move of an accepted letter' USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_move';
    END IF;
    IF (NEW.lot, NEW.letter, NEW.incident) <> (OLD.lot, OLD.letter, OLD.incident) OR (OLD.moved AND NOT NEW.moved) THEN
        RAISE EXCEPTION 'what was accepted may not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'accepted_letter_fixed';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER accepted_letter_guard BEFORE INSERT OR UPDATE ON accepted_letter FOR EACH ROW EXECUTE FUNCTION accepted_letter_guard();

-- What is accepted has its amount and its end like what was disclosed. Its receipt may stand nowhere but in the copy.
ALTER TABLE guarantee
    ADD CONSTRAINT guarantee_accepted CHECK (disclosure_state <> 'accepted' OR (amount IS NOT NULL AND expiry IS NOT NULL));
ALTER TABLE disclosure ADD COLUMN receipt bytea;

-- A letter sold at a counter is never missing: one that did not open stays sealed, and is accepted from there.
INSERT INTO legal_move (part, from_state, to_state) VALUES ('disclosure', 'sealed', 'accepted');
ALTER TABLE guarantee
    DROP CONSTRAINT guarantee_counter_never_missing,
    ADD CONSTRAINT guarantee_counter_never_missing CHECK (channel <> 'counter' OR disclosure_state <> 'missing');

-- +goose StatementBegin
CREATE FUNCTION guarantee_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.disclosure_state = 'sealed' AND NEW.disclosure_state = 'accepted' AND OLD.channel <> 'counter' THEN
        RAISE EXCEPTION 'guarantee %: what was not missing is not accepted', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER guarantee_accepted BEFORE UPDATE OF disclosure_state ON guarantee FOR EACH ROW EXECUTE FUNCTION guarantee_accepted();

-- +goose Down
SELECT 1 / 0; -- forward only
