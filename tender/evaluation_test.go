package tender

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// evaluation is what the committee says of a lot as it was opened: everything holds, the bidders are ranked in the order
// of the world.
func (w *world) evaluation(l *Lot, change ...func(*letter.Evaluation)) letter.Evaluation {
	w.t.Helper()
	sheet := must(w.Sheet(w.ctx, l.ID, 0))
	e := letter.Evaluation{Version: 1, Edition: 1, Lot: l.Requirement.Lot, Requirement: l.RequirementDigest(), Sheet: letter.SheetDigest(sheet.Signed),
		Committee: 5, Letters: []letter.LetterFinding{}, Bids: []letter.BidVerdict{}, At: w.clock.Now().In(calendar.Shanghai)}
	for _, id := range sheet.Content.Doubtful {
		e.Letters = append(e.Letters, letter.LetterFinding{Letter: id, Verdict: letter.FindingValid, Reason: "经核对原件，不影响担保责任"})
	}
	for _, b := range sheet.Content.Bids {
		e.Bids = append(e.Bids, letter.BidVerdict{Bid: b.ID, Verdict: letter.BidAccepted})
	}
	for _, o := range w.bidders {
		leads := slices.ContainsFunc(sheet.Content.Bids, func(b letter.SheetBid) bool { return len(b.Bidders) > 0 && b.Bidders[0] == o.party })
		if leads && len(e.Candidates) < 3 {
			e.Candidates = append(e.Candidates, letter.Candidate{Rank: len(e.Candidates) + 1, Bidder: o.party, Price: letter.Fen(3_900_000_000 + len(e.Candidates))})
		}
	}
	for _, c := range change {
		c(&e)
	}
	return e
}

func (w *world) handEvaluation(l *Lot, e letter.Evaluation) (EvaluationTaken, error) {
	w.t.Helper()
	return w.HandInEvaluation(w.ctx, w.by(w.centre, party.Centre), l.ID, w.p7s(w.centre, must(e.Canonical()), nil))
}

// correction is the next edition of what stands.
func (w *world) correction(l *Lot, change ...func(*letter.Evaluation)) letter.Evaluation {
	w.t.Helper()
	last := must(evaluationOf(w.ctx, w.pool, l.ID, 0))
	return w.evaluation(l, append([]func(*letter.Evaluation){func(e *letter.Evaluation) {
		e.Edition, e.Previous, e.Note = last.Edition+1, letter.EvaluationDigest(last.Signed), "评分汇总有误，经复核更正"
	}}, change...)...)
}

func allRejected(e *letter.Evaluation) {
	e.Candidates = []letter.Candidate{}
	for i := range e.Bids {
		e.Bids[i].Verdict, e.Bids[i].Reason = letter.BidRejected, "投标报价超过最高投标限价"
	}
}

// mixed is an opened lot with a letter that passed, one that is doubtful, one that is not here and one bid in cash.
func (w *world) mixed(name string) (l *Lot, blind, full, nowhere string) {
	w.t.Helper()
	w.clock.Set(started)
	w.market.excluded = w.insurer.party.USCC
	l = w.published(letter.RegimeTendering, name)
	blind, full = w.three(l)
	nowhere = newID()
	w.submit(w.bidders[3], l, nowhere)
	w.open(l)
	return must(readLot(w.ctx, w.pool, l.ID)), blind, full, nowhere
}

