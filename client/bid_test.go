package client_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

func (w *world) bids() string { return "/lots/" + w.lot.ID + "/bids" }

// handedIn is the bid that was sent last.
func (w *world) handedIn() (paper []byte, id string) {
	w.t.Helper()
	all := w.sent("POST", w.bids())
	var in wire.HandInBid
	if err := wire.Read([]byte(all[len(all)-1].body), &in); err != nil {
		w.t.Fatal(err)
	}
	signed, err := signing.ParseSignedData(in.Bid)
	if err != nil {
		w.t.Fatal(err)
	}
	bid, err := letter.ParseBid(signed.Content)
	if err != nil {
		w.t.Fatal(err)
	}
	return in.Bid, bid.ID
}

// receipting answers a bid as the platform does, with what a test spoils: what the receipt says, who signs it, what the
// answer says.
func (w *world) receipting(receipt func(*wire.BidReceipt), by sample.Member, say func(*wire.Bid)) {
	w.on("POST "+w.bids(), func(rw http.ResponseWriter, _ *http.Request) {
		paper, id := w.handedIn()
		r := wire.BidReceipt{Version: 1, Bid: id, Digest: wire.BidDigest(paper), AcceptedAt: w.clock.Now()}
		if receipt != nil {
			receipt(&r)
		}
		content, err := wire.Write(r)
		if err != nil {
			w.t.Error(err)
		}
		a := wire.Bid{ID: id, State: "received", Receipt: w.Signed(by, content, w.clock.Now()), AcceptedAt: r.AcceptedAt}
		if say != nil {
			say(&a)
		}
		answer(rw, a)
	})
}

func TestABidIsAcceptedByItsReceipt(t *testing.T) {
	w := newWorld(t)
	w.receipting(nil, w.Platform, nil)
	for _, pins := range [][]signing.Certificate{nil, {w.Centre.Sign.Chain[0], w.Platform.Sign.Chain[0]}} {
		w.platform.Certificates = pins
		got, err := w.bidder().Bid(w.ctx(), w.lot, "", sample.Terms(1_200_000_000))
		if err != nil || got.State != "received" || !got.AcceptedAt.Equal(w.At) {
			t.Fatalf("%+v, %v", got, err)
		}
		kept, err := w.copies.Get(got.ID + ".bid-receipt")
		if err != nil {
			t.Fatal(err)
		}
		plain, err := client.OpenCopy(w.ctx(), got.ID+".bid-receipt", kept, w.Bidders[0].Encrypt.Key)
		if err != nil || !bytes.Equal(plain, got.Receipt) {
			t.Errorf("the receipt is not kept: %v", err)
		}
	}
}

