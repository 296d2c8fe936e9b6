package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"baohan/client/wire"
	"baohan/tender"
)

// In each run of the game of numbers either few or many bid, in one stretch of the cover: of its rows they take the
// place of some.
const few, many = 3, 10

var stretch = tender.Rhythm{Bids: 14, Each: 30 * time.Second}

// bare is how many runs are played without a cover: there the classifier must be right, or it would find nothing with
// one either.
const bare = 20

// crowd is the game of numbers: how many bid for a lot, with cash, so that they leave no letter.
type crowd struct {
	*platform
	players []*bidder
	hired   int // so many players so far
	lot     wire.Lot
	filler  *tender.Filler // nil: no cover
	coin    *rand.Rand
	next    time.Time // when the next stretch begins
}

// howMany lets the classifier guess whether few or many bid: with a cover it may not know, without one it must.
func (e *examination) howMany(ctx context.Context) error {
	if e.crowds == 0 {
		return nil
	}
	begun, seed := now(), uint64(now().UnixNano())
	c := &crowd{platform: e.platform, lot: e.lots[0], coin: rand.New(rand.NewPCG(seed, 11))}
	right, _, err := c.series(ctx, bare)
	if err != nil {
		return err
	}
	e.say("how many bid, without a cover: %d of %d right", right, bare)
	if right < bare*9/10 {
		e.fault(fmt.Sprintf("the game of numbers is blind: without a cover %d of %d are right", right, bare))
	}
	if err := c.cover(ctx); err != nil {
		return err
	}
	if err := e.guessNumbers(ctx, c, seed); err != nil {
		return err
	}
	e.say("  the game of numbers took %.0f s", now().Sub(begun).Seconds())
	return nil
}

// guessNumbers plays a series, and a second one when the first is above what chance gives.
func (e *examination) guessNumbers(ctx context.Context, c *crowd, seed uint64) error {
	limit := atMost(e.crowds)
	for series := 1; series <= 2; series++ {
		right, features, err := c.series(ctx, e.crowds)
		if err != nil {
			return err
		}
		e.say("how many bid (%d or %d), under a cover: %d of %d right from %d features (at most %d; seed %d)", few, many, right, e.crowds, features, limit, seed)
		if right <= limit {
			return nil
		}
	}
	e.fault("how many bid is guessed under a cover, twice")
	return nil
}

// cover begins a line of its own, which this game alone fills: everything else is examined without noise.
func (c *crowd) cover(ctx context.Context) (err error) {
	if c.filler, err = c.tenders.NewFiller(stretch); err != nil {
		return err
	}
	if _, err = c.filler.Fill(ctx); err != nil {
		return err
	}
	return c.pool.QueryRow(ctx, `SELECT since FROM cover`).Scan(&c.next)
}

func (c *crowd) series(ctx context.Context, n int) (right, features int, err error) {
	plays := make([]play, 2*n)
	for i := range plays {
		if i%10 == 0 { // whoever has bid often is asked about slowly
			if c.players, err = c.newBidders(ctx, "凑数的第%d号园林绿化有限公司", 7001+c.hired, many); err != nil {
				return 0, 0, err
			}
			c.hired += many
		}
		if plays[i], err = c.play(ctx); err != nil {
			return 0, 0, fmt.Errorf("run %d of numbers: %w", i, err)
		}
	}
	return guesses(plays, 0), len(plays[0].features), nil
}

// play is one stretch: everybody's rows are counted at its beginning and at its end. What was bid is withdrawn after that,
// so that the same may bid again.
func (c *crowd) play(ctx context.Context) (r play, err error) {
	r.coins[0] = c.coin.IntN(2) == 1
	bids := make([]string, map[bool]int{false: few, true: many}[r.coins[0]])
	before, err := c.atTheEnd(ctx)
	if err != nil {
		return r, err
	}
	err = together(len(bids), func(i int) error {
		bid, err := c.players[i].Bid(ctx, c.lot, "", terms("报价人"))
		bids[i] = bid.ID
		return err
	})
	if err != nil {
		return r, err
	}
	after, err := c.atTheEnd(ctx)
	for i := range after {
		r.features = append(r.features, after[i]-before[i])
	}
	return r, errors.Join(err, together(len(bids), func(i int) error {
		_, err := c.players[i].WithdrawBid(ctx, bids[i])
		return err
	}))
}

// atTheEnd lets the stretch end, with its cover, and counts.
func (c *crowd) atTheEnd(ctx context.Context) ([]float64, error) {
	if c.filler != nil {
		c.next = c.next.Add(stretch.Each)
		if err := c.step(ctx, c.next); err != nil {
			return nil, err
		}
		if _, err := c.filler.Fill(ctx); err != nil {
			return nil, err
		}
	}
	return c.count(ctx)
}

// count is what a reader of the database finds of bids and commands: how many, in which state, how many bytes in each
// column, how large the tables, and how far the transparency log has come.
func (c *crowd) count(ctx context.Context) ([]float64, error) {
	f := make([]float64, 15)
	return f, c.pool.QueryRow(ctx, `SELECT b.*, o.*, pg_total_relation_size('bid')::float8, pg_total_relation_size('once')::float8,
			(SELECT count(*) FROM guarantee)::float8, (SELECT count(*) FROM cover)::float8,
			(SELECT count(*) FROM log_leaf)::float8, (SELECT count(*) FROM log_pending)::float8, pg_total_relation_size('log_leaf')::float8
		FROM (SELECT count(*)::float8, (count(*) FILTER (WHERE state = 'received'))::float8, (count(*) FILTER (WHERE state = 'withdrawn'))::float8,
			sum(octet_length(sealed))::float8, coalesce(sum(octet_length(withdrawal)), 0)::float8 FROM bid) b,
			(SELECT count(*)::float8, count(answer)::float8, sum(octet_length(answer))::float8 FROM once) o`).
		Scan(&f[0], &f[1], &f[2], &f[3], &f[4], &f[5], &f[6], &f[7], &f[8], &f[9], &f[10], &f[11], &f[12], &f[13], &f[14])
}
