-- +goose Up

-- An opening writes all its rows in one transaction while a hall waits. Long values in them are signatures, certificates
-- and lines, which are not worth the time that compressing them takes then.
ALTER TABLE opened_bid ALTER COLUMN signed SET STORAGE EXTERNAL, ALTER COLUMN receipt SET STORAGE EXTERNAL;
ALTER TABLE opened_letter ALTER COLUMN lines SET STORAGE EXTERNAL;
ALTER TABLE disclosure ALTER COLUMN reveal SET STORAGE EXTERNAL, ALTER COLUMN undertaking SET STORAGE EXTERNAL,
    ALTER COLUMN receipt SET STORAGE EXTERNAL, ALTER COLUMN lines SET STORAGE EXTERNAL;
ALTER TABLE opening_sheet ALTER COLUMN content SET STORAGE EXTERNAL, ALTER COLUMN signed SET STORAGE EXTERNAL;

-- What an opening changes of a guarantee stands in no index. With room left on its page, the row stays there, and none of
-- its eleven indexes is written.
ALTER TABLE guarantee SET (fillfactor = 50);

-- As before, but a part that stays where it is costs no call: of six, an opening moves two.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION guarantee_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.application_state <> OLD.application_state THEN
        PERFORM check_move('application', OLD.application_state, NEW.application_state);
    END IF;
    IF NEW.fee_state <> OLD.fee_state THEN
        PERFORM check_move('fee', OLD.fee_state, NEW.fee_state);
    END IF;
    IF NEW.instrument_state <> OLD.instrument_state THEN
        PERFORM check_move('instrument', OLD.instrument_state, NEW.instrument_state);
    END IF;
    IF NEW.disclosure_state <> OLD.disclosure_state THEN
        PERFORM check_move('disclosure', OLD.disclosure_state, NEW.disclosure_state);
    END IF;
    IF NEW.verification_state <> OLD.verification_state THEN
        PERFORM check_move('verification', OLD.verification_state, NEW.verification_state);
    END IF;
    IF NEW.release_state <> OLD.release_state THEN
        PERFORM check_move('release', OLD.release_state, NEW.release_state);
    END IF;
    IF NEW.version < OLD.version OR NEW.id <> OLD.id OR NEW.guarantor <> OLD.guarantor
       OR NEW.application_digest <> OLD.application_digest OR NEW.commitment <> OLD.commitment
       OR (OLD.number IS NOT NULL AND (NEW.number IS DISTINCT FROM OLD.number OR NEW.letter_digest IS DISTINCT FROM OLD.letter_digest))
       OR NEW.honoured < OLD.honoured THEN
        RAISE EXCEPTION 'guarantee %: what was fixed may not change', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- +goose Down
SELECT 1 / 0; -- forward only
