package tender

import (
	"slices"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
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
