package guarantee

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// refused fails unless err is a refusal with this code.
func refused(t *testing.T, err error, code string) {
	t.Helper()
	r, ok := party.RefusalOf(err)
	if !ok || r.Code != code {
		t.Fatalf("got %v; want the refusal %s", err, code)
	}
}

func TestBlindLife(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	a := w.issued(h, "CSB-2026-000001")
	if a.Instrument != Issued || a.Fee != FeePaid || len(a.Receipt) == 0 {
		t.Fatalf("after the issue: %+v", a)
	}
	u := w.open(h.id)[0]
	if u.Reveal.Application != h.id || u.Fee == nil || u.Fee.Payer.Name != h.bidder.party.Name {
		t.Errorf("unsealed %+v", u)
	}
	file, err := w.File(w.ctx, h.id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := letter.ParseFile(file); err != nil {
		t.Errorf("the file: %v", err)
	}
	l := disclosedLetter{h, "CSB-2026-000001", u}
	if got := w.must(w.release(l, w.tenderees[0])); got.Instrument != Issued {
		t.Fatalf("released by one of two beneficiaries: %+v", got)
	}
	if got := w.must(w.release(l, w.tenderees[1])); got.Instrument != Released || got.Release != Requested {
		t.Fatalf("not released by both: %+v", got)
	}
	w.must(w.AcknowledgeRelease(w.ctx, w.guarantorSays(h), h.id))
	history(t, w, h.id)
}

func TestFullLife(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[1], w.insurer, "HNPIC-00000001")
	if l.u.Content.Reveal == nil || l.u.Salt == nil {
		t.Fatal("a letter in full names everything and has a salt")
	}
	demand := w.demandOf(l, w.tenderees[0], w.requirement.Amount, w.files(l))
	a, _, err := w.present(l, w.tenderees[0], demand, w.files(l))
	w.must(a, err)
	if a.DemandState != Examining {
		t.Fatalf("complete presentation is %s", a.DemandState)
	}
	w.must(w.DecideDemand(w.ctx, w.guarantorSays(l.handed), demand.ID, DemandDecision{Complying: true}))
	a = w.must(w.HonourDemand(w.ctx, w.guarantorSays(l.handed), demand.ID, Payment{Amount: demand.Amount, Reference: "P1", PaidAt: w.clock.Now()}))
	if a.Instrument != PaidOut || a.DemandState != Honoured {
		t.Errorf("after the whole amount: %+v", a)
	}
	history(t, w, l.id)
}

