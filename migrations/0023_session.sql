-- +goose Up

-- The rules of a remote opening (不见面开标), in minutes: null, opened on the spot. Frozen with the rest at publication.
ALTER TABLE lot
    ADD COLUMN hall_decrypt smallint CHECK (hall_decrypt BETWEEN 10 AND 120),
    ADD COLUMN hall_objection smallint CHECK (hall_objection BETWEEN 5 AND 240),
    ADD COLUMN hall_sign smallint CHECK (hall_sign BETWEEN 5 AND 60),
    ADD CONSTRAINT lot_hall CHECK (num_nulls(hall_decrypt, hall_objection, hall_sign) IN (0, 3)),
    ADD CONSTRAINT lot_hall_here CHECK (hall_decrypt IS NULL OR bids = 'here');

-- +goose StatementBegin
CREATE FUNCTION lot_hall_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (NEW.hall_decrypt, NEW.hall_objection, NEW.hall_sign)
        IS DISTINCT FROM (OLD.hall_decrypt, OLD.hall_objection, OLD.hall_sign) THEN
        RAISE EXCEPTION 'what was published is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_frozen';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER lot_hall_guard BEFORE UPDATE ON lot FOR EACH ROW EXECUTE FUNCTION lot_hall_guard();

-- The legal moves of a session, said a second time; tender/hallstatus.go is the first and a test compares them.
CREATE TABLE hall_move (
    from_stage text NOT NULL,
    to_stage   text NOT NULL,
    PRIMARY KEY (from_stage, to_stage)
);
INSERT INTO hall_move (from_stage, to_stage) VALUES
    ('listed', 'decrypting'),
    ('decrypting', 'paused'), ('objecting', 'paused'), ('signing', 'paused'),
    ('paused', 'decrypting'), ('paused', 'objecting'), ('paused', 'signing'),
    ('decrypting', 'decrypted'),
    ('decrypted', 'read'),
    ('read', 'objecting'),
    ('objecting', 'signing'),
    ('signing', 'ended'),
    ('listed', 'terminated'), ('decrypting', 'terminated'), ('paused', 'terminated'), ('decrypted', 'terminated'),
    ('read', 'terminated'), ('objecting', 'terminated'), ('signing', 'terminated');

-- One remote opening. It begins in the transaction that publishes the lot's opening: nothing of it is here before.
CREATE TABLE hall_session (
    lot           text        PRIMARY KEY REFERENCES lot,
    version       bigint      NOT NULL CHECK (version >= 1), -- number of its events
    stage         text        NOT NULL CHECK (stage IN
        ('listed','decrypting','paused','decrypted','read','objecting','signing','ended','terminated')),
    paused_in     text        CHECK (paused_in IN ('decrypting','objecting','signing')),
    left_us       bigint      CHECK (left_us > 0), -- of the window that is paused, microseconds
    deadline      timestamptz, -- of the window that runs; what comes at it is late
    begun_at      timestamptz NOT NULL,
    decrypt_from  timestamptz,
    decrypt_until timestamptz,
    read_at       timestamptz,
    ended_at      timestamptz,
    CHECK ((stage IN ('decrypting','objecting','signing')) = (deadline IS NOT NULL)),
    CHECK ((stage = 'paused') = (paused_in IS NOT NULL) AND (stage = 'paused') = (left_us IS NOT NULL)),
    CHECK ((stage IN ('ended','terminated')) = (ended_at IS NOT NULL)),
    CHECK (stage NOT IN ('read','objecting','signing','ended') OR read_at IS NOT NULL),
    CHECK (decrypt_until IS NULL OR decrypt_from IS NOT NULL),
    CHECK (read_at IS NULL OR decrypt_until IS NOT NULL)
);
CREATE INDEX hall_session_running ON hall_session (deadline) WHERE deadline IS NOT NULL;

