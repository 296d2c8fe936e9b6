package tender

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// conclusion is an edition of the committee's word.
type conclusion struct {
	content letter.Evaluation
	ranked  []int // the candidates
	at      time.Time
}

// notice is a candidates' notice.
type notice struct {
	edition int
	last    calendar.Date
	late    bool
}

// awarding is an award: whom, and what it followed.
type awarding struct {
	winner   int
	listed   []int // as the tenderer names them, or as the result ranks them
	on       calendar.Date
	edition  int // of the result; 0: the tenderer's word
	passed   []int
	refused  bool
	setAside bool
}

// stays are the candidates who are kept until the contract: the first three (条例55).
func (x *awarding) stays() []int { return x.listed[:min(3, len(x.listed))] }

// query is a 质疑 to an award, or a 异议 within the candidates' notice.
type query struct {
	id      string
	by      int
	kind    ObjectionKind
	state   ObjectionState
	changed *time.Time // the answer that changes the result
}

func (q *query) open() bool { return q.state == ObjectionFiled }

func (m *model) result() *conclusion {
	if len(m.results) == 0 {
		return nil
	}
	return m.results[len(m.results)-1]
}

func (m *model) notice() *notice {
	if len(m.notices) == 0 {
		return nil
	}
	return m.notices[len(m.notices)-1]
}

func (m *model) tendering() bool { return m.regime == letter.RegimeTendering }

// openingOver: the bids can be evaluated. A remote opening is over with its session.
func (m *model) openingOver() bool {
	return !m.opened.IsZero() && (m.hall == nil || m.hall.stage.Final())
}

// acceptable are the bidders whose bids the committee may accept: where the opening was remote, those that were read out.
func (m *model) acceptable() (out []int) {
	for _, o := range m.bids {
		if m.hall == nil || m.hall.read && m.hall.forms[o.bidder] {
			out = append(out, o.bidder)
		}
	}
	slices.Sort(out)
	return out
}

// found is what the committee says in an action: of all bids, some of them rejected, in one order or another.
func (m *model) found(a act) *conclusion {
	good := m.acceptable()
	switch {
	case a.b == 11:
		good = nil
	case a.b%4 == 3 && len(good) > 1:
		good = slices.Delete(good, a.a%len(good), a.a%len(good)+1)
	}
	ranked := slices.Clone(good)
	if n := len(ranked); n > 0 {
		ranked = append(ranked[a.a%n:], ranked[:a.a%n]...)
		if a.b%4 == 2 {
			ranked = ranked[:min(2, n)]
		}
	}
	if m.tendering() {
		ranked = ranked[:min(3, len(ranked))]
	}
	r := &conclusion{ranked: ranked, at: m.now()}
	r.content = m.evaluation(m.l, func(e *letter.Evaluation) {
		for i, b := range must(m.Sheet(m.ctx, m.l.ID, 0)).Content.Bids {
			if !slices.ContainsFunc(good, func(g int) bool { return m.standing(g).id == b.ID }) {
				e.Bids[i].Verdict, e.Bids[i].Reason = letter.BidRejected, "未按招标文件要求签字"
			}
		}
		e.Candidates = []letter.Candidate{}
		for i, c := range ranked {
			e.Candidates = append(e.Candidates, letter.Candidate{Rank: i + 1, Bidder: m.bidders[c].party, Price: letter.Fen(3_900_000_000 + i)})
		}
	})
	if len(m.results) > 0 {
		last := must(evaluationOf(m.ctx, m.pool, m.l.ID, 0))
		r.content.Edition, r.content.Previous, r.content.Note = len(m.results)+1, letter.EvaluationDigest(last.Signed), "评分汇总有误，经复核更正"
	}
	return r
}

