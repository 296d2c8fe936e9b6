package guarantee

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// Disclosing is one letter at the opening: unsealed with its verification lines, or missing.
type Disclosing struct {
	ID       string
	Unsealed *Unsealed     // nil: it could not be opened
	Extended calendar.Date // the last day, where the deadline moved and took the letter with it; zero: as its record says
	Lines    []letter.Line
	Missing  string // why not, in Chinese, when Unsealed is nil
	Receipt  []byte // the platform's, where the row does not have it
}

// DiscloseTx publishes the letters of one lot, all in the caller's transaction: whoever reads sees all of them or
// none. A letter that is published already is left as it is, so that an opening that was interrupted can go on; so is
// one sold at a counter that did not open here: nobody's bid can end a letter that may be another lot's. However many
// they are, each table is written by one statement: a hall waits for them.
func (d *Desk) DiscloseTx(ctx context.Context, tx pgx.Tx, lot letter.Lot, all []Disclosing) error {
	turns, err := lockAll(ctx, tx, all)
	if err != nil {
		return err
	}
	var moved []*turn
	var opened []Disclosing
	for i, t := range turns {
		if t.g.DisclosureState != Sealed || t.g.Channel == AtCounter && all[i].Unsealed == nil {
			continue
		}
		if err := disclose(t, lot, all[i]); err != nil {
			return err
		}
		moved = append(moved, t)
		if all[i].Unsealed != nil {
			opened = append(opened, all[i])
		}
	}
	if len(moved) == 0 {
		return nil
	}
	facts, err := writeDisclosed(ctx, tx, moved)
	if err != nil {
		return err
	}
	if err := insertDisclosures(ctx, tx, lot, opened, moved[0].now); err != nil {
		return err
	}
	return d.Outbox.PublishTx(ctx, tx, facts)
}

// lockAll takes the rows of all, and answers in the order of all.
func lockAll(ctx context.Context, tx pgx.Tx, all []Disclosing) ([]*turn, error) {
	ids, place := make([]string, len(all)), make(map[string]int, len(all))
	for i, x := range all {
		ids[i], place[x.ID] = x.ID, i
	}
	rows, err := lockGuarantees(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	turns := make([]*turn, len(all))
	for _, g := range rows {
		turns[place[g.ID]] = &turn{tx: tx, now: now, g: g, actor: party.System()}
	}
	if slices.Contains(turns, nil) {
		return nil, ErrNotFound
	}
	return turns, nil
}

// disclose makes the moves of one letter.
func disclose(t *turn, lot letter.Lot, x Disclosing) error {
	if x.Unsealed == nil {
		if err := t.g.move(PartDisclosure, "miss"); err != nil {
			return err
		}
		t.happened(EventMissing, map[string]string{"why": x.Missing})
		return nil
	}
	if err := t.g.move(PartDisclosure, "disclose"); err != nil {
		return err
	}
	t.g.reveal(x.Unsealed.Reveal, x.Extended)
	t.happened(EventDisclosed, map[string]any{"project": lot.Project, "lot": lot.Code})
	return t.verified(x.Lines)
}

// verified derives the machine's result from the lines: all pass, or one is doubtful, or one could not be judged. It
// is advice; only people decide on a bid.
func (t *turn) verified(lines []letter.Line) error {
	verb := Verb("pass")
	for _, l := range lines {
		if l.Result == letter.ResultDoubtful {
			verb = "doubt"
			break
		}
		if l.Result == letter.ResultUnknown {
			verb = "unknown"
		}
	}
	if err := t.g.move(PartVerification, verb); err != nil {
		return err
	}
	t.happened(EventVerified, map[string]State{"result": t.g.VerificationState})
	return nil
}

// insertDisclosures publishes letters that were opened.
func insertDisclosures(ctx context.Context, tx pgx.Tx, lot letter.Lot, all []Disclosing, at time.Time) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"disclosure"},
		[]string{"guarantee", "project", "lot", "reveal", "undertaking", "salt", "receipt", "beneficiaries", "applicants", "lines", "disclosed_at"},
		pgx.CopyFromSlice(len(all), func(i int) ([]any, error) {
			x, u := all[i], all[i].Unsealed
			lines, err := json.Marshal(x.Lines)
			return []any{x.ID, lot.Project, lot.Code, u.RevealBytes, u.Undertaking, u.Salt, x.Receipt,
				usccs(u.Reveal.Beneficiaries), usccs(u.Reveal.Applicants), lines, at}, err
		}))
	return translate(err)
}

func usccs(ps []letter.Party) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.USCC
	}
	return out
}
