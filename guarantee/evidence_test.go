package guarantee

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing/tlog"
)

// stepped lets a minute pass in which the log takes in what waits.
func (w *world) stepped() {
	w.t.Helper()
	w.clock.Advance(time.Minute)
	if appended, err := w.Log.Step(w.ctx); err != nil || !appended {
		w.t.Fatalf("the log's beat: %v %v", appended, err)
	}
}

func (w *world) policy() tlog.Policy { return tlog.Policy{Log: []tlog.Key{w.Log.Key}} }

func kindsIn(all []letter.LogEntry) (kinds []EventKind) {
	for _, e := range all {
		kinds = append(kinds, EventKind(e.Fact.Kind))
	}
	return kinds
}

// From the issue on the log's promise is there, a beat later the proof; each is for those who may know the fact.
func TestLogOfALife(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.issued(h, "CSB-2026-000001")
	owner, guarantor := h.bidder.actor(party.Bidder), h.guarantor.actor(party.Guarantor)
	all, err := w.OwnLog(w.ctx, owner, h.id)
	if err != nil || len(all) != 1 || all[0].Inclusion != nil {
		t.Fatalf("%+v %v", all, err)
	}
	leaf, err := all[0].Fact.Commitment(all[0].Salt)
	if err != nil {
		t.Fatal(err)
	}
	if promise, err := tlog.OpenReceipt([]byte(all[0].Receipt), w.Log.Key); err != nil || promise.Leaf != leaf {
		t.Errorf("the promise is of %v: %v", promise, err)
	}
	w.stepped()
	w.proven(owner, guarantor, h.id, EventIssued)
	for name, err := range map[string]error{
		"another bidder":         second(w.OwnLog(w.ctx, w.bidders[1].actor(party.Bidder), h.id)),
		"another bank":           second(w.GuarantorLog(w.ctx, w.otherBank.actor(party.Guarantor), h.id)),
		"a beneficiary, sealed":  second(w.BeneficiaryLog(w.ctx, w.tenderees[0].actor(party.Beneficiary), h.id)),
		"the owner as guarantor": second(w.GuarantorLog(w.ctx, h.bidder.actor(party.Guarantor), h.id)),
	} {
		if err == nil {
			t.Errorf("%s reads the log of a letter", name)
		}
	}

	l := disclosedLetter{h, "CSB-2026-000001", w.open(h.id)[0]}
	w.must(w.release(l, w.tenderees[0]))
	w.must(w.release(l, w.tenderees[1]))
	w.stepped()
	w.proven(owner, guarantor, h.id, EventIssued, EventReleaseSigned, EventReleaseSigned, EventReleased)
}

func second[A any](_ A, err error) error { return err }

// proven demands that owner and guarantor are shown these facts, each with a proof that holds.
func (w *world) proven(owner, guarantor party.Actor, id string, want ...EventKind) {
	w.t.Helper()
	all, err := w.OwnLog(w.ctx, owner, id)
	same, err2 := w.GuarantorLog(w.ctx, guarantor, id)
	if err != nil || err2 != nil || !slices.Equal(kindsIn(all), want) || !slices.Equal(kindsIn(same), want) {
		w.t.Fatalf("%v, %v: %v %v; want %v", kindsIn(all), kindsIn(same), err, err2, want)
	}
	for _, e := range all {
		p, ok := e.Proof()
		if !ok {
			w.t.Errorf("%s has no proof", e.Fact.Kind)
			continue
		}
		if _, _, err := p.Verify(w.policy()); err != nil {
			w.t.Errorf("%s: %v", e.Fact.Kind, err)
		}
	}
}

// The file of a letter carries the proof of its issue, and anyone verifies it.
func TestFileCarriesTheLogProof(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[1], w.insurer, "HNPIC-00000001")
	file := func() letter.Report {
		b, err := w.File(w.ctx, l.id)
		if err != nil {
			t.Fatal(err)
		}
		return letter.VerifyFile(b, w.Trust, letter.Log(w.policy()))
	}
	if r := file(); r.OK {
		t.Error("a file holds before any head vouches for it, though the log was named")
	}
	w.stepped()
	if r := file(); !r.OK {
		t.Errorf("%+v", r)
	}
}

// What a demand comes to is logged, with the digest of what was signed.
func TestLogOfADemand(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	demand := w.demandOf(l, w.tenderees[0], w.requirement.Amount, w.files(l))
	a, in, err := w.present(l, w.tenderees[0], demand, w.files(l))
	w.must(a, err)
	w.must(w.DecideDemand(w.ctx, w.guarantorSays(l.handed), demand.ID, DemandDecision{Complying: true}))
	w.must(w.HonourDemand(w.ctx, w.guarantorSays(l.handed), demand.ID, Payment{Amount: demand.Amount, Reference: "P1", PaidAt: w.clock.Now()}))
	w.stepped()
	owner, guarantor := l.bidder.actor(party.Bidder), l.guarantor.actor(party.Guarantor)
	w.proven(owner, guarantor, l.id, EventIssued, EventDemandPresented, EventDemandComplying, EventDemandHonoured, EventPaidOut)
	var signed []byte
	if err := w.Pool.QueryRow(w.ctx, `SELECT signed FROM demand WHERE id = $1`, demand.ID).Scan(&signed); err != nil {
		t.Fatal(err)
	}
	var logged string
	if err := w.Pool.QueryRow(w.ctx, `SELECT data->>'signed' FROM guarantee_event WHERE guarantee = $1 AND kind = 'demand_presented'`, l.id).Scan(&logged); err != nil {
		t.Fatal(err)
	}
	if want := letter.PaperDigest(signed).String(); logged != want {
		t.Errorf("the fact says %s, what was signed is %s (intake %s)", logged, want, in.ID)
	}
}

