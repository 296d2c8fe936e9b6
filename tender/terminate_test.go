package tender

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

const why = "因规划调整，本项目不再实施"

func (w *world) terminate(l *Lot, ground Ground) (Answer, error) {
	return w.Terminate(w.ctx, w.tenderers(), l.ID, ground, why)
}

// sealedFor says that nothing of a lot was or will be opened: no custodian was asked, nothing is public, its rows stand as
// they stood.
func (w *world) sealedFor(l *Lot, letters ...string) {
	w.t.Helper()
	for i, c := range w.agents {
		if c.asked != 0 {
			w.t.Errorf("custodian %d was asked", i+1)
		}
	}
	_, err := w.Opening(w.ctx, l.ID)
	w.refused(err, "opening.not_found")
	for _, id := range letters {
		if g := w.letterRow(id); g.DisclosureState != guarantee.Sealed || g.InstrumentState != guarantee.Issued || g.ReleaseState != guarantee.NoRelease {
			w.t.Errorf("letter: %s %s %s", g.DisclosureState, g.InstrumentState, g.ReleaseState)
		}
	}
}

// Called off while bids come in: no row of a bid or a letter is written, everybody hears why, the hall's stream ends, and
// the deadline opens nothing.
func TestTerminatedBeforeTheDeadline(t *testing.T) {
	w := newWorld(t)
	l, empty := w.published(letter.RegimeTendering, "A1"), w.published(letter.RegimeTendering, "A2")
	blind, full := w.three(l)
	own := must(w.OwnBids(w.ctx, w.bidders[2].actor(party.Bidder)))[0].ID
	before := w.dump()
	a := w.tells(w.terminate(l, CalledOff))
	w.tells(w.terminate(empty, CalledOff))
	after := w.dump()
	for table, text := range after {
		if strings.HasPrefix(table, "bid") || strings.HasPrefix(table, "guarantee") || table == "disclosure" || table == "closing" {
			if text != before[table] {
				t.Errorf("table %s changed", table)
			}
		}
	}
	if a.State != string(Terminated) || w.told(l) != "terminated 0@0" || w.told(empty) != w.told(l) {
		t.Errorf("%+v, told %s", a, w.told(l))
	}
	if h := must(w.Hall(w.ctx, l.ID, 0)); !h.Closed || !h.News[0].Final() {
		t.Errorf("%+v", h)
	}
	now := must(readLot(w.ctx, w.pool, l.ID))
	if now.Ended == nil || now.Ended.Words != why || now.Ended.Ground != CalledOff || now.ClosedAt != nil {
		t.Errorf("%+v", now.Ended)
	}
	_, p7s := w.bid(w.bidders[3], l, "")
	_, err := w.SubmitBid(w.ctx, w.by(w.bidders[3], party.Bidder), w.bidders[3].bidder(), l.ID, p7s)
	w.refused(err, "lot.terminated")
	d := w.draft(w.bidders[3], w.bank, l)
	_, err = w.Apply(w.ctx, w.by(w.bidders[3], party.Bidder), guarantee.Applicant(w.bidders[3].bidder()), l.ID, w.submission(w.bidders[3], d))
	w.refused(err, "lot.terminated")
	_, err = w.withdraw(w.bidders[2], own)
	w.refused(err, "lot.terminated")
	_, err = w.terminate(l, CalledOff)
	w.refused(err, "lot.illegal_move")
	for _, at := range []time.Time{deadline, deadline.Add(24 * time.Hour)} {
		w.clock.Set(at)
		if due := must(w.Due(w.ctx, 10)); len(due) != 0 {
			t.Errorf("due: %v", due)
		}
		if a := w.tells(w.Open(w.ctx, system(), l.ID)); a.State != string(Terminated) {
			t.Errorf("opened: %+v", a)
		}
	}
	w.sealedFor(l, blind, full)
}

// A lot whose bids are elsewhere takes no list any more.
func TestTerminatedLotTakesNoList(t *testing.T) {
	w := newWorld(t)
	l := w.outside("B1")
	w.tells(w.terminate(l, CalledOff))
	w.clock.Set(deadline)
	_, err := w.handList(l, w.signedList(w.centre, bidList(l, w.cash(3)...)))
	w.refused(err, "lot.terminated")
	w.sealedFor(l)
}

