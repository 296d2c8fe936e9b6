package sample

import (
	"slices"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// Extendable is a blind draft under the wording that lets an extension take the place of payment.
func (h *House) Extendable() Draft {
	return h.Draft(h.Bidders[0], h.Bank, ExtendOrPay, letter.ModeBlind)
}

// Extended is the letter's file with one more amendment: a demand that asked for a later end, the guarantor's extension to
// that day, and the platform's receipt. The n-th is made n days after the end of the lot's bids.
func (h *House) Extended(i Issued, f letter.File, to calendar.Date) letter.File {
	at := h.Requirement.End.Deadline.AddDate(0, 0, len(f.Amendments)+1)
	d := h.Demand(i, h.Tenderees[0], 80_000_000)
	d.ExtendTo = to
	m := must(letter.NewExtension(letter.Amends{Letter: f.Signed, Earlier: f.SignedAmendments(), Demand: h.Signed(h.Tenderees[0], must(d.Canonical()), at),
		LastDay: f.Expiry(), Expiry: to}))
	f.Amendments = append(slices.Clone(f.Amendments), h.Accepted(m, h.Signed(i.Draft.Guarantor, must(m.Canonical()), at), h.Platform, at.Add(time.Minute)))
	return f
}

// Accepted is an amendment with a receipt for it, by whoever signs one.
func (h *House) Accepted(m letter.Amendment, signed []byte, by Member, at time.Time) letter.Amended {
	r := letter.AmendmentReceipt{Version: 1, Guarantee: m.Guarantee, Guarantor: m.Guarantor.USCC, Number: m.Number, N: m.N,
		Amendment: letter.AmendmentDigest(signed), AcceptedAt: at}
	return letter.Amended{Amendment: m, Signed: signed, Receipt: h.Signed(by, must(r.Canonical()), at)}
}
