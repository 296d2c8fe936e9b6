package sandbox

import (
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
)

func TestALife(t *testing.T) {
	for _, mode := range []letter.Mode{letter.ModeBlind, letter.ModeFull} {
		w := newWorld(t)
		w.draft = w.Draft(w.Bidders[0], w.Bank, sample.Independent, mode)
		f := w.disclosed()
		if f.Reveal == nil || f.Reveal.Lot != w.Requirement.Lot || len(f.Stuck) != 0 {
			t.Fatalf("%s: the lot is not in the book: %+v", mode, f.Stuck)
		}
		w.tell(wire.Released, wire.ReleasedBody{EffectiveAt: w.clock.Now()})
		if want := []string{"decision", "fee", "prepare", "issue", "acknowledge"}; !slices.Equal(w.verbs(), want) {
			t.Errorf("%s: said %v, want %v", mode, w.verbs(), want)
		}
		want := wire.BookEntry{Guarantee: f.ID, Number: "XJYH-00000001", Ceiling: w.draft.Application.Ceiling, Fee: w.draft.Application.Fee, Digest: f.Letter.Digest, State: "released"}
		if got := w.bank.Books(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %+v", mode, got)
		}
	}
}

// The bank is stopped after every single line of its journal and started again: it goes on where it was, and ends
// with the same one letter in its book.
func TestACrashAfterAnyLineLosesNothing(t *testing.T) {
	w := newWorld(t)
	w.disclosed()
	w.tell(wire.Released, wire.ReleasedBody{EffectiveAt: w.clock.Now()})
	lines, messages := w.lines(), w.sent
	for n := range lines {
		w.forget()
		if err := w.bank.Close(); err != nil {
			t.Fatal(err)
		}
		// And half of the next line, as a crash in the middle of a write leaves it.
		kept := append(slices.Concat(lines[:n]...), lines[n][:len(lines[n])/2]...)
		if err := os.WriteFile(w.path, kept, 0o600); err != nil {
			t.Fatal(err)
		}
		w.open(Behaviour{Decision: "instant", Fault: "none"})
		w.work()
		for _, m := range messages { // the platform sends what it has no acknowledgement of, and perhaps more
			if status := w.post(m); status != http.StatusOK {
				t.Fatalf("after line %d, message %d: %d", n, m.Seq, status)
			}
			w.work()
			if f := w.file(); m.Kind == wire.FeeAccepted && f.Paid == nil {
				w.pay()
			}
		}
		f := w.file()
		if got := w.bank.Books(); len(got) != 1 || got[0].State != "released" || len(f.Stuck) != 0 || !f.Told[sayRelease] {
			t.Fatalf("after line %d: %+v, stuck %+v", n, got, f.Stuck)
		}
		if c := strings.Count(string(slices.Concat(w.lines()...)), `"event":"written"`); c != 1 {
			t.Fatalf("after line %d: %d letters written", n, c)
		}
	}
}

// The platform did it and the answer was lost, at every single thing the bank says: it says the same again.
func TestLostAnswers(t *testing.T) {
	w := newWorld(t)
	w.cut = 1 << 20
	w.seq = 0
	m := w.next(wire.Offered, w.offered())
	w.post(m)
	for _, loss := range []int{5, 3, 7, 2, 0} {
		w.mu.Lock()
		w.cut = loss
		w.mu.Unlock()
		w.clock.Advance(time.Minute)
		w.work()
		if loss == 3 {
			w.post(w.next(wire.FeeAccepted, wire.FeeAcceptedBody{Fee: w.draft.Application.Fee}))
			w.clock.Advance(time.Minute)
			w.work()
			w.pay()
		}
	}
	w.clock.Advance(time.Hour)
	w.work()
	bodies := map[string]map[string]bool{}
	for _, s := range w.said {
		if bodies[s.key] == nil {
			bodies[s.key] = map[string]bool{}
		}
		bodies[s.key][s.body] = true
	}
	for key, different := range bodies {
		if len(different) != 1 {
			t.Errorf("%s: %d different things said under one key", key, len(different))
		}
	}
	if got := w.bank.Books(); len(got) != 1 || len(bodies) != 4 {
		t.Errorf("%+v, said %v", got, w.verbs())
	}
}

func TestTheBookIsTheFoldOfTheJournal(t *testing.T) {
	w := newWorld(t)
	w.disclosed()
	before := w.file()
	w.reopen()
	if after := w.file(); !reflect.DeepEqual(before, after) {
		t.Errorf("%+v\n%+v", before, after)
	}
}

