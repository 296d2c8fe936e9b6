package guarantee

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// answered is a held demand whose applicant agrees to an extension.
func (w *world) answered(l disclosedLetter, to calendar.Date) claimed {
	w.t.Helper()
	c := w.held(l, 30_000_000, to)
	w.must(w.answers(c, l.bidder, letter.ChooseExtend, nil))
	return c
}

// rows is everything on record of a letter and its demands.
func (w *world) rows(id string) (all string) {
	w.t.Helper()
	if err := w.Pool.QueryRow(w.ctx, `SELECT string_agg(x, '|' ORDER BY x) FROM (SELECT g::text AS x FROM guarantee g WHERE id = $1
		UNION ALL SELECT d::text FROM demand d WHERE guarantee = $1 UNION ALL SELECT a::text FROM amendment a WHERE guarantee = $1
		UNION ALL SELECT e::text FROM guarantee_event e WHERE guarantee = $1) y`, id).Scan(&all); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// The platform dies at every row that an extension writes, after it has signed the receipt: nothing is done, what the
// guarantor has signed is still good, and it is taken once.
func TestExtendKilledAtEveryWrite(t *testing.T) {
	w := extendableWorld(t)
	to := day2027(t, "06-30")
	c := w.answered(w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001"), to)
	p7s, cmd, before := w.amendment(c, to, nil), c.says(w), w.rows(c.id)
	w.exec(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$`)
	for _, at := range []string{"INSERT ON amendment", "INSERT ON guarantee_event", "UPDATE ON guarantee", "UPDATE ON demand", "UPDATE ON once"} {
		w.exec(`CREATE TRIGGER zz_die AFTER ` + at + ` FOR EACH ROW EXECUTE FUNCTION die()`)
		_, err := w.ExtendDemand(w.ctx, cmd, c.d.ID, p7s)
		if err == nil || !strings.Contains(err.Error(), "P0001") && !strings.Contains(err.Error(), "killed") {
			t.Errorf("%s: %v", at, err)
		}
		if _, refused := party.RefusalOf(err); refused {
			t.Errorf("%s: the guarantor is refused what may yet be done: %v", at, err)
		}
		if w.rows(c.id) != before {
			t.Errorf("%s: half of it is done", at)
		}
		w.exec(`DROP TRIGGER zz_die ON ` + at[strings.LastIndex(at, " ")+1:])
	}
	w.outbox.fail = errors.New("killed")
	if _, err := w.ExtendDemand(w.ctx, cmd, c.d.ID, p7s); err == nil || w.rows(c.id) != before {
		t.Errorf("without what follows from it: %v", err)
	}
	w.outbox.fail = nil
	w.must(w.ExtendDemand(w.ctx, cmd, c.d.ID, p7s))
	w.fileSays(c.disclosedLetter, to, 1)
	history(t, w, c.id)
}

// The answer is lost, and the guarantor says the same again: at once, by another request, behind the hold, after another
// extension, and when its certificate has run out. It is told the first receipt, and nothing changes. Other bytes of the same
// words are another amendment, and are refused.
func TestExtendSaidAgain(t *testing.T) {
	w := extendableWorld(t)
	to := day2027(t, "06-30")
	c := w.answered(w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001"), to)
	p7s, again, cmd := w.amendment(c, to, nil), w.amendment(c, to, nil), c.says(w)
	receipt := w.must(w.ExtendDemand(w.ctx, cmd, c.d.ID, p7s)).Amended
	said := func(when string) {
		t.Helper()
		before := w.rows(c.id)
		for _, by := range []party.Command{cmd, c.says(w)} {
			if a, err := w.ExtendDemand(w.ctx, by, c.d.ID, p7s); err != nil || !bytes.Equal(a.Amended, receipt) {
				t.Errorf("%s: %v, another receipt", when, err)
			}
		}
		_, err := w.extends(c, again)
		if _, refused := party.RefusalOf(err); !refused {
			t.Errorf("%s: the same words signed anew: %v", when, err)
		}
		if _, err := w.pays(c); err == nil {
			t.Errorf("%s: extended, and paid", when)
		}
		if w.rows(c.id) != before {
			t.Errorf("%s: something changed", when)
		}
	}
	said("at once")
	w.clock.Set(day2027(t, "04-10").EndOfDay())
	said("behind the hold")
	second, err := w.claimOrExtend(c.disclosedLetter, 80_000_000, to.AddDays(31))
	w.must(second.a, err)
	w.must(w.DecideDemand(w.ctx, second.says(w), second.d.ID, DemandDecision{Complying: true}))
	w.must(w.HoldDemand(w.ctx, second.says(w), second.d.ID, w.clock.Now().Add(48*time.Hour)))
	w.must(w.answers(second, c.bidder, letter.ChooseExtend, nil))
	said("before another extension")
	w.must(w.extends(second, w.amendment(second, to.AddDays(31), nil)))
	said("after another extension")
	w.clock.Set(w.bank.sign.Chain[0].NotAfter().Add(time.Hour))
	if _, err := w.guarantorSigned(w.row(c.id), "amendment", p7s, w.clock.Now()); err == nil {
		t.Fatal("the certificate has not run out")
	}
	said("without a certificate")
	w.fileSays(c.disclosedLetter, to.AddDays(31), 2)
	history(t, w, c.id)
}

// The same of an issue: a letter in force is in force for whoever says it again, with a certificate or without.
func TestIssueSaidAgainWithoutACertificate(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.paid(h)
	_, p7s := w.letterOf(h, "CSB-2026-000001")
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, "CSB-2026-000001", letter.UndertakingDigest(p7s)))
	first := w.must(w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s}))
	w.clock.Set(w.bank.sign.Chain[0].NotAfter().Add(time.Hour))
	if a, err := w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s}); err != nil || !bytes.Equal(a.Receipt, first.Receipt) {
		t.Errorf("%v, another receipt", err)
	}
}
