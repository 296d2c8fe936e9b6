-- +goose Up

-- The institutions (担保机构) and where they listen. Who may issue what is decided by kind (独立保函规定1; 民法典
-- 担保解释2; 保险法95; 融资担保公司监督管理条例12).
CREATE TABLE institution (
    uscc          text        PRIMARY KEY REFERENCES organisation,
    name          text        NOT NULL CHECK (char_length(name) BETWEEN 2 AND 100),
    kind          text        NOT NULL CHECK (kind IN ('bank', 'insurer', 'guarantee_company')),
    licence       text        NOT NULL CHECK (char_length(licence) BETWEEN 1 AND 64),
    licence_until date        NOT NULL, -- the last day on which it may underwrite
    base          text        NOT NULL CHECK (char_length(base) BETWEEN 8 AND 256),
    cashier       text        NOT NULL CHECK (char_length(cashier) BETWEEN 8 AND 256),
    admitted_by   text        NOT NULL,
    admitted_at   timestamptz NOT NULL
);

-- One product is one wording in one mode at public prices. A price never changes: a new product takes its place.
CREATE TABLE product (
    id              text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    institution     text        NOT NULL REFERENCES institution,
    wording         text        NOT NULL,
    wording_version int         NOT NULL CHECK (wording_version >= 1),
    form            text        NOT NULL CHECK (form IN ('independent', 'accessory', 'insurance')),
    mode            text        NOT NULL CHECK (mode IN ('blind', 'full')),
    min_fee         bigint      NOT NULL CHECK (min_fee >= 1),
    max_ceiling     bigint      NOT NULL CHECK (max_ceiling >= min_fee),
    answer_within   int         NOT NULL CHECK (answer_within BETWEEN 60 AND 604800), -- seconds
    offered_at      timestamptz NOT NULL,
    withdrawn_at    timestamptz
);
CREATE UNIQUE INDEX product_live ON product (institution, wording, wording_version, mode) WHERE withdrawn_at IS NULL;

-- rates[1] is the published quote; the others are the published surcharges of risk grades, in parts per million
-- of the ceiling.
CREATE TABLE product_tier (
    product text     NOT NULL REFERENCES product,
    up_to   bigint   NOT NULL CHECK (up_to >= 1), -- ceilings up to this, in fen
    rates   bigint[] NOT NULL CHECK (cardinality(rates) BETWEEN 1 AND 8),
    PRIMARY KEY (product, up_to)
);

-- What is owed to an institution: written in the transaction of the fact itself, sent later, in order per
-- guarantee. The body holds facts only; its papers are read where they stand when it is sent.
CREATE TABLE delivery (
    id           text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    guarantor    text        NOT NULL REFERENCES institution,
    guarantee    text        NOT NULL CHECK (guarantee ~ '^[0-9a-f]{32}$'),
    seq          bigint      NOT NULL CHECK (seq >= 1),
    kind         text        NOT NULL CHECK (kind IN ('offered', 'fee_accepted', 'refund_due', 'disclosed', 'released',
                     'demand_presented', 'demand_completed', 'demand_withdrawn',
                     'ended', 'cancelled')),
    at           timestamptz NOT NULL,
    body         bytea       NOT NULL,
    state        text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts     int         NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at      timestamptz NOT NULL DEFAULT clock_timestamp(), -- real time, like every date here but `at`
    leased_until timestamptz, -- somebody is sending it; over when the sender has died
    lease        bytea,       -- which sender
    tried_at     timestamptz,
    last_error   text        CHECK (char_length(last_error) <= 500),
    delivered_at timestamptz,
    ack          bytea,       -- the institution's answer, with
    ack_signed   text,        -- its signature over it: the proof of delivery
    UNIQUE (guarantee, seq),
    CHECK ((state = 'delivered') = (delivered_at IS NOT NULL)),
    CHECK ((lease IS NULL) = (leased_until IS NULL))
);
CREATE INDEX delivery_due ON delivery (next_at) WHERE state = 'waiting';
CREATE INDEX delivery_dead ON delivery (created_at) WHERE state = 'dead';
CREATE INDEX delivery_open ON delivery (guarantee, seq) WHERE state <> 'delivered';

-- +goose StatementBegin
-- What was owed stays owed: who, what and in which order never change, and nothing leaves 'delivered'.
CREATE FUNCTION delivery_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state = 'delivered'
        OR (OLD.id, OLD.guarantor, OLD.guarantee, OLD.seq, OLD.kind, OLD.at, OLD.body, OLD.created_at)
           IS DISTINCT FROM
           (NEW.id, NEW.guarantor, NEW.guarantee, NEW.seq, NEW.kind, NEW.at, NEW.body, NEW.created_at) THEN
        RAISE EXCEPTION 'a delivery is not rewritten' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER delivery_keeps BEFORE UPDATE OR DELETE ON delivery FOR EACH ROW EXECUTE FUNCTION delivery_keeps();

-- +goose Down
DROP TABLE delivery;
DROP FUNCTION delivery_keeps;
DROP TABLE product_tier;
DROP TABLE product;
DROP TABLE institution;