// spoiled is a result that is not one: what the law has it say is left out, or it says what it may not.
func (m *model) spoiled(a act) letter.Evaluation {
	e := m.found(act{a: a.a}).content
	switch {
	case a.b%6 == 1:
		e.Edition, e.Previous, e.Note = e.Edition+1, signing.Sum([]byte("x")), "更正"
	case a.b%6 == 2:
		e.Sheet = signing.Sum([]byte("x"))
	case a.b%6 == 3:
		e.At = m.l.End.Deadline.Add(-time.Microsecond).In(calendar.Shanghai)
	case a.b%6 == 4 && len(e.Candidates) > 0:
		e.Candidates[0].Bidder = m.bank.party
	case a.b%6 == 5 && len(e.Candidates) > 0 && len(m.acceptable()) < len(m.bids): // what was not read out is accepted
		for i := range e.Bids {
			e.Bids[i].Verdict, e.Bids[i].Reason = letter.BidAccepted, ""
		}
	default:
		e.Letters = append(e.Letters, letter.LetterFinding{Letter: strings.Repeat("f", 32), Verdict: letter.FindingValid, Reason: "经核对原件"})
	}
	return e
}

var awardVerbs = []modelVerb{
	{name: "unlicensed", // an institution's letters are doubtful at the opening
		may: func(m *model, a act) outcome {
			if !m.opened.IsZero() || m.market.excluded != "" || a.b > 5 {
				return noSuch
			}
			return yes
		},
		do: func(m *model, _ act) error { m.market.excluded = m.insurer.party.USCC; return nil }},
	{name: "evaluate", often: 3,
		may: func(m *model, _ act) outcome {
			if m.opened.IsZero() {
				return noSuch
			}
			return only(m.state == Opened && m.openingOver())
		},
		do: func(m *model, a act) error {
			r := m.found(a)
			m.extra = r
			_, err := m.handEvaluation(m.l, r.content)
			return err
		},
		then: func(m *model, _ act) {
			r := m.extra.(*conclusion)
			m.results = append(m.results, r)
			for _, c := range m.cards {
				c.found = c.found || slices.ContainsFunc(r.content.Letters, func(f letter.LetterFinding) bool { return f.Letter == c.id })
			}
		}},
	{name: "evaluate_again", // signed anew: the same is the same for ever, another of its edition is none
		may: func(m *model, a act) outcome {
			if len(m.results) == 0 {
				return noSuch
			}
			return only(a.b%2 == 0)
		},
		do: func(m *model, a act) error {
			e := m.results[a.a%len(m.results)].content
			if a.b%2 == 1 {
				e.Committee += 2
			}
			m.extra = m.digest(false)
			_, err := m.handEvaluation(m.l, e)
			return err
		},
		then: func(m *model, a act) {
			if m.extra != m.digest(false) {
				m.wrong(a, "the same result again changed something")
			}
		}},
	{name: "evaluate_wrongly",
		may: func(m *model, _ act) outcome {
			if m.opened.IsZero() {
				return noSuch
			}
			return no
		},
		do: func(m *model, a act) error { _, err := m.handEvaluation(m.l, m.spoiled(a)); return err }},
	{name: "announce", often: 3, may: (*model).mayAnnounce,
		do: func(m *model, a act) error {
			_, err := m.Announce(m.ctx, m.host(), m.l.ID, noticeOfDays(a))
			return err
		},
		then: func(m *model, a act) {
			r := m.result()
			m.notices = append(m.notices, &notice{edition: r.content.Edition, last: must(m.noticeEnd(a)), late: m.now().After(m.third(r.at).EndOfDay())})
		}},
	{name: "notice_end", // until its last instant, or just after it
		may: func(m *model, a act) outcome {
			if n := m.notice(); n == nil || !n.end(a).After(m.now()) {
				return noSuch
			}
			return yes
		},
		do: func(m *model, a act) error { m.clock.Set(m.notice().end(a)); return nil }},
	{name: "award", often: 3, may: (*model).mayAwardTo, do: func(m *model, a act) error {
		_, err := m.Award(m.ctx, m.host(), m.l.ID, m.noteOf(a))
		return err
	}, then: func(m *model, a act) {
		n := m.noteOf(a)
		x := &awarding{winner: m.winnerOf(a), listed: m.numbers(n.Candidates), on: n.NoticedOn}
		for _, p := range n.PassedOver {
			x.passed = append(x.passed, m.numbers([]string{p.Bidder})...)
		}
		if r := m.result(); r != nil {
			x.edition, x.listed = r.content.Edition, r.ranked
		}
		m.state, m.awards = Awarded, append(m.awards, x)
	}},
	{name: "objection", often: 2, may: (*model).mayObjectTo,
		do: func(m *model, a act) error {
			interest := ""
			if a.b%3 > 0 {
				interest = "第二中标候选人的分包单位"
			}
			x, err := m.object(m.whoever(a), m.l, interest)
			m.fresh = x.ID
			return err
		},
		then: func(m *model, a act) {
			m.queries = append(m.queries, &query{id: m.fresh, by: a.a % 5, kind: KindObjection, state: ObjectionFiled})
		}},
	{name: "query",
		may: func(m *model, a act) outcome {
			if m.tendering() || m.opened.IsZero() {
				return noSuch
			}
			last := m.last()
			if m.state == Terminated || last == nil || last.setAside || m.standing(a.a%4) == nil || m.asks(a.a%4) {
				return no
			}
			until, err := m.Calendar.AddWorkingDays(last.on, 8) // the notice stands for one, then seven; where the days are not known nobody is late
			return only(err != nil || !m.now().After(until.EndOfDay()))
		},
		do: func(m *model, a act) error {
			x, err := m.object(m.bidders[a.a%4], m.l, "")
			m.fresh = x.ID
			return err
		},
		then: func(m *model, a act) {
			m.queries = append(m.queries, &query{id: m.fresh, by: a.a % 4, kind: KindQuery, state: ObjectionFiled})
		}},
	{name: "take_objection_back",
		may: func(m *model, a act) outcome {
			if len(m.queries) == 0 {
				return noSuch
			}
			return only(m.queryOn(a).open() && a.b%4 > 0)
		},
		do: func(m *model, a act) error {
			q := m.queryOn(a)
			by := q.by
			if a.b%4 == 0 { // somebody else
				by = (by + 1) % 5
			}
			_, err := m.WithdrawObjection(m.ctx, m.by(m.whoever(act{a: by}), party.Bidder), q.id)
			return err
		},
		then: func(m *model, a act) { m.queryOn(a).state = ObjectionWithdrawn }},
	{name: "reply", often: 2,
		may: func(m *model, a act) outcome {
			if len(m.queries) == 0 {
				return noSuch
			}
			return only(m.queryOn(a).open())
		},
		do: func(m *model, a act) error {
			_, err := m.answer(m.queryOn(a).id, Reply{Upheld: a.b%3 > 0 || a.b == 6, Changes: a.b%3 > 0})
			return err
		},
		then: func(m *model, a act) {
			q, at := m.queryOn(a), m.now()
			q.state = ObjectionAnswered
			if a.b%3 == 0 {
				return
			}
			q.changed = &at
			if q.kind == KindQuery && m.state == Awarded {
				m.state, m.last().setAside = Opened, true
			}
		}},
}

