package testdb_test

import (
	"fmt"
	"testing"
	"time"

	"baohan/internal/clock"
	"baohan/internal/clock/sqlclock"
	"baohan/internal/testdb"
	"baohan/migrations"
)

func TestDatabasesAreMigratedAndApart(t *testing.T) {
	for i := range 6 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			pool := testdb.New(t)
			if err := migrations.AtHead(t.Context(), pool); err != nil {
				t.Error(err)
			}
			if _, err := pool.Exec(t.Context(), `create table mine (n int)`); err != nil {
				t.Errorf("the database is not this test's alone: %v", err)
			}
		})
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	pool := testdb.New(t)
	var name string
	t.Run("inner", func(t *testing.T) {
		if err := testdb.New(t).QueryRow(t.Context(), `select current_database()`).Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var left bool
	if err := pool.QueryRow(t.Context(), `select exists (select from pg_database where datname = $1)`, name).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if name == "" || left {
		t.Fatalf("database %q is left after its test", name)
	}
}

func TestClockStandsOnTheMicrosecond(t *testing.T) {
	pool := testdb.New(t)
	deadline := time.Date(2026, 3, 26, 16, 0, 0, 0, time.UTC)
	c := testdb.NewClock(t, pool, deadline.Add(-time.Microsecond))
	for _, want := range []time.Time{deadline.Add(-time.Microsecond), deadline, deadline.Add(time.Microsecond)} {
		var got time.Time
		if err := pool.QueryRow(t.Context(), `select platform_now()`).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want) || !c.Now().Equal(want) {
			t.Errorf("database %v, program %v; want %v", got, c.Now(), want)
		}
		c.Advance(time.Microsecond)
	}
}

func TestSteppedClockReachesTheDatabase(t *testing.T) {
	pool := testdb.New(t)
	if replaced, err := sqlclock.Replaced(t.Context(), pool); err != nil || replaced {
		t.Fatalf("a migrated database has its clock replaced (%v, %v)", replaced, err)
	}
	if err := sqlclock.InstallStepped(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if replaced, err := sqlclock.Replaced(t.Context(), pool); err != nil || !replaced {
		t.Fatalf("a stepped clock goes unseen (%v, %v)", replaced, err)
	}
	c, err := clock.OpenStepped(t.TempDir() + "/clock")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Advance(t.Context(), 400*24*time.Hour, sqlclock.Mirror(pool)); err != nil {
		t.Fatal(err)
	}
	if err := sqlclock.Mirror(pool)(t.Context(), time.Hour); err != nil { // a late mirror of an earlier step
		t.Fatal(err)
	}
	if err := sqlclock.InstallStepped(t.Context(), pool); err != nil { // the next process to start
		t.Fatal(err)
	}
	var got time.Time
	if err := pool.QueryRow(t.Context(), `select platform_now()`).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if apart := c.Now().Sub(got); apart.Abs() > 5*time.Second {
		t.Fatalf("program and database are %v apart", apart)
	}
}
