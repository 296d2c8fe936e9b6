package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

type workCommand struct{ node }

// Run works jobs until it is asked to stop. Any number of such processes share one database.
func (c *workCommand) Run(ctx context.Context, s *Settings, log *slog.Logger, out io.Writer) (err error) {
	r, err := c.open(ctx, s, "work", log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.work(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "后台任务已开始执行")
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return r.rest(grace)
}
