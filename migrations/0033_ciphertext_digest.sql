-- +goose Up

-- A closing names a sealed bid by a digest of its head and of its ciphertext's digest, so that custodians are asked by the
-- head alone. With this digest beside it, the head can be read without the 64 KiB behind it; the ciphertext is held against
-- it when it is opened. It says nothing that the ciphertext itself does not. Bids from before it cannot be opened.
ALTER TABLE bid
    ADD COLUMN ciphertext_digest bytea CHECK (octet_length(ciphertext_digest) = 32),
    ADD CONSTRAINT bid_ciphertext CHECK (ciphertext_digest IS NOT NULL OR state <> 'received') NOT VALID,
    ALTER COLUMN sealed SET STORAGE EXTERNAL; -- random bytes: the beginning is read by itself

-- +goose Down
SELECT 1 / 0; -- forward only