// A change of one row contradicts its leaf.
func TestChangedFactHasNoProof(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.issued(h, "CSB-2026-000001")
	w.stepped()
	for _, sql := range []string{`ALTER TABLE guarantee_event DISABLE TRIGGER USER`,
		`UPDATE guarantee_event SET at = at - interval '1 microsecond' WHERE leaf IS NOT NULL`} {
		if _, err := w.Pool.Exec(w.ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.OwnLog(w.ctx, h.bidder.actor(party.Bidder), h.id)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v %v", all, err)
	}
	p, _ := all[0].Proof()
	if _, _, err := p.Verify(w.policy()); err == nil {
		t.Error("a fact that was changed in its row still proves")
	}
}

// A fact that rolls back leaves no leaf.
func TestNoLeafWithoutItsFact(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.paid(h)
	u, p7s := w.letterOf(h, "CSB-2026-000001")
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, u.Number, letter.UndertakingDigest(p7s)))
	w.outbox.fail = errors.New("no queue")
	if _, err := w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s}); err == nil {
		t.Fatal("issued although its consequences failed")
	}
	var waiting int
	if err := w.Pool.QueryRow(w.ctx, `SELECT count(*) FROM log_pending`).Scan(&waiting); err != nil || waiting != 0 {
		t.Errorf("%d leaves of nothing, %v", waiting, err)
	}
}

// Whoever changes a logged row, takes its leaf away, or rolls the log back beneath it, is found and the row named.
func TestAuditFacts(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.issued(h, "CSB-2026-000001")
	w.stepped()
	l := disclosedLetter{h, "CSB-2026-000001", w.open(h.id)[0]}
	w.must(w.release(l, w.tenderees[0]))
	w.must(w.release(l, w.tenderees[1])) // these wait
	vouched := uint64(w.Log.Batch)
	if n, fault, err := AuditFacts(w.ctx, w.Pool, vouched); err != nil || fault != nil || n != 4 {
		t.Fatalf("%d facts, %v, %v", n, fault, err)
	}
	released := ` WHERE guarantee = '` + h.id + `' AND kind = 'released'`
	for name, c := range map[string]struct {
		sql, why string
		vouched  uint64
	}{
		"a reason":             {`UPDATE guarantee_event SET data = jsonb_set(data, '{reason}', '"x"')` + released, "被改动过", vouched},
		"an instant":           {`UPDATE guarantee_event SET at = at + interval '1 microsecond'` + released, "被改动过", vouched},
		"an actor":             {`UPDATE guarantee_event SET actor = 'beneficiary'` + released, "被改动过", vouched},
		"a leaf taken away":    {`UPDATE guarantee_event SET leaf = NULL` + released, "没有叶", vouched},
		"a row taken away":     {`DELETE FROM guarantee_event WHERE guarantee = '` + h.id + `' AND kind = 'issued'`, "缺少一件事", vouched},
		"a row not logged":     {`DELETE FROM guarantee_event WHERE guarantee = '` + h.id + `' AND kind = 'verified'`, "缺少一件事", vouched},
		"another leaf":         {`UPDATE guarantee_event SET leaf = sha256('x')` + released, "没有盐值", vouched},
		"a queue emptied":      {`DELETE FROM log_pending`, "没有盐值", vouched},
		"a log that went back": {`SELECT 1`, "不在日志里", 0},
	} {
		t.Run(name, func(t *testing.T) {
			tx, err := w.Pool.Begin(w.ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback(w.ctx) }()
			for _, sql := range []string{`ALTER TABLE guarantee_event DISABLE TRIGGER USER`, c.sql} {
				if _, err := tx.Exec(w.ctx, sql); err != nil {
					t.Fatal(err)
				}
			}
			_, fault, err := AuditFacts(w.ctx, tx, c.vouched)
			if err != nil || fault == nil || fault.Subject != h.id || !strings.Contains(fault.Why, c.why) {
				t.Errorf("%v %v, want %s", fault, err, c.why)
			}
		})
	}
}

// The list is whole: a kind that is on no list would be logged by nobody and missed by nobody.
func TestEveryKindIsListed(t *testing.T) {
	source, err := os.ReadFile("event.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`EventKind += "`).FindAll(source, -1)); n != len(everyKind) {
		t.Errorf("%d kinds are declared, %d are listed", n, len(everyKind))
	}
}
