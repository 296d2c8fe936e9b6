package web

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"baohan/banks"
	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/guarantee/letter/paper"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing/tlog"
)

// life is a world with one lot on the way: a tenderer, a bank with a product, and bidders.
type life struct {
	*world
	tenderer, bank, centre person
	lot                    wire.Lot
	owners                 map[string]*client.Bidder // by application
	at                     client.Platform
}

var deadline = start.AddDate(0, 0, 20)

func newLife(t *testing.T) *life {
	t.Helper()
	w := newWorldWith(t, (*world).custodians)
	l := &life{world: w, tenderer: w.admit(w.person("长沙市城建集团", 41), party.Beneficiary),
		bank: w.bank(21), centre: w.admit(w.person("测试交易中心服务台", 51), party.Centre),
		owners: map[string]*client.Bidder{}}
	l.at = client.Platform{Base: w.server.URL, Trust: w.trust, USCC: w.desks.PlatformChain[0].Subject().OrganizationID, Clock: w.clock}
	l.openForBusiness()
	l.publish()
	return l
}

func (l *life) openForBusiness() {
	l.t.Helper()
	ctx, desk := l.t.Context(), l.desks.Banks
	if err := desk.Admit(ctx, party.System(), banks.Institution{USCC: l.bank.uscc, Name: l.bank.name, Kind: banks.Bank,
		Licence: "B0001", LicenceUntil: start.AddDate(3, 0, 0), Base: "https://bank.test:443", Cashier: "https://bank.test/cashier/{application}"}); err != nil {
		l.t.Fatal(err)
	}
	must(desk.OfferProduct(ctx, party.System(), banks.Product{Institution: l.bank.uscc, Wording: "independent-bid", WordingVersion: 2,
		Mode: letter.ModeBlind, MinFee: 20000, MaxCeiling: 10_000_000_00, AnswerWithin: 3600, Tiers: []banks.Tier{{UpTo: 10_000_000_00, Rates: []int64{3000}}}}))
}

func (l *life) publish() {
	l.t.Helper()
	ctx := l.t.Context()
	staff := must(client.NewStaff(l.at, l.tenderer.identity()))
	must(staff.SignIn(ctx, "beneficiary"))
	p := must(staff.CreateProject(ctx, wire.CreateProject{Code: "CS-2026-01", Name: "湘江路道路改造工程", Regime: "招投标", Beneficiary: []letter.Party{l.tenderer.party()}}))
	draft := must(staff.AddLot(ctx, p.ID, wire.AddLot{Code: "01", Name: "一标段", Base: 50_000_000_00, Amount: 800_000_00,
		Forms: []letter.Form{letter.FormIndependent, letter.FormInsurance}, End: letter.EndRule{Deadline: deadline, ValidityDays: 90, ExtraDays: 30}}))
	if hidden := l.as("", "GET", "/api/v1/lots/"+draft.ID, nil); hidden.status != 404 {
		l.t.Errorf("a draft is shown to strangers: %d", hidden.status)
	}
	if own := must(staff.Lot(ctx, draft.ID)); own.State != "draft" || own.Requirement != nil {
		l.t.Errorf("a draft to its own tenderer: %+v", own)
	}
	if state := must(staff.Publish(ctx, draft.ID)); state.State != "published" {
		l.t.Errorf("published: %+v", state)
	}
	l.lot = must(staff.Lot(ctx, draft.ID))
}

func (p person) party() letter.Party { return letter.Party{Name: p.name, USCC: p.uscc} }

func (p person) identity() client.Identity {
	return client.Identity{Party: p.party(), Sign: p.sign.Key, Chain: p.sign.Chain, Open: p.encrypt.Key, OpenChain: p.encrypt.Chain}
}

// bidder signs in and returns its client.
func (l *life) bidder(p person) *client.Bidder {
	l.t.Helper()
	b := must(client.NewBidder(l.at, p.identity(), client.Folder(l.t.TempDir())))
	must(b.SignIn(l.t.Context()))
	return b
}

