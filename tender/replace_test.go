package tender

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

func (w *world) replace(o org, l *Lot, old string) (string, Replaced, error) {
	w.t.Helper()
	id, p7s := w.bidWith(o, l, func(b *letter.Bid) { b.Replaces = old })
	r, err := w.ReplaceBid(w.ctx, w.by(o, party.Bidder), o.bidder(), old, p7s, w.withdrawal(o, old))
	return id, r, err
}

func (w *world) stateOf(o org, id string) BidState {
	w.t.Helper()
	return must(w.OwnBid(w.ctx, o.actor(party.Bidder), id)).State
}

// One act: the old bid is withdrawn, the new one stands, both are receipted; the closing lists the new one alone.
func TestReplaceIsOneAct(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	o := w.bidders[0]
	old := w.submit(o, l, "")
	id, p7s := w.bidWith(o, l, func(b *letter.Bid) { b.Replaces = old })
	cmd, statement := w.by(o, party.Bidder), w.withdrawal(o, old)
	commands := w.commands()
	r, err := w.ReplaceBid(w.ctx, cmd, o.bidder(), old, p7s, statement)
	if err != nil || r.Received.ID != id || r.Withdrawn.ID != old || w.stateOf(o, old) != Withdrawn || w.stateOf(o, id) != Received {
		t.Fatalf("%+v: %v", r, err)
	}
	if w.commands() != commands+2 {
		t.Error("not the two commands of a withdrawal and a hand-in")
	}
	signed := must(signing.ParseSignedData(r.Withdrawn.Receipt))
	if !bytes.Contains(signed.Content, []byte(WithdrawalDigest(statement).String())) || signed.Verify(w.Trust, w.clock.Now()) != nil ||
		signed.Signer().Subject().OrganizationID != w.platform.party.USCC {
		t.Error("the withdrawal is not receipted")
	}
	again, err := w.ReplaceBid(w.ctx, cmd, o.bidder(), old, p7s, statement)
	if err != nil || !bytes.Equal(again.Received.Receipt, r.Received.Receipt) || !bytes.Equal(again.Withdrawn.Receipt, r.Withdrawn.Receipt) {
		t.Errorf("another answer to the same command: %v", err)
	}
	_, _, err = w.replace(o, l, old)
	w.refused(err, "bid.withdrawn")
	w.submit(w.bidders[1], l, "")
	w.submit(w.bidders[2], l, "")
	w.closeAt(l, deadline)
	if again, err := w.ReplaceBid(w.ctx, cmd, o.bidder(), old, p7s, statement); err != nil || again.Received.ID != id {
		t.Errorf("a retry after the deadline: %v", err)
	}
	c := must(letter.ParseClosing(must(readClosing(w.ctx, w.pool, l.ID, letter.StageBids)).Content))
	named := func(id string) bool {
		return slices.ContainsFunc(c.Records, func(r letter.RecordRef) bool { return r.ID == id })
	}
	if len(c.Records) != 3 || named(old) || !named(id) {
		t.Errorf("%d records", len(c.Records))
	}
}

