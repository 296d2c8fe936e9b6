-- +goose Up

-- The status lists (状态清单, docs/status-list.md): which disclosed letters are no longer in force. One at each beat, whatever
-- happened. A row is first the intent, what will be signed; the signed data, which holds it, then takes its place, once and
-- for ever. A list names the digest of the signed one before, so there is none before that one is signed.
CREATE TABLE status_list (
    sequence bigint      PRIMARY KEY CHECK (sequence > 0),
    beat     timestamptz NOT NULL UNIQUE,
    next_at  timestamptz NOT NULL CHECK (next_at > beat),
    content  bytea,
    signed   bytea,
    CHECK ((content IS NULL) = (signed IS NOT NULL))
);
CREATE UNIQUE INDEX status_list_one_intent ON status_list ((true)) WHERE signed IS NULL;

-- +goose StatementBegin
CREATE FUNCTION status_list_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.signed IS NOT NULL OR NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM status_list)
            OR EXISTS (SELECT 1 FROM status_list WHERE signed IS NULL OR beat >= NEW.beat) THEN
            RAISE EXCEPTION 'a status list follows a signed one' USING ERRCODE = 'check_violation', CONSTRAINT = 'status_list_order';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.signed IS NOT NULL OR NEW.signed IS NULL OR (NEW.sequence, NEW.beat, NEW.next_at) <> (OLD.sequence, OLD.beat, OLD.next_at) THEN
        RAISE EXCEPTION 'a status list is written once and signed once' USING ERRCODE = 'check_violation', CONSTRAINT = 'status_list_once';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER status_list_guard BEFORE INSERT OR UPDATE ON status_list FOR EACH ROW EXECUTE FUNCTION status_list_guard();
CREATE TRIGGER status_list_never_deleted BEFORE DELETE OR TRUNCATE ON status_list
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a list is made of, and of how many rows it is not.
CREATE INDEX guarantee_ended ON guarantee (latest_expiry)
    WHERE instrument_state IN ('released', 'expired', 'surrendered', 'paid_out', 'void') AND disclosure_state IN ('disclosed', 'accepted');

-- +goose Down
SELECT 1 / 0; -- forward only
