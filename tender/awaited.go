package tender

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/tender/custody"
)

// Absence is why a custodian gave nothing when an opening asked it.
type Absence string

// The absences. All but wrong_share end when the custodian's people or its clock move; the opening is tried again by
// itself until then.
const (
	NoAnswer    Absence = "no_answer"
	TooEarly    Absence = "too_early" // by the custodian's own clock
	ByHand      Absence = "by_hand"   // its officer gives this lot by hand and has not yet
	Vetoed      Absence = "veto"
	WrongShare  Absence = "wrong_share"
	Unexplained Absence = "refused"
)

// Awaited is a custodian for which an opening waits.
type Awaited struct {
	Custodian letter.Party
	Reason    Absence
	Since     time.Time
}

// Words says what is waited for, and who moves next.
func (a Awaited) Words() string {
	switch a.Reason {
	case TooEarly:
		return "按其时钟，投标截止时间未到；到时自动继续，请其核对时钟"
	case ByHand:
		return "须由其经办人手工放行，尚未放行；请联系其经办人"
	case Vetoed:
		return "其经办人已在截止前否决本标段；须由其经办人手工放行"
	case WrongShare:
		return "给出的密钥份额与密封数据不符；请其检查并联系平台"
	case Unexplained:
		return "拒绝给出密钥份额；请平台查看日志并与其联系"
	case NoAnswer:
	}
	return "没有应答；请其恢复代理程序，系统会自动重试"
}

func absence(err error) Absence {
	switch {
	case errors.Is(err, custody.ErrTooEarly):
		return TooEarly
	case errors.Is(err, custody.ErrByHand):
		return ByHand
	case errors.Is(err, custody.ErrVeto):
		return Vetoed
	case errors.Is(err, signing.ErrShare):
		return WrongShare
	case errors.Is(err, custody.ErrNoAnswer), errors.Is(err, context.DeadlineExceeded):
		return NoAnswer
	}
	return Unexplained
}

// alarm notes who gave nothing, whether the opening went on without it or not, and who gave. Each new absence is in
// the log once.
func (d *Desk) alarm(ctx context.Context, lot string, asked [3]error, gave [3]bool) error {
	for i := range d.Custodians {
		switch {
		case asked[i] != nil:
			if err := d.raise(ctx, lot, i, asked[i]); err != nil {
				return err
			}
		case gave[i]:
			if err := d.answered(ctx, lot, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Desk) raise(ctx context.Context, lot string, holder int, cause error) error {
	var before string
	err := d.Pool.QueryRow(ctx, `WITH old AS (SELECT reason FROM custodian_alarm WHERE lot = @lot AND holder = @holder AND answered_at IS NULL),
		new AS (INSERT INTO custodian_alarm AS a (lot, holder, reason, raised_at, last_at)
			VALUES (@lot, @holder, @reason, platform_now(), platform_now())
			ON CONFLICT (lot, holder) DO UPDATE SET reason = EXCLUDED.reason, last_at = EXCLUDED.last_at, answered_at = NULL)
		SELECT coalesce((SELECT reason FROM old), '')`,
		pgx.NamedArgs{"lot": lot, "holder": holder, "reason": absence(cause)}).Scan(&before)
	if err == nil && Absence(before) != absence(cause) {
		d.log().ErrorContext(ctx, "a custodian gave nothing", "lot", lot, "custodian", holder+1, "reason", absence(cause), "error", cause)
	}
	return translate(err)
}

func (d *Desk) answered(ctx context.Context, lot string, holder int) error {
	_, err := d.Pool.Exec(ctx, `UPDATE custodian_alarm SET answered_at = platform_now() WHERE lot = @lot AND holder = @holder AND answered_at IS NULL`,
		pgx.NamedArgs{"lot": lot, "holder": holder})
	return translate(err)
}

func (d *Desk) log() *slog.Logger {
	if d.Log != nil {
		return d.Log
	}
	return slog.Default()
}

// order is in which order the custodians are asked: those that gave nothing to this lot before come last.
func (d *Desk) order(ctx context.Context, lot string) ([]int, error) {
	rows, err := d.Pool.Query(ctx, `SELECT holder::int FROM generate_series(0, 2) AS s (holder)
		ORDER BY EXISTS (SELECT 1 FROM custodian_alarm a WHERE a.lot = @lot AND a.holder = s.holder AND a.answered_at IS NULL), holder`,
		pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}

type alarmRow struct {
	Holder   int
	Reason   Absence
	RaisedAt time.Time
}

// Awaited lists the custodians that gave nothing to a lot's opening and have not given since: while the lot is closed
// and not opened, the opening may be waiting for them. One that was called off before waits for nobody.
func (d *Desk) Awaited(ctx context.Context, l *Lot) ([]Awaited, error) {
	if l.State == Terminated && l.OpenedAt == nil {
		return nil, nil
	}
	rows, err := d.Pool.Query(ctx, `SELECT holder::int AS holder, reason, raised_at FROM custodian_alarm
		WHERE lot = @lot AND answered_at IS NULL ORDER BY holder`, pgx.NamedArgs{"lot": l.ID})
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[alarmRow])
	out := make([]Awaited, len(found))
	for i, r := range found {
		out[i] = Awaited{Custodian: l.Custodians.Keys[r.Holder].Custodian, Reason: r.Reason, Since: r.RaisedAt}
	}
	return out, err
}
