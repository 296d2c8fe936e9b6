package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"baohan/guarantee"
	"baohan/party"
	"baohan/signing"
	"baohan/tender"
)

// sizes of the opening part: a lot of small bids, a lot of great bids, and the bids of other lots beside them.
type sizes struct{ small, great, beside, times int }

var openingSizes = sizes{small: 300, great: 600, beside: 100_000, times: 3}

// benchOpening measures what a room full of people waits for: the lot closed, its bids found, then everything opened,
// verified and published.
func benchOpening(ctx context.Context, dir string, n sizes, statements bool, out io.Writer) (err error) {
	h, err := newHall(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	begun := now()
	small, great, err := h.fill(ctx, n)
	if err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	note(out, "%d bids with blind letters handed in in %.0f s by the real verbs; %d sealed bids of other lots beside them",
		n.small+n.great, now().Sub(begun).Seconds(), n.beside)
	var all []opened
	for i := range n.times + 1 {
		o, err := h.openSmall(ctx, small, n.small, i == n.times, statements && i == 0, out)
		if err != nil {
			return err
		}
		all = append(all, o)
	}
	last := len(all) - 1
	printFound(out, all, n)
	printOpening(out, fmt.Sprintf("open %d, custodians in this process, median of %d", n.small, n.times), middle(all[:last]))
	printOpening(out, fmt.Sprintf("open %d, custodians behind HTTP", n.small), all[last])
	return h.openGreat(ctx, great, n.great, out)
}

func (h *hall) fill(ctx context.Context, n sizes) (small, great *tender.Lot, err error) {
	if small, err = h.publish(ctx, "BENCH-SMALL"); err != nil {
		return nil, nil, err
	}
	if great, err = h.publish(ctx, "BENCH-GREAT"); err != nil {
		return nil, nil, err
	}
	if err := h.handIn(ctx, small, n.small, 0); err != nil {
		return nil, nil, err
	}
	if err := h.handIn(ctx, great, n.great, n.small); err != nil {
		return nil, nil, err
	}
	return small, great, h.crowd(ctx, n.beside)
}

// opened is one opening beside its yardstick.
type opened struct {
	found     time.Duration // closing: every standing bid's tag computed and compared
	took      cost
	yardstick cost
}

func (h *hall) openSmall(ctx context.Context, l *tender.Lot, n int, remote, statements bool, out io.Writer) (o opened, err error) {
	c, err := h.copy(ctx)
	if err != nil {
		return o, err
	}
	defer c.pool.Close()
	if remote {
		end, err := c.sendAway(ctx)
		if err != nil {
			return o, err
		}
		defer end()
	}
	c.spy.on.Store(statements)
	o, err = c.open(ctx, l, n)
	c.spy.on.Store(false)
	if seen := c.spy.take(); statements {
		listMost(out, seen)
	}
	return o, err
}

// benchLot opens one lot of n letters and nothing else, times times with the custodians in this process and once behind their
// doors: how the greatest that a closing may name (10,000) is opened, and not reckoned from a smaller one.
func benchLot(ctx context.Context, dir string, n, times int, out io.Writer) (err error) {
	h, err := newHall(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	begun := now()
	l, err := h.publish(ctx, "BENCH-LOT")
	if err != nil {
		return err
	}
	if err := h.handIn(ctx, l, n, 0); err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	note(out, "%d bids with blind letters handed in in %.0f s by the real verbs", n, now().Sub(begun).Seconds())
	var all []opened
	for range times {
		o, err := h.openSmall(ctx, l, n, false, false, out)
		if err != nil {
			return err
		}
		printOpening(out, fmt.Sprintf("open %d, custodians in this process", n), o)
		all = append(all, o)
	}
	printOpening(out, fmt.Sprintf("open %d, custodians in this process, median of %d", n, times), middle(all))
	o, err := h.openSmall(ctx, l, n, true, false, out)
	if err != nil {
		return err
	}
	printOpening(out, fmt.Sprintf("open %d, custodians behind HTTP", n), o)
	return nil
}

// openGreat opens one great lot.
func (h *hall) openGreat(ctx context.Context, l *tender.Lot, n int, out io.Writer) error {
	c, err := h.copy(ctx)
	if err != nil {
		return err
	}
	defer c.pool.Close()
	o, err := c.open(ctx, l, n)
	if err != nil {
		return err
	}
	printOpening(out, fmt.Sprintf("open %d, custodians in this process", n), o)
	return nil
}

// open closes the lot and opens it, from the demand for shares to the complete public list as anyone reads it.
func (h *hall) open(ctx context.Context, l *tender.Lot, n int) (o opened, err error) {
	if err := h.strike(ctx); err != nil {
		return o, err
	}
	if o.found, err = wall(func() error { _, err := h.tenders.Close(ctx, l.ID); return err }); err != nil {
		return o, err
	}
	before, err := h.decryptAndVerify(ctx, n)
	if err != nil {
		return o, err
	}
	if o.took, err = h.costOf(func() (int, error) { return n, h.openWhole(ctx, l, n) }); err != nil {
		return o, err
	}
	after, err := h.decryptAndVerify(ctx, n)
	o.yardstick = before.plus(after)
	return o, err
}

// openWhole accepts nothing but n letters on the list, all of which passed.
func (h *hall) openWhole(ctx context.Context, l *tender.Lot, n int) error {
	if _, err := h.tenders.Open(ctx, party.Command{Actor: party.System()}, l.ID); err != nil {
		return err
	}
	list, err := h.tenders.Opening(ctx, l.ID)
	if err != nil {
		return err
	}
	if len(list.Letters) != n || len(list.Bids) != n {
		return fmt.Errorf("%d bids and %d letters on the list, not %d", len(list.Bids), len(list.Letters), n)
	}
	for _, x := range list.Letters {
		if x.Failure != "" || x.Result != string(guarantee.Passed) {
			return fmt.Errorf("letter %s: %s %s %+v", x.ID, x.Result, x.Failure, x.Lines)
		}
	}
	return nil
}

// decryptAndVerify is the yardstick: for each letter three SM2 decryptions and two verifications by both libraries, on
// all cores, and nothing else.
func (h *hall) decryptAndVerify(ctx context.Context, n int) (c cost, err error) {
	key, err := signing.GenerateKey()
	if err != nil {
		return c, err
	}
	wrapped, err := signing.Wrap(key.Public(), signing.Random(32))
	if err != nil {
		return c, err
	}
	message := signing.Random(256)
	sig, err := key.Sign(ctx, message)
	if err != nil {
		return c, err
	}
	n = min(n, 1000)
	return h.costOf(func() (int, error) {
		return n, together(runtime.GOMAXPROCS(0), n, func(int) error {
			for range 3 {
				if _, err := key.Unwrap(ctx, wrapped); err != nil {
					return err
				}
			}
			return errors.Join(signing.VerifyBoth(key.Public(), message, sig), signing.VerifyBoth(key.Public(), message, sig))
		})
	})
}
