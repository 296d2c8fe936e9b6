package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/guarantee/calendar"
	"baohan/internal/clock"
	"baohan/internal/clock/sqlclock"
)

// clockCommand steps the clock of a demonstration, in its file and in its database.
type clockCommand struct {
	To time.Time `help:"拨到的时刻，例如 2019-12-27T10:00:00+08:00；只能向前。" required:"" placeholder:"时刻"`
}

// Run moves the clock forward for every process that opened its file.
func (c *clockCommand) Run(ctx context.Context, s *Settings, out io.Writer) error {
	if s.ClockFile == "" || s.DatabaseURL == "" {
		return errors.New("请用 --clock-file 和 --database-url 指明演示时钟和演示数据库（baohan demo 启动时会打印）")
	}
	stepped, err := clock.OpenStepped(s.ClockFile)
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, s.DatabaseURL)
	if err != nil {
		return errors.New("数据库地址 database_url 无法识别")
	}
	defer pool.Close()
	if err := stepped.Set(ctx, c.To, sqlclock.Mirror(pool)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "演示时钟：%s\n", stepped.Now().In(calendar.Shanghai).Format(time.RFC3339))
	return err
}