func TestADamagedJournalIsNotOpened(t *testing.T) {
	w := newWorld(t)
	w.issued()
	lines := w.lines()
	lines[1] = append([]byte("x"), lines[1]...)
	if err := os.WriteFile(w.path, slices.Concat(lines...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(w.bank.Config); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Fatalf("%v", err)
	}
}

func TestMessagesOutOfOrderAndAgain(t *testing.T) {
	w := newWorld(t)
	first, second := w.next(wire.Offered, w.offered()), w.next(wire.Cancelled, wire.EndedBody{Reason: "cancelled"})
	if status := w.post(second); status != http.StatusServiceUnavailable {
		t.Errorf("a message came before its predecessor: %d", status)
	}
	for _, m := range []wire.ToIssuer{first, first, second, first, second} {
		if status := w.post(m); status != http.StatusOK {
			t.Errorf("message %d: %d", m.Seq, status)
		}
	}
	if n := len(w.lines()); n != 2 {
		t.Errorf("%d lines for two messages", n)
	}
	w.work()
	if v := w.verbs(); len(v) != 0 {
		t.Errorf("said %v of what was cancelled before", v)
	}
}

func TestWhatThePolicyDeclines(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*world)
		words string
	}{
		"another form":      {func(w *world) { w.bank.Form = letter.FormInsurance }, "许可"},
		"too much":          {func(w *world) { w.bank.MaxCeiling = 1 }, "受理上限"},
		"another price":     {func(w *world) { w.bank.Rate = 4999 }, "价格"},
		"signed by another": {func(w *world) { w.draft.Signed = w.Signed(w.Bidders[1], must(w.draft.Application.Canonical()), w.At) }, "未通过核验"},
		"behaviour":         {func(w *world) { w.behave(Behaviour{Decision: "decline", Fault: "none"}) }, "承保政策"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.spoil(w)
			w.tell(wire.Offered, w.offered())
			d := w.file().Decision
			if d == nil || d.Approve || !strings.Contains(d.Reason, c.words) || !slices.Equal(w.verbs(), []string{"decision"}) {
				t.Errorf("%+v, %v", d, w.verbs())
			}
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (w *world) behave(b Behaviour) {
	w.t.Helper()
	if err := w.bank.Behave(b); err != nil {
		w.t.Fatal(err)
	}
}

func TestBehaviours(t *testing.T) {
	t.Run("manual", func(t *testing.T) {
		w := newWorld(t)
		w.behave(Behaviour{Decision: "manual", Fault: "none"})
		w.tell(wire.Offered, w.offered())
		var q Queue
		if _, body := w.ask("GET", "/operator/queue", nil); wire.ReadAnswer(body, &q) != nil || len(q.Applications) != 1 || len(w.verbs()) != 0 {
			t.Fatalf("%+v", q)
		}
		id := w.draft.Application.Application
		if status, body := w.ask("POST", "/operator/applications/"+id+"/approve", struct{}{}); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		if status, _ := w.ask("POST", "/operator/applications/"+id+"/decline", map[string]string{"reason": "改主意"}); status != 409 {
			t.Errorf("decided twice: %d", status)
		}
		if !slices.Equal(w.verbs(), []string{"decision"}) || !w.file().Decision.Approve {
			t.Error(w.verbs())
		}
	})
	t.Run("slow", func(t *testing.T) {
		w := newWorld(t)
		w.behave(Behaviour{Decision: "slow", Delay: 3600, Fault: "none"})
		w.tell(wire.Offered, w.offered())
		w.clock.Advance(time.Hour - time.Microsecond)
		if w.work(); len(w.verbs()) != 0 {
			t.Error("too early")
		}
		w.clock.Advance(time.Microsecond)
		if w.work(); !slices.Equal(w.verbs(), []string{"decision"}) {
			t.Error(w.verbs())
		}
	})
	t.Run("down", func(t *testing.T) {
		w := newWorld(t)
		w.behave(Behaviour{Decision: "instant", Fault: "down"})
		m := w.next(wire.Offered, w.offered())
		if status := w.post(m); status != 503 {
			t.Error(status)
		}
		w.behave(Behaviour{Decision: "instant", Fault: "none"})
		if status := w.post(m); status != 200 {
			t.Error(status)
		}
	})
	t.Run("twice", func(t *testing.T) {
		w := newWorld(t)
		w.behave(Behaviour{Decision: "instant", Fault: "twice"})
		w.issued()
		if want := []string{"decision", "decision", "fee", "fee", "prepare", "issue", "prepare", "issue"}; !slices.Equal(w.verbs(), want) {
			t.Error(w.verbs())
		}
		if len(w.bank.Books()) != 1 {
			t.Error(w.bank.Books())
		}
	})
	t.Run("unknown", func(t *testing.T) {
		w := newWorld(t)
		for _, b := range []Behaviour{{}, {Decision: "instant"}, {Decision: "maybe", Fault: "none"}, {Decision: "slow", Delay: -1, Fault: "none"}} {
			if err := w.bank.Behave(b); err == nil {
				t.Errorf("%+v", b)
			}
		}
	})
}

// A bank that does wrong writes what an honest platform must refuse; the refusal is on its desk and its book is empty.
func TestFaultsAreSeenInTheLetter(t *testing.T) {
	for fault, wrong := range map[string]func(w *world, u letter.Undertaking, signer string) bool{
		"changed_amount": func(w *world, u letter.Undertaking, _ string) bool { return u.MaxAmount > w.draft.Application.Ceiling },
		"wrong_key":      func(w *world, _ letter.Undertaking, signer string) bool { return signer != w.Bank.Party.USCC },
	} {
		w := newWorld(t)
		w.behave(Behaviour{Decision: "instant", Fault: fault})
		w.refuse["issue"] = "undertaking.max_amount"
		w.tell(wire.Offered, w.offered())
		w.tell(wire.FeeAccepted, wire.FeeAcceptedBody{Fee: w.draft.Application.Fee})
		w.pay()
		f := w.file()
		u, signer := read(t, f.Letter.Signed)
		if !wrong(w, u, signer) {
			t.Errorf("%s: the letter is right", fault)
		}
		if len(f.Stuck) != 1 || f.Stuck[sayLetter].Code != "undertaking.max_amount" || len(w.bank.Books()) != 0 {
			t.Errorf("%s: %+v, %+v", fault, f.Stuck, w.bank.Books())
		}
	}
}

func TestAPlatformThatLiesAtTheOpeningIsSeen(t *testing.T) {
	w := newWorld(t)
	w.issued()
	w.tell(wire.Disclosed, wire.DisclosedBody{Reveal: w.Blind().RevealBytes, OpenedAt: w.At})
	if f := w.file(); f.Reveal != nil || len(f.Stuck) != 1 || f.Stuck[sayNothing].Code != "disclosure.mismatch" {
		t.Fatalf("%+v", f.Stuck)
	}
}

func TestAgreementWithThePlatform(t *testing.T) {
	w := newWorld(t)
	f := w.issued()
	mine := w.bank.Books()[0]
	lie := mine
	lie.Ceiling++
	lost := mine
	lost.Guarantee, lost.State = sample.ID(9), "none"
	for name, c := range map[string]struct {
		book []wire.BookEntry
		want []client.Difference
	}{
		"the same":    {[]wire.BookEntry{mine, lost}, nil},
		"not issued":  {[]wire.BookEntry{}, []client.Difference{{Guarantee: f.ID, Kind: "missing_theirs", Ours: &mine}}},
		"another sum": {[]wire.BookEntry{lie}, []client.Difference{{Guarantee: f.ID, Kind: "ceiling", Ours: &mine, Theirs: &lie}}},
	} {
		w.book = c.book
		if got, err := w.bank.Agree(t.Context()); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestTheCashierTakesTheFeeOnce(t *testing.T) {
	w := newWorld(t)
	path := "/cashier/" + w.draft.Application.Application
	if status, _ := w.ask("GET", path, nil); status != 404 {
		t.Errorf("a bill before there is an application: %d", status)
	}
	w.tell(wire.Offered, w.offered())
	if status, _ := w.ask("POST", path+"/pay", Pay{Amount: w.draft.Application.Fee}); status != 404 {
		t.Errorf("paid before the fee was accepted: %d", status)
	}
	w.tell(wire.FeeAccepted, wire.FeeAcceptedBody{Fee: w.draft.Application.Fee})
	if status, _ := w.ask("POST", path+"/pay", Pay{Amount: w.draft.Application.Fee - 1}); status != 422 {
		t.Errorf("another amount: %d", status)
	}
	w.pay()
	w.pay()
	if n := strings.Count(string(slices.Concat(w.lines()...)), `"event":"paid"`); n != 1 {
		t.Errorf("%d payments", n)
	}
}

func TestTheOperatorsDeskIsForTheOperator(t *testing.T) {
	w := newWorld(t)
	w.bank.Operator = "令牌"
	for _, path := range []string{"/books", "/operator/queue", "/operator/agreement"} {
		if status, _ := w.ask("GET", path, nil); status != 403 {
			t.Errorf("%s without the token: %d", path, status)
		}
	}
}

func TestRefunds(t *testing.T) {
	w := newWorld(t)
	w.refuse["prepare"] = "issue.not_paid" // the applicant cancelled meanwhile: nothing is issued
	w.tell(wire.Offered, w.offered())
	w.tell(wire.FeeAccepted, wire.FeeAcceptedBody{Fee: w.draft.Application.Fee})
	w.pay()
	w.tell(wire.RefundDue, wire.RefundDueBody{Reason: "cancelled"})
	f := w.file()
	if f.Refund == nil || !f.Told[sayRefund] {
		t.Fatalf("the fee stays with the bank: %+v, %v", f.Stuck, w.verbs())
	}
}

func read(t *testing.T, p7s []byte) (letter.Undertaking, string) {
	t.Helper()
	signed := must(parse(p7s))
	return must(letter.ParseUndertaking(signed.Content)), signed.Signer().Subject().OrganizationID
}
