package tender

import (
	"context"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// Refund is a deposit that was paid back, as the centre noted it. Interest is what the bank paid with it (银行同期存款利息,
// 招标投标法实施条例57): it is recorded here and calculated nowhere.
type Refund struct {
	Entry     string // the bank's serial number of the payment that arrived
	Amount    letter.Fen
	Interest  letter.Fen
	Reference string // of the payment back
	On        calendar.Date
	NotedAt   time.Time
}

var (
	errRefundEntry = party.Invalid("refund.entry", "entry", "现行到账清单中没有这笔到账记录；请核对流水号")
	errRefundTwice = party.Conflict("refund.noted", "这笔保证金已登记退还；如登记有误，请由行政监督部门查明")
	errRefundShape = party.Invalid("refund.reference", "reference", "退还流水号须为 4 至 64 位字母、数字或连字符")
)

var refundShape = regexp.MustCompile(`^[0-9A-Za-z-]{4,64}$`)

// NoteRefund records that the centre paid a deposit back. It moves nothing of the lot, and nobody can change it.
func (d *Desk) NoteRefund(ctx context.Context, cmd party.Command, id string, r Refund) (Refund, error) {
	if !cmd.Actor.Is(party.Centre) {
		return Refund{}, ErrNotFound
	}
	err := d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, &r)
		if err != nil || done {
			return err
		}
		if err := d.lockLot(ctx, tx, id); err != nil {
			return err
		}
		if r.NotedAt, err = store.Now(ctx, tx); err != nil {
			return err
		}
		list, err := newestCash(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := r.check(list); err != nil {
			return err
		}
		if err := insertRefund(ctx, tx, id, cmd.Actor, r); err != nil {
			return err
		}
		return d.after(ctx, tx, cmd, r)
	})
	return r, err
}

// check holds the refund to a payment that arrived, and takes its amount from there.
func (r *Refund) check(list *letter.CashList) error {
	if list == nil {
		return errRefundEntry
	}
	for _, e := range list.Entries {
		if e.ID != r.Entry {
			continue
		}
		r.Amount = e.Amount
		switch {
		case !refundShape.MatchString(r.Reference):
			return errRefundShape
		case r.Interest < 0 || r.Interest > e.Amount:
			return party.Invalid("refund.interest", "interest", "利息不得为负，也不得超过保证金本金；请按银行回单填写")
		case r.On.IsZero() || r.On.Before(calendar.DateOf(e.ReceivedAt)) || r.On.After(calendar.DateOf(r.NotedAt)):
			return party.Invalid("refund.on", "refunded_on", "退还日期须不早于到账日期且不晚于今天；请按银行回单填写")
		}
		return nil
	}
	return errRefundEntry
}

// refundClock is by when a deposit goes back, by the table of the release clocks: cash and letters have the same days.
// What arrived and belongs to no opened bid may be of one that was withdrawn (撤回): five days, counted from the list that
// first shows it, because nobody here can know the day of the notice without knowing whose it is (条例35). False: no
// clock runs yet.
func (d *Desk) refundClock(l *Lot, signedOn *time.Time, unmatchedSince *time.Time) (calendar.Clock, bool, error) {
	event, from := ReleaseContract, signedOn
	switch {
	case unmatchedSince != nil:
		event, from = ReleaseWithdrawal, unmatchedSince
	case l.Ended != nil:
		event, from = ReleaseTermination, &l.Ended.At
	}
	rule, ok := releaseRules[l.Project.Regime][event]
	if !ok || from == nil {
		return calendar.Clock{}, false, nil
	}
	k, err := rule.count(d.Calendar, calendar.DateOf(*from))
	return k, err == nil, err
}

// signedOn is the day of the lot's written contract; nil: there is none yet.
func signedOn(ctx context.Context, q store.Querier, lot string) (*time.Time, error) {
	a, err := lastAward(ctx, q, lot)
	if _, none := party.RefusalOf(err); none {
		return nil, nil //nolint:nilnil // no contract is not an error
	}
	return a.SignedOn, err
}

func readRefunds(ctx context.Context, q store.Querier, lot string) (map[string]Refund, error) {
	rows, err := q.Query(ctx, `SELECT entry, amount, interest, reference, refunded_on, noted_at FROM cash_refund WHERE lot = @lot`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	all := map[string]Refund{}
	var r Refund
	var on time.Time
	_, err = pgx.ForEachRow(rows, []any{&r.Entry, &r.Amount, &r.Interest, &r.Reference, &on, &r.NotedAt}, func() error {
		r.On = calendar.DateOf(on)
		all[r.Entry] = r
		return nil
	})
	return all, err
}

func insertRefund(ctx context.Context, tx pgx.Tx, lot string, by party.Actor, r Refund) error {
	tag, err := tx.Exec(ctx, `INSERT INTO cash_refund (lot, entry, amount, interest, reference, refunded_on, noted_at, noted_by)
		VALUES (@lot, @entry, @amount, @interest, @reference, @on, @at, @by) ON CONFLICT (lot, entry) DO NOTHING`, pgx.NamedArgs{
		"lot": lot, "entry": r.Entry, "amount": r.Amount, "interest": r.Interest, "reference": r.Reference, "on": r.On.Time(),
		"at": r.NotedAt, "by": actorOf(by)})
	if err == nil && tag.RowsAffected() != 1 {
		return errRefundTwice
	}
	return translate(err)
}
