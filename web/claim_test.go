package web

import (
	"fmt"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/signing"
)

// TestClaimOverHTTP walks one demand by the clock, with everybody who has to do with it: the sheet before it, a request for
// documents, the applicant's objection, a court's stop-payment and its lifting, a completion that moves no day, and the
// payment with its slip.
func TestClaimOverHTTP(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	var bidders []*client.Bidder
	var ids []string
	for i := range 3 {
		b := l.bidder(l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i))
		id := l.apply(b)
		l.issue(id, i+1)
		must(b.Bid(ctx, l.lot, id, house.Terms(1_200_000_000)))
		bidders, ids = append(bidders, b), append(ids, id)
	}
	mine := must(bidders[0].Letter(ctx, ids[0]))
	l.open()
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	for _, x := range bidders {
		must(x.SignIn(ctx))
	}
	sheet := must(b.DemandSheet(ctx, ids[0]))
	if sheet.Claimable != 800_000_00 || sheet.Presenter != l.tenderer.party() || len(sheet.Reasons) != len(letter.Reasons) || len(sheet.Clocks) != 5 || sheet.HoldDays != 30 ||
		sheet.Documents[0].Words != "书面付款通知" || !sheet.Documents[0].ByItself || sheet.Place == "" || sheet.LastInstant.IsZero() || sheet.Signing == "" {
		t.Errorf("the sheet: %+v", sheet)
	}
	var g wire.Guarantee
	for _, x := range must(b.Guarantees(ctx, "")).Items {
		if x.ID == ids[0] {
			g = x
		}
	}
	got := must(b.Demand(ctx, g, client.Claim{Amount: 300_000_00, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件",
		Payee: letter.Account{Name: l.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}, Files: l.files(ids[0])}))
	before := must(b.DemandOf(ctx, got.Demand))
	if before.ExamineBy.IsZero() || len(before.Clocks) != 2 || must(b.DemandSheet(ctx, ids[0])).Claimable != 500_000_00 {
		t.Errorf("presented: %+v", before)
	}
	bank := l.institution()
	l.requested(b, bank, before)
	l.objected(bidders, mine, got.Demand)
	l.stayed(b, bank, before)
	l.honoured(b, bank, bidders[0], got.Demand)
	l.extended(b, bank, bidders, mine, g)
}

func (l *life) requested(b *client.Beneficiary, bank *client.Institution, before wire.Demand) {
	l.t.Helper()
	ctx := l.t.Context()
	ask := wire.RequestDocuments{Documents: []letter.DocumentKind{letter.AwardNotice}, Words: "请补充中标通知书"}
	for range 2 { // an answer that was lost is asked for again
		if err := bank.RequestDocuments(ctx, before.ID, ask); err != nil {
			l.t.Fatal(err)
		}
	}
	d := must(b.DemandOf(ctx, before.ID))
	if d.State != "examining" || d.Requested == nil || d.Requested.Words != ask.Words || len(d.Missing) != 1 || !d.ExamineBy.Equal(before.ExamineBy) {
		l.t.Errorf("asked: %+v", d)
	}
	must(b.Complete(ctx, d, []wire.File{{Kind: letter.AwardNotice, Name: "中标通知书.pdf", Content: []byte("%PDF")}}))
	if d = must(bank.Demand(ctx, before.ID)); d.State != "examining" || len(d.Missing) != 0 || !d.ExamineBy.Equal(before.ExamineBy) {
		l.t.Errorf("completed: %+v", d)
	}
	err := bank.PayInterim(ctx, before.ID, wire.DemandPaid{Amount: 1, Reference: "I", PaidAt: l.clock.Now()})
	if p, ok := client.Refused(err); !ok || p.Code != "demand.interim_form" {
		l.t.Errorf("a bank paid in advance: %v", err)
	}
}

