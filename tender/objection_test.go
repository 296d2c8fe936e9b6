package tender

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

func day(s string) calendar.Date { return must(calendar.ParseDate(s)) }

// Every state of an objection with every verb, and the same pairs in the database.
func TestEveryObjectionStateWithEveryVerb(t *testing.T) {
	legal := map[ObjectionState]map[Verb]ObjectionState{ObjectionFiled: {VerbAnswerObjection: ObjectionAnswered, VerbWithdrawObjection: ObjectionWithdrawn}}
	states := []ObjectionState{ObjectionFiled, ObjectionAnswered, ObjectionWithdrawn}
	for _, from := range states {
		if from.Words() == "" {
			t.Errorf("state %s has no words", from)
		}
		for _, verb := range []Verb{VerbObject, VerbAnswerObjection, VerbWithdrawObjection} {
			to, err := nextObjection(from, verb)
			if want, ok := legal[from][verb]; ok != (err == nil) || to != want {
				t.Errorf("%s %s: %q, %v", from, verb, to, err)
			}
		}
	}
	w := newWorld(t)
	l := w.evaluated("A1")
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
	for _, from := range states {
		for _, to := range states {
			id := newID()
			w.exec(`INSERT INTO objection (id, lot, kind, state, filed_by, filer, interest, words, filed_at, answer, answered_at, upheld, changes, withdrawn_at)
				SELECT @id, '`+l.ID+`', 'query', '`+string(from)+`', '`+w.bidders[0].party.USCC+`', '某', '', '异议', platform_now(),
				CASE WHEN a THEN '答' END, CASE WHEN a THEN platform_now() END, CASE WHEN a THEN false END, CASE WHEN a THEN false END, CASE WHEN w THEN platform_now() END
				FROM (SELECT '`+string(from)+`' = 'answered' AS a, '`+string(from)+`' = 'withdrawn' AS w) x`, id)
			_, err := w.pool.Exec(w.ctx, `UPDATE objection SET state = $2,
				answer = CASE WHEN $2 = 'answered' THEN '答' END, answered_at = CASE WHEN $2 = 'answered' THEN platform_now() END,
				upheld = CASE WHEN $2 = 'answered' THEN false END, changes = CASE WHEN $2 = 'answered' THEN false END,
				withdrawn_at = CASE WHEN $2 = 'withdrawn' THEN platform_now() END WHERE id = $1`, id, string(to))
			if want := from == ObjectionFiled && to != ObjectionFiled; want != (err == nil) {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if from == ObjectionFiled && to == ObjectionFiled {
				w.exec(`UPDATE objection SET state = 'withdrawn', withdrawn_at = platform_now() WHERE id = @id`, id)
			}
		}
	}
	for name, sql := range map[string]string{
		"other words":          `UPDATE objection SET words = '改', state = 'answered' WHERE state = 'filed'`,
		"an objection deleted": `DELETE FROM objection`,
		"a changed notice":     `UPDATE candidate_notice SET last_day = last_day - 1`,
	} {
		if _, err := w.pool.Exec(w.ctx, sql); err == nil && name != "other words" {
			t.Errorf("%s was let through", name)
		}
	}
}

// evaluated is an opened lot of a tendering with the committee's result.
func (w *world) evaluated(name string) *Lot {
	w.t.Helper()
	l, _ := w.opened(letter.RegimeTendering, name)
	must(w.handEvaluation(must(readLot(w.ctx, w.pool, l.ID)), w.evaluation(must(readLot(w.ctx, w.pool, l.ID)))))
	return must(readLot(w.ctx, w.pool, l.ID))
}

func (w *world) object(o org, l *Lot, interest string) (Answer, error) {
	return w.Object(w.ctx, w.by(o, party.Bidder), l.ID, "第一中标候选人的业绩不符合招标文件要求，请求复核", interest)
}

func (w *world) answer(id string, r Reply) (Answer, error) {
	if r.Words == "" {
		r.Words = "经复核，第一中标候选人的业绩符合招标文件要求"
	}
	return w.AnswerObjection(w.ctx, w.tenderers(), id, r)
}

func (w *world) award(l *Lot, winner org, passed ...PassedOver) (Answer, error) {
	return w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: winner.party.USCC, NoticedOn: today(w), PassedOver: passed})
}

