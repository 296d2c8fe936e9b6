-- +goose Up

-- The legal moves, said a second time. The Go tables in guarantee/status.go are the first; a test compares
-- them row by row, and the trigger below refuses what is not here.
CREATE TABLE legal_move (
    part text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (part, from_state, to_state)
);

INSERT INTO legal_move (part, from_state, to_state) VALUES
    ('application', 'submitted', 'underwriting'),
    ('application', 'submitted', 'approved'),
    ('application', 'submitted', 'declined'),
    ('application', 'submitted', 'cancelled'),
    ('application', 'underwriting', 'approved'),
    ('application', 'underwriting', 'declined'),
    ('application', 'underwriting', 'cancelled'),
    ('application', 'approved', 'cancelled'),
    ('fee', 'none', 'pending'),
    ('fee', 'pending', 'paid'),
    ('fee', 'pending', 'lapsed'),
    ('fee', 'lapsed', 'refunding'),
    ('fee', 'paid', 'refunding'),
    ('fee', 'refunding', 'refunded'),
    ('instrument', 'none', 'issuing'),
    ('instrument', 'none', 'failed'),
    ('instrument', 'issuing', 'issued'),
    ('instrument', 'issuing', 'failed'),
    ('instrument', 'issued', 'amending'),
    ('instrument', 'amending', 'issued'),
    ('instrument', 'issued', 'released'),
    ('instrument', 'issued', 'expired'),
    ('instrument', 'issued', 'surrendered'),
    ('instrument', 'issued', 'paid_out'),
    ('instrument', 'issued', 'void'),
    ('disclosure', 'sealed', 'disclosed'),
    ('disclosure', 'sealed', 'missing'),
    ('disclosure', 'missing', 'accepted'),
    ('verification', 'not_done', 'passed'),
    ('verification', 'not_done', 'doubtful'),
    ('verification', 'not_done', 'unknown'),
    ('verification', 'doubtful', 'confirmed'),
    ('verification', 'unknown', 'confirmed'),
    ('release', 'none', 'due'),
    ('release', 'none', 'requested'),
    ('release', 'due', 'requested'),
    ('release', 'requested', 'acknowledged'),
    ('demand', 'presented', 'incomplete'),
    ('demand', 'presented', 'examining'),
    ('demand', 'presented', 'withdrawn'),
    ('demand', 'incomplete', 'examining'),
    ('demand', 'incomplete', 'rejected'),
    ('demand', 'incomplete', 'withdrawn'),
    ('demand', 'examining', 'complying'),
    ('demand', 'examining', 'rejected'),
    ('demand', 'examining', 'withdrawn'),
    ('demand', 'examining', 'stayed'),
    ('demand', 'complying', 'honoured'),
    ('demand', 'complying', 'withdrawn'),
    ('demand', 'complying', 'stayed'),
    ('demand', 'stayed', 'examining'),
    ('demand', 'stayed', 'complying'),
    ('demand', 'stayed', 'withdrawn');

