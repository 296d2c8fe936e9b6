package web

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"baohan/banks"
	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
)

// hostile is what a name says that wants to be run. A certificate, a notice and an institution's registration may hold it.
const hostile = `<img src=x onerror=taken=1>"'&`

// masquerade is a remote opening in which everybody is called so.
func masquerade(t *testing.T) *remote {
	t.Helper()
	r := &remote{life: newHall(t, func(*Config) {})}
	ctx := t.Context()
	bank := r.admit(r.person("银行"+hostile, 22), party.Guarantor)
	if err := r.desks.Banks.Admit(ctx, party.System(), banks.Institution{USCC: bank.uscc, Name: bank.name, Kind: banks.Bank,
		Licence: "B0002", LicenceUntil: start.AddDate(3, 0, 0), Base: "https://bank.test:443", Cashier: "https://bank.test/cashier/{application}"}); err != nil {
		t.Fatal(err)
	}
	must(r.desks.Banks.OfferProduct(ctx, party.System(), banks.Product{Institution: bank.uscc, Wording: "independent-bid", WordingVersion: 1,
		Mode: letter.ModeBlind, MinFee: 20000, MaxCeiling: 10_000_000_00, AnswerWithin: 3600, Tiers: []banks.Tier{{UpTo: 10_000_000_00, Rates: []int64{3000}}}}))
	r.tenderer = r.admit(r.person("招标人"+hostile, 42), party.Beneficiary)
	r.host = r.staff(r.tenderer, "beneficiary")
	p := must(r.host.CreateProject(ctx, wire.CreateProject{Code: "CS-2026-04", Name: "工程" + hostile, Regime: "招投标", Beneficiary: []letter.Party{r.tenderer.party()}}))
	draft := must(r.host.AddLot(ctx, p.ID, wire.AddLot{Code: "01", Name: "标段" + hostile, Base: 50_000_000_00, Amount: 800_000_00,
		Forms: []letter.Form{letter.FormIndependent, letter.FormCash}, End: letter.EndRule{Deadline: deadline, ValidityDays: 90, ExtraDays: 30},
		Hall: &wire.HallRules{Decrypt: 20}}))
	must(r.host.Publish(ctx, draft.ID))
	r.lot = must(r.host.Lot(ctx, draft.ID))
	for i := range 3 {
		r.people = append(r.people, r.person(hostile+string(rune('甲'+i)), 61+i))
		r.bidders = append(r.bidders, r.bidder(r.people[i]))
		r.bids = append(r.bids, must(r.bidders[i].Bid(ctx, r.lot, "", house.Terms(letter.Fen(1_200_000_000+i)))).ID)
	}
	r.supervisor = r.staff(r.admit(r.person("监督"+hostile, 81), party.Supervisor), "supervisor")
	return r
}

// reads opens a page that must say a hostile name, as text and nothing else, also after its live part was put in anew.
func (w *window) reads(path string) {
	w.t.Helper()
	w.open(path)
	w.says(hostile)
	if live, _ := chromedp.Run(w.ctx, chromedp.Evaluate[bool](`document.querySelector("[data-live]") !== null`)); live {
		w.wait(`performance.getEntriesByType("resource").some((r) => r.name.endsWith("/board") && r.responseEnd > 0)`)
		w.says(hostile)
	}
	if run, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](`window.taken !== undefined || document.querySelector("[onerror], img[src=x]") !== null`)); run || err != nil {
		w.t.Errorf("%s: %s runs what a name says (%v)", w.name, path, err)
	}
}

