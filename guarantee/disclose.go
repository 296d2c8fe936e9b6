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
}

// DiscloseTx publishes the letters of one lot, all in the caller's transaction: whoever reads sees all of them or
// none. A letter that is published already is left as it is, so that an opening that was interrupted can go on; so is
// one sold at a counter that did not open here: nobody's bid can end a letter that may be another lot's. However many
// they are, they are locked, written and told in three exchanges with the database: a hall waits for them.
func (d *Desk) DiscloseTx(ctx context.Context, tx pgx.Tx, lot letter.Lot, all []Disclosing) error {
	turns, err := lockAll(ctx, tx, all)
	if err != nil {
		return err
	}
	rows, facts := &pgx.Batch{}, []Event{}
	for i, t := range turns {
		if t.g.DisclosureState != Sealed || t.g.Channel == AtCounter && all[i].Unsealed == nil {
			continue
		}
		if err := disclose(t, rows, lot, all[i]); err != nil {
			return err
		}
		facts = append(facts, t.events...)
	}
	if len(facts) == 0 {
		return nil
	}
	if err := translate(tx.SendBatch(ctx, rows).Close()); err != nil {
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

// disclose makes the moves of one letter and adds its rows to what will be written.
func disclose(t *turn, rows *pgx.Batch, lot letter.Lot, x Disclosing) error {
	if x.Unsealed == nil {
		if err := t.g.move(PartDisclosure, "miss"); err != nil {
			return err
		}
		t.happened(EventMissing, map[string]string{"why": x.Missing})
		t.queue(rows)
		return nil
	}
	if err := t.g.move(PartDisclosure, "disclose"); err != nil {
		return err
	}
	t.g.reveal(x.Unsealed.Reveal, x.Extended)
	t.happened(EventDisclosed, map[string]any{"project": lot.Project, "lot": lot.Code})
	if err := t.verified(x.Lines); err != nil {
		return err
	}
	t.queue(rows)
	return queueDisclosure(rows, lot, x, nil, t.now)
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

// queueDisclosure publishes one letter; receipt is nil where the row has it.
func queueDisclosure(rows *pgx.Batch, lot letter.Lot, x Disclosing, receipt []byte, at time.Time) error {
	lines, err := json.Marshal(x.Lines)
	if err != nil {
		return err
	}
	u := x.Unsealed
	rows.Queue(`INSERT INTO disclosure (guarantee, project, lot, reveal, undertaking, salt, receipt, beneficiaries, applicants, lines, disclosed_at)
		VALUES (@guarantee, @project, @lot, @reveal, @undertaking, @salt, @receipt, @beneficiaries, @applicants, @lines, @at)`, pgx.NamedArgs{
		"guarantee": x.ID, "project": lot.Project, "lot": lot.Code, "reveal": u.RevealBytes, "undertaking": u.Undertaking, "salt": u.Salt, "receipt": receipt,
		"beneficiaries": usccs(u.Reveal.Beneficiaries), "applicants": usccs(u.Reveal.Applicants), "lines": string(lines), "at": at})
	return nil
}

func usccs(ps []letter.Party) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.USCC
	}
	return out
}
