package translog_test

import (
	"testing"

	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// What the owner of the database does to it, past every trigger, is found from its rows and the last head that a witness
// has, and the place is named.
func TestAuditOfTheRows(t *testing.T) {
	for name, c := range map[string]struct {
		sql  string
		want tlog.Fault
	}{
		"untouched":      {`UPDATE log_pending SET minute = minute`, tlog.Fault{}},
		"a bit":          {`UPDATE log_leaf SET leaf = set_bit(leaf, 9, 1 - get_bit(leaf, 9)) WHERE position = 40`, tlog.Fault{Kind: tlog.Changed, Position: 40, Last: 40}},
		"a row deleted":  {`DELETE FROM log_leaf WHERE position = 40`, tlog.Fault{Kind: tlog.Missing, Position: 40, Last: 40}},
		"rolled back":    {`DELETE FROM log_leaf WHERE position >= 35; DELETE FROM log_head WHERE size > 35`, tlog.Fault{Kind: tlog.Missing, Position: 35, Last: 35}},
		"renumbered":     {`DELETE FROM log_leaf WHERE position = 40; UPDATE log_leaf SET position = position + 1000 WHERE position > 40; UPDATE log_leaf SET position = position - 1001 WHERE position > 1000`, tlog.Fault{Kind: tlog.Missing, Position: 40, Last: 40}},
		"a tile":         {`UPDATE log_tile SET nodes = set_bit(nodes, 256 + 9, 1 - get_bit(nodes, 256 + 9)) WHERE level = 0 AND index = 1`, tlog.Fault{Kind: tlog.BadHash, Position: 33, Last: 33}},
		"a tile deleted": {`DELETE FROM log_tile WHERE level = 0 AND index = 1`, tlog.Fault{Kind: tlog.BadHash, Position: 32, Last: 32}},
		"a head":         {`UPDATE log_head SET note = replace(note, E'\n42\n', E'\n43\n') WHERE size = 42`, tlog.Fault{Kind: tlog.BadHead, Position: 35, Last: 35}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for range 10 {
				w.enqueueMany(2)
				w.beat()
			}
			outside := w.head()
			w.enqueueMany(1)
			w.rewrite(c.sql)
			got := must(tlog.Audit(translog.Dump(t.Context(), w.pool), outside, w.key))(t)
			switch {
			case got.Fault == nil && c.want.Kind == "":
			case got.Fault == nil || *got.Fault != c.want:
				t.Errorf("%v, not %v", got.Fault, c.want)
			}
		})
	}
}
