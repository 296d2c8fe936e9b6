package web

import (
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// cashLot publishes a lot that takes cash and consortia.
func (l *life) cashLot() wire.Lot {
	l.t.Helper()
	ctx, staff := l.t.Context(), l.staff(l.tenderer, "beneficiary")
	p := must(staff.CreateProject(ctx, wire.CreateProject{Code: "CS-2026-02", Name: "岳麓大道改造工程", Regime: "招投标", Beneficiary: []letter.Party{l.tenderer.party()}}))
	draft := must(staff.AddLot(ctx, p.ID, wire.AddLot{Code: "01", Name: "一标段", Base: 50_000_000_00, Amount: 800_000_00, Consortium: true,
		Forms: []letter.Form{letter.FormIndependent, letter.FormCash}, End: letter.EndRule{Deadline: deadline, ValidityDays: 90}}))
	must(staff.Publish(ctx, draft.ID))
	return must(staff.Lot(ctx, draft.ID))
}

// Replace, consortium and cash through the front door, from the bid to the refund.
func TestCashFromBidToRefund(t *testing.T) {
	l := newLife(t)
	ctx, lot := t.Context(), l.cashLot()
	if !lot.Consortium || l.lot.Consortium {
		t.Error("the notices do not say who may bid in a consortium")
	}
	people := []person{l.person("甲建设有限公司", 61), l.person("乙建设有限公司", 62), l.person("丙建设有限公司", 63), l.person("丁建设有限公司", 64)}
	var bidders []*client.Bidder
	for _, p := range people {
		bidders = append(bidders, l.bidder(p))
	}
	slip := letter.CashSlip{Payer: letter.Account{Name: people[0].name, Number: "430010020030040", Bank: "湘江示例银行"}, Amount: 800_000_00, Reference: "VA-0001", PaidAt: start}
	members, agreement := []letter.Party{people[0].party(), people[3].party()}, signing.Sum([]byte("联合体协议"))
	consent := must(bidders[3].Consent(ctx, lot, members, agreement))
	joint := client.InConsortium(agreement, members[1:], [][]byte{consent})
	old := must(bidders[0].Bid(ctx, lot, "", house.Terms(1_200_000_000), joint, client.WithCash(slip)))
	if _, err := bidders[0].Bid(ctx, l.lot, "", house.Terms(1_200_000_000), client.WithCash(slip)); err == nil {
		t.Error("cash was named where the notice takes none")
	}
	got := must(bidders[0].ReplaceBid(ctx, lot, old.ID, "", house.Terms(1_100_000_000), joint, client.WithCash(slip)))
	if got.ID == old.ID || got.State != "received" {
		t.Fatalf("%+v", got)
	}
	if again := must(bidders[0].ResumeBid(ctx, lot, got.ID)); again.ID != got.ID || !again.AcceptedAt.Equal(got.AcceptedAt) {
		t.Errorf("resumed: %+v", again)
	}
	_, err := bidders[1].ReplaceBid(ctx, lot, got.ID, "", house.Terms(1_100_000_000))
	wantCode(t, err, "not_found")
	for _, b := range bidders[1:3] {
		must(b.Bid(ctx, lot, "", house.Terms(1_200_000_000)))
	}
	ours := l.theCentre()
	centre := l.staff(ours, "centre")
	entry := letter.ReceivedCash{ID: "SN01", Reference: slip.Reference, Payer: people[0].name, USCC: people[0].uscc, Account: slip.Payer.Number,
		Basic: letter.BasicYes, Amount: slip.Amount, ReceivedAt: deadline.Add(-time.Minute)}
	stray := entry
	stray.ID, stray.Reference, stray.Payer, stray.USCC, stray.Account = "SN02", "VA-0009", "戊建设有限公司", "", "430099900000000"
	for _, who := range []*client.Staff{centre, l.staff(l.tenderer, "beneficiary")} { // nothing before the opening
		if _, err := who.Securities(ctx, lot.ID); err == nil {
			t.Error("the register is there before the opening")
		}
	}
	l.clock.Set(deadline.Add(time.Minute)) // weeks later: everybody signs in again
	centre = l.staff(ours, "centre")
	must(centre.Open(ctx, lot.ID))
	list := must(centre.CashList(lot, 1, signing.Digest{}, deadline, []letter.ReceivedCash{stray, entry}))
	if taken := must(centre.HandInCashList(ctx, lot.ID, list)); taken.Edition != 1 || taken.Entries != 2 {
		t.Errorf("%+v", taken)
	}
	o := must(centre.Opening(ctx, lot.ID))
	found := false
	for _, b := range o.Bids {
		if b.ID == got.ID {
			found = b.Cash != nil && b.Cash.Result == "passed" && len(b.Cash.Lines) == letter.CashLines && len(b.Bidders) == 2
		}
	}
	if !found || len(o.Bids) != 3 {
		t.Errorf("%+v", o.Bids)
	}
	if s := must(centre.Sheet(ctx, lot.ID, 0)); s.Edition != 2 {
		t.Errorf("edition %d", s.Edition)
	}
	r := must(centre.Securities(ctx, lot.ID))
	if len(r.Bids) != 3 || len(r.Unmatched) != 1 || r.Unmatched[0].Entry != "SN02" || r.Unmatched[0].Account != "0000" || r.Unmatched[0].RefundDueBy.IsZero() {
		t.Errorf("%+v", r)
	}
	refund := wire.NoteRefund{Entry: "SN02", Reference: "TK-01", Interest: 88, RefundedOn: calendar.DateOf(l.clock.Now())}
	if back := must(centre.NoteRefund(ctx, lot.ID, refund)); back.Amount != 800_000_00 || back.Interest != 88 {
		t.Errorf("%+v", back)
	}
	if r := must(centre.Securities(ctx, lot.ID)); r.Unmatched[0].Refund == nil || r.Unmatched[0].Overdue {
		t.Errorf("%+v", r.Unmatched)
	}
	if r := must(l.staff(l.tenderer, "beneficiary").Securities(ctx, lot.ID)); r.Unmatched != nil || len(r.Bids) != 3 {
		t.Errorf("the tenderer sees %+v", r)
	}
	stranger := l.admit(l.person("别的招标人", 71), party.Beneficiary)
	if _, err := l.staff(stranger, "beneficiary").Securities(ctx, lot.ID); err == nil {
		t.Error("a stranger reads the register")
	}
	t.Run("page", func(t *testing.T) {
		w := l.windowOf(browser(t), "the centre", ours, party.Centre)
		w.open("/centre/lots/" + lot.ID + "/cash")
		w.says("到账清单第 1 版", "SN02", "TK-01", "没有对应的已开标投标", people[0].name)
		w.picture("centre-cash-list")
		w.printed("cash-list", "到账清单第 1 版", "SN01", "TK-01", "¥800,000.00", people[0].name)
	})
}
