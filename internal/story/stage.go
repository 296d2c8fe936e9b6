package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/signing"
	"baohan/signing/tlog"
)

// Needle is something that no row may hold before the opening, but those of the tables in Except.
type Needle struct {
	Name   string
	Text   string
	Except []string
}

// Stage is what the story needs from outside the API.
type Stage struct {
	Base     string // the platform's address
	Trust    *signing.Trust
	Platform letter.Party
	// Certificates are the platform's, and Custodians the 统一社会信用代码 of the three, as everybody was told beforehand.
	Certificates []signing.Certificate
	Custodians   []string
	Log          tlog.Key   // of the transparency log
	Witnesses    []tlog.Key // who follow it in processes of their own
	Clock        clock.Clock
	Cast         *Cast
	Plot         Plot
	Centre       Member            // 交易中心, whose keys are the platform's to keep here
	Supervisor   Member            // 行政监督, whose keys its custodian's directory holds here
	Operator     Member            // 平台运营, which is the platform's own organisation
	Desks        map[string]string // an institution's 统一社会信用代码 → the address of its own desk
	Folder       string            // where bidders keep their own copies
	Out          string            // where guarantees, certificates and the summary go
	Script       string            // docs/verify-with-openssl.sh, if it is at hand

	// Step moves the shared clock forward to t, in every process and in the database.
	Step func(ctx context.Context, t time.Time) error
	// Search reads every row of every table, in clear, base64 and hexadecimal, and names each find.
	Search func(ctx context.Context, needles []Needle) ([]string, error)
	// Spoil changes one byte of a guarantee's encrypted letter in the database, as a bad disk would; doing it again undoes it.
	Spoil func(ctx context.Context, guarantee string) error
	// Kill ends the platform's process at once, starts another, and returns when it answers. Nil: nobody is killed.
	Kill func(ctx context.Context) error
	// Custodian ends the process of a custodian (0, 1 or 2) at once, or starts it again and returns when it answers.
	Custodian func(ctx context.Context, holder int, up bool) error
	// Institution does the same with an institution's.
	Institution func(ctx context.Context, m Member, up bool) error

	Print io.Writer
}

// tale is a story being told.
type tale struct {
	Stage
	report
	day      int // counts the steps of the clock: a session does not outlive one
	bidders  map[string]*actor[*client.Bidder]
	payees   map[string]*actor[*client.Beneficiary]
	staff    map[string]*actor[*client.Staff]
	lots     [3]wire.Lot
	letters  map[string]*held // by application
	finished []Guarantee
	proofs   *proofs
	papers   int    // that lie beside the letters: sheets and records
	incident string // the emergency of lot two
	began    tlog.Checkpoint
}

// actor is somebody's client and the day on which it last signed in.
type actor[C any] struct {
	client C
	day    int
}

// held is one letter as its bidder holds it.
type held struct {
	id      string
	bidder  Member
	bank    Member
	file    letter.File
	bytes   []byte // the bidder's own copy
	counter bool   // bought at the institution's own counter
	spoilt  bool   // it cannot be opened
	short   bool   // it ends a day before the notice wants it
}

// Tell tells the story and returns what it came to. The error is the first thing that could not be done; checks that
// did not hold are in the summary.
func Tell(ctx context.Context, s Stage) (Summary, error) {
	t := newTale(s)
	var err error
	if t.proofs, err = newProofs(s); err == nil {
		err = t.tell(ctx)
		t.proofs.all.Wait()
	}
	return t.summary, err
}

// Publish tells no more than the first step: lot one is published, and takes applications and bids until its deadline.
func Publish(ctx context.Context, s Stage) error {
	t := newTale(s)
	return t.step(firstTitle, func() error { return t.publishFirst(ctx) })
}

func newTale(s Stage) *tale {
	return &tale{Stage: s, report: report{out: s.Print}, day: 1, bidders: map[string]*actor[*client.Bidder]{},
		payees: map[string]*actor[*client.Beneficiary]{}, staff: map[string]*actor[*client.Staff]{}, letters: map[string]*held{}}
}

