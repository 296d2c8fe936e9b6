package tender

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
)

// T is exclusive to the microsecond, for applications, bids and withdrawals alike (电子招标投标办法27).
func TestDeadlineToTheMicrosecond(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	standing := w.submit(w.bidders[3], l, "")
	for _, c := range []struct {
		by   time.Duration
		late bool
	}{{-time.Microsecond, false}, {0, true}, {time.Microsecond, true}, {time.Hour, true}} {
		w.clock.Set(deadline.Add(c.by))
		o := w.bidders[0]
		_, p7s := w.bid(o, l, "")
		_, err := w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s)
		if c.late {
			w.refused(err, "lot.deadline_passed")
		} else if err != nil {
			t.Errorf("bid %v: %v", c.by, err)
		}
		_, err = w.Apply(w.ctx, w.by(o, party.Bidder), guarantee.Applicant{Party: o.party, Encryption: o.encrypt.Key.Public()}, l.ID, w.submission(o, w.draft(o, w.bank, l)))
		if c.late {
			w.refused(err, "lot.deadline_passed")
		} else if err != nil {
			t.Errorf("application %v: %v", c.by, err)
		}
		if c.late {
			_, err = w.withdraw(w.bidders[3], standing)
			w.refused(err, "bid.revocation")
		}
	}
	var late int
	if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM late_bid`).Scan(&late); err != nil || late != 3 {
		t.Fatalf("%d refusals kept: %v", late, err)
	}
}

// A retry after the deadline still hears that it was in time; the same bytes handed in late twice are one refusal.
func TestAnswerIsGivenOnce(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	o, cmd := w.bidders[0], w.by(w.bidders[0], party.Bidder)
	_, p7s := w.bid(o, l, "")
	first := w.tells(w.SubmitBid(w.ctx, cmd, o.bidder(), l.ID, p7s))
	again := w.tells(w.SubmitBid(w.ctx, cmd, o.bidder(), l.ID, p7s))
	w.clock.Set(deadline.Add(time.Hour))
	after := w.tells(w.SubmitBid(w.ctx, cmd, o.bidder(), l.ID, p7s))
	if again.ID != first.ID || !bytes.Equal(again.Receipt, first.Receipt) || !bytes.Equal(after.Receipt, first.Receipt) {
		t.Fatal("another answer to the same command")
	}
	_, err := w.SubmitBid(w.ctx, party.Command{Actor: cmd.Actor, Key: cmd.Key}, o.bidder(), l.ID, p7s)
	if !errors.Is(err, party.ErrKeyReused) {
		t.Fatalf("other bytes under the same key: %v", err)
	}
	for range 2 {
		_, err = w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s)
		w.refused(err, "lot.deadline_passed")
	}
	var late int
	if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM late_bid`).Scan(&late); err != nil || late != 1 {
		t.Fatalf("%d refusals kept: %v", late, err)
	}
}