func (m *model) queryOn(a act) *query { return m.queries[a.a%len(m.queries)] }

// whoever is a bidder, or somebody who never bids.
func (m *model) whoever(a act) org {
	if a.a%5 == 4 {
		return m.bank
	}
	return m.bidders[a.a%5]
}

// asks: one has one open question at a time.
func (m *model) asks(who int) bool {
	return slices.ContainsFunc(m.queries, func(q *query) bool { return q.open() && q.by == who })
}

// mayObjectTo: within the candidates' notice, by a bidder or by who says why it is concerned (条例54).
func (m *model) mayObjectTo(a act) outcome {
	if !m.tendering() || m.opened.IsZero() {
		return noSuch
	}
	n, bids := m.notice(), a.a%5 < 4 && m.standing(a.a%5) != nil
	return only(m.state != Terminated && n != nil && !m.now().After(n.last.EndOfDay()) && (bids || a.b%3 > 0) && !m.asks(a.a%5))
}

// noticeOfDays is for how long a notice is asked for: mostly the shortest, seldom too short or too long.
func noticeOfDays(a act) int { return []int{0, 0, 0, 0, 3, 4, 0, 5, 30, 2, 31, 0}[a.b] }

// noticeEnd is the last day of a notice: not counting the day on which it begins, moved by days of rest (民法典201, 203).
func (m *model) noticeEnd(a act) (calendar.Date, error) {
	return m.Calendar.LastDay(m.today(), max(3, noticeOfDays(a)))
}

