package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
	"baohan/tender/custody"
)

// PendingOrder is an order of postponement on its way, for the centre and the supervisor.
type PendingOrder struct {
	ID          string     `db:"id"`
	Lot         string     `db:"lot"`
	ProjectCode string     `db:"project_code"`
	ProjectName string     `db:"project_name"`
	LotCode     string     `db:"lot_code"`
	LotName     string     `db:"lot_name"`
	From        time.Time  `db:"from_at"` // the deadline that it moves
	To          time.Time  `db:"to_at"`
	Centre      []byte     `db:"centre"`
	ProposedAt  time.Time  `db:"proposed_at"`
	Supervisor  []byte     `db:"supervisor"`
	Refusal     *string    `db:"refusal"`
	DecidedAt   *time.Time `db:"decided_at"`
	WithdrawnAt *time.Time `db:"withdrawn_at"`
	Obeyed      bool       `db:"obeyed"` // the deadline has moved so
	Moot        bool       `db:"moot"`   // the lot takes no bids any more, or its deadline is another
	Now         time.Time  `db:"now"`    // when it was read
}

// State is where it stood when it was read.
func (o PendingOrder) State() OrderState { return o.stateAt(o.Now) }

// Order is both halves; the supervisor's is empty as long as it has not signed.
func (o PendingOrder) Order() Order { return Order{Centre: o.Centre, Supervisor: o.Supervisor} }

// Text is what was signed, byte for byte, and what it says. It was believed when it came in.
func (o PendingOrder) Text() (string, custody.Postponement, error) {
	signed, err := signing.ParseSignedData(o.Centre)
	if err != nil {
		return "", custody.Postponement{}, err
	}
	p, err := custody.ParsePostponement(signed.Content)
	p.From, p.To = p.From.In(calendar.Shanghai), p.To.In(calendar.Shanghai)
	return string(signed.Content), p, err
}

const orderColumns = `SELECT o.id, o.lot, p.code AS project_code, p.name AS project_name, l.code AS lot_code, l.name AS lot_name, o.from_at, o.to_at, o.centre,
	o.proposed_at, o.supervisor, o.refusal, o.decided_at, o.withdrawn_at,
	EXISTS (SELECT 1 FROM postponement x WHERE x.lot = o.lot AND x.from_at = o.from_at AND x.to_at = o.to_at) AS obeyed,
	l.state <> 'published' OR l.deadline <> o.from_at AS moot, platform_now() AS now
	FROM pending_order o JOIN lot l ON l.id = o.lot JOIN project p ON p.id = l.project `

func readOrder(ctx context.Context, q store.Querier, id string) (PendingOrder, error) {
	return store.One[PendingOrder](ctx, q, ErrOrderNotFound, orderColumns+`WHERE o.id = @id`, pgx.NamedArgs{"id": id})
}

func ordersOf(ctx context.Context, q store.Querier, lot string) ([]PendingOrder, error) {
	return store.Many[PendingOrder](ctx, q, orderColumns+`WHERE o.lot = @lot ORDER BY o.proposed_at DESC, o.id DESC`, pgx.NamedArgs{"lot": lot})
}

// PendingOrder reads one order, for the centre and the supervisor.
func (d *Desk) PendingOrder(ctx context.Context, by party.Actor, id string) (PendingOrder, error) {
	if !by.Is(party.Centre, party.Supervisor) {
		return PendingOrder{}, ErrOrderNotFound
	}
	return readOrder(ctx, d.Pool, id)
}

// PendingOrders lists all orders that the centre ever signed here, the latest first.
func (d *Desk) PendingOrders(ctx context.Context, by party.Actor, after string, limit int) ([]PendingOrder, error) {
	if !by.Is(party.Centre, party.Supervisor) {
		return nil, ErrOrderNotFound
	}
	return store.Many[PendingOrder](ctx, d.Pool, orderColumns+`WHERE @after = '' OR (o.proposed_at, o.id) < (SELECT b.proposed_at, b.id FROM pending_order b WHERE b.id = @after)
		ORDER BY o.proposed_at DESC, o.id DESC LIMIT @limit`, pgx.NamedArgs{"after": after, "limit": limit})
}

// LiveOrders are those of which something may still come, or of which the supervisor has just said no: what stands on the two
// desks. The nearest deadline first.
func (d *Desk) LiveOrders(ctx context.Context, by party.Actor, limit int) ([]PendingOrder, error) {
	if !by.Is(party.Centre, party.Supervisor) {
		return nil, ErrOrderNotFound
	}
	return store.Many[PendingOrder](ctx, d.Pool, orderColumns+`WHERE o.from_at > platform_now() AND o.withdrawn_at IS NULL
		AND l.state = 'published' AND l.deadline = o.from_at
		ORDER BY o.from_at, o.id LIMIT @limit`, pgx.NamedArgs{"limit": limit})
}
