package client_test

import (
	"errors"
	"testing"

	"baohan/client"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// pins are the three whom everybody agreed on, in another order than the lot's.
func (w *world) pins() []string {
	return []string{w.Platform.Party.USCC, w.Centre.Party.USCC, w.Supervisor.Party.USCC}
}

// keysOf is a key set that three members made for the lot, each key signed by its member: nothing is wrong with it but
// who they are.
func (w *world) keysOf(members ...sample.Member) *letter.KeySet {
	w.t.Helper()
	keys := w.Keys
	for i, m := range members {
		key, err := signing.GenerateKey()
		if err != nil {
			w.t.Fatal(err)
		}
		keys.Keys[i] = w.CustodianKey(m, w.Requirement.Lot, key.Public())
	}
	if err := keys.Check(w.Trust, w.At); err != nil {
		w.t.Fatal(err)
	}
	return &keys
}

// noticed puts a key set into the lot's notice, digests and all, as a platform could.
func (w *world) noticed(keys *letter.KeySet) {
	req := w.Requirement
	req.Custodians = keys.Digest()
	w.lot.Requirement, w.lot.RequirementDigest, w.lot.Custodians = &req, req.Digest(), keys
}

// TestOnlyPinnedCustodians: a platform that writes three of its friends into the notice gets nothing sealed for them, and
// no bid.
func TestOnlyPinnedCustodians(t *testing.T) {
	for name, c := range map[string]struct {
		members func(*world) []sample.Member
		holds   bool
	}{
		"the three":           {func(w *world) []sample.Member { return []sample.Member{w.Centre, w.Supervisor, w.Platform} }, true},
		"in another order":    {func(w *world) []sample.Member { return []sample.Member{w.Platform, w.Centre, w.Supervisor} }, true},
		"one exchanged":       {func(w *world) []sample.Member { return []sample.Member{w.Centre, w.Bidders[1], w.Platform} }, false},
		"three of its own":    {func(w *world) []sample.Member { return []sample.Member{w.Operator, w.Agent, w.Bank} }, false},
		"the last a stranger": {func(w *world) []sample.Member { return []sample.Member{w.Centre, w.Supervisor, w.Operator} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.receipting(nil, w.Platform, nil)
			w.platform.Custodians = w.pins()
			w.noticed(w.keysOf(c.members(w)...))
			_, err := w.bidder().Prepare(w.ctx(), w.lot, w.quote)
			_, bidErr := w.bidder().Bid(w.ctx(), w.lot, "", sample.Terms(1_200_000_000))
			for _, err := range []error{err, bidErr} {
				if c.holds != (err == nil) || !c.holds && !errors.Is(err, client.ErrCustodians) {
					t.Errorf("%v", err)
				}
			}
			if names, _ := w.copies.Names(); !c.holds && (len(names) != 0 || len(w.sent("POST", w.bids())) != 0) {
				t.Error("something was made or sent")
			}
			w.platform.Custodians = nil
			if _, err := w.bidder().Prepare(w.ctx(), w.lot, w.quote); err != nil {
				t.Errorf("without pins the notice is believed: %v", err)
			}
		})
	}
}

// An institution that pins seals a full letter for its own three and for nobody else.
func TestAnInstitutionsPins(t *testing.T) {
	w := newWorld(t)
	d := w.Full()
	w.platform.Custodians = w.pins()
	if _, err := w.institution().OpenOffer(w.ctx(), w.offer(d, nil)); err != nil {
		t.Fatal(err)
	}
	w.platform.Custodians = []string{w.Centre.Party.USCC, w.Supervisor.Party.USCC, w.Operator.Party.USCC}
	if o, err := w.institution().OpenOffer(w.ctx(), w.offer(d, nil)); !errors.Is(err, client.ErrCustodians) || o.Custodians != nil {
		t.Errorf("%+v, %v", o, err)
	}
}

// Pins that hold for no set or for several are a mistake, said before anything is asked.
func TestPinsAreThree(t *testing.T) {
	w := newWorld(t)
	p := w.pins()
	for _, pins := range [][]string{p[:1], p[:2], {p[0], p[0], p[1]}, append(w.pins(), sample.USCC(77)), {p[0], p[1], ""}, {p[0], p[1], p[2][:17]}, {p[0], p[1], "91430100000000006X"}} {
		w.platform.Custodians = pins
		if _, err := client.NewBidder(w.platform, identity(w.Bidders[0]), w.copies); err == nil {
			t.Errorf("%q: a bidder", pins)
		}
		if _, err := client.NewInstitution(w.platform, identity(w.Bank), w.Platform.Sign.Chain[0]); err == nil {
			t.Errorf("%q: an institution", pins)
		}
	}
}

// After the application too: the owner's check says that the lot's custodians are not the pinned ones.
func TestCheckKnowsThePins(t *testing.T) {
	h := newWorld(t).held(letter.ModeBlind)
	for _, c := range []struct {
		pins []string
		want string
	}{{h.pins(), ""}, {[]string{h.Centre.Party.USCC, h.Supervisor.Party.USCC, h.Operator.Party.USCC}, "custodians"}} {
		h.platform.Custodians = c.pins
		h.bidder = h.world.bidder()
		if r, err := h.check(); err != nil || failing(r) != c.want {
			t.Errorf("pinned %q: %v, %q fails", c.pins, err, failing(r))
		}
	}
}
