package guarantee

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// asksForTwo lets one institution ask for two people; the others do not.
func (w *world) asksForTwo(o org) {
	w.TwoPeople = func(_ context.Context, _ store.Querier, guarantor string) (bool, error) {
		return guarantor == o.party.USCC, nil
	}
}

// byPerson is a command of an institution by the certificate of one of its people.
func (w *world) byPerson(o org, people map[int]org, n int) party.Command {
	cmd := w.by(o, party.Guarantor)
	cmd.Actor.Certificate = people[n].sign.Certificate().Fingerprint()
	return cmd
}

// people are persons of an institution.
func (w *world) people(o org) map[int]org {
	w.t.Helper()
	return map[int]org{1: w.org(o.party.Name, 98), 2: w.org(o.party.Name, 99)}
}

func (w *world) feeArrives(cmd party.Command, h handed) {
	w.t.Helper()
	w.must(w.FeeReceived(w.ctx, cmd, h.id, FeeEvidence{Amount: h.draft.application.Fee, Reference: "R1", PaidAt: w.clock.Now(),
		Payer: letter.Account{Name: h.bidder.party.Name, Number: "6222020100012345", Bank: "工商银行长沙分行"}}))
}

func TestTwoPeopleIssue(t *testing.T) {
	w := newWorld(t)
	w.asksForTwo(w.bank)
	people := w.people(w.bank)
	for i, c := range []struct {
		name                      string
		guarantor, bidder         org
		decides, prepares, issues int
		code                      string
	}{
		{"one person alone", w.bank, w.bidders[0], 1, 1, 1, "issue.same_person"},
		{"the colleague alone", w.bank, w.bidders[0], 2, 2, 2, "issue.same_person"},
		{"the colleague prepares, the first sends", w.bank, w.bidders[0], 1, 2, 1, "issue.same_person"},
		{"the colleague does both", w.bank, w.bidders[1], 1, 2, 2, ""},
		{"an institution that asks for nothing", w.otherBank, w.bidders[2], 1, 1, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := w.apply(c.bidder, c.guarantor)
			says := func(n int) party.Command { return w.byPerson(c.guarantor, people, n) }
			w.must(w.Decide(w.ctx, says(c.decides), h.id, Decision{Approve: true, Fee: h.draft.application.Fee}))
			w.feeArrives(says(c.decides), h)
			number := "CSB-2026-00000" + string(rune('1'+i))
			_, p7s := w.letterOf(h, number)
			_, err := w.Prepare(w.ctx, says(c.prepares), h.id, number, letter.UndertakingDigest(p7s))
			if err == nil {
				_, err = w.Issue(w.ctx, says(c.issues), h.id, Issue{Undertaking: p7s})
			}
			if c.code == "" {
				w.must(Answer{}, err)
				return
			}
			refused(t, err, c.code)
			w.must(w.FailIssue(w.ctx, says(c.decides), h.id, "测试到此为止")) // whoever may not issue may still give up
		})
	}
}

