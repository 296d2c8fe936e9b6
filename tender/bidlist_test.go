package tender

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// outside publishes a lot whose bids are handed in to the centre's own bid system.
func (w *world) outside(name string) *Lot {
	w.t.Helper()
	id := w.draftLot(letter.RegimeTendering, name, func(n *NewLot) { n.Bids = Outside })
	w.tells(w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id))
	return must(w.Lot(w.ctx, party.Actor{}, id))
}

// listed is one bid as the bid system has it.
func listed(letterID string, bidders ...org) letter.OutsideBid {
	b := letter.OutsideBid{ID: newID(), Digest: signing.Sum([]byte(bidders[0].party.Name)), Letter: letterID}
	for _, o := range bidders {
		b.Bidders = append(b.Bidders, o.party)
	}
	return b
}

// bidList is a list for a lot as its notice stands.
func bidList(l *Lot, bids ...letter.OutsideBid) letter.BidList {
	slices.SortFunc(bids, func(a, b letter.OutsideBid) int { return strings.Compare(a.ID, b.ID) })
	return letter.BidList{Version: 1, Project: l.Lot.Project, Lot: l.Lot.Code, Requirement: l.RequirementDigest(),
		Deadline: l.End.Deadline, ClosedAt: l.End.Deadline, Bids: bids}
}

// signedList is a list as an organisation's bid system signs it.
func (w *world) signedList(by org, list letter.BidList) []byte {
	w.t.Helper()
	b, err := list.Canonical()
	return w.p7s(by, b, err)
}

func (w *world) handList(l *Lot, p7s []byte) (ListTaken, error) {
	return w.HandInBidList(w.ctx, w.by(w.centre, party.Centre), l.ID, p7s)
}

// same compares answers, and instants in them whatever zone they are written in.
func same(a, b ListTaken) bool {
	at := a.AcceptedAt.Equal(b.AcceptedAt)
	a.AcceptedAt = b.AcceptedAt
	return at && a == b
}

// cash are n bids of bidders with security in cash.
func (w *world) cash(n int) (bids []letter.OutsideBid) {
	for _, o := range w.bidders[:n] {
		bids = append(bids, listed("", o))
	}
	return bids
}

// due notes the openings that are asked for.
type due struct {
	lots []string
	fail error
}

func (d *due) OpeningDueTx(_ context.Context, _ pgx.Tx, lot string) error {
	d.lots = append(d.lots, lot)
	return d.fail
}

