package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"baohan/client/wire"
	"baohan/internal/sample"
	"baohan/signing"
)

// examination is one platform under examination.
type examination struct {
	*platform
	size
	out    io.Writer
	faults []string

	lots     []wire.Lot // for which they bid
	quiet    wire.Lot   // for which nobody does
	bidders  []*bidder
	onlooker sample.Member
	players  [2]*bidder
	late     []*bidder // who come when others have bid
	asking   []caller
	index    *index
	locks    seenLocks

	before map[string]map[string]bool // rows before the first bidder handed anything in
	mark   struct {
		wal        int64
		log, theDB int
		lotRows    string
	}
}

func (e *examination) say(format string, args ...any) { fmt.Fprintf(e.out, format+"\n", args...) }

func (e *examination) fault(lines ...string) { e.faults = append(e.faults, lines...) }

func freshID() string { return hex.EncodeToString(signing.Random(16)) }

// prepare publishes the lots and lets the bidders register and sign in. One more bids before the mark: the first write
// to a page after a checkpoint copies the whole page into the WAL, with what stood there before.
func (e *examination) prepare(ctx context.Context) (err error) {
	all, err := e.publish(ctx)
	if err != nil {
		return err
	}
	e.lots, e.quiet = all[:lots], all[lots]
	if err := e.step(ctx, e.deadline().Add(-8*time.Hour)); err != nil {
		return err
	}
	extra, err := e.newBidders(ctx, "无关旁观建设有限公司%d", 5001, 2)
	if err != nil {
		return err
	}
	e.onlooker = extra[1].Member
	if e.players, err = e.newPlayers(ctx); err != nil {
		return err
	}
	if e.late, err = e.newBidders(ctx, "后来的第%d号市政工程有限公司", 8001, 2); err != nil {
		return err
	}
	if e.bidders, err = e.newBidders(ctx, "金丝雀第%d号水利水电建设有限公司", 3001, e.size.bidders); err != nil {
		return err
	}
	everybody := slices.Concat(e.bidders, extra[:1], e.players[:], e.late)
	e.index = newIndex(append(needlesOf(everybody), lotNeedles(all)...))
	if e.asking, err = e.callers(ctx, e.onlooker); err != nil {
		return err
	}
	if err := e.readable(ctx); err != nil {
		return err
	}
	if _, err := e.pool.Exec(ctx, `VACUUM (FREEZE, ANALYZE)`); err != nil {
		return err
	}
	if _, err := e.pool.Exec(ctx, `CHECKPOINT`); err != nil {
		return err
	}
	for lot, i := range e.institutions[:2] {
		if err := e.handIn(ctx, extra[0], e.lots[lot], i, true); err != nil {
			return err
		}
	}
	return e.remember(ctx)
}

// remember marks where everything stands.
func (e *examination) remember(ctx context.Context) (err error) {
	if err = e.settled(ctx); err != nil {
		return err
	}
	if e.before, err = e.baseline(ctx); err != nil {
		return err
	}
	if e.mark.lotRows, err = e.lotRows(ctx); err != nil {
		return err
	}
	log, err := e.serverLog(ctx)
	if err != nil {
		return err
	}
	e.mark.log, e.mark.theDB = e.log.len(), len(log)
	e.mark.wal, err = e.lsn(ctx)
	return err
}

