package tender

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// undecrypted leaves the bid of bidder 0 undecrypted.
func undecrypted(t *testing.T) *session {
	h := newSession(t)
	h.order()
	h.does(h.decrypt(1))
	h.does(h.decrypt(2))
	_, err := h.Attribute(h.ctx, h.host(), h.l.ID, NewAttribution{Bid: h.bids[0], Cause: CauseBidder, Evidence: "未到时间的认定"})
	h.refused(err, "attribution.too_early")
	h.clock.Set(*h.view().Deadline)
	must(0, h.KeepHalls(h.ctx))
	h.stands(HallDecrypted)
	return h
}

func (h *session) says(letterID string, want HallBidState) {
	h.t.Helper()
	if got := must(h.Attribution(h.ctx, letterID)); got != want {
		h.t.Errorf("of the letter it says %q, want %q", got, want)
	}
}

func (h *session) attribute(i int, c Cause, why string) HallAnswer {
	h.t.Helper()
	return h.does(h.Attribute(h.ctx, h.host(), h.l.ID, NewAttribution{Bid: h.bids[i], Cause: c, Evidence: why, Digest: signing.Sum([]byte(why))}))
}

// The bidder's own cause: 撤销, the letter is not released; nothing follows before the supervisor's word.
func TestAttributedToTheBidder(t *testing.T) {
	h := undecrypted(t)
	h.says(h.letter, BidPending)
	h.says(h.full, "")
	for _, bad := range []NewAttribution{{Bid: h.bids[1], Cause: CauseBidder, Evidence: "已解密的投标"}, {Bid: newID(), Cause: CauseBidder, Evidence: "不存在的投标"}} {
		_, err := h.Attribute(h.ctx, h.host(), h.l.ID, bad)
		h.refused(err, "attribution.bid")
	}
	_, err := h.Attribute(h.ctx, h.host(), h.l.ID, NewAttribution{Bid: h.bids[0], Cause: "weather", Evidence: "天气原因所致"})
	h.refused(err, "attribution.cause")
	first := h.attribute(0, CauseNotBidder, "平台日志显示当时正常，先行登记")
	a := h.attribute(0, CauseBidder, "投标人证书丢失")
	h.says(h.letter, BidPending)
	_, err = h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, first.Seq)
	h.refused(err, "attribution.not_found")
	for _, cmd := range []party.Command{h.host(), h.bidder(0), h.by(h.centre, party.Centre)} {
		_, err = h.ConfirmAttribution(h.ctx, cmd, h.l.ID, a.Seq)
		h.refused(err, "lot.not_found")
	}
	h.does(h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, a.Seq))
	_, err = h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, a.Seq)
	h.refused(err, "attribution.not_found")
	h.says(h.letter, BidRevoked)
	if g := h.letterRow(h.letter); g.ReleaseState == guarantee.ReleaseDue {
		t.Error("the letter of a revoked bid is released")
	}
	h.toSigning()
	r := h.recordHolds()
	i := slices.IndexFunc(r.Bids, func(b letter.RecordBid) bool { return b.Bid == h.bids[0] })
	if b := r.Bids[i]; b.State != letter.BidRevoked || b.Terms != nil || b.Note != "投标人证书丢失" || r.Supervisor != h.overseer.party {
		t.Errorf("in the record stands %+v", b)
	}
	h.does(h.sign(h.tenderer, party.Beneficiary))
	h.clock.Set(*h.view().Deadline)
	must(0, h.KeepHalls(h.ctx))
	h.stands(HallEnded)
}

