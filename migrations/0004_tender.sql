-- +goose Up

CREATE TABLE project (
    id            text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    code          text        NOT NULL UNIQUE,
    name          text        NOT NULL,
    regime        text        NOT NULL CHECK (regime IN ('招投标', '政府采购')),
    owner         text        NOT NULL REFERENCES organisation, -- who runs it: the tenderer or its agent
    beneficiaries jsonb       NOT NULL,
    created_at    timestamptz NOT NULL
);
CREATE INDEX project_owner ON project (owner);

-- The legal moves, said a second time; tender/status.go is the first and a test compares them.
CREATE TABLE lot_move (
    from_state text NOT NULL,
    to_state   text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO lot_move (from_state, to_state) VALUES
    ('draft', 'published'),
    ('published', 'closed'),
    ('published', 'failed'),
    ('closed', 'opened'),
    ('opened', 'awarded'),
    ('awarded', 'contracted'),
    ('awarded', 'refused'),
    ('refused', 'awarded');

-- One lot. Between its publication and its deadline nothing writes this row: a write would tell that
-- somebody handed something in.
CREATE TABLE lot (
    id                 text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    project            text        NOT NULL REFERENCES project,
    code               text        NOT NULL,
    name               text        NOT NULL,
    version            bigint      NOT NULL,
    state              text        NOT NULL CHECK (state IN
        ('draft','published','closed','failed','opened','awarded','contracted','refused')),
    base               bigint      NOT NULL CHECK (base BETWEEN 1 AND 1000000000000000), -- fen
    amount             bigint      NOT NULL CHECK (amount >= 1 AND amount * 100 <= base * 2),
    forms              text[]      NOT NULL CHECK (cardinality(forms) > 0),
    deadline           timestamptz NOT NULL,
    validity_days      integer     NOT NULL CHECK (validity_days > 0),
    extra_days         integer     NOT NULL CHECK (extra_days >= 0),
    requirement        bytea,  -- canonical, frozen at publication
    requirement_digest bytea   CHECK (octet_length(requirement_digest) = 32),
    custodians         bytea,  -- canonical key set
    published_at       timestamptz,
    closed_at          timestamptz,
    opened_at          timestamptz,
    UNIQUE (project, code),
    CHECK ((state = 'draft') = (requirement IS NULL)),
    CHECK ((requirement IS NULL) = (custodians IS NULL) AND (requirement IS NULL) = (requirement_digest IS NULL)),
    CHECK ((requirement IS NULL) = (published_at IS NULL)),
    CHECK ((state IN ('draft','published')) = (closed_at IS NULL)),
    CHECK ((state IN ('draft','published','closed','failed')) = (opened_at IS NULL)),
    CHECK (closed_at >= deadline)
);
CREATE INDEX lot_due ON lot (deadline) WHERE state IN ('published', 'closed');
CREATE INDEX lot_published ON lot (published_at DESC, id) WHERE state <> 'draft';

-- +goose StatementBegin
CREATE FUNCTION lot_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM lot_move WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'illegal move of a lot' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_move';
    END IF;
    IF NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'a lot changes only with an event' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_version';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.requirement, NEW.custodians, NEW.amount, NEW.forms) IS DISTINCT FROM
        (OLD.requirement, OLD.custodians, OLD.amount, OLD.forms) THEN
        RAISE EXCEPTION 'what was published is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_frozen';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER lot_guard BEFORE UPDATE ON lot FOR EACH ROW EXECUTE FUNCTION lot_guard();

-- What happened to a lot, all of it public. Nothing here before the deadline is about a bid.
CREATE TABLE lot_event (
    lot   text        NOT NULL REFERENCES lot,
    seq   bigint      NOT NULL,
    kind  text        NOT NULL,
    at    timestamptz NOT NULL,
    actor text        NOT NULL,
    data  jsonb       NOT NULL,
    PRIMARY KEY (lot, seq)
);

-- One bid, sealed. The id is random; the tags are keyed; every sealed column has one size; no time, no lot.
CREATE TABLE bid (
    id         text  PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    state      text  NOT NULL CHECK (state IN ('received','withdrawn','unsealed','unreadable')),
    uniq_tag   bytea CHECK (octet_length(uniq_tag) = 32), -- lot and bidder, while the bid stands
    lot_tag    bytea NOT NULL CHECK (octet_length(lot_tag) = 32), -- lot and this id: computed again only after the deadline
    owner_tag  bytea NOT NULL CHECK (octet_length(owner_tag) = 32),
    sealed     bytea NOT NULL,
    digest     bytea NOT NULL CHECK (octet_length(digest) = 32), -- of the sealed bytes, as closings name it
    withdrawal bytea, -- the bidder's signed statement, sealed like the bid
    CONSTRAINT bid_uniq UNIQUE (uniq_tag),
    CONSTRAINT bid_owner UNIQUE (owner_tag),
    CHECK ((state = 'withdrawn') = (uniq_tag IS NULL)),
    CHECK ((state = 'withdrawn') = (withdrawal IS NOT NULL))
);
CREATE INDEX bid_standing ON bid (id) WHERE state = 'received';

-- Bids that came at the deadline or later: refused, and the refusal kept. The id is a keyed tag of lot, sender
-- and bytes; who holds the bytes can find it, who does not learns nothing.
CREATE TABLE late_bid (
    id bytea       PRIMARY KEY CHECK (octet_length(id) = 32),
    at timestamptz NOT NULL
);

-- The two closings of a lot. Content is the intent, written first; signed follows, and is then used for ever:
-- signing again would give custodians two different closings.
CREATE TABLE closing (
    lot     text  NOT NULL REFERENCES lot,
    stage   text  NOT NULL CHECK (stage IN ('bids', 'letters')),
    content bytea NOT NULL,
    signed  bytea,
    PRIMARY KEY (lot, stage)
);

-- +goose StatementBegin
CREATE FUNCTION closing_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.signed IS NOT NULL OR NEW.content <> OLD.content THEN
        RAISE EXCEPTION 'a closing is written once and signed once' USING ERRCODE = 'check_violation', CONSTRAINT = 'closing_once';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER closing_guard BEFORE UPDATE OR DELETE ON closing FOR EACH ROW EXECUTE FUNCTION closing_guard();

-- The opening, published in one transaction.
CREATE TABLE opened_bid (
    lot     text  NOT NULL REFERENCES lot,
    bid     text  NOT NULL REFERENCES bid,
    bidders jsonb NOT NULL, -- the lead first; empty when unreadable
    letter  text, -- the guarantee it names; null: cash, or unreadable
    signed  bytea, -- the bidder's SignedData
    receipt bytea, -- ours
    failure text, -- in words, when unreadable
    PRIMARY KEY (lot, bid),
    CHECK ((failure IS NULL) = (signed IS NOT NULL))
);

CREATE TABLE opened_letter (
    lot     text  NOT NULL REFERENCES lot,
    letter  text  NOT NULL,
    result  text  NOT NULL CHECK (result IN ('passed','doubtful','unknown')),
    here    boolean NOT NULL, -- a guarantee of ours, handed in for this lot
    summary jsonb NOT NULL, -- number, parties, amount, expiry, as found; null when it failed
    lines   jsonb NOT NULL, -- the sixteen lines
    failure text,
    PRIMARY KEY (lot, letter)
);

CREATE TABLE award (
    lot          text    NOT NULL REFERENCES lot,
    round        integer NOT NULL CHECK (round > 0), -- 2 and on: after a refusal
    winner       text    NOT NULL,
    candidates   text[]  NOT NULL,
    noticed_on   date    NOT NULL,
    signed_on    date, -- the contract
    refused_for  text,
    evidence     bytea,
    PRIMARY KEY (lot, round),
    CHECK (signed_on IS NULL OR refused_for IS NULL)
);

-- +goose Down
DROP TABLE award;
DROP TABLE opened_letter;
DROP TABLE opened_bid;
DROP TABLE closing;
DROP FUNCTION closing_guard;
DROP TABLE late_bid;
DROP TABLE bid;
DROP TABLE lot_event;
DROP TABLE lot;
DROP FUNCTION lot_guard;
DROP TABLE lot_move;
DROP TABLE project;
