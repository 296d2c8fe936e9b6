-- +goose Up

-- An institution may ask for two people (双人经办): whoever decides to underwrite does not issue, and whoever finds a demand
-- complying does not note its payment. A person is told by the certificate that signed the request. The setting is copied into
-- the row with the decision: what was decided under it stays under it.
ALTER TABLE institution ADD COLUMN two_people boolean NOT NULL DEFAULT false;

-- An institution without a system of its own works on the pages alone: it listens nowhere, and nothing is delivered to it.
ALTER TABLE institution DROP CONSTRAINT institution_base_check;
ALTER TABLE institution ADD CONSTRAINT institution_base_check CHECK (base = '' OR char_length(base) BETWEEN 8 AND 256);

-- Fingerprints of certificates; NULL is a step that was not taken, or was taken before there were these columns.
ALTER TABLE guarantee
    ADD COLUMN two_people  boolean NOT NULL DEFAULT false,
    ADD COLUMN decided_by  bytea CHECK (octet_length(decided_by) = 32),
    ADD COLUMN prepared_by bytea CHECK (octet_length(prepared_by) = 32),
    ADD COLUMN issued_by   bytea CHECK (octet_length(issued_by) = 32),
    ADD CONSTRAINT guarantee_two_people CHECK (NOT two_people OR (decided_by IS NOT NULL
        AND (number IS NULL OR coalesce(prepared_by <> decided_by, false))
        AND (issued_at IS NULL OR coalesce(issued_by <> decided_by, false))));

ALTER TABLE demand
    ADD COLUMN two_people boolean NOT NULL DEFAULT false,
    ADD COLUMN decided_by bytea CHECK (octet_length(decided_by) = 32),
    ADD COLUMN paid_by    bytea CHECK (octet_length(paid_by) = 32),
    ADD CONSTRAINT demand_two_people CHECK (NOT two_people OR (decided_by IS NOT NULL
        AND (paid_at IS NULL OR coalesce(paid_by <> decided_by, false))));

-- Who decided is said once.
-- +goose StatementBegin
CREATE FUNCTION decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% %: who decided may not change', TG_TABLE_NAME, OLD.id USING ERRCODE = 'check_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER guarantee_decided_once BEFORE UPDATE ON guarantee FOR EACH ROW
    WHEN (OLD.decided_by IS NOT NULL AND (OLD.decided_by, OLD.two_people) IS DISTINCT FROM (NEW.decided_by, NEW.two_people))
    EXECUTE FUNCTION decided_once();
CREATE TRIGGER demand_decided_once BEFORE UPDATE ON demand FOR EACH ROW
    WHEN (OLD.decided_by IS NOT NULL AND (OLD.decided_by, OLD.two_people) IS DISTINCT FROM (NEW.decided_by, NEW.two_people))
    EXECUTE FUNCTION decided_once();

-- +goose Down
SELECT 1 / 0; -- forward only
