-- +goose Up

-- A payment in advance (先予支付) that one person of an institution has noted, where two are asked for (双人经办): it counts when
-- another notes the very same. One waits for each demand.
CREATE TABLE interim_first (
    demand      text PRIMARY KEY REFERENCES demand,
    certificate bytea NOT NULL CHECK (octet_length(certificate) = 32),
    amount      bigint NOT NULL CHECK (amount > 0),
    reference   text NOT NULL CHECK (reference <> ''),
    paid_at     timestamptz NOT NULL,
    slip        bytea CHECK (octet_length(slip) = 32),
    at          timestamptz NOT NULL
);

-- +goose Down
SELECT 1 / 0; -- forward only