-- The bids of a session. A form is sealed under a key of the platform's, for its own row; no column holds a term of it
-- before all are read out.
CREATE TABLE hall_bid (
    lot          text        NOT NULL REFERENCES hall_session,
    bid          text        NOT NULL UNIQUE,
    bidder       text, -- the lead; null when the outer half is unreadable
    state        text        NOT NULL CHECK (state IN ('waiting','decrypted','unreadable')),
    failure      text, -- in words, when unreadable
    sealed       bytea, -- the signed form
    decrypted_at timestamptz,
    terms        jsonb, -- what was read out
    confirmed_at timestamptz,
    PRIMARY KEY (lot, bid),
    FOREIGN KEY (lot, bid) REFERENCES opened_bid (lot, bid),
    CHECK ((state = 'unreadable') = (failure IS NOT NULL)),
    CHECK (state <> 'waiting' OR sealed IS NULL),
    CHECK (state <> 'decrypted' OR sealed IS NOT NULL),
    CHECK ((sealed IS NULL) = (decrypted_at IS NULL)),
    CHECK (terms IS NULL OR state = 'decrypted'),
    CHECK (confirmed_at IS NULL OR terms IS NOT NULL)
);

CREATE TABLE hall_event (
    lot   text        NOT NULL REFERENCES hall_session,
    seq   bigint      NOT NULL CHECK (seq >= 1),
    at    timestamptz NOT NULL,
    kind  text        NOT NULL CHECK (kind ~ '^[a-z][a-z_]{0,39}$'),
    actor text        NOT NULL,
    data  jsonb       NOT NULL,
    PRIMARY KEY (lot, seq)
);
CREATE TRIGGER hall_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hall_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- More time for all bids at once: asked for by the host, and in force with the supervisor's consent. seq is the event's.
CREATE TABLE hall_extension (
    lot          text        NOT NULL REFERENCES hall_session,
    seq          bigint      NOT NULL,
    minutes      smallint    NOT NULL CHECK (minutes BETWEEN 1 AND 120),
    reason       text        NOT NULL CHECK (reason <> ''),
    asked_by     text        NOT NULL,
    asked_at     timestamptz NOT NULL,
    consented_by text,
    consented_at timestamptz CHECK (consented_at >= asked_at),
    PRIMARY KEY (lot, seq),
    CHECK ((consented_by IS NULL) = (consented_at IS NULL))
);

-- Why a bid was not decrypted (电子招标投标办法31). None is ever changed but by the supervisor's word; a wrong one is
-- followed by another that names it.
CREATE TABLE hall_attribution (
    lot          text        NOT NULL,
    seq          bigint      NOT NULL,
    bid          text        NOT NULL,
    cause        text        NOT NULL CHECK (cause IN ('bidder','not_bidder')),
    evidence     text        NOT NULL CHECK (evidence <> ''),
    digest       bytea       CHECK (octet_length(digest) = 32), -- of a file of evidence
    previous     bigint,
    said_by      text        NOT NULL,
    said_at      timestamptz NOT NULL,
    confirmed_by text,
    confirmed_at timestamptz CHECK (confirmed_at >= said_at),
    PRIMARY KEY (lot, seq),
    FOREIGN KEY (lot, bid) REFERENCES hall_bid (lot, bid),
    FOREIGN KEY (lot, previous) REFERENCES hall_attribution (lot, seq),
    CHECK (previous < seq),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL))
);

CREATE TABLE hall_objection (
    lot         text        NOT NULL REFERENCES hall_session,
    seq         bigint      NOT NULL,
    bidder      text        NOT NULL,
    said        text        NOT NULL CHECK (char_length(said) BETWEEN 5 AND 2000),
    at          timestamptz NOT NULL,
    refused     boolean     NOT NULL, -- it came too late
    answer      text,
    answered_by text,
    answered_at timestamptz,
    PRIMARY KEY (lot, seq),
    CHECK (num_nulls(answer, answered_by, answered_at) IN (0, 3)),
    CHECK (NOT refused OR answer IS NULL)
);