// The notice ends at 24:00 of its last day: the third day, unless that is a day of rest (民法典201, 203). 2024's leap day counts;
// a Saturday that is worked instead is a working day.
func TestNoticeIsThreeDays(t *testing.T) {
	year := func(rows ...calendar.Day) *calendar.Calendar { return must(calendar.New(rows)) }
	published := calendar.Published()
	leap := year(calendar.Day{Date: day("2024-02-12"), Kind: calendar.Rest, Occasion: "春节"})
	e := &EvaluationView{Edition: 1, Content: letter.Evaluation{Bids: []letter.BidVerdict{{Verdict: letter.BidAccepted}}}}
	for _, c := range []struct {
		days *calendar.Calendar
		on   string
		n    int
		want string
	}{
		{published, "2026-12-21", 0, "2026-12-24"}, // Monday
		{published, "2026-12-21", 4, "2026-12-25"},
		{published, "2026-12-23", 0, "2026-12-28"}, // the third day is a Saturday
		{published, "2026-10-07", 0, "2026-10-10"}, // a Saturday that is worked
		{published, "2026-09-29", 0, "2026-10-08"}, // over the National Day
		{leap, "2024-02-26", 0, "2024-02-29"},
		{leap, "2024-02-27", 0, "2024-03-01"},
	} {
		d := &Desk{Config{Calendar: c.days}}
		at := day(c.on).Time().Add(6 * time.Hour)
		e.AcceptedAt = at
		n, err := d.newNotice(&Lot{Project: Project{Regime: letter.RegimeTendering}}, e, nil, c.n, at)
		if err != nil || n.last().String() != c.want || n.Late {
			t.Errorf("%s, %d days: %s %v, %v", c.on, c.n, n.last(), n.Late, err)
		}
		if end := day(c.want).EndOfDay(); objectionInTime(&n, end) != nil || objectionInTime(&n, end.Add(time.Microsecond)) == nil {
			t.Errorf("%s: the notice does not end at 24:00 of %s", c.on, c.want)
		}
	}
	d := &Desk{Config{Calendar: published}}
	tendering := &Lot{Project: Project{Regime: letter.RegimeTendering}}
	for code, f := range map[string]func() error{
		"notice.days": func() error { _, err := d.newNotice(tendering, e, nil, 2, deadline); return err },
		"notice.procurement": func() error {
			_, err := d.newNotice(&Lot{Project: Project{Regime: letter.RegimeProcurement}}, e, nil, 0, deadline)
			return err
		},
		"evaluation.missing":          func() error { _, err := d.newNotice(tendering, nil, nil, 0, deadline); return err },
		"notice.published":            func() error { _, err := d.newNotice(tendering, e, &noticeRow{Edition: 1}, 0, deadline); return err },
		"notice.nobody":               func() error { _, err := d.newNotice(tendering, &EvaluationView{}, nil, 0, deadline); return err },
		"calendar.year_not_published": func() error { _, err := d.newNotice(tendering, e, nil, 30, deadline); return err },
	} {
		if r, ok := party.RefusalOf(f()); !ok || r.Code != code {
			t.Errorf("got %v, want %s", f(), code)
		}
	}
	// Three days after the report, and one microsecond more.
	reported := day("2026-12-21").Time()
	for at, want := range map[time.Time]bool{day("2026-12-24").EndOfDay(): false, day("2026-12-24").EndOfDay().Add(time.Microsecond): true} {
		if late := must(d.noticeLate(reported, at)); late != want {
			t.Errorf("at %s: late %v", at, late)
		}
	}
}

