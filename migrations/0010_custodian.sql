-- +goose Up

-- A custodian that gave nothing when it was asked, after the deadline of a lot. Nothing of a lot is written here
-- before its bids are closed.
CREATE TABLE custodian_alarm (
    lot         text        NOT NULL REFERENCES lot (id),
    holder      smallint    NOT NULL CHECK (holder BETWEEN 0 AND 2),
    reason      text        NOT NULL CHECK (reason IN ('no_answer', 'too_early', 'by_hand', 'veto', 'wrong_share', 'refused')),
    raised_at   timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    answered_at timestamptz, -- when it gave after all
    PRIMARY KEY (lot, holder),
    CHECK (last_at >= raised_at)
);

-- +goose Down
DROP TABLE custodian_alarm;
