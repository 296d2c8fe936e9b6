package testdb

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/migrations"
)

var template struct {
	sync.Mutex
	server, name string
}

// prepared returns the server and the name of the template on it, building it if it is missing.
// A build that fails is tried again by the next test, which then shows the error as well.
func prepared(t testing.TB) (server, name string) {
	t.Helper()
	template.Lock()
	defer template.Unlock()
	if template.name != "" {
		return template.server, template.name
	}
	server, err := serverURL()
	if err != nil {
		t.Fatal(err)
	}
	name, err = buildTemplate(context.Background(), server)
	if err != nil {
		t.Fatalf("build the template database: %v", err)
	}
	template.server, template.name = server, name
	return server, name
}

// buildTemplate makes the template unless it is there. Packages run in processes of their own, so
// the lock is one of the server's. A build that was killed leaves a database that is not marked as
// a template; the next one drops it and begins anew.
func buildTemplate(ctx context.Context, server string) (string, error) {
	hash, err := migrations.Hash()
	if err != nil {
		return "", err
	}
	name := "tmpl_" + hash[:20]
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }() // gives the lock back
	if _, err := conn.Exec(ctx, `select pg_advisory_lock(hashtextextended($1, 0))`, name); err != nil {
		return "", err
	}
	var ready bool
	err = conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1 and datistemplate)`, name).Scan(&ready)
	if err != nil || ready {
		return name, err
	}
	return name, build(ctx, conn, server, name)
}

func build(ctx context.Context, conn *pgx.Conn, server, name string) error {
	for _, statement := range []string{
		`drop database if exists ` + name + ` with (force)`,
		`create database ` + name + ` template template0`,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if err := migrate(ctx, withDatabase(server, name)); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `alter database `+name+` is_template true allow_connections false`)
	return err
}

func migrate(ctx context.Context, url string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	return migrations.Migrate(ctx, pool)
}
