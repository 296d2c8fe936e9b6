package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// round is one measurement: so many issues by so many clients.
type round struct {
	clients, calls int
	told           bool // with one message to the institution and its job, as most other facts have
	aim            string
}

// rounds are fixed in number, so that a slow machine takes longer and measures the same.
var rounds = []round{
	{clients: 1, calls: 200},
	{clients: 8, calls: 400, aim: "≥ 0.05"},
	{clients: 32, calls: 400},
	{clients: 8, calls: 400, aim: "≥ 0.05"},
	{clients: 8, calls: 300, told: true},
}

// warming fills the pool with connections that know every statement; alone is how many are taken apart.
const warming, alone = 64, 60

// benchCallback measures a guarantor's issue, from its signature on the request to the platform's on the answer.
func benchCallback(ctx context.Context, dir string, statements bool, out io.Writer) (err error) {
	p, err := newPlatform(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	y, err := newYardstick(ctx, p)
	if err != nil {
		return err
	}
	need := warming + alone
	for _, r := range rounds {
		need += r.calls
	}
	begun := now()
	calls, err := p.prepare(ctx, need)
	if err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	note(out, "%d applications brought to their prepared letter in %.0f s; fsync, full_page_writes and synchronous_commit are on",
		need, now().Sub(begun).Seconds())
	return p.rounds(ctx, y, calls, statements, out)
}

func (p *platform) rounds(ctx context.Context, y *yardstick, calls []call, statements bool, out io.Writer) error {
	take := func(n int) []call {
		taken := calls[:n]
		calls = calls[n:]
		return taken
	}
	if _, err := p.load(ctx, poolSize, take(warming)); err != nil {
		return err
	}
	for _, r := range rounds {
		if err := p.round(ctx, y, r, take(r.calls), out); err != nil {
			return err
		}
	}
	return p.takeApart(ctx, take(alone), statements, out)
}

// round puts the issues between two runs of the yardstick, so that both see the same machine.
func (p *platform) round(ctx context.Context, y *yardstick, r round, calls []call, out io.Writer) error {
	before, err := p.inserts(ctx, y, r.clients)
	if err != nil {
		return err
	}
	p.outbox.told.Store(r.told)
	ours, err := p.load(ctx, r.clients, calls)
	p.outbox.told.Store(false)
	if err != nil {
		return err
	}
	after, err := p.inserts(ctx, y, r.clients)
	if err != nil {
		return err
	}
	check, err := y.pgbench(ctx, r.clients)
	if err != nil {
		return err
	}
	compare(out, fmt.Sprintf("%s, %d clients : INSERT, %d clients", r.what(), r.clients, r.clients), ours, before.plus(after), r.aim)
	if check > 0 {
		line(out, fmt.Sprintf("  the same : pgbench INSERT, %d clients", r.clients), ours.perSecond(), check, "")
	}
	return nil
}

func (r round) what() string {
	if r.told {
		return "issue, message and job"
	}
	return "issue"
}

// load sends the calls by so many clients at once. All must be answered as they should.
func (p *platform) load(ctx context.Context, clients int, calls []call) (cost, error) {
	b := p.newBank(clients)
	defer b.http.CloseIdleConnections()
	return p.costOf(func() (int, error) {
		return len(calls), together(clients, len(calls), func(i int) error { return b.issue(ctx, calls[i]) })
	})
}
