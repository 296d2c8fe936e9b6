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
	for fails := 0; ; fails++ {
		before := seq
		end, err := p.watchOnce(ctx, lot, &seq, told)
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

// watchOnce is one connection. Whoever cuts it is no matter: what it told stands.
func (p *person) watchOnce(ctx context.Context, lot string, seq *int64, told func(wire.Progress)) (end bool, err error) {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/lots/"+url.PathEscape(lot)+"/progress", http.NoBody)
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
	return events(res.Body, func() { watchdog.Reset(silence) }, func(e wire.Progress) {
		*seq = cmp.Or(e.Seq, *seq)
		told(e)
	})
}

// maxEvent bounds one line of a stream, in bytes.
const maxEvent = 256 << 10

// events reads server-sent events. Every line, a comment too, is a sign of life. Our data are one line; what else an event
// says, the data say too.
func events(r io.Reader, alive func(), told func(wire.Progress)) (end bool, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		alive()
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e wire.Progress
		if err := wire.ReadAnswer([]byte(data), &e); err != nil {
			return false, err
		}
		told(e)
		if e.Final {
			return true, nil
		}
	}
	return false, lines.Err()
}
