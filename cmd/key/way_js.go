package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"syscall/js"

	"baohan/internal/clock"
)

// way carries requests: Go's own way over fetch, but for a body that the browser keeps. That one goes by XMLHttpRequest,
// which alone says how much has been sent.
type way struct{ hooks js.Value }

func (w way) RoundTrip(req *http.Request) (*http.Response, error) {
	body, ok := req.Body.(*blobBody)
	if !ok {
		return http.DefaultTransport.RoundTrip(req)
	}
	headers := object(map[string]any{})
	for name := range req.Header {
		if name != "Expect" { // the browser's own
			headers.Set(name, req.Header.Get(name))
		}
	}
	told := js.FuncOf(func(_ js.Value, args []js.Value) any {
		body.told(int64(args[0].Float()))
		return nil
	})
	defer told.Release()
	answer, err := call(req.Context(), w.hooks, "upload", req.URL.String(), headers, body.blob, told, patience(req.Context()))
	if err != nil {
		return nil, err
	}
	return answerOf(req, answer)
}

// patience is what is left of a context, in milliseconds; 0: no end.
func patience(ctx context.Context) float64 {
	end, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return float64(max(end.Sub(clock.System().Now()).Milliseconds(), 1))
}

const maxAnswer = 1 << 20 // bytes, to an upload

func answerOf(req *http.Request, v js.Value) (*http.Response, error) {
	b, err := toGo(v.Get("body"), maxAnswer)
	if err != nil {
		return nil, err
	}
	status := v.Get("status").Int()
	if status == 0 {
		return nil, errors.New("key: no answer")
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {v.Get("type").String()}}, Body: io.NopCloser(bytes.NewReader(b)),
		ContentLength: int64(len(b)), Request: req}, nil
}
