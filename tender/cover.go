package tender

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/party"
	"baohan/signing"
)

// Rhythm is how fast the number of bids grows, whatever bidders do (掩护行): so many rows in each stretch of time, at
// instants that only the holder of the tag key can foretell. The zero Rhythm covers nothing.
type Rhythm struct {
	Bids int
	Each time.Duration
}

// Hourly is the rhythm of n rows an hour.
func Hourly(n int) Rhythm {
	if n <= 0 {
		return Rhythm{}
	}
	return Rhythm{Bids: n, Each: time.Hour}
}

// Filler keeps the number of bids on its line. At each instant that the line foresees, a row of nobody's is handed in,
// unless a bidder has handed one in meanwhile: every real row takes the place of the next that the line foresees. So
// the number of rows is the line's, and more only as long as real ones came faster than the line. Nothing but the line
// is on record: how many rows are missing is counted anew each time, by whichever process is first.
type Filler struct {
	desk   *Desk
	rhythm Rhythm
	log    *slog.Logger
	keys   [4]signing.PublicKey // three custodians' and an owner's; nobody has their private halves

	mu       sync.Mutex
	standing []nobody // bids that this process made for cover and has not withdrawn
	warned   bool
}

// NewFiller returns what covers the desk's bids. Any number of processes may fill at once.
func (d *Desk) NewFiller(r Rhythm) (*Filler, error) {
	f := &Filler{desk: d, rhythm: r, log: d.Log}
	if f.log == nil {
		f.log = slog.Default()
	}
	for i := range f.keys {
		k, err := signing.GenerateKey()
		if err != nil {
			return nil, fmt.Errorf("tender: a key for nobody: %w", err)
		}
		f.keys[i] = k.Public()
	}
	return f, nil
}

// Fill brings the rows up to the line as it stands at the platform's time, and tells how long nothing more is due. A
// crash leaves rows missing, which the next Fill of any process adds.
func (f *Filler) Fill(ctx context.Context) (rest time.Duration, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rhythm.Bids <= 0 || f.rhythm.Each <= 0 {
		return time.Hour, nil
	}
	for {
		l, c, err := f.line(ctx)
		if err != nil {
			return 0, err
		}
		did, err := f.step(ctx, l, c)
		if err != nil {
			return 0, err
		}
		if !did {
			f.warn(ctx, l, c)
			return f.desk.rest(l, c.Now), nil
		}
	}
}

// step does one thing that is missing: a bid, a withdrawal if there is one of nobody's to withdraw, or both in one act
// when both are due, which the line sees to now and then: bidders replace their bids too.
func (f *Filler) step(ctx context.Context, l line, c counted) (did bool, err error) {
	missing := f.desk.missing(l, c)
	switch {
	case missing.bids > 0 && missing.withdrawn > 0 && len(f.standing) > 0:
		return f.replace(ctx, l)
	case missing.bids > 0:
		return f.handIn(ctx, l)
	case missing.withdrawn > 0 && len(f.standing) > 0:
		return f.withdraw(ctx, l)
	}
	return false, nil
}

// handIn makes a bid of nobody's before the transaction, which counts again: of several that would fill, one does.
func (f *Filler) handIn(ctx context.Context, l line) (did bool, err error) {
	n := f.newNobody()
	row, answer, err := f.bid(ctx, &n)
	if err != nil {
		return false, err
	}
	err = f.desk.within(ctx, func(tx pgx.Tx) error {
		did = false
		if m, err := f.alone(ctx, tx, l); err != nil || m.bids <= 0 {
			return err
		}
		cmd, err := f.asBidder(ctx, tx, n, &answer)
		if err != nil {
			return err
		}
		did = true
		return f.desk.keepBid(ctx, tx, cmd, n.who.Party.USCC, row, answer)
	})
	if err == nil && did {
		f.remember(n)
	}
	return did && err == nil, err
}