// apply hands an application in and returns its id.
func (l *life) apply(b *client.Bidder) string {
	l.t.Helper()
	quotes := must(b.Quotes(l.t.Context(), l.lot.ID))
	if len(quotes) != 1 {
		l.t.Fatalf("%d quotes", len(quotes))
	}
	draft, a, err := b.Apply(l.t.Context(), l.lot, quotes[0])
	if err != nil || a.ID != draft.ID || a.Application != "submitted" {
		l.t.Fatalf("%+v: %v", a, err)
	}
	l.owners[a.ID] = b
	return a.ID
}

func (l *life) institution() *client.Institution {
	return must(client.NewInstitution(l.at, l.bank.identity(), l.desks.PlatformChain[0]))
}

// issue brings an application through underwriting, fee and issue, all by signed requests.
func (l *life) issue(id string, n int) {
	l.t.Helper()
	ctx, bank := l.t.Context(), l.institution()
	_, envelope, err := l.desks.Guarantee.Offer(ctx, id)
	if err != nil {
		l.t.Fatal(err)
	}
	body := must(json.Marshal(wire.OfferedBody{Envelope: envelope}))
	offered := must(bank.OpenOffer(ctx, wire.ToIssuer{Kind: wire.Offered, Guarantee: id, At: l.clock.Now(), Body: body}))
	fee := offered.Application.Fee
	l.waits(id, wire.Application{AnswerBy: l.clock.Now().Add(time.Hour)})
	if err := bank.Decide(ctx, id, wire.Decision{Approve: true, Fee: fee}); err != nil {
		l.t.Fatal(err)
	}
	l.waits(id, wire.Application{Cashier: "https://bank.test/cashier/" + id})
	if err := bank.FeePaid(ctx, id, wire.FeePaid{Amount: fee, Reference: fmt.Sprint("R", n), PaidAt: l.clock.Now(),
		Payer: letter.Account{Name: "付款人", Number: fmt.Sprint("62220000", n), Bank: "测试银行"}}); err != nil {
		l.t.Fatal(err)
	}
	l.waits(id, wire.Application{})
	paper := must(bank.Write(ctx, offered, fmt.Sprintf("BH-2026-%04d", n), "电子投标保函平台"))
	r, _, err := bank.Issue(ctx, paper)
	if err != nil || r.Application != id {
		l.t.Fatalf("%+v: %v", r, err)
	}
}

// waits holds what the owner is told of its next step to want: the institution's promise, where to pay, or neither.
func (l *life) waits(id string, want wire.Application) {
	l.t.Helper()
	got := must(l.owners[id].Application(l.t.Context(), id))
	listed := must(l.owners[id].Applications(l.t.Context(), "")).Items[0]
	for _, a := range []wire.Application{got, listed} {
		if a.ID != id || a.Cashier != want.Cashier || !a.AnswerBy.Equal(want.AnswerBy) {
			l.t.Errorf("told to pay at %q and to wait until %s, want %q and %s", a.Cashier, a.AnswerBy, want.Cashier, want.AnswerBy)
		}
	}
}

// TestLife walks one guarantee from the application to payment and another to its release, over HTTP, with the SDK
// that every other party uses.
func TestLife(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	ids := make([]string, 3)
	for i := range ids {
		b := l.bidder(l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i))
		ids[i] = l.apply(b)
		l.issue(ids[i], i+1)
		f := must(b.Letter(ctx, ids[i]))
		if f.Undertaking.Number != fmt.Sprintf("BH-2026-%04d", i+1) {
			t.Errorf("own copy: %+v", f.Undertaking)
		}
		if got := must(b.Bid(ctx, l.lot, ids[i], house.Terms(1_200_000_000))); got.ID == "" || got.AcceptedAt.IsZero() {
			t.Errorf("bid: %+v", got)
		}
	}
	l.open()
	l.readOut(ids)
	l.demandAndRelease(ids)
	l.evidence(ids)
	if book := must(l.institution().Book(ctx)); len(book) != 3 {
		t.Errorf("the book has %d guarantees", len(book))
	}
}

