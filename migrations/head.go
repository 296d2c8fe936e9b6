package migrations

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrBehind is returned by AtHead while a migration of this build is missing.
var ErrBehind = errors.New("数据库结构落后于本版本：请先运行 baohan migrate")

// AtHead returns nil if every migration of this build has been applied. A database that is ahead,
// because a newer version of the platform runs beside this one, is fine.
func AtHead(ctx context.Context, pool *pgxpool.Pool) error {
	wanted, err := versions()
	if err != nil {
		return err
	}
	rows, _ := pool.Query(ctx, `select version_id from goose_db_version where is_applied`) // rows hold the error
	applied, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if undefinedTable(err) {
		return ErrBehind
	}
	if err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	have := map[int64]bool{}
	for _, v := range applied {
		have[v] = true
	}
	for version, name := range wanted {
		if !have[version] {
			return fmt.Errorf("%w（缺少 %s）", ErrBehind, name)
		}
	}
	return riverAtHead(ctx, pool)
}

func riverAtHead(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := river(pool)
	if err != nil {
		return err
	}
	result, err := migrator.Validate(ctx, nil)
	if err != nil {
		return fmt.Errorf("read the version of the job tables: %w", err)
	}
	if !result.OK {
		return fmt.Errorf("%w（%s）", ErrBehind, strings.Join(result.Messages, "; "))
	}
	return nil
}

// versions maps the number of every file of this build to its name.
func versions() (map[int64]string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	byVersion := map[int64]string{}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s: its name must begin with a number and an underscore", name)
		}
		if other, taken := byVersion[version]; taken {
			return nil, fmt.Errorf("migrations %s and %s have the same number", other, name)
		}
		byVersion[version] = name
	}
	return byVersion, nil
}

func undefinedTable(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == "42P01"
}
