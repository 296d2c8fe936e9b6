package sample_test

import (
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
)

// Everything that the house makes holds by the rules of package letter.
func TestEverythingHolds(t *testing.T) {
	h := sample.New(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))
	blind, full := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Full(), "XJSL-2026-000002")
	surety := h.Issue(h.Draft(h.Bidders[1], h.Surety, sample.Accessory, letter.ModeFull), "YLSL-2026-000001")
	policy := h.Issue(h.Draft(h.Bidders[2], h.Insurer, sample.Insurance, letter.ModeFull), "HSSL-2026-000001")
	for _, i := range []sample.Issued{blind, full, surety, policy} {
		b, err := i.File().Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if r := letter.VerifyFile(b, h.Trust, letter.Platform(h.Platform.Party.USCC)); !r.OK {
			t.Errorf("%s: %+v", i.Undertaking.Number, r)
		}
	}
	a := h.Closing(nil, letter.RecordRef{ID: sample.ID(2), Digest: letter.SealedDigest([]byte("b"))}, letter.RecordRef{ID: sample.ID(1), Digest: letter.SealedDigest([]byte("a"))})
	for name, err := range map[string]error{
		"release":   h.Release(blind, h.Tenderees[0]).Check(),
		"demand":    h.Demand(blind, h.Tenderees[0], 80_000_000, sample.Document(letter.AwardNotice, "x")).Check(),
		"bid":       h.Bid(h.Bidders[0], blind.Draft.Application.Application).Check(),
		"closing A": a.Check(),
		"closing B": h.Closing([]byte("p7s"), letter.RecordRef{ID: sample.ID(1) + ".letter", Digest: letter.SealedDigest([]byte("a"))}).Check(),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
