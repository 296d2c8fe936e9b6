package tender

import (
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/tlog"
)

// The notice with its keys, the closing and the opening of a lot stand in the log, and anybody is given the proofs. A
// draft is shown to nobody.
func TestLogOfALot(t *testing.T) {
	w := newWorld(t)
	draft := w.draftLot(letter.RegimeTendering, "A1", func(*NewLot) {})
	if _, err := w.LotLog(w.ctx, draft); err == nil {
		t.Error("the log of a draft is shown")
	}
	l := w.published(letter.RegimeTendering, "A2")
	w.three(l)
	w.closeAt(l, l.End.Deadline)
	w.open(l)
	w.clock.Advance(time.Minute)
	if _, err := w.Guarantees.Log.Step(w.ctx); err != nil {
		t.Fatal(err)
	}
	all, err := w.LotLog(w.ctx, l.ID)
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v %v", all, err)
	}
	for i, kind := range []Verb{VerbPublish, VerbClose, VerbOpen} {
		p, ok := all[i].Proof()
		if !ok || p.Fact.Kind != string(kind) {
			t.Errorf("fact %d is %s, proven %v", i, p.Fact.Kind, ok)
			continue
		}
		if _, _, err := p.Verify(tlog.Policy{Log: []tlog.Key{w.Guarantees.Log.Key}}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	row, err := readClosing(w.ctx, w.Pool, l.ID, letter.StageBids)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"closing":"` + signing.Sum(row.Content).String() + `"}`; string(mustCanonical(t, all[1].Fact)) != want {
		t.Errorf("the closing's fact says %s, want %s", all[1].Fact.Data, want)
	}
}

func mustCanonical(t *testing.T, f letter.Fact) []byte {
	t.Helper()
	if err := f.Data.Canonicalize(); err != nil {
		t.Fatal(err)
	}
	return f.Data
}
