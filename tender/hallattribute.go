package tender

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Cause is why a bid was not decrypted.
type Cause string

// The causes (电子招标投标办法31). The first makes it 撤销: the tenderer may demand under the security (条例35). The second
// makes it 撤回: the security is given back.
const (
	CauseBidder    Cause = "bidder"
	CauseNotBidder Cause = "not_bidder"
)

// Attribution is what the host says of a bid that was not decrypted, and the supervisor's confirmation. A wrong one is
// followed by another that names it; none is taken away.
type Attribution struct {
	Seq         int64
	Bid         string
	Cause       Cause
	Evidence    string
	Digest      []byte // SM3 of a file of evidence; nil: none
	Previous    *int64
	SaidBy      string
	SaidAt      time.Time
	ConfirmedBy *string
	ConfirmedAt *time.Time
}

// NewAttribution is what the host says. Digest is of a file that it keeps; zero: none.
type NewAttribution struct {
	Bid      string
	Cause    Cause
	Evidence string
	Digest   signing.Digest
}

var (
	errAttributionEarly = party.TooEarly("attribution.too_early", "解密时间尚未结束，不能认定未解密的原因；请在解密结束后认定")
	errAttributionBid   = party.Invalid("attribution.bid", "bid", "该投标不在本标段，或已经解密，无需认定原因")
	errNoAttribution    = party.NotFound("attribution.not_found", "没有这项等待确认的认定，或主持人已另行认定；请刷新后查看")
)

// Attribute notes the host's word about a bid that was not decrypted. Nothing follows from it until the supervisor has
// confirmed it (OPEN-09).
func (d *Desk) Attribute(ctx context.Context, cmd party.Command, lot string, n NewAttribution) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_attributed", func(ctx context.Context, h *hallTurn) error {
		if err := h.byHost(); err != nil {
			return err
		}
		switch {
		case n.Cause != CauseBidder && n.Cause != CauseNotBidder:
			return party.Invalid("attribution.cause", "cause", "原因须为 bidder（投标人原因）或 not_bidder（非投标人原因）")
		case !validLongText(n.Evidence, 5, 400):
			return party.Invalid("attribution.evidence", "evidence", "请写明依据（5 至 400 个字，不换行）")
		case h.s.DecryptUntil == nil:
			return errAttributionEarly
		}
		if err := h.undecrypted(ctx, n.Bid); err != nil {
			return err
		}
		all, err := readAttributions(ctx, h.tx, lot)
		if err != nil {
			return err
		}
		var previous *int64
		if last := lastOf(all, n.Bid); last != nil {
			previous = &last.Seq
		}
		if err := h.note(HallAttributed, map[string]any{"bid": n.Bid, "cause": n.Cause, "previous": previous}); err != nil {
			return err
		}
		_, err = h.tx.Exec(ctx, `INSERT INTO hall_attribution (lot, seq, bid, cause, evidence, digest, previous, said_by, said_at)
			VALUES (@lot, @seq, @bid, @cause, @evidence, @digest, @previous, @by, @at)`, pgx.NamedArgs{"lot": lot, "seq": h.seq, "bid": n.Bid,
			"cause": n.Cause, "evidence": n.Evidence, "digest": digestOrNull(n.Digest), "previous": previous, "by": actorOf(h.actor), "at": h.now})
		return translate(err)
	})
}

func (h *hallTurn) undecrypted(ctx context.Context, bid string) error {
	b, err := readHallBid(ctx, h.tx, bid)
	if errors.Is(err, errNoBid) || err == nil && (b.Lot != h.s.Lot || b.State == BidDecrypted) {
		return errAttributionBid
	}
	return err
}

// ConfirmAttribution is the supervisor's word, and what follows from it follows at once: the bid counts as 撤销 or as 撤回,
// and the letter of the latter falls due for release. A record that was made before has a new edition.
func (d *Desk) ConfirmAttribution(ctx context.Context, cmd party.Command, lot string, seq int64) (HallAnswer, error) {
	if err := d.SignSheet(ctx, lot); err != nil { // an edition of the record names the signed sheet; no key is asked inside
		return HallAnswer{}, err
	}
	return d.changeHall(ctx, cmd, lot, "hall_attribution_confirmed", func(ctx context.Context, h *hallTurn) error {
		if !h.actor.Is(party.Supervisor) {
			return ErrNotFound
		}
		all, err := readAttributions(ctx, h.tx, lot)
		if err != nil {
			return err
		}
		a := attributionOf(all, seq)
		if a == nil || a.ConfirmedAt != nil || lastOf(all, a.Bid).Seq != seq {
			return errNoAttribution
		}
		data := map[string]any{"attribution": seq, "bid": a.Bid, "cause": a.Cause, "previous": a.Previous}
		if err := h.count(HallConfirmed, FactHallAttributed, data); err != nil {
			return err
		}
		confirmed := h.seq
		if _, err := h.tx.Exec(ctx, `UPDATE hall_attribution SET confirmed_by = @by, confirmed_at = @at WHERE lot = @lot AND seq = @seq`,
			pgx.NamedArgs{"lot": lot, "seq": seq, "by": actorOf(h.actor), "at": h.now}); err != nil {
			return translate(err)
		}
		if err := h.follow(ctx, a, confirmedOf(all, a.Bid)); err != nil {
			return err
		}
		defer func() { h.seq = confirmed }()
		return h.correctRecord(ctx, "未解密投标的原因已由行政监督确认")
	})
}