// Nothing but the platform's signed receipt over this very bid is success, and nothing else is failure either.
func TestNoOtherAnswerIsAnAcceptedBid(t *testing.T) {
	deadline := time.Date(2026, 12, 19, 10, 0, 0, 0, calendar.Shanghai)
	for name, c := range map[string]struct {
		receipt func(*wire.BidReceipt)
		by      func(*world) sample.Member
		say     func(*wire.Bid)
	}{
		"no receipt":                  {say: func(a *wire.Bid) { a.Receipt = nil }},
		"another id and no receipt":   {say: func(a *wire.Bid) { *a = wire.Bid{ID: sample.ID(9), State: "received"} }},
		"nothing at all":              {say: func(a *wire.Bid) { *a = wire.Bid{} }},
		"not signed data":             {say: func(a *wire.Bid) { a.Receipt = []byte("{}") }},
		"a spoilt receipt":            {say: func(a *wire.Bid) { a.Receipt[len(a.Receipt)-1] ^= 1 }},
		"another id":                  {say: func(a *wire.Bid) { a.ID = sample.ID(9) }},
		"another state":               {say: func(a *wire.Bid) { a.State = "withdrawn" }},
		"another instant":             {say: func(a *wire.Bid) { a.AcceptedAt = a.AcceptedAt.Add(time.Second) }},
		"a receipt for another bid":   {receipt: func(r *wire.BidReceipt) { r.Bid = sample.ID(9) }},
		"a receipt for other bytes":   {receipt: func(r *wire.BidReceipt) { r.Digest = wire.BidDigest([]byte("x")) }},
		"a receipt at the deadline":   {receipt: func(r *wire.BidReceipt) { r.AcceptedAt = deadline }},
		"a receipt of no instant":     {receipt: func(r *wire.BidReceipt) { r.AcceptedAt = time.Time{} }},
		"a receipt of another kind":   {receipt: func(r *wire.BidReceipt) { r.Version = 2 }},
		"signed by the centre":        {by: func(w *world) sample.Member { return w.Centre }},
		"signed by the bidder itself": {by: func(w *world) sample.Member { return w.Bidders[0] }},
		"by a key that is not pinned": {by: func(w *world) sample.Member { // the same organisation's, and of the same authority
			w.platform.Certificates = w.Platform.Sign.Chain[:1]
			return w.Member(w.Platform.Party.Name, 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			by := w.Platform
			if c.by != nil {
				by = c.by(w)
			}
			w.receipting(c.receipt, by, c.say)
			got, err := w.bidder().Bid(w.ctx(), w.lot, "", sample.Terms(1_200_000_000))
			_, id := w.handedIn()
			if !errors.Is(err, client.ErrUnknown) || got.ID != id || got.State != "" || !got.AcceptedAt.IsZero() {
				t.Fatalf("%+v, %v", got, err)
			}
			if _, refused := client.Refused(err); refused {
				t.Error("called a refusal")
			}
			if _, err := w.copies.Get(id + ".bid-receipt"); err == nil {
				t.Error("a receipt was kept")
			}
		})
	}
}

// An answer that cannot be read says as little as none.
func TestAnUnreadableAnswerToABid(t *testing.T) {
	w := newWorld(t)
	w.on("POST "+w.bids(), func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<html>")) })
	if _, err := w.bidder().Bid(w.ctx(), w.lot, "", sample.Terms(1_200_000_000)); !errors.Is(err, client.ErrUnknown) {
		t.Errorf("%v", err)
	}
}

// What is not known is asked again with the same bytes under the same key, and found to be accepted.
func TestAnUnknownBidIsResumed(t *testing.T) {
	w := newWorld(t)
	w.receipting(nil, w.Platform, func(a *wire.Bid) { a.Receipt = nil })
	b := w.bidder()
	got, err := b.Bid(w.ctx(), w.lot, "", sample.Terms(1_200_000_000))
	if !errors.Is(err, client.ErrUnknown) || got.ID == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	w.receipting(nil, w.Platform, nil)
	again, err := b.ResumeBid(w.ctx(), w.lot, got.ID)
	if err != nil || again.ID != got.ID || again.State != "received" {
		t.Fatalf("%+v, %v", again, err)
	}
	sent := w.sent("POST", w.bids())
	if len(sent) != 2 || sent[0] != sent[1] || sent[0].key != "bid-"+got.ID {
		t.Errorf("%d requests, not the same under the bid's key", len(sent))
	}
	other := w.lot
	req := w.Requirement
	req.Lot.Name += "二"
	other.Requirement, other.RequirementDigest = &req, req.Digest()
	if _, err := b.ResumeBid(w.ctx(), other, got.ID); err == nil || len(w.sent("POST", w.bids())) != 2 {
		t.Errorf("handed in for another lot: %v", err)
	}
}

// withdrawing answers a withdrawal as the platform does, with what a test spoils.
func (w *world) withdrawing(id string, receipt func(*wire.WithdrawalReceipt), by sample.Member, say func(*wire.Bid)) {
	path := "/bids/" + id + "/withdraw"
	w.on("POST "+path, func(rw http.ResponseWriter, _ *http.Request) {
		all := w.sent("POST", path)
		var in wire.WithdrawBid
		if err := wire.Read([]byte(all[len(all)-1].body), &in); err != nil {
			w.t.Error(err)
		}
		r := wire.WithdrawalReceipt{Version: 1, Bid: id, Digest: wire.WithdrawalDigest(in.Statement), WithdrawnAt: w.At}
		if receipt != nil {
			receipt(&r)
		}
		content, err := wire.Write(r)
		if err != nil {
			w.t.Error(err)
		}
		a := wire.Bid{ID: id, State: "withdrawn", Receipt: w.Signed(by, content, w.clock.Now()), AcceptedAt: r.WithdrawnAt}
		if say != nil {
			say(&a)
		}
		answer(rw, a)
	})
}

// A withdrawal has happened on the platform's receipt for this very statement and on nothing else; asked again, the same
// statement goes under the same key.
func TestAWithdrawalIsAcceptedByItsReceipt(t *testing.T) {
	w := newWorld(t)
	id := sample.ID(3)
	b := w.bidder()
	for name, c := range map[string]struct {
		receipt func(*wire.WithdrawalReceipt)
		by      sample.Member
		say     func(*wire.Bid)
	}{
		"still received":      {nil, w.Platform, func(a *wire.Bid) { a.State = "received" }},
		"another's":           {nil, w.Platform, func(a *wire.Bid) { a.ID = sample.ID(4) }},
		"no receipt":          {nil, w.Platform, func(a *wire.Bid) { a.Receipt = nil }},
		"another instant":     {nil, w.Platform, func(a *wire.Bid) { a.AcceptedAt = a.AcceptedAt.Add(time.Second) }},
		"of another bid":      {func(r *wire.WithdrawalReceipt) { r.Bid = sample.ID(4) }, w.Platform, nil},
		"of other bytes":      {func(r *wire.WithdrawalReceipt) { r.Digest = signing.Sum(nil) }, w.Platform, nil},
		"of no time":          {func(r *wire.WithdrawalReceipt) { r.WithdrawnAt = time.Time{} }, w.Platform, nil},
		"signed by someone":   {nil, w.Centre, nil},
		"signed by ourselves": {nil, w.Bidders[0], nil},
	} {
		w.withdrawing(id, c.receipt, c.by, c.say)
		if _, err := b.WithdrawBid(w.ctx(), id); !errors.Is(err, client.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.withdrawing(id, nil, w.Platform, nil)
	if got, err := b.WithdrawBid(w.ctx(), id); err != nil || !got.AcceptedAt.Equal(w.At) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.copies.Get(id + ".withdrawal-receipt"); err != nil {
		t.Errorf("the receipt was not kept: %v", err)
	}
	sent := w.sent("POST", "/bids/"+id+"/withdraw")
	for _, s := range sent {
		if s != sent[0] {
			t.Error("another statement under the same key")
		}
	}
}
