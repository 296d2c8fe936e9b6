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
	results  []*conclusion
	notices  []*notice
	awards   []*awarding
	contract *calendar.Date
	ended    *calendar.Date
	endedFor Ground
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

// script brings a lot to where the drawing begins: as it is published, with three bids, opened, awarded, contracted; or
// evaluated, with its candidates' notice, awarded by it; or with a demand that is held.
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
	if start > 2 && start < 5 && !m.remote {
		out = append(out, act{verb: "award", a: 0})
	}
	if start == 4 && !m.remote {
		out = append(out, act{verb: "contract"})
	}
	if start > 2 && m.remote {
		out = append(out, act{verb: "order"}, act{verb: "form", a: 0}, act{verb: "form", a: 1})
	}
	if start == 3 && m.remote {
		out = append(out, act{verb: "more_time", a: 4})
	}
	if start > 3 && m.remote {
		out = append(out, act{verb: "clock", a: 9}, act{verb: "clock"}, act{verb: "settle"}, act{verb: "read_out"})
	}
	if start == 7 {
		return append(out, act{verb: "demand", b: 1}, act{verb: "comply"}, act{verb: "hold_payment"})
	}
	if start > 4 && m.remote {
		out = append(out, act{verb: "clock", a: 9}, act{verb: "record"}, act{verb: "sign"}, act{verb: "clock", a: 9}, act{verb: "settle"})
	}
	if start > 4 {
		out = append(out, act{verb: "evaluate"}, act{verb: "announce"})
	}
	if start > 5 {
		out = append(out, act{verb: "notice_end"}, act{verb: "award"})
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
	if n := m.notice(); n != nil {
		near(n.last.EndOfDay())
	}
	if a := m.last(); a != nil && !m.tendering() {
		if until, err := m.Calendar.AddWorkingDays(a.on, 8); err == nil {
			near(until.EndOfDay())
		}
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
		may: (*model).mayTerminate,
		do: func(m *model, a act) error {
			_, err := m.terminate(m.l, m.groundOf(a))
			return err
		},
		then: func(m *model, a act) {
			on := m.today()
			m.state, m.ended, m.endedFor = Terminated, &on, m.groundOf(a)
			if m.hall != nil && !m.hall.stage.Final() {
				m.hall.goes(HallTerminated, nil)
			}
			m.read(m.l.ID)
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

// groundOf: mostly it is called off; else nobody is found fit, as the law of the tender calls it.
func (m *model) groundOf(a act) Ground {
	switch {
	case a.b < 8:
		return CalledOff
	case m.tendering():
		return AllRejected
	}
	return VoidProcurement
}

// mayTerminate: until the contract. That all bids are rejected is the committee's word between the opening and the award
// (招标投标法42); where its result is on record, and of every remote opening, the result says so.
func (m *model) mayTerminate(a act) outcome {
	if !slices.Contains([]State{Published, Closed, Opened, Awarded, Refused}, m.state) {
		return no
	}
	if m.groundOf(a) != AllRejected {
		return yes
	}
	if r := m.result(); r != nil || m.remote {
		return only(m.state == Opened && r != nil && len(r.ranked) == 0)
	}
	return only(m.state == Opened)
}

// mayClose: from the deadline on. On a lot that is past it nothing happens, which is asked now and then.
func (m *model) mayClose(a act) outcome {
	if m.state != Published && m.state != Closed && a.b > 0 {
		return noSuch
	}
	return only(m.state != Published || !m.now().Before(m.l.End.Deadline))
}
