-- +goose Up

-- An order of postponement (延期令) on its way: the centre has signed, and the supervisor is to sign the same bytes or to say why
-- not. It binds nobody: what moves a deadline is a row of postponement, with both signatures. Nothing comes of an order once the
-- deadline that it moves (from_at) is over or was moved by another.
CREATE TABLE pending_order (
    id           text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    lot          text        NOT NULL REFERENCES lot,
    from_at      timestamptz NOT NULL,
    to_at        timestamptz NOT NULL CHECK (to_at > from_at),
    centre       bytea       NOT NULL, -- SignedData
    proposed_at  timestamptz NOT NULL CHECK (proposed_at < from_at),
    supervisor   bytea,                -- SignedData over the same bytes
    refusal      text        CHECK (refusal <> ''),
    decided_at   timestamptz CHECK (decided_at < from_at),
    withdrawn_at timestamptz,          -- by the centre
    CHECK (num_nonnulls(supervisor, refusal) <= 1),
    CHECK ((decided_at IS NULL) = (supervisor IS NULL AND refusal IS NULL)),
    CHECK (withdrawn_at IS NULL OR refusal IS NULL)
);
CREATE INDEX pending_order_lot ON pending_order (lot);
CREATE INDEX pending_order_newest ON pending_order (proposed_at, id);

-- What was said stays said: the paper never changes, and each answer is given once.
-- +goose StatementBegin
CREATE FUNCTION pending_order_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.lot, NEW.from_at, NEW.to_at, NEW.centre, NEW.proposed_at) IS DISTINCT FROM (OLD.id, OLD.lot, OLD.from_at, OLD.to_at, OLD.centre, OLD.proposed_at)
        OR OLD.decided_at IS NOT NULL AND (NEW.supervisor, NEW.refusal, NEW.decided_at) IS DISTINCT FROM (OLD.supervisor, OLD.refusal, OLD.decided_at)
        OR OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was said of an order stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'pending_order_said';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER pending_order_guard BEFORE UPDATE ON pending_order FOR EACH ROW EXECUTE FUNCTION pending_order_guard();
CREATE TRIGGER pending_order_stays BEFORE DELETE OR TRUNCATE ON pending_order
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 1 / 0; -- forward only
