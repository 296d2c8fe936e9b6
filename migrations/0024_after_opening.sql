-- +goose Up

-- What follows an opening: the committee's result, its notice, objections, and the end of a tender that is called off.

-- A lot may be called off from its publication until its contract. What a lot of this state says besides stands as it
-- stood: one that was called off before its deadline was never closed, one that was called off later keeps its instants.
INSERT INTO lot_move (from_state, to_state) VALUES
    ('published', 'terminated'),
    ('closed', 'terminated'),
    ('opened', 'terminated'),
    ('awarded', 'terminated'),
    ('refused', 'terminated'),
    ('opened', 'opened'),   -- the committee's result, and its notice
    ('awarded', 'opened');  -- the award is set aside

ALTER TABLE lot
    ADD COLUMN terminated_at     timestamptz,
    ADD COLUMN terminated_ground text CHECK (terminated_ground IN ('called_off', 'all_rejected', 'void_procurement')),
    ADD COLUMN terminated_words  text CHECK (length(terminated_words) BETWEEN 1 AND 4000),
    ADD COLUMN retender_of       text REFERENCES lot (id), -- the failed or terminated lot that this one repeats
    DROP CONSTRAINT lot_check4,
    DROP CONSTRAINT lot_check5,
    ADD CONSTRAINT lot_closed CHECK (state = 'terminated' OR (state IN ('draft', 'published')) = (closed_at IS NULL)),
    ADD CONSTRAINT lot_opened CHECK (state = 'terminated' OR (state IN ('draft', 'published', 'closed', 'failed')) = (opened_at IS NULL)),
    ADD CONSTRAINT lot_opened_closed CHECK (opened_at IS NULL OR closed_at IS NOT NULL),
    ADD CONSTRAINT lot_terminated CHECK ((state = 'terminated') = (terminated_at IS NOT NULL)
        AND (terminated_at IS NULL) = (terminated_ground IS NULL) AND (terminated_at IS NULL) = (terminated_words IS NULL)),
    ADD CONSTRAINT lot_retender CHECK (retender_of <> id);
CREATE INDEX lot_retender_of ON lot (retender_of) WHERE retender_of IS NOT NULL;

-- One more state and one more stage, whatever stands in the lists already.
-- +goose StatementBegin
DO $$
DECLARE
    states text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'lot_state_check' AND conrelid = 'lot'::regclass);
    stages text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'opening_progress_stage_check' AND conrelid = 'opening_progress'::regclass);
BEGIN
    EXECUTE 'ALTER TABLE lot DROP CONSTRAINT lot_state_check, ADD CONSTRAINT lot_state_check '
        || replace(states, '''refused''::text', '''refused''::text, ''terminated''::text');
    EXECUTE 'ALTER TABLE opening_progress DROP CONSTRAINT opening_progress_stage_check, ADD CONSTRAINT opening_progress_stage_check '
        || replace(stages, '''failed''::text', '''failed''::text, ''terminated''::text');
END $$;
-- +goose StatementEnd

-- As before, but a tender that was called off is told too, and nothing after it.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION opening_progress_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last opening_progress;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what was told stands' USING ERRCODE = 'check_violation', CONSTRAINT = 'opening_progress_once';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM lot WHERE id = NEW.lot AND
        CASE WHEN NEW.stage = 'terminated' THEN state = 'terminated' ELSE closed_at IS NOT NULL AND state <> 'terminated' END) THEN
        RAISE EXCEPTION 'nothing is told of a lot that is not closed' USING ERRCODE = 'check_violation', CONSTRAINT = 'opening_progress_closed';
    END IF;
    SELECT * INTO last FROM opening_progress WHERE lot = NEW.lot ORDER BY seq DESC LIMIT 1;
    IF FOUND AND (last.stage IN ('failed','published','terminated') OR NEW.seq <> last.seq + 1 OR NEW.attempt < last.attempt
        OR NEW.attempt = last.attempt AND NEW.per_cent < last.per_cent) THEN
        RAISE EXCEPTION 'an opening goes forward' USING ERRCODE = 'check_violation', CONSTRAINT = 'opening_progress_forward';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- Why a tender ended is said once, and a lot repeats the one that it said it repeats.
-- +goose StatementBegin
CREATE FUNCTION lot_end_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.retender_of IS DISTINCT FROM OLD.retender_of OR OLD.state = 'terminated' AND
        (NEW.state, NEW.terminated_at, NEW.terminated_ground, NEW.terminated_words, NEW.closed_at, NEW.opened_at) IS DISTINCT FROM
        (OLD.state, OLD.terminated_at, OLD.terminated_ground, OLD.terminated_words, OLD.closed_at, OLD.opened_at) THEN
        RAISE EXCEPTION 'what was said of a lot''s end or of its predecessor stands' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_end';
    END IF;
    IF NEW.state = 'terminated' AND (NEW.closed_at, NEW.opened_at) IS DISTINCT FROM (OLD.closed_at, OLD.opened_at) THEN
        RAISE EXCEPTION 'calling a tender off closes and opens nothing' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_end';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER lot_end_guard BEFORE UPDATE ON lot FOR EACH ROW EXECUTE FUNCTION lot_end_guard();

-- A lot that was called off opens nothing: an attempt that was under way writes no second closing.
-- +goose StatementBegin
CREATE FUNCTION closing_of_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM lot WHERE id = NEW.lot AND state = 'terminated') THEN
        RAISE EXCEPTION 'the tender was called off' USING ERRCODE = 'check_violation', CONSTRAINT = 'closing_terminated';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER closing_of_closed BEFORE INSERT OR UPDATE ON closing FOR EACH ROW EXECUTE FUNCTION closing_of_closed();