// history re-derives the row's version from its events (I4).
func history(t *testing.T, w *world, id string) {
	t.Helper()
	events, err := w.EventsSince(w.ctx, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if e.Seq != int64(i+1) {
			t.Errorf("event %d has sequence number %d", i+1, e.Seq)
		}
	}
	g, err := readGuarantee(w.ctx, w.Pool, id)
	if err != nil || g.Version != int64(len(events)) {
		t.Errorf("version %d, %d events, %v", g.Version, len(events), err)
	}
	for _, sql := range []string{`UPDATE intake SET received_at = now()`, `UPDATE intake SET body = ''`, `DELETE FROM intake`, `UPDATE guarantee_event SET kind = 'x'`, `DELETE FROM guarantee_event`, `TRUNCATE guarantee_event`, `DELETE FROM guarantee`, `UPDATE disclosure SET lot = 'x'`} {
		if _, err := w.Pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
}

func TestDeclinedThenAnotherGuarantor(t *testing.T) {
	w := newWorld(t)
	first := w.apply(w.bidders[0], w.bank)
	if _, err := w.Decide(w.ctx, w.guarantorSays(first), first.id, Decision{}); err == nil {
		t.Error("declined without a reason")
	}
	w.must(w.Decide(w.ctx, w.guarantorSays(first), first.id, Decision{Reason: "授信额度不足"}))
	second := w.apply(w.bidders[0], w.insurer)
	if w.issued(second, "HNPIC-00000002").Instrument != Issued {
		t.Error("the second application was not issued")
	}
	own, err := w.Own(w.ctx, w.bidders[0].actor(party.Bidder))
	if err != nil || len(own) != 2 || own[0].ID != first.id || own[1].ID != second.id {
		t.Errorf("the owner sees %v, %v", own, err)
	}
}

func TestOneLiveLetterPerLotAndBidder(t *testing.T) {
	w := newWorld(t)
	const racers = 8
	var wg sync.WaitGroup
	errs := make([]error, racers)
	for i := range racers {
		dr := w.draft(w.bidders[0], w.bank)
		p, err := w.seal(w.bidders[0], w.bank, w.submission(w.bidders[0], dr))
		if err != nil {
			t.Fatal(err)
		}
		cmd := w.by(w.bidders[0], party.Bidder)
		wg.Go(func() { _, errs[i] = w.applyPrepared(cmd, p) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		refused(t, err, "application.already_live")
	}
	if won != 1 {
		t.Errorf("%d of %d applications won", won, racers)
	}
	w.apply(w.bidders[1], w.bank) // another bidder is not hindered
	w.round = 1
	w.apply(w.bidders[0], w.bank) // nor is the same one in the lot's next round of letters, once
	p, err := w.seal(w.bidders[0], w.bank, w.submission(w.bidders[0], w.draft(w.bidders[0], w.bank)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.applyPrepared(w.by(w.bidders[0], party.Bidder), p)
	refused(t, err, "application.already_live")
}

func TestFeeClock(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	fee := h.draft.application.Fee
	w.must(w.Decide(w.ctx, w.guarantorSays(h), h.id, Decision{Approve: true, Fee: fee}))
	w.clock.Advance(24*time.Hour - time.Microsecond)
	if a := w.must(w.Lapse(w.ctx, h.id)); a.Fee != FeePending {
		t.Fatalf("lapsed too early: %+v", a)
	}
	if due, err := w.Due(w.ctx, 10); err != nil || hasDue(due, DueLapse, h.id) {
		t.Fatalf("due too early: %v %v", due, err)
	}
	w.clock.Advance(time.Microsecond)
	if due, err := w.Due(w.ctx, 10); err != nil || !hasDue(due, DueLapse, h.id) {
		t.Fatalf("not due in time: %v %v", due, err)
	}
	if a := w.must(w.Lapse(w.ctx, h.id)); a.Fee != FeeLapsed {
		t.Fatalf("did not lapse: %+v", a)
	}
	a := w.must(w.FeeReceived(w.ctx, w.guarantorSays(h), h.id, FeeEvidence{Amount: fee, Reference: "late", PaidAt: w.clock.Now()}))
	if a.Fee != FeeRefunding {
		t.Errorf("money that came too late is %s, not on its way back", a.Fee)
	}
	if a := w.must(w.FeeRefunded(w.ctx, w.guarantorSays(h), h.id, "B1")); a.Fee != FeeRefunded {
		t.Errorf("not refunded: %+v", a)
	}
	w.apply(w.bidders[0], w.bank) // the lot is free again
}

func hasDue(all []Due, kind DueKind, id string) bool {
	for _, d := range all {
		if d.Kind == kind && d.ID == id {
			return true
		}
	}
	return false
}

func TestAnotherFeeNeedsTheApplicant(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	more := h.draft.application.Fee * 2
	a := w.must(w.Decide(w.ctx, w.guarantorSays(h), h.id, Decision{Approve: true, Fee: more}))
	if a.Fee != FeeNone {
		t.Fatalf("a fee that nobody agreed to is %s", a.Fee)
	}
	_, err := w.AcceptFee(w.ctx, w.by(h.bidder, party.Bidder), h.id, more-1)
	refused(t, err, "fee.changed")
	_, err = w.AcceptFee(w.ctx, w.by(w.bidders[1], party.Bidder), h.id, more)
	refused(t, err, "guarantee.not_found")
	if a = w.must(w.AcceptFee(w.ctx, w.by(h.bidder, party.Bidder), h.id, more)); a.Fee != FeePending {
		t.Errorf("accepted: %+v", a)
	}
	_, err = w.FeeReceived(w.ctx, w.guarantorSays(h), h.id, FeeEvidence{Amount: more - 1, Reference: "R"})
	refused(t, err, "fee.amount")
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.paid(h)
	_, err := w.Cancel(w.ctx, w.by(w.bidders[1], party.Bidder), h.id)
	refused(t, err, "guarantee.not_found")
	a := w.must(w.Cancel(w.ctx, w.by(h.bidder, party.Bidder), h.id))
	if a.Application != Cancelled || a.Fee != FeeRefunding {
		t.Errorf("cancelled after payment: %+v", a)
	}
	_, err = w.Prepare(w.ctx, w.guarantorSays(h), h.id, "CSB-2026-000009", signing.Sum([]byte("x")))
	refused(t, err, "issue.not_paid")
}

func TestPreparedOnceIssuedOnce(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.paid(h)
	_, p7s := w.letterOf(h, "CSB-2026-000001")
	digest := letter.UndertakingDigest(p7s)
	_, err := w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s})
	refused(t, err, "issue.not_prepared")
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, "CSB-2026-000001", digest))
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, "CSB-2026-000001", digest))
	_, err = w.Prepare(w.ctx, w.guarantorSays(h), h.id, "CSB-2026-000002", digest)
	refused(t, err, "issue.prepared_otherwise")

	_, other := w.letterOf(h, "CSB-2026-000001") // same content, another signature: other bytes
	w.clock.Advance(time.Second)
	_, err = w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: other})
	refused(t, err, "issue.digest")

	first := w.must(w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s}))
	w.clock.Advance(time.Hour)
	again := w.must(w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s}))
	if !bytes.Equal(first.Receipt, again.Receipt) || again.Version != first.Version {
		t.Error("the same letter again got another receipt")
	}
	b := w.apply(w.bidders[1], w.bank)
	w.paid(b)
	_, err = w.Prepare(w.ctx, w.guarantorSays(b), b.id, "CSB-2026-000001", signing.Sum([]byte("x")))
	refused(t, err, "issue.number_used")
}