func (l *life) open() {
	l.t.Helper()
	l.clock.Set(deadline.Add(time.Minute))
	staff := must(client.NewStaff(l.at, l.centre.identity()))
	must(staff.SignIn(l.t.Context(), "centre"))
	if got := must(staff.Open(l.t.Context(), l.lot.ID)); got.State != "opened" {
		l.t.Fatalf("opened: %+v", got)
	}
}

func (l *life) readOut(ids []string) {
	l.t.Helper()
	var o wire.Opening
	l.as("", "GET", "/api/v1/lots/"+l.lot.ID+"/opening", nil).into(l.t, &o)
	if len(o.Bids) != 3 || len(o.Letters) != 3 || len(o.ClosingBids) == 0 || len(o.ClosingLetters) == 0 {
		l.t.Fatalf("opening: %d bids, %d letters", len(o.Bids), len(o.Letters))
	}
	for _, x := range o.Letters {
		if x.Amount != 800_000_00 || len(x.Lines) == 0 || x.Failure != "" {
			l.t.Errorf("letter: %+v", x)
		}
	}
	for _, id := range ids {
		got := l.as("", "GET", "/api/v1/guarantees/"+id+"/file", nil)
		if f, err := letter.ParseFile(got.body); err != nil || f.Undertaking.Application.Application != id {
			l.t.Errorf("the file does not read back: %v", err)
		}
	}
}

func (l *life) demandAndRelease(ids []string) {
	l.t.Helper()
	ctx := l.t.Context()
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	page := must(b.Guarantees(ctx, ""))
	if len(page.Items) != 3 {
		l.t.Fatalf("%d guarantees", len(page.Items))
	}
	got := must(b.Demand(ctx, page.Items[0], client.Claim{Amount: page.Items[0].Amount, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件",
		Payee: letter.Account{Name: l.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}, Files: l.files(page.Items[0].ID)}))
	if got.State != "accepted" || !got.ReceivedAt.Equal(l.clock.Now()) || got.Demand == "" {
		l.t.Fatalf("demand: %+v", got)
	}
	d := must(b.DemandOf(ctx, got.Demand))
	monday := time.Date(2026, 3, 30, 24, 0, 0, 0, calendar.Shanghai) // seven days after a Sunday end on a Sunday
	if d.State != "examining" || d.Amount != 800_000_00 || d.ExamineBy.IsZero() || !d.PayBy.Equal(monday) {
		l.t.Errorf("demand: %+v", d)
	}
	bank := l.institution()
	if err := bank.DecideDemand(ctx, got.Demand, wire.DemandDecision{Complying: true}); err != nil {
		l.t.Fatal(err)
	}
	if err := bank.DemandPaid(ctx, got.Demand, wire.DemandPaid{Amount: d.Amount, Reference: "PAY1", PaidAt: l.clock.Now()}); err != nil {
		l.t.Fatal(err)
	}
	if again, err := b.Release(ctx, page.Items[0], "已付清"); err == nil {
		l.t.Errorf("a guarantee that is paid out was released: %+v", again)
	}
	if got := must(b.Release(ctx, page.Items[1], "合同已签订")); got.State != "accepted" {
		l.t.Errorf("release: %+v", got)
	}
	if page := must(b.Guarantees(ctx, "")); page.Items[0].Instrument != "paid_out" || page.Items[1].Instrument != "released" || page.Items[2].Instrument != "issued" {
		l.t.Errorf("in the end: %s %s %s", page.Items[0].Instrument, page.Items[1].Instrument, page.Items[2].Instrument)
	}
}

