package guarantee

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

var errSameAdvancer = party.Conflict("demand.interim_same_person", "本机构实行双人经办：这笔先予支付就是您本人登记的（同一张证书，或者同一持有人的另一张证书），不能再由您复核；请由另一位经办人用其证书登记同一笔付款（金额、流水号、付款时间和回单都相同）")

// InterimFirst is a payment in advance that one person has noted and that waits for another.
type InterimFirst struct {
	Certificate []byte     `db:"certificate"` // fingerprint
	Amount      letter.Fen `db:"amount"`
	Reference   string     `db:"reference"`
	PaidAt      time.Time  `db:"paid_at"`
	Slip        []byte     `db:"slip"`
}

func (f *InterimFirst) is(p Payment) bool {
	var slip signing.Digest
	copy(slip[:], f.Slip)
	return f.Amount == p.Amount && f.Reference == p.Reference && f.PaidAt.Equal(p.PaidAt.Truncate(time.Microsecond)) && slip == p.Slip
}

// InterimWaits is what of a demand waits for another person; nil: nothing.
func (d *Desk) InterimWaits(ctx context.Context, demand string) (*InterimFirst, error) {
	return readInterimFirst(ctx, d.Pool, demand)
}

func readInterimFirst(ctx context.Context, q store.Querier, demand string) (*InterimFirst, error) {
	rows, err := q.Query(ctx, `SELECT certificate, amount, reference, paid_at, slip FROM interim_first WHERE demand = @demand`, pgx.NamedArgs{"demand": demand})
	if err != nil {
		return nil, err
	}
	f, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[InterimFirst])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing waits
	}
	return f, err
}

// seconded tells whether a payment in advance counts now: where the institution asks for two people, when another than who
// noted it first notes the very same. The demand's row is locked; a crash in between leaves the first note and no payment.
func (d *Desk) seconded(ctx context.Context, t *turn, p Payment) (bool, error) {
	asked, err := d.twoPeople(ctx, t)
	if err != nil || !asked {
		return err == nil, err
	}
	first, err := readInterimFirst(ctx, t.tx, t.demand.ID)
	by := fingerprint(t.actor)
	switch {
	case err != nil:
		return false, err
	case by == nil:
		return false, errSameAdvancer
	case first != nil && first.is(p):
		if err := another(ctx, t.tx, first.Certificate, t.actor, errSameAdvancer); err != nil {
			return false, err
		}
		_, err = t.tx.Exec(ctx, `DELETE FROM interim_first WHERE demand = @demand`, pgx.NamedArgs{"demand": t.demand.ID})
		return err == nil, err
	}
	var slip []byte
	if !p.Slip.IsZero() {
		slip = p.Slip[:]
	}
	_, err = t.tx.Exec(ctx, `INSERT INTO interim_first (demand, certificate, amount, reference, paid_at, slip, at)
		VALUES (@demand, @certificate, @amount, @reference, @paid_at, @slip, @at)
		ON CONFLICT (demand) DO UPDATE SET certificate = @certificate, amount = @amount, reference = @reference, paid_at = @paid_at, slip = @slip, at = @at`,
		pgx.NamedArgs{"demand": t.demand.ID, "certificate": by, "amount": p.Amount, "reference": p.Reference,
			"paid_at": p.PaidAt.Truncate(time.Microsecond), "slip": slip, "at": t.now})
	return false, translate(err)
}
