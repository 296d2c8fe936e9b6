package tender

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
)

// ask holds the database to the model and to what must always be true of it.
func (m *model) ask(a act) {
	m.askLot(a)
	m.askAward(a)
	m.askCounts(a)
	m.askReceipts(a)
	for _, c := range m.cards {
		m.askLetter(a, c)
	}
	m.askHall(a)
	if m.opened.IsZero() {
		m.askSealed(a)
	}
}

func (m *model) ids() []string {
	out := make([]string, len(m.cards))
	for i, c := range m.cards {
		out[i] = c.id
	}
	return out
}

// wrong fails the run.
func (m *model) wrong(a act, format string, args ...any) {
	m.t.Fatalf("after "+a.String()+": "+format, args...)
}

func (m *model) one(sql string, args ...any) (n int64) {
	must(0, m.pool.QueryRow(m.ctx, sql, args...).Scan(&n))
	return n
}

// moved: what a machine of states does in one action is made of legal moves.
func (m *model) moved(a act, what, to string, legal func(from, to string) bool, states []string) {
	from, known := m.seen[what]
	m.seen[what] = to
	if !known || from == to {
		return
	}
	reached := []string{from}
	for i := 0; i < len(reached); i++ {
		for _, s := range states {
			if !slices.Contains(reached, s) && legal(reached[i], s) {
				reached = append(reached, s)
			}
		}
	}
	if !slices.Contains(reached, to) {
		m.wrong(a, "%s went from %s to %s", what, from, to)
	}
}

func (m *model) askLot(a act) {
	l := must(readLot(m.ctx, m.pool, m.l.ID))
	if l.State != m.state {
		m.wrong(a, "the lot is %s, want %s", l.State, m.state)
	}
	m.moved(a, "the lot", string(l.State), func(from, to string) bool {
		return slices.ContainsFunc(Moves, func(x Move) bool { return string(x.From) == from && string(x.To) == to })
	}, []string{"draft", "published", "closed", "failed", "opened", "awarded", "contracted", "refused", "terminated"})
	for _, o := range m.bids {
		want := Received
		if !m.opened.IsZero() {
			want = Unsealed
		}
		if got := m.bidState(o.id); got != want {
			m.wrong(a, "the bid of %d is %s, want %s", o.bidder, got, want)
		}
	}
	for _, id := range m.sleeping {
		if got := m.bidState(id); got != Withdrawn {
			m.wrong(a, "a bid that was withdrawn is %s", got)
		}
	}
}

func (m *model) bidState(id string) (s BidState) {
	must(0, m.pool.QueryRow(m.ctx, `SELECT state FROM bid WHERE id = $1`, id).Scan(&s))
	return s
}

// askCounts: events have no gaps, versions are their number, and what counts has its leaf.
func (m *model) askCounts(a act) {
	n := m.one(`SELECT count(*) FROM (SELECT e.lot FROM lot l JOIN lot_event e ON e.lot = l.id WHERE l.id = $1 GROUP BY e.lot, l.version
			HAVING count(*) <> max(e.seq) OR count(*) <> l.version) x`, m.l.ID) +
		m.one(`SELECT count(*) FROM (SELECT e.guarantee FROM guarantee g JOIN guarantee_event e ON e.guarantee = g.id WHERE g.id = ANY($1) GROUP BY e.guarantee, g.version
			HAVING count(*) <> max(e.seq) OR count(*) <> g.version) x`, m.ids()) +
		m.one(`SELECT count(*) FROM (SELECT e.lot FROM hall_session l JOIN hall_event e ON e.lot = l.lot WHERE l.lot = $1 GROUP BY e.lot, l.version
			HAVING count(*) <> max(e.seq) OR count(*) <> l.version) x`, m.l.ID)
	if n > 0 {
		m.wrong(a, "%d histories have gaps", n)
	}
	n = m.one(`SELECT count(*) FROM (SELECT leaf, true AS counts FROM lot_event WHERE lot = $1
		UNION ALL SELECT leaf, kind = ANY($3) FROM guarantee_event WHERE guarantee = ANY($2)) e
		WHERE counts <> (leaf IS NOT NULL) OR leaf IS NOT NULL AND NOT EXISTS (SELECT 1 FROM log_pending p WHERE p.leaf = e.leaf)
			AND NOT EXISTS (SELECT 1 FROM log_leaf p WHERE p.leaf = e.leaf)`, m.l.ID, m.ids(), modelLogged)
	if n > 0 {
		m.wrong(a, "%d facts stand in the log and should not, or do not and should", n)
	}
}

