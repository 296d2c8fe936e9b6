// Package testlog gives a test, or a bench, a transparency log on its database.
package testlog

import (
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/clock"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// Origin is the name of every such log.
const Origin = "log.example.cn"

// New returns a log of eight leaves a minute. Nothing is appended until the test calls Step.
func New(t testing.TB, pool *pgxpool.Pool, c clock.Clock) *translog.Log {
	t.Helper()
	l, err := Make(pool, c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Make is New for programs that are no tests.
func Make(pool *pgxpool.Pool, c clock.Clock) (*translog.Log, error) {
	signer, err := signing.GenerateKey()
	if err != nil {
		return nil, err
	}
	key, err := tlog.LogKey(Origin, signer.Public())
	if err != nil {
		return nil, err
	}
	return translog.New(translog.Config{Pool: pool, Clock: c, Key: key, Signer: signer, Batch: 8, Every: time.Minute, Within: 10 * time.Minute,
		Log: slog.New(slog.DiscardHandler)})
}
