package tender

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// Opening is what an opening published, for everyone (招标投标法36).
type Opening struct {
	Lot            string
	OpenedAt       time.Time
	ClosingBids    []byte // SignedData over letter.Closing
	ClosingLetters []byte // nil when no bid named a letter
	BidList        []byte // SignedData over letter.BidList, of a lot whose bids are elsewhere; else nil
	Bids           []BidView
	Letters        []LetterView
	Doubtful       []string        // 存疑清单: the letters whose result is not passed, in their order
	Emergencies    []EmergencyView // what a supervisor decided about letters; what was published stays beside it
}

// BidView is one bid that was opened; Failure says why one could not be.
type BidView struct {
	ID      string
	Bidders []letter.Party
	Letter  string // empty: none named
	Signed  []byte // the bidder's SignedData; nil for a bid of a list
	Receipt []byte // ours; nil for a bid of a list
	Failure string
	Cash    *letter.SheetCash // what was found of a security in cash; nil: the bid gives none, or was not asked for it
}

// LetterView is one letter that bids named. Summary is nil, and Failure says why, when it could not be opened.
type LetterView struct {
	ID      string
	Here    bool // a guarantee of this platform for this lot
	Result  string
	Summary *LetterSummary
	Lines   []letter.Line
	Failure string
}

// errNotOpened is the answer for every lot whose opening is not published, whatever the reason.
var errNotOpened = party.NotFound("opening.not_found", "该标段没有开标结果；请在开标后查看")

// Opening reads the published opening of a lot.
func (d *Desk) Opening(ctx context.Context, id string) (Opening, error) {
	l, err := d.published(ctx, id)
	if err != nil {
		return Opening{}, err
	}
	if l.OpenedAt == nil {
		return Opening{}, errNotOpened
	}
	o, err := d.readAtOnce(ctx, id)
	if err != nil {
		return o, err
	}
	o.OpenedAt = *l.OpenedAt
	if err := withCash(ctx, d.Pool, l, o.Bids); err != nil {
		return o, err
	}
	list, err := listOf(ctx, d.Pool, id)
	if err != nil {
		return o, err
	}
	if list != nil {
		o.BidList = list.Signed
	}
	o.Doubtful = letter.Doubtful(sheetLetters(o.Letters))
	o.Emergencies, err = d.emergencies(ctx, id)
	return o, err
}

// withCash adds what was found of the securities in cash.
func withCash(ctx context.Context, q store.Querier, l *Lot, bids []BidView) error {
	e, err := cashExamOf(ctx, q, l, bids)
	if err != nil {
		return err
	}
	for i := range bids {
		bids[i].Cash = e.of(bids[i].ID)
	}
	return nil
}

// readOpening reads what the publishing transaction wrote: both closings, the bids, the letters.
func readOpening(ctx context.Context, q store.Querier, lot string) (o Opening, err error) {
	o.Lot = lot
	if o.ClosingBids, o.ClosingLetters, err = readSignatures(ctx, q, lot); err != nil {
		return o, err
	}
	if o.Bids, err = readBids(ctx, q, lot); err != nil {
		return o, err
	}
	o.Letters, err = readLetters(ctx, q, lot)
	return o, err
}

// readAtOnce is readOpening on several connections: what is published does not change, and a great lot's rows are long.
func (d *Desk) readAtOnce(ctx context.Context, lot string) (Opening, error) {
	o := Opening{Lot: lot}
	var all errgroup.Group
	all.Go(func() (err error) {
		o.ClosingBids, o.ClosingLetters, err = readSignatures(ctx, d.Pool, lot)
		return err
	})
	all.Go(func() (err error) {
		o.Bids, err = readBids(ctx, d.Pool, lot)
		return err
	})
	all.Go(func() (err error) {
		o.Letters, err = readLetters(ctx, d.Pool, lot)
		return err
	})
	err := all.Wait()
	return o, err
}

func readSignatures(ctx context.Context, q store.Querier, lot string) (bids, letters []byte, err error) {
	err = q.QueryRow(ctx, `SELECT (SELECT signed FROM closing WHERE lot = @lot AND stage = 'bids'),
		(SELECT signed FROM closing WHERE lot = @lot AND stage = 'letters')`, pgx.NamedArgs{"lot": lot}).Scan(&bids, &letters)
	return bids, letters, err
}

type openedBidRow struct {
	Bid     string
	Bidders []byte
	Letter  string
	Signed  []byte
	Receipt []byte
	Failure string
}

func readBids(ctx context.Context, q store.Querier, lot string) ([]BidView, error) {
	rows, err := q.Query(ctx, `SELECT bid, bidders, coalesce(letter, '') AS letter, signed, receipt, coalesce(failure, '') AS failure
		FROM opened_bid WHERE lot = @lot ORDER BY bid`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[openedBidRow])
	if err != nil {
		return nil, err
	}
	out := make([]BidView, len(found))
	for i, r := range found {
		out[i] = BidView{ID: r.Bid, Letter: r.Letter, Signed: r.Signed, Receipt: r.Receipt, Failure: r.Failure}
		if err := json.Unmarshal(r.Bidders, &out[i].Bidders); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type openedLetterRow struct {
	Letter  string
	Result  string
	Here    bool
	Summary []byte
	Lines   []byte
	Failure string
}

func readLetters(ctx context.Context, q store.Querier, lot string) ([]LetterView, error) {
	rows, err := q.Query(ctx, `SELECT letter, result, here, summary, lines, coalesce(failure, '') AS failure
		FROM opened_letter WHERE lot = @lot ORDER BY letter`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[openedLetterRow])
	if err != nil {
		return nil, err
	}
	out := make([]LetterView, len(found))
	for i, r := range found {
		out[i] = LetterView{ID: r.Letter, Here: r.Here, Result: r.Result, Failure: r.Failure}
		if err := json.Unmarshal(r.Summary, &out[i].Summary); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(r.Lines, &out[i].Lines); err != nil {
			return nil, err
		}
	}
	return out, nil
}
