package banks_test

import (
	"testing"
	"time"

	"baohan/banks"
	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/party"
)

var operator = party.Actor{USCC: "91430100MA00000000", Role: party.Operator}

// refused tells whether err is a refusal with this code.
func refused(t *testing.T, err error, code string) {
	t.Helper()
	if r, ok := party.RefusalOf(err); !ok || r.Code != code {
		t.Errorf("%v; want %s", err, code)
	}
}

func (w *world) offer(i client.Identity, wording letter.WordingRef, mode letter.Mode, ppm ...int64) string {
	w.t.Helper()
	id, err := w.OfferProduct(w.t.Context(), operator, banks.Product{Institution: i.Party.USCC, Wording: wording.ID, WordingVersion: wording.Version, Mode: mode,
		MinFee: 1, MaxCeiling: 1_000_000_000, AnswerWithin: 3600, Tiers: []banks.Tier{{UpTo: 1_000_000_000, Rates: ppm}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) quotes(req letter.Requirement) []wire.Quote {
	w.t.Helper()
	q, err := w.Quotes(w.t.Context(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	return q
}

func TestInstitutionsThatAreNotAdmitted(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	good := w.institution(w.bank, banks.Bank)
	refused(t, w.Admit(ctx, party.Actor{Role: party.Guarantor, USCC: good.USCC}, good), "institution.admit")
	for name, c := range map[string]struct {
		spoil func(*banks.Institution)
		code  string
	}{
		"another name":         {func(i *banks.Institution) { i.Name = "别的银行" }, "institution.organisation"},
		"unknown kind":         {func(i *banks.Institution) { i.Kind = "fund" }, "institution.kind"},
		"no licence":           {func(i *banks.Institution) { i.Licence = "" }, "institution.licence"},
		"licence of yesterday": {func(i *banks.Institution) { i.LicenceUntil = started.AddDate(0, 0, -1) }, "institution.licence_until"},
		"off the allow-list":   {func(i *banks.Institution) { i.Base = "https://bank.example.cn" }, "institution.base"},
		"a user in the base":   {func(i *banks.Institution) { i.Base = "http://u@" + w.host() }, "institution.base"},
		"a cashier in clear":   {func(i *banks.Institution) { i.Cashier = "http://bank.example.cn/pay" }, "institution.cashier"},
		"a script as cashier":  {func(i *banks.Institution) { i.Cashier = "javascript:alert(1)" }, "institution.cashier"},
		"another kind later":   {func(i *banks.Institution) { i.Kind = banks.Insurer }, "institution.changed"},
	} {
		t.Run(name, func(t *testing.T) {
			i := good
			c.spoil(&i)
			refused(t, w.Admit(ctx, operator, i), c.code)
		})
	}
	if on, err := w.Institution(ctx, good.USCC); err != nil || on.Name != good.Name || on.Kind != banks.Bank || on.Base != good.Base ||
		on.CashierFor(one) != w.server.URL+"/cashier/"+one {
		t.Errorf("%+v, %v", on, err)
	}
}

func TestQuotesInOnePublicOrder(t *testing.T) {
	w := newWorld(t)
	req := sample.New(started).Requirement
	if q := w.quotes(req); len(q) != 0 {
		t.Fatalf("%+v", q)
	}
	blind, full := w.offer(w.bank, sample.Independent, letter.ModeBlind, 5000, 6000), w.offer(w.bank, sample.Independent, letter.ModeFull, 4000)
	policy := w.offer(w.insurer, sample.Insurance, letter.ModeFull, 4000)
	got := w.quotes(req)
	if len(got) != 3 || got[0].Product != full || got[1].Product != policy || got[2].Product != blind {
		t.Fatalf("not by fee and then by code: %+v", got)
	}
	ceiling := letter.LadderCeiling(req.Amount)
	if q := got[2]; q.Fee != ceiling/200 || q.Ceiling != ceiling || q.LatestExpiry != letter.LadderExpiry(req.End.Expiry()) || q.Guarantor != w.bank.Party || q.Discloses == got[0].Discloses {
		t.Errorf("%+v", q)
	}
	req.Forms = []letter.Form{letter.FormInsurance, letter.FormCash}
	if q := w.quotes(req); len(q) != 1 || q[0].Product != policy {
		t.Errorf("a form that the lot does not take is quoted: %+v", q)
	}
	req.Forms, req.Amount = []letter.Form{letter.FormIndependent}, 1_000_000_001
	if q := w.quotes(req); len(q) != 0 {
		t.Errorf("a ceiling beyond the product is quoted: %+v", q)
	}
}

// Who may not underwrite now is neither quoted nor taken an application for.
func TestWhoMayNotUnderwrite(t *testing.T) {
	req := sample.New(started).Requirement
	for name, stop := range map[string]func(*world, string) error{
		"licence over":      func(w *world, _ string) error { w.clock.Set(started.AddDate(1, 0, 1)); return nil },
		"suspended":         func(w *world, _ string) error { return w.party.Suspend(w.t.Context(), operator, w.bank.Party.USCC) },
		"product withdrawn": func(w *world, id string) error { return w.WithdrawProduct(w.t.Context(), operator, id) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.offer(w.bank, sample.Independent, letter.ModeBlind, 5000)
			terms, err := w.Terms(t.Context(), w.bank.Party.USCC, sample.Independent, letter.ModeBlind)
			if err != nil || terms.Fee(100_000_000) != 500_000 || terms.Party != w.bank.Party || !terms.Encryption.Equal(w.bank.Open.Public()) ||
				!terms.AnswerBy.Equal(started.Add(time.Hour)) || terms.MaxCeiling != 1_000_000_000 {
				t.Fatalf("%+v, %v", terms, err)
			}
			if err := stop(w, id); err != nil {
				t.Fatal(err)
			}
			if q := w.quotes(req); len(q) != 0 {
				t.Errorf("%+v", q)
			}
			if _, err := w.Terms(t.Context(), w.bank.Party.USCC, sample.Independent, letter.ModeBlind); err == nil {
				t.Error("an application is taken")
			}
		})
	}
}

// On the last day of its licence an institution may underwrite still, until 24:00 in Shanghai.
func TestTheLastDayOfALicence(t *testing.T) {
	w := newWorld(t)
	w.offer(w.bank, sample.Independent, letter.ModeBlind, 5000)
	req := sample.New(started).Requirement
	last := time.Date(2027, 11, 24, 0, 0, 0, 0, started.Location())
	for at, want := range map[time.Time]int{last.Add(-time.Microsecond): 1, last: 0} {
		w.clock.Set(at)
		if q := w.quotes(req); len(q) != want {
			t.Errorf("%s: %d quotes, want %d", at, len(q), want)
		}
	}
}

func TestPricesAreReplacedNotChanged(t *testing.T) {
	w := newWorld(t)
	ctx, uscc := t.Context(), w.bank.Party.USCC
	first := w.offer(w.bank, sample.Independent, letter.ModeBlind, 5000, 6000)
	_, err := w.OfferProduct(ctx, operator, banks.Product{Institution: uscc, Wording: sample.Independent.ID, WordingVersion: 1, Mode: letter.ModeBlind,
		MinFee: 1, MaxCeiling: 10, AnswerWithin: 60, Tiers: []banks.Tier{{UpTo: 10, Rates: []int64{1}}}})
	refused(t, err, "product.taken")
	_, err = w.OfferProduct(ctx, operator, banks.Product{Institution: uscc, Wording: "no-such", WordingVersion: 1})
	refused(t, err, "product.wording")
	refused(t, w.WithdrawProduct(ctx, party.Actor{Role: party.Guarantor, USCC: uscc}, first), "product.withdraw")
	if err := w.WithdrawProduct(ctx, operator, first); err != nil {
		t.Fatal(err)
	}
	refused(t, w.WithdrawProduct(ctx, operator, first), "product.unknown")
	w.clock.Set(started.Add(time.Hour))
	if _, err := w.OfferProduct(ctx, operator, banks.Product{Institution: uscc, Wording: sample.Independent.ID, WordingVersion: 1, Mode: letter.ModeBlind,
		MinFee: 1, MaxCeiling: 1_000_000_000, AnswerWithin: 60, Tiers: []banks.Tier{{UpTo: 1_000_000_000, Rates: []int64{4000}}}}); err != nil {
		t.Fatal(err)
	}
	// The promise under which the application was made is good still, and nothing was promised before there was one.
	for handedIn, want := range map[time.Time]time.Time{
		started: started.Add(time.Hour), started.Add(time.Hour): started.Add(time.Hour + time.Minute), started.Add(-time.Second): {},
	} {
		if by, err := w.AnswerBy(ctx, uscc, sample.Independent, letter.ModeBlind, handedIn); err != nil || !by.Equal(want) {
			t.Errorf("handed in %s: answer by %s, %v; want %s", handedIn, by, err, want)
		}
	}
	// A fee of the list under which the application was made is good still.
	for fee, good := range map[letter.Fen]bool{500_000: true, 600_000: true, 400_000: true, 400_001: false, 0: false} {
		if err := w.CheckFee(ctx, uscc, sample.Independent, letter.ModeBlind, 100_000_000, fee); (err == nil) != good {
			t.Errorf("fee %s: %v", fee, err)
		}
	}
	refused(t, w.CheckFee(ctx, uscc, sample.Independent, letter.ModeFull, 100_000_000, 500_000), "decision.fee_off_list")
}