// Not the bidder's cause: 撤回, the letter falls due for release within five days (条例35). A correction turns it round, and
// the record that was made before has a new edition that names the old.
func TestAttributedToSomethingElseAndCorrected(t *testing.T) {
	h := undecrypted(t)
	h.toSigning()
	if r := h.recordHolds(); r.Edition != 1 || h.bidOf(0).State != BidPending {
		t.Errorf("the first edition: %+v", r)
	}
	h.does(h.sign(h.tenderer, party.Beneficiary))
	a := h.attribute(0, CauseNotBidder, "平台证书服务中断")
	h.does(h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, a.Seq))
	h.says(h.letter, BidFreed)
	g := h.letterRow(h.letter)
	if g.ReleaseState != guarantee.ReleaseDue || g.ReleaseDueBy == nil {
		t.Fatalf("release %s by %v", g.ReleaseState, g.ReleaseDueBy)
	}
	if other := h.letterRow(h.full); other.ReleaseState == guarantee.ReleaseDue {
		t.Error("the letter of a decrypted bid is released")
	}
	r := h.recordHolds()
	first := must(letter.ParseOpeningRecord(must(h.OpeningRecord(h.ctx, h.centre.actor(party.Centre), h.l.ID, 1)).Content))
	if r.Edition != 2 || r.Previous != first.Digest() || r.Note == "" || r.Host != first.Host {
		t.Errorf("the second edition: %+v", r)
	}
	h.clock.Set(*h.view().Deadline)
	must(0, h.KeepHalls(h.ctx))
	h.stands(HallSigning) // the host has signed the old edition
	h.does(h.sign(h.tenderer, party.Beneficiary))
	h.stands(HallEnded)
	b := h.attribute(0, CauseBidder, "复核后发现系投标人误操作")
	if all := h.view().Attributions; *all[1].Previous != a.Seq {
		t.Errorf("the correction names %v", all[1].Previous)
	}
	h.says(h.letter, BidFreed) // until the supervisor's word
	h.does(h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, b.Seq))
	h.says(h.letter, BidRevoked)
	if g := h.letterRow(h.letter); g.ReleaseState == guarantee.ReleaseDue {
		t.Error("the clock of a letter runs on after the correction")
	}
	if r := h.recordHolds(); r.Edition != 3 {
		t.Errorf("edition %d", r.Edition)
	}
	h.does(h.sign(h.tenderer, party.Beneficiary))
	h.stands(HallEnded)
	h.inTheLog(FactHallBegun, FactHallRead, FactHallRecord, FactHallAttributed, FactHallRecord, FactHallEnded, FactHallAttributed, FactHallRecord)
}

// A pause stops a window and nothing else: the host answers in it what was objected before, and what is left is what was.
func TestAnsweredWhilePaused(t *testing.T) {
	h := newSession(t)
	h.allDecrypt()
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	o := h.does(h.ObjectInHall(h.ctx, h.bidder(1), h.l.ID, "请公布最高投标限价"))
	h.clock.Advance(time.Minute)
	h.does(h.Pause(h.ctx, h.host(), h.l.ID, "核实情况"))
	left := h.view().Left
	h.does(h.AnswerInHall(h.ctx, h.host(), h.l.ID, o.Seq, "见招标公告第三页"))
	h.stands(HallPaused)
	if got := h.view().Left; got != left || left <= 0 {
		t.Errorf("%s is left of %s", got, left)
	}
	h.does(h.Resume(h.ctx, h.host(), h.l.ID, "继续开标"))
	h.stands(HallObjecting)
}

// Before the read-out no row of any table holds a price in any spelling, although the forms are here; after it one does.
func TestFormsAreUnreadableBeforeTheReadOut(t *testing.T) {
	h := newSession(t)
	h.allDecrypt()
	price := letter.Fen(1_200_000_000)
	var secrets []string
	for _, s := range []string{"1200000000", "12000000", price.Capital(), "示例经理"} {
		secrets = append(secrets, s, hex.EncodeToString([]byte(s)), strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s)), "=")[:8],
			hex.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s)))))
	}
	for _, form := range h.forms {
		secrets = append(secrets, hex.EncodeToString(form[100:164]), base64.StdEncoding.EncodeToString(form[99:159]))
	}
	found := func() (in []string) {
		for table, text := range h.dump() {
			for _, s := range secrets {
				if strings.Contains(text, s) && table != "organisation" {
					in = append(in, table+" holds "+s)
				}
			}
		}
		return in
	}
	if in := found(); len(in) != 0 {
		t.Errorf("before the read-out: %v", in)
	}
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	if in := found(); len(in) == 0 {
		t.Error("the search finds nothing after the read-out either")
	}
}