// The whole course of a lot whose bids are elsewhere: letters are bought here, the list names them, and everything after
// the opening is as for any other lot.
func TestLotOfABidSystem(t *testing.T) {
	w := newWorld(t)
	soon := &due{}
	w.Openings = soon
	l := w.outside("B1")
	blind, full := w.letterOf(w.bidders[0], w.bank, l), w.letterOf(w.bidders[1], w.insurer, l, w.bidders[3].party)
	unnamed := w.letterOf(w.bidders[3], w.bank, l)
	_, p7s := w.bid(w.bidders[0], l, blind)
	_, err := w.SubmitBid(w.ctx, w.by(w.bidders[0], party.Bidder), w.bidders[0].bidder(), l.ID, p7s)
	w.refused(err, "bid.outside")
	w.clock.Set(deadline)
	if a := w.tells(w.Close(w.ctx, l.ID)); a.State != string(Published) {
		t.Fatalf("closed without its list: %s", a.State)
	}
	if ids := must(w.Due(w.ctx, 10)); len(ids) != 0 {
		t.Errorf("due without its list: %v", ids)
	}
	_, err = w.Open(w.ctx, w.by(w.centre, party.Centre), l.ID)
	w.refused(err, "lot.awaits_bid_list")
	if a := must(w.AwaitedList(w.ctx, l)); a == nil || a.Centre != w.centre.party || !a.Since.Equal(deadline) || a.Words() == "" {
		t.Errorf("waits for %+v", a)
	}
	w.clock.Set(deadline.Add(time.Minute))
	list := w.signedList(w.centre, bidList(l, listed(blind, w.bidders[0]), listed(full, w.bidders[1], w.bidders[3]), listed("", w.bidders[2])))
	taken := must(w.handList(l, list))
	if taken.State != Closed || taken.Bids != 3 || taken.Letters != 2 || taken.Digest != letter.BidListDigest(list) || !taken.AcceptedAt.Equal(deadline.Add(time.Minute)) {
		t.Errorf("%+v", taken)
	}
	if !slices.Equal(soon.lots, []string{l.ID}) {
		t.Errorf("openings asked for: %v", soon.lots)
	}
	if ids := must(w.Due(w.ctx, 10)); !slices.Equal(ids, []string{l.ID}) {
		t.Errorf("the sweeper finds %v", ids)
	}
	_, err = w.Opening(w.ctx, l.ID)
	w.refused(err, "opening.not_found")
	if a := must(w.AwaitedList(w.ctx, must(readLot(w.ctx, w.pool, l.ID)))); a != nil {
		t.Errorf("still waits for %+v", a)
	}
	w.tells(w.Open(w.ctx, system(), l.ID))
	o := must(w.Opening(w.ctx, l.ID))
	w.readsOut(o, l, list, blind, full)
	if g := w.letterRow(unnamed); g.DisclosureState != guarantee.Sealed {
		t.Errorf("the letter that no bid names is %s", g.DisclosureState)
	}
	tenderer := func() party.Command { return w.by(w.tenderer, party.Beneficiary) }
	w.tells(w.Award(w.ctx, tenderer(), l.ID, AwardNote{Winner: w.bidders[1].party.USCC, Candidates: []string{w.bidders[2].party.USCC}, NoticedOn: today(w)}))
	w.tells(w.Contract(w.ctx, tenderer(), l.ID, today(w)))
	for _, id := range []string{blind, full} {
		if g := w.letterRow(id); g.ReleaseState != guarantee.ReleaseDue || g.VerificationState != guarantee.Passed {
			t.Errorf("%s: release %s, verification %s", id, g.ReleaseState, g.VerificationState)
		}
	}
	if again := must(w.handList(l, list)); !same(again, taken) {
		t.Errorf("long after: %+v, want %+v", again, taken)
	}
}

// readsOut holds what was published against the list, as anyone can.
func (w *world) readsOut(o Opening, l *Lot, p7s []byte, letters ...string) {
	w.t.Helper()
	list := must(letter.ParseBidList(must(signing.ParseSignedData(o.BidList)).Content))
	a := must(letter.ParseClosing(must(signing.ParseSignedData(o.ClosingBids)).Content))
	b := must(letter.ParseClosing(must(signing.ParseSignedData(o.ClosingLetters)).Content))
	if !bytes.Equal(o.BidList, p7s) || !slices.Equal(a.Records, list.Records()) || b.Previous != letter.ClosingDigest(o.ClosingBids) {
		w.t.Error("the closings are not the list's")
	}
	if len(o.Bids) != len(list.Bids) || len(o.Letters) != len(letters) {
		w.t.Fatalf("%d bids, %d letters", len(o.Bids), len(o.Letters))
	}
	for i, bid := range o.Bids {
		want := list.Bids[i]
		if bid.ID != want.ID || !slices.Equal(bid.Bidders, want.Bidders) || bid.Letter != want.Letter || bid.Failure != "" || bid.Signed != nil || bid.Receipt != nil {
			w.t.Errorf("bid %+v, listed %+v", bid, want)
		}
	}
	for _, x := range o.Letters {
		if !slices.Contains(letters, x.ID) || x.Result != "passed" || x.Failure != "" || x.Summary.Amount != l.Amount {
			w.t.Errorf("letter %+v", x)
		}
	}
}