// A number that stands for another institution's letter is as free as any: the answer does not tell that it is there.
func TestNumberOfAnotherInstitution(t *testing.T) {
	w := newWorld(t)
	taken := w.apply(w.bidders[0], w.bank)
	w.paid(taken)
	w.must(w.Prepare(w.ctx, w.guarantorSays(taken), taken.id, "2026-000001", signing.Sum([]byte("x"))))
	var told []Answer
	for i, number := range []string{"2026-000001", "2026-000002"} {
		h := w.apply(w.bidders[i+1], w.insurer)
		w.paid(h)
		a := w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, number, signing.Sum([]byte("y"))))
		a.ID = ""
		told = append(told, a)
	}
	if !reflect.DeepEqual(told[0], told[1]) {
		t.Errorf("a number that another institution has used: %+v; a free one: %+v", told[0], told[1])
	}
}

func TestIssueRaces(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.paid(h)
	_, p7s := w.letterOf(h, "CSB-2026-000001")
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, "CSB-2026-000001", letter.UndertakingDigest(p7s)))
	const racers = 8
	answers, errs := make([]Answer, racers), make([]error, racers)
	var wg sync.WaitGroup
	for i := range racers {
		cmd := w.guarantorSays(h)
		wg.Go(func() { answers[i], errs[i] = w.Issue(w.ctx, cmd, h.id, Issue{Undertaking: p7s}) })
	}
	wg.Wait()
	for i := range racers {
		if errs[i] != nil || !bytes.Equal(answers[i].Receipt, answers[0].Receipt) {
			t.Errorf("racer %d: %v, its receipt equals the first: %v", i, errs[i], bytes.Equal(answers[i].Receipt, answers[0].Receipt))
		}
	}
	events, err := w.EventsSince(w.ctx, h.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range events {
		if e.Kind == EventIssued {
			n++
		}
	}
	if n != 1 {
		t.Errorf("issued %d times", n)
	}
}

// An undertaking that differs from the application in one field is refused, although its digest was prepared.
func TestIssueAnotherThanAppliedFor(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		spoil func(*letter.Application)
		code  string
	}{
		"ceiling":    {func(a *letter.Application) { a.Ceiling *= 2 }, "undertaking.max_amount"},
		"expiry":     {func(a *letter.Application) { a.LatestExpiry = letter.LadderExpiry(a.LatestExpiry) }, "undertaking.latest_expiry"},
		"commitment": {func(a *letter.Application) { a.Commitment[0] ^= 1 }, "undertaking.application.commitment"},
		"fee":        {func(a *letter.Application) { a.Fee++ }, "undertaking.application.fee"},
	} {
		t.Run(name, func(t *testing.T) {
			h := w.apply(w.newBidder(name), w.bank)
			w.paid(h)
			app, err := signing.ParseSignedData(h.submission.Application)
			if err != nil {
				t.Fatal(err)
			}
			content, err := letter.ParseApplication(app.Content)
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(&content)
			number := "CSB-X-" + h.id[:8]
			number = string(bytes.ToUpper([]byte(number)))
			u, err := letter.NewUndertaking(content, letter.ApplicationDigest(h.submission.Application), number, "湖南省公共资源电子保函平台", nil)
			if err != nil {
				t.Fatal(err)
			}
			b, err := u.Canonical()
			p7s := w.p7s(h.guarantor, b, err)
			w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, number, letter.UndertakingDigest(p7s)))
			_, err = w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s})
			refused(t, err, c.code)
		})
	}
}