// handAllIn has everybody apply, pay and bid, while somebody watches what the database is doing.
func (e *examination) handAllIn(ctx context.Context) error {
	begun := now()
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { e.watch(watching) })
	defer watch.Wait()
	defer stop()
	err := together(len(e.bidders), func(i int) error {
		b := e.bidders[i]
		b.lot = i % len(e.lots)
		if err := e.handIn(ctx, b, e.lots[b.lot], e.institutions[i%4/3], i%10 == 0); err != nil {
			return fmt.Errorf("bidder %d: %w", i, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	e.say("%d bidders applied, paid and bid for %d lots in %.0f s", len(e.bidders), len(e.lots), now().Sub(begun).Seconds())
	return e.settled(ctx)
}

// watch writes down what pg_stat_activity and pg_locks show at any moment.
func (e *examination) watch(ctx context.Context) {
	for tick := 0; ctx.Err() == nil; tick++ {
		_ = e.watchLocks(ctx, e.locks) // a moment that is missed is missed
		if tick%16 == 0 {
			for _, view := range []string{"pg_stat_activity", "pg_locks"} {
				if text, err := e.dump(ctx, view, ""); err == nil {
					_, _ = e.activity.Write(text)
				}
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// play lets the classifier guess, before the many rows are searched.
func (e *examination) play(ctx context.Context) error {
	if e.plays == 0 {
		return nil
	}
	begun, seed := now(), uint64(now().UnixNano())
	g, err := e.newGame(ctx, e.players, e.lots, e.asking[1], seed)
	if err != nil {
		return err
	}
	limit := atMost(e.plays)
	var above [2]bool
	for series := 1; series <= 2 && (series == 1 || above[0] || above[1]); series++ {
		plays, err := g.series(ctx, e.plays)
		if err != nil {
			return err
		}
		for c := range about {
			right := guesses(plays, c)
			e.say("distinguishing game, %s: %d of %d right from %d features (at most %d; seed %d); farthest apart, in standard errors: %s", about[c], right, e.plays, len(g.names), limit, seed, g.telling(plays, c))
			if right <= limit {
				above[c] = false
			} else if series == 1 {
				above[c] = true
			}
		}
	}
	for c, still := range above {
		if still {
			e.fault(fmt.Sprintf("distinguishing game: %s is guessed, twice", about[c]))
		}
	}
	e.say("  the game took %.0f s", now().Sub(begun).Seconds())
	return nil
}

// measure times what a stranger may ask. Times are reported; only a difference that is gross, and greater than what the
// control group shows, is a leak: a busy machine must not make one.
func (e *examination) measure(ctx context.Context) error {
	if e.probes == 0 {
		return nil
	}
	var letters []string
	for _, b := range e.bidders {
		letters = append(letters, b.letter)
	}
	for _, pattern := range []string{"/api/v1/applications/%s", "/api/v1/applications/%s/copy", "/api/v1/guarantees/%s/file"} {
		t, err := e.timing(ctx, e.asking[1], pattern, letters, e.probes)
		if err != nil {
			return err
		}
		e.say("timing, GET %s as another bidder: exists %v, does not %v; z = %.1f, control z = %.1f (%d requests)", t.path, t.medians[0], t.medians[1], t.z, t.control, t.requests)
		if t.differ > 0 {
			e.fault(fmt.Sprintf("GET %s: %d answers about what exists differ from the answer about what does not", t.path, t.differ))
		}
		if math.Abs(t.z) > 8 && math.Abs(t.z) > 3*math.Abs(t.control) {
			e.fault(fmt.Sprintf("GET %s takes another time for what exists: z = %.1f", t.path, t.z))
		}
	}
	return nil
}

// inspect searches everything, shortly before the deadline.
func (e *examination) inspect(ctx context.Context) error {
	surfaces, asked, err := e.surfaces(ctx)
	if err != nil {
		return err
	}
	bytes := 0
	for _, s := range surfaces {
		bytes += len(s.text)
	}
	hits := e.index.search(surfaces)
	e.say("search: %d needles in %d surfaces (%d answers among them, %d MB): %d hits", e.index.count, len(surfaces), asked, bytes>>20, len(hits))
	e.fault(summary(hits)...)
	shapes, err := e.shape(ctx)
	if err != nil {
		return err
	}
	rows, err := e.lotRows(ctx)
	if err != nil {
		return err
	}
	if rows != e.mark.lotRows {
		e.fault("rows of lots were touched or locked while bidders handed in")
	}
	tied, err := e.lockedTags(ctx, e.locks)
	e.fault(append(shapes, tied...)...)
	e.say("shape of the rows: %d faults; %d advisory locks seen, %d faults", len(shapes), len(e.locks), len(tied))
	return err
}

// surfaces are read in an order that matters: the WAL before the search itself writes to it, dead rows before VACUUM.
func (e *examination) surfaces(ctx context.Context) (all []surface, asked int, err error) {
	end, err := e.lsn(ctx)
	if err != nil {
		return nil, 0, err
	}
	wal, err := e.wal(ctx, e.mark.wal, end)
	if err != nil {
		return nil, 0, err
	}
	all = append(all, surface{name: "WAL since the first bidder", text: wal})
	add := func(more []surface, err2 error) {
		all = append(all, more...)
		if err == nil {
			err = err2
		}
	}
	answers, asked, err := e.answerSurfaces(ctx, e.asking, e.objects())
	add(answers, err)
	silent, err := e.silence(ctx)
	add([]surface{silent}, err)
	add(e.tableSurfaces(ctx, e.before))
	_, err2 := e.pool.Exec(ctx, `CHECKPOINT`)
	add(nil, err2)
	add(e.fileSurfaces(ctx, "with dead rows"))
	_, err2 = e.pool.Exec(ctx, `VACUUM (ANALYZE)`)
	add(nil, err2)
	add(e.catalogueSurfaces(ctx))
	_, err2 = e.pool.Exec(ctx, `CHECKPOINT`)
	add(nil, err2)
	add(e.fileSurfaces(ctx, "after VACUUM"))
	add(e.logSurfaces(ctx))
	return all, asked, err
}

func (e *examination) logSurfaces(ctx context.Context) ([]surface, error) {
	log, err := e.serverLog(ctx)
	if err != nil {
		return nil, err
	}
	custody, err := e.folder("custody")
	if err != nil {
		return nil, err
	}
	custody.free = map[kind]string{where: "each lot's keys"}
	var recorders int
	err = e.pool.QueryRow(ctx, `SELECT count(*) FROM pg_class WHERE relname IN ('pg_stat_statements', 'pg_stat_monitor', 'pg_store_plans', 'pg_qualstats')`).Scan(&recorders)
	if recorders > 0 {
		e.fault("the database keeps statements: pg_stat_statements or its like is there")
	}
	return []surface{
		{name: "log of the platform", text: e.log.since(0), free: map[kind]string{where: "searched apart, since the first bidder"}},
		{name: "log of the platform since the first bidder", text: e.log.since(e.mark.log)},
		{name: "log of PostgreSQL", text: log, free: map[kind]string{where: "searched apart, since the first bidder"}},
		{name: "log of PostgreSQL since the first bidder", text: log[min(e.mark.theDB, len(log)):]},
		{name: "pg_stat_activity and pg_locks, watched", text: e.activity.since(0)},
		{name: "receipts of bids", text: e.receipts.since(0)},
		{name: "refusals to bidders", text: e.refusals.since(0), free: map[kind]string{where: "the address that the bidder itself asked"}},
		custody,
	}, err
}

// objects are some ids of every kind, and one of nothing.
func (e *examination) objects() []string {
	all := []string{freshID(), e.lots[0].ID, e.lots[1].ID, e.lots[0].Project}
	for _, b := range e.bidders[:min(len(e.bidders), 6)] {
		all = append(all, b.letter, b.bid)
	}
	return slices.Compact(all)
}
