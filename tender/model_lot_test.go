package tender

import (
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// model is one lot as the law has it.
type model struct {
	*ground
	t      *rapid.T
	l      *Lot
	regime string
	remote bool
	owners []org // the beneficiaries, the lead first
	state  State

	cards    []*card  // letters in the order in which they were made
	round    int      // of letters: a far move begins another
	bids     []*offer // one a bidder at a time
	sleeping []string // bids that were withdrawn
	opened   calendar.Date
	awards   []*awarding
	contract *calendar.Date
	ended    *calendar.Date
	imported bool // the year 2027
	queries  []*query
	seen     map[string]string // what the database said after the last step

	hall  *meeting
	fresh string // the id that the last deed made
	extra any    // what else the deed has to tell
}

// offer is a bid that stands.
type offer struct {
	id     string
	bidder int
	card   *card // nil: cash
}

type awarding struct {
	winner   int
	ranked   []int // candidates 1 to 3
	on       calendar.Date
	refused  bool
	setAside bool
}

// query is a 质疑 to the award.
type query struct {
	id   string
	open bool
	by   int
}

// begin publishes a lot. Kinds: both laws, with one or two beneficiaries, on the spot or remotely.
func (c *counting) begin(t *rapid.T, kind int) *model {
	m := &model{ground: c.ground, t: t, regime: letter.RegimeTendering, remote: kind >= 4, owners: []org{c.tenderer}, state: Published, seen: map[string]string{}}
	if kind%2 == 1 {
		m.regime = letter.RegimeProcurement
	}
	if kind == 2 || kind == 3 {
		m.owners = append(m.owners, c.second)
	}
	c.clock.Set(started)
	c.market.off, c.market.excluded = false, ""
	c.ground.lots++
	name := fmt.Sprintf("M%d", c.ground.lots)
	parties := make([]letter.Party, len(m.owners))
	for i, o := range m.owners {
		parties[i] = o.party
	}
	project := c.tells(c.CreateProject(c.ctx, m.host(), NewProject{Code: "P-" + name, Name: "第" + name + "号养护工程", Regime: m.regime, Beneficiaries: parties})).ID
	n := NewLot{Code: "P-" + name + "-01", Name: "第" + name + "号施工一标段", Base: 4_000_000_000, Amount: 80_000_000,
		Forms: []letter.Form{letter.FormIndependent, letter.FormInsurance}, End: letter.EndRule{Deadline: deadline, ValidityDays: 120}}
	if m.remote {
		n.Hall = &HallRules{}
	}
	id := c.tells(c.AddLot(c.ctx, m.host(), project, n)).ID
	c.tells(c.Publish(c.ctx, m.host(), id))
	m.read(id)
	return m
}

// leave takes back what the run did to what all lots share, and closes the lot: a bidder's own withdrawal looks through those
// that are open.
func (m *model) leave() {
	if m.imported {
		must(0, m.within(m.ctx, func(tx pgx.Tx) error {
			_, err := tx.Exec(m.ctx, `SET LOCAL session_replication_role = replica; DELETE FROM calendar_event WHERE year = 2027;
				DELETE FROM calendar_day WHERE year = 2027; DELETE FROM calendar_year WHERE year = 2027`)
			return err
		}))
		must(m.Guarantees.RefreshCalendar(m.ctx))
	}
	if m.state == Published {
		m.clock.Set(deadline.AddDate(1, 0, 0))
		_, _ = m.Close(m.ctx, m.l.ID)
	}
}

func (m *model) read(id string)      { m.l = must(readLot(m.ctx, m.pool, id)) }
func (m *model) host() party.Command { return m.by(m.tenderer, party.Beneficiary) }
func (m *model) now() time.Time      { return m.clock.Now() }
func (m *model) today() calendar.Date {
	return calendar.DateOf(m.now())
}
func (m *model) inTime() bool { return m.state == Published && m.now().Before(m.l.End.Deadline) }

// standing is the bid of a bidder.
func (m *model) standing(bidder int) *offer {
	for _, o := range m.bids {
		if o.bidder == bidder {
			return o
		}
	}
	return nil
}

func (m *model) last() *awarding {
	if len(m.awards) == 0 {
		return nil
	}
	return m.awards[len(m.awards)-1]
}

// script brings a lot to where the drawing begins: as it is published, with three bids, opened, awarded, contracted.
func (m *model) script(start int) []act {
	var out []act
	if start > 0 {
		for i := range 3 {
			out = append(out, act{verb: "letter", a: i, b: i}, act{verb: "bid", a: i, b: 0})
		}
	}
	if start > 1 {
		out = append(out, act{verb: "deadline"}, act{verb: "open"})
	}
	if start > 2 && !m.remote {
		out = append(out, act{verb: "award", a: 0})
	}
	if start > 3 && !m.remote {
		out = append(out, act{verb: "contract"})
	}
	if start > 2 && m.remote {
		out = append(out, act{verb: "order"}, act{verb: "form", a: 0}, act{verb: "form", a: 1})
	}
	if start > 3 && m.remote {
		out = append(out, act{verb: "clock", a: 9}, act{verb: "clock"}, act{verb: "settle"}, act{verb: "read_out"})
	}
	return out
}

func only(ok bool) outcome {
	if ok {
		return yes
	}
	return no
}

func first[T any](all []T, is func(T) bool) (none T) {
	for _, x := range all {
		if is(x) {
			return x
		}
	}
	return none
}

// moments are the instants that decide something, each with a microsecond before and after it.
func (m *model) moments() (out []time.Time) {
	near := func(t time.Time) {
		out = append(out, t.Add(-time.Microsecond), t, t.Add(time.Microsecond))
	}
	near(m.l.End.Deadline)
	if m.hall != nil && m.hall.until != nil {
		near(*m.hall.until)
	}
	for _, c := range m.cards {
		near(c.end())
		near(c.end().Add(5 * time.Minute))
		if by, known := m.dueBy(c); by != nil && known {
			near(by.EndOfDay())
		}
		for _, d := range c.claims {
			if d.replyBy != nil && d.answer == "" && !d.over() {
				near(*d.replyBy)
			}
			if d.by != nil && d.state == guarantee.Examining {
				near(d.by.EndOfDay())
			}
		}
	}
	return append(out, m.now().Add(time.Minute), m.now().Add(10*time.Minute), m.now().AddDate(0, 0, 1), m.now().AddDate(0, 0, 8))
}

// later picks one of the next few of them: the clock never goes back.
func (m *model) later(a act) (time.Time, bool) {
	all := slices.DeleteFunc(m.moments(), func(t time.Time) bool { return !t.After(m.now()) })
	slices.SortFunc(all, time.Time.Compare)
	if len(all) == 0 {
		return time.Time{}, false
	}
	return all[min(a.a/3, len(all)-1)], true
}

var lotVerbs = []modelVerb{
	{name: "clock", often: 3,
		may: func(m *model, a act) outcome {
			if _, ok := m.later(a); !ok || a.b > 3 { // or the years fly past
				return noSuch
			}
			return yes
		},
		do: func(m *model, a act) error {
			at, _ := m.later(a)
			m.clock.Set(at)
			return nil
		}},
	{name: "deadline",
		may: func(m *model, a act) outcome {
			if !m.inTime() || a.b > 5 {
				return noSuch
			}
			return yes
		},
		do: func(m *model, _ act) error { m.clock.Set(m.l.End.Deadline); return nil }},
	{name: "bid", often: 2,
		may: func(m *model, a act) outcome { return only(m.inTime() && m.standing(a.a%4) == nil) },
		do: func(m *model, a act) error {
			o := m.bidders[a.a%4]
			name := ""
			if c := m.cardFor(a); c != nil {
				name = c.id
			}
			id, p7s := m.bid(o, m.l, name)
			m.fresh = id
			_, err := m.SubmitBid(m.ctx, m.by(o, party.Bidder), o.bidder(), m.l.ID, p7s)
			return err
		},
		then: func(m *model, a act) { m.bids = append(m.bids, &offer{m.fresh, a.a % 4, m.cardFor(a)}) }},
	{name: "withdraw",
		may: func(m *model, a act) outcome {
			if m.standing(a.a%4) == nil {
				return noSuch
			}
			return only(m.inTime())
		},
		do: func(m *model, a act) error {
			_, err := m.withdraw(m.bidders[a.a%4], m.standing(a.a%4).id)
			return err
		},
		then: func(m *model, a act) { m.drop(m.standing(a.a % 4)) }},
	{name: "withdraw_again",
		may: func(m *model, a act) outcome {
			if len(m.sleeping) == 0 {
				return noSuch
			}
			return no
		},
		do: func(m *model, a act) error {
			_, err := m.withdraw(m.bidders[a.a%4], m.sleeping[a.b%len(m.sleeping)])
			return err
		}},
	{name: "replace",
		may: func(m *model, a act) outcome {
			if m.standing(a.a%4) == nil {
				return noSuch
			}
			return only(m.inTime())
		},
		do: func(m *model, a act) error {
			name, o, old := "", m.bidders[a.a%4], m.standing(a.a%4).id
			if c := m.cardFor(a); c != nil {
				name = c.id
			}
			id, p7s := m.bidWith(o, m.l, func(b *letter.Bid) { b.Letter, b.Replaces = name, old })
			m.fresh = id
			_, err := m.ReplaceBid(m.ctx, m.by(o, party.Bidder), o.bidder(), old, p7s, m.withdrawal(o, old))
			return err
		},
		then: func(m *model, a act) {
			m.drop(m.standing(a.a % 4))
			m.bids = append(m.bids, &offer{m.fresh, a.a % 4, m.cardFor(a)})
		}},
	{name: "postpone",
		may: func(m *model, a act) outcome { return only(m.inTime() && len(m.l.Postponed) < 2) },
		do: func(m *model, a act) error {
			from := m.l.End.Deadline
			if len(m.l.Postponed) >= 2 {
				from = deadline.Add(-time.Hour)
			}
			_, err := m.postpone(m.l, m.orderOf(m.l, from, m.l.End.Deadline.AddDate(0, 0, 1+a.a%3), m.centre, m.overseer))
			return err
		},
		then: func(m *model, _ act) { m.read(m.l.ID) }},
	{name: "postpone_far", // once: the second quarter after it is beyond the calendar
		may: func(m *model, a act) outcome {
			if !m.inTime() || m.l.Round() > 0 || a.b > 5 {
				return noSuch
			}
			return yes
		},
		do: func(m *model, a act) error {
			_, err := m.postpone(m.l, m.orderOf(m.l, m.l.End.Deadline, m.l.End.Deadline.AddDate(0, 0, []int{80, 220}[a.a%2]), m.centre, m.overseer))
			return err
		},
		then: func(m *model, _ act) {
			m.read(m.l.ID)
			m.round++
		}},
	{name: "close",
		may:  (*model).mayClose,
		do:   func(m *model, _ act) error { _, err := m.Close(m.ctx, m.l.ID); return err },
		then: func(m *model, _ act) { m.closed() }},
	{name: "open", often: 2,
		may: (*model).mayClose,
		do:  func(m *model, _ act) error { _, err := m.Open(m.ctx, system(), m.l.ID); return err },
		then: func(m *model, _ act) {
			m.closed()
			if m.state == Closed {
				m.state, m.opened = Opened, m.today()
				m.disclosed()
				if m.remote {
					m.hall = &meeting{stage: HallListed, forms: map[int]bool{}, signed: map[int]bool{}}
				}
			}
			m.read(m.l.ID)
		}},
	{name: "award", often: 2, may: (*model).mayAwardTo, do: func(m *model, a act) error {
		_, err := m.Award(m.ctx, m.host(), m.l.ID, m.noteOf(a))
		return err
	}, then: func(m *model, a act) {
		n := m.noteOf(a)
		m.state, m.awards = Awarded, append(m.awards, &awarding{winner: a.a % 4, ranked: m.rankedIn(n), on: n.NoticedOn})
	}},
	{name: "refuse", often: 1,
		may: func(m *model, _ act) outcome { return only(m.state == Awarded) },
		do: func(m *model, _ act) error {
			_, err := m.Refuse(m.ctx, m.host(), m.l.ID, "refused_contract", signing.Sum([]byte("函")))
			return err
		},
		then: func(m *model, _ act) { m.state, m.last().refused = Refused, true }},
	{name: "contract", often: 1,
		may: func(m *model, _ act) outcome {
			return only(m.state == Awarded && (m.regime == letter.RegimeTendering || m.counts(m.today())))
		},
		do: func(m *model, _ act) error {
			_, err := m.Contract(m.ctx, m.host(), m.l.ID, m.today())
			return err
		},
		then: func(m *model, _ act) { on := m.today(); m.state, m.contract = Contracted, &on }},
	{name: "terminate",
		may: func(m *model, _ act) outcome {
			return only(slices.Contains([]State{Published, Closed, Opened, Awarded, Refused}, m.state))
		},
		do: func(m *model, _ act) error {
			_, err := m.terminate(m.l, CalledOff)
			return err
		},
		then: func(m *model, _ act) {
			on := m.today()
			m.state, m.ended = Terminated, &on
			if m.hall != nil && !m.hall.stage.Final() {
				m.hall.goes(HallTerminated, nil)
			}
			m.read(m.l.ID)
		}},
	{name: "query",
		may: func(m *model, a act) outcome {
			if m.regime != letter.RegimeProcurement || m.opened.IsZero() {
				return noSuch
			}
			if m.state == Terminated || m.last() == nil || m.last().setAside || m.standing(a.a%4) == nil ||
				first(m.queries, func(q *query) bool { return q.open && q.by == a.a%4 }) != nil {
				return no
			}
			return either // in time or not: objectionInTime has its own tests
		},
		do: func(m *model, a act) error {
			x, err := m.object(m.bidders[a.a%4], m.l, "")
			m.fresh = x.ID
			return err
		},
		then: func(m *model, a act) { m.queries = append(m.queries, &query{id: m.fresh, open: true, by: a.a % 4}) }},
	{name: "reply", often: 2,
		may: func(m *model, a act) outcome {
			if len(m.queries) == 0 {
				return noSuch
			}
			return only(m.queries[a.a%len(m.queries)].open)
		},
		do: func(m *model, a act) error {
			_, err := m.answer(m.queries[a.a%len(m.queries)].id, Reply{Upheld: a.b%3 > 0, Changes: a.b%3 > 0})
			return err
		},
		then: func(m *model, a act) {
			m.queries[a.a%len(m.queries)].open = false
			if a.b%3 > 0 && m.state == Awarded {
				m.state, m.last().setAside = Opened, true
			}
		}},
	{name: "calendar",
		may: func(m *model, _ act) outcome {
			if m.imported {
				return noSuch
			}
			return yes
		},
		do: func(m *model, _ act) error {
			_, err := m.Guarantees.ImportWorkdays(m.ctx, m.by(m.centre, party.Centre), guarantee.WorkdayImport{Year: 2027, Number: "国办发明电〔2026〕1号",
				Title: "国务院办公厅关于2027年部分节假日安排的通知", Reason: "补录", CSV: "date,kind,occasion\n2027-01-01,rest,元旦\n2027-10-01,rest,国庆节\n"})
			return err
		},
		then: func(m *model, _ act) { m.imported = true }},
}

// cardFor is the letter that a bid of a bidder names: one of its own, or none.
func (m *model) cardFor(a act) *card {
	var own []*card
	for _, c := range m.cards {
		if c.owner == a.a%4 {
			own = append(own, c)
		}
	}
	if len(own) == 0 || a.b%4 == 3 {
		return nil
	}
	return own[a.b%len(own)]
}

func (m *model) drop(o *offer) {
	m.sleeping = append(m.sleeping, o.id)
	m.bids = slices.DeleteFunc(m.bids, func(x *offer) bool { return x == o })
}

// closed: fewer than three bids fail the lot.
func (m *model) closed() {
	if m.state != Published {
		return
	}
	m.state = Closed
	if len(m.bids) < 3 {
		m.state = Failed
	}
	m.read(m.l.ID)
}

// noteOf is the award that an action makes: noticed today, or on the day of the opening.
func (m *model) noteOf(a act) AwardNote {
	on := m.today()
	if a.b%3 == 2 && !m.opened.IsZero() {
		on = m.opened
	}
	n := AwardNote{Winner: m.bidders[a.a%4].party.USCC, NoticedOn: on}
	if a.b%2 == 1 && !m.remote {
		for _, o := range m.bids {
			n.Candidates = append(n.Candidates, m.bidders[o.bidder].party.USCC)
		}
		n.Candidates = n.Candidates[:min(len(n.Candidates), 2)]
	}
	return n
}

// mayAwardTo: to whoever bids, unless it has refused or its award was set aside; where the law counts working days, not
// before they can be counted.
func (m *model) mayAwardTo(a act) outcome {
	if m.opened.IsZero() || m.state != Opened && m.state != Refused || m.standing(a.a%4) == nil {
		return no
	}
	for _, x := range m.awards {
		if x.winner == a.a%4 && (x.refused || x.setAside) {
			return no
		}
	}
	if m.remote {
		return no // without the committee's result; the session's own verb brings it
	}
	return only(m.regime == letter.RegimeTendering || m.counts(m.noteOf(a).NoticedOn))
}

// counts: five working days from a day lie in years whose table is known.
func (m *model) counts(from calendar.Date) bool {
	_, err := m.Calendar.AddWorkingDays(from, 5)
	return err == nil
}

// rankedIn are the candidates of an award that are kept until the contract.
func (m *model) rankedIn(n AwardNote) (out []int) {
	for i, o := range m.bidders {
		if at := slices.Index(n.Candidates, o.party.USCC); at >= 0 && at < 3 {
			out = append(out, i)
		}
	}
	return out
}

// mayClose: from the deadline on. On a lot that is past it nothing happens, which is asked now and then.
func (m *model) mayClose(a act) outcome {
	if m.state != Published && m.state != Closed && a.b > 0 {
		return noSuch
	}
	return only(m.state != Published || !m.now().Before(m.l.End.Deadline))
}
