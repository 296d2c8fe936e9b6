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
)

// held is a demand that would take an extension, found complying by a bank whose rule is to extend.
func (w *world) held() (wire.DemandBody, letter.Demand) {
	w.t.Helper()
	w.draft = w.Extendable()
	w.disclosed()
	if err := w.bank.Behave(Behaviour{Decision: "instant", Fault: "none", Extension: "extend"}); err != nil {
		w.t.Fatal(err)
	}
	var d letter.Demand
	body := w.demand(func(x *letter.Demand, _ *wire.DemandBody) {
		x.ExtendTo = w.Requirement.End.Expiry().AddDays(60)
		d = *x
	}, w.Tenderees[0])
	w.tell(wire.DemandPresented, body)
	if q := w.queued(); len(q) != 1 || q[0].ExtendTo != d.ExtendTo || len(q[0].Discrepancies) != 0 {
		w.t.Fatalf("%+v", q)
	}
	if status, b := w.ask(http.MethodPost, "/operator/demands/"+body.Demand+"/honour", struct{}{}); status != 200 {
		w.t.Fatalf("%d %s", status, b)
	}
	if v := w.verbs(); !slices.Equal(v[len(v)-2:], []string{"decision", "hold"}) {
		w.t.Fatal(v)
	}
	return body, d
}

func (w *world) answered(body wire.DemandBody, d letter.Demand, choice letter.ExtensionChoice, by sample.Member) wire.DemandAnsweredBody {
	w.t.Helper()
	content := must(letter.ExtensionAnswer{Version: 1, Demand: d.ID, DemandDigest: letter.DemandDigest(body.Signed), Guarantee: d.Guarantee, Number: d.Number,
		Guarantor: d.Guarantor, Applicant: w.Bidders[0].Party, ExtendTo: d.ExtendTo, Answer: choice, At: w.At}.Canonical())
	return wire.DemandAnsweredBody{Demand: d.ID, Answer: choice, Signed: w.Signed(by, content, w.clock.Now()), At: w.clock.Now()}
}

func TestADemandIsExtended(t *testing.T) {
	w := newWorld(t)
	body, d := w.held()
	w.tell(wire.DemandAnswered, w.answered(body, d, letter.ChooseExtend, w.Bidders[0]))
	v := w.verbs()
	if v[len(v)-1] != "extend" || slices.Contains(v, "paid") || w.bank.Books()[0].Paid != 0 {
		t.Fatal(v)
	}
	f := w.file()
	signed, err := signing.ParseSignedData(f.extensions()[0].Signed)
	if err != nil {
		t.Fatal(err)
	}
	m, err := letter.ParseAmendment(signed.Content)
	if err != nil || m.Expiry != d.ExtendTo || m.Demand != d.ID || m.N != 1 || f.lastDay() != d.ExtendTo {
		t.Errorf("%+v, %v, last day %s", m, err, f.lastDay())
	}
	// What comes after the old end and before the new one is in time, also for a bank that has started again.
	w.reopen()
	later := w.demand(func(x *letter.Demand, b *wire.DemandBody) {
		x.ID, b.Demand = sample.ID(8), sample.ID(8)
		b.ReceivedAt = d.ExtendTo.EndOfDay()
	}, w.Tenderees[0])
	if found := w.bank.examineClaim(w.file(), w.next(wire.DemandPresented, later)); len(found.Discrepancies) != 0 {
		t.Errorf("%+v", found)
	}
}

// Without the applicant's own word for an extension the bank pays, at the latest when the answer is due; and also when the
// platform does not take the extension.
func TestAHeldDemandIsPaid(t *testing.T) {
	for name, then := range map[string]func(*world, wire.DemandBody, letter.Demand){
		"the applicant says pay": func(w *world, b wire.DemandBody, d letter.Demand) {
			w.tell(wire.DemandAnswered, w.answered(b, d, letter.ChoosePay, w.Bidders[0]))
		},
		"the applicant says nothing": func(w *world, _ wire.DemandBody, _ letter.Demand) {
			w.clock.Advance(replyWithin + time.Second)
			w.work()
		},
		"somebody else answers": func(w *world, b wire.DemandBody, d letter.Demand) {
			w.tell(wire.DemandAnswered, w.answered(b, d, letter.ChooseExtend, w.Bidders[1]))
			w.clock.Advance(replyWithin + time.Second)
			w.work()
		},
		"the platform refuses": func(w *world, b wire.DemandBody, d letter.Demand) {
			w.refuse["extend"] = "demand.extend_late"
			w.tell(wire.DemandAnswered, w.answered(b, d, letter.ChooseExtend, w.Bidders[0]))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			body, d := w.held()
			then(w, body, d)
			if v := w.verbs(); v[len(v)-1] != "paid" || w.bank.Books()[0].Paid != w.Requirement.Amount {
				t.Error(v)
			}
		})
	}
}