// modelLogged are the facts of letters that count: what was accepted, what ended, what was demanded and what became of it.
var modelLogged = []string{"issued", "deposited", "accepted", "release_signed", "released", "paid_out", "expired", "demand_presented", "demand_completed",
	"demand_complying", "demand_rejected", "demand_honoured", "demand_withdrawn", "demand_requested", "demand_interim_paid", "demand_stayed", "demand_resumed", "demand_objected",
	"demand_held", "demand_answered", "demand_extended", "amended"}

// askReceipts: every receipt that was read has its outcome, of its own instant, and no other has.
func (m *model) askReceipts(a act) {
	var lie []string
	must(0, m.pool.QueryRow(m.ctx, `WITH taken AS (SELECT guarantee, kind, received_at FROM intake WHERE guarantee = ANY($1) AND processed_at IS NOT NULL AND refusal IS NULL),
		facts AS (SELECT guarantee, kind FROM guarantee_event WHERE guarantee = ANY($1))
		SELECT array_agg(x) FROM (
			SELECT 'releases' AS x WHERE (SELECT count(*) FROM taken WHERE kind IN ('release', 'lot_release')) <> (SELECT count(*) FROM facts WHERE kind = 'release_signed')
			UNION ALL SELECT 'demands' WHERE (SELECT count(*) FROM taken WHERE kind = 'demand') <> (SELECT count(*) FROM facts WHERE kind = 'demand_presented')
			UNION ALL SELECT 'completions' WHERE (SELECT count(*) FROM taken WHERE kind = 'completion') <> (SELECT count(*) FROM facts WHERE kind = 'demand_completed')
			UNION ALL SELECT 'withdrawals' WHERE (SELECT count(*) FROM taken WHERE kind = 'withdrawal') <> (SELECT count(*) FROM facts WHERE kind = 'demand_withdrawn')
			UNION ALL SELECT 'a demand without its receipt' FROM demand d WHERE d.guarantee = ANY($1)
				AND NOT EXISTS (SELECT 1 FROM taken t WHERE t.kind = 'demand' AND t.guarantee = d.guarantee AND t.received_at = d.presented_at)
			UNION ALL SELECT 'a release by receipt before a demand' FROM demand d JOIN guarantee g ON g.id = d.guarantee WHERE g.id = ANY($1) AND g.instrument_state = 'released'
				AND d.presented_at > (SELECT max(received_at) FROM release_signature s WHERE s.guarantee = g.id)) y`, m.ids()).Scan(&lie))
	if len(lie) > 0 {
		m.wrong(a, "the receipts and what became of them do not agree: %v", lie)
	}
	unread := 0
	for _, c := range m.cards {
		unread += len(c.papers)
	}
	if n := m.one(`SELECT count(*) FROM intake WHERE guarantee = ANY($1) AND processed_at IS NULL`, m.ids()); n != int64(unread) {
		m.wrong(a, "%d receipts are unread, want %d", n, unread)
	}
}

var ends = []guarantee.State{guarantee.Released, guarantee.Expired, guarantee.PaidOut}