// Many submissions of one bidder at once: one stands.
func TestOneBidPerBidderAndLot(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	const n = 12
	o := w.bidders[0]
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		_, p7s := w.bid(o, l, "")
		cmd := w.by(o, party.Bidder)
		wg.Go(func() { _, errs[i] = w.SubmitBid(w.ctx, cmd, o.bidder(), l.ID, p7s) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		w.refused(err, "bid.already_standing")
	}
	if won != 1 {
		t.Fatalf("%d bids of one bidder stand", won)
	}
	if own := must(w.OwnBids(w.ctx, o.actor(party.Bidder))); len(own) != 1 {
		t.Fatalf("the bidder owns %d", len(own))
	}
	other := w.published(letter.RegimeTendering, "A2") // another lot is another matter
	w.submit(o, other, "")
	if own := must(w.OwnBids(w.ctx, o.actor(party.Bidder))); len(own) != 2 {
		t.Fatalf("the bidder owns %d", len(own))
	}
}

// One bidder on many lots at once: every bid finds its own owner's number.
func TestOneBidderOnManyLotsAtOnce(t *testing.T) {
	w := newWorld(t)
	o := w.bidders[0]
	var wg sync.WaitGroup
	errs := make([]error, 6)
	var lots []*Lot
	for _, name := range []string{"A1", "A2", "A3", "A4", "A5", "A6"} {
		lots = append(lots, w.published(letter.RegimeTendering, name))
	}
	for i, l := range lots {
		_, p7s := w.bid(o, l, "")
		cmd := w.by(o, party.Bidder)
		wg.Go(func() { _, errs[i] = w.SubmitBid(w.ctx, cmd, o.bidder(), l.ID, p7s) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if own := must(w.OwnBids(w.ctx, o.actor(party.Bidder))); len(own) != 6 {
		t.Fatalf("the bidder owns %d", len(own))
	}
}

// The clock passes T while bids and the closing race: every bid that was answered "received" is in closing A,
// every other was refused as late.
func TestSubmitAgainstClose(t *testing.T) {
	for round := range 3 {
		w := newWorld(t)
		l := w.published(letter.RegimeTendering, "A1")
		for i := range 3 {
			w.submit(w.bidders[i], l, "")
		}
		w.clock.Set(deadline.Add(-time.Microsecond))
		var wg sync.WaitGroup
		accepted := make([]string, 8)
		for i := range accepted {
			o := w.org("并发投标人第"+string(rune('甲'+i))+"公司", 100+round*10+i)
			_, p7s := w.bid(o, l, "")
			cmd := w.by(o, party.Bidder)
			wg.Go(func() {
				a, err := w.SubmitBid(w.ctx, cmd, o.bidder(), l.ID, p7s)
				if err == nil {
					accepted[i] = a.ID
				} else if !errors.Is(err, errClosed) {
					t.Errorf("%v", err)
				}
			})
		}
		wg.Go(func() {
			w.clock.Set(deadline)
			if _, err := w.Close(w.ctx, l.ID); err != nil {
				t.Errorf("%v", err)
			}
		})
		wg.Wait()
		w.checkClosing(l, accepted)
	}
}

// checkClosing compares closing A with the bids that were answered "received", and the rows.
func (w *world) checkClosing(l *Lot, accepted []string) {
	w.t.Helper()
	row := must(readClosing(w.ctx, w.pool, l.ID, letter.StageBids))
	c := must(letter.ParseClosing(row.Content))
	in := map[string]bool{}
	for _, r := range c.Records {
		in[r.ID] = true
	}
	n := 3
	for _, id := range accepted {
		if id == "" {
			continue
		}
		n++
		if !in[id] {
			w.t.Errorf("bid %s was received and is not in the closing", id)
		}
	}
	if len(in) != n {
		w.t.Errorf("%d bids in the closing, %d received", len(in), n)
	}
}

func TestWithdraw(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.published(letter.RegimeTendering, "A2")
	o := w.bidders[0]
	id := w.submit(o, l, "")
	_, err := w.withdraw(w.bidders[1], id) // to anyone else it does not exist
	w.refused(err, "bid.not_found")
	_, err = w.WithdrawBid(w.ctx, w.by(o, party.Bidder), o.bidder(), id, w.withdrawal(w.bidders[1], id))
	w.refused(err, "statement.signer")
	_, err = w.WithdrawBid(w.ctx, w.by(o, party.Bidder), o.bidder(), id, w.withdrawal(o, newID()))
	w.refused(err, "withdrawal.bid")
	cmd, p7s := w.by(o, party.Bidder), w.withdrawal(o, id)
	at := w.clock.Now()
	a := w.tells(w.WithdrawBid(w.ctx, cmd, o.bidder(), id, p7s))
	w.clock.Set(at.Add(time.Minute))
	if again := must(w.WithdrawBid(w.ctx, cmd, o.bidder(), id, p7s)); !a.At.Equal(at) || a.State != string(Withdrawn) || again.State != a.State || !again.At.Equal(a.At) {
		t.Fatalf("answer %+v", a)
	}
	_, err = w.withdraw(o, id)
	w.refused(err, "bid.withdrawn")
	second := w.submit(o, l, "") // it may hand in another
	w.submit(w.bidders[1], l, "")
	w.submit(w.bidders[2], l, "")
	opening := w.open(l)
	for _, b := range opening.Bids {
		if b.ID == id {
			t.Fatal("a withdrawn bid was opened")
		}
	}
	if len(opening.Bids) != 3 {
		t.Fatalf("%d bids, with %s among them?", len(opening.Bids), second)
	}
	own := must(w.OwnBid(w.ctx, o.actor(party.Bidder), id))
	if own.State != Withdrawn {
		t.Fatalf("state %s", own.State)
	}
}

// What a bid says must be what its sender is and where it goes.
func TestBidIsChecked(t *testing.T) {
	w := newWorld(t)
	l, other := w.published(letter.RegimeTendering, "A1"), w.published(letter.RegimeTendering, "A2")
	o := w.bidders[0]
	send := func(p7s []byte) error {
		_, err := w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s)
		return err
	}
	_, p7s := w.bid(o, other, "")
	w.refused(send(p7s), "bid.lot")
	_, p7s = w.bid(w.bidders[1], l, "")
	w.refused(send(p7s), "bid.signer")
	id, p7s := w.bid(o, l, "")
	broken := bytes.Clone(p7s)
	broken[len(broken)-1] ^= 1
	if err := send(broken); err == nil {
		t.Fatal("a spoilt signature was taken")
	}
	if err := send(p7s); err != nil {
		t.Fatal(err)
	}
	_, err := w.SubmitBid(w.ctx, w.by(w.bidders[1], party.Bidder), w.bidders[1].bidder(), l.ID, p7s)
	w.refused(err, "bid.signer")
	if own := must(w.OwnBid(w.ctx, o.actor(party.Bidder), id)); len(own.Sealed) == 0 {
		t.Fatal("no copy for its owner")
	}
}

// A bid that was decided in time, and whose transaction is still open when T passes, is waited for.
func TestClosingWaitsForWhoWasInTime(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.submit(w.bidders[0], l, "")
	w.submit(w.bidders[1], l, "")
	w.clock.Set(deadline.Add(-time.Microsecond))
	o := w.bidders[2]
	id, p7s := w.bid(o, l, "")
	row, _ := must2(w.sealBid(w.ctx, l, o.bidder(), p7s, ""))
	tx := must(w.pool.Begin(w.ctx))
	must(w.inTime(w.ctx, tx, l.ID))
	w.clock.Set(deadline)
	closed := make(chan Answer)
	go func() { closed <- must(w.Close(w.ctx, l.ID)) }()
	select {
	case <-closed:
		t.Fatal("closed while a bid that is in time was being written")
	case <-time.After(300 * time.Millisecond):
	}
	row.OwnerTag = must(w.freeOwnerTag(w.ctx, tx, o.party.USCC))
	if err := errors.Join(insertBid(w.ctx, tx, row), tx.Commit(w.ctx)); err != nil {
		t.Fatal(err)
	}
	if a := <-closed; a.State != string(Closed) { // three, not two
		t.Fatalf("state %s", a.State)
	}
	c := must(letter.ParseClosing(must(readClosing(w.ctx, w.pool, l.ID, letter.StageBids)).Content))
	if !slices.ContainsFunc(c.Records, func(r letter.RecordRef) bool { return r.ID == id }) {
		t.Fatal("the bid is not in the closing")
	}
}