// third is the third day after something; a day of rest of which nobody knows does not move it.
func (m *model) third(at time.Time) calendar.Date {
	by, err := m.Calendar.LastDay(calendar.DateOf(at), 3)
	if err != nil {
		return calendar.DateOf(at).AddDays(3)
	}
	return by
}

func (n *notice) end(a act) time.Time {
	if a.b%3 == 1 {
		return n.last.EndOfDay()
	}
	return n.last.EndOfDay().Add(time.Microsecond)
}

// mayAnnounce: one notice of an edition that has candidates, for three to thirty days that can be counted; 政府采购 knows none.
func (m *model) mayAnnounce(a act) outcome {
	r, n := m.result(), m.notice()
	if m.opened.IsZero() {
		return noSuch
	}
	_, err := m.noticeEnd(a)
	days := noticeOfDays(a)
	return only(m.tendering() && m.state == Opened && r != nil && len(r.ranked) > 0 && (n == nil || n.edition < r.content.Edition) &&
		(days == 0 || days >= 3 && days <= 30) && err == nil)
}

// winnerOf is whom an action awards: where there is a result, mostly whoever comes next.
func (m *model) winnerOf(a act) int {
	if r := m.result(); r != nil && a.a < 8 {
		for _, c := range r.ranked {
			if !m.gone(c) && !m.passedBefore(c) {
				return c
			}
		}
	}
	return a.a % 4
}

// noteOf is the award that an action makes: noticed today, or on the day of the opening.
func (m *model) noteOf(a act) AwardNote {
	n := AwardNote{Winner: m.bidders[m.winnerOf(a)].party.USCC, NoticedOn: m.today()}
	if a.b%3 == 2 && !m.opened.IsZero() && (m.result() == nil || a.b == 2) {
		n.NoticedOn = m.opened
	}
	r := m.result()
	switch {
	case r == nil && a.b == 11:
		n.PassedOver = []PassedOver{{m.bidders[(a.a+1)%4].party.USCC, GaveUp, signing.Sum([]byte("函"))}}
	case r == nil && a.b%2 == 1 && !m.remote:
		for _, o := range m.bids {
			n.Candidates = append(n.Candidates, m.bidders[o.bidder].party.USCC)
		}
		n.Candidates = n.Candidates[:min(len(n.Candidates), 2)]
	case r != nil:
		m.follow(&n, r, a)
	}
	return n
}

// follow says of an award what belongs to a result: its candidates, and those before the winner who do not get the contract.
func (m *model) follow(n *AwardNote, r *conclusion, a act) {
	if a.b == 1 || a.b == 7 {
		for _, c := range r.ranked {
			n.Candidates = append(n.Candidates, m.bidders[c].party.USCC)
		}
	}
	if a.b == 7 {
		slices.Reverse(n.Candidates)
	}
	at := slices.Index(r.ranked, m.winnerOf(a))
	for _, c := range r.ranked[:max(at, 0)] {
		reason := GaveUp
		if a.b == 8 {
			reason = "expensive"
		}
		if a.b%2 == 0 && (!m.gone(c) || a.b == 4) {
			n.PassedOver = append(n.PassedOver, PassedOver{m.bidders[c].party.USCC, reason, signing.Sum([]byte("函"))})
		}
	}
	if a.b == 9 { // the winner itself
		n.PassedOver = append(n.PassedOver, PassedOver{n.Winner, GaveUp, signing.Sum([]byte("函"))})
	}
}

