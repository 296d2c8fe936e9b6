package guarantee

import (
	"context"
	"slices"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
)

// DemandSheet is what a beneficiary needs to know before it demands. All of it follows from the letter's wording and from
// what was published; nobody's opinion is in it.
type DemandSheet struct {
	Guarantee   *Guarantee
	Number      string
	Reasons     []SheetReason
	Documents   []letter.DocumentKind // every kind that a reason names
	Presenter   letter.Party          // the lead named in the tender document, or the only beneficiary
	Joint       bool                  // there are several
	Claimed     letter.Fen            // what open demands still ask for
	Claimable   letter.Fen            // the amount without that and without what was paid
	Place       string                // of presentation
	LastInstant time.Time             // what arrives at it is in time
	Clocks      []DemandClock         // that would follow
	HoldDays    int                   // for which an extension may be weighed against payment; 0: the letter does not provide for it
}

// SheetReason is one case of the letter with the documents that it needs.
type SheetReason struct {
	letter.Reason
	Documents []letter.DocumentKind
}

// DemandSheet is the sheet of a published letter, for its beneficiaries.
func (d *Desk) DemandSheet(ctx context.Context, by party.Actor, id string) (DemandSheet, error) {
	g, err := d.ForBeneficiary(ctx, by, id)
	if err != nil {
		return DemandSheet{}, err
	}
	x, err := d.disclosed(ctx, d.Pool, id)
	if err != nil {
		return DemandSheet{}, err
	}
	s, err := sheetOf(g, x)
	if err != nil {
		return s, err
	}
	s.Claimable, err = d.Claimable(ctx, g)
	if s.Claimed = *g.Amount - g.Honoured - s.Claimable; g.InstrumentState != Issued {
		s.Claimable = 0
	}
	return s, err
}

func sheetOf(g *Guarantee, x *Disclosure) (DemandSheet, error) {
	r, err := letter.ParseReveal(x.Reveal)
	if err != nil {
		return DemandSheet{}, err
	}
	w, err := letter.WordingOf(x.Content.Application.Wording)
	if err != nil {
		return DemandSheet{}, err
	}
	s := DemandSheet{Guarantee: g, Number: x.Number, Presenter: r.Beneficiaries[0], Joint: len(r.Beneficiaries) > 1,
		Place: x.Content.PlaceOfPresentation, LastInstant: g.lastInstant(), Clocks: clockRules(w), HoldDays: w.HoldDays}
	for _, reason := range letter.Reasons {
		kinds, err := x.Content.Required(reason.Code)
		if err != nil {
			return DemandSheet{}, err
		}
		s.Reasons = append(s.Reasons, SheetReason{reason, kinds})
		for _, k := range kinds {
			if !slices.Contains(s.Documents, k) {
				s.Documents = append(s.Documents, k)
			}
		}
	}
	return s, nil
}

// Claimable is what can still be demanded under a published letter, in fen.
func (d *Desk) Claimable(ctx context.Context, g *Guarantee) (letter.Fen, error) {
	return claimable(ctx, d.Pool, g)
}
