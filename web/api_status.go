package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"baohan/guarantee"
)

// statusIn chooses a list. Whoever has the newest says so and gets no bytes.
type statusIn struct {
	Sequence int64  `query:"sequence" minimum:"1" maximum:"9007199254740991" doc:"第几号；不写则为最新一份"`
	Has      string `header:"If-None-Match" doc:"已有清单的 ETag"`
}

// statusAnswer is signed data as it is: whoever checks it needs these very bytes.
type statusAnswer struct {
	Status      int
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	ETag        string `header:"ETag"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

// statusList registers the list of letters that are no longer in force. It is public, and made at a fixed rhythm.
func (s *server) statusList() {
	op := operation(http.MethodGet, "status-list", "/status-list", "状态清单：哪些已公开的保函不再有效（平台签名）")
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "状态清单，GB/T 35275 签名数据", Content: map[string]*huma.MediaType{statusType: {Schema: binary}}},
		"304": {Description: "与 If-None-Match 所指的相同"}}
	huma.Register(s.api, op, func(ctx context.Context, in *statusIn) (*statusAnswer, error) {
		a, err := s.statusAnswer(ctx, in)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return a, nil
	})
}

const statusType = "application/pkcs7-mime"

func (s *server) statusAnswer(ctx context.Context, in *statusIn) (*statusAnswer, error) {
	list, err := s.guarantee.NewestStatusList(ctx)
	if err != nil {
		return nil, err
	}
	a := &statusAnswer{Status: http.StatusNotModified, ETag: statusTag(list.Sequence), Cache: freshFor(list.NextAt.Sub(s.clock.Now()))}
	if in.Has == a.ETag && in.Sequence == 0 {
		return a, nil
	}
	if in.Sequence != 0 && in.Sequence != list.Sequence {
		list, err = s.guarantee.StatusList(ctx, in.Sequence)
	} else {
		list, err = s.keptStatus(ctx, list.Sequence)
	}
	if err != nil {
		return nil, err
	}
	return s.wholeStatus(list, in.Sequence), nil
}

// keptStatus is the newest list, which never changes: it is read once for all who ask, and not once for each.
func (s *server) keptStatus(ctx context.Context, newest int64) (guarantee.StatusList, error) {
	if kept := s.status.Load(); kept != nil && kept.Sequence == newest {
		return *kept, nil
	}
	list, err := s.guarantee.StatusList(ctx, newest)
	if err == nil {
		s.status.Store(&list)
	}
	return list, err
}

// wholeStatus is a list with its bytes. One that is asked for by its number never changes.
func (s *server) wholeStatus(list guarantee.StatusList, asked int64) *statusAnswer {
	cache := freshFor(list.NextAt.Sub(s.clock.Now()))
	if asked != 0 {
		cache = "public, max-age=31536000, immutable"
	}
	return &statusAnswer{Status: http.StatusOK, Type: statusType, ETag: statusTag(list.Sequence), Cache: cache,
		Disposition: fmt.Sprintf(`attachment; filename="status-%d.p7s"`, list.Sequence), Body: list.Signed}
}

func statusTag(sequence int64) string { return `"` + strconv.FormatInt(sequence, 10) + `"` }

// freshFor lets a cache keep an answer until the next list is due.
func freshFor(d time.Duration) string {
	return fmt.Sprintf("public, max-age=%d", max(0, int64(d/time.Second)))
}
