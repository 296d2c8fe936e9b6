package web

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"baohan/client/wire"
)

// watching is from where on somebody watches a lot.
type watching struct {
	Lot   string `path:"lot"`
	After int64  `query:"after" minimum:"0" doc:"只要此编号之后的事件"`
	Last  string `header:"Last-Event-ID" doc:"浏览器断线重连时自动带上；优先于 after"`
}

func (w *watching) seq() (int64, error) {
	if w.Last == "" {
		return w.After, nil
	}
	seq, err := strconv.ParseInt(w.Last, 10, 64)
	if err != nil || seq < 0 {
		return 0, newProblem(http.StatusBadRequest, "progress.last_event", "Last-Event-ID", "Last-Event-ID 须为收到的最后一个事件编号；不知道就不要带")
	}
	return seq, nil
}

// eventStream registers a stream of a lot; form is an example of its events.
func (s *server) eventStream(id, path, summary, events string, form reflect.Type, open func(context.Context, *watching) (channel, error)) {
	op := operation(http.MethodGet, id, path, summary)
	op.Description = "不接受请求签名：事件流没有结尾，无法整体签名。收到 final 为 true 的事件后请关闭连接。"
	op.Errors = append(op.Errors, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Responses = map[string]*huma.Response{"200": {
		Description: events,
		Content: map[string]*huma.MediaType{"text/event-stream": {
			Schema: s.api.OpenAPI().Components.Schemas.Schema(form, true, "")}},
	}}
	huma.Register(s.api, op, func(ctx context.Context, in *watching) (*huma.StreamResponse, error) {
		answer, err := s.watchLot(ctx, in, open)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return &huma.StreamResponse{Body: answer}, nil
	})
}

// progress registers the stream of a lot's opening. A draft is not there, not even for its own tenderer.
func (s *server) progress() {
	s.eventStream("watch-opening", "/lots/{lot}/progress", "开标进度（server-sent events）",
		"事件流。每个事件的 id 为 seq，event 为 stage，data 为下列 JSON；每 15 秒一行注释，表示连接还在", reflect.TypeFor[wire.Progress](),
		func(ctx context.Context, in *watching) (channel, error) {
			_, err := s.tender.Deadline(ctx, in.Lot)
			return s.progressChannel(), err
		})
}

// watchLot refuses while it still can: from the first event on, the answer is on its way.
func (s *server) watchLot(ctx context.Context, in *watching, open func(context.Context, *watching) (channel, error)) (func(huma.Context), error) {
	after, err := in.seq()
	if err != nil {
		return nil, err
	}
	c, err := open(ctx, in)
	if err != nil {
		return nil, err
	}
	x := exchangeOf(ctx)
	f, leave, err := s.hub.enter(c, in.Lot, x.address)
	if err != nil {
		return nil, err
	}
	return func(answer huma.Context) {
		defer leave()
		answer.SetHeader("Content-Type", "text/event-stream")
		answer.SetHeader("X-Accel-Buffering", "no") // a proxy before us would hold it back
		out := x.held.open(x)
		st := &stream{out: out, control: http.NewResponseController(out), now: s.clock.Now, last: after}
		defer st.close()
		s.watch(ctx, st, f, x)
	}, nil
}