func (l *life) objected(bidders []*client.Bidder, mine letter.File, demand string) {
	l.t.Helper()
	ctx := l.t.Context()
	stories := must(bidders[0].DemandsAgainst(ctx, mine.Undertaking.Application.Application))
	if len(stories.Items) != 1 || stories.Items[0].Demand.ID != demand || len(stories.Items[0].Events) != 4 || stories.Items[0].Statement == "" || stories.Claimable != 500_000_00 {
		l.t.Fatalf("what the applicant sees: %+v", stories)
	}
	if _, err := bidders[1].DemandsAgainst(ctx, mine.Undertaking.Application.Application); err == nil {
		l.t.Error("another bidder sees it too")
	}
	files := []wire.PaperFile{{Name: "往来函.pdf", Content: []byte("%PDF 确认函")}}
	if o := must(bidders[0].ObjectToDemand(ctx, mine.Undertaking, stories.Items[0], "acknowledged", "受益人已书面确认本单位没有违约", files)); o.Demand != demand || o.State != "examining" {
		l.t.Errorf("objected: %+v", o)
	}
	if _, err := bidders[1].ObjectToDemand(ctx, mine.Undertaking, stories.Items[0], "abuse", "别人的保函也来异议一下", nil); err == nil {
		l.t.Error("a stranger objected")
	}
}

func (l *life) stayed(b *client.Beneficiary, bank *client.Institution, before wire.Demand) {
	l.t.Helper()
	ctx := l.t.Context()
	file := wire.PaperFile{Name: "裁定书.pdf", Content: []byte("%PDF 裁定")}
	if err := bank.Stay(ctx, before.ID, wire.Stay{Court: "长沙市天心区人民法院", Number: "（2026）湘0103财保12号", RuledOn: calendar.DateOf(l.clock.Now()), File: file}); err != nil {
		l.t.Fatal(err)
	}
	d := must(b.DemandOf(ctx, before.ID))
	if d.State != "stayed" || len(d.Pauses) != 1 || d.Pauses[0].Court == "" || !d.ExamineBy.IsZero() || !d.PayBy.IsZero() ||
		len(d.Objections) != 1 || d.Objections[0].Ground != "acknowledged" || d.Objections[0].Words == "" {
		l.t.Errorf("stayed: %+v", d)
	}
	for _, c := range d.Clocks {
		if stands := c.Kind != "suit"; c.Stopped != stands || c.To.IsZero() != stands || c.Words == "" {
			l.t.Errorf("a clock under a stay: %+v", c)
		}
	}
	l.clock.Advance(14 * 24 * time.Hour)
	must(b.SignIn(ctx))
	if err := b.Resume(ctx, before.ID, "（2026）湘0103财保12号之一", file); err != nil {
		l.t.Fatal(err)
	}
	d = must(b.DemandOf(ctx, before.ID))
	if d.State != "examining" || !d.ExamineBy.After(before.ExamineBy.Add(13*24*time.Hour)) || d.Pauses[0].Ended.IsZero() {
		l.t.Errorf("resumed: %+v", d)
	}
}

func (l *life) honoured(b *client.Beneficiary, bank *client.Institution, applicant *client.Bidder, demand string) {
	l.t.Helper()
	ctx := l.t.Context()
	if err := bank.DecideDemand(ctx, demand, wire.DemandDecision{Complying: true}); err != nil {
		l.t.Fatal(err)
	}
	slip := signing.Sum([]byte("回单"))
	if err := bank.DemandPaid(ctx, demand, wire.DemandPaid{Amount: 300_000_00, Reference: "PAY1", PaidAt: l.clock.Now(), Slip: slip}); err != nil {
		l.t.Fatal(err)
	}
	must(applicant.SignIn(ctx))
	d := must(b.DemandOf(ctx, demand))
	for who, x := range map[string]wire.Demand{"beneficiary": d, "applicant": must(applicant.DemandsAgainst(ctx, d.Guarantee)).Items[0].Demand} {
		if x.State != "honoured" || x.Reference != "PAY1" || x.Slip != slip || x.Paid != 300_000_00 || len(x.Clocks) != 0 {
			l.t.Errorf("the %s sees %+v", who, x)
		}
	}
	if s := must(b.DemandSheet(ctx, d.Guarantee)); s.Paid != 300_000_00 || s.Claimable != 500_000_00 || s.Claimed != 0 {
		l.t.Errorf("what is left: %+v", s)
	}
}
