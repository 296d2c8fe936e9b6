package page_test

import (
	"os"
	"testing"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/page"
	"baohan/internal/sample"
)

func (w world) signedRecord(t testing.TB, r letter.OpeningRecord, by ...sample.Member) [][]byte {
	var out [][]byte
	for _, m := range by {
		out = append(out, w.Signed(m, canonical(t, r), r.At))
	}
	return out
}

func (w world) largeRecord(t testing.TB, n int) letter.OpeningRecord {
	s := w.LargeSheet(n)
	return w.OpeningRecord(w.Signed(w.Centre, canonical(t, s), s.At))
}

func TestLook(t *testing.T) {
	w := newWorld()
	full, blind := w.Issue(w.Full(), "XJSL-2026-000002"), w.Issue(w.Blind(), "XJSL-2026-000001")
	s := w.Sheet(full, blind)
	r := w.OpeningRecord(w.Signed(w.Centre, canonical(t, s), s.At))
	for name, all := range map[string][][]byte{"3": w.signedRecord(t, r, w.Agent, w.Bidders[2], w.Supervisor), "40": w.signedRecord(t, w.largeRecord(t, 40), w.Agent)} {
		b, err := page.OpeningRecord(t.Context(), all, w.by, w.at)
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile("/tmp/hrec-"+name+".pdf", b, 0o600)
	}
}
