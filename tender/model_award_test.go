package tender

import (
	"slices"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

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