func (t *tale) tell(ctx context.Context) error {
	for _, act := range t.Plot.acts(t) {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// known is what a client knows of the platform before it asks.
func (t *tale) known() client.Platform {
	return client.Platform{Base: t.Base, Trust: t.Trust, USCC: t.Platform.USCC, Clock: t.Clock, Certificates: t.Certificates, Custodians: t.Custodians}
}

func (t *tale) bidder(ctx context.Context, m Member) (*client.Bidder, error) {
	return as(ctx, t, t.bidders, m, func() (*client.Bidder, error) {
		return client.NewBidder(t.known(), m.Identity(), client.Folder(filepath.Join(t.Folder, m.Party.USCC)))
	}, func(c *client.Bidder) error { _, err := c.SignIn(ctx); return err })
}

func (t *tale) beneficiary(ctx context.Context, m Member) (*client.Beneficiary, error) {
	return as(ctx, t, t.payees, m, func() (*client.Beneficiary, error) { return client.NewBeneficiary(t.known(), m.Identity()) },
		func(c *client.Beneficiary) error { _, err := c.SignIn(ctx); return err })
}

func (t *tale) staffOf(ctx context.Context, m Member, role string) (*client.Staff, error) {
	return as(ctx, t, t.staff, m, func() (*client.Staff, error) { return client.NewStaff(t.known(), m.Identity()) },
		func(c *client.Staff) error { _, err := c.SignIn(ctx, role); return err })
}

// as is the member's client, signed in today.
func as[C any](ctx context.Context, t *tale, all map[string]*actor[C], m Member, create func() (C, error), signIn func(C) error) (C, error) {
	a, ok := all[m.Party.USCC]
	if !ok {
		c, err := create()
		if err != nil {
			return c, err
		}
		a = &actor[C]{client: c}
		all[m.Party.USCC] = a
	}
	if a.day == t.day {
		return a.client, nil
	}
	if err := t.persist(ctx, func() error { return signIn(a.client) }); err != nil {
		return a.client, fmt.Errorf("%s 登录：%w", m.Party.Name, err)
	}
	a.day = t.day
	return a.client, nil
}

// move steps the clock to an instant and has everybody sign in again.
func (t *tale) move(ctx context.Context, at time.Time) error {
	t.day++
	return t.Step(ctx, at)
}

// patience is for a busy machine; what is waited for takes a fraction of a second on a quiet one.
const patience = 40 * time.Second

// persist says the same thing again as long as nobody knows whether it was done: a platform that was killed comes
// back. What it repeats must be the same command, under the same key.
func (t *tale) persist(ctx context.Context, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := do()
		if err == nil || !errors.Is(err, client.ErrUnknown) || ctx.Err() != nil {
			return err
		}
	}
}

// until asks again until it is so. What cannot be asked just now is not so yet.
func (t *tale) until(ctx context.Context, what string, so func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := so(ctx)
		if ok && err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("等待 %s 超时：%w", what, errors.Join(err, ctx.Err()))
		case <-tick.C:
		}
	}
}

// desk asks an institution's own desk: its cashier, its operator, its books.
func desk[T any](ctx context.Context, t *tale, m Member, method, path string, in any) (out T, err error) {
	body := []byte{}
	if in != nil {
		if body, err = wire.Write(in); err != nil {
			return out, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, t.Desks[m.Party.USCC]+path, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return out, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return out, err
	}
	if res.StatusCode != http.StatusOK {
		return out, fmt.Errorf("%s %s：HTTP %d %s", m.Party.Name, path, res.StatusCode, answer)
	}
	return out, wire.ReadAnswer(answer, &out)
}

// refusedWith tells whether an error is the platform's refusal with that status; it holds for no other failure.
func refusedWith(err error, status int) bool {
	var p wire.Problem
	return errors.As(err, &p) && p.Status == status
}
