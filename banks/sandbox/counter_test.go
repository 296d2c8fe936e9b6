package sandbox

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/devca"
)

// takenIn is the platform's receipt for a letter from the counter.
func (w *world) takenIn(body []byte) []byte {
	var in wire.Deposit
	if err := wire.Read(body, &in); err != nil {
		w.t.Error(err)
	}
	signed, err := signing.ParseSignedData(in.Statement)
	if err != nil {
		w.t.Error(err)
	}
	d, err := letter.ParseDeposit(signed.Content)
	if err != nil {
		w.t.Error(err)
	}
	content, err := letter.Receipt{Version: 1, Application: d.Application, Guarantor: w.Bank.Party.USCC, Number: d.Number, Mode: letter.ModeFull,
		Commitment: d.Commitment, Digest: d.Digest, AcceptedAt: w.clock.Now()}.Canonical()
	if err != nil {
		w.t.Error(err)
	}
	return w.Signed(w.Platform, content, w.clock.Now())
}

func (w *world) purchase() Purchase {
	return Purchase{Reference: "柜台-0001", Lot: sample.ID(9), Applicants: []letter.Party{w.Bidders[0].Party},
		Certificate: chain(w.Bidders[0].Encrypt)}
}

func chain(i devca.Identity) (pem string) {
	for _, c := range i.Chain {
		pem += string(c.PEM())
	}
	return pem
}

// bought buys at the counter, as often as it takes.
func (w *world) bought(p Purchase) Slip {
	w.t.Helper()
	var slip Slip
	for range 3 {
		status, body := w.ask(http.MethodPost, "/operator/counter", p)
		if status != http.StatusOK {
			w.t.Fatalf("%d %s", status, body)
		}
		if err := wire.Read(body, &slip); err != nil {
			w.t.Fatal(err)
		}
	}
	return slip
}

// A letter over the counter: one, however often it is asked for; the customer takes home a file that proves itself.
func TestCounter(t *testing.T) {
	w := newWorld(t)
	slip := w.bought(w.purchase())
	if slip.State != "in_force" || slip.Number != "XJYH-00000001" || slip.Fee != w.draft.Application.Fee {
		t.Fatalf("%+v", slip)
	}
	if r := letter.VerifyFile(slip.File, w.Trust, letter.Platform(w.Platform.Party.USCC)); !r.OK {
		t.Errorf("%+v", r)
	}
	f, err := letter.ParseFile(slip.File)
	if err != nil || f.Reveal.Application != slip.Application || f.Reveal.Lot != w.Requirement.Lot || f.Reveal.Applicants[0] != w.Bidders[0].Party {
		t.Errorf("%+v, %v", f.Reveal, err)
	}
	if !slices.Equal(w.verbs(), []string{sample.ID(9), "letters"}) {
		t.Errorf("said %v", w.verbs())
	}
	want := wire.BookEntry{Guarantee: slip.Application, Number: slip.Number, Ceiling: f.Undertaking.Application.Ceiling, Digest: w.bank.book.files[slip.Application].Letter.Digest, State: "issued"}
	if got := w.bank.Books(); len(got) != 1 || got[0] != want {
		t.Errorf("book: %+v", got)
	}
	if q := w.queueNow(); len(q.Applications) != 0 || len(q.Stuck) != 0 {
		t.Errorf("queue: %+v", q)
	}
}

// A clerk who miscounts by a day sells a letter that is genuine and ends a day before the notice wants it.
func TestCounterADayShort(t *testing.T) {
	w := newWorld(t)
	w.behave(Behaviour{Decision: "instant", Fault: "day_short"})
	slip := w.bought(w.purchase())
	f, err := letter.ParseFile(slip.File)
	if err != nil || !letter.VerifyFile(slip.File, w.Trust, letter.Platform(w.Platform.Party.USCC)).OK {
		t.Fatalf("the letter is not genuine: %v", err)
	}
	if got, want := f.Reveal.End.Expiry(), w.Requirement.End.Expiry().AddDays(-1); got != want {
		t.Errorf("it ends on %s, want %s", got, want)
	}
}

func (w *world) queueNow() (q Queue) {
	w.t.Helper()
	if status, body := w.ask(http.MethodGet, "/operator/queue", struct{}{}); status != http.StatusOK {
		w.t.Fatalf("%d %s", status, body)
	} else if err := wire.Read(body, &q); err != nil {
		w.t.Fatal(err)
	}
	return q
}

// After the opening the bank has the letter in its book like any other: the disclosure must open its own commitment,
// and a release ends it.
func TestCounterLetterLivesOn(t *testing.T) {
	w := newWorld(t)
	slip := w.bought(w.purchase())
	f, err := letter.ParseFile(slip.File)
	if err != nil {
		t.Fatal(err)
	}
	w.draft.Application.Application = slip.Application
	reveal, err := f.Reveal.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	w.tell(wire.Disclosed, wire.DisclosedBody{Reveal: reveal, Undertaking: letter.UndertakingDigest(f.Signed), OpenedAt: w.clock.Now()})
	if got := w.file(); got.Reveal == nil || got.Reveal.Lot != w.Requirement.Lot || len(got.Stuck) != 0 {
		t.Fatalf("%+v", got.Stuck)
	}
	w.tell(wire.Released, wire.ReleasedBody{EffectiveAt: w.clock.Now()})
	if got := w.bank.Books(); len(got) != 1 || got[0].State != "released" {
		t.Errorf("%+v", got)
	}
}

