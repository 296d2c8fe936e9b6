-- +goose Up

-- As in 0019, without the condition on the disclosure: an opening changes that, and what stands in the condition of an index
-- has every index of the row written (0018). What ended sealed is read with the rest and left out.
DROP INDEX guarantee_ended;
CREATE INDEX guarantee_ended ON guarantee (latest_expiry)
    WHERE instrument_state IN ('released', 'expired', 'surrendered', 'paid_out', 'void');

-- +goose Down
SELECT 1 / 0; -- forward only