// evidence takes away what outlives the platform: the PDF, which anyone verifies, and the log's proofs.
func (l *life) evidence(ids []string) {
	l.t.Helper()
	ctx, log := l.t.Context(), l.desks.Guarantee.Log
	l.clock.Advance(time.Minute)
	for range 10 { // more than one batch waits
		must(log.Step(ctx))
		l.clock.Advance(time.Minute)
	}
	trust := tlog.Policy{Log: []tlog.Key{log.Key}}
	paid := slices.Min(ids) // the first of the beneficiary's list: it was demanded under
	got := l.as("", "GET", "/api/v1/guarantees/"+paid+"/document", nil)
	if r := paper.Verify(got.body, l.trust, letter.Log(trust)); !r.OK {
		l.t.Errorf("the document: %+v", r)
	}
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	for name, all := range map[string][]letter.LogEntry{
		"institution": must(l.institution().Log(ctx, paid)), "beneficiary": must(b.Log(ctx, paid)), "anybody, of the lot": must(b.LotLog(ctx, l.lot.ID)),
	} {
		for _, e := range all {
			if p, ok := e.Proof(); !ok || second(p.Verify(trust)) != nil {
				l.t.Errorf("%s: %s is not proven", name, e.Fact.Kind)
			}
		}
		if len(all) < 3 {
			l.t.Errorf("%s: %d facts", name, len(all))
		}
	}
}

func second(_ tlog.Checkpoint, _ []tlog.Sighting, err error) error { return err }

// files brings every document that the letter asks for and that is not there by itself.
func (l *life) files(id string) (out []wire.File) {
	l.t.Helper()
	f := must(letter.ParseFile(l.as("", "GET", "/api/v1/guarantees/"+id+"/file", nil).body))
	for _, k := range f.Undertaking.Documents {
		if k != letter.PaymentNotice && k != letter.RevealRecord {
			out = append(out, wire.File{Kind: k, Name: string(k) + ".pdf", Content: []byte("%PDF-1.7 " + k)})
		}
	}
	return out
}

// TestSilence compares, for every operation that names an object, what strangers in every role hear of a letter that
// exists with what they hear of one that does not: before the opening the two are the same, byte for byte, and
// nothing that anybody may read has changed because somebody applied.
func TestSilence(t *testing.T) {
	l := newLife(t)
	owner := l.person("甲建设有限公司", 61)
	b := l.bidder(owner)
	tokens := l.everybody()
	before := l.publicView(tokens)
	id := l.apply(b)
	l.issue(id, 1)
	bid := must(b.Bid(t.Context(), l.lot, id, house.Terms(1_200_000_000)))
	var own OwnBids
	l.as(l.signIn(owner, party.Bidder), "GET", "/api/v1/bids", nil).into(t, &own)
	if len(own.Items) != 1 || own.Items[0].ID != bid.ID {
		t.Errorf("own bids: %+v", own)
	}
	if after := l.publicView(tokens); after != before {
		t.Errorf("an application shows in what others read:\n%s\n%s", before, after)
	}
	walked := 0
	for _, op := range objects() {
		path := strings.NewReplacer("{id}", "%s", "{lot}", "%s").Replace(op.Path)
		for role, token := range tokens {
			for _, existing := range []string{id, bid.ID} {
				real := l.as(token, op.Method, fmt.Sprintf(path, existing), bodyFor(op.Method))
				none := l.as(token, op.Method, fmt.Sprintf(path, nowhere), bodyFor(op.Method))
				walked++
				if real.status != none.status || !bytes.Equal(real.body, none.body) || headers(real) != headers(none) {
					t.Errorf("%s as %s: %d %s; for what does not exist %d %s", op.OperationID, role, real.status, real.body, none.status, none.body)
				}
				if real.status != 404 && real.status != 401 || real.status == 404 && !bytes.Equal(real.body, absent().bytes()) {
					t.Errorf("%s as %s: %d %s", op.OperationID, role, real.status, real.body)
				}
			}
		}
	}
	if walked < 200 {
		t.Errorf("only %d pairs were compared", walked)
	}
	l.dump(owner, "the process's log", []byte(l.log.String()))
	l.clock.Set(deadline.Add(-time.Microsecond))
	for _, path := range []string{"/api/v1/lots/" + l.lot.ID + "/opening", "/api/v1/guarantees/" + id + "/file"} {
		if got := l.as("", "GET", path, nil); !bytes.Equal(got.body, absent().bytes()) {
			t.Errorf("%s a microsecond before the deadline: %d %s", path, got.status, got.body)
		}
	}
}

