-- +goose Up

-- Which days are worked, as the State Council announces it once a year (国务院办公厅关于部分节假日安排的通知). A year without
-- a row in calendar_year is not published: whoever counts into it says so. Staff replace a year whole.
CREATE TABLE calendar_year (
    year       int         PRIMARY KEY CHECK (year BETWEEN 1949 AND 2999),
    version    bigint      NOT NULL CHECK (version >= 1), -- number of its events
    number     text        NOT NULL CHECK (number <> ''), -- of the notice, 国办发明电〔…〕…号
    title      text        NOT NULL CHECK (title <> ''),
    digest     bytea       NOT NULL CHECK (octet_length(digest) = 32),
    entered_by text        NOT NULL,
    entered_at timestamptz NOT NULL
);
CREATE TABLE calendar_day (
    day      date PRIMARY KEY,
    year     int  NOT NULL REFERENCES calendar_year (year),
    kind     text NOT NULL CHECK (kind IN ('rest', 'work')),
    occasion text NOT NULL CHECK (occasion <> ''),
    CHECK (extract(year FROM day) = year),
    CHECK ((extract(isodow FROM day) >= 6) = (kind = 'work')) -- a row departs from Monday to Friday
);
CREATE INDEX calendar_day_year ON calendar_day (year);

-- Every import, for ever: who, when, what, and why where the year had begun.
CREATE TABLE calendar_event (
    year   int         NOT NULL REFERENCES calendar_year (year),
    seq    bigint      NOT NULL CHECK (seq >= 1),
    at     timestamptz NOT NULL,
    actor  text        NOT NULL,
    digest bytea       NOT NULL CHECK (octet_length(digest) = 32),
    data   jsonb       NOT NULL,
    PRIMARY KEY (year, seq)
);

INSERT INTO calendar_year (year, version, number, title, digest, entered_by, entered_at) VALUES
    (2019, 1, '国办发明电〔2018〕15号、国办发明电〔2019〕3号', '国务院办公厅关于2019年部分节假日安排的通知（劳动节按2019年3月的通知调整）', '\xa03acc37b304651017a0bdf3132b8e851f632416ad485f2aa7433c473d9a4501', 'system', platform_now()),
    (2020, 1, '国办发明电〔2019〕16号、国办发明电〔2020〕1号', '国务院办公厅关于2020年部分节假日安排的通知（春节假期按2020年1月的通知延长）', '\xf0cace6c9b1f97e73348c0f4c71c48b2f1d8a1910751bc5cd6b936b23b2b9544', 'system', platform_now()),
    (2024, 1, '国办发明电〔2023〕7号', '国务院办公厅关于2024年部分节假日安排的通知', '\x48b4c813ca3834b1e375af6657f2481567c95d94da61b5b9790619c959b7b9a4', 'system', platform_now()),
    (2025, 1, '国办发明电〔2024〕12号', '国务院办公厅关于2025年部分节假日安排的通知', '\xb7e0274cacfc0eaaaebbbc972bb698fe3ac661fbaf0e8596814cd304ac69e021', 'system', platform_now()),
    (2026, 1, '国办发明电〔2025〕7号', '国务院办公厅关于2026年部分节假日安排的通知', '\x03ca88f7661ebc06568ca7d73bf9070134785fea40088cfad67499ed7b09598f', 'system', platform_now());