// 招投标, from the result to the award: notice, an objection that holds it up, its answer, the end of the notice.
func TestObjectionHoldsTheAwardUp(t *testing.T) {
	w := newWorld(t)
	l := w.evaluated("A1")
	_, err := w.award(l, w.bidders[0])
	w.refused(err, "award.no_notice")
	_, err = w.object(w.bidders[1], l, "")
	w.refused(err, "objection.not_yet")
	_, err = w.Announce(w.ctx, w.by(w.bidders[0], party.Bidder), l.ID, 0)
	w.refused(err, "lot.not_found")
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
	n := must(w.Notices(w.ctx, l.ID))
	if len(n) != 1 || n[0].LastDay != day("2026-12-24") || n[0].Late || len(n[0].Candidates) != 3 || n[0].Candidates[0].Bidder != w.bidders[0].party {
		t.Fatalf("%+v", n)
	}
	end := n[0].LastDay.EndOfDay()
	_, err = w.award(l, w.bidders[0])
	w.refused(err, "award.notice_running")
	_, err = w.object(w.tenderer, l, "") // who did not bid says why it is concerned
	w.refused(err, "objection.interest")
	_, err = w.Object(w.ctx, w.tenderers(), l.ID, "以招标人身份提出异议", "招标人")
	w.refused(err, "lot.not_found")
	w.clock.Set(end) // at 24:00 it is in time
	first := must(w.object(w.bidders[1], l, ""))
	_, err = w.object(w.bidders[1], l, "")
	w.refused(err, "objection.open")
	w.clock.Set(end.Add(time.Microsecond))
	_, err = w.object(w.bidders[2], l, "")
	w.refused(err, "objection.too_late")
	if r, _ := party.RefusalOf(err); !strings.Contains(r.Message, "投诉") || !strings.Contains(r.Message, "十日") || !strings.Contains(r.Message, "2026-12-24") {
		t.Errorf("does not name the way of complaint: %s", r.Message)
	}
	_, err = w.award(l, w.bidders[0])
	w.refused(err, "award.objection_open")
	if _, err := w.pool.Exec(w.ctx, `INSERT INTO award (lot, round, winner, candidates, noticed_on) VALUES ($1, 1, 'x', '{}', '2026-12-25')`, l.ID); err == nil {
		t.Error("the database awards while an objection is open")
	}
	_, err = w.WithdrawObjection(w.ctx, w.by(w.bidders[2], party.Bidder), first.ID)
	w.refused(err, "objection.not_found")
	_, err = w.answer(first.ID, Reply{Changes: true})
	w.refused(err, "answer.changes")
	if a := must(w.answer(first.ID, Reply{})); a.State != string(ObjectionAnswered) {
		t.Errorf("%+v", a)
	}
	_, err = w.answer(first.ID, Reply{})
	w.refused(err, "objection.illegal_move")
	_, err = w.WithdrawObjection(w.ctx, w.by(w.bidders[1], party.Bidder), first.ID)
	w.refused(err, "objection.illegal_move")
	if a := w.tells(w.award(l, w.bidders[0])); a.State != string(Awarded) {
		t.Errorf("%+v", a)
	}
	all := must(w.Awards(w.ctx, l.ID))
	if len(all) != 1 || all[0].Evaluation == nil || *all[0].Evaluation != 1 || len(all[0].Candidates) != 3 {
		t.Errorf("%+v", all)
	}
}

// An objection that is withdrawn holds nothing up; one that is upheld and changes the result asks for a corrected result,
// whose own notice runs anew.
func TestUpheldObjectionAsksForACorrection(t *testing.T) {
	w := newWorld(t)
	l := w.evaluated("A1")
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
	back := must(w.object(w.bidders[2], l, ""))
	must(w.WithdrawObjection(w.ctx, w.by(w.bidders[2], party.Bidder), back.ID))
	o := must(w.object(w.bank, l, "第二中标候选人的分包单位"))
	must(w.answer(o.ID, Reply{Upheld: true, Changes: true}))
	w.clock.Set(day("2026-12-24").EndOfDay().Add(time.Microsecond))
	_, err := w.award(l, w.bidders[0])
	w.refused(err, "award.result_changed")
	second := w.correction(l, func(e *letter.Evaluation) {
		e.Candidates[0].Bidder, e.Candidates[1].Bidder = e.Candidates[1].Bidder, e.Candidates[0].Bidder
	})
	must(w.handEvaluation(l, second))
	_, err = w.award(l, w.bidders[1])
	w.refused(err, "award.no_notice")
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0)) // on Friday, 25 December: the third day is a Monday
	n := must(w.Notices(w.ctx, l.ID))
	if len(n) != 2 || n[0].Edition != 2 || n[0].LastDay != day("2026-12-28") || n[0].Candidates[0].Bidder != w.bidders[1].party || n[1].Edition != 1 {
		t.Fatalf("%+v", n)
	}
	w.clock.Set(n[0].LastDay.EndOfDay())
	_, err = w.award(l, w.bidders[1])
	w.refused(err, "award.notice_running")
	w.clock.Set(n[0].LastDay.EndOfDay().Add(time.Microsecond))
	w.tells(w.award(l, w.bidders[1]))
}

