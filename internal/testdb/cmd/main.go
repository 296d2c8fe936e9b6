// Command cmd runs the command that it is given with a PostgreSQL for tests: it starts one
// throw-away server, names it in TEST_DATABASE_URL, and ends it when the command has ended.
//
//	go run ./internal/testdb/cmd go test ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"baohan/internal/devpg"
	"baohan/internal/testdb"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run returns the exit code of the command. Ctrl-C reaches the command by itself; here it only
// ends the wait, and the server goes after the command.
func run(args []string) (code int, err error) {
	if len(args) == 0 {
		return 2, errors.New("usage: go run ./internal/testdb/cmd COMMAND [ARGUMENT…]")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	url, end, err := server(ctx)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, end()) }()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // running it is the purpose
	cmd.Env = append(os.Environ(), testdb.EnvURL+"="+url)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// server starts one in a directory of its own, unless TEST_DATABASE_URL names one already.
func server(ctx context.Context) (url string, end func() error, err error) {
	if url := os.Getenv(testdb.EnvURL); url != "" {
		return url, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "baohan-testdb-")
	if err != nil {
		return "", nil, err
	}
	s, err := devpg.Start(ctx, devpg.Options{Dir: dir, Ephemeral: true})
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s.URL, func() error { return errors.Join(s.Crash(), os.RemoveAll(dir)) }, nil
}