func (f *Filler) withdraw(ctx context.Context, l line) (did bool, err error) {
	i := rand.IntN(len(f.standing)) // #nosec G404 -- which of nobody's bids goes is nobody's secret
	n := f.standing[i]
	sealed, answer, err := f.withdrawal(ctx, n)
	if err != nil {
		return false, err
	}
	err = f.desk.within(ctx, func(tx pgx.Tx) error {
		did = false
		m, err := f.alone(ctx, tx, l)
		if err != nil || m.withdrawn <= 0 {
			return err
		}
		cmd, err := f.asBidder(ctx, tx, n, &answer)
		if err != nil {
			return err
		}
		did = true
		if err := withdrawBid(ctx, tx, n.id, n.uniq, sealed); err != nil {
			return err
		}
		return f.desk.after(ctx, tx, cmd, answer)
	})
	if err == nil && did {
		f.standing = append(f.standing[:i], f.standing[i+1:]...)
	}
	return did && err == nil, err
}

// replace has one of nobody's bidders put a new bid in the place of its old one, for the same lot that is none. What both
// rows say of each other, they say of a bidder's: its tag goes from one to the other.
func (f *Filler) replace(ctx context.Context, l line) (did bool, err error) {
	i := rand.IntN(len(f.standing)) // #nosec G404 -- which of nobody's bids goes is nobody's secret
	old := f.standing[i]
	n := old
	n.id = newID()
	s := swap{lot: n.lot.ID, bidder: n.who.Party.USCC, old: old.id, uniq: old.uniq}
	if s.statement, s.r.Withdrawn, err = f.withdrawal(ctx, old); err != nil {
		return false, err
	}
	if s.row, s.r.Received, err = f.bid(ctx, &n); err != nil {
		return false, err
	}
	err = f.desk.within(ctx, func(tx pgx.Tx) error {
		did = false
		if m, err := f.alone(ctx, tx, l); err != nil || m.bids <= 0 || m.withdrawn <= 0 {
			return err
		}
		s.cmd = n.command()
		if _, err := f.desk.beforeSwap(ctx, tx, &s); err != nil {
			return err
		}
		if _, err := f.desk.inTime(ctx, tx, s.lot); err != nil && !isNotFound(err) {
			return err
		}
		did = true
		return f.desk.writeSwap(ctx, tx, &s)
	})
	if err == nil && did {
		f.standing[i] = n
	}
	return did && err == nil, err
}

// alone takes the one filler's lock and counts what is missing; nothing is, for whoever finds another at work.
func (f *Filler) alone(ctx context.Context, tx pgx.Tx, l line) (missing, error) {
	var mine bool
	err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": f.desk.coverLock()}).Scan(&mine)
	if err != nil || !mine {
		return missing{}, err
	}
	c, err := countBids(ctx, tx)
	return f.desk.missing(l, c), err
}

// asBidder does what a hand-in does before it writes its row: takes the command's place, then a lot's lock, and looks
// for the lot, which is none.
func (f *Filler) asBidder(ctx context.Context, tx pgx.Tx, n nobody, answer *Answer) (party.Command, error) {
	cmd := n.command()
	if _, err := f.desk.before(ctx, tx, cmd, answer); err != nil {
		return cmd, err
	}
	if _, err := f.desk.inTime(ctx, tx, n.lot.ID); err != nil && !isNotFound(err) {
		return cmd, err
	}
	return cmd, nil
}

// mostStanding bounds how many bids of nobody's a process keeps in mind for a withdrawal.
const mostStanding = 256

func (f *Filler) remember(n nobody) {
	f.standing = append(f.standing, n)
	if len(f.standing) > mostStanding {
		f.standing = f.standing[1:]
	}
}

// warn says once, and without a number, that bidders hand in more than the line covers: by a whole stretch.
func (f *Filler) warn(ctx context.Context, l line, c counted) {
	if f.warned || -f.desk.missing(l, c).bids <= int64(l.Per) {
		return
	}
	f.warned = true
	f.log.WarnContext(ctx, "bids do not fit under their cover; the setting cover is too low for this platform (said once)")
}
