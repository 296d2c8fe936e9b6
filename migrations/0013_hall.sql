-- +goose Up

-- The verification sheets of an opening (核验结果表). Content is written in the transaction that publishes what it says,
-- edition 1 in that of the opening itself; signed follows, once, and is then used for ever. An edition names the digest of
-- the signed one before, so there is none before that one is signed.
CREATE TABLE opening_sheet (
    lot     text    NOT NULL REFERENCES lot,
    edition integer NOT NULL CHECK (edition > 0),
    content bytea   NOT NULL,
    signed  bytea,
    PRIMARY KEY (lot, edition)
);
CREATE INDEX opening_sheet_unsigned ON opening_sheet (lot) WHERE signed IS NULL;

-- +goose StatementBegin
CREATE FUNCTION opening_sheet_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.signed IS NOT NULL OR NEW.edition > 1 AND NOT EXISTS (SELECT 1 FROM opening_sheet
            WHERE lot = NEW.lot AND edition = NEW.edition - 1 AND signed IS NOT NULL) THEN
            RAISE EXCEPTION 'an edition follows a signed one' USING ERRCODE = 'check_violation', CONSTRAINT = 'opening_sheet_order';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.signed IS NOT NULL OR (NEW.lot, NEW.edition, NEW.content) <> (OLD.lot, OLD.edition, OLD.content) THEN
        RAISE EXCEPTION 'a sheet is written once and signed once' USING ERRCODE = 'check_violation', CONSTRAINT = 'opening_sheet_once';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER opening_sheet_guard BEFORE INSERT OR UPDATE OR DELETE ON opening_sheet FOR EACH ROW EXECUTE FUNCTION opening_sheet_guard();

-- How far an opening is, for everybody who watches. No row before the lot is closed, none after its last, and none that
-- tells how many bids or letters there are: per_cent follows from the stage alone. closed, failed and published are
-- written by the transactions that make them true; the others are news of an attempt that may still fail.
CREATE TABLE opening_progress (
    lot      text        NOT NULL REFERENCES lot,
    seq      bigint      NOT NULL CHECK (seq > 0),
    attempt  integer     NOT NULL CHECK (attempt >= 0),
    at       timestamptz NOT NULL,
    stage    text        NOT NULL CHECK (stage IN
        ('closed','failed','again','asking','bids','letters','verifying','waiting','published')),
    per_cent smallint    NOT NULL CHECK (per_cent BETWEEN 0 AND 100 AND per_cent % 10 = 0),
    awaited  jsonb, -- for which custodians it waits, and why
    PRIMARY KEY (lot, seq),
    CHECK ((stage = 'waiting') = (awaited IS NOT NULL))
);

-- +goose StatementBegin
CREATE FUNCTION opening_progress_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last opening_progress;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what was told stands' USING ERRCODE = 'check_violation', CONSTRAINT = 'opening_progress_once';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM lot WHERE id = NEW.lot AND closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'nothing is told of a lot that is not closed' USING ERRCODE = 'check_violation', CONSTRAINT = 'opening_progress_closed';
    END IF;
    SELECT * INTO last FROM opening_progress WHERE lot = NEW.lot ORDER BY seq DESC LIMIT 1;
    IF FOUND AND (last.stage IN ('failed','published') OR NEW.seq <> last.seq + 1 OR NEW.attempt < last.attempt
        OR NEW.attempt = last.attempt AND NEW.per_cent < last.per_cent) THEN
        RAISE EXCEPTION 'an opening goes forward' USING ERRCODE = 'check_violation', CONSTRAINT = 'opening_progress_forward';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER opening_progress_guard BEFORE INSERT OR UPDATE OR DELETE ON opening_progress FOR EACH ROW EXECUTE FUNCTION opening_progress_guard();

-- Lots that were opened or had failed before there was a hall end its stream at once.
INSERT INTO opening_progress (lot, seq, attempt, at, stage, per_cent)
SELECT id, 1, 0, coalesce(opened_at, closed_at), CASE WHEN opened_at IS NULL THEN 'failed' ELSE 'published' END, CASE WHEN opened_at IS NULL THEN 0 ELSE 100 END
FROM lot WHERE opened_at IS NOT NULL OR state = 'failed';

-- +goose Down
DROP TABLE opening_progress;
DROP FUNCTION opening_progress_guard;
DROP TABLE opening_sheet;
DROP FUNCTION opening_sheet_guard;
