package web

import (
	"context"

	"baohan/client/wire"
	"baohan/guarantee"
)

// overdue is the supervisor's report of what is past its legal day (招标投标法实施条例66).
func (s *server) overdue(ctx context.Context, in *after) (wire.OverduePage, error) {
	rows, err := s.tender.OverdueReleases(ctx, exchangeOf(ctx).actor, in.After, pageSize)
	page := wire.OverduePage{Items: []wire.Overdue{}, Demands: []wire.OverdueDemand{}}
	for _, o := range rows {
		page.Items = append(page.Items, wire.Overdue{Kind: "release", LotID: o.LotID, Lot: o.Lot, Guarantee: o.Guarantee, Number: o.Number,
			Beneficiaries: o.Beneficiaries, Unsigned: o.Unsigned, Clock: wire.Clock{Clock: o.Clock, Words: o.Clock.Words()}, Days: o.Days})
	}
	if len(rows) == pageSize {
		page.Next = rows[len(rows)-1].Cursor()
	}
	if err != nil || in.After != "" {
		return page, err
	}
	demands, err := s.guarantee.OverdueDemands(ctx, s.clock.Now(), pageSize)
	for _, o := range demands {
		page.Demands = append(page.Demands, wire.OverdueDemand{Demand: o.Demand, Guarantee: o.Guarantee, Number: o.Number, Guarantor: o.Guarantor,
			State: string(o.State), Clock: clockViews([]guarantee.DemandClock{o.Clock})[0], Days: o.Days})
	}
	return page, err
}
