package client_test

import (
	"errors"
	"strings"
	"testing"

	"baohan/client"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
)

// A deadline that moved beyond an own letter: the check says so and what to do, and a bid that names the letter is not sent,
// unless its bidder wants it. Another lot's letter, and one that was applied for elsewhere, are not judged here.
func TestShortLetter(t *testing.T) {
	h := newWorld(t).held(letter.ModeBlind)
	enough := func() bool {
		ok, err := h.bidder.Suffices(t.Context(), h.lot, h.draft.ID)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	bid := func(id string, also ...client.BidOption) error {
		_, err := h.bidder.Bid(t.Context(), h.lot, id, sample.Terms(1_000_000_00), also...)
		return err
	}
	route := "/lots/" + h.lot.ID + "/bids"
	if err := bid(h.draft.ID); errors.Is(err, client.ErrShortLetter) || !enough() {
		t.Fatalf("a letter that reaches: %v", err)
	}
	h.require(func(r *letter.Requirement) { r.End.Deadline = r.End.Deadline.AddDate(0, 8, 0) })
	sent := len(h.sent("POST", route))
	if err := bid(h.draft.ID); !errors.Is(err, client.ErrShortLetter) || enough() || len(h.sent("POST", route)) != sent {
		t.Errorf("a letter that does not: %v", err)
	}
	for name, err := range map[string]error{"knowingly": bid(h.draft.ID, client.WithShortLetter()), "applied for elsewhere": bid(sample.ID(7)), "none": bid("")} {
		if errors.Is(err, client.ErrShortLetter) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(h.sent("POST", route)); n != sent+3 {
		t.Errorf("%d bids were sent", n-sent)
	}
	r, err := h.check()
	if err != nil || r.OK || failing(r) != "expiry" || !strings.Contains(r.Words, "不再够用") || !strings.Contains(r.Words, "重新申请一份") {
		t.Errorf("%v: %s: %s", err, failing(r), r.Words)
	}
}