// TestNamesAreText: what people are called is shown and never run, before an opening and after it; and who has signed out
// leaves nothing behind that the next at this machine would find by going back.
func TestNamesAreText(t *testing.T) {
	chromium := browser(t)
	r := masquerade(t)
	lot := "/lots/" + r.lot.ID
	visitor, clerk := r.windowOf(chromium, "a visitor", person{}, ""), r.windowOf(chromium, "a bidder", r.people[0], party.Bidder)
	for _, path := range []string{"/", "/lots", lot, lot + "/quotes", "/openings/" + r.lot.ID} {
		visitor.reads(path)
	}
	for _, path := range []string{"/bidder", lot + "/bid", "/halls/" + r.lot.ID} {
		clerk.reads(path)
	}
	clerk.open("/bidder/bids")
	clerk.press("退出")
	clerk.wait(`location.pathname === "/"`)
	clerk.do(chromedp.NavigateBack())
	clerk.wait(`document.readyState === "complete" && document.querySelector("main") !== null`)
	time.Sleep(100 * time.Millisecond) // a page that was kept whole is loaded anew
	clerk.wait(`document.querySelector(".who a[href='/sign-in']") !== null`)
	clerk.silent("我的投标", r.people[0].uscc)

	r.begin()
	for _, path := range []string{"/openings/" + r.lot.ID, lot + "/results"} {
		visitor.reads(path)
	}
	for who, role := range map[*person]party.Role{&r.people[2]: party.Bidder, &r.tenderer: party.Beneficiary, &r.life.centre: party.Centre} {
		w := r.windowOf(chromium, string(role), *who, role)
		for _, path := range []string{"/halls/" + r.lot.ID, "/halls/" + r.lot.ID + "/screen", "/openings"} {
			w.reads(path)
		}
	}
}

// strangersTo asks every page and form about what somebody has, as everybody who has no part in it: after an opening, when all
// of it exists, they are told what they are told of what does not exist.
func (l *life) strangersTo(theirs ...string) {
	l.t.Helper()
	tokens := map[party.Role]string{}
	for i, role := range []party.Role{party.Bidder, party.Guarantor, party.Beneficiary, party.Agent, party.Operator, party.Custodian} {
		p := l.person("别的单位"+string(role), 90+i)
		if role != party.Bidder {
			l.admit(p, role)
		}
		tokens[role] = l.signIn(p, role)
	}
	asked := 0
	mounted := pagesByRow(l.t)
	for _, op := range objects() {
		mounted[Route{op.Method, strings.NewReplacer("{", ":", "}", "").Replace(op.Path)}] = op.OperationID
	}
	for at, operation := range mounted {
		row, _ := ruleOf(operation)
		if !strings.Contains(at.Path, ":") || slices.Contains([]relation{public, announced, readOut, self, staff}, row.whose) {
			continue
		}
		before, after, _ := strings.Cut(at.Path, ":")
		_, after, _ = strings.Cut(after+"/", "/")
		path := func(id string) string {
			return strings.TrimSuffix(before+id+"/"+strings.ReplaceAll(after, ":", ""), "/")
		}
		for role, token := range tokens {
			none := l.as(token, at.Method, path(nowhere), nil)
			for _, id := range theirs {
				got := l.as(token, at.Method, path(id), nil)
				if asked++; got.status != http.StatusNotFound || !bytes.Equal(Steady(got.body), Steady(none.body)) {
					l.t.Errorf("%s %s as %s: %d; of what does not exist: %d", at.Method, path(id), role, got.status, none.status)
				}
			}
		}
	}
	if asked < 1000 {
		l.t.Errorf("only %d questions were asked", asked)
	}
}

// TestStrangersAfterAnOpening: letters, bids, a demand and an objection are their parties' own when everything is public.
func TestStrangersAfterAnOpening(t *testing.T) {
	l := newLife(t)
	_, ids := l.threeLetters()
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(t.Context()))
	g := must(b.Guarantees(t.Context(), "")).Items[0]
	demand := must(b.Demand(t.Context(), g, client.Claim{Amount: g.Amount, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件",
		Payee: letter.Account{Name: l.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}, Files: l.files(g.ID)})).Demand
	var o wire.Opening
	l.as("", "GET", "/api/v1/lots/"+l.lot.ID+"/opening", nil).into(t, &o)
	l.strangersTo(ids[0], o.Bids[0].ID, demand, l.lot.ID)
}
