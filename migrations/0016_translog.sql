-- +goose Up

-- The transparency log (docs/transparency-log.md). Leaves are salted commitments and say nothing by themselves.

-- What is to be logged, written by the transaction that makes it true. The writer takes it away with the next batch.
-- The minute is coarse on purpose: it orders, and names no fact.
CREATE TABLE log_pending (
    leaf   bytea       PRIMARY KEY CHECK (octet_length(leaf) = 32),
    salt   bytea       NOT NULL CHECK (octet_length(salt) = 32),
    minute timestamptz NOT NULL DEFAULT date_trunc('minute', platform_now())
);
CREATE INDEX log_pending_order ON log_pending (minute, leaf);

CREATE TABLE log_leaf (
    position bigint PRIMARY KEY CHECK (position >= 0),
    leaf     bytea  NOT NULL UNIQUE CHECK (octet_length(leaf) = 32)
);

-- Kept apart: the leaves may be shown to anybody, a salt only to those who know the fact. Dummies have one too.
CREATE TABLE log_salt (
    leaf bytea PRIMARY KEY REFERENCES log_leaf (leaf),
    salt bytea NOT NULL CHECK (octet_length(salt) = 32)
);

-- The tree, 5 levels a tile: 32 + 16 + 8 + 4 + 2 nodes of 32 bytes, from the bottom, zero where a node is not full yet.
-- It follows from the leaves and can be made anew from them.
CREATE TABLE log_tile (
    index bigint   NOT NULL CHECK (index >= 0),
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 10),
    nodes bytea    NOT NULL CHECK (octet_length(nodes) = 1984),
    PRIMARY KEY (level, index)
);
ALTER TABLE log_tile ALTER COLUMN nodes SET STORAGE PLAIN; -- four to a page, none elsewhere, none compressed

-- A head without a note is an intent: what will be signed stands here before any key is asked.
CREATE TABLE log_head (
    size bigint      PRIMARY KEY CHECK (size > 0),
    root bytea       NOT NULL CHECK (octet_length(root) = 32),
    tick timestamptz NOT NULL, -- the beat of its batch
    note text
);
CREATE UNIQUE INDEX log_head_one_intent ON log_head ((true)) WHERE note IS NULL;

-- What witnesses have said of a head, the latest word of each.
CREATE TABLE log_cosignature (
    size    bigint      NOT NULL REFERENCES log_head (size),
    witness text        NOT NULL,
    at      timestamptz NOT NULL,
    line    text        NOT NULL,
    PRIMARY KEY (size, witness)
);

CREATE TRIGGER log_leaf_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_salt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_salt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_head_never_deleted BEFORE DELETE OR TRUNCATE ON log_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
CREATE FUNCTION log_leaf_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first bigint; last bigint; n bigint;
BEGIN
    SELECT min(position), max(position), count(*) INTO first, last, n FROM added;
    IF n > 0 AND (last - first + 1 <> n OR (first > 0 AND NOT EXISTS (SELECT FROM log_leaf WHERE position = first - 1))) THEN
        RAISE EXCEPTION 'log: leaves % to % leave a gap', first, last USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER log_leaf_in_order AFTER INSERT ON log_leaf REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION log_leaf_in_order();

-- +goose StatementBegin
CREATE FUNCTION log_head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.note IS NOT NULL OR EXISTS (SELECT FROM log_head WHERE size >= NEW.size OR note IS NULL) THEN
        RAISE EXCEPTION 'log: a head of % leaves follows no signed smaller head', NEW.size USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER log_head_grows BEFORE INSERT ON log_head FOR EACH ROW EXECUTE FUNCTION log_head_grows();

-- +goose StatementBegin
CREATE FUNCTION log_head_signed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.note IS NOT NULL OR NEW.note IS NULL OR (NEW.size, NEW.root, NEW.tick) IS DISTINCT FROM (OLD.size, OLD.root, OLD.tick) THEN
        RAISE EXCEPTION 'log: the head of % leaves may not change', OLD.size USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER log_head_signed_once BEFORE UPDATE ON log_head FOR EACH ROW EXECUTE FUNCTION log_head_signed_once();

-- +goose Down
SELECT 1 / 0; -- forward only
