package tender

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// ErrSheetUnsigned says that the newest edition of a sheet waits for the centre's key. It is on record and can be asked
// for again.
var ErrSheetUnsigned = errors.New("tender: the verification sheet is not signed yet")

// Sheet is one edition of a lot's verification sheet (核验结果表) as the centre signed it.
type Sheet struct {
	Edition int
	Newest  int // the newest edition there is
	Content letter.Sheet
	Signed  []byte // SignedData over the content
}

// Sheet reads an edition of a lot's verification sheet; 0 is the newest. One that a crash left unsigned is signed here.
func (d *Desk) Sheet(ctx context.Context, lot string, edition int) (Sheet, error) {
	row, err := readSheet(ctx, d.Pool, lot, edition)
	if err != nil {
		return Sheet{}, err
	}
	if row, err = d.signedSheet(ctx, lot, row); err != nil {
		return Sheet{}, err
	}
	content, err := letter.ParseSheet(row.Content)
	return Sheet{row.Edition, row.Newest, content, row.Signed}, err
}

// SignSheet has the centre sign what waits for it; a lot without a sheet, or with none that waits, is left alone.
func (d *Desk) SignSheet(ctx context.Context, lot string) error {
	row, err := readSheet(ctx, d.Pool, lot, 0)
	if _, none := party.RefusalOf(err); none {
		return nil
	}
	if err == nil {
		_, err = d.signedSheet(ctx, lot, row)
	}
	return err
}

// signedSheet keeps the first signature for ever. Nothing is open while the centre's key is asked; a crash between
// signing and keeping leaves a signature that nobody has seen.
func (d *Desk) signedSheet(ctx context.Context, lot string, row sheetRow) (sheetRow, error) {
	if row.Signed != nil {
		return row, nil
	}
	p7s, err := signing.SignData(ctx, d.Centre, d.CentreChain, row.Content, d.Clock.Now())
	if err != nil {
		return row, fmt.Errorf("%w: %w", ErrSheetUnsigned, err)
	}
	if err := keepSheet(ctx, d.Pool, lot, row.Edition, p7s); err != nil {
		return row, err
	}
	d.at("sheet_signed")
	return readSheet(ctx, d.Pool, lot, row.Edition)
}

// firstSheet is the first edition: of what an opening publishes in this transaction. It is made from the same values that
// are written there, and need not wait for them.
func firstSheet(ctx context.Context, tx pgx.Tx, l *Lot, o Opening, at time.Time) (letter.Sheet, error) {
	s, err := sheetOf(ctx, tx, l, o)
	s.Edition, s.At = 1, at.In(calendar.Shanghai)
	return s, err
}