// Between the closing and the publication: the stream ends where it stood, an attempt that waits for custodians or is just
// about to publish publishes nothing.
func TestTerminatedBeforeThePublication(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	blind, full := w.three(l)
	w.clock.Set(deadline)
	w.agents[0].off, w.agents[1].off = true, true
	if _, err := w.Open(w.ctx, system(), l.ID); !errors.Is(err, ErrCustodians) {
		t.Fatalf("with one custodian: %v", err)
	}
	w.agents[0].off, w.agents[1].off = false, false
	_, err := w.terminate(l, AllRejected)
	w.refused(err, "terminate.ground")
	ready := w.begin(must(readLot(w.ctx, w.pool, l.ID)))
	if err := ready.prepare(w.ctx); err != nil { // all in memory, nothing public
		t.Fatal(err)
	}
	w.tells(w.terminate(l, CalledOff))
	a := w.tells(w.change(w.ctx, system(), l.ID, func(t *turn) error { return ready.publish(w.ctx, t) }))
	if a.State != string(Terminated) {
		t.Errorf("published: %+v", a)
	}
	ready.hall.reached(w.ctx, StageVerifying)
	if told := w.told(l); !strings.HasSuffix(told, "verifying 70@1, terminated 70@1") {
		t.Errorf("told: %s", told)
	}
	if waits := must(w.Awaited(w.ctx, must(readLot(w.ctx, w.pool, l.ID)))); len(waits) != 0 {
		t.Errorf("still waits for %+v", waits)
	}
	for _, c := range w.agents {
		c.asked = 0
	}
	w.tells(w.Open(w.ctx, system(), l.ID))
	w.sealedFor(l, blind, full)
	if _, err := w.pool.Exec(w.ctx, `INSERT INTO closing (lot, stage, content) VALUES ($1, 'letters', '\x00') ON CONFLICT DO NOTHING`, l.ID); err == nil {
		t.Error("the database takes a closing of a lot that was called off")
	}
}

// An opening and a termination at once: either everything is public and the letters fall due, or nothing ever is.
func TestTerminateAgainstOpening(t *testing.T) {
	w := newWorld(t)
	for i, name := range []string{"A1", "A2", "A3", "A4"} {
		w.clock.Set(started)
		l := w.published(letter.RegimeTendering, name)
		for _, a := range w.agents {
			a.busy = false
		}
		w.market.busy = false
		blind, _ := w.three(l)
		w.closeAt(l, deadline)
		ready := w.begin(must(readLot(w.ctx, w.pool, l.ID)))
		if err := ready.prepare(w.ctx); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var opened, ended error
		var a Answer
		wg.Go(func() {
			a, opened = w.change(w.ctx, system(), l.ID, func(t *turn) error { return ready.publish(w.ctx, t) })
		})
		wg.Go(func() {
			time.Sleep(time.Duration(i) * time.Millisecond)
			_, ended = w.terminate(l, CalledOff)
		})
		wg.Wait()
		if opened != nil || ended != nil {
			t.Fatalf("opening %v, termination %v", opened, ended)
		}
		now, g := must(readLot(w.ctx, w.pool, l.ID)), w.letterRow(blind)
		o, err := w.Opening(w.ctx, l.ID)
		switch {
		case now.State != Terminated:
			t.Errorf("state %s", now.State)
		case a.State == string(Opened):
			if err != nil || len(o.Bids) != 3 || g.DisclosureState != guarantee.Disclosed || g.ReleaseState != guarantee.ReleaseDue || now.OpenedAt == nil {
				t.Errorf("opened first: %v %s %s", err, g.DisclosureState, g.ReleaseState)
			}
		default:
			if err == nil || g.DisclosureState != guarantee.Sealed || g.ReleaseState != guarantee.NoRelease || now.OpenedAt != nil {
				t.Errorf("called off first: %v %s %s", err, g.DisclosureState, g.ReleaseState)
			}
		}
	}
}

