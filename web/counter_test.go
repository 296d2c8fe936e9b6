package web

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"baohan/banks"
	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
)

// kinds are institutions of every kind, admitted, without a product on sale here.
func (l *life) kinds() map[banks.Kind]person {
	l.t.Helper()
	all := map[banks.Kind]person{}
	for n, kind := range []banks.Kind{banks.Bank, banks.Insurer, banks.GuaranteeCompany} {
		p := l.admit(l.person("柜台测试机构"+string(kind), 81+n), party.Guarantor)
		if err := l.desks.Banks.Admit(l.t.Context(), party.System(), banks.Institution{USCC: p.uscc, Name: p.name, Kind: kind, Licence: "L1",
			LicenceUntil: start.AddDate(3, 0, 0), Base: "https://bank.test:443", Cashier: "https://bank.test/{application}"}); err != nil {
			l.t.Fatal(err)
		}
		all[kind] = p
	}
	return all
}

func (l *life) desk(p person) *client.Institution {
	return must(client.NewInstitution(l.at, p.identity(), l.desks.PlatformChain[0]))
}

// sale is what a bidder buys from an institution under a wording.
func sale(by person, wording string, n int) client.Sale {
	return client.Sale{Applicants: []letter.Party{by.party()}, Wording: letter.WordingRef{ID: wording, Version: 1}, Fee: 3000_00,
		Number: fmt.Sprintf("GT-2026-%04d", n), Place: "电子投标保函平台", Owner: by.encrypt.Key.Public()}
}

// TestCounter sells three letters at counters, of institutions of every kind that the lot takes, and takes them to the
// opening, a payment and a release, over HTTP.
func TestCounter(t *testing.T) {
	l := newLife(t)
	ctx, kinds := t.Context(), l.kinds()
	ids := make([]string, 3)
	for i, from := range []struct {
		kind    banks.Kind
		wording string
	}{{banks.Bank, "independent-bid"}, {banks.Insurer, "insurance-bid"}, {banks.Bank, "independent-bid"}} {
		desk, buyer := l.desk(kinds[from.kind]), l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i)
		lot := must(desk.Lot(ctx, l.lot.ID))
		sold := must(desk.Sell(ctx, lot, sale(buyer, from.wording, i)))
		file := must(desk.Deposit(ctx, sold))
		if again := must(desk.Deposit(ctx, sold)); !bytes.Equal(again.Receipt, file.Receipt) {
			t.Error("the same letter, another receipt")
		}
		ids[i] = sold.Application
		read := must(desk.Application(ctx, ids[i]))
		if read.Application != "approved" || read.Fee != "none" || read.FeeDue != 0 || read.Instrument != "issued" || read.PreparedAt.IsZero() || read.Number != sold.Number {
			t.Errorf("read back: %+v", read)
		}
		b := l.bidder(buyer)
		if r := must(b.CheckFile(ctx, l.lot.ID, must(file.Canonical()))); !r.OK {
			t.Errorf("%+v", r)
		}
		must(b.Bid(ctx, l.lot, ids[i], house.Terms(1_200_000_000)))
		if own := must(b.Applications(ctx, "")); len(own.Items) != 0 {
			t.Error("the platform knows whose it is")
		}
	}
	book := must(l.desk(kinds[banks.Bank]).Book(ctx))
	if len(book) != 2 || book[0].Fee != 0 || book[0].State != "issued" || book[0].Ceiling != letter.LadderCeiling(800_000_00) {
		t.Errorf("the bank's book: %+v", book)
	}
	l.open()
	l.readOut(ids)
	l.bank = kinds[banks.Bank]
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	page := must(b.Guarantees(ctx, ""))
	g := page.Items[0]
	for i, x := range page.Items {
		if x.Guarantor.USCC == l.bank.uscc {
			g = page.Items[i]
		}
	}
	got := must(b.Demand(ctx, g, client.Claim{Amount: g.Amount, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件",
		Payee: letter.Account{Name: l.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}, Files: l.files(g.ID)}))
	bank := l.institution()
	for _, err := range []error{bank.DecideDemand(ctx, got.Demand, wire.DemandDecision{Complying: true}),
		bank.DemandPaid(ctx, got.Demand, wire.DemandPaid{Amount: g.Amount, Reference: "PAY1", PaidAt: l.clock.Now()})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range must(b.Guarantees(ctx, "")).Items {
		if x.ID == g.ID && x.Instrument != "paid_out" {
			t.Errorf("after the payment: %s", x.Instrument)
		}
	}
}

