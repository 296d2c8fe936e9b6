// Package testdb gives every test a PostgreSQL database of its own, migrated and empty.
//
// The server is the one that TEST_DATABASE_URL names (make test starts one for the whole run and
// sets it), or else one that this test process starts and that goes when the process ends, however
// it ends. On that server the schema is built once, as a template named by its hash, and each test
// gets a copy of the template in some thirty milliseconds. Any number of packages may do so at
// once.
package testdb

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// EnvURL names the environment variable with the URL of a server on which the tests may create and
// drop databases. Its databases are thrown away, so it should be a server for tests (fsync off).
const EnvURL = "TEST_DATABASE_URL"

// maxConns a test may hold. Together with the number of tests that run at once it must stay below
// max_connections of the server, 400 on those that we start.
const maxConns = 12

// New returns a pool on a migrated database that belongs to t alone. Both are gone when t ends; a
// connection that t still holds then is an error of t.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), NewURL(t)+"&pool_max_conns="+fmt.Sprint(maxConns))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closePool(t, pool) })
	return pool
}

// NewURL is New for those who connect by themselves, other processes among them.
func NewURL(t testing.TB) string {
	t.Helper()
	server, template := prepared(t)
	return create(t, server, "template "+template+strategy(t, server))
}

// NewEmptyURL returns the URL of a database without a schema: for tests of the migrations.
func NewEmptyURL(t testing.TB) string {
	t.Helper()
	server, err := serverURL()
	if err != nil {
		t.Fatal(err)
	}
	return create(t, server, "template template0")
}

func create(t testing.TB, server, how string) string {
	t.Helper()
	name := "t_" + strings.ToLower(rand.Text())
	run(t, server, "create database "+name+" "+how)
	t.Cleanup(func() { run(t, server, "drop database "+name+" with (force)") })
	return withDatabase(server, name)
}

// strategy copies the template's files where the server does not wait for the disk, which is then
// the faster way by half.
func strategy(t testing.TB, server string) string {
	t.Helper()
	copyFiles.Do(func() {
		conn := connect(t, server)
		defer func() { _ = conn.Close(context.Background()) }()
		if err := conn.QueryRow(t.Context(), `select current_setting('fsync') = 'off'`).Scan(&copyFilesIs); err != nil {
			t.Fatal(err)
		}
	})
	if copyFilesIs {
		return " strategy file_copy"
	}
	return ""
}

var (
	copyFiles   sync.Once
	copyFilesIs bool
)

func closePool(t testing.TB, pool *pgxpool.Pool) {
	closed := make(chan struct{})
	go func() { pool.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Errorf("the test has ended but holds %d connections", pool.Stat().AcquiredConns())
	}
}

// run executes one statement on the server. It does not use t.Context, which is over by the time
// of a cleanup.
func run(t testing.TB, server, statement string) {
	t.Helper()
	conn := connect(t, server)
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func connect(t testing.TB, server string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), server)
	if err != nil {
		t.Fatalf("connect to the test server: %v", err)
	}
	return conn
}

// withDatabase returns the URL of another database on the same server; it always has a query part.
func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err) // serverURL has parsed it
	}
	u.Path = "/" + name
	q := u.Query()
	if !q.Has("sslmode") {
		q.Set("sslmode", "prefer")
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func serverURL() (string, error) {
	given := os.Getenv(EnvURL)
	if given == "" {
		return ownServer()
	}
	if u, err := url.Parse(given); err != nil || u.Host == "" {
		return "", fmt.Errorf("%s is not a URL like postgres://user:password@host:5432/name", EnvURL)
	}
	return given, nil
}
