package web

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
)

// edge is the outermost handler: it gives the exchange its number, sets the headers that every answer has, holds
// the answer back until it is whole, and signs it when the request was signed. A panic inside leaves nothing half
// written. One operation streams and is let through, with the same headers.
func (s *server) edge(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := newExchange()
		r = r.WithContext(x.within(r.Context()))
		held := &answer{header: w.Header(), out: w}
		x.held = held
		protect(held.header, x.id, s.cookies.secure)
		done := s.meter.begin()
		s.serve(held, r, inner)
		if x.cookie != "" && held.status() < http.StatusBadRequest {
			s.endBefore(r, x)
			held.header.Set("Set-Cookie", x.cookie)
		}
		if x.signed {
			held.header.Set("Cache-Control", "no-store") // it is signed for this request alone
			s.signAnswer(held, r)
		}
		done(r.Method, x, held.status())
		s.log.InfoContext(r.Context(), "answered", "request", x.id, "operation", x.spoken(), "status", held.status())
		held.release()
	})
}

// serve runs the inner handler and survives it.
func (s *server) serve(held *answer, r *http.Request, inner http.Handler) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.ErrorContext(r.Context(), "panic", "incident", exchangeOf(r.Context()).id, "cause", fmt.Sprintf("%T", cause), "at", stack())
			held.replace(s.unknown(r.Context(), errPanic))
		}
	}()
	inner.ServeHTTP(held, r)
}

// protect sets what every answer of an API carries: nothing is cached, framed, sniffed or run.
func protect(h http.Header, id string, https bool) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin") // who opened a page learns nothing of it
	h.Set("X-Request-Id", id)
	if https {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// stack names functions and lines, never arguments.
func stack() string {
	var pcs [24]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs[:])])
	var b bytes.Buffer
	for {
		f, more := frames.Next()
		fmt.Fprintf(&b, "%s:%d ", f.Function, f.Line)
		if !more {
			return b.String()
		}
	}
}

// answer holds a response back until it is whole, so that it can be signed, measured or replaced.
type answer struct {
	header http.Header
	code   int
	body   bytes.Buffer
	lent   []byte // the body, when it is the same bytes for everybody; never changed
	out    http.ResponseWriter
	opened bool // it is a stream or a file, on its way
	broken bool // it cannot be ended as it was begun: its reader is to see that
}

// open lets an answer through from now on: a success of an operation that streams, and of no other.
func (a *answer) open(x *exchange) http.ResponseWriter {
	if !streams(x.operation) && !givesFile(x.operation) || x.signed {
		panic("web: " + x.operation + " does not stream")
	}
	a.opened, a.code = true, http.StatusOK
	a.out.WriteHeader(a.code)
	return a.out
}

// Header is the response's.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader keeps the first status.
func (a *answer) WriteHeader(code int) {
	if a.code == 0 {
		a.code = code
	}
}

// Write keeps the bytes.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *answer) status() int {
	if a.code == 0 {
		return http.StatusOK
	}
	return a.code
}

// replace drops what was written and answers with a refusal. What is on its way can only end.
func (a *answer) replace(p *problem) {
	if a.opened {
		return
	}
	a.body.Reset()
	a.lent = nil
	a.code = p.Status
	a.header.Set("Content-Type", wire.ProblemType)
	a.body.Write(p.bytes())
}

// bytes is the problem as it is sent: always the same for the same problem.
func (p *problem) bytes() []byte {
	b, err := json.Marshal(p.Problem, json.Deterministic(true))
	if err != nil {
		panic("web: a problem does not marshal")
	}
	return b
}

// release sends what was held back. A caller who has gone is nobody to complain to.
func (a *answer) release() {
	if a.broken {
		panic(http.ErrAbortHandler) // cuts the connection; everything else is done
	}
	if a.opened {
		return
	}
	a.out.WriteHeader(a.status())
	if a.lent != nil {
		_, _ = a.out.Write(a.lent)
		return
	}
	_, _ = a.out.Write(a.body.Bytes())
}
