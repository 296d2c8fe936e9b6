-- +goose Up

-- Whether a consortium may bid (招标投标法31). A lot that was published before could not say so and took them.
ALTER TABLE lot ADD COLUMN consortium boolean NOT NULL DEFAULT true;
ALTER TABLE lot ALTER COLUMN consortium SET DEFAULT false;

-- +goose StatementBegin
CREATE FUNCTION lot_consortium_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND NEW.consortium <> OLD.consortium THEN
        RAISE EXCEPTION 'what was published is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_frozen';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER lot_consortium_guard BEFORE UPDATE ON lot FOR EACH ROW EXECUTE FUNCTION lot_consortium_guard();

-- What the centre signed of the deposits in cash that arrived for a lot (letter.CashList), edition by edition; the newest
-- counts. Nothing of it is here before the lot is closed, and never of a lot that failed.
CREATE TABLE cash_list (
    lot         text        NOT NULL REFERENCES lot (id),
    edition     integer     NOT NULL CHECK (edition >= 1),
    content     bytea       NOT NULL, -- canonical
    signed      bytea       NOT NULL, -- SignedData over it
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (lot, edition)
);
CREATE TRIGGER cash_list_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cash_list
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
CREATE FUNCTION cash_list_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lot WHERE id = NEW.lot AND closed_at <= NEW.accepted_at AND state <> 'failed' AND 'cash' = ANY (forms)) THEN
        RAISE EXCEPTION 'a list of deposits comes after the closing, of a lot that takes cash' USING ERRCODE = 'check_violation', CONSTRAINT = 'cash_list_closed';
    END IF;
    IF NEW.edition <> 1 + (SELECT coalesce(max(edition), 0) FROM cash_list WHERE lot = NEW.lot) THEN
        RAISE EXCEPTION 'editions follow each other' USING ERRCODE = 'check_violation', CONSTRAINT = 'cash_list_edition';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER cash_list_guard BEFORE INSERT ON cash_list FOR EACH ROW EXECUTE FUNCTION cash_list_guard();

-- A deposit that was paid back, as the centre noted it. The money never was here.
CREATE TABLE cash_refund (
    lot         text        NOT NULL REFERENCES lot (id),
    entry       text        NOT NULL, -- the bank's serial number of the payment that arrived
    amount      bigint      NOT NULL CHECK (amount > 0),    -- fen, without interest
    interest    bigint      NOT NULL CHECK (interest >= 0), -- fen: bank deposit interest (招标投标法实施条例57), as paid
    reference   text        NOT NULL, -- of the payment back
    refunded_on date        NOT NULL,
    noted_at    timestamptz NOT NULL,
    noted_by    text        NOT NULL,
    PRIMARY KEY (lot, entry)
);
CREATE TRIGGER cash_refund_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cash_refund
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A list of deposits is an event of a lot that moves it nowhere.
INSERT INTO lot_move (from_state, to_state) VALUES
    ('closed', 'closed'), ('awarded', 'awarded'), ('contracted', 'contracted'), ('refused', 'refused'), ('terminated', 'terminated');

-- +goose Down
SELECT 1 / 0; -- forward only