// What the bank says is refused when the platform has taken it before, or when nothing is owed any more: it asks before it
// pays, and until it can ask it does neither.
func TestARefusedExtensionIsNotPaidBlindly(t *testing.T) {
	for name, c := range map[string]struct {
		then     func(*world, wire.DemandBody)
		extended bool
		paid     letter.Fen
	}{
		"it was taken, and the answer lost": {then: func(w *world, _ wire.DemandBody) {
			w.cut = 4 // as often as the bank tries
			w.work()
			w.refuse["extend"] = "issue.signer"
		}, extended: true},
		"the beneficiary has taken its demand back": {then: func(w *world, b wire.DemandBody) {
			w.refuse["extend"], w.claim.State = "demand.illegal_move", "withdrawn"
			w.work()
			w.tell(wire.DemandWithdrawn, wire.DemandWithdrawnBody{Demand: b.Demand, At: w.clock.Now()})
		}},
		"a court has stopped the payment": {then: func(w *world, _ wire.DemandBody) {
			w.refuse["extend"], w.claim.State = "demand.illegal_move", "stayed"
		}},
		"nobody tells": {then: func(w *world, b wire.DemandBody) {
			w.refuse["extend"], w.refuse[b.Demand] = "demand.extend_late", "signature.certificate"
		}},
		"it is still owed": {then: func(w *world, b wire.DemandBody) {
			w.refuse["extend"], w.refuse[b.Demand] = "demand.extend_late", "signature.certificate"
			w.work()
			delete(w.refuse, b.Demand)
		}, paid: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			body, d := w.held()
			if status := w.post(w.next(wire.DemandAnswered, w.answered(body, d, letter.ChooseExtend, w.Bidders[0]))); status != http.StatusOK {
				t.Fatal(status)
			}
			c.then(w, body)
			for range 3 {
				w.clock.Advance(time.Minute)
				w.work()
				w.reopen()
			}
			last := w.Requirement.End.Expiry()
			if c.extended {
				last = d.ExtendTo
			}
			if got := w.bank.Books()[0].Paid; got != c.paid*w.Requirement.Amount || w.file().lastDay() != last || slices.Contains(w.verbs(), "paid") != (c.paid > 0) {
				t.Errorf("paid %d, last day %s, said %v", got, w.file().lastDay(), w.verbs())
			}
		})
	}
}

// The bank is stopped after every line of its journal from the demand on, every answer is lost for a while, and everything is
// delivered again: one extension, the same bytes, and no payment.
func TestExtensionAfterACrash(t *testing.T) {
	w := newWorld(t)
	body, d := w.held()
	w.tell(wire.DemandAnswered, w.answered(body, d, letter.ChooseExtend, w.Bidders[0]))
	lines, messages := w.lines(), w.sent
	from := slices.IndexFunc(lines, func(line []byte) bool { return strings.Contains(string(line), string(wire.DemandPresented)) })
	for n := from; n < len(lines); n++ {
		if err := w.bank.Close(); err != nil {
			t.Fatal(err)
		}
		kept := append(slices.Concat(lines[:n]...), lines[n][:len(lines[n])/2]...)
		if err := os.WriteFile(w.path, kept, 0o600); err != nil {
			t.Fatal(err)
		}
		w.forget() // each crash is another history: what was not on paper cannot have been said
		w.open(Behaviour{Decision: "instant", Fault: "none", Extension: "extend"})
		w.cut = 3
		for range 2 {
			for _, m := range messages {
				w.post(m)
				w.work()
				w.ask(http.MethodPost, "/operator/demands/"+body.Demand+"/honour", struct{}{})
				w.clock.Advance(time.Minute)
				w.work()
			}
		}
		bodies := map[string]bool{}
		for _, s := range w.said {
			if strings.HasSuffix(s.path, "/extend") {
				bodies[s.body] = true
			}
		}
		signed := strings.Count(string(slices.Concat(w.lines()...)), `"event":"claim_extended"`)
		if f := w.file(); signed != 1 || len(bodies) > 1 || f.lastDay() != d.ExtendTo || w.bank.Books()[0].Paid != 0 || len(f.claim(body.Demand).Stuck) != 0 {
			t.Fatalf("after line %d of %d: %d signed, %d said, last day %s, paid %d, said %v, %+v", n, len(lines), signed, len(bodies), f.lastDay(), w.bank.Books()[0].Paid, w.verbs(), f.claim(body.Demand))
		}
	}
}