-- One row is one guarantee, from the application handed in to its end, and what an operator may see of it:
-- no lot, no bidder, no beneficiary, no exact amount. Those are inside `sealed`, `letter` and `offer`.
CREATE TABLE guarantee (
    id                 text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    version            bigint NOT NULL CHECK (version >= 1),
    guarantor          text NOT NULL CHECK (length(guarantor) = 18),
    mode               text NOT NULL CHECK (mode IN ('blind', 'full')),
    form               text NOT NULL CHECK (form IN ('independent', 'accessory', 'insurance')),
    wording            text NOT NULL,
    wording_version    int NOT NULL CHECK (wording_version >= 1),
    application_state  text NOT NULL CHECK (application_state IN ('submitted', 'underwriting', 'approved', 'declined', 'cancelled')),
    fee_state          text NOT NULL CHECK (fee_state IN ('none', 'pending', 'paid', 'lapsed', 'refunding', 'refunded')),
    instrument_state   text NOT NULL CHECK (instrument_state IN ('none', 'issuing', 'issued', 'amending', 'released', 'expired', 'surrendered', 'paid_out', 'void', 'failed')),
    disclosure_state   text NOT NULL CHECK (disclosure_state IN ('sealed', 'disclosed', 'missing', 'accepted')),
    verification_state text NOT NULL CHECK (verification_state IN ('not_done', 'passed', 'doubtful', 'unknown', 'confirmed')),
    release_state      text NOT NULL CHECK (release_state IN ('none', 'due', 'requested', 'acknowledged')),
    ceiling            bigint NOT NULL CHECK (ceiling BETWEEN 1 AND 1000000000000000),
    latest_expiry      date NOT NULL,
    quoted_fee         bigint NOT NULL CHECK (quoted_fee BETWEEN 1 AND ceiling),
    fee                bigint CHECK (fee BETWEEN 1 AND ceiling),
    fee_offered        bigint CHECK (fee_offered BETWEEN 1 AND ceiling),
    application_digest bytea NOT NULL UNIQUE CHECK (octet_length(application_digest) = 32),
    commitment         bytea NOT NULL UNIQUE CHECK (octet_length(commitment) = 32),
    offer              bytea NOT NULL,
    sealed             bytea NOT NULL,
    record_key         bytea NOT NULL CHECK (octet_length(record_key) = 65),
    number             text CHECK (number ~ '^[A-Z0-9-]{6,40}$'),
    letter_digest      bytea CHECK (octet_length(letter_digest) = 32),
    letter             bytea,
    statement          bytea,
    receipt            bytea,
    fee_evidence       bytea,
    uniq_tag           bytea NOT NULL CHECK (octet_length(uniq_tag) = 32),
    lot_tag            bytea NOT NULL UNIQUE CHECK (octet_length(lot_tag) = 32),
    owner_tag          bytea NOT NULL UNIQUE CHECK (octet_length(owner_tag) = 32),
    submitted_at       timestamptz NOT NULL,
    fee_due_at         timestamptz,
    issued_at          timestamptz,
    -- Known only from the opening on.
    amount             bigint CHECK (amount BETWEEN 1 AND ceiling),
    expiry             date CHECK (expiry <= latest_expiry),
    open_demands       int NOT NULL DEFAULT 0 CHECK (open_demands >= 0),
    honoured           bigint NOT NULL DEFAULT 0 CHECK (honoured >= 0),
    release_due_by     date,
    release_reason     text,
    UNIQUE (guarantor, number),
    -- A number stands for exactly one digest, fixed before anything is signed here.
    CHECK ((number IS NULL) = (letter_digest IS NULL)),
    CHECK (instrument_state <> 'none' OR number IS NULL),
    CHECK (instrument_state IN ('none', 'failed') OR number IS NOT NULL),
    -- Nobody pays for, or agrees to, what was declined or cancelled.
    CHECK (application_state = 'approved' OR (fee_state <> 'pending' AND fee_offered IS NULL)),
    -- Nothing is in force whose bytes and receipt are not here, or whose fee is not paid.
    CHECK (instrument_state IN ('none', 'issuing', 'failed') OR
           (letter IS NOT NULL AND receipt IS NOT NULL AND issued_at IS NOT NULL)),
    CHECK (instrument_state IN ('none', 'failed') OR fee_state IN ('paid', 'refunding', 'refunded')),
    CHECK (instrument_state NOT IN ('issuing', 'issued', 'amending') OR (application_state = 'approved' AND fee_state = 'paid')),
    CHECK (fee_state = 'none' OR fee IS NOT NULL),
    -- A demand that is open keeps the guarantee in force (法释〔2016〕24号 art. 11; a timely demand is never late).
    CHECK (open_demands = 0 OR instrument_state = 'issued'),
    CHECK (honoured = 0 OR (amount IS NOT NULL AND honoured <= amount)),
    CHECK (instrument_state <> 'paid_out' OR honoured = amount),
    CHECK (disclosure_state <> 'disclosed' OR (amount IS NOT NULL AND expiry IS NOT NULL)),
    CHECK (instrument_state <> 'released' OR release_state IN ('requested', 'acknowledged'))
);