// mayAwardTo: to whoever bids and has not refused, by a notice of a day on which it can have been given. Where the
// committee's result is on record, and of every remote opening, the award follows it; else it is the tenderer's word.
func (m *model) mayAwardTo(a act) outcome {
	n, winner := m.noteOf(a), m.winnerOf(a)
	switch {
	case m.state != Opened && m.state != Refused, !m.openingOver(), m.standing(winner) == nil, !m.tendering() && !m.counts(n.NoticedOn):
		return no
	case slices.ContainsFunc(m.awards, func(x *awarding) bool { return x.winner == winner && x.refused || n.NoticedOn.Before(x.on) }):
		return no
	case m.result() != nil:
		return only(m.ripe(n) && m.follows(n, winner))
	}
	again := slices.ContainsFunc(m.awards, func(x *awarding) bool { return x.winner == winner && x.setAside })
	return only(!m.remote && !again && len(n.PassedOver) == 0)
}

// ripe: the candidates of the result that stands were public to the end (条例54), no objection waits for its answer, and one
// that changes the result was followed by another. The award notice comes after all that.
func (m *model) ripe(n AwardNote) bool {
	r, said := m.result(), m.notice()
	if m.tendering() && (said == nil || said.edition != r.content.Edition || !m.now().After(said.last.EndOfDay()) || !n.NoticedOn.After(said.last)) {
		return false
	}
	return !n.NoticedOn.Before(calendar.DateOf(r.at)) && !slices.ContainsFunc(m.queries, func(q *query) bool {
		return q.kind == KindObjection && (q.open() || q.changed != nil && !r.at.After(*q.changed))
	})
}

// follows: the first candidate, or the next in turn when those before it are out: they refused, their award was set aside
// under this result, or it is said and shown why (条例55). Who was passed over is out as well.
func (m *model) follows(n AwardNote, winner int) bool {
	r := m.result()
	at := slices.Index(r.ranked, winner)
	if at < 0 || m.gone(winner) || m.passedBefore(winner) || len(n.Candidates) > 0 && !slices.Equal(m.numbers(n.Candidates), r.ranked) {
		return false
	}
	var passed []int
	for _, p := range n.PassedOver {
		passed = append(passed, m.numbers([]string{p.Bidder})...)
		if p.Reason != GaveUp {
			return false
		}
	}
	if slices.ContainsFunc(passed, func(c int) bool { return !slices.Contains(r.ranked[:at], c) }) {
		return false
	}
	return !slices.ContainsFunc(r.ranked[:at], func(c int) bool { return !m.gone(c) && !slices.Contains(passed, c) })
}

// gone: it refused, or its award under this result was set aside.
func (m *model) gone(c int) bool {
	return slices.ContainsFunc(m.awards, func(x *awarding) bool {
		return x.winner == c && (x.refused || x.setAside && m.result() != nil && x.edition == m.result().content.Edition)
	})
}

// passedBefore: by the tenderer's own word it cannot have the contract under this result.
func (m *model) passedBefore(c int) bool {
	return slices.ContainsFunc(m.awards, func(x *awarding) bool {
		return x.edition > 0 && x.edition == m.result().content.Edition && slices.Contains(x.passed, c)
	})
}

// counts: five working days from a day lie in years whose table is known.
func (m *model) counts(from calendar.Date) bool {
	_, err := m.Calendar.AddWorkingDays(from, 5)
	return err == nil
}

func (m *model) numbers(usccs []string) (out []int) {
	for _, uscc := range usccs {
		out = append(out, slices.IndexFunc(m.bidders, func(o org) bool { return o.party.USCC == uscc }))
	}
	return out
}