func (m *model) askLetter(a act, c *card) {
	g := m.letterRow(c.id)
	if g.InstrumentState != c.state {
		m.wrong(a, "the letter of %d is %s, want %s", c.owner, g.InstrumentState, c.state)
	}
	if (g.DisclosureState == guarantee.Disclosed) != c.shown {
		m.wrong(a, "the letter of %d is %s, and named: %v", c.owner, g.DisclosureState, c.shown)
	}
	if (g.VerificationState == guarantee.Confirmed) != c.found {
		m.wrong(a, "the letter of %d is %s, and found by the committee: %v", c.owner, g.VerificationState, c.found)
	}
	for part, s := range map[guarantee.Part]guarantee.State{guarantee.PartInstrument: g.InstrumentState, guarantee.PartRelease: g.ReleaseState,
		guarantee.PartDisclosure: g.DisclosureState, guarantee.PartVerification: g.VerificationState} {
		m.movedPart(a, c.id, part, s)
	}
	if n, final := m.one(`SELECT count(*) FROM guarantee_event WHERE guarantee = $1 AND kind IN ('released', 'expired', 'paid_out')`, c.id), slices.Contains(ends, c.state); n > 1 || (n == 1) != final {
		m.wrong(a, "the letter of %d is %s and ended %d times", c.owner, c.state, n)
	}
	m.askMoney(a, c, g)
	m.askClock(a, c, g)
}

func (m *model) movedPart(a act, what string, part guarantee.Part, to guarantee.State) {
	var states []string
	for _, x := range guarantee.Moves {
		if x.Part == part {
			states = append(states, string(x.From), string(x.To))
		}
	}
	m.moved(a, string(part)+" "+what, string(to), func(from, to string) bool {
		return slices.ContainsFunc(guarantee.Moves, func(x guarantee.Move) bool { return x.Part == part && string(x.From) == from && string(x.To) == to })
	}, states)
}

type claimRow struct {
	ID      string
	State   guarantee.State
	Amount  letter.Fen
	Interim letter.Fen
	Paid    letter.Fen
}

// askMoney: what was paid is never more than the amount, and every demand stands where the model has it.
func (m *model) askMoney(a act, c *card, g guarantee.Guarantee) {
	rows := must(store.Many[claimRow](m.ctx, m.pool, `SELECT id, state, amount, interim_paid AS interim, coalesce(paid_amount, 0) AS paid FROM demand WHERE guarantee = @id`, pgx.NamedArgs{"id": c.id}))
	var paid, asked letter.Fen
	open := 0
	for _, r := range rows {
		paid += r.Interim + r.Paid
		d := first(c.claims, func(d *claim) bool { return d.id == r.ID })
		if d == nil || d.state != r.State || d.interim != r.Interim {
			m.wrong(a, "a demand under the letter of %d is %+v, want %+v", c.owner, r, d)
		}
		if !d.over() {
			open, asked = open+1, asked+r.Amount-r.Interim
		}
		m.movedPart(a, r.ID, guarantee.PartDemand, r.State)
	}
	if len(rows) != len(c.claims) || g.OpenDemands != open || g.Honoured != paid || paid != c.paid {
		m.wrong(a, "under the letter of %d: %d demands of %d, %d open, the row says %d; paid %d, the row says %d", c.owner, len(rows), len(c.claims), open, g.OpenDemands, paid, g.Honoured)
	}
	if g.Amount != nil && paid+asked > *g.Amount {
		m.wrong(a, "under the letter of %d %d fen are paid and %d asked, of %d", c.owner, paid, asked, *g.Amount)
	}
	if open > 0 && c.state != guarantee.Issued {
		m.wrong(a, "the letter of %d is %s with %d open demands", c.owner, c.state, open)
	}
}

// askClock: every letter that a bid named has the clock that the law starts, or none; nothing else has one.
func (m *model) askClock(a act, c *card, g guarantee.Guarantee) {
	if c.state != guarantee.Issued {
		return
	}
	by, known := m.dueBy(c)
	due := g.ReleaseState == guarantee.ReleaseDue
	switch {
	case due != (by != nil):
		m.wrong(a, "the release of the letter of %d is %s, and the law's day is %v", c.owner, g.ReleaseState, by)
	case due && known && (g.ReleaseDueBy == nil || calendar.DateOf(*g.ReleaseDueBy) != *by):
		m.wrong(a, "the letter of %d is to be released by %v, the law says %v", c.owner, g.ReleaseDueBy, by)
	}
}

