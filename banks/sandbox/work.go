package sandbox

import (
	"context"
	"time"

	"baohan/client"
	"baohan/client/wire"
)

// step names what the bank says to the platform.
type step string

const (
	sayNothing  step = "" // a finding of the bank's own
	sayDecision step = "decision"
	sayFee      step = "fee"
	sayLetter   step = "issue"
	sayDeposit  step = "deposit" // a letter sold at the counter
	sayRelease  step = "acknowledge"
	sayRefund   step = "refunded"
	sayRuling   step = "demand_decision"
	sayPayment  step = "demand_paid"

	sayHold      step = "demand_hold"
	sayExtension step = "demand_extend"
)

// task is the one thing to do next for a file. It runs without the lock and notes what came of it.
type task struct {
	step   step   // empty: nothing is said
	demand string // which demand it is about, if one
	run    func(ctx context.Context) error
}

// Run works until ctx is over. What is on paper and not yet said is said, again and again, until there is an
// answer: a crash anywhere loses no more than the saying.
func (b *Bank) Run(ctx context.Context) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		for b.round(ctx) {
		}
		select {
		case <-ctx.Done():
			return nil
		case <-b.wake:
		case <-tick.C:
		}
	}
}

// round gives every file one turn and tells whether anything was done.
func (b *Bank) round(ctx context.Context) (busy bool) {
	for _, id := range b.ids() {
		if ctx.Err() != nil {
			return false
		}
		t, ok := b.next(id)
		if !ok {
			continue
		}
		b.settle(id, t, b.do(ctx, t))
		busy = true
	}
	return busy
}

// do runs a task; with the fault "twice" everything is said twice.
func (b *Bank) do(ctx context.Context, t task) error {
	if t.step != "" && b.behaviour().Fault == "twice" {
		_ = t.run(ctx) // the second time must come to the same
	}
	return t.run(ctx)
}

// settle notes a refusal for people to look at, and lets a file rest whose platform did not answer.
func (b *Bank) settle(id string, t task, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		delete(b.rest, id)
		return
	}
	b.Log.Warn("sandbox: not done", "guarantee", id, "step", t.step, "error", err)
	if p, refused := client.Refused(err); refused {
		if err := b.note(stuck, id, t.demand, problem{t.step, p.Code, p.Detail}); err != nil {
			b.Log.Error("sandbox: journal", "error", err)
		}
		return
	}
	r := b.rest[id]
	r.tries++
	r.until = b.Platform.Clock.Now().Add(min(30*time.Second, 200*time.Millisecond<<min(r.tries, 8)))
	b.rest[id] = r
}

func (b *Bank) ids() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.book.order...)
}

// next finds a file's next task, if it has one now.
func (b *Bank) next(id string) (task, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.book.files[id]
	if b.book.mode.Fault == "down" || b.Platform.Clock.Now().Before(b.rest[id].until) {
		return task{}, false
	}
	for _, find := range []func(*file) (task, bool){b.selling, b.underwriting, b.issuing, b.ending, b.claims} {
		if t, ok := find(f); ok && !f.stopped(t) {
			return t, true
		}
	}
	return task{}, false
}

// stopped tells what the platform has refused: people look at it, and everything else goes on.
func (f *file) stopped(t task) bool {
	_, no := f.Stuck[t.step]
	if t.demand != "" {
		_, no = f.claim(t.demand).Stuck[t.step]
	}
	return no && t.step != ""
}

// underwriting: examine, decide, say so, say that the fee came.
func (b *Bank) underwriting(f *file) (task, bool) {
	switch {
	case f.Purchase != nil: // was done at the counter
	case f.Exam == nil && f.Offer.Message != "":
		return b.quiet(func(ctx context.Context) error { return b.examine(ctx, f.ID, f.Offer) })
	case f.Exam != nil && f.Decision == nil && f.End == "":
		d, now := b.rule(f)
		return task{run: func(context.Context) error { return b.write(decided, f.ID, "", d) }}, now
	case f.Decision != nil && !f.Told[sayDecision] && f.End == "":
		d := *f.Decision
		return b.aloud(sayDecision, f.ID, "", func(ctx context.Context) error { return b.say.Decide(ctx, f.ID, d) })
	case f.Told[sayDecision] && f.Paid != nil && !f.Told[sayFee]:
		p := *f.Paid
		return b.aloud(sayFee, f.ID, "", func(ctx context.Context) error { return b.say.FeePaid(ctx, f.ID, p) })
	}
	return task{}, false
}

