package tender

import (
	"bytes"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// session is a world with one lot in a remote opening: three bidders, a host, a supervisor.
type session struct {
	*world
	l            *Lot
	bids         []string // of bidders 0, 1, 2
	letter, full string
}

// newSession opens a lot that has a session.
func newSession(t testing.TB) *session {
	t.Helper()
	h := &session{world: newWorld(t)}
	h.l = h.remote("H1")
	h.letter, h.full = h.letterOf(h.bidders[0], h.bank, h.l), h.letterOf(h.bidders[1], h.insurer, h.l)
	for i, id := range []string{h.letter, h.full, ""} {
		h.bids = append(h.bids, h.submit(h.bidders[i], h.l, id))
	}
	h.open(h.l)
	return h
}

func (w *world) remote(name string) *Lot {
	w.t.Helper()
	id := w.draftLot(letter.RegimeTendering, name, func(n *NewLot) { n.Hall = &HallRules{} })
	w.tells(w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id))
	return must(w.Lot(w.ctx, party.Actor{}, id))
}

func (h *session) host() party.Command        { return h.by(h.tenderer, party.Beneficiary) }
func (h *session) supervisor() party.Command  { return h.by(h.overseer, party.Supervisor) }
func (h *session) bidder(i int) party.Command { return h.by(h.bidders[i], party.Bidder) }

func (h *session) does(a HallAnswer, err error) HallAnswer {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *session) order() { h.t.Helper(); h.does(h.OrderDecryption(h.ctx, h.host(), h.l.ID)) }

// decrypt hands the form of a bidder in, as its client kept it.
func (h *session) decrypt(i int) (HallAnswer, error) {
	return h.HandInForm(h.ctx, h.bidder(i), h.bids[i], h.forms[h.bids[i]])
}

func (h *session) stage() HallStage {
	h.t.Helper()
	return must(readSession(h.ctx, h.pool, h.l.ID, "")).Stage
}

func (h *session) stands(want HallStage) {
	h.t.Helper()
	if got := h.stage(); got != want {
		h.t.Fatalf("the session is %s, want %s", got, want)
	}
}

func (h *session) view() HallView {
	h.t.Helper()
	return must(h.HallOf(h.ctx, h.tenderer.actor(party.Beneficiary), h.l.ID))
}

// bidOf is a bid of the view.
func (h *session) bidOf(i int) HallBidView {
	h.t.Helper()
	for _, b := range h.view().Bids {
		if b.Bid == h.bids[i] {
			return b
		}
	}
	h.t.Fatal("no such bid")
	return HallBidView{}
}

// kinds are the events of the session.
func (h *session) kinds() (out []HallVerb) {
	h.t.Helper()
	for i, e := range must(h.HallEvents(h.ctx, h.l.ID, 0)) {
		if e.Seq != int64(i+1) {
			h.t.Errorf("event %d has the number %d", i+1, e.Seq)
		}
		out = append(out, e.Kind)
	}
	return out
}

// allDecrypt orders, and all decrypt.
func (h *session) allDecrypt() {
	h.t.Helper()
	h.order()
	for i := range h.bids {
		h.does(h.decrypt(i))
	}
	h.stands(HallDecrypted)
}

// toSigning goes on to the record, without objections.
func (h *session) toSigning() {
	h.t.Helper()
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	h.stands(HallObjecting)
	h.clock.Advance(10 * time.Minute)
	h.does(h.MakeRecord(h.ctx, h.host(), h.l.ID, ""))
	h.stands(HallSigning)
}

func (h *session) sign(o org, r party.Role) (HallAnswer, error) {
	h.t.Helper()
	got := must(h.OpeningRecord(h.ctx, o.actor(r), h.l.ID, 0))
	return h.SignRecord(h.ctx, h.by(o, r), h.l.ID, h.p7s(o, got.Content, nil))
}

