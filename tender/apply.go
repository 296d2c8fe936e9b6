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
// transaction then holds the lot's shared lock, so that the lot stays open until it commits. What was made before the
// deadline moved into another round of letters is refused: it would be paid for and not suffice.
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
	prepared, err := d.Guarantees.Seal(ctx, s, who, guarantee.Asked{Requirement: l.Requirement, Keys: l.Custodians, Round: l.Round()}, by, d.Clock.Now())
	if err != nil {
		return guarantee.Answer{}, err
	}
	err = d.within(ctx, func(tx pgx.Tx) error {
		now, _, err := d.takes(ctx, tx, id)
		if err != nil {
			return err
		}
		if now.Round() != l.Round() {
			return errMoved
		}
		answer, err = d.Guarantees.ApplyTx(ctx, tx, cmd, prepared)
		return err
	})
	return answer, err
}

// errMoved is the refusal of an application that was made for the requirement of before, said as by guarantee.Seal.
var errMoved = party.Invalid("reveal.requirement", "requirement", "标段刚刚延期，揭示记录中的保函要求摘要与招标公告不一致；请刷新标段信息后重新生成申请")

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
	_, now, err := d.takes(ctx, tx, id)
	return now, err
}

// takes is inTime with the lot as it stands under the lock.
func (d *Desk) takes(ctx context.Context, tx pgx.Tx, id string) (l *Lot, now time.Time, err error) {
	if err := d.shareLot(ctx, tx, id); err != nil {
		return nil, now, err
	}
	if l, err = readLot(ctx, tx, id); err != nil {
		return nil, now, err
	}
	if now, err = store.Now(ctx, tx); err != nil {
		return nil, now, err
	}
	switch {
	case l.State == Draft:
		return nil, now, ErrNotFound
	case l.State == Terminated:
		return nil, now, errTerminated
	case l.State != Published || !now.Before(l.End.Deadline):
		return nil, now, errClosed
	}
	return l, now, nil
}