func (w *world) eventsOf(id string, kind guarantee.EventKind) (out []guarantee.Event) {
	w.t.Helper()
	for _, e := range must(w.Guarantees.EventsSince(w.ctx, id, 0)) {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// The result ends the verification of what it found, in one transaction, and nothing else: a letter found invalid stays in
// force. A correction that says something else of one letter is one more fact about that letter alone.
func TestEvaluationConfirms(t *testing.T) {
	w := newWorld(t)
	l, blind, full, nowhere := w.mixed("A1")
	e := w.evaluation(l, func(e *letter.Evaluation) {
		for i, f := range e.Letters {
			if f.Letter == full {
				e.Letters[i].Verdict, e.Letters[i].Reason = letter.FindingInvalid, "开立机构不具备承保该险种的资格"
			}
		}
	})
	want := []string{full, nowhere}
	slices.Sort(want)
	if len(e.Letters) != 2 || e.Letters[0].Letter != want[0] || e.Letters[1].Letter != want[1] {
		t.Fatalf("%+v", e.Letters)
	}
	before := w.dump()
	taken := must(w.handEvaluation(l, e))
	if taken.Edition != 1 || taken.Lot != l.ID || !taken.AcceptedAt.Equal(w.clock.Now()) {
		t.Errorf("%+v", taken)
	}
	if g := w.letterRow(blind); g.VerificationState != guarantee.Passed || len(w.eventsOf(blind, guarantee.EventConfirmed)) != 0 {
		t.Errorf("one that passed: %s", g.VerificationState)
	}
	g := w.letterRow(full)
	if g.VerificationState != guarantee.Confirmed || g.InstrumentState != guarantee.Issued || g.ReleaseState != guarantee.NoRelease {
		t.Errorf("one found invalid: %s %s %s", g.VerificationState, g.InstrumentState, g.ReleaseState)
	}
	facts := w.eventsOf(full, guarantee.EventConfirmed)
	if len(facts) != 1 || !strings.Contains(string(facts[0].Data), `"verdict": "invalid"`) || !strings.Contains(string(facts[0].Data), "不具备承保") {
		t.Errorf("%+v", facts)
	}
	// What changed, and nowhere a name before the notice.
	after := w.dump()
	for table := range maps.Keys(after) {
		if after[table] != before[table] && !slices.Contains([]string{"evaluation", "lot", "lot_event", "guarantee", "guarantee_event", "command", "idempotency", "command_answer",
			"translog_pending", "log_pending", "once"}, table) && !strings.Contains(table, "log") {
			t.Errorf("table %s changed", table)
		}
	}
	if strings.Contains(after["lot_event"], w.bidders[0].party.USCC) {
		t.Error("the public fact names a candidate before the notice")
	}
	// The same again, and signed again: the same answer.
	w.clock.Advance(time.Minute)
	if again := must(w.handEvaluation(l, e)); again != taken {
		t.Errorf("again: %+v, want %+v", again, taken)
	}
	// A correction.
	c := w.correction(l, func(e *letter.Evaluation) {
		for i := range e.Letters {
			e.Letters[i].Verdict = letter.FindingValid
		}
	})
	if got := must(w.handEvaluation(l, c)); got.Edition != 2 {
		t.Errorf("%+v", got)
	}
	if facts := w.eventsOf(full, guarantee.EventConfirmed); len(facts) != 2 || !strings.Contains(string(facts[1].Data), `"verdict": "valid"`) || !strings.Contains(string(facts[1].Data), `"edition": 2`) {
		t.Errorf("%+v", facts)
	}
	_, err := w.handEvaluation(l, w.evaluation(l)) // another first edition
	w.refused(err, "evaluation.other_stands")
	if v := must(w.Evaluation(w.ctx, w.tenderer.actor(party.Beneficiary), l.ID, 1)); !bytes.Equal(must(v.Content.Canonical()), must(e.Canonical())) || v.Newest != 2 {
		t.Errorf("the first edition changed: %+v", v.Content)
	}
}

// Whatever the result leaves out, adds, or says of another lot is refused with its field, and nothing is kept.
func TestEvaluationIsHeldToTheOpening(t *testing.T) {
	w := newWorld(t)
	l, blind, _, _ := w.mixed("A1")
	for name, c := range map[string]struct {
		code  string
		spoil func(*letter.Evaluation)
	}{
		"a letter without a finding":   {"evaluation.letters", func(e *letter.Evaluation) { e.Letters = e.Letters[:1] }},
		"a finding on one that passed": {"evaluation.letters", func(e *letter.Evaluation) { e.Letters[0].Letter = blind; sortFindings(e) }},
		"a bid without a verdict":      {"evaluation.bids", func(e *letter.Evaluation) { e.Bids = e.Bids[1:] }},
		"a bid that is none":           {"evaluation.bids", func(e *letter.Evaluation) { e.Bids[0].Bid = strings.Repeat("0", 32) }},
		"a candidate who did not bid":  {"evaluation.candidates", func(e *letter.Evaluation) { e.Candidates[2].Bidder = w.bank.party }},
		"a candidate of another name":  {"evaluation.candidates", func(e *letter.Evaluation) { e.Candidates[0].Bidder.Name = "湖南路桥集团" }},
		"four candidates": {"evaluation.candidates", func(e *letter.Evaluation) {
			e.Candidates = append(e.Candidates, letter.Candidate{Rank: 4, Bidder: w.bidders[3].party, Price: 1})
		}},
		"a rejected candidate":             {"evaluation.candidates", func(e *letter.Evaluation) { w.reject(l, e, w.bidders[1].party) }},
		"another lot":                      {"evaluation.lot", func(e *letter.Evaluation) { e.Lot.Code = "P-A2-01" }},
		"another requirement":              {"evaluation.requirement", func(e *letter.Evaluation) { e.Requirement = signing.Sum([]byte("x")) }},
		"another sheet":                    {"evaluation.sheet", func(e *letter.Evaluation) { e.Sheet = signing.Sum([]byte("x")) }},
		"a second edition without a first": {"evaluation.edition", func(e *letter.Evaluation) { e.Edition, e.Note, e.Previous = 2, "更正", signing.Sum([]byte("x")) }},
		"before the opening":               {"evaluation.at", func(e *letter.Evaluation) { e.At = deadline.Add(-time.Microsecond) }},
		"of tomorrow":                      {"evaluation.at", func(e *letter.Evaluation) { e.At = e.At.Add(listAhead + time.Microsecond) }},
	} {
		_, err := w.handEvaluation(l, w.evaluation(l, c.spoil))
		if r, ok := party.RefusalOf(err); !ok || r.Code != c.code || r.Message == "" {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	good := w.evaluation(l)
	_, err := w.HandInEvaluation(w.ctx, w.by(w.centre, party.Centre), l.ID, w.p7s(w.tenderer, must(good.Canonical()), nil))
	w.refused(err, "evaluation.signer")
	_, err = w.HandInEvaluation(w.ctx, w.by(w.tenderer, party.Beneficiary), l.ID, w.p7s(w.centre, must(good.Canonical()), nil))
	w.refused(err, "lot.not_found")
	if now := must(readLot(w.ctx, w.pool, l.ID)); now.Evaluated != 0 || now.Version != l.Version {
		t.Errorf("kept: %+v", now)
	}
	if _, err := w.handEvaluation(l, w.evaluation(l, func(e *letter.Evaluation) { e.At = e.At.Add(listAhead) })); err != nil {
		t.Errorf("as far ahead as a clock may be: %v", err)
	}
	second := w.correction(l, func(e *letter.Evaluation) { e.Previous = signing.Sum([]byte("x")) })
	_, err = w.handEvaluation(l, second)
	w.refused(err, "evaluation.previous")
}

func sortFindings(e *letter.Evaluation) {
	slices.SortFunc(e.Letters, func(a, b letter.LetterFinding) int { return strings.Compare(a.Letter, b.Letter) })
}

// reject rejects the bid that a party leads.
func (w *world) reject(l *Lot, e *letter.Evaluation, p letter.Party) {
	for i, b := range must(w.Sheet(w.ctx, l.ID, 0)).Content.Bids {
		if len(b.Bidders) > 0 && b.Bidders[0] == p {
			e.Bids[i].Verdict, e.Bids[i].Reason = letter.BidRejected, "未按招标文件要求签字"
		}
	}
}

// Before the opening there is nothing to evaluate, after the award nothing to correct; the database says so by itself.
func TestEvaluationHasItsTime(t *testing.T) {
	w := newWorld(t)
	early := w.published(letter.RegimeTendering, "A1")
	w.three(early)
	l, _ := w.opened(letter.RegimeProcurement, "G1")
	l = must(readLot(w.ctx, w.pool, l.ID))
	e := w.evaluation(l)
	e.Lot, e.Requirement = early.Requirement.Lot, early.RequirementDigest()
	_, err := w.handEvaluation(early, e)
	w.refused(err, "lot.illegal_move")
	must(w.handEvaluation(l, w.evaluation(l)))
	w.tells(w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: w.bidders[0].party.USCC, NoticedOn: today(w)}))
	_, err = w.handEvaluation(l, w.correction(l))
	w.refused(err, "lot.illegal_move")
	for name, sql := range map[string]string{
		"after the award":    `INSERT INTO evaluation (lot, edition, signed, accepted_at) VALUES ($1, 2, '\x00', platform_now())`,
		"a changed result":   `UPDATE evaluation SET signed = '\x00' WHERE lot = $1`,
		"a result that went": `DELETE FROM evaluation WHERE lot = $1`,
	} {
		if _, err := w.pool.Exec(w.ctx, sql, l.ID); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
}

// A result that rests on a sheet which has a newer edition is refused, and one that was taken before it no longer bears an
// award.
func TestEvaluationRestsOnTheNewestSheet(t *testing.T) {
	w := newWorld(t)
	l, _, full, _ := w.mixed("A1")
	old := w.evaluation(l)
	if err := w.accepted(l, full, "应急认定"); err != nil {
		t.Fatal(err)
	}
	_, err := w.handEvaluation(l, old)
	w.refused(err, "evaluation.sheet")
	must(w.handEvaluation(l, w.evaluation(l)))
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
	w.clock.Set(must(noticeOf(w.ctx, w.pool, l.ID)).end().Add(time.Microsecond))
	if err := w.accepted(l, full, "复核发现不一致"); err != nil {
		t.Fatal(err)
	}
	_, err = w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: w.bidders[0].party.USCC, NoticedOn: today(w)})
	w.refused(err, "award.sheet")
}

// Of different results at once one is the edition; the others are told so.
func TestEvaluationsAtOnce(t *testing.T) {
	w := newWorld(t)
	l, _ := w.opened(letter.RegimeTendering, "A1")
	l = must(readLot(w.ctx, w.pool, l.ID))
	w.agents[0].busy, w.market.busy = true, true
	all := make([]letter.Evaluation, 6)
	for i := range all {
		all[i] = w.evaluation(l, func(e *letter.Evaluation) { e.Committee = 5 + 2*i })
	}
	won := make([]bool, len(all))
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			_, err := w.handEvaluation(l, all[i])
			won[i] = err == nil
			if r, ok := party.RefusalOf(err); err != nil && (!ok || r.Code != "evaluation.other_stands") {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	at := slices.Index(won, true)
	if at < 0 || slices.Index(won[at+1:], true) >= 0 {
		t.Fatalf("accepted: %v", won)
	}
	if v := must(evaluationOf(w.ctx, w.pool, l.ID, 0)); v.Newest != 1 || v.Content.Committee != all[at].Committee {
		t.Errorf("stands: %+v", v)
	}
}

// Until the notice the result is for those who run the tender, the centre and the supervisor; of two editions only the one
// that was announced is public.
func TestEvaluationIsSecretUntilItsNotice(t *testing.T) {
	w := newWorld(t)
	l, _ := w.opened(letter.RegimeTendering, "A1")
	l = must(readLot(w.ctx, w.pool, l.ID))
	must(w.handEvaluation(l, w.evaluation(l)))
	outsiders := []party.Actor{{}, w.bidders[0].actor(party.Bidder), w.bank.actor(party.Guarantor), w.tenderer.actor(party.Bidder)}
	insiders := []party.Actor{w.tenderer.actor(party.Beneficiary), w.centre.actor(party.Centre), w.overseer.actor(party.Supervisor)}
	for _, a := range outsiders {
		_, err := w.Evaluation(w.ctx, a, l.ID, 0)
		w.refused(err, "evaluation.not_found")
	}
	for _, a := range insiders {
		if v := must(w.Evaluation(w.ctx, a, l.ID, 0)); v.Edition != 1 {
			t.Errorf("%s sees edition %d", a.Role, v.Edition)
		}
	}
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
	must(w.handEvaluation(l, w.correction(l)))
	for _, a := range outsiders {
		if v := must(w.Evaluation(w.ctx, a, l.ID, 0)); v.Edition != 1 || v.Newest != 1 {
			t.Errorf("%s sees edition %d of %d", a.Role, v.Edition, v.Newest)
		}
		_, err := w.Evaluation(w.ctx, a, l.ID, 2)
		w.refused(err, "evaluation.not_found")
	}
	if v := must(w.Evaluation(w.ctx, insiders[0], l.ID, 0)); v.Edition != 2 {
		t.Errorf("edition %d", v.Edition)
	}
}