func (w *world) newBidder(name string) org {
	n := 100 + len(w.bidders)
	o := w.org("投标单位"+name, n)
	w.bidders = append(w.bidders, o)
	return o
}

// Nobody else's signature issues (I11), and nobody else's guarantee can be touched (I14).
func TestForeignGuarantor(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	other := w.by(w.otherBank, party.Guarantor)
	_, err := w.Decide(w.ctx, other, h.id, Decision{Approve: true, Fee: h.draft.application.Fee})
	refused(t, err, "guarantee.not_found")
	w.paid(h)
	asOther := h
	asOther.guarantor = w.otherBank
	_, p7s := w.letterOf(asOther, "CSB-2026-000001")
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, "CSB-2026-000001", letter.UndertakingDigest(p7s)))
	_, err = w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s})
	refused(t, err, "issue.signer")
}

func TestSameCommandSameAnswer(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	cmd := w.guarantorSays(h)
	dec := Decision{Approve: true, Fee: h.draft.application.Fee}
	first := w.must(w.Decide(w.ctx, cmd, h.id, dec))
	w.clock.Advance(400 * 24 * time.Hour)
	if again := w.must(w.Decide(w.ctx, cmd, h.id, dec)); again.Version != first.Version || again.Fee != first.Fee {
		t.Errorf("a year later: %+v, first %+v", again, first)
	}
	cmd.Digest = signing.Sum([]byte("other bytes"))
	if _, err := w.Decide(w.ctx, cmd, h.id, dec); !errors.Is(err, party.ErrKeyReused) {
		t.Errorf("other bytes under the same key: %v", err)
	}
}

// A rule that fails, or an outbox that fails, leaves nothing behind.
func TestNothingHalfDone(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.outbox.fail = errors.New("no queue")
	if _, err := w.Decide(w.ctx, w.guarantorSays(h), h.id, Decision{Approve: true, Fee: h.draft.application.Fee}); err == nil {
		t.Fatal("decided without an outbox")
	}
	w.outbox.fail = nil
	g, err := readGuarantee(w.ctx, w.Pool, h.id)
	if err != nil || g.ApplicationState != Submitted || g.Version != 1 || g.Fee != nil {
		t.Errorf("left behind: %+v %v", g, err)
	}
}

func TestExpiryInstant(t *testing.T) {
	w := newWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	end := time.Date(2027, 4, 21, 0, 0, 0, 0, calendar.Shanghai) // 2026-12-21 + 120 days = 2027-04-20, 24:00
	w.clock.Set(end)
	if a := w.must(w.Expire(w.ctx, l.id)); a.Instrument != Issued {
		t.Fatal("expired at 24:00 itself, which is still in time")
	}
	w.clock.Set(end.Add(expiryGrace)) // a paper of the last instant may still be on its way
	if a := w.must(w.Expire(w.ctx, l.id)); a.Instrument != Issued {
		t.Fatal("closed over papers that may still be on their way")
	}
	w.clock.Set(end.Add(expiryGrace + time.Microsecond))
	if due, err := w.Due(w.ctx, 10); err != nil || !hasDue(due, DueExpiry, l.id) {
		t.Errorf("not due: %v %v", due, err)
	}
	if a := w.must(w.Expire(w.ctx, l.id)); a.Instrument != Expired {
		t.Errorf("not expired: %+v", a)
	}
}

// A fee that is paid and a letter that does not come is seen; so is whose it is, by those only who may know.
func TestPaidAndNotIssuedIsDue(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.paid(h)
	w.clock.Advance(24 * time.Hour)
	due, err := w.Due(w.ctx, 10)
	if err != nil || !hasDue(due, DueIssuance, h.id) {
		t.Fatalf("%v, %v", due, err)
	}
	for by, want := range map[party.Actor]int{
		w.bank.actor(party.Guarantor): 1, w.otherBank.actor(party.Guarantor): 0,
		w.tenderees[0].actor(party.Beneficiary): 0, w.bidders[1].actor(party.Bidder): 0,
	} {
		if mine, err := w.Mine(w.ctx, by, []string{h.id}); err != nil || len(mine) != want {
			t.Errorf("%s as %s: %v, %v", by.Name, by.Role, mine, err)
		}
	}
	_, p7s := w.letterOf(h, "CSB-2026-000001")
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, "CSB-2026-000001", letter.UndertakingDigest(p7s)))
	w.must(w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s}))
	if due, err = w.Due(w.ctx, 10); err != nil || hasDue(due, DueIssuance, h.id) {
		t.Errorf("still due after the issue: %v, %v", due, err)
	}
	w.open(h.id)
	if mine, err := w.Mine(w.ctx, w.tenderees[1].actor(party.Beneficiary), []string{h.id}); err != nil || len(mine) != 1 {
		t.Errorf("the beneficiary after the opening: %v, %v", mine, err)
	}
}

