package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"baohan/client/wire"
)

// atMost is how many of n guesses may be right: 116 of 200, which a fair coin exceeds about once in a hundred series. A
// series above it is played once more, so that chance fails about one run in ten thousand and a leak fails every one.
func atMost(n int) int { return int(float64(n)/2 + 1.14*math.Sqrt(float64(n))) }

// play is one run: which bidder and which lot the coins chose, and all that an onlooker with the database sees.
type play struct {
	coins    [2]bool // the bidder, the lot
	features []float64
}

// about are what is guessed.
var about = [2]string{"the bidder", "the lot"}

// game lets one of two bidders, whose names differ as much as names do, apply and bid for one of two lots, and has a
// classifier that knows every other run guess which.
type game struct {
	*platform
	bidders [2]*bidder
	lots    [2]wire.Lot
	caller  caller
	tables  []string
	names   []string // of the features, in their order
	coin    *rand.Rand
}

func (p *platform) newGame(ctx context.Context, players [2]*bidder, all []wire.Lot, c caller, seed uint64) (g *game, err error) {
	g = &game{platform: p, bidders: players, lots: [2]wire.Lot{all[0], all[1]}, caller: c, coin: rand.New(rand.NewPCG(seed, 7))}
	g.tables, err = p.tables(ctx)
	return g, err
}

// newPlayers are the two bidders.
func (p *platform) newPlayers(ctx context.Context) (players [2]*bidder, err error) {
	for i, name := range []string{"甲%d", "乙方省际高速公路桥梁隧道港口航道机场轨道交通综合工程勘察设计施工养护总承包（集团）股份有限公司第%d分公司"} {
		one, err := p.newBidders(ctx, name, 9001+i, 1)
		if err != nil {
			return players, err
		}
		players[i] = one[0]
	}
	return players, nil
}

// series plays n runs to be guessed, each after one that teaches.
func (g *game) series(ctx context.Context, n int) ([]play, error) {
	plays := make([]play, 2*n)
	for i := range plays {
		var err error
		if plays[i], err = g.play(ctx); err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
	}
	return plays, nil
}

// telling names the features that differ most between the sides of a coin, each with its distance in standard errors: of
// some two hundred that tell nothing the farthest is at about three.
func (g *game) telling(plays []play, coin int) string {
	c := learn(plays, coin)
	far := make([]int, 0, len(g.names))
	z := make([]float64, len(g.names))
	for j := range g.names {
		if c.spread[j] > 0 {
			z[j] = (c.centroid[1][j] - c.centroid[0][j]) / c.spread[j] * math.Sqrt(float64(len(plays))) / 2
			far = append(far, j)
		}
	}
	slices.SortFunc(far, func(a, b int) int { return cmp.Compare(math.Abs(z[b]), math.Abs(z[a])) })
	var words []string
	for _, j := range far[:min(3, len(far))] {
		words = append(words, fmt.Sprintf("%s %+.1f", g.names[j], z[j]))
	}
	return strings.Join(words, ", ")
}

func (g *game) play(ctx context.Context) (r play, err error) {
	r.coins = [2]bool{g.coin.IntN(2) == 1, g.coin.IntN(2) == 1}
	b, lot := g.bidders[side(r.coins[0])], g.lots[side(r.coins[1])]
	if err := g.delivered(ctx); err != nil {
		return r, err
	}
	before, err := g.look(ctx)
	if err != nil {
		return r, err
	}
	draft, err := b.apply(ctx, lot, g.institutions[2])
	if err != nil {
		return r, err
	}
	bid, err := b.Bid(ctx, lot, "", terms("报价人"))
	if err != nil {
		return r, err
	}
	if err := g.delivered(ctx); err != nil {
		return r, err
	}
	if r.features, err = g.features(ctx, before, draft.ID, bid.ID); err != nil {
		return r, err
	}
	if err := b.Cancel(ctx, draft.ID); err != nil {
		return r, err
	}
	_, err = b.WithdrawBid(ctx, bid.ID)
	return r, err
}

func side(coin bool) int {
	if coin {
		return 1
	}
	return 0
}

// seen is where everything stood before a run.
type seen struct {
	transaction int64
	wal         int64
	log         int
}

func (g *game) look(ctx context.Context) (s seen, err error) {
	s.log = g.log.len()
	return s, g.pool.QueryRow(ctx, `SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, (pg_current_wal_insert_lsn() - '0/0')::bigint`).Scan(&s.transaction, &s.wal)
}

