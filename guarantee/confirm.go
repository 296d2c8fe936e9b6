package guarantee

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/party"
)

// Confirming is what the evaluation committee found of one letter that the verification left open.
type Confirming struct {
	ID      string
	Verdict string // letter.FindingValid or letter.FindingInvalid
	Reason  string
	Edition int // of the lot's evaluation
}

// ConfirmTx notes the committee's findings, inside the transaction that takes its result; all are in the order of their
// ids. A finding ends the verification and nothing else: a letter found invalid as a bid security is no rejected
// instrument. It stays in force by its wording until it is released or expires, and its guarantor owes what it
// promised (法释〔2016〕24号 arts. 3, 6, 11). A corrected finding is another fact: the machine has reached its end. A letter
// whose verification passed, or never was, is left alone.
func (d *Desk) ConfirmTx(ctx context.Context, tx pgx.Tx, by party.Actor, all []Confirming) error {
	for _, x := range all {
		t, err := lock(ctx, tx, x.ID, by)
		if err != nil {
			return err
		}
		switch t.g.VerificationState {
		case Doubtful, Unknown:
			if err := t.g.move(PartVerification, "confirm"); err != nil {
				return err
			}
		case Confirmed: // corrected: said again
		default:
			continue
		}
		t.happened(EventConfirmed, map[string]any{"verdict": x.Verdict, "reason": x.Reason, "edition": x.Edition})
		if _, err := d.finish(ctx, party.Command{Actor: party.System()}, t); err != nil {
			return err
		}
	}
	return nil
}