// What was cancelled cannot be accepted or paid for afterwards.
func TestNothingIsOwedAfterCancelling(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	more := h.draft.application.Fee * 2
	w.must(w.Decide(w.ctx, w.guarantorSays(h), h.id, Decision{Approve: true, Fee: more}))
	w.must(w.Cancel(w.ctx, w.by(h.bidder, party.Bidder), h.id))
	_, err := w.AcceptFee(w.ctx, w.by(h.bidder, party.Bidder), h.id, more)
	refused(t, err, "fee.nothing_offered")
	_, err = w.FeeReceived(w.ctx, w.guarantorSays(h), h.id, FeeEvidence{Amount: more, Reference: "R"})
	refused(t, err, "fee.not_agreed")
	if _, err := w.Pool.Exec(w.ctx, `UPDATE guarantee SET fee_state = 'pending', fee = quoted_fee WHERE id = $1`, h.id); err == nil {
		t.Error("the database let a cancelled application owe a fee")
	}
}

// Paid, and no letter: the guarantor says so at once, or the bidder leaves when the time is over; the fee goes back and
// is asked after until it has.
func TestPaidAndNoLetter(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	w.paid(h)
	if a := w.must(w.FailIssue(w.ctx, w.guarantorSays(h), h.id, "授信被冻结")); a.Instrument != IssueFailed || a.Fee != FeeRefunding {
		t.Fatalf("failed: %+v", a)
	}
	h = w.apply(w.bidders[0], w.bank)
	w.paid(h)
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, "CSB-2026-000001", signing.Sum([]byte("x"))))
	_, err := w.Cancel(w.ctx, w.by(h.bidder, party.Bidder), h.id)
	refused(t, err, "application.issuing")
	w.clock.Advance(24 * time.Hour)
	if a := w.must(w.Cancel(w.ctx, w.by(h.bidder, party.Bidder), h.id)); a.Instrument != IssueFailed || a.Fee != FeeRefunding {
		t.Fatalf("left after a day: %+v", a)
	}
	due, err := w.Due(w.ctx, 10)
	if err != nil || !hasDue(due, DueRefund, h.id) {
		t.Errorf("nobody asks after the refund: %v %v", due, err)
	}
	w.must(w.FeeRefunded(w.ctx, w.guarantorSays(h), h.id, "B1"))
	if due, err = w.Due(w.ctx, 10); err != nil || hasDue(due, DueRefund, h.id) {
		t.Errorf("asked after a refund that was made: %v %v", due, err)
	}
}

// A letter that its guarantor sealed as another record's is refused: custodians would refuse it at the opening, and
// every letter of its lot with it.
func TestSealForAnotherRecordIsRefused(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.insurer)
	w.paid(h)
	_, p7s := w.letterOf(h, "HNPIC-00000001")
	salt := signing.Random(32)
	content, err := letter.FullLetter{Salt: salt, Undertaking: p7s}.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := signing.SealTwoOfThree(content, letter.LetterAAD(strings.Repeat("0", 32)), letter.LetterSize, w.keys.Public(), h.bidder.encrypt.Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	blob, err := sealed.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	digest := letter.SaltedDigest(salt, p7s)
	b, err := letter.SealedIssue{Version: 1, Application: h.id, Number: "HNPIC-00000001", Digest: digest, Sealed: letter.SealedDigest(blob)}.Canonical()
	statement := w.p7s(h.guarantor, b, err)
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, "HNPIC-00000001", digest))
	_, err = w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Sealed: &sealed, Statement: statement})
	refused(t, err, "issue.sealed_for_another")

	good := w.apply(w.bidders[1], w.insurer)
	w.issued(good, "HNPIC-00000002")
	rows, err := w.SealedLetters(w.ctx, []string{good.id})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	rows[0].Letter = blob // as a row from before this check could hold it
	if _, _, err := rows[0].Seals(); !errors.Is(err, errForeignSeal) {
		t.Errorf("seals of a row with another record's letter: %v", err)
	}
}
