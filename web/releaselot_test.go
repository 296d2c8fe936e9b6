package web

import (
	"fmt"
	"slices"
	"testing"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// threeLetters is an opened lot with three letters, of the bidders in their order.
func (l *life) threeLetters() (bidders []person, ids []string) {
	l.t.Helper()
	for i := range 3 {
		p := l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i)
		b := l.bidder(p)
		id := l.apply(b)
		l.issue(id, i+1)
		must(b.Bid(l.t.Context(), l.lot, id, house.Terms(1_200_000_000)))
		bidders, ids = append(bidders, p), append(ids, id)
	}
	l.open()
	return bidders, ids
}

func outcomes(r wire.LotReleased) map[string]string {
	out := map[string]string{}
	for _, x := range r.Letters {
		out[x.Guarantee] = x.State + x.Code
	}
	return out
}

// TestReleaseLot: one signature for a lot, over HTTP. Nobody releases a candidate's letter by accident before the contract,
// everybody may knowingly; after the contract one paper releases all that is left, and the clocks say what stopped them.
func TestReleaseLot(t *testing.T) {
	l := newLife(t)
	bidders, ids := l.threeLetters()
	ctx := t.Context()
	b, staff := must(client.NewBeneficiary(l.at, l.tenderer.identity())), must(client.NewStaff(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	must(staff.SignIn(ctx, "beneficiary"))
	all := func() []wire.Guarantee { return must(b.Guarantees(ctx, "")).Items }
	for id, got := range outcomes(must(b.ReleaseLot(ctx, l.lot, all(), "提前解除"))) {
		if got != "refusedrelease.held" {
			t.Errorf("before anybody is named, %s: %s", id, got)
		}
	}
	today := calendar.DateOf(l.clock.Now())
	must(staff.Award(ctx, l.lot.ID, wire.Award{Winner: bidders[0].uscc, Candidates: []string{bidders[0].uscc, bidders[1].uscc}, NoticedOn: today}))
	got := outcomes(must(b.ReleaseLot(ctx, l.lot, all(), "提前解除")))
	if got[ids[0]] != "refusedrelease.held" || got[ids[1]] != "refusedrelease.held" || got[ids[2]] != "released" {
		t.Errorf("before the contract: %v", got)
	}
	two := slices.DeleteFunc(all(), func(g wire.Guarantee) bool { return g.ID == ids[2] })
	if got = outcomes(must(b.ReleaseLot(ctx, l.lot, two, "提前解除", ids[1]))); got[ids[1]] != "released" || got[ids[0]] != "refusedrelease.held" {
		t.Errorf("named early: %v", got)
	}
	must(staff.Contract(ctx, l.lot.ID, wire.Contract{SignedOn: today}))
	for _, g := range all() {
		if want := map[bool]string{true: "due", false: ""}[g.ID == ids[0]]; want != "" && (g.ReleaseClock == nil || g.ReleaseClock.StoppedBy != "" ||
			g.ReleaseClock.From != today || g.ReleaseClock.To != g.ReleaseBy || g.ReleaseClock.Law != "招标投标法实施条例第五十七条" || g.ReleaseClock.Words == "") {
			t.Errorf("after the contract: %+v", g.ReleaseClock)
		}
	}
	l.overdueByOne(staff)
	must(b.SignIn(ctx)) // the sessions ended meanwhile
	final := must(b.ReleaseLot(ctx, l.lot, all(), "合同已签订"))
	got = outcomes(final)
	if got[ids[0]] != "released" || got[ids[2]] != "refusedinstrument.illegal_move" || !final.ReceivedAt.Equal(l.clock.Now()) || final.Lot != l.lot.ID {
		t.Errorf("after the contract: %+v", final)
	}
	for _, g := range all() {
		if g.Instrument != "released" || g.ID == ids[0] && (g.ReleaseClock == nil || g.ReleaseClock.StoppedBy != "released" || g.ReleaseClock.StoppedAt.IsZero()) {
			t.Errorf("in the end: %+v, %+v", g, g.ReleaseClock)
		}
	}
	must(l.owners[ids[0]].SignIn(ctx)) // its session ended long before the opening
	if own := must(l.owners[ids[0]].Application(ctx, ids[0])); own.ReleaseClock == nil || own.ReleaseClock.StoppedBy != "released" {
		t.Errorf("to the applicant: %+v", own.ReleaseClock)
	}
	if bank := must(l.institution().Application(ctx, ids[0])); bank.ReleaseClock == nil || bank.Release != "requested" {
		t.Errorf("to the guarantor: %+v", bank)
	}
}

// overdueByOne looks as the supervisor, a day after the legal day, and puts the clock back.
func (l *life) overdueByOne(tenderer *client.Staff) {
	l.t.Helper()
	ctx, now := l.t.Context(), l.clock.Now()
	l.clock.Set(now.AddDate(0, 0, 9))
	defer l.clock.Set(now)
	office := must(client.NewStaff(l.at, l.admit(l.person("市发展和改革委员会", 52), party.Supervisor).identity()))
	must(office.SignIn(ctx, "supervisor"))
	page := must(office.Overdue(ctx, ""))
	if len(page.Items) != 1 || page.Next != "" || page.Items[0].LotID != l.lot.ID || page.Items[0].Days < 1 || page.Items[0].Clock.Words == "" ||
		page.Items[0].Beneficiaries[0].USCC != l.tenderer.uscc {
		l.t.Errorf("overdue: %+v", page)
	}
	must(tenderer.SignIn(ctx, "beneficiary"))
	_, err := tenderer.Overdue(ctx, "")
	if p, _ := client.Refused(err); p.Status != 404 {
		l.t.Errorf("the tenderer sees the supervisor's report: %v", err)
	}
}

// TestReleaseLotIsTheBeneficiarysAlone: before the opening a lot's paper is answered like what does not exist; what is no
// paper is refused.
func TestReleaseLotIsTheBeneficiarysAlone(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	if _, err := b.SendLotRelease(ctx, l.lot.ID, []byte("x")); err == nil {
		t.Error("before the opening")
	} else if p, _ := client.Refused(err); p.Status != 404 {
		t.Errorf("before the opening: %v", err)
	}
	_, ids := l.threeLetters()
	must(b.SignIn(ctx)) // the session ended before the opening
	page := must(b.Guarantees(ctx, ""))
	first := must(b.ReleaseLot(ctx, l.lot, page.Items, "提前解除", ids...))
	for id, got := range outcomes(first) {
		if got != "released" {
			t.Errorf("%s: %s", id, got)
		}
	}
	for _, paper := range [][]byte{nil, []byte("x"), signing.Random(1000)} {
		if _, err := b.SendLotRelease(ctx, l.lot.ID, paper); err == nil {
			t.Errorf("%d bytes pass", len(paper))
		}
	}
}
