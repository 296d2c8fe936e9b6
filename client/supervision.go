package client

import (
	"context"

	"baohan/client/wire"
)

// Overdue reads one page of what is past its legal day, as the supervisor; after is the cursor of the page before.
func (s *Staff) Overdue(ctx context.Context, after string) (wire.OverduePage, error) {
	var page wire.OverduePage
	return page, s.get(ctx, "/supervision/overdue"+cursor(after), &page)
}