// TestCounterSilence: whether a letter was sold at a counter, nobody but its institution hears.
func TestCounterSilence(t *testing.T) {
	l := newLife(t)
	kinds, tokens := l.kinds(), l.everybody()
	owner := l.person("甲建设有限公司", 61)
	before := l.publicView(tokens)
	desk := l.desk(kinds[banks.Bank])
	sold := must(desk.Sell(t.Context(), l.lot, sale(owner, "independent-bid", 1)))
	must(desk.Deposit(t.Context(), sold))
	if after := l.publicView(tokens); after != before {
		t.Errorf("a deposit shows in what others read:\n%s\n%s", before, after)
	}
	tokens["its buyer"] = l.signIn(owner, party.Bidder)
	for _, op := range objects() {
		path := strings.NewReplacer("{id}", "%s", "{lot}", "%s").Replace(op.Path)
		for role, token := range tokens {
			real := l.as(token, op.Method, fmt.Sprintf(path, sold.Application), bodyFor(op.Method))
			none := l.as(token, op.Method, fmt.Sprintf(path, nowhere), bodyFor(op.Method))
			if real.status != none.status || !bytes.Equal(real.body, none.body) || headers(real) != headers(none) {
				t.Errorf("%s as %s: %d %s; for what does not exist %d %s", op.OperationID, role, real.status, real.body, none.status, none.body)
			}
		}
	}
	other := l.signed(kinds[banks.Insurer], "GET", "/api/v1/issuer/applications/"+sold.Application, nil)
	none := l.signed(kinds[banks.Insurer], "GET", "/api/v1/issuer/applications/"+nowhere, nil)
	if a, b := l.send(other), l.send(none); a.status != 404 || !bytes.Equal(a.body, b.body) {
		t.Errorf("another institution: %d %s", a.status, a.body)
	}
	l.dump(owner, "the process's log", []byte(l.log.String()))
}

// TestCounterRefuses: the endpoint is the same for every admitted institution, and for nobody else; the licence decides
// on the form.
func TestCounterRefuses(t *testing.T) {
	l := newLife(t)
	kinds, buyer := l.kinds(), l.person("甲建设有限公司", 61)
	n := 0
	body := func(p person, wording string) []byte {
		n++
		lot := l.lot
		req := *lot.Requirement
		req.Forms = []letter.Form{letter.FormIndependent, letter.FormInsurance, letter.FormAccessory} // what the lot takes is not the platform's to ask here
		lot.Requirement, lot.RequirementDigest = &req, req.Digest()
		sold := must(l.desk(p).Sell(t.Context(), lot, sale(buyer, wording, n)))
		return must(wire.Write(wire.Deposit{Statement: sold.Statement, Record: sold.Record, Letter: sold.Sealed}))
	}
	const path = "/api/v1/issuer/letters"
	for kind, may := range map[banks.Kind]string{banks.Bank: "independent-bid", banks.Insurer: "insurance-bid", banks.GuaranteeCompany: "accessory-bid"} {
		for _, wording := range []string{"independent-bid", "insurance-bid", "accessory-bid"} {
			got := l.send(l.signed(kinds[kind], "POST", path, string(body(kinds[kind], wording))))
			switch {
			case may == wording && got.status != 200:
				t.Errorf("%s, %s: %d %s", kind, wording, got.status, got.body)
			case may != wording && (got.status != 400 || got.problem(t).Code != "deposit.wording"):
				t.Errorf("%s, %s: %d %s", kind, wording, got.status, got.body)
			}
		}
	}
	bank := kinds[banks.Bank]
	good := string(body(bank, "independent-bid"))
	unregistered := l.admit(l.person("尚未接入的银行", 91), party.Guarantor)
	if got := l.send(l.signed(unregistered, "POST", path, string(body(unregistered, "independent-bid")))); got.status != 409 || got.problem(t).Code != "deposit.institution" {
		t.Errorf("not admitted: %d %s", got.status, got.body)
	}
	if got := l.send(l.signed(kinds[banks.Insurer], "POST", path, good)); got.status != 400 || got.problem(t).Code != "deposit.signer" {
		t.Errorf("handed in by another: %d %s", got.status, got.body)
	}
	if got := l.send(l.signed(bank, "POST", path, good+strings.Repeat(" ", letterBody))); got.status != 413 {
		t.Errorf("an oversized body: %d %s", got.status, got.body)
	}
	if got := l.send(l.signed(bank, "POST", path, strings.Replace(good, `"letter"`, `"lot":"1","letter"`, 1))); got.status != 400 || got.problem(t).Code != "request.unknown_member" {
		t.Errorf("with its lot: %d %s", got.status, got.body)
	}
	if got := l.as(l.signIn(bank, party.Guarantor), "POST", path, good); got.status != 404 || !bytes.Equal(got.body, absent().bytes()) {
		t.Errorf("by a person in a session: %d %s", got.status, got.body)
	}
	insurer := kinds[banks.Insurer]
	late, over := string(body(bank, "independent-bid")), string(body(insurer, "insurance-bid"))
	if err := l.desks.Party.Suspend(t.Context(), party.Actor{USCC: uscc(99), Role: party.Operator}, bank.uscc); err != nil {
		t.Fatal(err)
	}
	if got := l.send(l.signed(bank, "POST", path, late)); got.status == 200 {
		t.Errorf("suspended: %d %s", got.status, got.body)
	}
	l.clock.Set(start.AddDate(3, 0, 1))
	if got := l.send(l.signed(insurer, "POST", path, over)); got.status != 409 || got.problem(t).Code != "deposit.not_licensed" {
		t.Errorf("with a licence that is over: %d %s", got.status, got.body)
	}
}
