package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/migrations"
)

type migrateCommand struct{}

// Run brings the database to the schema of this build. Doing it again changes nothing.
func (migrateCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) (err error) {
	server, err := database(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	pool, err := pgxpool.New(ctx, server.URL)
	if err != nil {
		return errors.New("数据库地址 database_url 无法识别：请按 postgres://用户:口令@主机:端口/库名 填写")
	}
	defer pool.Close()
	if err := migrations.CheckSettings(ctx, pool); err != nil {
		return err
	}
	if err := migrations.Migrate(ctx, pool); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "数据库结构已是本版本")
	return err
}
