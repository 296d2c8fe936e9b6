package migrations_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/testdb"
	"baohan/migrations"
)

func empty(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), testdb.NewEmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func count(t *testing.T, pool *pgxpool.Pool, sql string) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const (
	applied  = `select count(*) from goose_db_version where version_id > 0`
	distinct = `select count(distinct version_id) from goose_db_version where version_id > 0`
)

func TestSixStartAtOnceAndOneMigrates(t *testing.T) {
	pool := empty(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if err := migrations.Migrate(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := migrations.AtHead(t.Context(), pool); err != nil {
		t.Error(err)
	}
	if n, d := count(t, pool, applied), count(t, pool, distinct); n != d || n == 0 {
		t.Errorf("%d files are recorded %d times", d, n)
	}
	if n := count(t, pool, `select count(*) from pg_locks where locktype = 'advisory'
		and database = (select oid from pg_database where datname = current_database())`); n != 0 {
		t.Errorf("%d locks are left", n)
	}
}

func TestMigrateAgainChangesNothing(t *testing.T) {
	pool := testdb.New(t)
	before := count(t, pool, applied)
	if err := migrations.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if after := count(t, pool, applied); after != before {
		t.Errorf("%d migrations recorded before, %d after", before, after)
	}
}

func TestMigrateWithAPoolOfOne(t *testing.T) {
	config, err := pgxpool.ParseConfig(testdb.NewEmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if err := migrations.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
}

func TestWaitingForTheOtherEndsWithTheContext(t *testing.T) {
	pool := testdb.New(t)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `select pg_advisory_lock($1)`, int64(0x62616f68616e)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- migrations.Migrate(t.Context(), pool) }()
	select {
	case err := <-done:
		t.Fatalf("did not wait for the one who migrates: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if _, err := conn.Exec(t.Context(), `select pg_advisory_unlock_all()`); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestAtHead(t *testing.T) {
	if err := migrations.AtHead(t.Context(), empty(t)); !errors.Is(err, migrations.ErrBehind) {
		t.Errorf("an empty database: %v, want ErrBehind", err)
	}
	for name, c := range map[string]struct {
		sql    string
		behind bool
	}{
		"ours missing":    {`delete from goose_db_version where version_id = 1`, true},
		"rivers missing":  {`delete from river_migration where version = (select max(version) from river_migration)`, true},
		"a newer version": {`insert into goose_db_version (version_id, is_applied) values (9999, true)`, false},
		"as it is":        {`select 1`, false},
	} {
		t.Run(name, func(t *testing.T) {
			pool := testdb.New(t)
			if _, err := pool.Exec(t.Context(), c.sql); err != nil {
				t.Fatal(err)
			}
			if err := migrations.AtHead(t.Context(), pool); errors.Is(err, migrations.ErrBehind) != c.behind {
				t.Errorf("%v, behind must be %v", err, c.behind)
			}
		})
	}
}

func TestPlatformNowIsTheServersClock(t *testing.T) {
	pool := testdb.New(t)
	var between bool
	err := pool.QueryRow(t.Context(), `
		select a <= b and b <= c from (select clock_timestamp() a, platform_now() b, clock_timestamp() c) x`).Scan(&between)
	if err != nil || !between {
		t.Fatalf("platform_now is not between two readings of the clock (%v)", err)
	}
}
