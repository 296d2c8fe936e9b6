package tender

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// HallView is a session as everybody with a place in it sees it: the same for all of them.
type HallView struct {
	Session
	Rules        HallRules
	Now          time.Time     // the platform's clock, by which all windows run
	Remaining    time.Duration // of the window, at Now
	Bids         []HallBidView
	Objections   []HallObjection
	Attributions []Attribution
	Extension    *Extension // that waits for the supervisor's consent; nil: none
	Attendance   []Attended
	Record       *RecordHead // nil: not made yet
	Own          string      // the caller's bid, if it leads one
}

// HallBidView is one bid of a session.
type HallBidView struct {
	Bid         string
	Bidders     []letter.Party // the lead first; none when the outer half is unreadable
	Letter      string         // empty: none named
	Result      string         // of the letter's verification; empty: none
	State       HallBidState
	Failure     string
	DecryptedAt *time.Time
	Terms       *letter.BidTerms // nil before the read-out, and for a bid that was not decrypted
	ConfirmedAt *time.Time
}

// Attended is a bidder that had signed in.
type Attended struct {
	Bidder string
	At     time.Time
}

// RecordHead is the newest edition of the record, without its bytes.
type RecordHead struct {
	Edition int
	Digest  signing.Digest
	At      time.Time
	Signed  []string // who has signed it
}

// HallOf reads a session for somebody who has a place in it. What the clock owes is done first: nobody sees a window open
// that is over.
func (d *Desk) HallOf(ctx context.Context, by party.Actor, lot string) (v HallView, err error) {
	l, err := d.published(ctx, lot)
	if err != nil {
		return v, err
	}
	if err := d.seesHall(ctx, by, l); err != nil {
		return v, err
	}
	if err := d.giveBack(ctx); err != nil {
		return v, err
	}
	for range 2 {
		if v, err = d.readHall(ctx, l); err != nil || v.Deadline == nil || v.Remaining > 0 || v.Stage == HallObjecting {
			break
		}
		if err := d.Settle(ctx, lot); err != nil {
			return v, err
		}
	}
	for _, b := range v.Bids {
		if by.Is(party.Bidder) && len(b.Bidders) > 0 && b.Bidders[0].USCC == by.USCC {
			v.Own = b.Bid
		}
	}
	return v, err
}

// readHall reads all of it as of one instant.
func (d *Desk) readHall(ctx context.Context, l *Lot) (v HallView, err error) {
	v.Rules = *l.Hall
	err = pgx.BeginTxFunc(ctx, d.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		s, err := readSession(ctx, tx, l.ID, "")
		if err != nil {
			return err
		}
		v.Session = *s
		if v.Now, err = store.Now(ctx, tx); err != nil {
			return err
		}
		v.Remaining = s.Remaining(v.Now)
		if v.Attributions, err = readAttributions(ctx, tx, l.ID); err != nil {
			return err
		}
		if v.Bids, err = viewBids(ctx, tx, s, v.Attributions); err != nil {
			return err
		}
		if v.Objections, err = readHallObjections(ctx, tx, l.ID); err != nil {
			return err
		}
		if s.Stage == HallDecrypting {
			if v.Extension, err = pendingExtension(ctx, tx, l.ID); err != nil {
				return err
			}
		}
		if v.Attendance, err = store.Many[Attended](ctx, tx, `SELECT bidder, at FROM hall_attendance WHERE lot = @lot ORDER BY at, bidder`,
			pgx.NamedArgs{"lot": l.ID}); err != nil {
			return err
		}
		v.Record, err = recordHead(ctx, tx, l.ID)
		return err
	})
	return v, err
}

func viewBids(ctx context.Context, q store.Querier, s *Session, all []Attribution) ([]HallBidView, error) {
	bids, err := readHallBids(ctx, q, s.Lot)
	if err != nil {
		return nil, err
	}
	opened, err := readBids(ctx, q, s.Lot)
	if err != nil {
		return nil, err
	}
	letters, err := readLetters(ctx, q, s.Lot)
	if err != nil {
		return nil, err
	}
	results, outers := map[string]string{}, map[string]BidView{}
	for _, x := range letters {
		results[x.ID] = x.Result
	}
	for _, o := range opened {
		outers[o.ID] = o
	}
	out := make([]HallBidView, len(bids))
	for i, b := range bids {
		o := outers[b.Bid]
		out[i] = HallBidView{Bid: b.Bid, Bidders: o.Bidders, Letter: o.Letter, Result: results[o.Letter], State: stateOf(s, b, all),
			Failure: b.Failure, DecryptedAt: b.DecryptedAt, ConfirmedAt: b.ConfirmedAt}
		if b.Terms != nil {
			if err := json.Unmarshal(b.Terms, &out[i].Terms); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func recordHead(ctx context.Context, q store.Querier, lot string) (*RecordHead, error) {
	r, err := newestRecord(ctx, q, lot)
	if err != nil || r == nil {
		return nil, err
	}
	content, err := letter.ParseOpeningRecord(r.Content)
	if err != nil {
		return nil, err
	}
	head := &RecordHead{Edition: r.Edition, Digest: content.Digest(), At: r.At}
	all, err := readSignaturesOf(ctx, q, lot, r.Edition)
	for _, x := range all {
		if x.Signed != nil {
			head.Signed = append(head.Signed, x.Signer)
		}
	}
	return head, err
}