INSERT INTO calendar_day (day, year, kind, occasion) VALUES
    ('2019-01-01', 2019, 'rest', '元旦'),
    ('2019-02-02', 2019, 'work', '春节'),
    ('2019-02-03', 2019, 'work', '春节'),
    ('2019-02-04', 2019, 'rest', '春节'),
    ('2019-02-05', 2019, 'rest', '春节'),
    ('2019-02-06', 2019, 'rest', '春节'),
    ('2019-02-07', 2019, 'rest', '春节'),
    ('2019-02-08', 2019, 'rest', '春节'),
    ('2019-04-05', 2019, 'rest', '清明'),
    ('2019-04-28', 2019, 'work', '劳动节'),
    ('2019-05-01', 2019, 'rest', '劳动节'),
    ('2019-05-02', 2019, 'rest', '劳动节'),
    ('2019-05-03', 2019, 'rest', '劳动节'),
    ('2019-05-05', 2019, 'work', '劳动节'),
    ('2019-06-07', 2019, 'rest', '端午'),
    ('2019-09-13', 2019, 'rest', '中秋'),
    ('2019-09-29', 2019, 'work', '国庆节'),
    ('2019-10-01', 2019, 'rest', '国庆节'),
    ('2019-10-02', 2019, 'rest', '国庆节'),
    ('2019-10-03', 2019, 'rest', '国庆节'),
    ('2019-10-04', 2019, 'rest', '国庆节'),
    ('2019-10-07', 2019, 'rest', '国庆节'),
    ('2019-10-12', 2019, 'work', '国庆节'),
    ('2020-01-01', 2020, 'rest', '元旦'),
    ('2020-01-19', 2020, 'work', '春节'),
    ('2020-01-24', 2020, 'rest', '春节'),
    ('2020-01-27', 2020, 'rest', '春节'),
    ('2020-01-28', 2020, 'rest', '春节'),
    ('2020-01-29', 2020, 'rest', '春节'),
    ('2020-01-30', 2020, 'rest', '春节'),
    ('2020-01-31', 2020, 'rest', '春节'),
    ('2020-04-06', 2020, 'rest', '清明'),
    ('2020-04-26', 2020, 'work', '劳动节'),
    ('2020-05-01', 2020, 'rest', '劳动节'),
    ('2020-05-04', 2020, 'rest', '劳动节'),
    ('2020-05-05', 2020, 'rest', '劳动节'),
    ('2020-05-09', 2020, 'work', '劳动节'),
    ('2020-06-25', 2020, 'rest', '端午'),
    ('2020-06-26', 2020, 'rest', '端午'),
    ('2020-06-28', 2020, 'work', '端午'),
    ('2020-09-27', 2020, 'work', '国庆节'),
    ('2020-10-01', 2020, 'rest', '国庆节'),
    ('2020-10-02', 2020, 'rest', '国庆节'),
    ('2020-10-05', 2020, 'rest', '国庆节'),
    ('2020-10-06', 2020, 'rest', '国庆节'),
    ('2020-10-07', 2020, 'rest', '国庆节'),
    ('2020-10-08', 2020, 'rest', '国庆节'),
    ('2020-10-10', 2020, 'work', '国庆节'),
    ('2024-01-01', 2024, 'rest', '元旦'),
    ('2024-02-04', 2024, 'work', '春节'),
    ('2024-02-12', 2024, 'rest', '春节'),
    ('2024-02-13', 2024, 'rest', '春节'),
    ('2024-02-14', 2024, 'rest', '春节'),
    ('2024-02-15', 2024, 'rest', '春节'),
    ('2024-02-16', 2024, 'rest', '春节'),
    ('2024-02-18', 2024, 'work', '春节'),
    ('2024-04-04', 2024, 'rest', '清明'),
    ('2024-04-05', 2024, 'rest', '清明'),
    ('2024-04-07', 2024, 'work', '清明'),
    ('2024-04-28', 2024, 'work', '劳动节'),
    ('2024-05-01', 2024, 'rest', '劳动节'),
    ('2024-05-02', 2024, 'rest', '劳动节'),
    ('2024-05-03', 2024, 'rest', '劳动节'),
    ('2024-05-11', 2024, 'work', '劳动节'),
    ('2024-06-10', 2024, 'rest', '端午'),
    ('2024-09-14', 2024, 'work', '中秋'),
    ('2024-09-16', 2024, 'rest', '中秋'),
    ('2024-09-17', 2024, 'rest', '中秋'),
    ('2024-09-29', 2024, 'work', '国庆节'),
    ('2024-10-01', 2024, 'rest', '国庆节'),
    ('2024-10-02', 2024, 'rest', '国庆节'),
    ('2024-10-03', 2024, 'rest', '国庆节'),
    ('2024-10-04', 2024, 'rest', '国庆节'),
    ('2024-10-07', 2024, 'rest', '国庆节'),
    ('2024-10-12', 2024, 'work', '国庆节'),
    ('2025-01-01', 2025, 'rest', '元旦'),
    ('2025-01-26', 2025, 'work', '春节'),
    ('2025-01-28', 2025, 'rest', '春节'),
    ('2025-01-29', 2025, 'rest', '春节'),
    ('2025-01-30', 2025, 'rest', '春节'),
    ('2025-01-31', 2025, 'rest', '春节'),
    ('2025-02-03', 2025, 'rest', '春节'),
    ('2025-02-04', 2025, 'rest', '春节'),
    ('2025-02-08', 2025, 'work', '春节'),
    ('2025-04-04', 2025, 'rest', '清明'),
    ('2025-04-27', 2025, 'work', '劳动节'),
    ('2025-05-01', 2025, 'rest', '劳动节'),
    ('2025-05-02', 2025, 'rest', '劳动节'),
    ('2025-05-05', 2025, 'rest', '劳动节'),
    ('2025-06-02', 2025, 'rest', '端午'),
    ('2025-09-28', 2025, 'work', '国庆节'),
    ('2025-10-01', 2025, 'rest', '国庆节'),
    ('2025-10-02', 2025, 'rest', '国庆节'),
    ('2025-10-03', 2025, 'rest', '国庆节'),
    ('2025-10-06', 2025, 'rest', '中秋'),
    ('2025-10-07', 2025, 'rest', '国庆节'),
    ('2025-10-08', 2025, 'rest', '国庆节'),
    ('2025-10-11', 2025, 'work', '国庆节'),
    ('2026-01-01', 2026, 'rest', '元旦'),
    ('2026-01-02', 2026, 'rest', '元旦'),
    ('2026-01-04', 2026, 'work', '元旦'),
    ('2026-02-14', 2026, 'work', '春节'),
    ('2026-02-16', 2026, 'rest', '春节'),
    ('2026-02-17', 2026, 'rest', '春节'),
    ('2026-02-18', 2026, 'rest', '春节'),
    ('2026-02-19', 2026, 'rest', '春节'),
    ('2026-02-20', 2026, 'rest', '春节'),
    ('2026-02-23', 2026, 'rest', '春节'),
    ('2026-02-28', 2026, 'work', '春节'),
    ('2026-04-06', 2026, 'rest', '清明'),
    ('2026-05-01', 2026, 'rest', '劳动节'),
    ('2026-05-04', 2026, 'rest', '劳动节'),
    ('2026-05-05', 2026, 'rest', '劳动节'),
    ('2026-05-09', 2026, 'work', '劳动节'),
    ('2026-06-19', 2026, 'rest', '端午'),
    ('2026-09-20', 2026, 'work', '国庆节'),
    ('2026-09-25', 2026, 'rest', '中秋'),
    ('2026-10-01', 2026, 'rest', '国庆节'),
    ('2026-10-02', 2026, 'rest', '国庆节'),
    ('2026-10-05', 2026, 'rest', '国庆节'),
    ('2026-10-06', 2026, 'rest', '国庆节'),
    ('2026-10-07', 2026, 'rest', '国庆节'),
    ('2026-10-10', 2026, 'work', '国庆节');