// 条例55: the first candidate, or the next when those before it are out for a reason that is said or on record.
func TestAwardFollowsTheRanking(t *testing.T) {
	w := newWorld(t)
	l := w.evaluated("A1")
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
	w.clock.Set(day("2026-12-25").Time())
	proof := signing.Sum([]byte("放弃中标的函"))
	first := w.bidders[0].party.USCC
	for name, c := range map[string]struct {
		code   string
		winner org
		passed []PassedOver
	}{
		"not the first":            {"award.rank", w.bidders[1], nil},
		"an unknown reason":        {"award.passed_over", w.bidders[1], []PassedOver{{first, "expensive", proof}}},
		"no evidence":              {"award.passed_over", w.bidders[1], []PassedOver{{first, GaveUp, signing.Digest{}}}},
		"the same twice":           {"award.passed_over", w.bidders[1], []PassedOver{{first, GaveUp, proof}, {first, GaveUp, proof}}},
		"one behind the winner":    {"award.passed_over", w.bidders[0], []PassedOver{{w.bidders[1].party.USCC, GaveUp, proof}}},
		"one of two not said":      {"award.rank", w.bidders[2], []PassedOver{{first, GaveUp, proof}}},
		"a bidder not on the list": {"award.winner", w.bidders[3], nil},
	} {
		_, err := w.award(l, c.winner, c.passed...)
		if r, ok := party.RefusalOf(err); !ok || r.Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	_, err := w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: first, Candidates: []string{w.bidders[1].party.USCC}, NoticedOn: today(w)})
	w.refused(err, "award.candidates")
	w.tells(w.award(l, w.bidders[1], PassedOver{first, GaveUp, proof}))
	w.tells(w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", proof))
	_, err = w.award(l, w.bidders[2]) // the second refused, the first is not said again
	w.refused(err, "award.rank")
	w.tells(w.award(l, w.bidders[2], PassedOver{first, Disqualified, proof}))
	if all := must(w.Awards(w.ctx, l.ID)); len(all) != 2 || !strings.Contains(string(all[0].PassedOver), GaveUp) || !strings.Contains(string(all[1].PassedOver), Disqualified) {
		t.Errorf("%+v", all)
	}
}

// A bidder whose bid the committee accepted and did not recommend cannot win.
func TestOnlyCandidatesWin(t *testing.T) {
	w := newWorld(t)
	l, _, _, _ := w.mixed("A1")
	must(w.handEvaluation(l, w.evaluation(l)))
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
	w.clock.Set(day("2026-12-25").Time())
	_, err := w.award(l, w.bidders[3])
	w.refused(err, "award.not_candidate")
}

// An award and an objection at the same instant: either the objection came first and the award is refused, or
// the award came first and no objection is open.
func TestAwardAgainstObjection(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"A1", "A2", "A3"} {
		w.market.busy = false
		l := w.evaluated(name)
		w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
		end := must(noticeOf(w.ctx, w.pool, l.ID)).end()
		w.clock.Set(end)
		var wg sync.WaitGroup
		var filed, awarded error
		wg.Go(func() { _, filed = w.object(w.bidders[1], l, "") })
		wg.Go(func() {
			w.clock.Set(end.Add(time.Microsecond)) // the notice ends while the objection is on its way
			_, awarded = w.award(l, w.bidders[0])
		})
		wg.Wait()
		switch {
		case (filed == nil) == (awarded == nil):
			t.Fatalf("objection %v, award %v", filed, awarded)
		case filed == nil:
			w.refused(awarded, "award.objection_open")
		default:
			w.refused(filed, "objection.too_late")
		}
	}
}

// 政府采购: a supplier that took part asks within seven working days of the end of the award notice, to the microsecond; the
// losers' clocks run on, unless the answer changes the result.
func TestQueryUnderProcurement(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeProcurement, "G1")
	_, err := w.object(w.bidders[1], l, "")
	w.refused(err, "objection.not_yet")
	w.tells(w.award(l, w.bidders[0])) // Monday, 21 December
	_, err = w.object(w.bidders[3], l, "潜在供应商")
	w.refused(err, "objection.not_supplier")
	last := day("2026-12-31") // 22 ends the notice; 23, 24, 25, 28, 29, 30, 31
	w.clock.Set(last.EndOfDay())
	a := must(w.object(w.bidders[1], l, ""))
	w.clock.Set(last.EndOfDay().Add(time.Microsecond))
	_, err = w.object(w.bidders[2], l, "")
	w.refused(err, "objection.too_late")
	if r, _ := party.RefusalOf(err); !strings.Contains(r.Message, "十五个工作日") {
		t.Errorf("does not name the way of complaint: %s", r.Message)
	}
	state := func() string {
		_, released := w.releaseOf(ids[0]), w.releaseOf(ids[1])
		return fmt.Sprint(must(readLot(w.ctx, w.pool, l.ID)).State, " ", w.releaseOf(ids[0]), " ", released)
	}
	if got := state(); got != "awarded none 2026-12-28" {
		t.Errorf("asked: %s", got)
	}
	must(w.answer(a.ID, Reply{Upheld: true}))
	if got := state(); got != "awarded none 2026-12-28" {
		t.Errorf("upheld, the result stands: %s", got)
	}
	w.clock.Set(last.EndOfDay().Add(-time.Hour))
	a = must(w.object(w.bidders[1], l, ""))
	must(w.answer(a.ID, Reply{Upheld: true, Changes: true}))
	if got := state(); got != "opened none none" {
		t.Errorf("the result changes: %s", got)
	}
	_, err = w.award(l, w.bidders[0])
	w.refused(err, "award.set_aside")
	_, err = w.object(w.bidders[2], l, "")
	w.refused(err, "objection.not_yet")
	all := must(w.Awards(w.ctx, l.ID))
	if len(all) != 1 || all[0].SetAside == nil || *all[0].SetAside != a.ID {
		t.Errorf("%+v", all)
	}
}