// askSealed: before the opening is published nothing names a bidder.
func (m *model) askSealed(a act) {
	n := m.one(`SELECT (SELECT count(*) FROM opened_bid WHERE lot = $1) + (SELECT count(*) FROM opened_letter WHERE lot = $1) + (SELECT count(*) FROM hall_session WHERE lot = $1)
		+ (SELECT count(*) FROM hall_bid WHERE lot = $1) + (SELECT count(*) FROM hall_event WHERE lot = $1) + (SELECT count(*) FROM hall_attendance WHERE lot = $1)
		+ (SELECT count(*) FROM disclosure WHERE guarantee = ANY($2)) + (SELECT count(*) FROM intake WHERE guarantee = ANY($2))`, m.l.ID, m.ids())
	if n > 0 {
		m.wrong(a, "%d rows tell who bids", n)
	}
	var text string
	must(0, m.pool.QueryRow(m.ctx, `SELECT coalesce((SELECT string_agg(e.actor || e.data::text, '') FROM lot_event e WHERE e.lot = $1), '')
		|| coalesce((SELECT string_agg(e.actor || e.data::text, '') FROM guarantee_event e WHERE e.guarantee = ANY($2)), '')`, m.l.ID, m.ids()).Scan(&text))
	for _, o := range m.bidders {
		if strings.Contains(text, o.party.USCC) || strings.Contains(text, o.party.Name) {
			m.wrong(a, "an event names %s", o.party.Name)
		}
	}
}

// digest is over the rows of the lot and of its letters, without receipts: of what is refused the receipt stays.
func (m *model) digest(session bool) (sum string) {
	hall := ` UNION ALL SELECT t::text FROM hall_session t WHERE lot = @lot UNION ALL SELECT t::text FROM hall_event t WHERE lot = @lot
		UNION ALL SELECT t::text FROM hall_objection t WHERE lot = @lot`
	if session {
		hall = ""
	}
	must(0, m.pool.QueryRow(m.ctx, `SELECT coalesce(md5(string_agg(x, '|' ORDER BY x)), '') FROM (
		SELECT t::text AS x FROM lot t WHERE id = @lot UNION ALL SELECT t::text FROM lot_event t WHERE lot = @lot UNION ALL SELECT t::text FROM award t WHERE lot = @lot
		UNION ALL SELECT t::text FROM objection t WHERE lot = @lot UNION ALL SELECT t::text FROM closing t WHERE lot = @lot UNION ALL SELECT t::text FROM postponement t WHERE lot = @lot
		UNION ALL SELECT t::text FROM evaluation t WHERE lot = @lot UNION ALL SELECT t::text FROM candidate_notice t WHERE lot = @lot
		UNION ALL SELECT lot || bid || coalesce(letter, '') FROM opened_bid WHERE lot = @lot UNION ALL SELECT t::text FROM hall_bid t WHERE lot = @lot
		UNION ALL SELECT t::text FROM hall_attribution t WHERE lot = @lot UNION ALL SELECT t::text FROM hall_record t WHERE lot = @lot
		UNION ALL SELECT t::text FROM hall_signature t WHERE lot = @lot UNION ALL SELECT t::text FROM hall_extension t WHERE lot = @lot
		UNION ALL SELECT concat_ws(',', id, version, instrument_state, disclosure_state, verification_state, release_state, open_demands, honoured, release_due_by, release_reason, amount, expiry)
			FROM guarantee WHERE id = ANY(@ids)
		UNION ALL SELECT t::text FROM guarantee_event t WHERE guarantee = ANY(@ids) UNION ALL SELECT t::text FROM release_signature t WHERE guarantee = ANY(@ids)
		UNION ALL SELECT t::text FROM demand t WHERE guarantee = ANY(@ids)
		UNION ALL SELECT p::text FROM demand_pause p JOIN demand d ON d.id = p.demand WHERE d.guarantee = ANY(@ids)
		UNION ALL SELECT state || id FROM bid WHERE id = ANY(@bids)`+hall+`) y`, pgx.NamedArgs{"lot": m.l.ID, "ids": m.ids(), "bids": m.bidIDs()}).Scan(&sum))
	return sum
}

func (m *model) bidIDs() []string {
	out := slices.Clone(m.sleeping)
	for _, o := range m.bids {
		out = append(out, o.id)
	}
	return out
}