// T is exclusive for a replacement too, and one that is late leaves the old bid standing.
func TestReplaceToTheMicrosecond(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	o := w.bidders[0]
	standing := w.submit(o, l, "")
	for _, c := range []struct {
		by   time.Duration
		late bool
	}{{-time.Microsecond, false}, {0, true}, {time.Microsecond, true}} {
		w.clock.Set(deadline.Add(c.by))
		id, _, err := w.replace(o, l, standing)
		if !c.late {
			if err != nil {
				t.Fatal(err)
			}
			standing = id
			continue
		}
		w.refused(err, "bid.replace_late")
		if w.stateOf(o, standing) != Received {
			t.Error("a late replacement took the old bid away")
		}
	}
	w.submitLate(l)
	w.closeAt(l, deadline.Add(time.Hour))
	_, _, err := w.replace(o, l, standing)
	w.refused(err, "bid.replace_late")
	var late int
	if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM late_bid`).Scan(&late); err != nil || late != 4 {
		t.Errorf("%d refusals kept: %v", late, err)
	}
}

// submitLate hands one in after the deadline, which is refused.
func (w *world) submitLate(l *Lot) {
	w.t.Helper()
	_, p7s := w.bid(w.bidders[1], l, "")
	_, err := w.SubmitBid(w.ctx, w.by(w.bidders[1], party.Bidder), w.bidders[1].bidder(), l.ID, p7s)
	w.refused(err, "lot.deadline_passed")
}

// Who replaces what: one's own standing bid, for the same lot, by a bid that says so.
func TestReplaceIsChecked(t *testing.T) {
	w := newWorld(t)
	l, other := w.published(letter.RegimeTendering, "A1"), w.published(letter.RegimeTendering, "A2")
	o, stranger := w.bidders[0], w.bidders[1]
	old := w.submit(o, l, "")
	try := func(by org, lot *Lot, names, asked string, statement []byte) error {
		_, p7s := w.bidWith(by, lot, func(b *letter.Bid) { b.Replaces = names })
		_, err := w.ReplaceBid(w.ctx, w.by(by, party.Bidder), by.bidder(), asked, p7s, statement)
		return err
	}
	w.refused(try(o, other, old, old, w.withdrawal(o, old)), "bid.replaces")
	w.refused(try(o, l, "", old, w.withdrawal(o, old)), "bid.replaces")
	w.refused(try(o, l, newID(), old, w.withdrawal(o, old)), "bid.replaces")
	w.refused(try(stranger, l, old, old, w.withdrawal(stranger, old)), "bid.not_found")
	w.refused(try(o, l, old, old, w.withdrawal(stranger, old)), "statement.signer")
	w.refused(try(o, l, old, old, w.withdrawal(o, newID())), "withdrawal.bid")
	_, p7s := w.bidWith(o, l, func(b *letter.Bid) { b.Replaces = old })
	_, err := w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s)
	w.refused(err, "bid.replaces") // not by the way of a new bid
	if w.stateOf(o, old) != Received {
		t.Error("the old bid is gone")
	}
}

// Replacements and withdrawals of one bid at once: one of them wins, and at most one bid stands.
func TestReplaceAndWithdrawRace(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	o := w.bidders[0]
	old := w.submit(o, l, "")
	var wg sync.WaitGroup
	errs := make([]error, 9)
	for i := range errs {
		_, p7s := w.bidWith(o, l, func(b *letter.Bid) { b.Replaces = old })
		statement, cmd := w.withdrawal(o, old), w.by(o, party.Bidder)
		_, fresh := w.bid(o, l, "")
		wg.Go(func() {
			switch i % 3 {
			case 0:
				_, errs[i] = w.WithdrawBid(w.ctx, cmd, o.bidder(), old, statement)
			case 1:
				_, errs[i] = w.SubmitBid(w.ctx, cmd, o.bidder(), l.ID, fresh)
			default:
				_, errs[i] = w.ReplaceBid(w.ctx, cmd, o.bidder(), old, p7s, statement)
			}
		})
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		if r, is := party.RefusalOf(err); err != nil && (!is || r.Code != "bid.withdrawn" && r.Code != "bid.already_standing") {
			t.Errorf("%d: %v", i, err)
		}
		if err == nil && i%3 != 1 {
			won++
		}
	}
	standing := 0
	for _, b := range must(w.OwnBids(w.ctx, o.actor(party.Bidder))) {
		if b.State == Received {
			standing++
		}
	}
	if won != 1 || standing > 1 || w.stateOf(o, old) != Withdrawn {
		t.Errorf("%d took the old one away, %d stand", won, standing)
	}
}

// A crash between the two halves leaves neither.
func TestReplaceThatFailsLeavesTheOldBid(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	o := w.bidders[0]
	old := w.submit(o, l, "")
	if _, err := w.pool.Exec(w.ctx, `ALTER TABLE bid ADD CONSTRAINT broken CHECK (state <> 'received') NOT VALID`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.replace(o, l, old); err == nil {
		t.Fatal("written all the same")
	}
	if w.stateOf(o, old) != Received {
		t.Error("half a replacement was written")
	}
}

// Nobody's bidders replace their bids too: rows are counted as of a withdrawal and a hand-in, and a tag goes from one to
// the other.
func TestCoverReplaces(t *testing.T) {
	w := newWorld(t)
	f := w.filler(Rhythm{Bids: 40, Each: time.Hour})
	w.fillAt(f, 0)
	for minute := 1; minute <= 120; minute++ {
		w.fillAt(f, time.Duration(minute)*time.Minute)
	}
	c := w.counts()
	var together int
	if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM bid a JOIN bid b ON a.xmin = b.xmin AND a.state = 'withdrawn' AND b.state = 'received'`).Scan(&together); err != nil {
		t.Fatal(err)
	}
	if c.Bids != 80 || c.Withdrawn != 10 || together == 0 || together == 10 {
		t.Errorf("%d bids, %d withdrawn, %d replaced", c.Bids, c.Withdrawn, together)
	}
}