// Nothing of a list is taken before the deadline, not to the microsecond, and nothing of it is anywhere.
func TestNoListBeforeTheDeadline(t *testing.T) {
	w := newWorld(t)
	l := w.outside("B1")
	list := w.signedList(w.centre, bidList(l, w.cash(3)...))
	for _, before := range []time.Duration{time.Hour, time.Microsecond} {
		w.clock.Set(deadline.Add(-before))
		for _, p7s := range [][]byte{list, []byte("nothing"), nil} {
			_, err := w.handList(l, p7s)
			w.refused(err, "bid_list.before_deadline")
		}
	}
	if a := must(w.AwaitedList(w.ctx, l)); a != nil {
		t.Errorf("waits before the deadline: %+v", a)
	}
	for _, table := range []string{"bid_list", "closing"} {
		var n int
		if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM `+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s holds %d rows: %v", table, n, err)
		}
	}
	if now := must(readLot(w.ctx, w.pool, l.ID)); now.Version != l.Version {
		t.Errorf("the lot has an event: version %d", now.Version)
	}
	if _, err := w.pool.Exec(w.ctx, `INSERT INTO bid_list (lot, signed, accepted_at) VALUES ($1, $2, platform_now())`, l.ID, list); err == nil {
		t.Error("the database takes a list before the deadline")
	}
	w.clock.Set(deadline)
	if taken := must(w.handList(l, list)); taken.State != Closed {
		t.Errorf("at the deadline: %+v", taken)
	}
}

// A list that is not this lot's, or not the centre's, is refused whole, and the right one is taken after it.
func TestListsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	l, other, here := w.outside("B1"), w.outside("B2"), w.published(letter.RegimeTendering, "A1")
	w.clock.Set(deadline)
	good := bidList(l, w.cash(3)...)
	changed := func(change func(*letter.BidList)) []byte {
		list := good
		list.Bids = slices.Clone(good.Bids)
		change(&list)
		return w.p7s(w.centre, uncheckedList(t, list), nil)
	}
	late := w.org("证书过期的交易中心", 60)
	for name, c := range map[string]struct {
		lot  *Lot
		p7s  []byte
		code string
	}{
		"no signed data":         {l, []byte("名单"), "list.signature"},
		"nothing":                {l, nil, "list.signature"},
		"a tenderer signs":       {l, w.signedList(w.tenderer, good), "list.signer"},
		"another centre signs":   {l, w.signedList(late, good), "list.signer"},
		"a bid, not a list":      {l, w.p7s(w.centre, []byte(`{"version":1}`), nil), "list.canonical"},
		"another lot":            {other, w.signedList(w.centre, good), "list.lot"},
		"another requirement":    {l, changed(func(b *letter.BidList) { b.Requirement[0] ^= 1 }), "list.requirement"},
		"another deadline":       {l, changed(func(b *letter.BidList) { b.Deadline = b.Deadline.Add(-time.Microsecond) }), "list.deadline"},
		"closed too early":       {l, changed(func(b *letter.BidList) { b.ClosedAt = b.Deadline.Add(-time.Microsecond) }), "list.too_early"},
		"closed in the future":   {l, changed(func(b *letter.BidList) { b.ClosedAt = b.Deadline.Add(listAhead + time.Second) }), "list.closed_at"},
		"an id twice":            {l, changed(func(b *letter.BidList) { b.Bids[1].ID = b.Bids[0].ID }), "list.order"},
		"unsorted":               {l, changed(func(b *letter.BidList) { b.Bids[0], b.Bids[1] = b.Bids[1], b.Bids[0] }), "list.order"},
		"a bidder twice":         {l, changed(func(b *letter.BidList) { b.Bids[1].Bidders = b.Bids[0].Bidders }), "list.repeated"},
		"a member twice":         {l, changed(func(b *letter.BidList) { b.Bids[1].Bidders = slices.Repeat(b.Bids[1].Bidders, 2) }), "list.repeated"},
		"a bid of nobody":        {l, changed(func(b *letter.BidList) { b.Bids[1].Bidders = nil }), "list.count"},
		"a lot with bids here":   {here, w.signedList(w.centre, bidList(here, w.cash(3)...)), "bid_list.bids_here"},
		"ten thousand and one":   {l, w.p7s(w.centre, uncheckedList(t, bidList(l, many(10_001)...)), nil), "list.count"},
		"a lot that is not here": {&Lot{ID: newID()}, w.signedList(w.centre, good), "lot.not_found"},
	} {
		_, err := w.handList(c.lot, c.p7s)
		if r, ok := party.RefusalOf(err); !ok || r.Code != c.code || r.Message == "" {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for _, r := range []party.Role{party.Beneficiary, party.Bidder, party.Supervisor, party.Operator} {
		_, err := w.HandInBidList(w.ctx, w.by(w.centre, r), l.ID, w.signedList(w.centre, good))
		w.refused(err, "lot.not_found")
	}
	w.suspend(w.centre, true)
	_, err := w.handList(l, w.signedList(w.centre, good))
	w.refused(err, "signer.role")
	w.suspend(w.centre, false)
	var n int
	if err := w.pool.QueryRow(w.ctx, `SELECT count(*) FROM bid_list`).Scan(&n); err != nil || n != 0 {
		t.Fatalf("%d lists kept: %v", n, err)
	}
	if taken := must(w.handList(l, w.signedList(w.centre, good))); taken.State != Closed {
		t.Errorf("the right one: %+v", taken)
	}
}

// uncheckedList encodes what no client of ours would.
func uncheckedList(t *testing.T, list letter.BidList) []byte {
	t.Helper()
	list.Deadline, list.ClosedAt = list.Deadline.In(calendar.Shanghai), list.ClosedAt.In(calendar.Shanghai)
	return must(canonical(list))
}

func many(n int) []letter.OutsideBid {
	out := make([]letter.OutsideBid, n)
	for i := range out {
		out[i] = letter.OutsideBid{ID: fmt.Sprintf("%032x", i), Digest: signing.Sum([]byte{1}),
			Bidders: []letter.Party{{Name: "某某工程公司", USCC: must(letter.CompleteUSCC(fmt.Sprintf("91430100%09d", i)))}}}
	}
	return out
}

// One list stands. Signed again it says the same; another one is refused, and people are told.
func TestOneListStands(t *testing.T) {
	w := newWorld(t)
	var said bytes.Buffer
	w.Log = slog.New(slog.NewTextHandler(&said, nil))
	l := w.outside("B1")
	w.clock.Set(deadline)
	list := bidList(l, w.cash(3)...)
	cmd, p7s := w.by(w.centre, party.Centre), w.signedList(w.centre, list)
	first := must(w.HandInBidList(w.ctx, cmd, l.ID, p7s))
	w.clock.Set(deadline.Add(time.Hour))
	again := must(w.HandInBidList(w.ctx, cmd, l.ID, p7s))
	signedAgain := must(w.handList(l, w.signedList(w.centre, list)))
	if !same(again, first) || !same(signedAgain, first) {
		t.Errorf("%+v, %+v, want %+v", again, signedAgain, first)
	}
	list.Bids[0].Letter = newID()
	_, err := w.handList(l, w.signedList(w.centre, list))
	w.refused(err, "bid_list.other_stands")
	if !strings.Contains(said.String(), l.ID) || strings.Contains(said.String(), w.bidders[0].party.Name) {
		t.Errorf("the log says %q", said.String())
	}
	for _, sql := range []string{`UPDATE bid_list SET signed = '\x00'`, `DELETE FROM bid_list`, `TRUNCATE bid_list CASCADE`} {
		if _, err := w.pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("%s was let through", sql)
		}
	}
}

// Many different lists at once: one stands, and its closing is its own.
func TestListRace(t *testing.T) {
	w := newWorld(t)
	l := w.outside("B1")
	w.clock.Set(deadline)
	const n = 8
	lists, won := make([][]byte, n), make([]bool, n)
	for i := range lists {
		lists[i] = w.signedList(w.centre, bidList(l, w.cash(3)...)) // other ids each
	}
	var all sync.WaitGroup
	for i := range lists {
		cmd := w.by(w.centre, party.Centre)
		all.Go(func() {
			_, err := w.HandInBidList(w.ctx, cmd, l.ID, lists[i])
			won[i] = err == nil
			if r, ok := party.RefusalOf(err); err != nil && (!ok || r.Code != "bid_list.other_stands") {
				t.Errorf("%v", err)
			}
		})
	}
	all.Wait()
	at := slices.Index(won, true)
	if at < 0 || slices.Index(won[at+1:], true) >= 0 {
		t.Fatalf("accepted: %v", won)
	}
	list := must(letter.ParseBidList(must(signing.ParseSignedData(lists[at])).Content))
	a := must(letter.ParseClosing(must(readClosing(w.ctx, w.pool, l.ID, letter.StageBids)).Content))
	if row := must(listOf(w.ctx, w.pool, l.ID)); !bytes.Equal(row.Signed, lists[at]) || !slices.Equal(a.Records, list.Records()) {
		t.Error("the list that stands is not the one that won")
	}
}

// Fewer than three listed bids, none at all too: the lot has failed, nobody is asked, nothing is unsealed (条例44).
func TestFewerThanThreeListedBidsAreNeverOpened(t *testing.T) {
	w := newWorld(t)
	soon := &due{}
	w.Openings = soon
	l, none := w.outside("B1"), w.outside("B2")
	blind := w.letterOf(w.bidders[0], w.bank, l)
	w.clock.Set(deadline)
	taken := must(w.handList(l, w.signedList(w.centre, bidList(l, listed(blind, w.bidders[0]), listed("", w.bidders[1])))))
	empty := must(w.handList(none, w.signedList(w.centre, bidList(none))))
	if taken.State != Failed || taken.Bids != 2 || empty.State != Failed || empty.Bids != 0 {
		t.Errorf("%+v, %+v", taken, empty)
	}
	for _, lot := range []*Lot{l, none} {
		if a := w.tells(w.Open(w.ctx, system(), lot.ID)); a.State != string(Failed) {
			t.Errorf("state %s", a.State)
		}
	}
	for i, c := range w.agents {
		if c.asked != 0 {
			t.Errorf("custodian %d was asked", i+1)
		}
	}
	if g := w.letterRow(blind); g.DisclosureState != guarantee.Sealed || len(soon.lots) != 0 {
		t.Errorf("the letter is %s; openings asked for: %v", g.DisclosureState, soon.lots)
	}
}

// The custodians are shown the closing over bids that are elsewhere: two of them suffice, one does not, and the opening
// says by name for whom it waits, even when no bid names a letter.
func TestTwoCustodiansOpenAListedLot(t *testing.T) {
	w := newWorld(t)
	l, cash := w.outside("B1"), w.outside("B2")
	blind := w.letterOf(w.bidders[0], w.bank, l)
	w.clock.Set(deadline)
	list := w.signedList(w.centre, bidList(l, listed(blind, w.bidders[0]), listed("", w.bidders[1]), listed("", w.bidders[2])))
	must(w.handList(l, list))
	must(w.handList(cash, w.signedList(w.centre, bidList(cash, w.cash(3)...))))
	w.agents[0].off, w.agents[1].off = true, true
	for _, lot := range []*Lot{l, cash} {
		if _, err := w.Open(w.ctx, system(), lot.ID); !errors.Is(err, ErrCustodians) {
			t.Fatalf("with one custodian: %v", err)
		}
		waits := must(w.Awaited(w.ctx, must(readLot(w.ctx, w.pool, lot.ID))))
		if len(waits) != 2 || waits[1].Custodian.Name != "保管人乙监督局" || waits[1].Reason != NoAnswer {
			t.Errorf("waits for %+v", waits)
		}
		_, err := w.Opening(w.ctx, lot.ID)
		w.refused(err, "opening.not_found")
	}
	w.agents[1].off = false
	for _, lot := range []*Lot{l, cash} {
		w.tells(w.Open(w.ctx, system(), lot.ID))
		if waits := must(w.Awaited(w.ctx, must(readLot(w.ctx, w.pool, lot.ID)))); len(waits) != 1 || waits[0].Custodian.Name != "保管人甲中心" {
			t.Errorf("the alarm stands for %+v", waits)
		}
	}
	w.readsOut(must(w.Opening(w.ctx, l.ID)), l, list, blind)
	if o := must(w.Opening(w.ctx, cash.ID)); len(o.Bids) != 3 || len(o.Letters) != 0 || o.ClosingLetters != nil || o.BidList == nil {
		t.Errorf("in cash: %+v", o)
	}
}

// A list names what it likes: a letter of another lot stays sealed, one letter of two bids is doubtful, one that is not
// here is listed as such, and a bid of ours whose id the list uses is not touched.
func TestListNamesStrangeLetters(t *testing.T) {
	w := newWorld(t)
	l, other := w.outside("B1"), w.published(letter.RegimeTendering, "A1")
	shared, foreign := w.letterOf(w.bidders[0], w.bank, l), w.letterOf(w.bidders[1], w.bank, other)
	ours := w.submit(w.bidders[1], other, foreign)
	e := w.org("第六投标人有限公司", 50)
	w.clock.Set(deadline)
	bids := []letter.OutsideBid{listed(shared, w.bidders[0]), listed(shared, w.bidders[2]), listed(foreign, w.bidders[1]), listed(newID(), e)}
	bids[2].ID = ours
	must(w.handList(l, w.signedList(w.centre, bidList(l, bids...))))
	w.tells(w.Open(w.ctx, system(), l.ID))
	o := must(w.Opening(w.ctx, l.ID))
	if len(o.Bids) != 4 || len(o.Letters) != 3 {
		t.Fatalf("%d bids, %d letters", len(o.Bids), len(o.Letters))
	}
	for _, x := range o.Letters {
		switch x.ID {
		case shared:
			if x.Result != "doubtful" || x.Lines[13].Result != letter.ResultDoubtful {
				t.Errorf("named twice: %s %+v", x.Result, x.Lines[13])
			}
		default:
			if x.Here || x.Result != "unknown" || x.Failure == "" {
				t.Errorf("%+v", x)
			}
		}
	}
	if g := w.letterRow(foreign); g.DisclosureState != guarantee.Sealed {
		t.Errorf("the other lot's letter is %s", g.DisclosureState)
	}
	var state BidState
	if err := w.pool.QueryRow(w.ctx, `SELECT state FROM bid WHERE id = $1`, ours).Scan(&state); err != nil || state != Received {
		t.Errorf("our own bid is %s: %v", state, err)
	}
}

// A list that was changed on the disk opens nothing.
func TestChangedListOpensNothing(t *testing.T) {
	w := newWorld(t)
	l := w.outside("B1")
	w.clock.Set(deadline)
	must(w.handList(l, w.signedList(w.centre, bidList(l, w.cash(3)...))))
	another := w.signedList(w.centre, bidList(l, w.cash(4)...))
	if _, err := w.pool.Exec(w.ctx, `ALTER TABLE bid_list DISABLE TRIGGER USER`); err != nil {
		t.Fatal(err)
	}
	for _, p7s := range [][]byte{another, w.signedList(w.tenderer, bidList(l, w.cash(3)...))} {
		if _, err := w.pool.Exec(w.ctx, `UPDATE bid_list SET signed = $1`, p7s); err != nil {
			t.Fatal(err)
		}
		_, err := w.Open(w.ctx, system(), l.ID)
		w.refused(err, "bid_list.changed")
	}
	_, err := w.Opening(w.ctx, l.ID)
	w.refused(err, "opening.not_found")
}

// A list and its lot are taken together or not at all: when the opening cannot be asked for, nothing happened.
func TestListIsNotHalfTaken(t *testing.T) {
	w := newWorld(t)
	soon := &due{fail: errors.New("the queue is full")}
	w.Openings = soon
	l := w.outside("B1")
	w.clock.Set(deadline)
	p7s := w.signedList(w.centre, bidList(l, w.cash(3)...))
	if _, err := w.handList(l, p7s); !errors.Is(err, soon.fail) {
		t.Fatalf("got %v", err)
	}
	if now := must(readLot(w.ctx, w.pool, l.ID)); now.State != Published || must(listOf(w.ctx, w.pool, l.ID)) != nil {
		t.Errorf("half taken: %s", now.State)
	}
	soon.fail = nil
	if taken := must(w.handList(l, p7s)); taken.State != Closed {
		t.Errorf("again: %+v", taken)
	}
}

// Where bids are handed in is one of two places, and frozen at publication. The database holds for each place what the
// code would never ask.
func TestDatabaseKeepsThePlaces(t *testing.T) {
	w := newWorld(t)
	project := w.tells(w.CreateProject(w.ctx, w.by(w.tenderer, party.Beneficiary), NewProject{Code: "P-C", Name: "第三号养护工程",
		Regime: letter.RegimeTendering, Beneficiaries: []letter.Party{w.tenderer.party}})).ID
	_, err := w.AddLot(w.ctx, w.by(w.tenderer, party.Beneficiary), project, NewLot{Code: "01", Name: "一标段", Base: 4_000_000_000, Amount: 80_000_000,
		Forms: []letter.Form{letter.FormIndependent}, End: letter.EndRule{Deadline: deadline, ValidityDays: 120}, Bids: "nowhere"})
	w.refused(err, "lot.bids")
	outside, here := w.outside("B1"), w.published(letter.RegimeTendering, "A1")
	if here.Bids != Here || outside.Bids != Outside {
		t.Errorf("%s, %s", here.Bids, outside.Bids)
	}
	w.three(here)
	o := w.open(here)
	args := pgx.NamedArgs{"outside": outside.ID, "here": here.ID, "bid": newID(), "ours": o.Bids[0].ID}
	for name, sql := range map[string]string{
		"another place":                 `UPDATE lot SET bids = 'here', version = version + 1 WHERE id = @outside`,
		"closed without a list":         `UPDATE lot SET state = 'closed', closed_at = deadline, version = version + 1 WHERE id = @outside`,
		"failed without a list":         `UPDATE lot SET state = 'failed', closed_at = deadline, version = version + 1 WHERE id = @outside`,
		"a list of a lot here":          `INSERT INTO bid_list (lot, signed, accepted_at) VALUES (@here, '\x00', platform_now())`,
		"a bid of no row":               `INSERT INTO opened_bid (lot, bid, bidders, signed) VALUES (@here, @bid, '[]', '\x00')`,
		"a listed bid of a lot here":    `INSERT INTO opened_bid (lot, bids, bid, bidders) VALUES (@here, 'outside', @bid, '[]')`,
		"a bid here of a lot elsewhere": `INSERT INTO opened_bid (lot, bid, bidders, signed) VALUES (@outside, @ours, '[]', '\x00')`,
		"a listed bid without a list":   `INSERT INTO opened_bid (lot, bids, bid, bidders) VALUES (@outside, 'outside', @bid, '[]')`,
		"a bid without its signature":   `UPDATE opened_bid SET signed = NULL WHERE bid = @ours`,
	} {
		if _, err := w.pool.Exec(w.ctx, sql, args); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
}
