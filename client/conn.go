package client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"baohan/client/wire"
)

// ErrUnknown says that a command was sent and no answer that can be believed came back: it may have been done or
// not. Read the object back, or say the same again; both are safe.
var ErrUnknown = errors.New("client: outcome unknown")

// ErrNoAnswer says that a question got no answer that can be believed. Nothing was changed by asking.
var ErrNoAnswer = errors.New("client: no answer that can be believed")

// maxAnswer bounds what is read of an answer.
const maxAnswer = 16 << 20

// credentials puts who is asking on a request, and checks what may be believed of the answer.
type credentials interface {
	sign(req *http.Request, body []byte) error
	check(req *http.Request, res *http.Response, body []byte) error
}

// conn is one way to the service.
type conn struct {
	base     string
	http     *http.Client
	who      credentials
	attempts int
	pause    time.Duration // before the second attempt; doubles after that
}

// newConn refuses a base address over which keys and letters would travel in clear.
func newConn(p Platform, who credentials) (*conn, error) {
	if err := p.checkPins(); err != nil {
		return nil, err
	}
	base := p.Base
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("client: %q is not the base address of a service", base)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("client: %s is not https; without it only this very machine may be asked", base)
	}
	return &conn{
		base: strings.TrimRight(base, "/") + "/api/v1",
		http: &http.Client{
			Transport:     p.way(),
			Timeout:       60 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		who: who, attempts: cmp.Or(p.Attempts, 5), pause: cmp.Or(p.Pause, 200*time.Millisecond),
	}, nil
}

// ways are the connections of all parties in this process. An institution that issues many letters at once keeps its
// connections open instead of making a new one for all but two of them.
var ways = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:errcheck // the standard library made it one
	t.MaxIdleConnsPerHost = 64
	return t
}()

func (p Platform) way() http.RoundTripper {
	if p.Transport != nil {
		return p.Transport
	}
	return ways
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// get reads. It may be asked any number of times.
func (c *conn) get(ctx context.Context, path string, out any) error {
	err := c.call(ctx, http.MethodGet, path, "", nil, out)
	if errors.Is(err, ErrUnknown) {
		return fmt.Errorf("%w: GET %s: %w", ErrNoAnswer, path, errors.Unwrap(err))
	}
	return err
}

// post commands, under a key that follows from what is commanded. A refusal is a wire.Problem and final; ErrUnknown
// means that nobody knows.
func (c *conn) post(ctx context.Context, path, key string, in, out any) error {
	body, err := wire.Write(in)
	if err != nil {
		return fmt.Errorf("client: %s: %w", path, err)
	}
	return c.call(ctx, http.MethodPost, path, key, body, out)
}

// call asks until there is an answer that can be believed, a refusal, or no patience left. Each attempt is the
// same request under the same key, signed anew.
func (c *conn) call(ctx context.Context, method, path, key string, body []byte, out any) error {
	return c.persist(ctx, out, func() ([]byte, error) { return c.once(ctx, method, path, key, body) })
}

func (c *conn) persist(ctx context.Context, out any, once func() ([]byte, error)) error {
	var last error
	for n := range c.attempts {
		if n > 0 && !c.wait(ctx, n) {
			break
		}
		answer, err := once()
		if err == nil {
			return c.read(answer, out)
		}
		var refusal wire.Problem
		if errors.As(err, &refusal) && !passing(refusal.Status) {
			return refusal
		}
		last = err
	}
	return unknown{last}
}

// unknown keeps the last cause beside the fact that nobody knows.
type unknown struct{ cause error }

func (u unknown) Error() string        { return fmt.Sprintf("%v: %v", ErrUnknown, u.cause) }
func (u unknown) Unwrap() error        { return u.cause }
func (u unknown) Is(target error) bool { return target == ErrUnknown }

// passing tells the statuses that say nothing about the command itself: it may have been done.
func passing(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

func (c *conn) wait(ctx context.Context, n int) bool {
	pause := c.pause << (n - 1)
	timer := time.NewTimer(pause/2 + rand.N(pause))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (c *conn) once(ctx context.Context, method, path, key string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json, "+wire.ProblemType)
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", key)
	}
	if err := c.who.sign(req, body); err != nil {
		return nil, err
	}
	return c.answer(c.http, req)
}

// answer asks once, and reads all of the answer.
func (c *conn) answer(by *http.Client, req *http.Request) ([]byte, error) {
	res, err := by.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(answer) > maxAnswer {
		return nil, errors.New("client: answer too long")
	}
	if err := c.who.check(req, res, answer); err != nil {
		return nil, err
	}
	return answer, refusal(res, answer)
}

// refusal is nil for 2xx. A refusal that cannot be read keeps its status, and nothing of its text.
func refusal(res *http.Response, body []byte) error {
	if res.StatusCode/100 == 2 {
		return nil
	}
	p := wire.Problem{Title: http.StatusText(res.StatusCode), Code: fmt.Sprintf("http.%d", res.StatusCode),
		Detail: "平台没有给出可读的答复；请稍后重试，或联系平台"}
	if strings.HasPrefix(res.Header.Get("Content-Type"), wire.ProblemType) {
		var said wire.Problem
		if err := wire.ReadAnswer(body, &said); err == nil && said.Code != "" {
			p = said
		}
	}
	p.Status = res.StatusCode
	return p
}

// read takes an answer apart. It was a success, and nobody knows of what when it cannot be read.
func (c *conn) read(answer []byte, out any) error {
	if out == nil {
		return nil
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = answer
		return nil
	}
	if err := wire.ReadAnswer(answer, out); err != nil {
		return unknown{fmt.Errorf("client: answer cannot be read: %w", err)}
	}
	return nil
}

// Refused tells whether err is the service's refusal, and which.
func Refused(err error) (wire.Problem, bool) {
	var p wire.Problem
	ok := errors.As(err, &p)
	return p, ok && !errors.Is(err, ErrUnknown)
}
