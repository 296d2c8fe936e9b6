package guarantee

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing/translog"
)

const guaranteeColumns = `id, version, guarantor, mode, form, wording, wording_version,
	application_state, fee_state, instrument_state, disclosure_state, verification_state, release_state,
	channel, ceiling, latest_expiry, coalesce(quoted_fee, 0) AS quoted_fee, fee, fee_offered, application_digest, commitment, record_key,
	number, letter_digest, receipt, submitted_at, fee_due_at, issued_at,
	amount, expiry, open_demands, honoured, release_due_by, release_reason,
	release_law, release_from, release_days, release_unit, two_people, decided_by, prepared_by, issued_by,
	coalesce((SELECT a.prior_latest FROM amendment a WHERE a.guarantee = guarantee.id AND a.n = 1), latest_expiry) AS first_latest`

func lockGuarantee(ctx context.Context, tx pgx.Tx, id string) (*Guarantee, error) {
	return oneGuarantee(ctx, tx, `SELECT `+guaranteeColumns+` FROM guarantee WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": id})
}

// lockGuarantees takes many rows in the order of their ids; one that does not exist is absent.
func lockGuarantees(ctx context.Context, tx pgx.Tx, ids []string) ([]*Guarantee, error) {
	return manyGuarantees(ctx, tx, `SELECT `+guaranteeColumns+` FROM guarantee WHERE id = ANY(@ids) ORDER BY id FOR UPDATE`, pgx.NamedArgs{"ids": ids})
}

func readGuarantee(ctx context.Context, q store.Querier, id string) (*Guarantee, error) {
	return oneGuarantee(ctx, q, `SELECT `+guaranteeColumns+` FROM guarantee WHERE id = @id`, pgx.NamedArgs{"id": id})
}

func oneGuarantee(ctx context.Context, q store.Querier, sql string, args pgx.NamedArgs) (*Guarantee, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	g, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[Guarantee])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotFound
	}
	return g, err
}

func manyGuarantees(ctx context.Context, q store.Querier, sql string, args pgx.NamedArgs) ([]*Guarantee, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[Guarantee])
}

// write puts what a rule changed into the database in one round trip: the events, then the row. The database refuses an
// illegal move a second time.
func (t *turn) write(ctx context.Context) error {
	if err := t.commit(); err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, e := range t.events {
		var leaf []byte
		if e.leaf != nil {
			leaf = e.leaf.Commitment[:]
			translog.Queue(b, *e.leaf)
		}
		b.Queue(`INSERT INTO guarantee_event (guarantee, seq, kind, at, actor, demand, data, leaf)
			VALUES (@guarantee, @seq, @kind, @at, @actor, nullif(@demand, ''), @data, @leaf)`, pgx.NamedArgs{
			"guarantee": e.Guarantee, "seq": e.Seq, "kind": e.Kind, "at": e.At, "actor": e.Actor, "demand": e.Demand, "data": string(e.Data), "leaf": leaf})
	}
	sql, args := updateGuarantee(t.g, t.kept)
	b.Queue(sql, args)
	return translate(t.tx.SendBatch(ctx, b).Close())
}

// writeDisclosed is write for all letters of a lot, whose disclosure, verification, amount and end are what has changed.
// It answers with their events, none of which is about a demand or stands in the transparency log (logged).
func writeDisclosed(ctx context.Context, tx pgx.Tx, all []*turn) ([]Event, error) {
	var events []Event
	rows := make([]*Guarantee, len(all))
	for i, t := range all {
		events, rows[i] = append(events, t.events...), t.g
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"guarantee_event"}, []string{"guarantee", "seq", "kind", "at", "actor", "data"},
		pgx.CopyFromSlice(len(events), func(i int) ([]any, error) {
			e := events[i]
			return []any{e.Guarantee, e.Seq, e.Kind, e.At, e.Actor, []byte(e.Data)}, nil
		})); err != nil {
		return nil, translate(err)
	}
	return events, updateDisclosed(ctx, tx, rows)
}

// updateDisclosed writes rows that are locked.
func updateDisclosed(ctx context.Context, tx pgx.Tx, all []*Guarantee) error {
	_, err := tx.Exec(ctx, `UPDATE guarantee g SET version = x.version, disclosure_state = x.disclosure, verification_state = x.verification,
			amount = x.amount, expiry = x.expiry
		FROM unnest(@ids::text[], @versions::bigint[], @disclosures::text[], @verifications::text[], @amounts::bigint[], @expiries::date[])
			AS x (id, version, disclosure, verification, amount, expiry)
		WHERE g.id = x.id`, pgx.NamedArgs{
		"ids":           column(all, func(g *Guarantee) string { return g.ID }),
		"versions":      column(all, func(g *Guarantee) int64 { return g.Version }),
		"disclosures":   column(all, func(g *Guarantee) State { return g.DisclosureState }),
		"verifications": column(all, func(g *Guarantee) State { return g.VerificationState }),
		"amounts":       column(all, func(g *Guarantee) *letter.Fen { return g.Amount }),
		"expiries":      column(all, func(g *Guarantee) *time.Time { return g.Expiry })})
	return translate(err)
}

func column[T any](all []*Guarantee, of func(*Guarantee) T) []T {
	out := make([]T, len(all))
	for i, g := range all {
		out[i] = of(g)
	}
	return out
}

// updateGuarantee writes what a rule may change, and the letter with the change that puts it in force.
func updateGuarantee(g *Guarantee, kept *issued) (string, pgx.NamedArgs) {
	args := pgx.NamedArgs{
		"id": g.ID, "version": g.Version,
		"application": g.ApplicationState, "fee_state": g.FeeState, "instrument": g.InstrumentState,
		"disclosure": g.DisclosureState, "verification": g.VerificationState, "release": g.ReleaseState,
		"fee": g.Fee, "fee_offered": g.FeeOffered, "fee_due_at": g.FeeDueAt,
		"number": g.Number, "letter_digest": g.LetterDigest, "receipt": g.Receipt, "issued_at": g.IssuedAt,
		"amount": g.Amount, "expiry": g.Expiry, "latest_expiry": g.LatestExpiry, "open_demands": g.OpenDemands, "honoured": g.Honoured,
		"release_due_by": g.ReleaseDueBy, "release_reason": g.ReleaseReason,
		"release_law": g.ReleaseLaw, "release_from": g.ReleaseFrom, "release_days": g.ReleaseDays, "release_unit": g.ReleaseUnit,
		"two_people": g.TwoPeople, "decided_by": g.DecidedBy, "prepared_by": g.PreparedBy, "issued_by": g.IssuedBy}
	also := ""
	if kept != nil {
		also = `, letter = @letter, statement = @statement`
		args["letter"], args["statement"] = kept.letter, kept.statement
	}
	return `UPDATE guarantee SET version = @version, latest_expiry = @latest_expiry,
		application_state = @application, fee_state = @fee_state, instrument_state = @instrument,
		disclosure_state = @disclosure, verification_state = @verification, release_state = @release,
		fee = @fee, fee_offered = @fee_offered, fee_due_at = @fee_due_at,
		number = @number, letter_digest = @letter_digest, receipt = @receipt, issued_at = @issued_at,
		amount = @amount, expiry = @expiry, open_demands = @open_demands, honoured = @honoured,
		release_due_by = @release_due_by, release_reason = @release_reason,
		release_law = @release_law, release_from = @release_from, release_days = @release_days, release_unit = @release_unit,
		two_people = @two_people, decided_by = @decided_by, prepared_by = @prepared_by, issued_by = @issued_by` + also + `
		WHERE id = @id`, args
}

// translate turns the constraints that stand for a rule into that rule's refusal.
func translate(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.ConstraintName {
	case "guarantee_guarantor_number_key":
		return ErrNumberUsed
	case "guarantee_uniq_live":
		return ErrAlreadyApplied
	case "amendment_pkey", "amendment_demand_key":
		return errAmendedOtherwise
	case "guarantee_pkey", "guarantee_application_digest_key", "guarantee_commitment_key":
		return ErrAlreadyHandedIn
	}
	return store.Bare(err)
}

// Refusals that a constraint of the database may have to speak.
var (
	ErrNumberUsed      = party.Conflict("issue.number_used", "此保函编号已用于另一份保函；请使用新的编号")
	ErrAlreadyApplied  = party.Conflict("application.already_live", "您对该标段已有一份有效的申请或保函；请先撤单，或继续办理原申请")
	ErrAlreadyHandedIn = party.Conflict("application.handed_in", "这份申请已经提交过；请查看“我的申请”，不要重复提交")
)