// follow sets or takes back the release clock of the bid's letter (条例35).
func (h *hallTurn) follow(ctx context.Context, a, before *Attribution) error {
	var id string
	if err := h.tx.QueryRow(ctx, `SELECT coalesce(letter, '') FROM opened_bid WHERE lot = @lot AND bid = @bid`,
		pgx.NamedArgs{"lot": h.s.Lot, "bid": a.Bid}).Scan(&id); err != nil || id == "" {
		return err
	}
	which := func(letterID string) bool { return letterID == id }
	if a.Cause == CauseNotBidder {
		return h.desk.releaseOn(ctx, h.tx, h.lot, ReleaseWithdrawal, calendar.DateOf(h.now), which)
	}
	if before != nil && before.Cause == CauseNotBidder {
		if err := h.desk.stopRelease(ctx, h.tx, h.lot, ReleaseWithdrawal, "attribution_corrected", which); err != nil {
			return err
		}
		return h.desk.releaseLateTx(ctx, h.tx, h.lot) // what the tender's course has set for the others meanwhile
	}
	return nil
}

// releaseFreedTx sets the clocks of the letters whose bids count as withdrawn, from the day of the confirmation (条例35),
// where another clock had taken their place and is gone.
func (d *Desk) releaseFreedTx(ctx context.Context, tx pgx.Tx, l *Lot) error {
	if l.Hall == nil {
		return nil
	}
	all, err := readAttributions(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	bids, err := readBids(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	for _, b := range bids {
		since := freedSince(all, b.ID)
		if since == nil || b.Letter == "" {
			continue
		}
		if err := d.releaseOn(ctx, tx, l, ReleaseWithdrawal, calendar.DateOf(*since), func(id string) bool { return id == b.Letter }); err != nil {
			return err
		}
	}
	return nil
}

// revokedIn tells the letters of bids that count as revoked (撤销): their security need not be given back (条例35).
func revokedIn(ctx context.Context, q store.Querier, l *Lot) (func(bids []BidView, letterID string) bool, error) {
	if l.Hall == nil {
		return func([]BidView, string) bool { return false }, nil
	}
	all, err := readAttributions(ctx, q, l.ID)
	return func(bids []BidView, letterID string) bool {
		return slices.ContainsFunc(bids, func(b BidView) bool {
			a := confirmedOf(all, b.ID)
			return b.Letter == letterID && a != nil && a.Cause == CauseBidder
		})
	}, err
}

// freedSince is when a bid began to count as withdrawn: at the first confirmation that nothing has corrected since. Nil: it
// does not.
func freedSince(all []Attribution, bid string) (since *time.Time) {
	for i := range all {
		switch a := &all[i]; {
		case a.Bid != bid || a.ConfirmedAt == nil:
		case a.Cause == CauseBidder:
			since = nil
		case since == nil:
			since = a.ConfirmedAt
		}
	}
	return since
}

func readAttributions(ctx context.Context, q store.Querier, lot string) ([]Attribution, error) {
	return store.Many[Attribution](ctx, q, `SELECT seq, bid, cause, evidence, digest, previous, said_by, said_at, confirmed_by, confirmed_at
		FROM hall_attribution WHERE lot = @lot ORDER BY seq`, pgx.NamedArgs{"lot": lot})
}

func attributionOf(all []Attribution, seq int64) *Attribution {
	for i := range all {
		if all[i].Seq == seq {
			return &all[i]
		}
	}
	return nil
}

// lastOf is the newest attribution of a bid.
func lastOf(all []Attribution, bid string) (last *Attribution) {
	for i := range all {
		if all[i].Bid == bid {
			last = &all[i]
		}
	}
	return last
}

// confirmedOf is the newest attribution of a bid that the supervisor has confirmed: it stands until another is.
func confirmedOf(all []Attribution, bid string) (last *Attribution) {
	for i := range all {
		if all[i].Bid == bid && all[i].ConfirmedAt != nil {
			last = &all[i]
		}
	}
	return last
}

// stateOf is where a bid stands, with what follows from its attribution.
func stateOf(s *Session, b hallBid, all []Attribution) HallBidState {
	if b.State == BidDecrypted || s.DecryptUntil == nil {
		return b.State
	}
	a := confirmedOf(all, b.Bid)
	switch {
	case a != nil && a.Cause == CauseBidder:
		return BidRevoked
	case a != nil:
		return BidFreed
	}
	return BidPending
}

// Attribution says what became of the bid that names a letter at a remote opening, for whoever examines a demand under it:
// pending warns and never blocks a presentation (独立保函规定), revoked is the ground of 条例35, withdrawn releases. Empty:
// there is nothing to say, because the bid was decrypted, or there was no remote opening.
func (d *Desk) Attribution(ctx context.Context, letterID string) (HallBidState, error) {
	var lot, bid string
	err := d.Pool.QueryRow(ctx, `SELECT h.lot, h.bid FROM hall_bid h JOIN opened_bid o ON o.lot = h.lot AND o.bid = h.bid WHERE o.letter = @letter
		ORDER BY h.lot, h.bid LIMIT 1`, pgx.NamedArgs{"letter": letterID}).Scan(&lot, &bid)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", nil
	case err != nil:
		return "", err
	}
	s, err := readSession(ctx, d.Pool, lot, "")
	if err != nil {
		return "", err
	}
	b, err := readHallBid(ctx, d.Pool, bid)
	if err != nil {
		return "", err
	}
	all, err := readAttributions(ctx, d.Pool, lot)
	if err != nil {
		return "", err
	}
	if state := stateOf(s, b, all); state != BidDecrypted && state != BidWaiting {
		return state, nil
	}
	return "", nil
}
