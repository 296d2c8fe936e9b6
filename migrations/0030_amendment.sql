-- +goose Up

-- A letter is amended in one act: the guarantor hands in what it has signed, and from the platform's receipt on the letter ends
-- later. It is in force all the while, so that there is no state between.
DELETE FROM legal_move WHERE part = 'instrument' AND 'amending' IN (from_state, to_state);

-- A complying demand that would take an extension instead of payment is held for up to thirty days (URDG 758 art. 23): the
-- applicant answers, and then the guarantor extends, which withdraws the demand, or pays.
INSERT INTO legal_move (part, from_state, to_state) VALUES
    ('instrument', 'issued', 'issued'),
    ('demand', 'complying', 'held'),
    ('demand', 'held', 'held'),
    ('demand', 'held', 'honoured'),
    ('demand', 'held', 'withdrawn'),
    ('demand', 'held', 'stayed'),
    ('demand', 'stayed', 'held');

ALTER TABLE demand DROP CONSTRAINT demand_state_check;
ALTER TABLE demand
    ADD CONSTRAINT demand_state_check CHECK (state IN ('presented', 'incomplete', 'examining', 'complying', 'held', 'honoured', 'rejected', 'withdrawn', 'stayed')),
    ADD COLUMN extend_to     date,        -- as the signed demand asks; NULL: payment alone
    ADD COLUMN reply_by      timestamptz, -- until when the applicant answers
    ADD COLUMN answer        text CHECK (answer IN ('extend', 'pay')),
    ADD COLUMN answered_at   timestamptz,
    ADD COLUMN answer_signed bytea,
    ADD CONSTRAINT demand_held_for_an_extension CHECK (state <> 'held' OR (extend_to IS NOT NULL AND reply_by IS NOT NULL)),
    ADD CONSTRAINT demand_answered_when_asked CHECK (num_nulls(answer, answered_at, answer_signed) IN (0, 3) AND (answer IS NULL OR answered_at <= reply_by));

DROP INDEX demand_open;
CREATE INDEX demand_open ON demand (state) WHERE state IN ('presented', 'incomplete', 'examining', 'complying', 'held', 'stayed');

-- What was accepted, word for word, one for each number of a letter.
CREATE TABLE amendment (
    guarantee     text        NOT NULL REFERENCES guarantee (id),
    n             int         NOT NULL CHECK (n >= 1),
    cause         text        NOT NULL CHECK (cause = 'extend_or_pay'),
    demand        text        NOT NULL UNIQUE REFERENCES demand (id),
    prior         date        NOT NULL, -- the last day before it
    prior_latest  date        NOT NULL, -- the latest expiry before it
    expiry        date        NOT NULL CHECK (expiry > prior),
    latest_expiry date        NOT NULL CHECK (latest_expiry >= expiry),
    signed        bytea       NOT NULL,
    receipt       bytea       NOT NULL,
    signed_by     bytea       CHECK (octet_length(signed_by) = 32), -- fingerprint of the certificate that handed it in
    accepted_at   timestamptz NOT NULL,
    PRIMARY KEY (guarantee, n)
);
CREATE TRIGGER amendment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON amendment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Its number follows the last, and it begins where the letter ends.
-- +goose StatementBegin
CREATE FUNCTION amendment_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.n <> (SELECT count(*) + 1 FROM amendment a WHERE a.guarantee = NEW.guarantee)
       OR NOT EXISTS (SELECT 1 FROM guarantee g WHERE g.id = NEW.guarantee AND g.expiry = NEW.prior AND g.latest_expiry = NEW.prior_latest) THEN
        RAISE EXCEPTION 'amendment % of %: it does not follow what it amends', NEW.n, NEW.guarantee USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER amendment_follows BEFORE INSERT ON amendment FOR EACH ROW EXECUTE FUNCTION amendment_follows();

-- A published letter's end moves to a later day only, and by an amendment that is on record.
-- +goose StatementBegin
CREATE FUNCTION guarantee_end_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM amendment a WHERE a.guarantee = NEW.id AND a.prior IS NOT DISTINCT FROM OLD.expiry
                   AND a.expiry IS NOT DISTINCT FROM NEW.expiry AND a.latest_expiry = NEW.latest_expiry AND NEW.latest_expiry >= OLD.latest_expiry) THEN
        RAISE EXCEPTION 'guarantee %: its end moves by an amendment only', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER guarantee_end BEFORE UPDATE OF expiry, latest_expiry ON guarantee FOR EACH ROW
    WHEN ((OLD.expiry IS NOT NULL AND NEW.expiry IS DISTINCT FROM OLD.expiry) OR NEW.latest_expiry <> OLD.latest_expiry)
    EXECUTE FUNCTION guarantee_end_moves();

-- What was asked and answered stays.
-- +goose StatementBegin
CREATE FUNCTION demand_extension_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'demand %: what was asked and answered of an extension may not change', OLD.id USING ERRCODE = 'check_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER demand_extension_stays BEFORE UPDATE ON demand FOR EACH ROW
    WHEN (NEW.extend_to IS DISTINCT FROM OLD.extend_to OR (OLD.reply_by IS NOT NULL AND NEW.reply_by IS DISTINCT FROM OLD.reply_by)
        OR (OLD.answer IS NOT NULL AND (NEW.answer, NEW.answered_at, NEW.answer_signed) IS DISTINCT FROM (OLD.answer, OLD.answered_at, OLD.answer_signed)))
    EXECUTE FUNCTION demand_extension_stays();

-- +goose Down
SELECT 1 / 0; -- forward only
