package web

import (
	"context"

	"baohan/client/wire"
)

// noticeLimit is how many notices one answer holds.
const noticeLimit = 500

// notices lists what the caller is reminded of.
func (s *server) notices(ctx context.Context, _ *here) (wire.NoticeList, error) {
	if s.jobs == nil {
		return wire.NoticeList{Items: []wire.Notice{}}, nil
	}
	items, err := s.jobs.NoticesFor(ctx, exchangeOf(ctx).actor, noticeLimit)
	for i := range items {
		items[i].RaisedAt = local(items[i].RaisedAt)
	}
	return wire.NoticeList{Items: items}, err
}
