package guarantee

import (
	"slices"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// claimed is a demand on the desk.
type claimed struct {
	disclosedLetter
	d letter.Demand
	a Answer
}

// claim presents a demand with all documents but those left out.
func (w *world) claim(l disclosedLetter, amount letter.Fen, later bool, leaveOut ...letter.DocumentKind) claimed {
	w.t.Helper()
	files := w.files(l, leaveOut...)
	d := w.demandOf(l, w.tenderees[0], amount, files)
	d.CompleteLater = later
	a, _, err := w.present(l, w.tenderees[0], d, files)
	return claimed{l, d, w.must(a, err)}
}

func (w *world) demandRow(c claimed) *Demand {
	w.t.Helper()
	dm, err := readDemand(w.ctx, w.Pool, c.d.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return dm
}

// examineBy is the last day of the examination as it stands; empty when there is none.
func (w *world) examineBy(c claimed) string {
	w.t.Helper()
	dm := w.demandRow(c)
	if dm.ExamineBy == nil {
		return ""
	}
	return dm.ExamineBy.Format(time.DateOnly)
}

func (w *world) completes(c claimed, files []Attachment) (Answer, error) {
	b, err := letter.Completion{Version: 1, Demand: c.d.ID, Guarantee: c.id, Documents: named(files), At: w.clock.Now()}.Canonical()
	a, _, err := w.Present(w.ctx, w.by(w.tenderees[0], party.Beneficiary), IntakeCompletion, c.id, w.presentation(w.tenderees[0], b, err, files))
	return a, err
}

func (w *world) at(s string) { w.t.Helper(); w.clock.Set(clockTime(w.t, s)) }

func (c claimed) says(w *world) party.Command { return w.guarantorSays(c.handed) }

var refusesIt = DemandDecision{Discrepancies: []Discrepancy{{"payment_notice", "金额大小写不一致"}}}

func anyFile(k letter.DocumentKind) []Attachment {
	return []Attachment{{Kind: k, Name: string(k) + ".pdf", Bytes: []byte("补交的 " + k)}}
}

// Under an independent letter a request for documents, and documents that arrive, move no day of the examination; under a
// policy and an accessory guarantee there is one request, and the clock stands until it is answered whole.
func TestRequestDocuments(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	ask := DocumentRequest{Documents: []letter.DocumentKind{letter.AwardNotice}, Words: "请补充加盖公章的中标通知书"}
	t.Run("independent", func(t *testing.T) {
		w.at("2026-12-01 10:00") // a Tuesday
		c := w.claim(w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001"), 100, false)
		for range 2 {
			if a := w.must(w.RequestDocuments(w.ctx, c.says(w), c.d.ID, ask)); a.DemandState != Examining || w.examineBy(c) != "2026-12-08" {
				t.Fatalf("%+v, examined by %s", a, w.examineBy(c))
			}
		}
		w.at("2026-12-07 10:00")
		if a := w.must(w.completes(c, anyFile(letter.AwardNotice))); a.DemandState != Examining || w.examineBy(c) != "2026-12-08" || len(w.demandRow(c).Missing) > 0 {
			t.Errorf("completed: %+v, examined by %s, %v is missing", a, w.examineBy(c), w.demandRow(c).Missing)
		}
		w.clock.Set(time.Date(2026, 12, 9, 0, 0, 0, 1000, calendar.Shanghai))
		_, err := w.DecideDemand(w.ctx, c.says(w), c.d.ID, refusesIt)
		refused(t, err, "demand.precluded")
	})
	for _, x := range []struct {
		name, number  string
		by            org
		before, after string
	}{{"insurance", "HNPIC-00000001", w.insurer, "2026-12-08", "2026-12-16"}, {"accessory", "RZDB-00000001", w.company, "2026-12-08", "2026-12-16"}} {
		t.Run(x.name, func(t *testing.T) {
			w.at("2026-12-01 10:00")
			bidder := w.newBidder(x.name)
			c := w.claim(w.disclosedLetter(bidder, x.by, x.number), 100, false)
			if w.examineBy(c) != x.before {
				t.Fatalf("examined by %s", w.examineBy(c))
			}
			w.at("2026-12-03 10:00") // Wednesday was one day; Thursday counts for nobody
			if a := w.must(w.RequestDocuments(w.ctx, c.says(w), c.d.ID, ask)); a.DemandState != Incomplete || w.examineBy(c) != "" {
				t.Fatalf("asked: %+v, %s", a, w.examineBy(c))
			}
			_, err := w.DecideDemand(w.ctx, c.says(w), c.d.ID, refusesIt)
			refused(t, err, "demand.illegal_move")
			w.at("2026-12-10 10:00") // a Thursday; four days are left: 11, 14, 15, 16
			_, err = w.completes(c, anyFile(letter.LossStatement))
			refused(t, err, "completion.documents")
			if a := w.must(w.completes(c, anyFile(letter.AwardNotice))); a.DemandState != Examining || w.examineBy(c) != x.after {
				t.Errorf("completed: %+v, examined by %s, want %s", a, w.examineBy(c), x.after)
			}
			_, err = w.RequestDocuments(w.ctx, c.says(w), c.d.ID, ask)
			refused(t, err, "demand.requested_once")
			_, err = w.completes(c, anyFile(letter.AwardNotice))
			refused(t, err, "demand.illegal_move")
			if r, _, err := w.LastRequest(w.ctx, w.demandRow(c)); err != nil || r.Words != ask.Words || !slices.Equal(r.Documents, ask.Documents) {
				t.Errorf("the request reads %+v, %v", r, err)
			}
		})
	}
	c := w.claim(w.disclosedLetter(w.newBidder("丁"), w.insurer, "HNPIC-00000009"), 100, false)
	for _, bad := range []DocumentRequest{{Words: "什么都没有"}, {Documents: ask.Documents}, {Documents: []letter.DocumentKind{"x"}, Words: "没有这种单据"}} {
		if _, err := w.RequestDocuments(w.ctx, c.says(w), c.d.ID, bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	_, err := w.RequestDocuments(w.ctx, w.by(w.otherBank, party.Guarantor), c.d.ID, ask)
	refused(t, err, "demand.not_found")
}

// What the platform finds missing at an insurer's is not the insurer's own request: it may add to it, once.
func TestInsurerAddsToWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	c := w.claim(w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001"), 100, false, letter.LossStatement)
	if c.a.DemandState != Incomplete {
		t.Fatalf("%+v", c.a)
	}
	ask := DocumentRequest{Documents: []letter.DocumentKind{letter.SupervisorDecision}, Words: "请一并提供处理决定"}
	if a := w.must(w.RequestDocuments(w.ctx, c.says(w), c.d.ID, ask)); a.DemandState != Incomplete {
		t.Fatalf("%+v", a)
	}
	_, err := w.RequestDocuments(w.ctx, c.says(w), c.d.ID, ask)
	refused(t, err, "demand.requested_once")
	_, err = w.completes(c, anyFile(letter.LossStatement))
	refused(t, err, "completion.documents")
	if a := w.must(w.completes(c, slices.Concat(anyFile(letter.LossStatement), anyFile(letter.SupervisorDecision)))); a.DemandState != Examining {
		t.Errorf("%+v", a)
	}
}

// 先予支付: the balance goes down, the demand stays open, and the difference settles it.
func TestInterimPayment(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	l := w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001")
	c := w.claim(l, 50_000_000, false)
	pay := func(amount letter.Fen) (Answer, error) {
		return w.PayInterim(w.ctx, c.says(w), c.d.ID, Payment{Amount: amount, Reference: "I1", PaidAt: w.clock.Now()})
	}
	_, err := pay(50_000_000)
	refused(t, err, "demand.interim_amount")
	_, err = w.PayInterim(w.ctx, c.says(w), c.d.ID, Payment{Amount: 1, PaidAt: w.clock.Now()})
	refused(t, err, "demand.paid_reference")
	if a := w.must(pay(20_000_000)); a.DemandState != Examining || a.Instrument != Issued {
		t.Fatalf("%+v", a)
	}
	_, err = pay(1) // the same payment once more, under another key: one bank transfer is paid once
	refused(t, err, "demand.interim_noted")
	g, err := readGuarantee(w.ctx, w.Pool, l.id)
	if err != nil || g.Honoured != 20_000_000 || g.OpenDemands != 1 {
		t.Fatalf("%+v, %v", g, err)
	}
	if rest, err := w.Claimable(w.ctx, g); err != nil || rest != 30_000_000 {
		t.Errorf("claimable %d, %v", rest, err)
	}
	_, err = w.release(l, w.tenderees[0])
	refused(t, err, "release.demand_open")
	w.must(w.DecideDemand(w.ctx, c.says(w), c.d.ID, DemandDecision{Complying: true}))
	_, err = pay(1)
	refused(t, err, "demand.illegal_move")
	paid := Payment{Amount: 50_000_000, Reference: "P", PaidAt: w.clock.Now(), Slip: signing.Sum([]byte("回单"))}
	_, err = w.HonourDemand(w.ctx, c.says(w), c.d.ID, paid)
	refused(t, err, "demand.paid_amount")
	paid.Amount = 30_000_000
	if a := w.must(w.HonourDemand(w.ctx, c.says(w), c.d.ID, paid)); a.DemandState != Honoured || a.Instrument != Issued {
		t.Errorf("%+v", a)
	}
	dm := w.demandRow(c)
	if g, err = readGuarantee(w.ctx, w.Pool, l.id); err != nil || g.Honoured != 50_000_000 || g.OpenDemands != 0 || signing.Digest(dm.PaidSlip) != paid.Slip {
		t.Errorf("%+v, %v", g, err)
	}
	for _, sql := range []string{`UPDATE demand SET interim_paid = 0`, `UPDATE demand SET paid_slip = NULL`, `UPDATE demand SET paid_amount = 30000001`} {
		if _, err := w.Pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("the database let pass: %s", sql)
		}
	}
	bank := w.claim(w.disclosedLetter(w.bidders[1], w.bank, "CSB-2026-000001"), 100, false)
	_, err = w.PayInterim(w.ctx, bank.says(w), bank.d.ID, Payment{Amount: 1, Reference: "I", PaidAt: w.clock.Now()})
	refused(t, err, "demand.interim_form")
	history(t, w, l.id)
}

var rulingFile = Paper{Name: "民事裁定书.pdf", Bytes: []byte("中止支付")}

func (w *world) ruling() Ruling {
	return Ruling{Court: "长沙市天心区人民法院", Number: "（2026）湘0103财保12号", RuledOn: calendar.DateOf(w.clock.Now()), Paper: rulingFile, Digest: signing.Sum(rulingFile.Bytes)}
}

func (w *world) lifting() Lifting {
	return Lifting{Number: "（2026）湘0103财保12号之一", Paper: rulingFile, Digest: signing.Sum(rulingFile.Bytes)}
}

// While a court has stopped the payment nothing moves, and then the clock goes on with what was left of it.
func TestStayAndResume(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	w.at("2026-12-01 10:00")
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	c := w.claim(l, 100, false)
	w.at("2026-12-03 10:00")
	for name, spoil := range map[string]func(*Ruling){
		"demand.ruling":       func(r *Ruling) { r.Number = "" },
		"demand.ruled_on":     func(r *Ruling) { r.RuledOn = r.RuledOn.AddDays(1) },
		"demand.paper":        func(r *Ruling) { r.Paper.Bytes = nil },
		"demand.paper_digest": func(r *Ruling) { r.Digest = signing.Sum([]byte("x")) },
	} {
		r := w.ruling()
		spoil(&r)
		_, err := w.StayDemand(w.ctx, c.says(w), c.d.ID, r)
		refused(t, err, name)
	}
	_, err := w.StayDemand(w.ctx, w.by(w.tenderees[0], party.Beneficiary), c.d.ID, w.ruling())
	refused(t, err, "demand.not_found")
	if a := w.must(w.StayDemand(w.ctx, c.says(w), c.d.ID, w.ruling())); a.DemandState != Stayed || w.examineBy(c) != "" {
		t.Fatalf("%+v, %s", a, w.examineBy(c))
	}
	_, err = w.StayDemand(w.ctx, c.says(w), c.d.ID, w.ruling())
	refused(t, err, "demand.illegal_move")
	w.standsStill(t, c)

	w.at("2027-05-03 10:00") // long after the last day of validity
	if a := w.must(w.Expire(w.ctx, l.id)); a.Instrument != Issued {
		t.Fatalf("expired under a stay: %+v", a)
	}
	for _, by := range []party.Command{w.by(w.tenderees[1], party.Beneficiary), w.by(w.otherBank, party.Guarantor), w.by(w.bidders[0], party.Bidder)} {
		_, err = w.ResumeDemand(w.ctx, by, c.d.ID, w.lifting())
		refused(t, err, "demand.not_found")
	}
	l2 := w.lifting()
	l2.Number = ""
	_, err = w.ResumeDemand(w.ctx, c.says(w), c.d.ID, l2)
	refused(t, err, "demand.lifting")
	// One of five days had run: the 2nd. Of 2027-05-04 on four are left: 4, 5, 6, 7 by a table without that holiday.
	if a := w.must(w.ResumeDemand(w.ctx, w.by(w.tenderees[0], party.Beneficiary), c.d.ID, w.lifting())); a.DemandState != Examining || w.examineBy(c) != "2027-05-07" {
		t.Errorf("resumed: %+v, examined by %s", a, w.examineBy(c))
	}
	_, err = w.ResumeDemand(w.ctx, c.says(w), c.d.ID, w.lifting())
	refused(t, err, "demand.illegal_move")
	w.must(w.DecideDemand(w.ctx, c.says(w), c.d.ID, DemandDecision{Complying: true}))
	w.must(w.StayDemand(w.ctx, c.says(w), c.d.ID, w.ruling()))
	_, err = w.HonourDemand(w.ctx, c.says(w), c.d.ID, Payment{Amount: 100, Reference: "P", PaidAt: w.clock.Now()})
	refused(t, err, "demand.illegal_move")
	if a := w.must(w.ResumeDemand(w.ctx, c.says(w), c.d.ID, w.lifting())); a.DemandState != Complying {
		t.Errorf("resumed: %+v", a)
	}
	w.must(w.HonourDemand(w.ctx, c.says(w), c.d.ID, Payment{Amount: 100, Reference: "P", PaidAt: w.clock.Now()}))
	pauses, err := w.Pauses(w.ctx, c.d.ID)
	if err != nil || len(pauses) != 2 || *pauses[0].Ruling != w.ruling().Number || pauses[1].EndedAt == nil {
		t.Errorf("pauses %+v, %v", pauses, err)
	}
	for _, sql := range []string{`UPDATE demand_pause SET began_at = now()`, `UPDATE demand_pause SET ended_at = NULL, lifting = NULL`, `DELETE FROM demand_pause`,
		`UPDATE demand_paper SET name = 'x'`, `DELETE FROM demand_paper`} {
		if _, err := w.Pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
	history(t, w, l.id)
}

// standsStill: neither refused, nor agreed to, nor paid, nor released, and no clock but the applicant's runs.
func (w *world) standsStill(t *testing.T, c claimed) {
	t.Helper()
	_, err := w.DecideDemand(w.ctx, c.says(w), c.d.ID, refusesIt)
	refused(t, err, "demand.illegal_move")
	_, err = w.DecideDemand(w.ctx, c.says(w), c.d.ID, DemandDecision{Complying: true})
	refused(t, err, "demand.illegal_move")
	_, err = w.HonourDemand(w.ctx, c.says(w), c.d.ID, Payment{Amount: 100, Reference: "P", PaidAt: w.clock.Now()})
	refused(t, err, "demand.illegal_move")
	_, err = w.release(c.disclosedLetter, w.tenderees[0])
	refused(t, err, "release.demand_open")
	clocks, err := w.Clocks(w.ctx, w.demandRow(c))
	if said := sayClocks(clocks); err != nil || said != "examination stands, payment stands, suit 2027-01-04" { // 2027-01-02 is a Saturday
		t.Errorf("%s, %v", said, err)
	}
	if a := w.must(w.completes(c, anyFile(letter.AwardNotice))); a.DemandState != Stayed {
		t.Errorf("what arrives under a stay and within the validity: %+v", a)
	}
}

// A demand under a stay can be taken back, and nothing then holds the letter. One whose documents were found to comply takes
// no more of them, stayed or not: its days count from those that are there.
func TestStayedDemandIsWithdrawn(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	c := w.claim(l, 100, false)
	w.must(w.DecideDemand(w.ctx, c.says(w), c.d.ID, DemandDecision{Complying: true}))
	w.must(w.StayDemand(w.ctx, c.says(w), c.d.ID, w.ruling()))
	_, err := w.completes(c, anyFile(letter.AwardNotice))
	refused(t, err, "demand.illegal_move")
	if a := w.must(w.withdraws(c)); a.DemandState != WithdrawnDemand {
		t.Fatalf("%+v", a)
	}
	w.must(w.release(l, w.tenderees[0]))
	if a := w.must(w.release(l, w.tenderees[1])); a.Instrument != Released {
		t.Errorf("%+v", a)
	}
}

func (w *world) withdraws(c claimed) (Answer, error) {
	b, err := letter.Withdrawal{Version: 1, Demand: c.d.ID, Guarantee: c.id, Reason: "双方已协商一致", At: w.clock.Now()}.Canonical()
	a, _, err := w.Present(w.ctx, w.by(w.tenderees[0], party.Beneficiary), IntakeWithdrawal, c.id, w.p7s(w.tenderees[0], b, err))
	return a, err
}

// objection is what an applicant signs; spoil may change it.
func (w *world) objects(c claimed, by org, files []Paper, spoil func(*letter.Objection)) (Answer, error) {
	w.t.Helper()
	o := letter.Objection{Version: 1, ID: w.demandOf(c.disclosedLetter, by, 1, nil).ID, Demand: c.d.ID, DemandDigest: letter.DemandDigest(w.demandRow(c).Signed), Guarantee: c.id,
		Number: c.number, Guarantor: c.guarantor.party, Applicant: by.party, Ground: "acknowledged", Statement: "受益人已书面确认本单位没有违约",
		Documents: []letter.FileDigest{}, At: w.clock.Now()}
	for _, f := range files {
		o.Documents = append(o.Documents, letter.FileDigest{Name: f.Name, Digest: signing.Sum(f.Bytes)})
	}
	if spoil != nil {
		spoil(&o)
	}
	b, err := o.Canonical()
	return w.ObjectToDemand(w.ctx, w.by(by, party.Bidder), c.d.ID, w.p7s(by, b, err), files)
}

// An objection is delivered, bounded, the applicant's own, and stops no clock.
func TestFraudObjection(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	c := w.claim(l, 100, false)
	before := w.examineBy(c)
	files := []Paper{{"往来函.pdf", []byte("确认函")}}
	if a := w.must(w.objects(c, w.bidders[0], files, nil)); a.DemandState != Examining || w.examineBy(c) != before {
		t.Fatalf("%+v, examined by %s", a, w.examineBy(c))
	}
	all, err := w.Objections(w.ctx, c.d.ID)
	if err != nil || len(all) != 1 || all[0].Ground != "acknowledged" || all[0].Applicant != w.bidders[0].party.USCC {
		t.Fatalf("%+v, %v", all, err)
	}
	if o, got, err := w.ObjectionPapers(w.ctx, all[0].ID); err != nil || len(got) != 1 || string(got[0].Bytes) != "确认函" || len(o.Signed) == 0 {
		t.Errorf("papers %+v, %v", got, err)
	}
	for code, spoil := range map[string]func(*letter.Objection){
		"objection.demand":    func(o *letter.Objection) { o.DemandDigest = signing.Sum([]byte("x")) },
		"objection.number":    func(o *letter.Objection) { o.Number = "CSB-2026-000009" },
		"objection.applicant": func(o *letter.Objection) { o.Applicant = w.bidders[1].party },
		"objection.documents": func(o *letter.Objection) { o.Documents = nil },
	} {
		_, err := w.objects(c, w.bidders[0], files, func(o *letter.Objection) {
			if spoil(o); o.Documents == nil {
				o.Documents = []letter.FileDigest{}
			}
		})
		refused(t, err, code)
	}
	_, err = w.objects(c, w.bidders[1], nil, nil)
	refused(t, err, "demand.not_found")
	for range maxObjections - 1 {
		w.must(w.objects(c, w.bidders[0], nil, nil))
	}
	_, err = w.objects(c, w.bidders[0], nil, nil)
	refused(t, err, "objection.too_many")
	w.must(w.DecideDemand(w.ctx, c.says(w), c.d.ID, refusesIt))
	_, err = w.objects(c, w.bidders[0], nil, nil)
	refused(t, err, "objection.settled")
}

// The sheet tells before the demand what the demand is then held to.
func TestDemandSheet(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001")
	lead, joint := w.tenderees[0].actor(party.Beneficiary), w.tenderees[1].actor(party.Beneficiary)
	w.claim(l, 30_000_000, false)
	for _, by := range []party.Actor{lead, joint} {
		s, err := w.DemandSheet(w.ctx, by, l.id)
		if err != nil {
			t.Fatal(err)
		}
		if s.Presenter != w.tenderees[0].party || !s.Joint || s.Claimed != 30_000_000 || s.Claimable != 50_000_000 || s.Place == "" ||
			!s.LastInstant.Equal(time.Date(2027, 4, 21, 0, 0, 0, 0, calendar.Shanghai)) || len(s.Clocks) != 6 {
			t.Errorf("%+v", s)
		}
		for _, r := range s.Reasons {
			if want, err := l.u.Content.Required(r.Code); err != nil || !slices.Equal(r.Documents, want) {
				t.Errorf("%s needs %v, the sheet says %v", r.Code, want, r.Documents)
			}
		}
		if len(s.Reasons) != len(letter.Reasons) || !slices.Contains(s.Documents, letter.LossStatement) || !slices.Contains(s.Documents, letter.SupervisorDecision) {
			t.Errorf("reasons %v, documents %v", s.Reasons, s.Documents)
		}
	}
	for _, by := range []party.Actor{w.bidders[0].actor(party.Bidder), w.insurer.actor(party.Guarantor), w.otherBank.actor(party.Beneficiary)} {
		_, err := w.DemandSheet(w.ctx, by, l.id)
		refused(t, err, "guarantee.not_found")
	}
	sealed := w.apply(w.bidders[1], w.bank)
	_, err := w.DemandSheet(w.ctx, lead, sealed.id)
	refused(t, err, "guarantee.not_found")
}

// The applicant sees every step of a demand against its letter, and nobody else does by this way.
func TestApplicantSeesEveryStep(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	first, second := w.claim(l, 100, false), w.claim(l, 200, false)
	w.must(w.objects(first, w.bidders[0], nil, nil))
	w.must(w.DecideDemand(w.ctx, first.says(w), first.d.ID, refusesIt))
	g, all, err := w.DemandStories(w.ctx, w.bidders[0].actor(party.Bidder), l.id)
	if err != nil || g.ID != l.id || len(all) != 2 {
		t.Fatalf("%d stories, %v", len(all), err)
	}
	kinds := map[string][]EventKind{}
	for _, s := range all {
		for _, e := range s.Events {
			kinds[s.Demand.ID] = append(kinds[s.Demand.ID], e.Kind)
			if e.DemandWords() == "" || e.Role() == "" || len(e.Role()) > 12 {
				t.Errorf("%s by %q has no words, or names somebody", e.Kind, e.Role())
			}
		}
	}
	if !slices.Equal(kinds[first.d.ID], []EventKind{EventDemandPresented, EventDemandExamining, EventDemandObjected, EventDemandRejected}) ||
		!slices.Equal(kinds[second.d.ID], []EventKind{EventDemandPresented, EventDemandExamining}) {
		t.Errorf("%v", kinds)
	}
	for _, by := range []party.Actor{w.bidders[1].actor(party.Bidder), w.bank.actor(party.Guarantor), w.tenderees[0].actor(party.Beneficiary)} {
		_, _, err := w.DemandStories(w.ctx, by, l.id)
		refused(t, err, "guarantee.not_found")
	}
	sealed := w.apply(w.bidders[1], w.otherBank)
	_, _, err = w.DemandStories(w.ctx, w.bidders[1].actor(party.Bidder), sealed.id)
	refused(t, err, "guarantee.not_found")
}
