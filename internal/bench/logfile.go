package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"

	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// auditFile has pg_dump write the log into a file, and audits that, its tree included, against the bare tree.
func (b *ledger) auditFile(ctx context.Context, n logSizes, out io.Writer) error {
	program, err := exec.LookPath("pg_dump")
	if err != nil {
		note(out, "no pg_dump here: the audit of a file is not measured")
		return nil //nolint:nilerr // where PostgreSQL came through npm there is none
	}
	path := filepath.Join(b.dir, "log.sql")
	if text, err := exec.CommandContext(ctx, program, "--dbname", b.server.URL, "--table", "log_*", "--file", path).CombinedOutput(); err != nil {
		return fmt.Errorf("pg_dump: %w: %s", err, text)
	}
	c, err := b.costOf(func() (int, error) {
		d, err := translog.OpenDump(path)
		if err != nil {
			return 0, err
		}
		r, err := tlog.Audit(d.Dump(), b.head, b.key)
		if err == nil && (r.Fault != nil || r.Vouched != n.leaves) {
			err = fmt.Errorf("an honest log: %+v", r)
		}
		fault, torn := translog.CheckTiles(d.Tiles(), n.leaves)
		if fault != nil {
			err = errors.Join(err, fmt.Errorf("an honest tree: %v", fault))
		}
		return int(r.Vouched), errors.Join(err, torn, d.Close())
	})
	if err != nil {
		return err
	}
	tree, err := bareTree()
	if err != nil {
		return err
	}
	line(out, "audit, lines out of a file by pg_dump, whole tree : the bare tree", c.perSecond(), tree, "≥ 100000/s")
	line(out, "  per CPU second", c.perCPUSecond(), tree, "")
	return nil
}

// bareTree is how many leaves a second a tree grows by in memory.
func bareTree() (perSecond float64, err error) {
	next, tree, rates := leafSource(), tlog.NewTree(), map[string][]float64{}
	err = cpuRates(9, []op{{"tree", func() error { tree.Append(tlog.LeafHash(next()), nil); return nil }}}, rates)
	return median(rates["tree"]), err
}
