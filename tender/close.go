package tender

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// fewest is how many bids a lot needs to be opened (招标投标法28, 条例44; 87号令41).
const fewest = 3

// Close ends the handing in, at the deadline or any time after it. The exclusive lock waits for every
// transaction that was in time; then the standing bids are counted. Fewer than three: the lot has failed and
// nothing of it is ever unsealed. Else the list of the bids is written as the intent of closing A. Closing again
// does nothing, and so does closing a lot whose bids are elsewhere: their list closes it (HandInBidList).
func (d *Desk) Close(ctx context.Context, id string) (Answer, error) {
	a, err := d.change(ctx, party.Command{Actor: party.System()}, id, func(t *turn) error { return d.close(ctx, t) })
	if err == nil {
		d.at("closed")
	}
	return a, err
}

func (d *Desk) close(ctx context.Context, t *turn) error {
	l := t.lot
	if l.State != Published && l.State != Draft {
		return nil
	}
	if l.State == Published && t.now.Before(l.End.Deadline) {
		return party.TooEarly("lot.before_deadline", "投标截止时间未到，不能截标；届时系统会自动截标")
	}
	if l.State == Published && l.Bids == Outside {
		return nil
	}
	bids, err := d.standing(ctx, t.tx, l)
	if err != nil {
		return err
	}
	return t.closeOn(ctx, refs(bids), map[string]signing.Digest{})
}

// closeOn ends the handing in with these bids. The fact carries the closing's digest into the transparency log before
// anybody is asked for a share.
func (t *turn) closeOn(ctx context.Context, bids []letter.RecordRef, facts map[string]signing.Digest) error {
	l := t.lot
	l.ClosedAt = &t.now
	if len(bids) < fewest {
		return t.move(VerbFail, facts)
	}
	content, err := insertClosing(ctx, t.tx, l.ID, l.closing(letter.StageBids, signing.Digest{}, bids))
	if err != nil {
		return err
	}
	facts["closing"] = signing.Sum(content)
	return t.move(VerbClose, facts)
}

// closing is what the centre will sign: which records, and no others, may be opened.
func (l *Lot) closing(stage string, previous signing.Digest, records []letter.RecordRef) letter.Closing {
	return letter.Closing{Version: 1, Stage: stage, Project: l.Lot.Project, Lot: l.Lot.Code,
		Deadline: l.End.Deadline.In(calendar.Shanghai), ClosedAt: l.ClosedAt.In(calendar.Shanghai),
		Custodians: l.Requirement.Custodians, Previous: previous, Records: records}
}

// refs are in the order of their ids, as standing gives them: the order of arrival is nowhere.
func refs(bids []bidRef) []letter.RecordRef {
	out := make([]letter.RecordRef, len(bids))
	for i, b := range bids {
		out[i] = letter.RecordRef{ID: b.ID, Digest: signing.Digest(b.Digest)}
	}
	return out
}

func insertClosing(ctx context.Context, tx pgx.Tx, lot string, c letter.Closing) (content []byte, err error) {
	if content, err = c.Canonical(); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO closing (lot, stage, content) VALUES (@lot, @stage, @content) ON CONFLICT (lot, stage) DO NOTHING`,
		pgx.NamedArgs{"lot": lot, "stage": c.Stage, "content": content})
	return content, translate(err)
}

type closingRow struct {
	Content []byte
	Signed  []byte
}

// signedClosing signs a closing whose intent is on record, and keeps the first signature for ever: custodians
// serve one closing per stage. Nothing is open while the centre's key is asked; a crash between signing and
// keeping leaves a signature that nobody has seen.
func (d *Desk) signedClosing(ctx context.Context, lot, stage string) (letter.Closing, []byte, error) {
	row, err := readClosing(ctx, d.Pool, lot, stage)
	if err != nil {
		return letter.Closing{}, nil, err
	}
	c, err := letter.ParseClosing(row.Content)
	if err != nil || row.Signed != nil {
		return c, row.Signed, err
	}
	p7s, err := signing.SignData(ctx, d.Centre, d.CentreChain, row.Content, d.Clock.Now())
	if err != nil {
		return c, nil, err
	}
	if err := keepSignature(ctx, d.Pool, lot, stage, p7s); err != nil {
		return c, nil, err
	}
	d.at(stage + "_signed")
	row, err = readClosing(ctx, d.Pool, lot, stage)
	return c, row.Signed, err
}

func readClosing(ctx context.Context, q store.Querier, lot, stage string) (closingRow, error) {
	rows, err := q.Query(ctx, `SELECT content, signed FROM closing WHERE lot = @lot AND stage = @stage`,
		pgx.NamedArgs{"lot": lot, "stage": stage})
	if err != nil {
		return closingRow{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[closingRow])
}

func keepSignature(ctx context.Context, q store.Querier, lot, stage string, p7s []byte) error {
	_, err := q.Exec(ctx, `UPDATE closing SET signed = @signed WHERE lot = @lot AND stage = @stage AND signed IS NULL`,
		pgx.NamedArgs{"lot": lot, "stage": stage, "signed": p7s})
	return translate(err)
}
