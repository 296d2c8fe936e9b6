-- +goose Up
-- The instant by which a transaction is decided. Read it inside the lock. A demonstration or a
-- test replaces this function by one that adds an offset (internal/clock/sqlclock); a production
-- start refuses a database in which it has been replaced.
-- +goose StatementBegin
create function platform_now() returns timestamptz
    language sql volatile parallel safe
    return clock_timestamp();
-- +goose StatementEnd

-- +goose Down
drop function platform_now();