func (m *model) codes(all []int, between string) string {
	out := make([]string, len(all))
	for i, n := range all {
		out[i] = m.bidders[n].party.USCC
	}
	return strings.Join(out, between)
}

// askAward: results, notices, objections and awards stand on record as the model has them, and the facts name the same
// candidates; what the committee recommends is nobody else's to know before its notice (招标投标法44).
func (m *model) askAward(a act) {
	var got string
	must(0, m.pool.QueryRow(m.ctx, `SELECT concat_ws(';', coalesce((SELECT string_agg(edition::text, ',' ORDER BY edition) FROM evaluation WHERE lot = $1), ''),
		coalesce((SELECT string_agg(concat_ws(' ', edition, last_day, late), ',' ORDER BY edition) FROM candidate_notice WHERE lot = $1), ''),
		coalesce((SELECT string_agg(concat_ws(' ', id, kind, state, changes), ',' ORDER BY id) FROM objection WHERE lot = $1), ''),
		coalesce((SELECT string_agg(concat_ws(' ', winner, array_to_string(candidates, '+'), noticed_on, coalesce(evaluation, 0), refused_for IS NOT NULL, set_aside IS NOT NULL), ',' ORDER BY round)
			FROM award WHERE lot = $1), ''),
		coalesce((SELECT string_agg(translate(data->>'candidates', '[]", ', ''), ',' ORDER BY seq) FROM lot_event WHERE lot = $1 AND kind = 'award'), ''))`, m.l.ID).Scan(&got))
	if want := m.onRecord(); got != want {
		m.wrong(a, "on record is %s, want %s", got, want)
	}
	if m.opened.IsZero() || m.seen["told"] == got+string(m.state) {
		return
	}
	m.seen["told"] = got + string(m.state)
	told := 0
	if v, err := m.Evaluation(m.ctx, m.bidders[3].actor(party.Bidder), m.l.ID, 0); err == nil {
		told = v.Edition
	}
	if want := m.public(); told != want {
		m.wrong(a, "everybody reads edition %d of the result, want %d", told, want)
	}
}

func (m *model) onRecord() string {
	part := func(n int, say func(i int) string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = say(i)
		}
		return strings.Join(all, ",")
	}
	asked := slices.Clone(m.queries)
	slices.SortFunc(asked, func(a, b *query) int { return strings.Compare(a.id, b.id) })
	return strings.Join([]string{
		part(len(m.results), func(i int) string { return fmt.Sprint(i + 1) }),
		part(len(m.notices), func(i int) string {
			return fmt.Sprint(m.notices[i].edition, " ", m.notices[i].last, " ", truth(m.notices[i].late))
		}),
		part(len(asked), func(i int) string {
			q := asked[i]
			s := fmt.Sprint(q.id, " ", q.kind, " ", q.state)
			if q.state == ObjectionAnswered {
				s += " " + truth(q.changed != nil)
			}
			return s
		}),
		part(len(m.awards), func(i int) string {
			x := m.awards[i]
			return fmt.Sprint(m.bidders[x.winner].party.USCC, " ", m.codes(x.listed, "+"), " ", x.on, " ", x.edition, " ", truth(x.refused), " ", truth(x.setAside))
		}),
		part(len(m.awards), func(i int) string { return m.codes(m.awards[i].listed, "") }),
	}, ";")
}

func truth(b bool) string { return map[bool]string{true: "t", false: "f"}[b] }

// public is the newest edition that everybody may read: after its candidates' notice, its award, or once the end of a tender
// whose bids it rejected is on record.
func (m *model) public() (edition int) {
	for _, n := range m.notices {
		edition = max(edition, n.edition)
	}
	for _, x := range m.awards {
		edition = max(edition, x.edition)
	}
	if r := m.result(); m.ended != nil && m.endedFor != CalledOff && r != nil && len(r.ranked) == 0 {
		edition = r.content.Edition
	}
	return edition
}
