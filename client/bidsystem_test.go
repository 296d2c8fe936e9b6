package client_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

func (w *world) bidSystem() *client.BidSystem {
	w.t.Helper()
	s, err := client.NewBidSystem(w.platform, client.Identity{Party: w.Centre.Party, Sign: w.Centre.Sign.Key, Chain: w.Centre.Sign.Chain}, w.Platform.Sign.Chain[0])
	if err != nil {
		w.t.Fatal(err)
	}
	w.lot.Bids, w.lot.Deadline = "outside", w.Requirement.End.Deadline
	return s
}

// A list is signed after the deadline, handed in under a key of its own bytes, and counts as taken only when the platform
// says so of this very list.
func TestHandInBidList(t *testing.T) {
	w := newWorld(t)
	s := w.bidSystem()
	bids := w.BidList(sample.ID(7)).Bids
	bids[0], bids[2] = bids[2], bids[0] // any order will do
	list, err := s.List(w.lot, w.lot.Deadline, bids)
	if err != nil || list.Letters() != 1 {
		t.Fatalf("%+v: %v", list, err)
	}
	path := "/lots/" + w.lot.ID + "/bid-list"
	if _, err := s.HandInBidList(w.ctx(), w.lot.ID, list); !errors.Is(err, client.ErrEarly) || len(w.sent("POST", path)) != 0 {
		t.Errorf("before the deadline: %v", err)
	}
	w.clock.Set(w.lot.Deadline)
	taken := wire.BidListTaken{Lot: w.lot.ID, State: "closed", Bids: 3, Letters: 1, AcceptedAt: w.lot.Deadline}
	w.on("POST "+path, func(rw http.ResponseWriter, r *http.Request) { w.signedBy(w.Platform, rw, r, http.StatusOK, taken) })
	if got, err := s.HandInBidList(w.ctx(), w.lot.ID, list); err != nil || got.State != "closed" {
		t.Fatalf("%+v: %v", got, err)
	}
	var sent wire.HandInBidList
	if err := wire.Read([]byte(w.sent("POST", path)[0].body), &sent); err != nil {
		t.Fatal(err)
	}
	signed, err := signing.ParseSignedData(sent.List)
	if err != nil || signed.Verify(w.Trust, w.lot.Deadline) != nil || signed.Signer().Subject().OrganizationID != w.Centre.Party.USCC {
		t.Fatalf("what was sent: %v", err)
	}
	if read, err := letter.ParseBidList(signed.Content); err != nil || read.Bids[0].ID != sample.ID(0x100) || read.Requirement != w.lot.RequirementDigest {
		t.Errorf("%+v: %v", read, err)
	}
	other, fewer := taken, taken
	other.Lot, fewer.Bids = sample.ID(2), 2
	for name, handle := range map[string]http.HandlerFunc{
		"about another lot": func(rw http.ResponseWriter, r *http.Request) { w.signedBy(w.Platform, rw, r, http.StatusOK, other) },
		"of fewer bids":     func(rw http.ResponseWriter, r *http.Request) { w.signedBy(w.Platform, rw, r, http.StatusOK, fewer) },
		"by somebody else":  func(rw http.ResponseWriter, r *http.Request) { w.signedBy(w.Agent, rw, r, http.StatusOK, taken) },
		"by nobody":         func(rw http.ResponseWriter, _ *http.Request) { answer(rw, taken) },
	} {
		w.on("POST "+path, handle)
		if _, err := s.HandInBidList(w.ctx(), w.lot.ID, list); !errors.Is(err, client.ErrUnknown) {
			t.Errorf("an answer %s: %v", name, err)
		}
	}
}

// What cannot be a list is not signed.
func TestBidListOfAnotherKind(t *testing.T) {
	w := newWorld(t)
	s := w.bidSystem()
	bids := w.BidList("").Bids
	here := w.lot
	here.Bids = "here"
	if _, err := s.List(here, w.lot.Deadline, bids); !errors.Is(err, client.ErrBidsHere) {
		t.Errorf("bids here: %v", err)
	}
	forged := w.lot
	forged.RequirementDigest[0] ^= 1
	if _, err := s.List(forged, w.lot.Deadline, bids); err == nil {
		t.Error("a notice that does not match its digest")
	}
	if _, err := s.List(w.lot, w.lot.Deadline.Add(-time.Second), bids); err == nil {
		t.Error("closed before the deadline")
	}
	if _, err := client.NewBidSystem(w.platform, client.Identity{Party: w.Centre.Party, Sign: w.Centre.Sign.Key, Chain: w.Centre.Sign.Chain}); err == nil {
		t.Error("without the platform's certificate every answer would be believed")
	}
}
