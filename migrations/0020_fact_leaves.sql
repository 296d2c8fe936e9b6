-- +goose Up

-- The leaf of the transparency log that commits to a fact (docs/transparency-log.md, 5); null for facts that are not
-- logged. Whoever may know the fact is given the salt with it.
ALTER TABLE guarantee_event ADD COLUMN leaf bytea UNIQUE CHECK (octet_length(leaf) = 32);
ALTER TABLE lot_event       ADD COLUMN leaf bytea UNIQUE CHECK (octet_length(leaf) = 32);

-- +goose Down
SELECT 1 / 0; -- forward only
