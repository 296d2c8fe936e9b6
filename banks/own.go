package banks

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// AnswerTimes are the answering times that an institution has published, for many applications at once.
type AnswerTimes []answerTime

type answerTime struct {
	Wording        string      `db:"wording"`
	WordingVersion int         `db:"wording_version"`
	Mode           letter.Mode `db:"mode"`
	AnswerWithin   int         `db:"answer_within"` // seconds
	OfferedAt      time.Time   `db:"offered_at"`
}

// AnswerTimes reads them all; see AnswerBy.
func (d *Desk) AnswerTimes(ctx context.Context, institution string) (AnswerTimes, error) {
	return store.Many[answerTime](ctx, d.Pool, `SELECT wording, wording_version, mode, answer_within, offered_at FROM product
		WHERE institution = @institution ORDER BY offered_at DESC`, pgx.NamedArgs{"institution": institution})
}

// By is the instant by which an application handed in at an instant is to be answered; zero when nothing was on sale.
func (all AnswerTimes) By(wording letter.WordingRef, mode letter.Mode, handedIn time.Time) time.Time {
	i := slices.IndexFunc(all, func(p answerTime) bool {
		return p.Wording == wording.ID && p.WordingVersion == wording.Version && p.Mode == mode && !p.OfferedAt.After(handedIn)
	})
	if i < 0 {
		return time.Time{}
	}
	return handedIn.Add(time.Duration(all[i].AnswerWithin) * time.Second)
}

// Undelivered lists the messages to the caller's institution that were given up or whose first attempts failed, oldest
// first. Bodies are not shown.
func (d *Desk) Undelivered(ctx context.Context, by party.Actor) ([]wire.Delivery, error) {
	rows, err := store.Many[deadRow](ctx, d.Pool, `
		SELECT d.id, d.guarantor, d.guarantee, d.seq, d.kind, d.state, d.attempts, d.last_error, d.created_at, d.tried_at,
			(SELECT count(*) FROM delivery b WHERE b.guarantee = d.guarantee AND b.seq > d.seq AND b.state <> 'delivered') AS behind
		FROM delivery d WHERE d.guarantor = @guarantor AND (d.state = 'dead' OR d.state = 'waiting' AND d.last_error IS NOT NULL)
		ORDER BY d.created_at, d.id LIMIT 200`, pgx.NamedArgs{"guarantor": by.USCC})
	list := make([]wire.Delivery, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.public())
	}
	return list, err
}

// PublishedFees are the fees that an institution's price lists have for a ceiling, the lowest first: what an approval may ask.
func (d *Desk) PublishedFees(ctx context.Context, institution string, wording letter.WordingRef, mode letter.Mode, ceiling letter.Fen) ([]letter.Fen, error) {
	products, err := everyProduct(ctx, d.Pool, institution, wording, mode)
	var all []letter.Fen
	for _, p := range products {
		all = append(all, p.Fees(ceiling)...)
	}
	slices.Sort(all)
	return slices.Compact(all), err
}
