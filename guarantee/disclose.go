package guarantee

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
)

// Disclosing is one letter at the opening: unsealed with its verification lines, or missing.
type Disclosing struct {
	ID       string
	Unsealed *Unsealed // nil: it could not be opened
	Lines    []letter.Line
	Missing  string // why not, in Chinese, when Unsealed is nil
}

// DiscloseTx publishes the letters of one lot, all in the caller's transaction: whoever reads sees all of them or
// none. A letter that is published already is left as it is, so that an opening that was interrupted can go on.
func (d *Desk) DiscloseTx(ctx context.Context, tx pgx.Tx, lot letter.Lot, all []Disclosing) error {
	for _, x := range all {
		t, err := lock(ctx, tx, x.ID, party.System())
		if err != nil {
			return err
		}
		if t.g.DisclosureState != Sealed {
			continue
		}
		if err := disclose(ctx, t, lot, x); err != nil {
			return err
		}
		if _, err := d.finish(ctx, party.Command{Actor: party.System()}, t); err != nil {
			return err
		}
	}
	return nil
}

func disclose(ctx context.Context, t *turn, lot letter.Lot, x Disclosing) error {
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
	t.g.reveal(x.Unsealed.Reveal)
	t.happened(EventDisclosed, map[string]any{"project": lot.Project, "lot": lot.Code})
	if err := t.verified(x.Lines); err != nil {
		return err
	}
	return insertDisclosure(ctx, t.tx, lot, x, nil, t.now)
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

// insertDisclosure publishes one letter; receipt is nil where the row has it.
func insertDisclosure(ctx context.Context, tx pgx.Tx, lot letter.Lot, x Disclosing, receipt []byte, at time.Time) error {
	lines, err := json.Marshal(x.Lines)
	if err != nil {
		return err
	}
	u := x.Unsealed
	_, err = tx.Exec(ctx, `INSERT INTO disclosure (guarantee, project, lot, reveal, undertaking, salt, receipt, beneficiaries, applicants, lines, disclosed_at)
		VALUES (@guarantee, @project, @lot, @reveal, @undertaking, @salt, @receipt, @beneficiaries, @applicants, @lines, @at)`, pgx.NamedArgs{
		"guarantee": x.ID, "project": lot.Project, "lot": lot.Code, "reveal": u.RevealBytes, "undertaking": u.Undertaking, "salt": u.Salt, "receipt": receipt,
		"beneficiaries": usccs(u.Reveal.Beneficiaries), "applicants": usccs(u.Reveal.Applicants), "lines": string(lines), "at": at})
	return translate(err)
}

func usccs(ps []letter.Party) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.USCC
	}
	return out
}
