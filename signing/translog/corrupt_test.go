package translog_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"baohan/signing/translog"
)

// One bit or one row that is not as it was written, at the last moment before a head is signed: the log stops, the key
// is not asked, and a restart changes nothing about it.
func TestFlippedBitStopsTheLog(t *testing.T) {
	for name, sql := range map[string]string{
		"a bit of a new leaf":      `UPDATE log_leaf SET leaf = set_bit(leaf, 77, 1 - get_bit(leaf, 77)) WHERE position = 16`,
		"two new leaves exchanged": `UPDATE log_leaf SET position = 99 WHERE position = 15; UPDATE log_leaf SET position = 15 WHERE position = 16; UPDATE log_leaf SET position = 16 WHERE position = 99`,
		"a new leaf less":          `DELETE FROM log_leaf WHERE position = 20`,
		"a leaf in the middle":     `DELETE FROM log_leaf WHERE position = 17`,
		"a leaf more":              `INSERT INTO log_leaf (position, leaf) VALUES (21, decode(repeat('ab', 32), 'hex'))`,
		"a bit of the new root":    `UPDATE log_head SET root = set_bit(root, 5, 1 - get_bit(root, 5)) WHERE note IS NULL`,
		"a bit of the last root":   `UPDATE log_head SET root = set_bit(root, 5, 1 - get_bit(root, 5)) WHERE size = 14`,
		"the last note":            `UPDATE log_head SET note = replace(note, E'\n14\n', E'\n15\n') WHERE size = 14`,
		"a bit of an old node":     `UPDATE log_tile SET nodes = set_bit(nodes, 56 * 256 + 9, 1 - get_bit(nodes, 56 * 256 + 9)) WHERE level = 0`,
		"a bit of a new node":      `UPDATE log_tile SET nodes = set_bit(nodes, 15 * 256 + 9, 1 - get_bit(nodes, 15 * 256 + 9)) WHERE level = 0`,
		"the tiles":                `DELETE FROM log_tile`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.beat()
			w.beat()
			before, asked := w.head(), w.signer.asked.Load()
			w.log.AtStep(func(step string) {
				if step == "appended" {
					w.rewrite(sql)
				}
			})
			w.clock.Advance(every)
			if _, err := w.log.Step(t.Context()); !errors.Is(err, translog.ErrCorrupt) {
				t.Fatalf("signed: %v", err)
			}
			if _, err := w.another().Step(t.Context()); !errors.Is(err, translog.ErrCorrupt) {
				t.Errorf("signed after a restart: %v", err)
			}
			if w.signer.asked.Load() != asked {
				t.Error("the key was asked")
			}
			if w.count(`SELECT count(*) FROM log_head WHERE note IS NULL`) != 1 {
				t.Error("the intent is gone")
			}
			if name != "the last note" && name != "a bit of the last root" && w.head() != before {
				t.Error("the head has changed")
			}
		})
	}
}

func TestRunStopsWhenCorrupt(t *testing.T) {
	w := newWorld(t)
	w.beat()
	w.rewrite(`UPDATE log_tile SET nodes = overlay(nodes placing decode(repeat('cd', 32), 'hex') from 48 * 32 + 1) WHERE level = 0`)
	w.clock.Advance(every)
	ended := make(chan error, 1)
	c := w.config()
	c.Log, c.Every, c.Within = slog.New(slog.DiscardHandler), time.Second, time.Hour
	l, err := translog.New(c)
	if err != nil {
		t.Fatal(err)
	}
	go func() { ended <- l.Run(t.Context()) }()
	select {
	case err := <-ended:
		if !errors.Is(err, translog.ErrCorrupt) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("runs on over corrupt nodes")
	}
}

// The database holds the rules a second time, against everything but its owner.
func TestRowsOfTheLogStay(t *testing.T) {
	w := newWorld(t)
	w.beat()
	w.beat()
	for _, sql := range []string{
		`UPDATE log_leaf SET leaf = decode(repeat('ab', 32), 'hex') WHERE position = 1`,
		`DELETE FROM log_leaf WHERE position = 13`,
		`TRUNCATE log_leaf CASCADE`,
		`INSERT INTO log_leaf (position, leaf) VALUES (15, decode(repeat('ab', 32), 'hex'))`,
		`INSERT INTO log_leaf (position, leaf) VALUES (14, decode(repeat('ab', 31), 'hex'))`,
		`UPDATE log_salt SET salt = decode(repeat('ab', 32), 'hex')`,
		`DELETE FROM log_salt`,
		`DELETE FROM log_head WHERE size = 14`,
		`TRUNCATE log_head CASCADE`,
		`UPDATE log_head SET note = note || ' ' WHERE size = 14`,
		`UPDATE log_head SET root = decode(repeat('ab', 32), 'hex') WHERE size = 14`,
		`UPDATE log_head SET note = NULL WHERE size = 14`,
		`INSERT INTO log_head (size, root, tick) VALUES (13, decode(repeat('ab', 32), 'hex'), now())`,
		`INSERT INTO log_head (size, root, tick, note) VALUES (15, decode(repeat('ab', 32), 'hex'), now(), 'x')`,
		`INSERT INTO log_head (size, root, tick) VALUES (21, decode(repeat('ab', 32), 'hex'), now()), (28, decode(repeat('ab', 32), 'hex'), now())`,
	} {
		if _, err := w.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("done: %s", sql)
		}
	}
}
