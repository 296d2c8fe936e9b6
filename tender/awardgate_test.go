package tender

import (
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// announced is an evaluated lot whose candidates' notice is over: it is Friday, 25 December.
func (w *world) announced(name string) *Lot {
	w.t.Helper()
	l := w.evaluated(name)
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
	w.clock.Set(day("2026-12-25").Time())
	return l
}

// The award notice announces what was decided before it: it bears no day on which the candidates' notice still ran or the
// committee had not reported, and none before the notice of the award that it follows. The days for 质疑 count from it.
func TestAwardNoticeHasItsDay(t *testing.T) {
	w := newWorld(t)
	tendering := w.announced("A1")
	for _, on := range []string{"2026-12-21", "2026-12-24"} {
		_, err := w.Award(w.ctx, w.tenderers(), tendering.ID, AwardNote{Winner: w.bidders[0].party.USCC, NoticedOn: day(on)})
		w.refused(err, "award.noticed_on")
	}
	w.tells(w.award(tendering, w.bidders[0]))
	proof := signing.Sum([]byte("拒签说明"))
	procurement, _ := w.opened(letter.RegimeProcurement, "G1")
	procurement = must(readLot(w.ctx, w.pool, procurement.ID))
	w.clock.Set(day("2026-12-23").Time())
	must(w.handEvaluation(procurement, w.evaluation(procurement)))
	award := func(winner int, on string) error {
		_, err := w.Award(w.ctx, w.tenderers(), procurement.ID, AwardNote{Winner: w.bidders[winner].party.USCC, NoticedOn: day(on)})
		return err
	}
	w.refused(award(0, "2026-12-22"), "award.noticed_on")
	if err := award(0, "2026-12-23"); err != nil {
		t.Fatal(err)
	}
	w.tells(w.Refuse(w.ctx, w.tenderers(), procurement.ID, "refused_contract", proof))
	if err := award(1, "2026-12-23"); err != nil {
		t.Errorf("on the day of the first notice: %v", err)
	}
	bySaying, _ := w.opened(letter.RegimeProcurement, "G2") // without a result the tenderer's word is taken, in its order
	w.clock.Set(day("2026-12-23").Time())
	w.tells(w.award(bySaying, w.bidders[0]))
	w.tells(w.Refuse(w.ctx, w.tenderers(), bySaying.ID, "refused_contract", proof))
	_, err := w.Award(w.ctx, w.tenderers(), bySaying.ID, AwardNote{Winner: w.bidders[1].party.USCC, NoticedOn: day("2026-12-22")})
	w.refused(err, "award.noticed_on")
}

// 条例55: the candidates follow in their order. Who was passed over for a reason on record does not win after one behind it has
// refused, unless the committee's result is corrected.
func TestWhoWasPassedOverDoesNotWinLater(t *testing.T) {
	w := newWorld(t)
	l := w.announced("A1")
	first, second, proof := w.bidders[0], w.bidders[1], signing.Sum([]byte("放弃中标的函"))
	w.tells(w.award(l, second, PassedOver{first.party.USCC, GaveUp, proof}))
	w.tells(w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", proof))
	_, err := w.award(l, first)
	w.refused(err, "award.passed_before")
	w.tells(w.award(l, w.bidders[2], PassedOver{first.party.USCC, GaveUp, proof}))
}

// The public fact of an award names the candidates of the committee's result, as the award's own row does.
func TestAwardFactNamesTheCandidates(t *testing.T) {
	w := newWorld(t)
	l := w.announced("A1")
	w.tells(w.award(l, w.bidders[0]))
	var fact string
	if err := w.pool.QueryRow(w.ctx, `SELECT data->>'candidates' FROM lot_event WHERE lot = $1 AND kind = 'award'`, l.ID).Scan(&fact); err != nil {
		t.Fatal(err)
	}
	for _, o := range w.bidders[:3] {
		if !strings.Contains(fact, o.party.USCC) {
			t.Errorf("the fact says %s, without %s", fact, o.party.USCC)
		}
	}
}

// 招标投标法42: it is the committee that rejects all bids, before an award. A lot that was awarded is called off, or goes on.
func TestNobodyRejectsAllAfterAnAward(t *testing.T) {
	w := newWorld(t)
	l, _ := w.opened(letter.RegimeTendering, "A1") // the committee's work is not on record here
	w.tells(w.award(l, w.bidders[0]))
	_, err := w.terminate(l, AllRejected)
	w.refused(err, "terminate.awarded")
	w.tells(w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", signing.Sum([]byte("拒签说明"))))
	_, err = w.terminate(l, AllRejected)
	w.refused(err, "terminate.awarded")
	w.tells(w.terminate(l, CalledOff))
}

// 招标投标法44: the end of a tender makes the result public that rejected all bids, and nothing else: not whom the committee had
// recommended when the procurement was void for another reason, and not what an earlier edition had said.
func TestAnEndTellsNoRecommendation(t *testing.T) {
	w := newWorld(t)
	reads := func(l *Lot, edition int) (int, error) {
		v, err := w.Evaluation(w.ctx, w.bidders[3].actor(party.Bidder), l.ID, edition)
		return v.Edition, err
	}
	void, _ := w.opened(letter.RegimeProcurement, "G1")
	void = must(readLot(w.ctx, w.pool, void.ID))
	must(w.handEvaluation(void, w.evaluation(void)))
	w.tells(w.terminate(void, VoidProcurement))
	_, err := reads(void, 0)
	w.refused(err, "evaluation.not_found")

	rejected := w.evaluated("A1")
	w.clock.Advance(time.Minute)
	must(w.handEvaluation(rejected, w.correction(rejected, allRejected)))
	w.tells(w.terminate(rejected, AllRejected))
	if n := must(reads(rejected, 0)); n != 2 {
		t.Errorf("everybody reads edition %d", n)
	}
	_, err = reads(rejected, 1)
	w.refused(err, "evaluation.not_found")
}
