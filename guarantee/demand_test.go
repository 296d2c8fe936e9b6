package guarantee

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// I6: at 24:00:00.000000 of the last day a demand is in time, a microsecond later it is not.
func TestDemandAtTheLastInstant(t *testing.T) {
	end := time.Date(2027, 4, 21, 0, 0, 0, 0, calendar.Shanghai)
	for _, c := range []struct {
		at   time.Time
		code string
	}{{end.Add(-time.Microsecond), ""}, {end, ""}, {end.Add(time.Microsecond), "demand.after_expiry"}} {
		t.Run(c.at.Format(time.RFC3339Nano), func(t *testing.T) {
			w := newWorld(t)
			l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
			w.clock.Set(c.at)
			w.yearPublished(2027)
			_, _, err := w.present(l, w.tenderees[0], w.demandOf(l, w.tenderees[0], 100, w.files(l)), w.files(l))
			if c.code != "" {
				refused(t, err, c.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			w.clock.Set(end.Add(48 * time.Hour))
			if a := w.must(w.Expire(w.ctx, l.id)); a.Instrument != Issued {
				t.Error("expiry closed a timely demand")
			}
		})
	}
}

// yearPublished gives the desk a calendar for a year whose notice is not out yet.
func (w *world) yearPublished(year int) {
	w.t.Helper()
	rows := append(calendar.PublishedDays(), calendar.Day{Date: w.date(fmt.Sprintf("%d-01-01", year)), Kind: calendar.Rest, Occasion: "元旦"})
	c, err := calendar.New(rows)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Calendar = c
}

func (w *world) date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// A timely paper that a crash left unprocessed is still in time when the sweeper finds it, and expiry waits for it.
func TestTimelyDemandSurvivesACrash(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	end := time.Date(2027, 4, 21, 0, 0, 0, 0, calendar.Shanghai)
	w.clock.Set(end)
	d := w.demandOf(l, w.tenderees[0], 100, w.files(l))
	b, err := d.Canonical()
	body := w.presentation(w.tenderees[0], b, err, w.files(l))
	cmd := w.by(w.tenderees[0], party.Beneficiary)
	if _, err := w.received(w.ctx, cmd, IntakeDemand, l.id, body); err != nil { // and here the process dies
		t.Fatal(err)
	}
	w.clock.Set(end.Add(time.Hour))
	_, err = w.Expire(w.ctx, l.id)
	refused(t, err, "expire.papers_waiting")
	ids, err := w.OpenIntakes(w.ctx, time.Minute, 10)
	if err != nil || len(ids) != 1 {
		t.Fatalf("open receipts: %v %v", ids, err)
	}
	if err := w.Process(w.ctx, ids[0]); err != nil {
		t.Fatal(err)
	}
	dm, err := readDemand(w.ctx, w.Pool, d.ID)
	if err != nil || dm.State != Examining || !dm.PresentedAt.Equal(end) {
		t.Fatalf("demand %+v %v", dm, err)
	}
	// The client, which never got its answer, asks again with the same key: one demand, the same instant.
	a, in, err := w.Present(w.ctx, cmd, IntakeDemand, l.id, body)
	if err != nil || a.Demand != d.ID || !in.ReceivedAt.Equal(end) {
		t.Errorf("asked again: %+v %v %v", a, in.ReceivedAt, err)
	}
}

func TestExaminationClockAndPreclusion(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	w.clock.Set(time.Date(2026, 12, 23, 15, 0, 0, 0, calendar.Shanghai)) // a Wednesday
	d := w.demandOf(l, w.tenderees[0], 100, w.files(l))
	w.yearPublished(2027)
	a, _, err := w.present(l, w.tenderees[0], d, w.files(l))
	w.must(a, err)
	dm, err := readDemand(w.ctx, w.Pool, d.ID)
	if err != nil || dm.ExamineBy.Format(time.DateOnly) != "2026-12-30" {
		t.Fatalf("examine by %v, %v; want the fifth working day, 2026-12-30", dm.ExamineBy, err)
	}
	_, err = w.DecideDemand(w.ctx, w.guarantorSays(l.handed), d.ID, DemandDecision{})
	refused(t, err, "demand.discrepancies")
	w.clock.Set(time.Date(2026, 12, 31, 0, 0, 0, 1000, calendar.Shanghai))
	_, err = w.DecideDemand(w.ctx, w.guarantorSays(l.handed), d.ID, DemandDecision{Discrepancies: []Discrepancy{{"default_statement", "未盖章"}}})
	refused(t, err, "demand.precluded")
	w.must(w.DecideDemand(w.ctx, w.guarantorSays(l.handed), d.ID, DemandDecision{Complying: true}))
}

func TestIncompleteOnce(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	l := w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001")
	all := w.files(l)
	if len(all) == 0 {
		t.Fatal("the insurer's wording asks for no document")
	}
	d := w.demandOf(l, w.tenderees[0], 100, nil)
	a, _, err := w.present(l, w.tenderees[0], d, []Attachment{})
	w.must(a, err)
	if a.DemandState != Incomplete {
		t.Fatalf("without its documents the demand is %s", a.DemandState)
	}
	complete := func(files []Attachment) (Answer, error) {
		b, err := letter.Completion{Version: 1, Demand: d.ID, Guarantee: l.id, Documents: named(files), At: w.clock.Now()}.Canonical()
		a, _, err := w.Present(w.ctx, w.by(w.tenderees[0], party.Beneficiary), IntakeCompletion, l.id, w.presentation(w.tenderees[0], b, err, files))
		return a, err
	}
	if len(all) > 1 {
		_, err = complete(all[:1])
		refused(t, err, "completion.documents")
	}
	if a := w.must(complete(all)); a.DemandState != Examining {
		t.Fatalf("completed: %+v", a)
	}
	_, err = complete(all)
	refused(t, err, "demand.illegal_move")
}

func TestWithdrawnDemandFreesTheRelease(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	w.must(w.release(l, w.tenderees[0]))
	d := w.demandOf(l, w.tenderees[0], 100, w.files(l))
	a, _, err := w.present(l, w.tenderees[0], d, w.files(l))
	w.must(a, err)
	_, err = w.release(l, w.tenderees[1])
	refused(t, err, "release.demand_open")
	b, err := letter.Withdrawal{Version: 1, Demand: d.ID, Guarantee: l.id, Reason: "双方已协商一致", At: w.clock.Now()}.Canonical()
	a, _, err = w.Present(w.ctx, w.by(w.tenderees[0], party.Beneficiary), IntakeWithdrawal, l.id, w.p7s(w.tenderees[0], b, err))
	if w.must(a, err); a.DemandState != WithdrawnDemand {
		t.Fatalf("withdrawn: %+v", a)
	}
	if a := w.must(w.release(l, w.tenderees[1])); a.Instrument != Released {
		t.Errorf("not released: %+v", a)
	}
}

// I5: of a release and a demand at the same instant exactly one wins, whatever the order of arrival.
func TestReleaseAgainstDemand(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	for i := range 6 {
		bidder := w.newBidder(fmt.Sprint(i))
		l := w.disclosedLetter(bidder, w.bank, fmt.Sprintf("CSB-2026-00010%d", i))
		w.must(w.release(l, w.tenderees[0]))
		d := w.demandOf(l, w.tenderees[0], 100, w.files(l))
		files := w.files(l)
		last := w.releaseOf(l, w.tenderees[1])
		b, err := d.Canonical()
		body := w.presentation(w.tenderees[0], b, err, files)
		one, two := w.by(w.tenderees[1], party.Beneficiary), w.by(w.tenderees[0], party.Beneficiary)
		var released, demanded error
		var wg sync.WaitGroup
		wg.Go(func() { _, _, released = w.Present(w.ctx, one, IntakeRelease, l.id, last) })
		wg.Go(func() { _, _, demanded = w.Present(w.ctx, two, IntakeDemand, l.id, body) })
		wg.Wait()
		if (released == nil) == (demanded == nil) {
			t.Errorf("round %d: release %v, demand %v; exactly one must win", i, released, demanded)
		}
	}
}

// The database holds I5 a second time: without the rule the row itself refuses.
func TestRowRefusesReleaseWithOpenDemand(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	a, _, err := w.present(l, w.tenderees[0], w.demandOf(l, w.tenderees[0], 100, w.files(l)), w.files(l))
	w.must(a, err)
	for _, sql := range []string{
		`UPDATE guarantee SET instrument_state = 'released', release_state = 'requested' WHERE id = @id`,
		`UPDATE guarantee SET instrument_state = 'expired' WHERE id = @id`,
		`UPDATE guarantee SET honoured = amount + 1 WHERE id = @id`,
		`UPDATE guarantee SET instrument_state = 'none' WHERE id = @id`,
		`UPDATE guarantee SET number = 'OTHER-0001' WHERE id = @id`,
		`UPDATE guarantee SET fee_state = 'none' WHERE id = @id`,
	} {
		if _, err := w.Pool.Exec(w.ctx, sql, pgx.NamedArgs{"id": l.id}); err == nil {
			t.Errorf("the database let pass: %s", sql)
		}
	}
}

func TestPartsOfADemandThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	lead, joint := w.tenderees[0], w.tenderees[1]
	for name, c := range map[string]struct {
		by    org
		spoil func(*letter.Demand)
		code  string
	}{
		"more than the amount": {lead, func(d *letter.Demand) { d.Amount = w.requirement.Amount + 1; d.AmountCapital = d.Amount.Capital() }, "demand.amount"},
		"not the lead":         {joint, func(d *letter.Demand) { d.Beneficiary = joint.party }, "demand.beneficiary"},
		"another letter":       {lead, func(d *letter.Demand) { d.Undertaking = signing.Sum([]byte("x")) }, "demand.undertaking"},
		"another number":       {lead, func(d *letter.Demand) { d.Number = "CSB-2026-000002" }, "demand.number"},
		"another commitment":   {lead, func(d *letter.Demand) { d.Commitment = signing.Sum([]byte("x")) }, "demand.commitment"},
		"stranger":             {w.bidders[1], func(d *letter.Demand) {}, "guarantee.not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			d := w.demandOf(l, c.by, 100, w.files(l))
			c.spoil(&d)
			_, _, err := w.present(l, c.by, d, w.files(l))
			refused(t, err, c.code)
		})
	}
	d := w.demandOf(l, lead, 100, w.files(l))
	files := w.files(l)
	if len(files) > 0 {
		files[0].Bytes = append(files[0].Bytes, '!')
		_, _, err := w.present(l, lead, d, files)
		refused(t, err, "demand.documents")
	}
}

