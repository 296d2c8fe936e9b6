package client

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"baohan/client/wire"
)

// silence is how long a stream may say nothing, not even that it lives, before it is taken for dead: three of the
// platform's signs of life.
const silence = 45 * time.Second

// Watch follows the opening of a lot, from the event after seq on (0: all), until its end, which is the last event told,
// or until ctx ends. A connection that breaks, or that is refused for now, is made again and goes on behind the last
// event; wire.BeforeDeadline is told anew each time. A refusal that stays is a wire.Problem.
func (p *person) Watch(ctx context.Context, lot string, seq int64, told func(wire.Progress)) error {
	return follow(ctx, p, "/lots/"+url.PathEscape(lot)+"/progress", seq, func(e wire.Progress) (int64, bool) {
		told(e)
		return e.Seq, e.Final
	})
}

// follow is a stream over as many connections as it takes. Told gives an event's number, 0 for none, and whether it is the
// last.
func follow[E any](ctx context.Context, p *person, path string, seq int64, told func(E) (int64, bool)) error {
	for fails := 0; ; fails++ {
		before := seq
		end, err := connect(ctx, p, path, &seq, told)
		var refusal wire.Problem
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case end:
			return nil
		case errors.As(err, &refusal) && !passing(refusal.Status):
			return refusal
		case seq > before:
			fails = 0
		}
		if !p.wait(ctx, 1+min(fails, 5)) {
			return ctx.Err()
		}
	}
}

// connect is one connection. Whoever cuts it is no matter: what it told stands.
func connect[E any](ctx context.Context, p *person, path string, seq *int64, told func(E) (int64, bool)) (end bool, err error) {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, http.NoBody)
	if err != nil {
		return false, err
	}
	req.Header.Set("Accept", "text/event-stream, "+wire.ProblemType)
	if *seq > 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatInt(*seq, 10))
	}
	if err := p.sign(req, nil); err != nil {
		return false, err
	}
	patient := *p.http
	patient.Timeout = 0 // an answer without an end
	watchdog := time.AfterFunc(silence, cut)
	defer watchdog.Stop()
	res, err := patient.Do(req)
	if err != nil {
		return false, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		body, _ := io.ReadAll(io.LimitReader(res.Body, maxEvent))
		return false, refusal(res, body)
	}
	return events(res.Body, func() { watchdog.Reset(silence) }, func(e E) bool {
		n, final := told(e)
		*seq = cmp.Or(n, *seq)
		return final
	})
}

// maxEvent bounds one line of a stream, in bytes.
const maxEvent = 256 << 10

// events reads server-sent events. Every line, a comment too, is a sign of life. Our data are one line; what else an event
// says, the data say too.
func events[E any](r io.Reader, alive func(), told func(E) bool) (end bool, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		alive()
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e E
		if err := wire.ReadAnswer([]byte(data), &e); err != nil {
			return false, err
		}
		if told(e) {
			return true, nil
		}
	}
	return false, lines.Err()
}
