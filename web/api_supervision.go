package web

import (
	"context"

	"baohan/client/wire"
)

// overdue is the supervisor's report of what is past its legal day (招标投标法实施条例66).
func (s *server) overdue(ctx context.Context, in *after) (wire.OverduePage, error) {
	rows, err := s.tender.OverdueReleases(ctx, exchangeOf(ctx).actor, in.After, pageSize)
	page := wire.OverduePage{Items: []wire.Overdue{}}
	for _, o := range rows {
		page.Items = append(page.Items, wire.Overdue{Kind: "release", LotID: o.LotID, Lot: o.Lot, Guarantee: o.Guarantee, Number: o.Number,
			Beneficiaries: o.Beneficiaries, Unsigned: o.Unsigned, Clock: wire.Clock{Clock: o.Clock, Words: o.Clock.Words()}, Days: o.Days})
	}
	if len(rows) == pageSize {
		page.Next = rows[len(rows)-1].Cursor()
	}
	// CALL SITE of guarantee.Desk.OverdueDemands: the demands past their day join the items here, as kind demand.
	return page, err
}