func TestPartialDemands(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	pay := func(amount letter.Fen) Answer {
		d := w.demandOf(l, w.tenderees[0], amount, w.files(l))
		a, _, err := w.present(l, w.tenderees[0], d, w.files(l))
		w.must(a, err)
		w.must(w.DecideDemand(w.ctx, w.guarantorSays(l.handed), d.ID, DemandDecision{Complying: true}))
		_, err = w.HonourDemand(w.ctx, w.guarantorSays(l.handed), d.ID, Payment{Amount: amount - 1, Reference: "P", PaidAt: w.clock.Now()})
		refused(t, err, "demand.paid_amount")
		return w.must(w.HonourDemand(w.ctx, w.guarantorSays(l.handed), d.ID, Payment{Amount: amount, Reference: "P", PaidAt: w.clock.Now()}))
	}
	if a := pay(30_000_000); a.Instrument != Issued {
		t.Fatalf("after a part: %+v", a)
	}
	d := w.demandOf(l, w.tenderees[0], 50_000_001, w.files(l))
	_, _, err := w.present(l, w.tenderees[0], d, w.files(l))
	refused(t, err, "demand.amount")
	if a := pay(50_000_000); a.Instrument != PaidOut {
		t.Errorf("after the rest: %+v", a)
	}
}

