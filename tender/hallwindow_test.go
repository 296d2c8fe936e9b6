package tender

import (
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// A form is in time one microsecond before the window's end, and late at it; the refusal is on record.
func TestWindowOfDecryptingToTheMicrosecond(t *testing.T) {
	h := newSession(t)
	_, err := h.decrypt(0)
	h.refused(err, "form.too_early")
	h.order()
	end := *h.view().Deadline
	h.clock.Set(end.Add(-time.Microsecond))
	if a := h.does(h.decrypt(0)); !a.At.Equal(end.Add(-time.Microsecond)) {
		t.Errorf("decrypted: %+v", a)
	}
	h.clock.Set(end)
	_, err = h.decrypt(1)
	h.refused(err, "form.too_late")
	h.stands(HallDecrypted)
	h.clock.Advance(time.Microsecond)
	_, err = h.decrypt(2)
	h.refused(err, "form.too_late")
	if a := h.does(h.decrypt(0)); !a.At.Equal(end.Add(-time.Microsecond)) || a.Seq != 0 {
		t.Errorf("the form that was in time, once more: %+v", a)
	}
	var refused int
	for _, k := range h.kinds() {
		if k == HallRefused {
			refused++
		}
	}
	if refused != 2 || h.bidOf(0).State != BidDecrypted || h.bidOf(1).State != BidPending || h.bidOf(2).State != BidPending {
		t.Errorf("%d refusals; %s %s", refused, h.bidOf(0).State, h.bidOf(1).State)
	}
}

// What is not the form is refused in words, and nothing is lost: the bidder tries again.
func TestWrongForms(t *testing.T) {
	h := newSession(t)
	other := *h.l
	other.Lot.Code = "P-H2-01"
	foreign := h.formFor(&other)
	h.order()
	own := h.forms[h.bids[0]]
	signed := must(signing.ParseSignedData(own))
	again := h.p7s(h.bidders[0], signed.Content, nil) // the same content, signed anew: other bytes
	for name, form := range map[string][]byte{"nothing": {}, "noise": []byte("not a form"), "another bidder's": h.forms[h.bids[1]], "signed anew": again,
		"one byte less": own[:len(own)-1], "of the other lot": foreign} {
		if _, err := h.HandInForm(h.ctx, h.bidder(0), h.bids[0], form); err == nil {
			t.Errorf("%s was taken", name)
		} else {
			h.refused(err, "form.digest")
		}
	}
	offer := must(h.Offer(h.ctx, h.bidders[0].actor(party.Bidder), h.bids[0]))
	if _, err := signing.OpenEnvelope(h.ctx, h.bidders[1].encrypt.Key, offer, letter.PartAAD(h.bids[0], "offer")); err == nil {
		t.Error("another certificate opens the offer")
	}
	_, err := h.HandInForm(h.ctx, h.bidder(1), h.bids[0], own)
	h.refused(err, "bid.not_found")
	_, err = h.Offer(h.ctx, h.bidders[1].actor(party.Bidder), h.bids[0])
	h.refused(err, "bid.not_found")
	h.stands(HallDecrypting)
	h.does(h.decrypt(0))
}

// formFor makes the form of a bid of bidder 0 for another lot.
func (h *session) formFor(l *Lot) []byte {
	h.t.Helper()
	id, _ := h.bid(h.bidders[0], l, "")
	return h.forms[id]
}

// The offer is there from the order on, not before.
func TestOfferComesWithTheOrder(t *testing.T) {
	h := newSession(t)
	_, err := h.Offer(h.ctx, h.bidders[0].actor(party.Bidder), h.bids[0])
	h.refused(err, "bid.not_found")
	h.order()
	must(h.Offer(h.ctx, h.bidders[0].actor(party.Bidder), h.bids[0]))
	_, err = h.OrderDecryption(h.ctx, h.host(), h.l.ID)
	h.refused(err, "hall.illegal_move")
}

// A pause with one microsecond left keeps one microsecond, and whoever goes on is any person of the host.
func TestPauseKeepsTheLastMicrosecond(t *testing.T) {
	h := newSession(t)
	h.order()
	end := *h.view().Deadline
	h.clock.Set(end.Add(-time.Microsecond))
	h.does(h.Pause(h.ctx, h.host(), h.l.ID, "核实情况"))
	_, err := h.decrypt(0)
	h.refused(err, "form.paused")
	h.clock.Advance(5 * time.Hour)
	if v := h.view(); v.Stage != HallPaused || v.Remaining != time.Microsecond {
		t.Fatalf("paused: %+v", v)
	}
	_, err = h.Pause(h.ctx, h.host(), h.l.ID, "再次暂停")
	h.refused(err, "hall.illegal_move")
	h.does(h.Resume(h.ctx, h.by(h.tenderer, party.Beneficiary), h.l.ID, "继续开标"))
	if v := h.view(); v.Remaining != time.Microsecond {
		t.Fatalf("resumed: %+v", v)
	}
	h.does(h.decrypt(0))
	h.clock.Advance(time.Microsecond)
	_, err = h.decrypt(1)
	h.refused(err, "form.too_late")
	_, err = h.Pause(h.ctx, h.host(), h.l.ID, "太晚了")
	h.refused(err, "hall.illegal_move")
}

// A window that is over cannot be paused; objecting and signing can, inside theirs.
func TestEveryWindowCanBePausedInsideIt(t *testing.T) {
	h := newSession(t)
	h.allDecrypt()
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	h.clock.Advance(10*time.Minute - time.Microsecond)
	h.does(h.Pause(h.ctx, h.host(), h.l.ID, "核实情况"))
	_, err := h.ObjectInHall(h.ctx, h.bidder(0), h.l.ID, "暂停时的异议")
	h.refused(err, "objection.paused")
	h.does(h.Resume(h.ctx, h.host(), h.l.ID, "继续开标"))
	h.clock.Advance(time.Microsecond)
	_, err = h.Pause(h.ctx, h.host(), h.l.ID, "太晚了")
	h.refused(err, "hall.window_over")
	h.does(h.MakeRecord(h.ctx, h.host(), h.l.ID, "备注一"))
	h.does(h.Pause(h.ctx, h.host(), h.l.ID, "打印"))
	_, err = h.sign(h.bidders[0], party.Bidder)
	h.refused(err, "hall.window_over")
	h.does(h.Resume(h.ctx, h.host(), h.l.ID, "继续"))
	if v := h.view(); v.Stage != HallSigning || v.Remaining != 15*time.Minute {
		t.Errorf("resumed: %+v", v)
	}
}

// An extension holds for all, with the consent of the supervisor, and only before the window's end.
func TestExtension(t *testing.T) {
	h := newSession(t)
	_, err := h.AskExtension(h.ctx, h.host(), h.l.ID, 10, "网络中断")
	h.refused(err, "hall.not_decrypting")
	h.order()
	end := *h.view().Deadline
	first := h.does(h.AskExtension(h.ctx, h.host(), h.l.ID, 5, "网络中断"))
	second := h.does(h.AskExtension(h.ctx, h.host(), h.l.ID, 10, "网络中断，请求十分钟"))
	for who, cmd := range map[string]party.Command{"host": h.host(), "bidder": h.bidder(0), "centre": h.by(h.centre, party.Centre)} {
		if _, err := h.ConsentExtension(h.ctx, cmd, h.l.ID, second.Seq); err == nil {
			t.Errorf("the %s consented", who)
		}
	}
	_, err = h.ConsentExtension(h.ctx, h.supervisor(), h.l.ID, first.Seq)
	h.refused(err, "hall.no_extension")
	h.clock.Set(end.Add(-time.Microsecond))
	h.does(h.ConsentExtension(h.ctx, h.supervisor(), h.l.ID, second.Seq))
	_, err = h.ConsentExtension(h.ctx, h.supervisor(), h.l.ID, second.Seq)
	h.refused(err, "hall.no_extension")
	if v := h.view(); !v.Deadline.Equal(end.Add(10*time.Minute)) || v.Extension != nil {
		t.Fatalf("extended: %+v", v)
	}
	third := h.does(h.AskExtension(h.ctx, h.host(), h.l.ID, 10, "再次请求"))
	h.clock.Set(end.Add(10 * time.Minute))
	_, err = h.ConsentExtension(h.ctx, h.supervisor(), h.l.ID, third.Seq)
	h.refused(err, "hall.not_decrypting")
	for _, bad := range []int{0, -1, 121} {
		if _, err := h.AskExtension(h.ctx, h.host(), h.l.ID, bad, "分钟数有误"); err == nil {
			t.Errorf("%d minutes", bad)
		}
	}
}

// An objection is heard one microsecond before the window's end, and refused at it and a second later: kept, with the way
// of complaint, once for the same words.
func TestWindowOfObjectionsToTheMicrosecond(t *testing.T) {
	h := newSession(t)
	h.allDecrypt()
	_, err := h.ObjectInHall(h.ctx, h.bidder(0), h.l.ID, "唱标以前的异议")
	h.refused(err, "objection.too_early")
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	end := *h.view().Deadline
	for _, bad := range []string{"", "太短了啊", strings.Repeat("长", 2001), "有\x00控制字符的异议"} {
		if _, err := h.ObjectInHall(h.ctx, h.bidder(0), h.l.ID, bad); err == nil {
			t.Errorf("%d characters were taken", len(bad))
		}
	}
	_, err = h.ObjectInHall(h.ctx, h.by(h.bidders[3], party.Bidder), h.l.ID, "没有投标的人的异议")
	h.refused(err, "lot.not_found")
	h.clock.Set(end.Add(-time.Microsecond))
	heard := h.does(h.ObjectInHall(h.ctx, h.bidder(0), h.l.ID, "最后一微秒的异议"))
	h.clock.Set(end)
	_, err = h.ObjectInHall(h.ctx, h.bidder(1), h.l.ID, "逾期的异议之一")
	h.refused(err, "objection.too_late")
	if r, _ := party.RefusalOf(err); !strings.Contains(r.Message, "投诉") || !strings.Contains(r.Message, "十日") {
		t.Errorf("the refusal does not say how to complain: %s", r.Message)
	}
	h.clock.Set(end.Add(time.Second))
	for range 3 {
		_, err = h.ObjectInHall(h.ctx, h.bidder(1), h.l.ID, "逾期的异议之二")
		h.refused(err, "objection.too_late")
	}
	all := h.view().Objections
	if len(all) != 3 || all[0].Refused || !all[1].Refused || !all[2].Refused || all[0].Seq != heard.Seq {
		t.Fatalf("objections %+v", all)
	}
	_, err = h.AnswerInHall(h.ctx, h.host(), h.l.ID, all[1].Seq, "不予答复")
	h.refused(err, "objection.not_found")
	h.does(h.AnswerInHall(h.ctx, h.host(), h.l.ID, heard.Seq, "答复如下"))
	_, err = h.AnswerInHall(h.ctx, h.host(), h.l.ID, heard.Seq, "另一答复")
	h.refused(err, "objection.not_found")
	h.does(h.MakeRecord(h.ctx, h.host(), h.l.ID, ""))
	_, err = h.ObjectInHall(h.ctx, h.bidder(2), h.l.ID, "签名时的异议")
	h.refused(err, "objection.too_late")
	if r := h.recordHolds(); len(r.Objections) != 3 {
		t.Errorf("the record has %d objections", len(r.Objections))
	}
}

// Nobody signs for ever: at the end of the window the record stands with those who signed, and the others have no objection.
func TestWindowOfSigningToTheMicrosecond(t *testing.T) {
	h := newSession(t)
	h.allDecrypt()
	h.toSigning()
	end := *h.view().Deadline
	h.clock.Set(end.Add(-time.Microsecond))
	h.does(h.sign(h.bidders[0], party.Bidder))
	h.clock.Set(end)
	_, err := h.sign(h.bidders[1], party.Bidder)
	h.refused(err, "hall.window_over")
	must(0, h.Settle(h.ctx, h.l.ID))
	h.stands(HallSigning) // the host has not signed
	h.clock.Advance(time.Hour)
	h.does(h.sign(h.tenderer, party.Beneficiary))
	h.stands(HallEnded)
	got := must(h.OpeningRecord(h.ctx, h.centre.actor(party.Centre), h.l.ID, 0))
	silent := 0
	for _, s := range got.Signatures {
		if s.Signed == nil {
			silent++
		}
	}
	if len(got.Signatures) != 4 || silent != 2 {
		t.Errorf("%d signatures, %d of them silent", len(got.Signatures), silent)
	}
}

// Only the newest bytes can be signed, each by its own certificate.
func TestWhatIsSigned(t *testing.T) {
	h := newSession(t)
	h.allDecrypt()
	h.toSigning()
	content := must(h.OpeningRecord(h.ctx, h.centre.actor(party.Centre), h.l.ID, 0)).Content
	_, err := h.SignRecord(h.ctx, h.bidder(0), h.l.ID, h.p7s(h.bidders[0], append([]byte{' '}, content...), nil))
	h.refused(err, "record.bytes")
	_, err = h.SignRecord(h.ctx, h.bidder(0), h.l.ID, h.p7s(h.bidders[1], content, nil))
	h.refused(err, "record.signer")
	_, err = h.SignRecord(h.ctx, h.by(h.bidders[3], party.Bidder), h.l.ID, h.p7s(h.bidders[3], content, nil))
	h.refused(err, "lot.not_found")
	a := h.does(h.sign(h.bidders[0], party.Bidder))
	h.clock.Advance(time.Minute)
	if b := h.does(h.sign(h.bidders[0], party.Bidder)); !b.At.Equal(a.At) || b.Seq != 0 {
		t.Errorf("signed twice: %+v, %+v", a, b)
	}
}

// N hands give the same form at once, and every one is told the same; of two who read out one does; a form that comes while
// the window is closed by the read-out's clock is in or out, whole.
func TestRacesOfASession(t *testing.T) {
	h := newSession(t)
	h.order()
	var wg sync.WaitGroup
	times := make([]time.Time, 8)
	for i := range times {
		wg.Go(func() {
			a, err := h.HandInForm(h.ctx, h.bidder(0), h.bids[0], h.forms[h.bids[0]])
			if err != nil {
				t.Error(err)
			}
			times[i] = a.At
		})
	}
	wg.Wait()
	if n := h.count(HallDecrypted1); n != 1 {
		t.Errorf("decrypted %d times", n)
	}
	h.does(h.decrypt(1))
	// The read-out races the last form: it is refused before, or it comes after all three.
	var read error
	wg.Go(func() { _, err := h.decrypt(2); must(0, err) })
	wg.Go(func() { _, read = h.ReadOut(h.ctx, h.host(), h.l.ID) })
	wg.Wait()
	if read != nil {
		h.refused(read, "hall.illegal_move")
		h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	}
	for _, b := range h.view().Bids {
		if b.Terms == nil {
			t.Errorf("not read out: %+v", b)
		}
	}
	var won int
	var mu sync.Mutex
	for range 4 {
		wg.Go(func() {
			_, err := h.ReadOut(h.ctx, h.host(), h.l.ID)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			}
		})
	}
	wg.Wait()
	if won != 0 || h.count(HallReadOut) != 1 || h.count(HallHear) != 1 {
		t.Errorf("read out %d more times", won)
	}
}

