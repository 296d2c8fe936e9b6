package custody

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// Shares checks everything before it decrypts anything. One record that breaks a rule refuses the whole request:
// the platform that sends it is wrong or worse. A record whose share merely does not open is left out.
func (a *Agent) Shares(ctx context.Context, closing, previous []byte, records map[string]Record) (map[string]signing.Share, error) {
	c, err := a.readClosing(closing)
	if err != nil {
		return nil, err
	}
	heads, err := checkRecords(c, records)
	if err != nil {
		return nil, err
	}
	key, err := a.admit(ctx, c, closing, previous)
	if err != nil {
		return nil, err
	}
	return a.give(ctx, key, heads)
}

// give opens the custodian's share of each record, on all cores.
func (a *Agent) give(ctx context.Context, key *signing.PrivateKey, heads map[string]signing.SealedHead) (map[string]signing.Share, error) {
	var mu sync.Mutex
	out := make(map[string]signing.Share, len(heads))
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for id, head := range heads {
		all.Go(func() error {
			share, err := head.GiveShare(ctx, key, a.Holder)
			if err != nil {
				return ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			out[id] = share
			return nil
		})
	}
	return out, all.Wait()
}

// readClosing believes only what the centre has signed with a certificate that was good then and is good now.
func (a *Agent) readClosing(p7s []byte) (letter.Closing, error) {
	signed, err := signedBy(p7s, a.Trust, a.Centre, a.Clock.Now())
	if err != nil {
		return letter.Closing{}, fmt.Errorf("%w: %w", ErrNotCentre, err)
	}
	return letter.ParseClosing(signed.Content)
}

// admit holds the closing against the clock, against what this custodian was told at publication and against
// what it has served before, and puts it on record before the first share is given. A crash after that is
// harmless: the same closing is served again.
func (a *Agent) admit(ctx context.Context, c letter.Closing, p7s, previous []byte) (*signing.PrivateKey, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, key, err := a.open(ctx, c.Project, c.Lot)
	if err != nil {
		return nil, err
	}
	if err := f.inTime(c, a.Clock.Now()); err != nil {
		return nil, err
	}
	if err := a.permitted(f); err != nil {
		return nil, err
	}
	if err := a.enough(f, c); err != nil {
		return nil, err
	}
	if err := f.serve(c, p7s, previous); err != nil {
		return nil, err
	}
	return key, a.save(f)
}

// fewest is how many bids a lot needs to be opened (招标投标法实施条例44; 87号令41).
const fewest = 3

// enough leaves a lot with fewer bids to the officer's own hand: such a lot is not opened, and what an authority orders
// of it later is for people to see to.
func (a *Agent) enough(f *lotFile, c letter.Closing) error {
	if c.Stage != letter.StageBids || len(c.Records) >= fewest || a.Unattended || !f.ByHand.IsZero() {
		return nil
	}
	return fmt.Errorf("%w: %d bids", ErrByHand, len(c.Records))
}

// inTime is the rule of the clock: T is exclusive for bids, so shares may be given from T on. A lot that never learned of
// an order which this custodian obeys is opened late, by its own deadline, and not never.
func (f *lotFile) inTime(c letter.Closing, now time.Time) error {
	if c.Deadline.Before(f.NotBefore) && !f.movedFrom(c.Deadline) || c.ClosedAt.Before(c.Deadline) {
		return ErrDeadline
	}
	if now.Before(c.Deadline) || now.Before(f.NotBefore) {
		return ErrTooEarly
	}
	return nil
}

// serve remembers the closing of each stage and refuses any other.
func (f *lotFile) serve(c letter.Closing, p7s, previous []byte) error {
	digest := letter.ClosingDigest(p7s)
	switch c.Stage {
	case letter.StageBids:
		return remember(&f.Bids, digest)
	case letter.StageLetters:
		before := letter.ClosingDigest(previous)
		if f.Bids.IsZero() || f.Bids != before || c.Previous != before {
			return ErrPrevious
		}
		return remember(&f.Letters, digest)
	}
	return fmt.Errorf("%w: stage", ErrUnnamed)
}

func remember(at *signing.Digest, digest signing.Digest) error {
	if !at.IsZero() && *at != digest {
		return ErrChanged
	}
	*at = digest
	return nil
}

// checkRecords holds every record against the closing: named, the same bytes, and sealed for that very id.
func checkRecords(c letter.Closing, records map[string]Record) (map[string]signing.SealedHead, error) {
	named := make(map[string]signing.Digest, len(c.Records))
	for _, r := range c.Records {
		named[r.ID] = r.Digest
	}
	heads := make(map[string]signing.SealedHead, len(records))
	for id, r := range records {
		want, ok := named[id]
		if !ok {
			return nil, ErrUnnamed
		}
		if r.Digest() != want {
			return nil, ErrDigest
		}
		head, err := signing.ParseSealedHead(r.Head)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDigest, err)
		}
		if !head.Binds(RecordAAD(c.Stage, id)) {
			return nil, ErrUnnamed
		}
		heads[id] = head
	}
	return heads, nil
}

// RecordAAD is the associated data under which a record of a stage was sealed.
func RecordAAD(stage, id string) []byte {
	if stage == letter.StageBids {
		return letter.BidAAD(id)
	}
	if guarantee, full := strings.CutSuffix(id, LetterSuffix); full {
		return letter.LetterAAD(guarantee)
	}
	return letter.RecordAAD(id, 1)
}