// The database knows the legal moves too: an UPDATE past the code is refused, for every pair that is not in the table.
func TestRowRefusesIllegalMoves(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.issued(h, "CSB-2026-000001")
	for _, sql := range []string{
		`UPDATE guarantee SET instrument_state = 'issuing' WHERE id = @id`,
		`UPDATE guarantee SET instrument_state = 'failed' WHERE id = @id`,
		`UPDATE guarantee SET application_state = 'declined' WHERE id = @id`,
		`UPDATE guarantee SET disclosure_state = 'accepted' WHERE id = @id`,
		`UPDATE guarantee SET verification_state = 'confirmed' WHERE id = @id`,
		`UPDATE guarantee SET release_state = 'acknowledged' WHERE id = @id`,
	} {
		if _, err := w.Pool.Exec(w.ctx, sql, pgx.NamedArgs{"id": h.id}); err == nil {
			t.Errorf("the database let pass: %s", sql)
		}
	}
}

// Demands that are open together never ask for more than the amount: each must be payable when it complies.
func TestOpenDemandsShareTheAmount(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	first := w.demandOf(l, w.tenderees[0], 50_000_000, w.files(l))
	a, _, err := w.present(l, w.tenderees[0], first, w.files(l))
	w.must(a, err)
	_, _, err = w.present(l, w.tenderees[0], w.demandOf(l, w.tenderees[0], 30_000_001, w.files(l)), w.files(l))
	refused(t, err, "demand.amount")
	second := w.demandOf(l, w.tenderees[0], 30_000_000, w.files(l))
	a, _, err = w.present(l, w.tenderees[0], second, w.files(l))
	w.must(a, err)
	for _, d := range []letter.Demand{second, first} {
		w.must(w.DecideDemand(w.ctx, w.guarantorSays(l.handed), d.ID, DemandDecision{Complying: true}))
		a = w.must(w.HonourDemand(w.ctx, w.guarantorSays(l.handed), d.ID, Payment{Amount: d.Amount, Reference: "P", PaidAt: w.clock.Now()}))
	}
	if a.Instrument != PaidOut {
		t.Errorf("after both: %+v", a)
	}
}

