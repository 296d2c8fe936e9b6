-- +goose Up

-- A deadline moves later only, and only by an order that centre and supervisor have both signed.
CREATE TABLE postponement (
    lot        text        NOT NULL REFERENCES lot (id),
    seq        bigint      NOT NULL, -- of the lot's event
    from_at    timestamptz NOT NULL,
    to_at      timestamptz NOT NULL CHECK (to_at > from_at),
    reason     text        NOT NULL CHECK (reason <> ''),
    centre     bytea       NOT NULL, -- SignedData
    supervisor bytea       NOT NULL, -- SignedData over the same bytes
    at         timestamptz NOT NULL CHECK (at < from_at),
    PRIMARY KEY (lot, seq),
    UNIQUE (lot, from_at)
);
CREATE TRIGGER postponement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postponement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO lot_move (from_state, to_state) VALUES ('published', 'published');

-- As before, but for the deadline and the requirement that names it.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION lot_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM lot_move WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'illegal move of a lot' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_move';
    END IF;
    IF NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'a lot changes only with an event' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_version';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.custodians, NEW.amount, NEW.forms, NEW.base, NEW.validity_days, NEW.extra_days)
        IS DISTINCT FROM (OLD.custodians, OLD.amount, OLD.forms, OLD.base, OLD.validity_days, OLD.extra_days) THEN
        RAISE EXCEPTION 'what was published is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_frozen';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.deadline, NEW.requirement) IS DISTINCT FROM (OLD.deadline, OLD.requirement) AND
        NOT (OLD.state = 'published' AND NEW.state = 'published' AND NEW.deadline > OLD.deadline) THEN
        RAISE EXCEPTION 'a deadline moves later only, while bids come in' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_deadline';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT 1 / 0; -- forward only
