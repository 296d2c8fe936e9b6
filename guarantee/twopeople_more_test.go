package guarantee

import (
	"testing"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// admitted puts the signing certificate of a person of an institution on record, as an operator does or as itself may.
func (w *world) admitted(o org, by string) {
	w.t.Helper()
	c := o.sign.Certificate()
	f := c.Fingerprint()
	if _, err := w.Pool.Exec(w.ctx, `INSERT INTO organisation (uscc, name, roles, status, admitted_by, admitted_at)
		VALUES ($1, $2, '{guarantor}', 'active', $3, $4)`, o.party.USCC, o.party.Name, by, w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Pool.Exec(w.ctx, `INSERT INTO certificate (fingerprint, uscc, der, can_sign, can_encrypt, not_before, not_after, added_at, admitted_by)
		VALUES ($1, $2, $3, true, false, $4, $5, $4, $6)`, f[:], o.party.USCC, c.Raw(), w.clock.Now(), w.clock.Now().AddDate(1, 0, 0), by); err != nil {
		w.t.Fatal(err)
	}
}

// A letter sold at a counter binds from its receipt on: one person alone does not make it.
func TestTwoPeopleAtTheCounter(t *testing.T) {
	w := newWorld(t)
	w.asksForTwo(w.bank)
	first, second := w.bank, w.bank
	second.sign = w.org(w.bank.party.Name, 98).sign
	by := func(o org) party.Command {
		cmd := w.by(w.bank, party.Guarantor)
		cmd.Actor.Certificate = o.sign.Certificate().Fingerprint()
		return cmd
	}
	b := w.buy(w.bidders[0], first, "GUITAI-000001")
	in := w.handIn(b)
	_, err := w.Deposit(w.ctx, by(first), in, everyForm)
	refused(t, err, "deposit.same_person")
	_, err = w.Deposit(w.ctx, by(second), in, everyForm)
	refused(t, err, "deposit.signer_not_admitted")
	w.admitted(first, party.Self) // brought by itself, for bidding
	_, err = w.Deposit(w.ctx, by(second), in, everyForm)
	refused(t, err, "deposit.signer_not_admitted")
	if _, err := w.Pool.Exec(w.ctx, `UPDATE certificate SET admitted_by = 'operator'`); err != nil {
		t.Fatal(err)
	}
	a := w.must(w.Deposit(w.ctx, by(second), in, everyForm))
	g, f := w.row(a.ID), first.sign.Certificate().Fingerprint()
	if g.InstrumentState != Issued || !g.TwoPeople || string(g.DecidedBy) != string(f[:]) || string(g.IssuedBy) == string(f[:]) {
		t.Errorf("%+v", g)
	}
	if again := w.must(w.Deposit(w.ctx, by(first), in, everyForm)); string(again.Receipt) != string(a.Receipt) {
		t.Error("the same letter again has another receipt")
	}
	w.must(w.deposit(w.buy(w.bidders[1], w.otherBank, "GUITAI-000002"))) // which asks for nothing
}

// Nobody alone notes that an insurer has paid in advance where it asks for two.
func TestTwoPeoplePayInAdvance(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	people := w.people(w.insurer)
	l := w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001")
	w.asksForTwo(w.insurer) // from here on
	c := w.claim(l, 50_000_000, false)
	p := Payment{Amount: 20_000_000, Reference: "I1", PaidAt: w.clock.Now(), Slip: signing.Sum([]byte("回单"))}
	pay := func(n int, p Payment) (Answer, error) {
		return w.PayInterim(w.ctx, w.byPerson(w.insurer, people, n), c.d.ID, p)
	}
	paid := func(want letter.Fen) {
		t.Helper()
		if g := w.row(l.id); g.Honoured != want || w.demandRow(c).InterimPaid != want {
			t.Fatalf("%d noted as paid, want %d", g.Honoured, want)
		}
	}
	w.must(pay(1, p))
	paid(0)
	_, err := pay(1, p)
	refused(t, err, "demand.interim_same_person")
	if f := must(w.InterimWaits(w.ctx, c.d.ID)); f == nil || f.Amount != p.Amount || f.Reference != "I1" {
		t.Errorf("waits: %+v", f)
	}
	other := p
	other.Amount++
	w.must(pay(2, other)) // takes its place
	paid(0)
	w.must(pay(2, p))
	paid(0)
	w.must(pay(1, p))
	paid(p.Amount)
	if f := must(w.InterimWaits(w.ctx, c.d.ID)); f != nil {
		t.Errorf("still waits: %+v", f)
	}
	history(t, w, l.id)
}