// The bank is stopped after every line of its journal, and the answer to what it says is lost: one letter, the same
// bytes, the same receipt.
func TestCounterAfterACrash(t *testing.T) {
	w := newWorld(t)
	first := w.bought(w.purchase())
	lines := w.lines()
	for n := range lines {
		if err := w.bank.Close(); err != nil {
			t.Fatal(err)
		}
		kept := append(slices.Concat(lines[:n]...), lines[n][:len(lines[n])/2]...)
		if err := os.WriteFile(w.path, kept, 0o600); err != nil {
			t.Fatal(err)
		}
		w.forget() // each crash is another history: what was not on paper cannot have been said
		w.open(Behaviour{Decision: "instant", Fault: "none"})
		w.cut = 7
		w.ask(http.MethodPost, "/operator/counter", w.purchase())
		w.clock.Advance(time.Minute)
		w.work()
		w.clock.Advance(time.Minute)
		w.work()
		slip := w.bought(w.purchase())
		if slip.State != "in_force" || n > 0 && slip.Application != first.Application {
			t.Fatalf("after line %d: %+v", n, slip)
		}
		if c := strings.Count(string(slices.Concat(w.lines()...)), `"event":"written"`); c != 1 {
			t.Fatalf("after line %d: %d letters written", n, c)
		}
		bodies := map[string]bool{}
		for _, s := range w.said {
			if s.key == "deposit-"+slip.Application {
				bodies[s.body] = true
			}
		}
		if len(bodies) != 1 {
			t.Errorf("after line %d: %d different letters were said", n, len(bodies))
		}
	}
}

// What can never become a letter is answered with the reason, and what is not a sale is not taken down.
func TestCounterRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*world, *Purchase)
		code  string
	}{
		"no reference":             {func(_ *world, p *Purchase) { p.Reference = "" }, "counter.incomplete"},
		"no lot":                   {func(_ *world, p *Purchase) { p.Lot = "" }, "counter.incomplete"},
		"nobody":                   {func(_ *world, p *Purchase) { p.Applicants, p.Certificate = nil, "" }, "counter.incomplete"},
		"no code":                  {func(_ *world, p *Purchase) { p.Applicants[0].USCC, p.Certificate = "1", "" }, "counter.incomplete"},
		"another's certificate":    {func(w *world, p *Purchase) { p.Certificate = chain(w.Bidders[1].Encrypt) }, "counter.certificate"},
		"a certificate that signs": {func(w *world, p *Purchase) { p.Certificate = chain(w.Bidders[0].Sign) }, "counter.certificate"},
		"no certificate at all":    {func(_ *world, p *Purchase) { p.Certificate = "PEM" }, "counter.certificate"},
		"no such lot":              {func(w *world, p *Purchase) { w.refuse[p.Lot] = "not_found" }, "not_found"},
		"a form not taken":         {func(w *world, _ *Purchase) { w.Requirement.Forms = []letter.Form{letter.FormInsurance} }, "counter.refused"},
		"above its limit":          {func(w *world, _ *Purchase) { w.bank.MaxCeiling = 1 }, "counter.refused"},
		"too late":                 {func(w *world, _ *Purchase) { w.clock.Set(w.Requirement.End.Deadline) }, "counter.refused"},
		"refused by the platform":  {func(w *world, _ *Purchase) { w.refuse["letters"] = "issue.number_used" }, "issue.number_used"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.purchase()
			c.spoil(w, &p)
			var body []byte
			for range 3 {
				_, body = w.ask(http.MethodPost, "/operator/counter", p)
			}
			if !strings.Contains(string(body), `"code":"`+c.code+`"`) {
				t.Errorf("%s", body)
			}
			if got := w.bank.Books(); len(got) != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
	w := newWorld(t)
	w.bought(w.purchase())
	p := w.purchase()
	p.Applicants = []letter.Party{w.Bidders[1].Party}
	p.Certificate = ""
	if status, body := w.ask(http.MethodPost, "/operator/counter", p); status != http.StatusConflict {
		t.Errorf("another sale under one reference: %d %s", status, body)
	}
}

// Without a certificate the letter is sold all the same; one that comes in at the deadline is shown to be late.
func TestCounterWithoutCertificateAndLate(t *testing.T) {
	w := newWorld(t)
	p := w.purchase()
	p.Certificate = ""
	w.clock.Set(w.Requirement.End.Deadline.Add(-time.Second))
	w.asked(http.MethodPost, "/operator/counter", p)
	if !w.bank.round(t.Context()) || w.bank.book.purchase(p.Reference).Sold == nil {
		t.Fatal("nothing is written")
	}
	w.clock.Advance(time.Second)
	if slip := w.bought(p); slip.State != "late" || slip.File == nil {
		t.Errorf("%+v", slip)
	}
	w = newWorld(t)
	p = w.purchase()
	p.Certificate = ""
	if slip := w.bought(p); slip.State != "in_force" {
		t.Errorf("%+v", slip)
	}
}
