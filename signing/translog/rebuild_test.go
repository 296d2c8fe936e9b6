package translog_test

import (
	"errors"
	"testing"

	"baohan/signing/translog"
)

func TestRebuildTiles(t *testing.T) {
	w := newWorld(t)
	for range 6 {
		w.enqueueMany(3)
		w.beat()
	}
	before := w.count(`SELECT hashtext(string_agg(nodes::text, ',' ORDER BY level, index)) FROM log_tile`)
	w.rewrite(`UPDATE log_tile SET nodes = set_bit(nodes, 9, 1 - get_bit(nodes, 9)) WHERE level = 0 AND index = 0`)
	if err := w.log.RebuildTiles(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := w.count(`SELECT hashtext(string_agg(nodes::text, ',' ORDER BY level, index)) FROM log_tile`); after != before {
		t.Error("another tree")
	}
	for _, leaf := range w.leaves() {
		w.proved(leaf)
	}
	w.beat()
	w.rewrite(`UPDATE log_leaf SET leaf = set_bit(leaf, 9, 1 - get_bit(leaf, 9)) WHERE position = 3`)
	if err := w.log.RebuildTiles(t.Context()); !errors.Is(err, translog.ErrCorrupt) {
		t.Errorf("a tree over spoilt leaves was kept: %v", err)
	}
	conn := must(w.pool.Acquire(t.Context()))(t)
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `SELECT pg_advisory_lock(8390876182755438439)`); err != nil {
		t.Fatal(err)
	}
	if err := w.log.RebuildTiles(t.Context()); !errors.Is(err, translog.ErrBusy) {
		t.Errorf("while another writes: %v", err)
	}
	if _, err := conn.Exec(t.Context(), `SELECT pg_advisory_unlock_all()`); err != nil {
		t.Fatal(err)
	}
}
