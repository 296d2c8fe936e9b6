-- +goose Up

-- The files of demands and incidents lie outside the database, encrypted (docs/files.md): the row says which object it is, how
-- long, and the digest that it has always said. The object is durable before the row is written. What was stored before stays
-- where it is, in bytes, and is read from there: each row has the one or the other.
ALTER TABLE demand_document
    ALTER COLUMN bytes DROP NOT NULL,
    ADD COLUMN blob text CHECK (blob ~ '^[0-9a-f]{32}$'),
    ADD COLUMN size bigint CHECK (size >= 0),
    ADD CONSTRAINT demand_document_kept CHECK ((bytes IS NULL) = (blob IS NOT NULL) AND (blob IS NULL) = (size IS NULL));
CREATE UNIQUE INDEX demand_document_blob ON demand_document (blob) WHERE blob IS NOT NULL;

ALTER TABLE incident_evidence
    ALTER COLUMN bytes DROP NOT NULL,
    ADD COLUMN blob text CHECK (blob ~ '^[0-9a-f]{32}$'),
    ADD COLUMN size bigint CHECK (size >= 0),
    ADD CONSTRAINT incident_evidence_kept CHECK ((bytes IS NULL) = (blob IS NOT NULL) AND (blob IS NULL) = (size IS NULL));
CREATE UNIQUE INDEX incident_evidence_blob ON incident_evidence (blob) WHERE blob IS NOT NULL;

-- +goose Down
SELECT 1 / 0; -- forward only
