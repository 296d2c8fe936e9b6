package tender

import (
	"errors"
	"fmt"
	"slices"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// onShown is what the model says of a verb on a published letter.
func onShown(may func(m *model, c *card, a act) outcome) func(*model, act) outcome {
	return func(m *model, a act) outcome {
		c := m.letterOn(a)
		if c == nil || !c.shown {
			return noSuch
		}
		return may(m, c, a)
	}
}

// onClaim is what the model says of a verb on a demand.
func onClaim(may func(m *model, c *card, d *claim, a act) bool) func(*model, act) outcome {
	return func(m *model, a act) outcome {
		c, d := m.claimOn(a)
		if c == nil {
			return noSuch
		}
		return only(may(m, c, d, a))
	}
}

func isIn(d *claim, states ...guarantee.State) bool { return slices.Contains(states, d.state) }

var court = guarantee.Paper{Name: "裁定书.pdf", Bytes: []byte("裁定")}

var letterVerbs = []modelVerb{
	{name: "letter", often: 2,
		may: func(m *model, a act) outcome {
			if !m.inTime() && a.b > 7 {
				return noSuch // a counter sells what it likes; nothing of the platform asks for the day
			}
			own := first(m.cards, func(c *card) bool { return c.owner == a.a%4 && c.round == m.round })
			switch {
			case own != nil && (a.b > 7 || own.counter):
				return noSuch // of a counter's letters the platform does not know whose they are
			case own != nil:
				return no // one live letter a bidder, lot and round
			}
			return only(m.inTime())
		},
		do:   (*model).make,
		then: func(m *model, _ act) { m.cards = append(m.cards, m.extra.(*card)) }},
	{name: "early_paper", // for a letter that is sealed: to its beneficiary it does not exist
		may: func(m *model, a act) outcome {
			if c := m.letterOn(a); c == nil || c.shown {
				return noSuch
			}
			return no
		},
		do: func(m *model, a act) error {
			_, _, err := m.Guarantees.Present(m.ctx, m.by(m.owners[0], party.Beneficiary), guarantee.IntakeRelease, m.letterOn(a).id, []byte("x"))
			return err
		}},
	{name: "release", often: 2,
		may: onShown(func(m *model, c *card, a act) outcome { return m.mayRelease(c, m.now()) }),
		do: func(m *model, a act) error {
			c, owner := m.letterOn(a), a.b%len(m.owners)
			_, in, err := m.Guarantees.Present(m.ctx, m.by(m.owners[owner], party.Beneficiary), guarantee.IntakeRelease, c.id, m.releasePaper(c, owner))
			m.left(c, err, &paper{intake: in.ID, kind: guarantee.IntakeRelease, at: in.ReceivedAt, owner: owner})
			return err
		},
		then: func(m *model, a act) { m.takeRelease(m.letterOn(a), a.b%len(m.owners)) }},
	{name: "release_unread",
		may: onShown(func(m *model, c *card, a act) outcome { return yes }),
		do: func(m *model, a act) error {
			c, owner := m.letterOn(a), a.b%len(m.owners)
			id := m.unread(c, guarantee.IntakeRelease, m.owners[owner], m.releasePaper(c, owner))
			c.papers = append(c.papers, &paper{intake: id, kind: guarantee.IntakeRelease, at: m.now(), owner: owner})
			return nil
		}},
	{name: "lot_unread",
		may: func(m *model, _ act) outcome {
			if len(m.shown()) == 0 {
				return noSuch
			}
			return yes
		},
		do: func(m *model, a act) error {
			owner := a.b % len(m.owners)
			for c, id := range m.leaveLotPaper(owner) {
				c.papers = append(c.papers, &paper{intake: id, kind: guarantee.IntakeLotRelease, at: m.now(), owner: owner})
			}
			return nil
		}},
	{name: "lot_release", often: 1, may: func(m *model, _ act) outcome {
		if len(m.shown()) == 0 {
			return noSuch
		}
		return yes // what becomes of each letter is asked in then
	}, do: func(m *model, a act) error {
		owner := a.b % len(m.owners)
		r, err := m.ReleaseLot(m.ctx, m.by(m.owners[owner], party.Beneficiary), m.l.ID, m.lotPaper(owner, a.b > 5))
		m.extra = r
		return err
	}, then: func(m *model, a act) { m.lotReleased(a.b%len(m.owners), a.b > 5, m.extra.(guarantee.LotReceipt)) }},
	{name: "acknowledge",
		may: onShown(func(m *model, c *card, _ act) outcome { return only(c.state == guarantee.Released) }),
		do: func(m *model, a act) error {
			_, err := m.Guarantees.AcknowledgeRelease(m.ctx, m.guarantors(m.letterOn(a)), m.letterOn(a).id)
			return err
		},
		then: func(m *model, a act) { m.letterOn(a).acked = true }},
	{name: "demand", often: 3,
		may: onShown(func(m *model, c *card, a act) outcome {
			if c.amountOf(a) <= 0 {
				return noSuch
			}
			return m.mayDemand(c, m.now(), c.amountOf(a))
		}),
		do: func(m *model, a act) error {
			c := m.letterOn(a)
			d, body := m.demandPaper(c, a)
			_, in, err := m.Guarantees.Present(m.ctx, m.by(m.owners[0], party.Beneficiary), guarantee.IntakeDemand, c.id, body)
			m.extra = d
			m.left(c, err, &paper{intake: in.ID, kind: guarantee.IntakeDemand, at: in.ReceivedAt, claim: d, later: a.b > 8, empty: a.b%3 == 2})
			return err
		},
		then: func(m *model, a act) {
			c, d := m.letterOn(a), m.extra.(*claim)
			m.takeDemand(c, d, a.b > 8, a.b%3 == 2)
			m.told(d)
		}},
	{name: "demand_unread",
		may: onShown(func(m *model, c *card, a act) outcome {
			if c.amountOf(a) <= 0 {
				return noSuch
			}
			return yes
		}),
		do: func(m *model, a act) error {
			c := m.letterOn(a)
			d, body := m.demandPaper(c, a)
			id := m.unread(c, guarantee.IntakeDemand, m.owners[0], body)
			c.papers = append(c.papers, &paper{intake: id, kind: guarantee.IntakeDemand, at: m.now(), claim: d, later: a.b > 8, empty: a.b%3 == 2})
			return nil
		}},
	{name: "sweep", often: 3,
		may: func(m *model, a act) outcome {
			c, p := m.paperOn(a)
			if c == nil {
				return noSuch
			}
			if o := m.process(c, p); o == waits {
				return waits
			}
			return yes // a refusal is an outcome: the sweeper's own work is done
		},
		do: func(m *model, a act) error {
			_, p := m.paperOn(a)
			return m.Guarantees.Process(m.ctx, p.intake)
		},
		then: func(m *model, a act) { m.swept(m.paperOn(a)) }},
	{name: "complete", often: 1,
		may: func(m *model, a act) outcome {
			c, d := m.claimOn(a)
			if c == nil {
				return noSuch
			}
			return m.mayComplete(c, d, m.now())
		},
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			files, documents := m.files(c)
			b, err := letter.Completion{Version: 1, Demand: d.id, Guarantee: c.id, Documents: documents, At: m.now()}.Canonical()
			_, in, err := m.Guarantees.Present(m.ctx, m.by(m.owners[0], party.Beneficiary), guarantee.IntakeCompletion, c.id, m.presentation(m.p7s(m.owners[0], b, err), files))
			m.left(c, err, &paper{intake: in.ID, kind: guarantee.IntakeCompletion, at: in.ReceivedAt, claim: d})
			return err
		},
		then: func(m *model, a act) { _, d := m.claimOn(a); m.takeCompletion(d) }},
	{name: "request",
		may: onClaim(func(_ *model, c *card, d *claim, _ act) bool {
			if c.form == letter.FormIndependent {
				return isIn(d, guarantee.Examining)
			}
			return !d.asked && isIn(d, guarantee.Examining, guarantee.Incomplete)
		}),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			_, err := m.Guarantees.RequestDocuments(m.ctx, m.guarantors(c), d.id, guarantee.DocumentRequest{Documents: []letter.DocumentKind{letter.SupervisorDecision}, Words: "请补充证明"})
			return err
		},
		then: func(m *model, a act) {
			c, d := m.claimOn(a)
			d.asked, d.lacks = true, d.lacks+1
			if c.form != letter.FormIndependent {
				d.state = guarantee.Incomplete
			}
			m.told(d)
		}},
	{name: "stay",
		may: onClaim(func(_ *model, _ *card, d *claim, _ act) bool {
			return isIn(d, guarantee.Examining, guarantee.Complying, guarantee.Held)
		}),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			_, err := m.Guarantees.StayDemand(m.ctx, m.guarantors(c), d.id, guarantee.Ruling{Court: "长沙市中级人民法院", Number: "（2027）湘01财保1号",
				RuledOn: m.today(), Paper: court, Digest: signing.Sum(court.Bytes)})
			return err
		},
		then: func(m *model, a act) {
			_, d := m.claimOn(a)
			d.below, d.state = d.state, guarantee.Stayed
			m.told(d)
		}},
	{name: "resume_demand", often: 1,
		may: onClaim(func(_ *model, _ *card, d *claim, _ act) bool { return isIn(d, guarantee.Stayed) }),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			_, err := m.Guarantees.ResumeDemand(m.ctx, m.guarantors(c), d.id, guarantee.Lifting{Number: "（2027）湘01民终2号", Paper: court, Digest: signing.Sum(court.Bytes)})
			return err
		},
		then: func(m *model, a act) {
			_, d := m.claimOn(a)
			d.state = d.below
			m.told(d)
		}},
	{name: "interim",
		may: onClaim(func(_ *model, c *card, d *claim, a act) bool {
			return c.form == letter.FormInsurance && isIn(d, guarantee.Examining) && d.interimOf(a) < d.amount-d.interim
		}),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			_, err := m.Guarantees.PayInterim(m.ctx, m.guarantors(c), d.id, guarantee.Payment{Amount: d.interimOf(a), Reference: fmt.Sprintf("P%d", d.interim), PaidAt: m.now()})
			return err
		},
		then: func(m *model, a act) {
			c, d := m.claimOn(a)
			sum := d.interimOf(a)
			c.paid, d.interim = c.paid+sum, d.interim+sum
		}},
	{name: "comply", often: 2,
		may: onClaim(func(_ *model, _ *card, d *claim, _ act) bool { return isIn(d, guarantee.Examining) }),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			_, err := m.Guarantees.DecideDemand(m.ctx, m.guarantors(c), d.id, guarantee.DemandDecision{Complying: true})
			return err
		},
		then: func(m *model, a act) { _, d := m.claimOn(a); d.state = guarantee.Complying }},
	{name: "reject",
		may: onClaim(func(m *model, c *card, d *claim, _ act) bool {
			late := c.form == letter.FormIndependent && d.by != nil && m.now().After(d.by.EndOfDay())
			return isIn(d, guarantee.Examining) && !late
		}),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			_, err := m.Guarantees.DecideDemand(m.ctx, m.guarantors(c), d.id, guarantee.DemandDecision{Discrepancies: []guarantee.Discrepancy{{ID: "payment_notice", Narrative: "未盖章"}}})
			return err
		},
		then: func(m *model, a act) { _, d := m.claimOn(a); d.state = guarantee.Rejected }},
	{name: "honour", often: 2,
		may: onClaim(func(_ *model, _ *card, d *claim, a act) bool {
			return isIn(d, guarantee.Complying, guarantee.Held) && a.b < 9
		}),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			sum := d.amount - d.interim
			if a.b >= 9 {
				sum++ // never more than was demanded
			}
			_, err := m.Guarantees.HonourDemand(m.ctx, m.guarantors(c), d.id, guarantee.Payment{Amount: sum, Reference: "P", PaidAt: m.now()})
			return err
		},
		then: func(m *model, a act) {
			c, d := m.claimOn(a)
			c.paid, d.state = c.paid+d.amount-d.interim, guarantee.Honoured
			if c.paid == c.amount {
				c.state = guarantee.PaidOut
			}
		}},
	{name: "take_back",
		may: func(m *model, a act) outcome {
			c, d := m.claimOn(a)
			if c == nil {
				return noSuch
			}
			return m.mayTakeBack(c, d, m.now())
		},
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			b, err := letter.Withdrawal{Version: 1, Demand: d.id, Guarantee: c.id, Reason: "双方已协商一致", At: m.now()}.Canonical()
			_, in, err := m.Guarantees.Present(m.ctx, m.by(m.owners[0], party.Beneficiary), guarantee.IntakeWithdrawal, c.id, m.p7s(m.owners[0], b, err))
			m.left(c, err, &paper{intake: in.ID, kind: guarantee.IntakeWithdrawal, at: in.ReceivedAt, claim: d})
			return err
		},
		then: func(m *model, a act) { _, d := m.claimOn(a); d.state = guarantee.WithdrawnDemand }},
	{name: "expire", often: 2,
		may: func(m *model, a act) outcome {
			c := m.letterOn(a)
			if c == nil || !m.past(c) && a.b > 0 {
				return noSuch
			}
			return only(!m.past(c) || !c.hasUnread())
		},
		do:   func(m *model, a act) error { _, err := m.Guarantees.Expire(m.ctx, m.letterOn(a).id); return err },
		then: func(m *model, a act) { m.expired(m.letterOn(a)) }},
}