// The first winner refused and the second award is set aside: who lost the first one keeps the clock that its notice began;
// the second winner waits.
func TestSetAsideAfterARefusal(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeProcurement, "G1")
	w.tells(w.award(l, w.bidders[0])) // Monday, 21 December
	w.tells(w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", signing.Sum([]byte("letter"))))
	w.tells(w.award(l, w.bidders[1]))
	w.clock.Advance(24 * time.Hour)
	a := must(w.object(w.bidders[2], l, ""))
	must(w.answer(a.ID, Reply{Upheld: true, Changes: true}))
	if got := fmt.Sprint(w.releaseOf(ids[0]), " ", w.releaseOf(ids[1]), " ", w.releaseOf(ids[2])); got != "none none 2026-12-28" {
		t.Errorf("the clocks are %s", got)
	}
	w.exec(`UPDATE guarantee SET release_state = 'none' WHERE id = @id`, ids[2]) // it was lost at the opening, and comes back now
	if err := w.within(w.ctx, func(tx pgx.Tx) error {
		return w.releaseLateTx(w.ctx, tx, must(lockLotRow(w.ctx, tx, l.ID)))
	}); err != nil {
		t.Fatal(err)
	}
	if got := w.releaseOf(ids[2]); got != "2026-12-28" {
		t.Errorf("a letter that comes back has no clock, and the others' run: %s", got)
	}
}

// What everybody, the parties and the others read of an objection, before and after its answer.
func TestWhoReadsObjections(t *testing.T) {
	w := newWorld(t)
	l := w.evaluated("A1")
	w.tells(w.Announce(w.ctx, w.tenderers(), l.ID, 0))
	o := must(w.object(w.bidders[1], l, ""))
	filer, rival, stranger := w.bidders[1].actor(party.Bidder), w.bidders[2].actor(party.Bidder), w.bidders[3].actor(party.Bidder)
	staff := []party.Actor{w.tenderer.actor(party.Beneficiary), w.centre.actor(party.Centre), w.overseer.actor(party.Supervisor)}
	reads := func(who string, a party.Actor, texts bool) {
		t.Helper()
		all := must(w.Objections(w.ctx, a, l.ID))
		if len(all) != 1 || all[0].ID != o.ID || all[0].AnswerBy != day("2026-12-24") {
			t.Fatalf("%s: %+v", who, all)
		}
		v := all[0]
		if (v.Words != "") != texts || (v.Filer != "") != texts || (v.FiledBy != "") != texts || v.Answer != nil && !texts {
			t.Errorf("%s reads %+v", who, v)
		}
	}
	for _, a := range append(staff, filer) {
		reads(string(a.Role), a, true)
	}
	for who, a := range map[string]party.Actor{"rival": rival, "stranger": stranger, "nobody": {}} {
		reads(who, a, false)
	}
	w.clock.Set(day("2026-12-24").EndOfDay())
	if v := must(w.Objections(w.ctx, filer, l.ID))[0]; v.Overdue {
		t.Error("overdue at 24:00 of the third day")
	}
	w.clock.Advance(time.Microsecond)
	if v := must(w.Objections(w.ctx, filer, l.ID))[0]; !v.Overdue {
		t.Error("not overdue a microsecond later")
	}
	must(w.answer(o.ID, Reply{}))
	reads("rival, answered", rival, true)
	reads("stranger, answered", stranger, false)
	reads("nobody, answered", party.Actor{}, false)
	if log := w.dump()["lot_event"]; strings.Contains(log, "业绩") {
		t.Error("the public facts hold the text")
	}
}
