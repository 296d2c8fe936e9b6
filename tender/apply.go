package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// errClosed is what everyone hears from the deadline on.
var errClosed = party.TooLate("lot.deadline_passed", "投标截止时间已到，不再受理；请关注本项目后续公告")

// Apply takes an application for a guarantee in. It is checked and encrypted before any transaction; the
// transaction then holds the lot's shared lock, so that the lot stays open until it commits.
func (d *Desk) Apply(ctx context.Context, cmd party.Command, who guarantee.Applicant, id string, s guarantee.Submission) (answer guarantee.Answer, err error) {
	if done, err := d.prior(ctx, cmd, &answer); err != nil || done {
		return answer, err
	}
	l, err := d.published(ctx, id)
	if err != nil {
		return guarantee.Answer{}, err
	}
	by, err := d.chosen(ctx, s.Application)
	if err != nil {
		return guarantee.Answer{}, err
	}
	prepared, err := d.Guarantees.Seal(ctx, s, who, l.Requirement, l.Custodians, by, d.Clock.Now())
	if err != nil {
		return guarantee.Answer{}, err
	}
	err = d.within(ctx, func(tx pgx.Tx) error {
		if _, err := d.inTime(ctx, tx, id); err != nil {
			return err
		}
		answer, err = d.Guarantees.ApplyTx(ctx, tx, cmd, prepared)
		return err
	})
	return answer, err
}

// chosen finds the product that an application names. What the application says is checked by Seal; here it is
// only read.
func (d *Desk) chosen(ctx context.Context, p7s []byte) (guarantee.Guarantor, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return guarantee.Guarantor{}, refuse("application", err)
	}
	b, err := letter.ParseApplication(signed.Content)
	if err != nil {
		return guarantee.Guarantor{}, refuse("application", err)
	}
	return d.Market.Product(ctx, b.Guarantor.USCC, b.Wording, b.Mode)
}

// inTime takes the lot's shared lock and decides, by the database's clock under it, whether the lot still takes
// anything in. T is exclusive: what is decided at T is late. As long as the transaction lives, the lot is not
// closed. It returns the instant that decided.
func (d *Desk) inTime(ctx context.Context, tx pgx.Tx, id string) (time.Time, error) {
	if err := d.shareLot(ctx, tx, id); err != nil {
		return time.Time{}, err
	}
	l, err := readLot(ctx, tx, id)
	if err != nil {
		return time.Time{}, err
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return time.Time{}, err
	}
	if l.State == Draft {
		return time.Time{}, ErrNotFound
	}
	if l.State == Terminated {
		return time.Time{}, errTerminated
	}
	if l.State != Published || !now.Before(l.End.Deadline) {
		return time.Time{}, errClosed
	}
	return now, nil
}