// rule decides by itself what the behaviour lets it decide; ok is false while a person is waited for.
func (b *Bank) rule(f *file) (d wire.Decision, ok bool) {
	switch mode := b.book.mode; {
	case f.Exam.Reason != "":
		return wire.Decision{Reason: f.Exam.Reason}, true
	case mode.Decision == "decline":
		return wire.Decision{Reason: "不符合本机构的承保政策；请选择其他机构"}, true
	case mode.Decision == "manual":
		return d, false
	case mode.Decision == "slow" && b.Platform.Clock.Now().Before(f.Arrived.Add(time.Duration(mode.Delay)*time.Second)):
		return d, false
	}
	return wire.Decision{Approve: true, Fee: f.Exam.Application.Fee}, true
}

// issuing: write, keep, issue.
func (b *Bank) issuing(f *file) (task, bool) {
	switch {
	case !f.Told[sayFee] || f.RefundDue || f.End != "" || f.Receipt != nil:
		return task{}, false
	case f.Letter == nil:
		offer, number := f.Offer, b.number(b.book.issued+1)
		return b.quiet(func(ctx context.Context) error { return b.compose(ctx, f.ID, offer, number) })
	}
	l := *f.Letter
	return task{step: sayLetter, run: func(ctx context.Context) error {
		_, receipt, err := b.second.Issue(ctx, l)
		if err != nil {
			return err
		}
		return b.write(inForce, f.ID, "", receipted{Issued: wire.Issued{Receipt: receipt}})
	}}, true
}

// ending: what the opening revealed, a release, a fee that goes back.
func (b *Bank) ending(f *file) (task, bool) {
	switch {
	case f.Opening != nil && f.Reveal == nil && f.Letter != nil && f.Stuck[sayNothing] == (problem{}):
		app, m := f.Exam.Application, *f.Opening
		return b.quiet(func(context.Context) error { return b.reveal(f.ID, app, m) })
	case f.Released != "" && !f.Told[sayRelease]:
		m := f.Released
		return b.aloud(sayRelease, f.ID, "", func(ctx context.Context) error { return b.say.Acknowledge(ctx, f.ID, m) })
	case f.RefundDue && f.Told[sayFee] && f.Refund == nil:
		return b.quiet(func(context.Context) error {
			return b.write(refunded, f.ID, "", wire.FeeRefunded{Reference: "TK" + f.ID[:16]})
		})
	case f.Refund != nil && !f.Told[sayRefund]:
		r := *f.Refund
		return b.aloud(sayRefund, f.ID, "", func(ctx context.Context) error { return b.say.FeeRefunded(ctx, f.ID, r) })
	}
	return task{}, false
}

// claims: examine a demand's papers; what people ruled and paid is said.
func (b *Bank) claims(f *file) (task, bool) {
	for _, c := range f.Claims {
		if t, ok := b.claim(f, c); ok && !f.stopped(t) {
			return t, true
		}
	}
	return task{}, false
}

func (b *Bank) claim(f *file, c *claim) (task, bool) {
	switch {
	case c.Papers != nil && c.Found == nil && f.Letter != nil:
		found := b.examineClaim(f, *c.Papers)
		return b.quiet(func(context.Context) error { return b.write(claimed, f.ID, c.ID, found) })
	case c.Ruling != nil && !c.Told[sayRuling] && !c.Withdraw:
		r := *c.Ruling
		return b.aloud(sayRuling, f.ID, c.ID, func(ctx context.Context) error { return b.say.DecideDemand(ctx, c.ID, r) })
	case c.Told[sayRuling] && c.Ruling.Complying && c.Payment == nil && c.Hold == nil && !c.Withdraw:
		return b.complying(f, c)
	case c.Payment != nil && c.Told[sayRuling] && !c.Told[sayPayment]:
		p := *c.Payment
		return b.aloud(sayPayment, f.ID, c.ID, func(ctx context.Context) error { return b.second.DemandPaid(ctx, c.ID, p) })
	}
	return b.extending(f, c)
}

// quiet is a task that says nothing to the platform.
func (b *Bank) quiet(run func(context.Context) error) (task, bool) { return task{run: run}, true }

// aloud is a task that says one thing and notes that it was answered.
func (b *Bank) aloud(s step, guarantee, demand string, run func(context.Context) error) (task, bool) {
	return task{s, demand, func(ctx context.Context) error {
		if err := run(ctx); err != nil {
			return err
		}
		return b.write(told, guarantee, demand, s)
	}}, true
}
