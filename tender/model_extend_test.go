package tender

import (
	"time"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// extensionVerbs are an extension instead of payment (URDG 758 art. 23).
var extensionVerbs = []modelVerb{
	{name: "hold_payment", often: 2,
		may: onClaim(func(m *model, c *card, d *claim, _ act) bool {
			return !d.extendTo.IsZero() && isIn(d, guarantee.Complying) && !m.over(c, d, guarantee.ClockPayment)
		}),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			by := m.now().Add(24 * time.Hour)
			m.extra = by
			_, err := m.Guarantees.HoldDemand(m.ctx, m.guarantors(c), d.id, by)
			return err
		},
		then: func(m *model, a act) {
			_, d := m.claimOn(a)
			by := m.extra.(time.Time)
			d.state, d.replyBy = guarantee.Held, &by
		}},
	{name: "answer_extension", often: 4,
		may: onClaim(func(m *model, _ *card, d *claim, _ act) bool {
			return isIn(d, guarantee.Held, guarantee.Stayed) && d.replyBy != nil && d.answer == "" && !m.now().After(*d.replyBy)
		}),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			owner, to := m.bidders[c.owner], d.extendTo
			if to.IsZero() {
				to = c.until
			}
			b, err := letter.ExtensionAnswer{Version: 1, Demand: d.id, DemandDigest: letter.DemandDigest(d.signed), Guarantee: c.id, Number: c.number,
				Guarantor: c.by.party, Applicant: owner.party, ExtendTo: to, Answer: choiceOf(a), At: m.now()}.Canonical()
			_, err = m.Guarantees.AnswerExtension(m.ctx, m.by(owner, party.Bidder), d.id, m.p7s(owner, b, err))
			return err
		},
		then: func(m *model, a act) { _, d := m.claimOn(a); d.answer = choiceOf(a) }},
	{name: "extend_letter", often: 4,
		may: onClaim(func(m *model, c *card, d *claim, _ act) bool {
			return isIn(d, guarantee.Held) && d.answer == letter.ChooseExtend && !m.over(c, d, guarantee.ClockHold)
		}),
		do: func(m *model, a act) error {
			c, d := m.claimOn(a)
			to := d.extendTo
			if !to.After(c.until) {
				to = c.until.AddDays(1 + a.b)
			}
			x, err := letter.NewExtension(letter.Amends{Letter: c.undertaking, Earlier: c.amendments, Demand: d.signed, LastDay: c.until, Expiry: to})
			if err != nil {
				return err
			}
			b, err := x.Canonical()
			p7s := m.p7s(c.by, b, err)
			m.extra = p7s
			_, err = m.Guarantees.ExtendDemand(m.ctx, m.guarantors(c), d.id, p7s)
			return err
		},
		then: func(m *model, a act) {
			c, d := m.claimOn(a)
			p7s := m.extra.([]byte)
			x := must(letter.ParseAmendment(must(signing.ParseSignedData(p7s)).Content))
			d.state, c.until, c.amendments = guarantee.WithdrawnDemand, x.Expiry, append(c.amendments, p7s)
			m.ends(c)
		}},
}

func choiceOf(a act) letter.ExtensionChoice {
	if a.b%4 == 0 {
		return letter.ChoosePay
	}
	return letter.ChooseExtend
}

// over tells whether a clock of a demand has run out, by the day that the platform told; that the day holds is asked by its
// own tests.
func (m *model) over(c *card, d *claim, kind guarantee.ClockKind) bool {
	for _, dm := range must(m.Guarantees.Demands(m.ctx, c.id)) {
		if dm.ID != d.id {
			continue
		}
		for _, k := range must(m.Guarantees.Clocks(m.ctx, dm)) {
			if k.Kind == kind {
				return k.Over(m.now())
			}
		}
	}
	return false
}

// ends holds the row and the file that everybody may take against the end that now holds.
func (m *model) ends(c *card) {
	f := must(letter.ParseFile(must(m.Guarantees.File(m.ctx, c.id))))
	var same bool
	must(0, m.pool.QueryRow(m.ctx, `SELECT expiry = $2 AND latest_expiry >= expiry FROM guarantee WHERE id = $1`, c.id, c.until.Time()).Scan(&same))
	if r := letter.VerifyFile(must(f.Canonical()), m.Guarantees.Trust, letter.Deadline(m.l.End.Deadline)); !r.OK || !same || f.Expiry() != c.until {
		m.t.Fatalf("a letter that was extended to %s: the file says %s: %+v", c.until, f.Expiry(), r)
	}
}