// Eight try at once, every other one by the certificate that decided: no order of them lets that one in.
func TestTwoPeopleRace(t *testing.T) {
	w := newWorld(t)
	w.asksForTwo(w.bank)
	people, h := w.people(w.bank), w.apply(w.bidders[0], w.bank)
	w.must(w.Decide(w.ctx, w.byPerson(w.bank, people, 1), h.id, Decision{Approve: true, Fee: h.draft.application.Fee}))
	w.feeArrives(w.byPerson(w.bank, people, 1), h)
	_, p7s := w.letterOf(h, "CSB-2026-000001")
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		prepare, send := w.byPerson(w.bank, people, 1+i%2), w.byPerson(w.bank, people, 1+i%2)
		wg.Go(func() {
			_, errs[i] = w.Prepare(w.ctx, prepare, h.id, "CSB-2026-000001", letter.UndertakingDigest(p7s))
			if errs[i] == nil {
				_, errs[i] = w.Issue(w.ctx, send, h.id, Issue{Undertaking: p7s})
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if i%2 == 1 {
			w.must(Answer{}, err)
			continue
		}
		refused(t, err, "issue.same_person")
	}
	g, err := readGuarantee(w.ctx, w.Pool, h.id)
	if err != nil || g.InstrumentState != Issued || string(g.IssuedBy) == string(g.DecidedBy) || !g.TwoPeople {
		t.Errorf("in the end: %+v, %v", g, err)
	}
}

func TestTwoPeoplePay(t *testing.T) {
	w := newWorld(t)
	people := w.people(w.bank)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	w.asksForTwo(w.bank) // from here on
	a, _, err := w.present(l, w.tenderees[0], w.demandOf(l, w.tenderees[0], 100, w.files(l)), w.files(l))
	w.must(a, err)
	w.must(w.DecideDemand(w.ctx, w.byPerson(w.bank, people, 1), a.Demand, DemandDecision{Complying: true}))
	paid := Payment{Amount: 100, Reference: "PAY1", PaidAt: w.clock.Now()}
	_, err = w.HonourDemand(w.ctx, w.byPerson(w.bank, people, 1), a.Demand, paid)
	refused(t, err, "demand.same_person")
	held(t, w, "demand_two_people", `UPDATE demand SET state = 'honoured', paid_amount = 100, paid_ref = 'PAY1', paid_at = now(), paid_by = decided_by WHERE id = @id`, a.Demand)
	held(t, w, "who decided may not change", `UPDATE demand SET two_people = false WHERE id = @id`, a.Demand)
	if got := w.must(w.HonourDemand(w.ctx, w.byPerson(w.bank, people, 2), a.Demand, paid)); got.DemandState != Honoured {
		t.Errorf("paid by the colleague: %+v", got)
	}
}

// The rows hold it a second time, and a setting that is taken back frees nothing that was decided under it.
func TestTwoPeopleInTheDatabase(t *testing.T) {
	w := newWorld(t)
	w.asksForTwo(w.bank)
	people, h := w.people(w.bank), w.apply(w.bidders[0], w.bank)
	w.must(w.Decide(w.ctx, w.byPerson(w.bank, people, 1), h.id, Decision{Approve: true, Fee: h.draft.application.Fee}))
	w.feeArrives(w.byPerson(w.bank, people, 1), h)
	w.TwoPeople = nil
	_, p7s := w.letterOf(h, "CSB-2026-000001")
	_, err := w.Prepare(w.ctx, w.byPerson(w.bank, people, 1), h.id, "CSB-2026-000001", letter.UndertakingDigest(p7s))
	refused(t, err, "issue.same_person")
	for _, by := range []string{"decided_by", "NULL"} {
		held(t, w, "guarantee_two_people", `UPDATE guarantee SET instrument_state = 'issuing', number = 'CSB-2026-000001', letter_digest = decode(repeat('00', 32), 'hex'),
			prepared_by = `+by+` WHERE id = @id`, h.id)
	}
	held(t, w, "who decided may not change", `UPDATE guarantee SET two_people = false WHERE id = @id`, h.id)
	held(t, w, "who decided may not change", `UPDATE guarantee SET decided_by = decode(repeat('00', 32), 'hex') WHERE id = @id`, h.id)
	w.must(w.Prepare(w.ctx, w.byPerson(w.bank, people, 2), h.id, "CSB-2026-000001", letter.UndertakingDigest(p7s)))
	w.clock.Advance(time.Second)
	held(t, w, "guarantee_two_people", `UPDATE guarantee SET instrument_state = 'issued', issued_at = now(), receipt = 'x', letter = 'x', issued_by = decided_by WHERE id = @id`, h.id)
	w.must(w.Issue(w.ctx, w.byPerson(w.bank, people, 2), h.id, Issue{Undertaking: p7s}))
}

// held fails unless the database refuses, for this reason.
func held(t *testing.T, w *world, why, sql, id string) {
	t.Helper()
	_, err := w.Pool.Exec(w.ctx, sql, pgx.NamedArgs{"id": id})
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || !strings.Contains(pg.ConstraintName+" "+pg.Message, why) {
		t.Errorf("%s: %v", sql, err)
	}
}