// Bids and a termination at once: a bid is accepted before it, or refused with its words; one order holds.
func TestTerminateAgainstBids(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	var wg sync.WaitGroup
	errs := make([]error, len(w.bidders))
	for i, o := range w.bidders {
		_, p7s := w.bid(o, l, "")
		wg.Go(func() { _, errs[i] = w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s) })
	}
	wg.Go(func() {
		if _, err := w.terminate(l, CalledOff); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	n := 0
	for i, err := range errs {
		if err == nil {
			n++
		} else {
			w.refused(err, "lot.terminated")
		}
		if own := must(w.OwnBids(w.ctx, w.bidders[i].actor(party.Bidder))); (len(own) == 1) != (err == nil) {
			t.Errorf("bidder %d: %v, and has %d bids", i, err, len(own))
		}
	}
	if late := w.dump()["late_bid"]; late != "" {
		t.Errorf("%d bids, noted as late: %s", n, late)
	}
}

// After the opening all letters fall due: at once under 招投标, in five working days under 政府采购; but not that of a winner
// who refused the contract (条例74). A demand is possible until the release.
func TestTerminationReleases(t *testing.T) {
	w := newWorld(t)
	for regime, want := range map[string]string{letter.RegimeTendering: "2026-12-21", letter.RegimeProcurement: "2026-12-28"} {
		l, ids := w.opened(regime, map[string]string{letter.RegimeTendering: "A1", letter.RegimeProcurement: "G1"}[regime])
		w.tells(w.award(l, w.bidders[0]))
		w.tells(w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", signing.Sum([]byte("拒签说明"))))
		told := w.told(l)
		w.tells(w.terminate(l, CalledOff))
		if got := fmt.Sprint(w.releaseOf(ids[0]), " ", w.releaseOf(ids[1]), " ", w.releaseOf(ids[2])); got != "none "+want+" "+want {
			t.Errorf("%s: %s", regime, got)
		}
		if w.told(l) != told {
			t.Errorf("an opening that was over was told on: %s", w.told(l))
		}
		if g := w.letterRow(ids[1]); g.InstrumentState != guarantee.Issued {
			t.Errorf("the letter is %s", g.InstrumentState)
		}
		_, err := w.award(l, w.bidders[1])
		w.refused(err, "lot.illegal_move")
		if o := must(w.Opening(w.ctx, l.ID)); len(o.Bids) != 3 {
			t.Errorf("what was read out is gone: %+v", o)
		}
		for name, sql := range map[string]string{
			"other words":    `UPDATE lot SET terminated_words = '改', version = version + 1 WHERE id = $1`,
			"life after it":  `UPDATE lot SET state = 'opened', version = version + 1 WHERE id = $1`,
			"another reason": `UPDATE lot SET terminated_ground = 'void_procurement', version = version + 1 WHERE id = $1`,
		} {
			if _, err := w.pool.Exec(w.ctx, sql, l.ID); err == nil {
				t.Errorf("%s was let through", name)
			}
		}
	}
}

// The grounds: whose law, from when on, and what the committee must have said.
func TestGroundsOfTermination(t *testing.T) {
	w := newWorld(t)
	open := &Lot{Project: Project{Regime: letter.RegimeTendering}, State: Opened, OpenedAt: &deadline}
	awarded := &Lot{Project: Project{Regime: letter.RegimeTendering}, State: Awarded, OpenedAt: &deadline}
	closed := &Lot{Project: Project{Regime: letter.RegimeTendering}}
	procurement := &Lot{Project: Project{Regime: letter.RegimeProcurement}, OpenedAt: &deadline}
	for _, c := range []struct {
		l      *Lot
		ground Ground
		words  string
		code   string
	}{
		{closed, CalledOff, why, ""}, {open, CalledOff, why, ""}, {procurement, CalledOff, why, ""},
		{open, AllRejected, why, ""}, {procurement, VoidProcurement, why, ""},
		{closed, AllRejected, why, "terminate.ground"}, {awarded, AllRejected, why, "terminate.awarded"}, {awarded, CalledOff, why, ""}, {procurement, AllRejected, why, "terminate.ground"},
		{open, VoidProcurement, why, "terminate.ground"}, {open, "no_reason", why, "terminate.ground"},
		{open, CalledOff, "不做了", "terminate.words"}, {open, CalledOff, why + "\u202e", "terminate.words"}, {open, CalledOff, strings.Repeat("长", 1001), "terminate.words"},
	} {
		err := mayTerminate(c.l, c.ground, c.words)
		if r, _ := party.RefusalOf(err); (c.code == "") != (err == nil) || c.code != "" && (r == nil || r.Code != c.code) {
			t.Errorf("%s of a lot of %s: %v, want %s", c.ground, c.l.Project.Regime, err, c.code)
		}
	}
	l := w.evaluated("A1")
	_, err := w.terminate(l, AllRejected)
	w.refused(err, "terminate.not_rejected")
	_, err = w.Terminate(w.ctx, w.by(w.bidders[0], party.Bidder), l.ID, CalledOff, why)
	w.refused(err, "lot.not_found")
	must(w.handEvaluation(l, w.correction(l, allRejected)))
	_, err = w.Announce(w.ctx, w.tenderers(), l.ID, 0)
	w.refused(err, "notice.nobody")
	w.tells(w.terminate(l, AllRejected))
	if v := must(w.Evaluation(w.ctx, party.Actor{}, l.ID, 0)); !v.Content.AllRejected() {
		t.Errorf("the reasons are not public: %+v", v)
	}
	_, err = w.object(w.bidders[1], l, "")
	w.refused(err, "lot.terminated")
}

// 重新招标: a lot names the one that it repeats; it must have ended, and be the same tenderer's. A letter of the old lot says
// nothing for the new one, and the opening says why.
func TestRetender(t *testing.T) {
	w := newWorld(t)
	old := w.published(letter.RegimeTendering, "A1")
	former := w.letterOf(w.bidders[0], w.bank, old)
	repeat := func(id string, by org) error {
		project := w.tells(w.CreateProject(w.ctx, w.by(by, party.Beneficiary), NewProject{Code: "P-" + newID()[:8], Name: "重新招标的养护工程",
			Regime: letter.RegimeTendering, Beneficiaries: []letter.Party{by.party}})).ID
		_, err := w.AddLot(w.ctx, w.by(by, party.Beneficiary), project, NewLot{Code: "01", Name: "一标段", Base: 4_000_000_000, Amount: 80_000_000,
			Forms: []letter.Form{letter.FormIndependent}, End: letter.EndRule{Deadline: deadline, ValidityDays: 120}, RetenderOf: id})
		return err
	}
	w.refused(repeat(old.ID, w.tenderer), "lot.retender_of")
	w.tells(w.terminate(old, CalledOff))
	w.refused(repeat(old.ID, w.bidders[0]), "lot.retender_of")
	w.refused(repeat(newID(), w.tenderer), "lot.retender_of")
	if err := repeat(old.ID, w.tenderer); err != nil {
		t.Fatal(err)
	}
	id := w.draftLot(letter.RegimeTendering, "A3", func(n *NewLot) { n.RetenderOf = old.ID })
	w.tells(w.Publish(w.ctx, w.tenderers(), id))
	l := must(readLot(w.ctx, w.pool, id))
	if l.RetenderOf != old.ID {
		t.Errorf("repeats %q", l.RetenderOf)
	}
	if _, err := w.pool.Exec(w.ctx, `UPDATE lot SET retender_of = NULL, version = version + 1 WHERE id = $1`, id); err == nil {
		t.Error("what a lot repeats was changed")
	}
	w.submit(w.bidders[0], l, former)
	w.submit(w.bidders[1], l, w.letterOf(w.bidders[1], w.bank, l))
	w.submit(w.bidders[2], l, "")
	o := w.open(l)
	for _, x := range o.Letters {
		if x.ID != former {
			continue
		}
		if x.Here || x.Result == letter.LetterPassed || !strings.Contains(x.Failure, RetenderWords) {
			t.Errorf("the old letter: %+v", x)
		}
	}
	if g := w.letterRow(former); g.DisclosureState != guarantee.Sealed {
		t.Errorf("the old letter is %s", g.DisclosureState)
	}
}