// A form that the platform spoiled keeps nobody else's line back, and is nobody's fault but the platform's to explain.
func TestSpoiledFormAtTheReadOut(t *testing.T) {
	h := newSession(t)
	h.allDecrypt()
	err := pgx.BeginFunc(h.ctx, h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(h.ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(h.ctx, `UPDATE hall_bid SET sealed = set_byte(sealed, 100, get_byte(sealed, 100) # 1) WHERE bid = @bid`, pgx.NamedArgs{"bid": h.bids[0]})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	if b := h.bidOf(0); b.State != BidPending || b.Terms != nil || b.Failure == "" {
		t.Errorf("the spoiled one: %+v", b)
	}
	if h.bidOf(1).Terms == nil || h.bidOf(2).Terms == nil {
		t.Error("the others were not read out")
	}
	a := h.attribute(0, CauseNotBidder, "平台保存的数据损坏")
	h.does(h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, a.Seq))
	h.clock.Advance(10 * time.Minute)
	h.does(h.MakeRecord(h.ctx, h.host(), h.l.ID, ""))
	if r := h.recordHolds(); len(r.Bids) != 3 {
		t.Errorf("%+v", r.Bids)
	}
}

// A bid whose outer half nobody can read is listed, holds up nobody, and stands in the record.
func TestUnreadableOuterHalf(t *testing.T) {
	h := &session{world: newWorld(t)}
	h.l = h.remote("H1")
	for i := range 4 {
		h.bids = append(h.bids, h.submit(h.bidders[i], h.l, ""))
	}
	h.exec(`UPDATE bid SET sealed = set_byte(sealed, 5000, get_byte(sealed, 5000) # 1) WHERE id = @id`, h.bids[3])
	h.open(h.l)
	h.order()
	_, err := h.decrypt(3)
	h.refused(err, "form.unreadable")
	for i := range 3 {
		h.does(h.decrypt(i))
	}
	h.stands(HallDecrypted)
	h.attribute(3, CauseNotBidder, "密文在平台损坏")
	h.toSigning()
	r := h.recordHolds()
	i := slices.IndexFunc(r.Bids, func(b letter.RecordBid) bool { return b.Bid == h.bids[3] })
	if r.Bids[i].State != letter.BidUnreadable || len(r.Bids[i].Bidders) != 0 {
		t.Errorf("in the record stands %+v", r.Bids[i])
	}
}

// Signing in before the opening writes nothing at all, is answered alike whoever asks, and is recorded with its own instant.
func TestSignInIsStateless(t *testing.T) {
	w := newWorld(t)
	h := &session{world: w, l: w.remote("H1")}
	for i := range 3 {
		h.bids = append(h.bids, w.submit(w.bidders[i], h.l, ""))
	}
	has, hasNot := h.bidders[0].actor(party.Bidder), h.bidders[3].actor(party.Bidder)
	w.clock.Set(deadline.Add(-time.Hour - time.Microsecond))
	_, err := w.SignIn(w.ctx, has, h.l.ID, nil)
	w.refused(err, "attendance.too_early")
	w.clock.Set(deadline.Add(-time.Hour))
	before := w.dump()
	mine, other := must(w.SignIn(w.ctx, has, h.l.ID, nil)), must(w.SignIn(w.ctx, hasNot, h.l.ID, nil))
	if after := w.dump(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Error("signing in wrote something")
	}
	if len(mine.Statement) != len(other.Statement) && max(len(mine.Statement), len(other.Statement))-min(len(mine.Statement), len(other.Statement)) > 8 || mine.Recorded || other.Recorded {
		t.Errorf("%d and %d bytes", len(mine.Statement), len(other.Statement))
	}
	for _, by := range []party.Actor{h.tenderer.actor(party.Beneficiary), h.centre.actor(party.Centre)} {
		_, err = w.SignIn(w.ctx, by, h.l.ID, nil)
		w.refused(err, "lot.not_found")
	}
	spot := w.published(letter.RegimeTendering, "S1")
	_, err = w.SignIn(w.ctx, has, spot.ID, nil)
	w.refused(err, "lot.not_found")
	w.open(h.l)
	_, err = w.SignIn(w.ctx, hasNot, h.l.ID, other.Statement)
	w.refused(err, "lot.not_found")
	for name, p7s := range map[string][]byte{"another's": other.Statement, "noise": []byte("x"), "own": w.p7s(h.bidders[0], []byte("{}"), nil)} {
		if _, err := w.SignIn(w.ctx, has, h.l.ID, p7s); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	got := must(w.SignIn(w.ctx, has, h.l.ID, mine.Statement))
	again := must(w.SignIn(w.ctx, has, h.l.ID, nil))
	if !got.Recorded || !got.At.Equal(deadline.Add(-time.Hour)) || !again.At.Equal(got.At) || h.count(HallAttended) != 1 {
		t.Errorf("recorded %+v, again %+v", got, again)
	}
	h.allDecrypt() // the others never signed in, and nothing is void
}

// A tender that is terminated ends its session, once, whatever it was doing; then nothing moves.
func TestTerminatedSession(t *testing.T) {
	h := newSession(t)
	h.order()
	end := func() error {
		_, err := h.change(h.ctx, system(), h.l.ID, func(t *turn) error { return h.endSession(h.ctx, t, "采购任务取消") })
		return err
	}
	if err := errors.Join(end(), end()); err != nil {
		t.Fatal(err)
	}
	h.stands(HallTerminated)
	_, err := h.decrypt(0)
	h.refused(err, "form.too_late")
	_, err = h.ObjectInHall(h.ctx, h.bidder(0), h.l.ID, "终止以后的异议")
	h.refused(err, "hall.window_over")
	if h.count(HallTerminate) != 1 {
		t.Error("terminated twice")
	}
	must(h.change(h.ctx, system(), h.draftLot(letter.RegimeTendering, "S9", func(*NewLot) {}), func(t *turn) error { return h.endSession(h.ctx, t, "无") }))
}

// Nobody is awarded before the session has ended.
func TestNoAwardDuringASession(t *testing.T) {
	h := newSession(t)
	award := func() error {
		_, err := h.Award(h.ctx, h.host(), h.l.ID, AwardNote{Winner: h.bidders[1].party.USCC, NoticedOn: today(h.world)})
		return err
	}
	h.refused(award(), "lot.session_runs")
	h.allDecrypt()
	h.toSigning()
	h.refused(award(), "lot.session_runs")
	h.does(h.sign(h.tenderer, party.Beneficiary))
	h.clock.Set(*h.view().Deadline)
	h.view()
	h.refused(award(), "evaluation.missing") // what comes next, and no longer the session
}

// The backend is killed inside every transaction of a session in turn: nothing of it is done, and the same command again
// does it once.
func TestKilledInsideEveryStep(t *testing.T) {
	h := newSession(t)
	var paper []byte
	steps := []struct {
		name string
		do   func(party.Command) error
		by   func() party.Command
	}{
		{"order", func(c party.Command) error { _, err := h.OrderDecryption(h.ctx, c, h.l.ID); return err }, h.host},
		{"form", func(c party.Command) error {
			_, err := h.HandInForm(h.ctx, c, h.bids[0], h.forms[h.bids[0]])
			return err
		}, func() party.Command { return h.bidder(0) }},
		{"pause", func(c party.Command) error { _, err := h.Pause(h.ctx, c, h.l.ID, "核实情况"); return err }, h.host},
		{"resume", func(c party.Command) error { _, err := h.Resume(h.ctx, c, h.l.ID, "继续开标"); return err }, h.host},
		{"form 2", func(c party.Command) error {
			_, err := h.HandInForm(h.ctx, c, h.bids[1], h.forms[h.bids[1]])
			return err
		}, func() party.Command { return h.bidder(1) }},
		{"form 3", func(c party.Command) error {
			_, err := h.HandInForm(h.ctx, c, h.bids[2], h.forms[h.bids[2]])
			return err
		}, func() party.Command { return h.bidder(2) }},
		{"read", func(c party.Command) error { _, err := h.ReadOut(h.ctx, c, h.l.ID); return err }, h.host},
		{"object", func(c party.Command) error {
			_, err := h.ObjectInHall(h.ctx, c, h.l.ID, "对唱标的异议")
			return err
		}, func() party.Command { return h.bidder(1) }},
		{"answer", func(c party.Command) error {
			_, err := h.AnswerInHall(h.ctx, c, h.l.ID, h.view().Objections[0].Seq, "答复如下")
			return err
		}, h.host},
		{"record", func(c party.Command) error { _, err := h.MakeRecord(h.ctx, c, h.l.ID, ""); return err }, func() party.Command {
			h.clock.Set(*h.view().Deadline)
			return h.host()
		}},
		{"sign", func(c party.Command) error { _, err := h.SignRecord(h.ctx, c, h.l.ID, paper); return err }, func() party.Command {
			h.clock.Set(*h.view().Deadline)
			paper = h.p7s(h.tenderer, must(h.OpeningRecord(h.ctx, h.centre.actor(party.Centre), h.l.ID, 0)).Content, nil)
			return h.host()
		}},
	}
	for _, s := range steps {
		cmd := s.by()
		before := h.kinds()
		for _, table := range []string{"hall_event", "once"} {
			h.killAt(table, func() {
				if err := s.do(cmd); err == nil {
					t.Errorf("%s went through while the backend was killed at %s", s.name, table)
				}
			})
			if got := h.kinds(); !equalVerbs(got, before) {
				t.Fatalf("%s left %v", s.name, got[len(before):])
			}
		}
		if err := s.do(cmd); err != nil {
			t.Fatalf("%s again: %v", s.name, err)
		}
		after := h.kinds()
		if err := s.do(cmd); err != nil || !equalVerbs(h.kinds(), after) || len(after) == len(before) {
			t.Errorf("%s once more: %v, %v", s.name, err, h.kinds())
		}
	}
	h.stands(HallEnded)
}

// killAt kills the backend at the first write to a table while do runs.
func (h *session) killAt(table string, do func()) {
	h.t.Helper()
	h.run(`CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$`)
	h.run(`CREATE TRIGGER die BEFORE INSERT OR UPDATE ON ` + table + ` FOR EACH ROW EXECUTE FUNCTION die()`)
	do()
	h.run(`DROP TRIGGER die ON ` + table)
}

// Every point of an opening is called, after what it names.
func TestOpeningPoints(t *testing.T) {
	w := newWorld(t)
	w.Outage = 10 * time.Second
	var mu sync.Mutex
	var seen []string
	w.At = func(point string) { mu.Lock(); seen = append(seen, point); mu.Unlock() }
	h := &session{world: w, l: w.remote("H1")}
	h.letter = h.letterOf(h.bidders[0], h.bank, h.l)
	for i, id := range []string{h.letter, "", ""} {
		h.bids = append(h.bids, h.submit(h.bidders[i], h.l, id))
	}
	h.open(h.l)
	must(0, h.SignSheet(h.ctx, h.l.ID))
	must(w.SignIn(w.ctx, h.bidders[0].actor(party.Bidder), h.l.ID, nil))
	h.order()
	_, err := h.HandInForm(h.ctx, h.bidder(0), h.bids[0], []byte("not a form"))
	h.refused(err, "form.digest")
	h.silent(time.Minute)
	h.does(h.decrypt(0))
	h.does(h.Pause(h.ctx, h.host(), h.l.ID, "核实情况"))
	h.does(h.Resume(h.ctx, h.host(), h.l.ID, "继续开标"))
	asked := h.does(h.AskExtension(h.ctx, h.host(), h.l.ID, 5, "网络中断"))
	h.does(h.ConsentExtension(h.ctx, h.supervisor(), h.l.ID, asked.Seq))
	h.does(h.decrypt(1))
	h.clock.Set(*h.view().Deadline)
	must(0, h.KeepHalls(h.ctx))
	a := h.attribute(2, CauseBidder, "投标人未解密")
	h.does(h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, a.Seq))
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	h.does(h.ConfirmLine(h.ctx, h.bidder(0), h.l.ID))
	o := h.does(h.ObjectInHall(h.ctx, h.bidder(1), h.l.ID, "对唱标的异议"))
	h.does(h.AnswerInHall(h.ctx, h.host(), h.l.ID, o.Seq, "答复如下"))
	h.clock.Set(*h.view().Deadline)
	h.does(h.MakeRecord(h.ctx, h.host(), h.l.ID, ""))
	h.does(h.sign(h.tenderer, party.Beneficiary))
	for _, p := range OpeningPoints {
		if !slices.Contains(seen, p) {
			t.Errorf("%s was not called", p)
		}
	}
	for _, p := range seen {
		if !slices.Contains(OpeningPoints, p) {
			t.Errorf("%s is not in the list", p)
		}
	}
}
