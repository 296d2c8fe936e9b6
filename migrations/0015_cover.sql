-- +goose Up

-- The line along which the number of bids grows, whatever is handed in (docs/secrecy.md): so many were there when it
-- began, and so many more come in each stretch of time. It names no bid and is not touched when one is handed in.
CREATE TABLE cover (
    one       boolean     PRIMARY KEY DEFAULT true CHECK (one),
    since     timestamptz NOT NULL,
    bids      bigint      NOT NULL CHECK (bids >= 0),      -- rows of bid then
    withdrawn bigint      NOT NULL CHECK (withdrawn >= 0), -- of them, withdrawn
    per       integer     NOT NULL CHECK (per > 0),        -- new rows in each stretch
    stretch   interval    NOT NULL CHECK (stretch > interval '0')
);

-- Bids are counted each time that a row is due; their state is all that the count must know.
CREATE INDEX bid_state ON bid (state);

-- +goose Down
DROP INDEX bid_state;
DROP TABLE cover;
