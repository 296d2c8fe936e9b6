package letter_test

import (
	"slices"
	"testing"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// A lot's paper waives payment under exactly the letters that it lists, as a release of each would, and is accepted offline
// where a release is.
func TestLotRelease(t *testing.T) {
	h := sample.New(present)
	a, b, other := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Full(), "XJSL-2026-000002"), h.Issue(h.Blind(), "XJSL-2026-000003")
	r := h.LotRelease(h.Tenderees[0], a, b)
	content := canonicalOf(t, r)
	for name, tt := range map[string]struct {
		id, number string
		digest     signing.Digest
		want       bool
	}{
		"the first":        {a.Draft.Application.Application, a.Undertaking.Number, letter.UndertakingDigest(a.Signed), true},
		"the second":       {b.Draft.Application.Application, b.Undertaking.Number, letter.UndertakingDigest(b.Signed), true},
		"not listed":       {other.Draft.Application.Application, other.Undertaking.Number, letter.UndertakingDigest(other.Signed), false},
		"another number":   {a.Draft.Application.Application, b.Undertaking.Number, letter.UndertakingDigest(a.Signed), false},
		"other bytes":      {a.Draft.Application.Application, a.Undertaking.Number, letter.UndertakingDigest(b.Signed), false},
		"another's number": {b.Draft.Application.Application, a.Undertaking.Number, letter.UndertakingDigest(a.Signed), false},
	} {
		if by, got := letter.Waives(content, tt.id, tt.number, tt.digest); got != tt.want || got && by != h.Tenderees[0].Party {
			t.Errorf("%s: %v by %s", name, got, by)
		}
	}
	single := canonicalOf(t, h.Release(a, h.Tenderees[1]))
	if by, ok := letter.Waives(single, a.Draft.Application.Application, a.Undertaking.Number, letter.UndertakingDigest(a.Signed)); !ok || by != h.Tenderees[1].Party {
		t.Errorf("a release of one letter: %v by %s", ok, by)
	}
	if _, ok := letter.Waives(single, b.Draft.Application.Application, b.Undertaking.Number, letter.UndertakingDigest(b.Signed)); ok {
		t.Error("a release of one letter waives another")
	}
	p7s := h.Signed(h.Tenderees[0], content, h.At)
	if rep := letter.VerifyPaper(p7s, h.Trust); !rep.OK {
		t.Errorf("%+v", rep)
	}
	if rep := letter.VerifyPaper(h.Signed(h.Tenderees[1], content, h.At), h.Trust); rep.OK {
		t.Error("signed by another, and accepted")
	}
}

func TestLotReleaseRefuses(t *testing.T) {
	h := sample.New(present)
	a, b := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Full(), "XJSL-2026-000002")
	for name, spoil := range map[string]func(*letter.LotRelease){
		"no letter":     func(r *letter.LotRelease) { r.Letters = nil },
		"out of order":  func(r *letter.LotRelease) { slices.Reverse(r.Letters) },
		"twice":         func(r *letter.LotRelease) { r.Letters[1] = r.Letters[0] },
		"no digest":     func(r *letter.LotRelease) { r.Letters[0].Undertaking = signing.Digest{} },
		"no lot":        func(r *letter.LotRelease) { r.Lot.Code = "" },
		"nobody's":      func(r *letter.LotRelease) { r.Beneficiary.USCC = "" },
		"no reason":     func(r *letter.LotRelease) { r.Reason = "" },
		"too many":      func(r *letter.LotRelease) { r.Letters = manyEntries(letter.MaxLotRelease + 1) },
		"other version": func(r *letter.LotRelease) { r.Version = 2 },
	} {
		r := h.LotRelease(h.Tenderees[0], a, b)
		spoil(&r)
		if _, err := r.Canonical(); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	r := h.LotRelease(h.Tenderees[0], a, b)
	if r.Letters = manyEntries(letter.MaxLotRelease); r.Check() != nil {
		t.Errorf("the most that may be listed: %v", r.Check())
	}
}

func manyEntries(n int) []letter.LotReleaseEntry {
	all := make([]letter.LotReleaseEntry, n)
	for i := range all {
		all[i] = letter.LotReleaseEntry{Guarantee: sample.ID(i + 1), Number: "XJSL-2026-000001", Undertaking: signing.Sum([]byte("x"))}
	}
	return all
}