// The whole course of a remote opening: all decrypt, read-out, an objection with its answer, the record that all sign.
func TestRemoteOpening(t *testing.T) {
	h := newSession(t)
	h.stands(HallListed)
	if v := h.view(); len(v.Bids) != 3 || v.Bids[0].State != BidWaiting || v.Rules != (HallRules{30, 10, 15}) || v.Remaining != 0 {
		t.Fatalf("listed: %+v", v)
	}
	h.order()
	if v := h.view(); v.Stage != HallDecrypting || v.Remaining != 30*time.Minute {
		t.Fatalf("ordered: %+v", v)
	}
	for i := range h.bids {
		offer := must(h.Offer(h.ctx, h.bidders[i].actor(party.Bidder), h.bids[i]))
		form := must(signing.OpenEnvelope(h.ctx, h.bidders[i].encrypt.Key, offer, letter.PartAAD(h.bids[i], "offer")))
		if !bytes.Equal(form, h.forms[h.bids[i]]) {
			t.Fatal("the offer opens to another form")
		}
		h.clock.Advance(time.Minute)
		h.does(h.HandInForm(h.ctx, h.bidder(i), h.bids[i], form))
	}
	h.stands(HallDecrypted)
	for _, b := range h.view().Bids {
		if b.Terms != nil || b.State != BidDecrypted || b.DecryptedAt == nil {
			t.Errorf("before the read-out: %+v", b)
		}
	}
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	for _, b := range h.view().Bids {
		if b.Terms == nil || b.Terms.Price != 1_200_000_000 || b.Terms.PriceCapital != letter.Fen(1_200_000_000).Capital() {
			t.Errorf("read out: %+v", b)
		}
	}
	h.does(h.ConfirmLine(h.ctx, h.bidder(0), h.l.ID))
	o := h.does(h.ObjectInHall(h.ctx, h.bidder(1), h.l.ID, "请公布最高投标限价"))
	h.clock.Advance(10*time.Minute - time.Microsecond)
	_, err := h.MakeRecord(h.ctx, h.host(), h.l.ID, "")
	h.refused(err, "hall.objections_open")
	h.clock.Advance(time.Microsecond)
	_, err = h.MakeRecord(h.ctx, h.host(), h.l.ID, "")
	h.refused(err, "hall.unanswered")
	h.does(h.AnswerInHall(h.ctx, h.host(), h.l.ID, o.Seq, "最高投标限价见招标公告第三页"))
	h.does(h.MakeRecord(h.ctx, h.host(), h.l.ID, ""))
	h.stands(HallSigning)
	h.does(h.sign(h.bidders[0], party.Bidder))
	h.does(h.sign(h.tenderer, party.Beneficiary))
	h.does(h.sign(h.bidders[1], party.Bidder))
	h.stands(HallSigning)
	h.does(h.sign(h.bidders[2], party.Bidder))
	h.stands(HallEnded)
	h.recordHolds()
	want := []HallVerb{HallBegun, HallOrder, HallDecrypted1, HallDecrypted1, HallDecrypted1, HallClose, HallReadOut, HallHear, HallAgreed, HallObjected,
		HallAnswered, HallRecord, HallSigned, HallSigned, HallSigned, HallSigned, HallEnd}
	if got := h.kinds(); !equalVerbs(got, want) {
		t.Errorf("events %v", got)
	}
	h.inTheLog(FactHallBegun, FactHallRead, FactHallRecord, FactHallEnded)
}

func equalVerbs(a, b []HallVerb) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// recordHolds checks the record as anybody can, against the sheet that it names.
func (h *session) recordHolds() letter.OpeningRecord {
	h.t.Helper()
	got := must(h.OpeningRecord(h.ctx, h.centre.actor(party.Centre), h.l.ID, 0))
	r := must(letter.ParseOpeningRecord(got.Content))
	sheet := must(h.Sheet(h.ctx, h.l.ID, 0))
	if r.Sheet != letter.SheetDigest(sheet.Signed) || r.Host != h.tenderer.party || got.Digest != r.Digest() {
		h.t.Errorf("record %+v", r)
	}
	if err := r.Agrees(sheet.Content); err != nil {
		h.t.Error(err)
	}
	for _, s := range got.Signatures {
		if s.Signed == nil {
			continue
		}
		signed := must(signing.ParseSignedData(s.Signed))
		if !bytes.Equal(signed.Content, got.Content) || signed.Verify(h.Trust, h.clock.Now()) != nil {
			h.t.Errorf("the signature of %s does not hold", s.Signer)
		}
	}
	return r
}

// inTheLog: the facts stand in the lot's log, in this order among others.
func (h *session) inTheLog(want ...Verb) {
	h.t.Helper()
	kinds := must(store.Many[struct{ Kind Verb }](h.ctx, h.pool, `SELECT kind FROM lot_event WHERE lot = '`+h.l.ID+`' AND kind LIKE 'hall%' AND leaf IS NOT NULL ORDER BY seq`, nil))
	var got []Verb
	for _, k := range kinds {
		got = append(got, k.Kind)
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			h.t.Fatalf("in the log stand %v, want %v", got, want)
		}
	}
}
