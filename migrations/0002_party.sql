-- +goose Up

-- Who may act. A bidder's row says that a firm has an accepted certificate, never that it bids.
CREATE TABLE organisation (
    uscc        text        PRIMARY KEY CHECK (uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
    name        text        NOT NULL CHECK (char_length(name) BETWEEN 2 AND 100),
    roles       text[]      NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ ARRAY[
                    'bidder','guarantor','beneficiary','agent','centre','supervisor','operator','custodian']),
    status      text        NOT NULL CHECK (status IN ('active','suspended')),
    admitted_by text        NOT NULL, -- USCC of the operator, or 'self' for a bidder by its certificate
    admitted_at timestamptz NOT NULL,
    status_by   text, -- USCC of the operator who suspended or resumed it last; null as long as nobody did
    status_at   timestamptz,
    CHECK ((status_by IS NULL) = (status_at IS NULL))
);

CREATE TABLE certificate (
    fingerprint bytea       PRIMARY KEY CHECK (octet_length(fingerprint) = 32),
    uscc        text        NOT NULL REFERENCES organisation,
    der         bytea       NOT NULL CHECK (octet_length(der) BETWEEN 1 AND 16384),
    issuers     bytea, -- PEM, from the leaf's issuer upwards; null as long as nobody has shown them
    can_sign    boolean     NOT NULL,
    can_encrypt boolean     NOT NULL,
    not_before  timestamptz NOT NULL,
    not_after   timestamptz NOT NULL,
    added_at    timestamptz NOT NULL,
    admitted_by text        NOT NULL, -- as for its organisation; what is admitted by 'self' serves the role bidder alone
    removed_at  timestamptz,
    removed_by  text, -- USCC of who ended its use
    CHECK (can_sign OR can_encrypt),
    CHECK ((removed_by IS NULL) = (removed_at IS NULL))
);
CREATE INDEX certificate_uscc ON certificate (uscc);

-- Single use: a row is deleted by the sign-in that uses it, right or wrong.
CREATE TABLE challenge (
    id      bytea       PRIMARY KEY CHECK (octet_length(id) = 32), -- SM3 of the challenge
    expires timestamptz NOT NULL
);

-- Who is behind a session is sealed under the token itself, of which only the digest is here.
CREATE TABLE session (
    id      bytea       PRIMARY KEY CHECK (octet_length(id) = 32), -- SM3 of the token
    sealed  bytea       NOT NULL,
    expires timestamptz NOT NULL
);

CREATE TABLE nonce (
    id    bytea       PRIMARY KEY CHECK (octet_length(id) = 32), -- SM3 of sender and nonce
    until timestamptz NOT NULL
);
CREATE INDEX nonce_until ON nonce (until);

-- Commands and their answers, by keyed digest. No time, no sender, no object: kept for ever.
CREATE TABLE once (
    id     bytea PRIMARY KEY CHECK (octet_length(id) = 32),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    answer bytea -- null only inside the transaction that is still deciding
);

-- +goose Down
DROP TABLE once;
DROP TABLE nonce;
DROP TABLE session;
DROP TABLE challenge;
DROP TABLE certificate;
DROP TABLE organisation;