-- The committee's result as the centre's evaluation system signed it, in editions. None comes before the opening or
-- after the award.
CREATE TABLE evaluation (
    lot         text        NOT NULL REFERENCES lot,
    edition     integer     NOT NULL CHECK (edition > 0),
    signed      bytea       NOT NULL, -- SignedData over letter.Evaluation
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (lot, edition)
);
ALTER TABLE evaluation ALTER COLUMN signed SET STORAGE EXTERNAL;

-- +goose StatementBegin
CREATE FUNCTION evaluation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lot WHERE id = NEW.lot AND state = 'opened') THEN
        RAISE EXCEPTION 'an evaluation comes between opening and award' USING ERRCODE = 'check_violation', CONSTRAINT = 'evaluation_state';
    END IF;
    IF NEW.edition <> 1 + (SELECT count(*) FROM evaluation WHERE lot = NEW.lot) THEN
        RAISE EXCEPTION 'an edition follows the one before' USING ERRCODE = 'check_violation', CONSTRAINT = 'evaluation_order';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER evaluation_guard BEFORE INSERT ON evaluation FOR EACH ROW EXECUTE FUNCTION evaluation_guard();
CREATE TRIGGER evaluation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evaluation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The candidates' public notice (公示), one for an edition.
CREATE TABLE candidate_notice (
    lot          text        NOT NULL,
    edition      integer     NOT NULL,
    published_at timestamptz NOT NULL,
    last_day     date        NOT NULL,
    late         boolean     NOT NULL, -- published later than the law says
    PRIMARY KEY (lot, edition),
    FOREIGN KEY (lot, edition) REFERENCES evaluation (lot, edition)
);
CREATE TRIGGER candidate_notice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON candidate_notice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Objections (异议, 质疑) to the result. tender/objectionstatus.go is the first place of these moves.
CREATE TABLE objection_move (
    from_state text NOT NULL,
    to_state   text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO objection_move (from_state, to_state) VALUES ('filed', 'answered'), ('filed', 'withdrawn');

CREATE TABLE objection (
    id           text        PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    lot          text        NOT NULL REFERENCES lot,
    kind         text        NOT NULL CHECK (kind IN ('objection', 'query')), -- 异议 · 质疑
    state        text        NOT NULL CHECK (state IN ('filed', 'answered', 'withdrawn')),
    filed_by     text        NOT NULL REFERENCES organisation,
    filer        text        NOT NULL, -- its name
    interest     text        NOT NULL, -- why it is concerned; empty for a bidder of the lot
    words        text        NOT NULL CHECK (length(words) BETWEEN 1 AND 8000),
    filed_at     timestamptz NOT NULL,
    upheld       boolean,
    changes      boolean, -- the answer changes the result
    answer       text        CHECK (length(answer) BETWEEN 1 AND 8000),
    answered_at  timestamptz,
    withdrawn_at timestamptz,
    CHECK ((state = 'answered') = (answer IS NOT NULL) AND (state = 'answered') = (answered_at IS NOT NULL)
        AND (state = 'answered') = (upheld IS NOT NULL) AND (state = 'answered') = (changes IS NOT NULL)),
    CHECK (NOT changes OR upheld),
    CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL))
);
CREATE UNIQUE INDEX objection_open ON objection (lot, filed_by) WHERE state = 'filed';
CREATE INDEX objection_lot ON objection (lot, filed_at);
CREATE TRIGGER objection_never_deleted BEFORE DELETE OR TRUNCATE ON objection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
CREATE FUNCTION objection_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM objection_move WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'illegal move of an objection' USING ERRCODE = 'check_violation', CONSTRAINT = 'objection_move';
    END IF;
    IF (NEW.id, NEW.lot, NEW.kind, NEW.filed_by, NEW.filer, NEW.interest, NEW.words, NEW.filed_at)
        <> (OLD.id, OLD.lot, OLD.kind, OLD.filed_by, OLD.filer, OLD.interest, OLD.words, OLD.filed_at) THEN
        RAISE EXCEPTION 'what was objected may not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'objection_fixed';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER objection_guard BEFORE UPDATE ON objection FOR EACH ROW EXECUTE FUNCTION objection_guard();

-- An award says whom it passes over and why, and by which objection it was set aside.
ALTER TABLE award
    ADD COLUMN evaluation  integer, -- the edition that it follows; null where the committee's result is not on record here
    ADD COLUMN passed_over jsonb NOT NULL DEFAULT '[]',
    ADD FOREIGN KEY (lot, evaluation) REFERENCES evaluation (lot, edition),
    ADD COLUMN set_aside   text REFERENCES objection (id),
    ADD CONSTRAINT award_set_aside CHECK (set_aside IS NULL OR (signed_on IS NULL AND refused_for IS NULL));

-- Under an evaluation nobody is awarded while an objection of a tendering is open.
-- +goose StatementBegin
CREATE FUNCTION award_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM objection WHERE lot = NEW.lot AND kind = 'objection' AND state = 'filed') THEN
        RAISE EXCEPTION 'an objection is open' USING ERRCODE = 'check_violation', CONSTRAINT = 'award_objection';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER award_guard BEFORE INSERT ON award FOR EACH ROW EXECUTE FUNCTION award_guard();

-- +goose Down
SELECT 1 / 0; -- forward only
