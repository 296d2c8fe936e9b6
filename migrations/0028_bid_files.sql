-- +goose Up

-- The files of bids, as the platform keeps them (docs/files.md): ciphertexts that only the signed form of a bid opens, in the
-- store for files. A row comes when one was uploaded, and names neither who did, nor a bid, nor a lot. Its length is a step of a
-- public ladder.
--
-- owner_tag is keyed, of the bidder and the digest: the same upload of the same bidder is one row, and only its own bid can name
-- it. While no bid names it, slot_tag is the keyed number of the bidder's n-th such upload, by which it is bounded. When a bid is
-- handed in that names it, use_tag is the keyed name of that bid's use, in the transaction of the hand-in: it has one use at a
-- time, and from then on it stays.
CREATE TABLE bid_file (
    id        text   PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'), -- random; the object's name too
    size      bigint NOT NULL CHECK (size IN (262144, 1048576, 4194304, 16777216, 67108864, 268435456)), -- bytes of the ciphertext
    digest    bytea  NOT NULL CHECK (octet_length(digest) = 32), -- SM3 of the ciphertext, which is under a fresh key
    owner_tag bytea  NOT NULL UNIQUE CHECK (octet_length(owner_tag) = 32),
    slot_tag  bytea  UNIQUE CHECK (octet_length(slot_tag) = 32),
    use_tag   bytea  UNIQUE CHECK (octet_length(use_tag) = 32),
    day       date   NOT NULL, -- of the last upload, Asia/Shanghai
    CONSTRAINT bid_file_used_or_loose CHECK ((slot_tag IS NULL) <> (use_tag IS NULL))
);
CREATE INDEX bid_file_loose ON bid_file (day) WHERE use_tag IS NULL;

-- +goose StatementBegin
CREATE FUNCTION bid_file_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.use_tag IS NOT NULL THEN
            RAISE EXCEPTION 'a file of a bid stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_file_stays';
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.size, NEW.digest, NEW.owner_tag) IS DISTINCT FROM (OLD.id, OLD.size, OLD.digest, OLD.owner_tag)
        OR OLD.use_tag IS NOT NULL AND (NEW.use_tag IS NULL OR NEW.day <> OLD.day) THEN
        RAISE EXCEPTION 'a file of a bid stays what it is' USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_file_stays';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER bid_file_guard BEFORE UPDATE OR DELETE ON bid_file FOR EACH ROW EXECUTE FUNCTION bid_file_guard();
CREATE TRIGGER bid_file_no_truncate BEFORE TRUNCATE ON bid_file FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
SELECT 1 / 0; -- forward only