// objects lists the operations on what is somebody's: of lots only those that are there after the opening alone.
func objects() (out []*huma.Operation) {
	for id, op := range everyOperation(describe()) {
		r := rules[id]
		if strings.Contains(op.Path, "{") && r.whose != public && r.whose != self && r.whose != staff {
			out = append(out, op)
		}
	}
	return out
}

// dump fails if b names the owner.
func (l *life) dump(p person, what string, b []byte) {
	l.t.Helper()
	if bytes.Contains(b, []byte(p.name)) || bytes.Contains(b, []byte(p.uscc)) {
		l.t.Errorf("%s names the bidder", what)
	}
}

// everybody signs one stranger in for each role, and adds nobody.
func (l *life) everybody() map[string]string {
	l.t.Helper()
	tokens := map[string]string{"nobody": ""}
	for i, role := range party.Roles() {
		p := l.person("旁人单位"+string(role), 70+i)
		if role != party.Bidder {
			l.admit(p, role)
		}
		tokens[string(role)] = l.signIn(p, role)
	}
	tokens["tenderer of the lot"] = l.signIn(l.tenderer, party.Beneficiary)
	tokens["centre"] = l.signIn(l.centre, party.Centre)
	return tokens
}

// publicView is everything that others can read.
func (l *life) publicView(tokens map[string]string) string {
	l.t.Helper()
	var b bytes.Buffer
	for _, role := range append([]party.Role{""}, party.Roles()...) {
		for _, path := range []string{"/lots", "/lots/" + l.lot.ID, "/lots/" + l.lot.ID + "/quotes", "/lots/" + l.lot.ID + "/opening",
			"/applications", "/bids", "/guarantees", "/issuer/guarantees", "/ops/deliveries", "/me/lots"} {
			got := l.as(tokens[string(role)], "GET", "/api/v1"+path, nil)
			fmt.Fprintf(&b, "%s %s %d %s\n", role, path, got.status, got.body)
		}
	}
	return b.String()
}

func headers(s said) string {
	h := s.header.Clone()
	h.Del("X-Request-Id")
	h.Del("Date")
	return fmt.Sprint(h)
}

func bodyFor(method string) any {
	if method == http.MethodPost {
		return "{}"
	}
	return nil
}

// TestRetryAfterTheDeadline: an answer that was lost is still the answer when it is too late for anything new.
func TestRetryAfterTheDeadline(t *testing.T) {
	l := newLife(t)
	early, late := l.bidder(l.person("甲建设有限公司", 61)), l.bidder(l.person("乙建设有限公司", 62))
	id := l.apply(early)
	quotes := must(late.Quotes(t.Context(), l.lot.ID))
	draft := must(late.Prepare(t.Context(), l.lot, quotes[0]))
	l.clock.Set(deadline)
	// The client's own session is over by now; signing in again is what it does.
	must(early.SignIn(t.Context()))
	must(late.SignIn(t.Context()))
	if again, err := early.Resume(t.Context(), id); err != nil || again.ID != id || again.Version != 1 {
		t.Errorf("the same application again: %+v, %v", again, err)
	}
	_, err := late.Resume(t.Context(), draft.ID)
	if p, ok := client.Refused(err); !ok || p.Status != 409 || p.Code != "lot.deadline_passed" {
		t.Errorf("a new application at the deadline: %v", err)
	}
}