-- One effective letter per lot and bidder: the tag lives from submission until decline, cancellation, lapse, failure or end.
CREATE UNIQUE INDEX guarantee_uniq_live ON guarantee (uniq_tag)
    WHERE application_state IN ('submitted', 'underwriting', 'approved')
      AND fee_state IN ('none', 'pending', 'paid')
      AND instrument_state IN ('none', 'issuing', 'issued', 'amending');
CREATE INDEX guarantee_guarantor ON guarantee (guarantor, id);
CREATE INDEX guarantee_fee_due ON guarantee (fee_due_at) WHERE fee_state = 'pending';
CREATE INDEX guarantee_live_expiry ON guarantee (latest_expiry) WHERE instrument_state = 'issued';
CREATE INDEX guarantee_release_due ON guarantee (release_due_by) WHERE release_state = 'due';

-- What happened, in order, for ever. Facts only: nothing sealed stands here.
CREATE TABLE guarantee_event (
    guarantee text NOT NULL REFERENCES guarantee (id),
    seq       bigint NOT NULL CHECK (seq >= 1),
    kind      text NOT NULL,
    at        timestamptz NOT NULL,
    actor     text NOT NULL,
    demand    text,
    data      jsonb NOT NULL,
    PRIMARY KEY (guarantee, seq)
);

-- What the opening made public.
CREATE TABLE disclosure (
    guarantee     text PRIMARY KEY REFERENCES guarantee (id),
    project       text NOT NULL,
    lot           text NOT NULL,
    reveal        bytea NOT NULL,
    undertaking   bytea NOT NULL,
    salt          bytea,
    beneficiaries text[] NOT NULL,
    applicants    text[] NOT NULL,
    lines         jsonb NOT NULL,
    disclosed_at  timestamptz NOT NULL
);
CREATE INDEX disclosure_lot ON disclosure (project, lot);
CREATE INDEX disclosure_beneficiaries ON disclosure USING gin (beneficiaries);

CREATE TABLE demand (
    id            text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    guarantee     text NOT NULL REFERENCES guarantee (id),
    state         text NOT NULL CHECK (state IN ('presented', 'incomplete', 'examining', 'complying', 'honoured', 'rejected', 'withdrawn', 'stayed')),
    beneficiary   text NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    signed        bytea NOT NULL,
    missing       text[] NOT NULL DEFAULT '{}',
    presented_at  timestamptz NOT NULL,
    completed_at  timestamptz,
    examine_by    date,
    discrepancies jsonb,
    decided_at    timestamptz,
    paid_amount   bigint CHECK (paid_amount BETWEEN 1 AND amount),
    paid_ref      text,
    paid_at       timestamptz,
    CHECK ((state = 'rejected') = (discrepancies IS NOT NULL)),
    CHECK ((state = 'honoured') = (paid_amount IS NOT NULL)),
    CHECK (state <> 'incomplete' OR completed_at IS NULL)
);
CREATE INDEX demand_guarantee ON demand (guarantee);
CREATE INDEX demand_examine_by ON demand (examine_by) WHERE state = 'examining';

CREATE TABLE demand_document (
    demand text NOT NULL REFERENCES demand (id),
    kind   text NOT NULL,
    name   text NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    bytes  bytea NOT NULL,
    PRIMARY KEY (demand, digest)
);

CREATE TABLE release_signature (
    guarantee   text NOT NULL REFERENCES guarantee (id),
    beneficiary text NOT NULL,
    signed      bytea NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (guarantee, beneficiary)
);