-- Who had signed in, by the statement that the platform signed for it. Nothing of it is here before the session.
CREATE TABLE hall_attendance (
    lot       text        NOT NULL REFERENCES hall_session,
    bidder    text        NOT NULL,
    at        timestamptz NOT NULL, -- when it signed in
    statement bytea, -- null: it came when the session had begun
    kept_at   timestamptz NOT NULL,
    PRIMARY KEY (lot, bidder)
);
CREATE TRIGGER hall_attendance_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hall_attendance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The record of the opening (开标记录表): fixed bytes, in editions that name the one before.
CREATE TABLE hall_record (
    lot     text        NOT NULL REFERENCES hall_session,
    edition integer     NOT NULL CHECK (edition > 0),
    content bytea       NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (lot, edition)
);
CREATE TRIGGER hall_record_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hall_record
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who signed an edition. Null at the end: 未签，视为无异议.
CREATE TABLE hall_signature (
    lot     text        NOT NULL,
    edition integer     NOT NULL,
    signer  text        NOT NULL,
    host    boolean     NOT NULL,
    signed  bytea, -- SignedData over the content
    at      timestamptz NOT NULL,
    PRIMARY KEY (lot, edition, signer),
    FOREIGN KEY (lot, edition) REFERENCES hall_record (lot, edition),
    CHECK (NOT host OR signed IS NOT NULL)
);
CREATE TRIGGER hall_signature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hall_signature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The last sign of life of the platform while a window runs, by the real clock: how long nobody could do anything is
-- what a window is extended by (docs/remote-opening.md).
CREATE TABLE hall_beat (
    one boolean     PRIMARY KEY DEFAULT true CHECK (one),
    at  timestamptz NOT NULL
);
INSERT INTO hall_beat (at) VALUES (clock_timestamp());

-- +goose StatementBegin
CREATE FUNCTION hall_session_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now timestamptz := platform_now();
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage <> 'listed' OR NOT EXISTS (SELECT 1 FROM lot WHERE id = NEW.lot AND opened_at IS NOT NULL AND hall_decrypt IS NOT NULL) THEN
            RAISE EXCEPTION 'a session begins with the opening of a lot that has one' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_session_begin';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a session stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_session_stays';
    END IF;
    IF NEW.stage <> OLD.stage AND NOT EXISTS (SELECT 1 FROM hall_move WHERE from_stage = OLD.stage AND to_stage = NEW.stage) THEN
        RAISE EXCEPTION 'illegal move of a session' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_move';
    END IF;
    IF NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'a session changes only with an event' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_session_version';
    END IF;
    IF NEW.begun_at <> OLD.begun_at OR OLD.decrypt_from IS NOT NULL AND NEW.decrypt_from IS DISTINCT FROM OLD.decrypt_from
        OR OLD.decrypt_until IS NOT NULL AND NEW.decrypt_until IS DISTINCT FROM OLD.decrypt_until
        OR OLD.read_at IS NOT NULL AND NEW.read_at IS DISTINCT FROM OLD.read_at
        OR OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'an instant of a session is written once' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_session_once';
    END IF;
    IF NEW.stage = OLD.stage AND NEW.deadline < OLD.deadline THEN
        RAISE EXCEPTION 'a window is never made shorter' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_window';
    END IF;
    IF OLD.stage = 'paused' AND NEW.stage NOT IN ('paused', 'terminated', OLD.paused_in)
        OR OLD.stage = 'paused' AND NEW.stage = 'paused' AND (NEW.paused_in, NEW.left_us) IS DISTINCT FROM (OLD.paused_in, OLD.left_us) THEN
        RAISE EXCEPTION 'a pause ends where it began' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_pause';
    END IF;
    IF NEW.stage = 'paused' AND OLD.stage <> 'paused' AND NEW.paused_in <> OLD.stage THEN
        RAISE EXCEPTION 'a pause ends where it began' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_pause';
    END IF;
    IF OLD.stage = 'decrypting' AND NEW.stage = 'decrypted' AND now < OLD.deadline
        AND EXISTS (SELECT 1 FROM hall_bid WHERE lot = NEW.lot AND state = 'waiting') THEN
        RAISE EXCEPTION 'decrypting ends early only when every bid is decrypted' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_early';
    END IF;
    IF OLD.stage = 'objecting' AND NEW.stage = 'signing' AND (now < OLD.deadline
        OR EXISTS (SELECT 1 FROM hall_objection WHERE lot = NEW.lot AND NOT refused AND answer IS NULL)) THEN
        RAISE EXCEPTION 'objections are heard and answered first' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_objections';
    END IF;
    IF NEW.stage = 'ended' AND OLD.stage <> 'ended' AND NOT EXISTS (SELECT 1 FROM hall_signature s WHERE s.lot = NEW.lot AND s.host
        AND s.edition = (SELECT max(edition) FROM hall_record WHERE lot = NEW.lot)) THEN
        RAISE EXCEPTION 'a session ends with a record that the host has signed' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_record_signed';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER hall_session_guard BEFORE INSERT OR UPDATE OR DELETE ON hall_session FOR EACH ROW EXECUTE FUNCTION hall_session_guard();
