-- +goose Up

-- What people must see to, once a day as long as it stands. It names a guarantee by its random id, like every row.
CREATE TABLE notice (
    due       text        NOT NULL CHECK (due IN ('release', 'examination', 'underwriting', 'issuance', 'refund', 'demand_payout')),
    guarantee text        NOT NULL REFERENCES guarantee (id),
    day       date        NOT NULL,
    raised_at timestamptz NOT NULL,
    PRIMARY KEY (due, guarantee, day)
);
CREATE INDEX notice_day ON notice (day);

-- +goose Down
DROP TABLE notice;