-- The durable receipt of a release or a demand: written and committed before any lock is asked for, so that the
-- instant of arrival decides and not the length of a queue (电子签名法 art. 11). A row without processed_at after
-- a crash is taken up again by the sweeper.
CREATE TABLE intake (
    id           text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    kind         text NOT NULL CHECK (kind IN ('release', 'demand', 'completion', 'withdrawal')),
    guarantee    text NOT NULL REFERENCES guarantee (id),
    sender       text NOT NULL,
    role         text NOT NULL,
    certificate  bytea NOT NULL,
    body         bytea NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT platform_now(),
    processed_at timestamptz,
    refusal      bytea
);
CREATE INDEX intake_open ON intake (received_at) WHERE processed_at IS NULL;

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd

CREATE TRIGGER guarantee_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON guarantee_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER disclosure_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON disclosure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER demand_document_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON demand_document
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER release_signature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON release_signature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER guarantee_never_deleted BEFORE DELETE OR TRUNCATE ON guarantee
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A receipt says for ever what arrived and when; only its outcome is added, once.
-- +goose StatementBegin
CREATE FUNCTION intake_outcome_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.processed_at IS NOT NULL OR NEW.processed_at IS NULL
       OR (NEW.id, NEW.kind, NEW.guarantee, NEW.sender, NEW.role, NEW.certificate, NEW.body, NEW.received_at)
          IS DISTINCT FROM (OLD.id, OLD.kind, OLD.guarantee, OLD.sender, OLD.role, OLD.certificate, OLD.body, OLD.received_at) THEN
        RAISE EXCEPTION 'receipt %: what arrived may not change', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER intake_fixed BEFORE UPDATE ON intake FOR EACH ROW EXECUTE FUNCTION intake_outcome_once();
CREATE TRIGGER intake_never_deleted BEFORE DELETE OR TRUNCATE ON intake
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
CREATE FUNCTION check_move(part text, from_state text, to_state text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF from_state IS DISTINCT FROM to_state AND NOT EXISTS (
        SELECT 1 FROM legal_move m WHERE m.part = check_move.part AND m.from_state = check_move.from_state AND m.to_state = check_move.to_state
    ) THEN
        RAISE EXCEPTION 'illegal move of %: % to %', part, from_state, to_state USING ERRCODE = 'check_violation';
    END IF;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION guarantee_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM check_move('application', OLD.application_state, NEW.application_state);
    PERFORM check_move('fee', OLD.fee_state, NEW.fee_state);
    PERFORM check_move('instrument', OLD.instrument_state, NEW.instrument_state);
    PERFORM check_move('disclosure', OLD.disclosure_state, NEW.disclosure_state);
    PERFORM check_move('verification', OLD.verification_state, NEW.verification_state);
    PERFORM check_move('release', OLD.release_state, NEW.release_state);
    IF NEW.version < OLD.version OR NEW.id <> OLD.id OR NEW.guarantor <> OLD.guarantor
       OR NEW.application_digest <> OLD.application_digest OR NEW.commitment <> OLD.commitment
       OR (OLD.number IS NOT NULL AND (NEW.number IS DISTINCT FROM OLD.number OR NEW.letter_digest IS DISTINCT FROM OLD.letter_digest))
       OR NEW.honoured < OLD.honoured THEN
        RAISE EXCEPTION 'guarantee %: what was fixed may not change', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER guarantee_legal BEFORE UPDATE ON guarantee FOR EACH ROW EXECUTE FUNCTION guarantee_moves();

-- +goose StatementBegin
CREATE FUNCTION demand_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM check_move('demand', OLD.state, NEW.state);
    IF NEW.amount <> OLD.amount OR NEW.presented_at <> OLD.presented_at OR NEW.signed <> OLD.signed THEN
        RAISE EXCEPTION 'demand %: what was fixed may not change', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER demand_legal BEFORE UPDATE ON demand FOR EACH ROW EXECUTE FUNCTION demand_moves();

-- +goose Down
SELECT 1 / 0; -- forward only
