package web

import (
	"context"

	"baohan/client/wire"
	"baohan/guarantee"
)

// yearIn names a year of the calendar.
type yearIn struct {
	Year int `path:"year" minimum:"1949" maximum:"2999"`
}

// workdays is one year's table of public holidays, for everybody: whoever must count a legal day counts by it.
func (s *server) workdays(ctx context.Context, in *yearIn) (wire.Workdays, error) {
	y, err := s.guarantee.WorkdayYear(ctx, in.Year)
	return wire.Workdays{Year: y.Year, Version: y.Version, Number: y.Number, Title: y.Title, Digest: digest(y.Digest),
		EnteredBy: y.EnteredBy, EnteredAt: local(y.EnteredAt), Days: y.Days}, err
}

// importWorkdays replaces a year, by the trading centre's staff. Operators have no business rights.
func (s *server) importWorkdays(ctx context.Context, in *yearIn, body *wire.ImportWorkdays) (wire.WorkdaysImported, error) {
	a, err := s.guarantee.ImportWorkdays(ctx, exchangeOf(ctx).command, guarantee.WorkdayImport{Year: in.Year, Number: body.Number,
		Title: body.Title, Reason: body.Reason, CSV: body.CSV, Days: body.Days})
	if err != nil {
		return wire.WorkdaysImported{}, err
	}
	out := wire.WorkdaysImported{Year: a.Year, Version: a.Version, Digest: digest(a.Digest), Changes: a.Changes, Moved: []wire.MovedClock{}}
	for _, m := range a.Moved {
		out.Moved = append(out.Moved, wire.MovedClock(m))
	}
	return out, nil
}
