package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/internal/testdb"
)

func TestWithin(t *testing.T) {
	pool := testdb.New(t)
	if _, err := pool.Exec(t.Context(), `CREATE TABLE thing (name text UNIQUE DEFERRABLE INITIALLY DEFERRED)`); err != nil {
		t.Fatal(err)
	}
	insert := func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO thing (name) VALUES ('湖南路桥')`)
		return err
	}
	if err := store.Within(t.Context(), pool, insert); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	if err := store.Within(t.Context(), pool, func(tx pgx.Tx) error { return errors.Join(insert(tx), boom) }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	// The commit itself fails here: nobody may take that for "not done" without asking again, and the value stays out.
	err := store.Within(t.Context(), pool, insert)
	if !errors.Is(err, store.ErrUnknownOutcome) || strings.Contains(err.Error(), "湖南") {
		t.Errorf("got %v", err)
	}
	type thing struct{ Name string }
	all, err := store.Many[thing](t.Context(), pool, `SELECT name FROM thing`, nil)
	if err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	missing := errors.New("missing")
	if _, err := store.One[thing](t.Context(), pool, missing, `SELECT name FROM thing WHERE name = @n`, pgx.NamedArgs{"n": "x"}); !errors.Is(err, missing) {
		t.Errorf("got %v", err)
	}
}

func TestBareAndViolated(t *testing.T) {
	pool := testdb.New(t)
	_, err := pool.Exec(t.Context(), `INSERT INTO legal_move VALUES ('fee', 'none', 'pending')`)
	if store.Violated(err) != "legal_move_pkey" {
		t.Errorf("violated %q", store.Violated(err))
	}
	if bare := store.Bare(err); strings.Contains(bare.Error(), "pending") || !strings.Contains(bare.Error(), "23505") {
		t.Errorf("bare: %v", bare)
	}
	if store.Violated(errors.New("x")) != "" {
		t.Error("an error that is none of the database's violates nothing")
	}
}
