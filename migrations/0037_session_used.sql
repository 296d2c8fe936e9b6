-- +goose Up

-- When somebody last did something in a browser with this session, to the minute; NULL is a session of a program, which knows no
-- pause. A session that nobody uses for the time of the setting idle is over.
ALTER TABLE session ADD COLUMN used timestamptz;

-- +goose Down
SELECT 1 / 0; -- forward only