CREATE TRIGGER hall_session_never_emptied BEFORE TRUNCATE ON hall_session FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A bid is decrypted once, inside the window. Its terms are written when all are read out, once. One that cannot be read
-- again at that moment becomes unreadable.
-- +goose StatementBegin
CREATE FUNCTION hall_bid_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s hall_session;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a bid of a session stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_bid_stays';
    END IF;
    SELECT * INTO s FROM hall_session WHERE lot = NEW.lot;
    IF TG_OP = 'INSERT' THEN
        IF s.stage <> 'listed' OR NEW.state = 'decrypted' THEN
            RAISE EXCEPTION 'the bids of a session are those of its opening' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_bid_begin';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.lot, NEW.bid) <> (OLD.lot, OLD.bid) OR NEW.bidder IS DISTINCT FROM OLD.bidder
        OR OLD.sealed IS NOT NULL AND (NEW.sealed, NEW.decrypted_at) IS DISTINCT FROM (OLD.sealed, OLD.decrypted_at)
        OR OLD.terms IS NOT NULL AND NEW.terms IS DISTINCT FROM OLD.terms
        OR OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at THEN
        RAISE EXCEPTION 'what a bid of a session says is written once' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_bid_once';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state = 'waiting' AND NEW.state = 'decrypted' AND s.stage = 'decrypting' AND NEW.decrypted_at < s.deadline
        OR OLD.state = 'decrypted' AND NEW.state = 'unreadable' AND s.stage = 'read' AND OLD.terms IS NULL) THEN
        RAISE EXCEPTION 'a bid is decrypted inside the window' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_bid_move';
    END IF;
    IF NEW.terms IS NOT NULL AND s.read_at IS NULL THEN
        RAISE EXCEPTION 'nothing is read before everything is read out' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_bid_read';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER hall_bid_guard BEFORE INSERT OR UPDATE OR DELETE ON hall_bid FOR EACH ROW EXECUTE FUNCTION hall_bid_guard();

-- Events have no gaps: whoever has the one before knows that nothing is between.
-- +goose StatementBegin
CREATE FUNCTION hall_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM hall_event WHERE lot = NEW.lot) THEN
        RAISE EXCEPTION 'events of a session have no gaps' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_event_order';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER hall_event_guard BEFORE INSERT ON hall_event FOR EACH ROW EXECUTE FUNCTION hall_event_guard();

-- What was said stands; an answer, a consent and a confirmation are added once.
-- +goose StatementBegin
CREATE FUNCTION hall_said_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what was said stands' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_said';
    END IF;
    after := to_jsonb(NEW);
    IF EXISTS (SELECT 1 FROM jsonb_each(before) b WHERE b.value <> 'null' AND after -> b.key IS DISTINCT FROM b.value) OR
        EXISTS (SELECT 1 FROM jsonb_each(before) b WHERE b.value = 'null' AND after -> b.key <> 'null'
            AND b.key NOT IN ('answer','answered_by','answered_at','consented_by','consented_at','confirmed_by','confirmed_at')) THEN
        RAISE EXCEPTION 'what was said stands' USING ERRCODE = 'check_violation', CONSTRAINT = 'hall_said';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER hall_extension_guard BEFORE UPDATE OR DELETE ON hall_extension FOR EACH ROW EXECUTE FUNCTION hall_said_guard();
CREATE TRIGGER hall_attribution_guard BEFORE UPDATE OR DELETE ON hall_attribution FOR EACH ROW EXECUTE FUNCTION hall_said_guard();
CREATE TRIGGER hall_objection_guard BEFORE UPDATE OR DELETE ON hall_objection FOR EACH ROW EXECUTE FUNCTION hall_said_guard();

-- +goose Down
SELECT 1 / 0; -- forward only