// features are numbers: the log's lines and bytes, each table's new rows, their bytes, the bytes of each of their sealed
// columns, tags that stood somewhere before, and the status and length of everything that an onlooker may ask.
func (g *game) features(ctx context.Context, before seen, application, bid string) (f []float64, err error) {
	g.names = []string{"lines of the log", "bytes of the log"}
	log := string(g.log.since(before.log))
	f = append(f, float64(strings.Count(log, "\n")), float64(len(log)))
	rows, err := g.newRows(ctx, before.transaction)
	if err != nil {
		return nil, err
	}
	f = append(f, rows...)
	var repeated int
	if err := g.pool.QueryRow(ctx, `WITH tags AS (SELECT id, unnest(ARRAY[uniq_tag, lot_tag, owner_tag]) t FROM guarantee UNION ALL SELECT id, unnest(ARRAY[uniq_tag, lot_tag, owner_tag]) FROM bid)
		SELECT count(*) FROM tags a JOIN tags b ON a.t = b.t AND a.id <> b.id WHERE a.id IN ($1, $2)`, application, bid).Scan(&repeated); err != nil {
		return nil, err
	}
	f, g.names = append(f, float64(repeated)), append(g.names, "repeated tags")
	for _, path := range []string{"/lots", "/lots/" + g.lots[0].ID, "/lots/" + g.lots[1].ID, "/lots/" + g.lots[0].ID + "/opening", "/lots/" + g.lots[1].ID + "/opening",
		"/lots/" + g.lots[0].ID + "/progress", "/lots/" + g.lots[1].ID + "/progress",
		"/applications", "/bids", "/applications/" + application, "/applications/" + application + "/copy", "/guarantees/" + application + "/file", "/guarantees",
		"/log/head", "/log/keys", "/log/leaves", "/log/leaves/" + application + application + "/proof"} {
		a, err := g.get(ctx, g.caller, "/api/v1"+path)
		if err != nil {
			return nil, err
		}
		f = append(f, float64(a.status), float64(len(a.body)), float64(len(a.header)))
		path = strings.ReplaceAll(path, application, "{id}")
		g.names = append(g.names, "status of "+path, "length of "+path, "head of "+path)
	}
	return f, nil
}

// newRows asks every table for the number and the size of the rows that were written since, and the two tables of sealed
// rows for the size of each sealed column.
func (g *game) newRows(ctx context.Context, since int64) (f []float64, err error) {
	var ask []string
	for _, t := range g.tables {
		g.names = append(g.names, "new rows of "+t, "their bytes in "+t)
		ask = append(ask, fmt.Sprintf(`SELECT count(*)::float8, coalesce(sum(octet_length(t::text)), 0)::float8 FROM %s t WHERE xmin::text::bigint >= $1`, pgx.Identifier{t}.Sanitize()))
	}
	for _, c := range []string{"guarantee.sealed", "guarantee.offer", "bid.sealed", "delivery.body"} {
		table, name := cut(c)
		g.names = append(g.names, "filled "+c, "bytes of "+c)
		ask = append(ask, fmt.Sprintf(`SELECT count(%[1]s)::float8, coalesce(sum(octet_length(%[1]s)), 0)::float8 FROM %[2]s WHERE xmin::text::bigint >= $1`, name, table))
	}
	rows, err := g.pool.Query(ctx, strings.Join(ask, " UNION ALL "), since)
	if err != nil {
		return nil, err
	}
	var count, size float64
	_, err = pgx.ForEachRow(rows, []any{&count, &size}, func() error { f = append(f, count, size); return nil })
	return f, err
}

// guesses counts the runs whose coin is guessed right: every second one, by what the others taught. None is both taught from
// and guessed: what the features of all runs have in common, a table that grows, a machine that is busy for a while, would
// else make the guesses of both halves right or wrong together, and 116 of 200 no rare thing.
func guesses(plays []play, coin int) (right int) {
	var lessons, exam []play
	for i, p := range plays {
		if i%2 == 0 {
			lessons = append(lessons, p)
		} else {
			exam = append(exam, p)
		}
	}
	c := learn(lessons, coin)
	for _, p := range exam {
		if c.guess(p.features) == p.coins[coin] {
			right++
		}
	}
	return right
}

// classifier knows the centroid of each side of a coin, and the spread of each feature, in units of which it counts.
type classifier struct {
	centroid [2][]float64
	spread   []float64 // 0: the feature never varies, or always at random in its last digits
}

func learn(plays []play, coin int) (c classifier) {
	for j := range plays[0].features {
		var n, sum [2]float64
		square := 0.0
		for _, p := range plays {
			s := side(p.coins[coin])
			n[s]++
			sum[s] += p.features[j]
			square += p.features[j] * p.features[j]
		}
		all := n[0] + n[1]
		mean := (sum[0] + sum[1]) / all
		spread := math.Sqrt(max(square/all-mean*mean, 0))
		if spread <= 1e-6*math.Abs(mean) || n[0] == 0 || n[1] == 0 {
			spread = 0
		}
		c.spread = append(c.spread, spread)
		for s := range 2 {
			c.centroid[s] = append(c.centroid[s], sum[s]/max(n[s], 1))
		}
	}
	return c
}

// guess takes the nearer centroid.
func (c classifier) guess(features []float64) bool {
	lead := 0.0
	for j, x := range features {
		if c.spread[j] > 0 {
			a, b := (x-c.centroid[0][j])/c.spread[j], (x-c.centroid[1][j])/c.spread[j]
			lead += a*a - b*b
		}
	}
	return lead > 0
}
