-- +goose Up

-- The clock of a release follows the tender's course alone. Where one of several beneficiaries had signed for a loser that is
-- awarded after all, the clock stayed, and asked the others to release a letter that waits for the contract, or whose bidder
-- has refused it by now. The signature stays: whoever has signed need not sign again when the clock comes back.
DROP TRIGGER guarantee_clock_stopped ON guarantee;
DROP FUNCTION guarantee_clock_stopped();

-- +goose Down
SELECT 1 / 0; -- forward only