INSERT INTO calendar_event (year, seq, at, actor, digest, data)
    SELECT year, 1, entered_at, entered_by, digest, jsonb_build_object('number', number, 'title', title) FROM calendar_year;

CREATE TRIGGER calendar_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calendar_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER calendar_year_never_deleted BEFORE DELETE OR TRUNCATE ON calendar_year
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The clock of a release, as the tender's course started it: release_due_by is its last day, and null while that day lies
-- in a year that is not published.
ALTER TABLE guarantee
    ADD COLUMN release_law  text,
    ADD COLUMN release_from date,
    ADD COLUMN release_days int  CHECK (release_days >= 0),
    ADD COLUMN release_unit text CHECK (release_unit IN ('calendar', 'working')),
    ADD CHECK ((release_law IS NULL) = (release_from IS NULL) AND (release_law IS NULL) = (release_days IS NULL)
        AND (release_law IS NULL) = (release_unit IS NULL)),
    ADD CHECK (release_state <> 'due' OR release_due_by IS NOT NULL OR release_from IS NOT NULL);

-- A loser of 政府采购 that is awarded after all waits for the contract like every winner. Not once a beneficiary has signed.
INSERT INTO legal_move (part, from_state, to_state) VALUES ('release', 'due', 'none');
-- +goose StatementBegin
CREATE FUNCTION guarantee_clock_stopped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.release_state = 'due' AND NEW.release_state = 'none'
       AND EXISTS (SELECT 1 FROM release_signature WHERE guarantee = OLD.id) THEN
        RAISE EXCEPTION 'guarantee %: a beneficiary has signed its release', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER guarantee_clock_stopped BEFORE UPDATE OF release_state ON guarantee FOR EACH ROW EXECUTE FUNCTION guarantee_clock_stopped();

-- One paper by which a beneficiary releases several letters of a lot: its durable receipt, written and committed before any
-- lock is asked for. Each letter that it lists has a receipt of its own beside it, of the same instant, so that what a
-- crash left is taken up like every other receipt.
CREATE TABLE lot_release (
    id          text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    lot         text NOT NULL,
    sender      text NOT NULL,
    signed      bytea NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE TRIGGER lot_release_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_release
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE intake
    ADD COLUMN paper text REFERENCES lot_release (id), -- whose bytes are this receipt's
    DROP CONSTRAINT intake_kind_check,
    ADD CONSTRAINT intake_kind_check CHECK (kind IN ('release', 'lot_release', 'demand', 'completion', 'withdrawal')),
    ADD CHECK ((kind = 'lot_release') = (paper IS NOT NULL)),
    ADD CHECK (paper IS NULL OR octet_length(body) = 0);
CREATE INDEX intake_paper ON intake (paper) WHERE paper IS NOT NULL;
CREATE TRIGGER intake_paper_fixed BEFORE UPDATE OF paper ON intake
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE release_signature
    ADD COLUMN paper text REFERENCES lot_release (id), -- a lot's paper is kept once, not once a letter
    ALTER COLUMN signed DROP NOT NULL,
    ADD CHECK ((signed IS NULL) = (paper IS NOT NULL));

-- +goose Down
SELECT 1 / 0; -- forward only