// A year whose days of rest nobody has published yet makes no demand late: it is taken, and nobody is precluded.
func TestDemandInAnUnpublishedYear(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	w.clock.Set(time.Date(2027, 4, 20, 12, 0, 0, 0, calendar.Shanghai))
	d := w.demandOf(l, w.tenderees[0], 100, w.files(l))
	a, _, err := w.present(l, w.tenderees[0], d, w.files(l))
	if w.must(a, err); a.DemandState != Examining {
		t.Fatalf("presented: %+v", a)
	}
	dm, err := readDemand(w.ctx, w.Pool, d.ID)
	if err != nil || dm.ExamineBy != nil {
		t.Errorf("examine by %v, %v; nobody can say that day", dm.ExamineBy, err)
	}
	w.clock.Advance(365 * 24 * time.Hour)
	w.must(w.DecideDemand(w.ctx, w.guarantorSays(l.handed), d.ID, DemandDecision{Discrepancies: []Discrepancy{{"payment_notice", "金额大小写不一致"}}}))
}

// An incomplete claim is the beneficiary's to complete: its guarantor cannot reject it, and under a policy the end of
// the period does not end it.
func TestIncompleteIsNotTheGuarantorsToEnd(t *testing.T) {
	for _, c := range []struct {
		name, number string
		by           func(*world) org
		after        State
	}{
		{"policy", "HNPIC-00000001", func(w *world) org { return w.insurer }, Issued},
		{"independent letter", "CSB-2026-000001", func(w *world) org { return w.bank }, Expired},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.yearPublished(2027)
			l := w.disclosedLetter(w.bidders[0], c.by(w), c.number)
			d := w.demandOf(l, w.tenderees[0], 100, nil)
			d.CompleteLater = true
			a, _, err := w.present(l, w.tenderees[0], d, []Attachment{})
			if w.must(a, err); a.DemandState != Incomplete {
				t.Fatalf("presented: %+v", a)
			}
			_, err = w.DecideDemand(w.ctx, w.guarantorSays(l.handed), d.ID, DemandDecision{Discrepancies: []Discrepancy{{"loss_statement", "缺"}}})
			refused(t, err, "demand.illegal_move")
			w.clock.Set(time.Date(2027, 4, 22, 0, 0, 0, 0, calendar.Shanghai))
			if a := w.must(w.Expire(w.ctx, l.id)); a.Instrument != c.after {
				t.Fatalf("after the end: %+v", a)
			}
			files := w.files(l)
			if c.after == Expired || len(files) == 0 {
				return
			}
			b, err := letter.Completion{Version: 1, Demand: d.ID, Guarantee: l.id, Documents: named(files), At: w.clock.Now()}.Canonical()
			a, _, err = w.Present(w.ctx, w.by(w.tenderees[0], party.Beneficiary), IntakeCompletion, l.id, w.presentation(w.tenderees[0], b, err, files))
			if w.must(a, err); a.DemandState != Examining {
				t.Errorf("completed after the period: %+v", a)
			}
		})
	}
}

// A release that arrives after a demand which a crash left unread waits for it; the demand then stands.
func TestReleaseWaitsForAnEarlierDemand(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	w.must(w.release(l, w.tenderees[0]))
	d := w.demandOf(l, w.tenderees[0], 100, w.files(l))
	b, err := d.Canonical()
	demand, err := w.received(w.ctx, w.by(w.tenderees[0], party.Beneficiary), IntakeDemand, l.id, w.presentation(w.tenderees[0], b, err, w.files(l)))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	if _, err := w.release(l, w.tenderees[1]); !errors.Is(err, ErrEarlierPaper) {
		t.Fatalf("released over a demand that came first: %v", err)
	}
	if err := w.Process(w.ctx, demand.ID); err != nil {
		t.Fatal(err)
	}
	ids, err := w.OpenIntakes(w.ctx, 0, 10)
	if err != nil || len(ids) != 1 {
		t.Fatalf("the release lies on the desk: %v %v", ids, err)
	}
	if err := w.Process(w.ctx, ids[0]); err != nil {
		t.Fatal(err)
	}
	if g, err := readGuarantee(w.ctx, w.Pool, l.id); err != nil || g.InstrumentState != Issued || g.OpenDemands != 1 {
		t.Errorf("%+v %v", g, err)
	}
}
