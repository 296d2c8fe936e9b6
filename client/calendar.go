package client

import (
	"context"
	"fmt"

	"baohan/client/wire"
)

// Workdays reads how a year departs from Monday to Friday. A year that is not published is a problem with the code
// calendar.year_not_published.
func (c *conn) Workdays(ctx context.Context, year int) (wire.Workdays, error) {
	var y wire.Workdays
	return y, c.get(ctx, fmt.Sprintf("/calendar/%d", year), &y)
}

// ImportWorkdays replaces a year's table, whole, by the centre's staff. The command is this content over the version that
// stands: it may be said again after any failure, and an earlier table may come back.
func (s *Staff) ImportWorkdays(ctx context.Context, year int, in wire.ImportWorkdays) (wire.WorkdaysImported, error) {
	body, err := wire.Write(in)
	if err != nil {
		return wire.WorkdaysImported{}, err
	}
	stands, err := s.Workdays(ctx, year)
	if p, ok := Refused(err); err != nil && (!ok || p.Code != "calendar.year_not_published") {
		return wire.WorkdaysImported{}, err
	}
	key := keyOf("calendar", append(fmt.Appendf(nil, "%d %d ", year, stands.Version), body...))
	var out wire.WorkdaysImported
	return out, s.post(ctx, fmt.Sprintf("/ops/calendar/%d", year), key, in, &out)
}
