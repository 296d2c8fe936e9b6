-- +goose Up

-- When the owner of a sealed row renews its encryption certificate, the keys of the row's seals are wrapped to the new
-- one. The new wrappings stand beside the seals, and the seals never change: a closing and a guarantor's statement name
-- their digests. They name no recipient.
ALTER TABLE guarantee
    ADD COLUMN owner_record bytea CHECK (octet_length(owner_record) BETWEEN 1 AND 160),
    ADD COLUMN owner_letter bytea CHECK (octet_length(owner_letter) BETWEEN 1 AND 160),
    ADD CONSTRAINT guarantee_owner_letter CHECK (owner_letter IS NULL OR (owner_record IS NOT NULL AND mode = 'full' AND letter IS NOT NULL));

-- +goose StatementBegin
CREATE FUNCTION guarantee_seals_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sealed <> OLD.sealed OR (OLD.letter IS NOT NULL AND NEW.letter IS DISTINCT FROM OLD.letter) THEN
        RAISE EXCEPTION 'guarantee %: what is sealed may not change', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER guarantee_seals_stay BEFORE UPDATE OF sealed, letter ON guarantee FOR EACH ROW EXECUTE FUNCTION guarantee_seals_stay();

-- +goose Down
SELECT 1 / 0; -- forward only
