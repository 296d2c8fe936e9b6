// Package migrations holds the schema of the platform's database, one numbered SQL file a change,
// and brings a database to it. It also holds the check that a database is set up so that what is
// committed stays and what is secret stays out of its logs (CheckSettings).
//
// Two versions of the platform may run against one database at a time, so a file only adds; what
// an older version still needs is removed by a later one (expand, then contract).
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed *.sql
var files embed.FS

// Migrate brings the database that pool connects to up to the schema of this build: River's own
// tables first, then our files in order. It does nothing where nothing is missing. Any number of
// processes may start at once; one migrates and the others wait for it. It uses connections of its
// own, so pool may be of any size.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	config := pool.Config()
	config.MinConns, config.MaxConns = 0, 3
	own, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer own.Close()
	return alone(ctx, own, func() error {
		if err := migrateRiver(ctx, own); err != nil {
			return fmt.Errorf("migrate the job tables: %w", err)
		}
		if err := migrateOurs(ctx, own); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return nil
	})
}

func migrateRiver(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := river(pool)
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func migrateOurs(ctx context.Context, pool *pgxpool.Pool) error {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }() // closes the adapter; the pool is closed by its owner
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

func river(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	return rivermigrate.New(riverpgxv5.New(pool), nil)
}

// Hash names the schema of this build: it changes whenever a file of ours or of River's does.
func Hash() (string, error) {
	sum := sha256.New()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	migrator, err := river(nil)
	if err != nil {
		return "", err
	}
	for _, m := range migrator.AllVersions() {
		fmt.Fprintf(sum, "river %d %d\n%s", m.Version, len(m.SQLUp), m.SQLUp)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