// interimOf is a part, or all of what is left, which is no payment in advance.
func (d *claim) interimOf(a act) letter.Fen {
	rest := d.amount - d.interim
	if a.b > 8 {
		return rest
	}
	return max(1, rest/3)
}

// left keeps what an earlier paper holds back.
func (m *model) left(c *card, err error, p *paper) {
	if errors.Is(err, guarantee.ErrEarlierPaper) {
		c.papers = append(c.papers, p)
	}
}

// paperOn picks a receipt that lies on the desk.
func (m *model) paperOn(a act) (*card, *paper) {
	type pair struct {
		c *card
		p *paper
	}
	var all []pair
	for _, c := range m.cards {
		for _, p := range c.papers {
			all = append(all, pair{c, p})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	x := all[a.a%len(all)]
	return x.c, x.p
}

// swept is what a receipt came to when it was read.
func (m *model) swept(c *card, p *paper) {
	o := m.process(c, p)
	c.papers = slices.DeleteFunc(c.papers, func(x *paper) bool { return x == p })
	switch {
	case o != yes:
	case p.kind == guarantee.IntakeDemand:
		m.takeDemand(c, p.claim, p.later, p.empty)
		m.told(p.claim)
	case p.kind == guarantee.IntakeCompletion:
		m.takeCompletion(p.claim)
	case p.kind == guarantee.IntakeWithdrawal:
		p.claim.state = guarantee.WithdrawnDemand
	default:
		m.takeRelease(c, p.owner)
	}
}

// takeCompletion: what arrived is there, and what waited for it is examined.
func (m *model) takeCompletion(d *claim) {
	d.lacks = 0
	if d.state == guarantee.Incomplete {
		d.state = guarantee.Examining
	}
	m.told(d)
}

func (c *card) hasUnread() bool {
	return slices.ContainsFunc(c.papers, func(p *paper) bool {
		return p.kind == guarantee.IntakeDemand || p.kind == guarantee.IntakeCompletion
	})
}

// past: the row is closed five minutes after the last instant, so that what came in time finds it open.
func (m *model) past(c *card) bool {
	return c.state == guarantee.Issued && m.now().After(c.end().Add(5*60*1e9))
}

// expired: a timely demand keeps the letter alive; under an independent letter one that was never completed does not.
func (m *model) expired(c *card) {
	if !m.past(c) {
		return
	}
	for _, d := range c.claims {
		if c.form == letter.FormIndependent && d.state == guarantee.Incomplete {
			d.state = guarantee.Rejected
		}
	}
	if n, _ := c.open(); n == 0 {
		c.state = guarantee.Expired
	}
}

// lotReleased holds each letter's outcome against the rule: what is kept is released only when it is named early.
func (m *model) lotReleased(owner int, early bool, r guarantee.LotReceipt) {
	held := map[*card]bool{}
	for _, c := range m.shown() {
		held[c] = m.kept(c)
	}
	for _, c := range m.shown() {
		x := first(r.Letters, func(o guarantee.LotOutcome) bool { return o.Guarantee == c.id })
		o := m.mayRelease(c, m.now())
		if held[c] && !early || c.state != guarantee.Issued && x.State == "refused" {
			o = no // one that ended before a clock began is held for ever, and has nothing to release
		}
		want := map[outcome]string{no: "refused", waits: "received", yes: "signed"}[o]
		if o == yes {
			m.takeRelease(c, owner)
			if c.state == guarantee.Released {
				want = "released"
			}
		}
		if o == waits {
			c.papers = append(c.papers, &paper{intake: m.intakeOf(r.ID, c.id), kind: guarantee.IntakeLotRelease, at: r.ReceivedAt, owner: owner})
		}
		if x.State != want {
			m.t.Fatalf("a lot's release, letter of bidder %d: %s %v, want %s", c.owner, x.State, x.Refusal, want)
		}
	}
}

func (m *model) intakeOf(paper, id string) (intake string) {
	must(0, m.pool.QueryRow(m.ctx, `SELECT id FROM intake WHERE paper = $1 AND guarantee = $2`, paper, id).Scan(&intake))
	return intake
}

// kept: its bidder may still win (candidates 1 to 3, the winner; everybody while nobody is named), has refused the contract, or
// has revoked its bid; not once the law has started a clock.
func (m *model) kept(c *card) bool {
	if by, _ := m.dueBy(c); by != nil {
		return false
	}
	last := m.last()
	switch {
	case c.revoked:
		return true
	case m.refuser(c) || last == nil || last.setAside:
		return m.refuser(c) || m.state != Contracted
	case m.state == Contracted:
		return false
	}
	return m.wonBy(last.winner, c) || slices.ContainsFunc(last.stays(), func(i int) bool { return m.wonBy(i, c) })
}

// refuser: its bidder won and did not sign (条例74).
func (m *model) refuser(c *card) bool {
	return slices.ContainsFunc(m.awards, func(a *awarding) bool { return a.refused && m.wonBy(a.winner, c) })
}

func (m *model) wonBy(bidder int, c *card) bool {
	o := m.standing(bidder)
	return o != nil && o.card == c
}

// dueBy is the day by which the law has a letter released; nil: no clock runs. The earliest of what has happened holds. It
// is not known where a day lies in a year without a table.
func (m *model) dueBy(c *card) (by *calendar.Date, known bool) {
	known = true
	if !c.shown || m.refuser(c) {
		return nil, true
	}
	count := func(from calendar.Date, days int, working bool) {
		to, err := from, error(nil)
		switch {
		case working:
			to, err = m.Calendar.AddWorkingDays(from, days)
		case days > 0:
			if to, err = m.Calendar.LastDay(from, days); err != nil { // nobody can say yet whether it is a day of rest
				to, err = from.AddDays(days), nil
			}
		}
		known = known && err == nil
		if by == nil || err == nil && (by.IsZero() || to.Before(*by)) {
			by = &to
		}
	}
	procurement := m.regime == letter.RegimeProcurement
	if c.withdrawn != nil {
		count(*c.withdrawn, 5, procurement)
	}
	if procurement {
		for _, a := range m.awards {
			if !a.setAside && !m.wonBy(a.winner, c) && !m.wonLater(c, a) {
				count(a.on, 5, true)
			}
		}
	}
	if m.contract != nil {
		count(*m.contract, 5, procurement)
	}
	if m.ended != nil && !m.opened.IsZero() {
		if procurement {
			count(*m.ended, 5, true)
		} else {
			count(*m.ended, 0, false)
		}
	}
	return by, known
}

// wonLater: who lost an award and won a later one waits for the contract.
func (m *model) wonLater(c *card, than *awarding) bool {
	i := slices.Index(m.awards, than)
	return slices.ContainsFunc(m.awards[i+1:], func(a *awarding) bool { return m.wonBy(a.winner, c) })
}
