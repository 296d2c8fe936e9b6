package tender

import (
	"testing"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// An attribution that is corrected after the contract takes its own clock back, and the letter gets that of the contract,
// which everybody else's has: none is left without one. An award that rests on bids that were not read out is not taken.
func TestCorrectedAfterTheContract(t *testing.T) {
	h := undecrypted(t)
	h.toSigning()
	h.does(h.sign(h.tenderer, party.Beneficiary))
	a := h.attribute(0, CauseNotBidder, "平台证书服务中断")
	h.does(h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, a.Seq))
	h.does(h.sign(h.tenderer, party.Beneficiary))
	h.clock.Set(*h.view().Deadline)
	must(0, h.KeepHalls(h.ctx))
	h.stands(HallEnded)
	l := must(readLot(h.ctx, h.pool, h.l.ID))
	_, err := h.handEvaluation(l, h.evaluation(l))
	h.refused(err, "evaluation.not_read")
	awardedWithoutTheFirst(h, l)
	h.tells(h.Contract(h.ctx, h.host(), h.l.ID, today(h.world)))
	g := h.letterRow(h.letter)
	if other := h.letterRow(h.full); other.ReleaseState != guarantee.ReleaseDue || *other.ReleaseReason != string(ReleaseContract) {
		t.Errorf("after the contract the others' release is %s", other.ReleaseState)
	}
	withdrawn := calendar.DateOf(*g.ReleaseDueBy)
	b := h.attribute(0, CauseBidder, "复核后发现系投标人误操作")
	h.does(h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, b.Seq))
	want := h.letterRow(h.full)
	if g = h.letterRow(h.letter); g.ReleaseState != guarantee.ReleaseDue || *g.ReleaseReason != string(ReleaseContract) || !g.ReleaseDueBy.Equal(*want.ReleaseDueBy) {
		t.Errorf("release %s for %v by %v; it was to be by %v, and the others' is %v", g.ReleaseState, g.ReleaseReason, g.ReleaseDueBy, withdrawn, want.ReleaseDueBy)
	}
}

// Who did not decrypt its bid through its own fault is no candidate, and its security need not be given back (条例35): the
// lot's paper does not release its letter by accident.
func TestRevokedIsHeld(t *testing.T) {
	h := undecrypted(t)
	h.toSigning()
	a := h.attribute(0, CauseBidder, "投标人的证书到期")
	h.does(h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, a.Seq))
	h.does(h.sign(h.tenderer, party.Beneficiary))
	h.clock.Set(*h.view().Deadline)
	must(0, h.KeepHalls(h.ctx))
	l := must(readLot(h.ctx, h.pool, h.l.ID))
	awardedWithoutTheFirst(h, l)
	held := func() bool { return must(h.Held(h.ctx, must(readLot(h.ctx, h.pool, h.l.ID))))(h.letter) }
	if !held() {
		t.Error("the letter of a bid that counts as revoked is not held")
	}
	b := h.attribute(0, CauseNotBidder, "复核后为平台证书服务中断")
	h.does(h.ConfirmAttribution(h.ctx, h.supervisor(), h.l.ID, b.Seq))
	if held() {
		t.Error("the letter of a bid that counts as withdrawn is held, and its clock runs")
	}
}

// awardedWithoutTheFirst: the committee rejects the first bid, and the second bidder wins after the candidates' notice.
func awardedWithoutTheFirst(h *session, l *Lot) {
	must(h.handEvaluation(l, h.evaluation(l, func(e *letter.Evaluation) {
		h.reject(l, e, h.bidders[0].party)
		e.Candidates = e.Candidates[1:]
		for i := range e.Candidates {
			e.Candidates[i].Rank = i + 1
		}
	})))
	must(h.Announce(h.ctx, h.host(), h.l.ID, 3))
	h.clock.Advance(6 * 24 * time.Hour)
	h.tells(h.award(l, h.bidders[1]))
}