func (h *session) count(kind HallVerb) (n int) {
	h.t.Helper()
	for _, k := range h.kinds() {
		if k == kind {
			n++
		}
	}
	return n
}

// The consent to an extension races the window's end: either it came first and the window is longer, or it is refused.
func TestExtensionRacesTheEnd(t *testing.T) {
	h := newSession(t)
	h.order()
	asked := h.does(h.AskExtension(h.ctx, h.host(), h.l.ID, 10, "网络中断"))
	end := *h.view().Deadline
	h.clock.Set(end.Add(-time.Microsecond))
	var wg sync.WaitGroup
	var consent error
	wg.Go(func() { _, consent = h.ConsentExtension(h.ctx, h.supervisor(), h.l.ID, asked.Seq) })
	wg.Go(func() { h.clock.Set(end); _ = h.Settle(h.ctx, h.l.ID) })
	wg.Wait()
	v := h.view()
	if consent == nil && (v.Stage != HallDecrypting || !v.Deadline.Equal(end.Add(10*time.Minute))) {
		t.Errorf("consented, and %s until %v", v.Stage, v.Deadline)
	}
	if consent != nil && (v.Stage != HallDecrypted || h.count(HallExtended) != 0) {
		t.Errorf("refused (%v), and %s", consent, v.Stage)
	}
}

// Two lots know nothing of each other.
func TestTwoSessionsAreApart(t *testing.T) {
	w := newWorld(t)
	one, two := &session{world: w, l: w.remote("H1")}, &session{world: w, l: w.remote("H2")}
	for i := range 3 {
		one.bids, two.bids = append(one.bids, w.submit(w.bidders[i], one.l, "")), append(two.bids, w.submit(w.bidders[i], two.l, ""))
	}
	w.open(one.l)
	w.tells(w.Open(w.ctx, system(), two.l.ID))
	one.order()
	_, err := two.decrypt(0)
	w.refused(err, "form.too_early")
	two.order()
	_, err = w.HandInForm(w.ctx, one.bidder(0), one.bids[0], w.forms[two.bids[0]])
	w.refused(err, "form.digest")
	for i := range 3 {
		one.does(one.decrypt(i))
	}
	one.does(w.ReadOut(w.ctx, one.host(), one.l.ID))
	two.stands(HallDecrypting)
	if two.view().Bids[0].Terms != nil {
		t.Error("the read-out of one lot reads the other")
	}
	two.does(two.Pause(w.ctx, two.host(), two.l.ID, "核实情况"))
	one.stands(HallObjecting)
}
