-- +goose Up

-- Where the bids of a lot are handed in: here, or to the bid system that the centre already has.
ALTER TABLE lot
    ADD COLUMN bids text NOT NULL DEFAULT 'here' CHECK (bids IN ('here', 'outside')),
    ADD CONSTRAINT lot_bids UNIQUE (id, bids);

-- What the centre's bid system signed after the deadline: one list for a lot, whole, for ever. Nothing of it is here
-- before the deadline, and it is read out with the opening and not earlier.
CREATE TABLE bid_list (
    lot         text        PRIMARY KEY,
    bids        text        NOT NULL DEFAULT 'outside' CHECK (bids = 'outside'),
    signed      bytea       NOT NULL, -- SignedData over letter.BidList
    accepted_at timestamptz NOT NULL,
    FOREIGN KEY (lot, bids) REFERENCES lot (id, bids)
);

-- +goose StatementBegin
CREATE FUNCTION bid_list_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'a bid list is accepted once' USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_list_once';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM lot WHERE id = NEW.lot AND state = 'published' AND deadline <= NEW.accepted_at) THEN
        RAISE EXCEPTION 'a bid list comes after the deadline' USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_list_deadline';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER bid_list_guard BEFORE INSERT OR UPDATE OR DELETE ON bid_list FOR EACH ROW EXECUTE FUNCTION bid_list_guard();
CREATE TRIGGER bid_list_stays BEFORE TRUNCATE ON bid_list FOR EACH STATEMENT EXECUTE FUNCTION bid_list_guard();

-- Where bids are handed in is frozen with the rest, and a lot whose bids are elsewhere is not closed without their list,
-- by a program of an older version neither.
-- +goose StatementBegin
CREATE FUNCTION lot_bids_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND NEW.bids <> OLD.bids THEN
        RAISE EXCEPTION 'what was published is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_frozen';
    END IF;
    IF NEW.bids = 'outside' AND NEW.closed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bid_list WHERE lot = NEW.id) THEN
        RAISE EXCEPTION 'the bids of this lot are elsewhere, and their list has not come' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_bid_list';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER lot_bids_guard BEFORE UPDATE ON lot FOR EACH ROW EXECUTE FUNCTION lot_bids_guard();

-- A bid that was opened is one of ours, with what its bidder signed and our receipt, or why it could not be read. One of
-- a bid list is neither: it has no row in bid, and the list alone speaks for it.
ALTER TABLE opened_bid
    DROP CONSTRAINT opened_bid_bid_fkey,
    DROP CONSTRAINT opened_bid_check,
    ADD COLUMN bids text NOT NULL DEFAULT 'here',
    ADD COLUMN bid_here text GENERATED ALWAYS AS (CASE WHEN bids = 'here' THEN bid END) STORED REFERENCES bid (id),
    ADD COLUMN bid_listed text GENERATED ALWAYS AS (CASE WHEN bids = 'outside' THEN lot END) STORED REFERENCES bid_list (lot),
    ADD CONSTRAINT opened_bid_bids FOREIGN KEY (lot, bids) REFERENCES lot (id, bids),
    ADD CONSTRAINT opened_bid_check CHECK (CASE WHEN bids = 'here' THEN (failure IS NULL) = (signed IS NOT NULL)
        ELSE failure IS NULL AND signed IS NULL AND receipt IS NULL END);

-- +goose Down
SELECT 1 / 0; -- forward only
