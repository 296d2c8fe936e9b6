package web

import (
	"strings"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// extended is a second demand under the letter, which would take an extension: held, answered by its applicant and nobody
// else, extended; and whoever takes the file away sees the end that now holds.
func (l *life) extended(b *client.Beneficiary, bank *client.Institution, bidders []*client.Bidder, mine letter.File, g wire.Guarantee) {
	l.t.Helper()
	ctx, id := l.t.Context(), g.ID
	to := g.Expiry.AddDays(90)
	in := must(b.Demand(ctx, g, client.Claim{Amount: 500_000_00, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件", ExtendTo: to,
		Payee: letter.Account{Name: l.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}, Files: l.files(id)}))
	if err := bank.DecideDemand(ctx, in.Demand, wire.DemandDecision{Complying: true}); err != nil {
		l.t.Fatal(err)
	}
	by := l.clock.Now().Add(72 * time.Hour)
	if err := bank.Hold(ctx, in.Demand, by); err != nil {
		l.t.Fatal(err)
	}
	d := must(b.DemandOf(ctx, in.Demand))
	if d.State != "held" || d.Extension == nil || d.Extension.To != to || d.Extension.LastDay != g.Expiry || len(d.Clocks) != 1 || d.Clocks[0].Kind != "extension" || d.PayBy.IsZero() {
		l.t.Fatalf("held: %+v", d)
	}
	all := must(bidders[0].DemandsAgainst(ctx, id)).Items
	story := all[len(all)-1]
	if _, err := bidders[1].AnswerExtension(ctx, mine.Undertaking, story, letter.ChooseExtend); err == nil {
		l.t.Error("a stranger answered")
	}
	if o := must(bidders[0].AnswerExtension(ctx, mine.Undertaking, story, letter.ChooseExtend)); o.State != "held" {
		l.t.Errorf("answered: %+v", o)
	}
	l.pageSays(l.tenderer, party.Beneficiary, "/tenderer/demands/"+in.Demand, "同意延期")
	l.pageSays(l.bank, party.Guarantor, "/institution/demands/"+in.Demand, "签署修改函，延期")
	amends := must(bank.Amends(ctx, in.Demand, to))
	paper := must(bank.WriteExtension(ctx, amends))
	receipt := must(bank.Extend(ctx, in.Demand, paper))
	if again := must(bank.Extend(ctx, in.Demand, paper)); string(again) != string(receipt) {
		l.t.Error("the same extension again gets another receipt")
	}
	must(b.SignIn(ctx))
	for _, x := range must(b.Guarantees(ctx, "")).Items {
		if x.ID == id && (x.Expiry != to || len(x.Amendments) != 1 || x.Amendments[0].Amendment != letter.AmendmentDigest(paper) || x.Claimable != 500_000_00) {
			l.t.Errorf("extended: %+v", x)
		}
	}
	if d = must(b.DemandOf(ctx, in.Demand)); d.State != "withdrawn" || d.Extension.Expiry != to || d.Extension.Answer != letter.ChooseExtend {
		l.t.Errorf("extended: %+v", d)
	}
	l.pageSays(l.tenderer, party.Beneficiary, "/tenderer/demands/"+in.Demand, "保函已经延期")
	file := must(b.File(ctx, id))
	if r := letter.VerifyFile(file, l.at.Trust, letter.Platform(l.at.USCC)); !r.OK || must(letter.ParseFile(file)).Expiry() != to {
		l.t.Errorf("the file: %+v", r)
	}
	if _, err := signing.ParseSignedData(receipt); err != nil {
		l.t.Error(err)
	}
}

// pageSays looks at a page as one of its readers.
func (l *life) pageSays(p person, role party.Role, path, want string) {
	l.t.Helper()
	if got := l.page(l.signIn(p, role), path); !strings.Contains(string(got.body), want) {
		l.t.Errorf("%s does not say %q: %d\n%s", path, want, got.status, got.body)
	}
}