// NextSheetTx writes the next edition of a lot's sheet, inside the caller's transaction: from what opened_bid and
// opened_letter say there after the caller's own change, and why, in words for the committee. The caller holds the lot's
// lock, has called SignSheet before it began (an edition follows a signed one, and no key is asked here: else
// ErrSheetUnsigned), and has SignSheet called when it has committed.
func (d *Desk) NextSheetTx(ctx context.Context, tx pgx.Tx, lot, why string) error {
	before, err := readSheet(ctx, tx, lot, 0)
	if err != nil {
		return err
	}
	if before.Signed == nil {
		return ErrSheetUnsigned
	}
	l, err := readLot(ctx, tx, lot)
	if err != nil {
		return err
	}
	o, err := readOpening(ctx, tx, lot)
	if err != nil {
		return err
	}
	s, err := sheetOf(ctx, tx, l, o)
	if err != nil {
		return err
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	s.Edition, s.Previous, s.Note, s.At = before.Edition+1, letter.SheetDigest(before.Signed), why, now.In(calendar.Shanghai)
	content, err := s.Canonical()
	if err != nil {
		return err
	}
	return insertSheet(ctx, tx, lot, s.Edition, content)
}

// sheetOf is what an opening published, with what was accepted since as it stands in q. Edition and instant are the
// caller's.
func sheetOf(ctx context.Context, q store.Querier, l *Lot, o Opening) (s letter.Sheet, err error) {
	s = letter.Sheet{Version: 1, Advice: letter.Advice, Lot: l.Requirement.Lot, Deadline: l.End.Deadline.In(calendar.Shanghai),
		OpenedAt: l.OpenedAt.In(calendar.Shanghai), ClosingBids: letter.ClosingDigest(o.ClosingBids)}
	if o.ClosingLetters != nil {
		s.ClosingLetters = letter.ClosingDigest(o.ClosingLetters)
	}
	if err := withCash(ctx, q, l, o.Bids); err != nil {
		return s, err
	}
	for _, x := range o.Bids {
		s.Bids = append(s.Bids, letter.SheetBid{ID: x.ID, Bidders: x.Bidders, Letter: x.Letter, Failure: x.Failure, Cash: x.Cash})
	}
	s.Letters, err = withAccepted(ctx, q, l.ID, o.Letters)
	s.Doubtful = letter.Doubtful(s.Letters)
	return s, err
}

// withAccepted are the letters of an opening as the committee has to see them now: one that the opening could not open and
// that a supervisor accepted by its bidder's copy stands with what that copy says, unless the platform has found since
// that it says otherwise.
func withAccepted(ctx context.Context, q store.Querier, lot string, all []LetterView) ([]letter.SheetLetter, error) {
	rows, err := q.Query(ctx, `SELECT a.letter, a.result, c.summary, a.lines FROM accepted_letter a
		JOIN incident_copy c ON c.incident = a.incident AND c.letter = a.letter
		WHERE a.lot = @lot AND a.state <> 'contradicted'`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	accepted := map[string]LetterView{}
	var (
		id, result     string
		summary, lines []byte
	)
	if _, err := pgx.ForEachRow(rows, []any{&id, &result, &summary, &lines}, func() error {
		v := LetterView{ID: id, Result: result}
		if err := json.Unmarshal(summary, &v.Summary); err != nil {
			return err
		}
		err := json.Unmarshal(lines, &v.Lines)
		accepted[id] = v
		return err
	}); err != nil {
		return nil, err
	}
	now := slices.Clone(all)
	for i, x := range all {
		if a, ok := accepted[x.ID]; ok && x.Failure != "" {
			now[i] = a
		}
	}
	return sheetLetters(now), nil
}

// afterEmergencyTx is what follows an emergency decision, or what was found of one: the clocks of letters that came back,
// and the next edition of the sheet. A lot that is not opened has neither yet, and one that was opened before there were
// sheets has none to follow.
func (d *Desk) afterEmergencyTx(ctx context.Context, tx pgx.Tx, l *Lot, why string) error {
	if l.OpenedAt == nil {
		return nil
	}
	if err := d.releaseLateTx(ctx, tx, l); err != nil {
		return err
	}
	if _, err := readSheet(ctx, tx, l.ID, 0); errors.Is(err, errNotOpened) {
		return nil
	}
	return d.NextSheetTx(ctx, tx, l.ID, why)
}

// signedAfterwards has the edition signed that a transaction has just written. Its outcome does not hang on it: what is
// not signed now is found by whoever reads it, or by the sweeper.
func (d *Desk) signedAfterwards(ctx context.Context, lot string) {
	if err := d.SignSheet(ctx, lot); err != nil {
		d.log().WarnContext(ctx, "an edition of a verification sheet waits for the centre's key", "lot", lot, "error", err)
	}
}

func sheetLetters(all []LetterView) []letter.SheetLetter {
	out := make([]letter.SheetLetter, len(all))
	for i, x := range all {
		out[i] = letter.SheetLetter{ID: x.ID, Result: x.Result, Lines: x.Lines, Failure: x.Failure}
		if s := x.Summary; s != nil {
			out[i].Number, out[i].Guarantor, out[i].Applicants = s.Number, s.Guarantor, s.Applicants
			out[i].Amount, out[i].Expiry, out[i].Commitment = s.Amount, s.Expiry, s.Commitment
		}
	}
	return out
}

type sheetRow struct {
	Edition int
	Newest  int
	Content []byte
	Signed  []byte
}

// readSheet reads an edition; 0 is the newest. What does not exist and what is not published are one answer.
func readSheet(ctx context.Context, q store.Querier, lot string, edition int) (sheetRow, error) {
	return store.One[sheetRow](ctx, q, errNotOpened, `SELECT edition, (SELECT max(edition) FROM opening_sheet WHERE lot = @lot) AS newest, content, signed
		FROM opening_sheet WHERE lot = @lot AND (@edition = 0 OR edition = @edition) ORDER BY edition DESC LIMIT 1`,
		pgx.NamedArgs{"lot": lot, "edition": edition})
}

func insertSheet(ctx context.Context, tx pgx.Tx, lot string, edition int, content []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO opening_sheet (lot, edition, content) VALUES (@lot, @edition, @content)`,
		pgx.NamedArgs{"lot": lot, "edition": edition, "content": content})
	return translate(err)
}

func keepSheet(ctx context.Context, q store.Querier, lot string, edition int, p7s []byte) error {
	_, err := q.Exec(ctx, `UPDATE opening_sheet SET signed = @signed WHERE lot = @lot AND edition = @edition AND signed IS NULL`,
		pgx.NamedArgs{"lot": lot, "edition": edition, "signed": p7s})
	return translate(err)
}
