-- +goose Up

-- A letter that an institution sold at its own counter comes in sealed (柜台保函). Nobody handed an application in for
-- it here: there is no offer, no quoted fee and no tag of lot or bidder, and a bid that names it decides. For a letter
-- applied for at the platform every rule stays what it was.
ALTER TABLE guarantee
    ADD COLUMN channel text NOT NULL DEFAULT 'platform' CHECK (channel IN ('platform', 'counter')),
    ALTER COLUMN offer DROP NOT NULL,
    ALTER COLUMN quoted_fee DROP NOT NULL,
    ALTER COLUMN uniq_tag DROP NOT NULL,
    ALTER COLUMN lot_tag DROP NOT NULL,
    ALTER COLUMN owner_tag DROP NOT NULL,
    -- Nothing is in force whose fee is not paid: at the platform, or at the counter, of which there is no record here.
    DROP CONSTRAINT guarantee_check10,
    DROP CONSTRAINT guarantee_check11,
    ADD CONSTRAINT guarantee_fee_before_letter CHECK (channel = 'counter' OR instrument_state IN ('none', 'failed')
        OR fee_state IN ('paid', 'refunding', 'refunded')),
    ADD CONSTRAINT guarantee_fee_while_live CHECK (instrument_state NOT IN ('issuing', 'issued', 'amending')
        OR (application_state = 'approved' AND (channel = 'counter' OR fee_state = 'paid'))),
    ADD CONSTRAINT guarantee_platform CHECK (channel <> 'platform' OR (offer IS NOT NULL AND quoted_fee IS NOT NULL
        AND uniq_tag IS NOT NULL AND lot_tag IS NOT NULL AND owner_tag IS NOT NULL)),
    ADD CONSTRAINT guarantee_counter CHECK (channel <> 'counter' OR (offer IS NULL AND quoted_fee IS NULL
        AND uniq_tag IS NULL AND lot_tag IS NULL AND owner_tag IS NULL
        AND fee IS NULL AND fee_offered IS NULL AND fee_due_at IS NULL AND fee_evidence IS NULL
        AND owner_record IS NULL AND owner_letter IS NULL
        AND mode = 'full' AND statement IS NOT NULL
        AND application_state = 'approved' AND fee_state = 'none' AND instrument_state NOT IN ('none', 'issuing', 'failed'))),
    -- Whoever names it in a lot that it was not made for opens nothing, and ends nothing.
    ADD CONSTRAINT guarantee_counter_never_missing CHECK (channel <> 'counter' OR disclosure_state IN ('sealed', 'disclosed'));

-- +goose StatementBegin
CREATE FUNCTION guarantee_channel_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.channel <> OLD.channel THEN
        RAISE EXCEPTION 'guarantee %: where it came from may not change', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER guarantee_channel_stays BEFORE UPDATE OF channel ON guarantee FOR EACH ROW EXECUTE FUNCTION guarantee_channel_stays();

-- +goose Down
SELECT 1 / 0; -- forward only
