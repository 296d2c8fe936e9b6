package tender

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/internal/store"
)

// unopened is what a line says that only the lot's opened bids could answer.
const unopened = "标段尚未开标，投标文件仍然密封，无法核对；开标后自动复核"

// examineCopy writes the sixteen lines of a letter by its bidder's copy, as far as they can be judged now: against the
// row, unless that is lost; against the opened bids and letters, unless the lot is not opened. Who paid stands in the row
// alone, sealed. The market is asked here, before any transaction.
func (d *Desk) examineCopy(ctx context.Context, l *Lot, c *copied) error {
	u, err := guarantee.FromFile(c.file)
	if err != nil {
		return err
	}
	x := &openedLetter{ID: c.id, sealed: c.row, unsealed: &u}
	e := &exam{desk: d, lot: l, x: x, licences: &licences{market: d.Market}, row: c.row, u: &u}
	e.got, e.gotErr = d.letterReceipt(c.file.Receipt)
	if l.OpenedAt == nil {
		e.sealed = unopened
	} else if err := e.beside(ctx, d.Pool); err != nil {
		return err
	}
	c.summary = summaryOf(l, &u, e.said().Form)
	c.lines, err = e.lines(ctx)
	return err
}

// beside finds the bids that name the letter and the lot's other letters: those that were opened, and those that were
// accepted.
func (e *exam) beside(ctx context.Context, q store.Querier) error {
	bids, err := readBids(ctx, q, e.lot.ID)
	if err != nil {
		return err
	}
	e.bids = standingIn{}
	for _, b := range bids {
		e.bids.add(b.ID, b.Bidders)
		if b.Letter == e.x.ID {
			e.x.By = append(e.x.By, &openedBid{ID: b.ID, Content: letter.Bid{Bidders: b.Bidders}})
		}
	}
	rows, err := q.Query(ctx, `SELECT letter, summary FROM opened_letter WHERE lot = @lot AND letter <> @letter
		UNION ALL SELECT a.letter, c.summary FROM accepted_letter a JOIN incident_copy c ON c.incident = a.incident AND c.letter = a.letter
		WHERE a.lot = @lot AND a.letter <> @letter`, pgx.NamedArgs{"lot": e.lot.ID, "letter": e.x.ID})
	if err != nil {
		return err
	}
	var id string
	var raw []byte
	var all []*openedLetter
	_, err = pgx.ForEachRow(rows, []any{&id, &raw}, func() error {
		var s *LetterSummary
		if err := json.Unmarshal(raw, &s); err != nil || s == nil {
			return err
		}
		all = append(all, &openedLetter{ID: id, unsealed: &guarantee.Unsealed{Reveal: letter.Reveal{Applicants: s.Applicants}}})
		return nil
	})
	e.members = membersOf(all)
	return err
}

// copiesOf reads copies of an incident with what the platform has of them now, and writes their lines anew.
func (d *Desk) copiesOf(ctx context.Context, l *Lot, incident string, ids []string) (map[string]*copied, error) {
	rows, err := store.Many[struct {
		Letter string
		File   []byte
		Digest []byte
	}](ctx, d.Pool, `SELECT letter, file, digest FROM incident_copy WHERE incident = @id AND letter = ANY(@ids) ORDER BY letter`,
		pgx.NamedArgs{"id": incident, "ids": ids})
	if err != nil {
		return nil, err
	}
	here, err := d.Guarantees.SealedLetters(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make(map[string]*copied, len(rows))
	for _, r := range rows {
		c := &copied{id: r.Letter, bytes: r.File, digest: [32]byte(r.Digest)}
		if c.file, err = letter.ParseFile(r.File); err != nil {
			return nil, err
		}
		for i := range here {
			if here[i].ID == c.id {
				c.row = &here[i]
			}
		}
		if err := d.examineCopy(ctx, l, c); err != nil {
			return nil, err
		}
		all[c.id] = c
	}
	return all, nil
}
