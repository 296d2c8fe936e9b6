package guarantee

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// Demand is one presentation under a guarantee (索赔); there may be many.
type Demand struct {
	ID            string
	Guarantee     string
	State         State
	Beneficiary   string
	Amount        letter.Fen
	Signed        []byte   // letter.Demand, signed by the beneficiary
	Missing       []string // documents that the wording demands and that are not there yet
	PresentedAt   time.Time
	CompletedAt   *time.Time // the last documents that came after the presentation
	RequestedAt   *time.Time // when the guarantor last asked for documents
	ExamineBy     *time.Time // last day of the examination
	Discrepancies []byte     // JSON list of Discrepancy
	DecidedAt     *time.Time
	InterimPaid   letter.Fen  // paid in advance while the rest was examined (保险法 art. 25)
	PaidAmount    *letter.Fen // with the honour, without what was paid in advance
	PaidRef       *string
	PaidAt        *time.Time
	PaidSlip      []byte // digest of the bank's slip, if the guarantor gave one
	TwoPeople     bool   // whoever found it complying does not note its payment
	DecidedBy     []byte // fingerprint of the certificate; nil: not decided, by the clock, or before it was kept
	PaidBy        []byte
	ExtendTo      *time.Time // date: a validity to it or later is taken instead of payment; nil: payment alone
	ReplyBy       *time.Time // until when the applicant answers; nil: it was not asked
	Answer        *string    // a letter.ExtensionChoice
	AnsweredAt    *time.Time
	AnswerSigned  []byte // letter.ExtensionAnswer, signed by the applicant
}

func (dm *Demand) move(verb Verb) error {
	to, err := next(PartDemand, dm.State, verb)
	if err == nil {
		dm.State = to
	}
	return err
}

const demandColumns = `id, guarantee, state, beneficiary, amount, signed, missing, presented_at, completed_at, requested_at, examine_by,
	discrepancies, decided_at, interim_paid, paid_amount, paid_ref, paid_at, paid_slip, two_people, decided_by, paid_by,
	extend_to, reply_by, answer, answered_at, answer_signed`

// ErrDemandNotFound is the answer for every demand that is not there or not the caller's.
var ErrDemandNotFound = party.NotFound("demand.not_found", "没有找到这笔索赔；请核对编号，或确认您有权查看")

func readDemand(ctx context.Context, q store.Querier, id string) (*Demand, error) {
	rows, err := q.Query(ctx, `SELECT `+demandColumns+` FROM demand WHERE id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	dm, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[Demand])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrDemandNotFound
	}
	return dm, err
}

func insertDemand(ctx context.Context, tx pgx.Tx, dm *Demand) error {
	_, err := tx.Exec(ctx, `INSERT INTO demand (id, guarantee, state, beneficiary, amount, signed, missing, presented_at, examine_by, extend_to)
		VALUES (@id, @guarantee, @state, @beneficiary, @amount, @signed, @missing, @presented_at, @examine_by, @extend_to)`, pgx.NamedArgs{
		"id": dm.ID, "guarantee": dm.Guarantee, "state": dm.State, "beneficiary": dm.Beneficiary, "amount": dm.Amount,
		"signed": dm.Signed, "missing": dm.Missing, "presented_at": dm.PresentedAt, "examine_by": dm.ExamineBy, "extend_to": dm.ExtendTo})
	if store.Violated(err) == "demand_pkey" {
		return party.Conflict("demand.handed_in", "这个索赔编号已经使用过；请查看“我的索赔”，不要重复提交")
	}
	return translate(err)
}

func updateDemand(ctx context.Context, tx pgx.Tx, dm *Demand) error {
	_, err := tx.Exec(ctx, `UPDATE demand SET state = @state, missing = @missing, completed_at = @completed_at, requested_at = @requested_at, examine_by = @examine_by,
		discrepancies = @discrepancies, decided_at = @decided_at, interim_paid = @interim_paid, paid_amount = @paid_amount, paid_ref = @paid_ref,
		paid_at = @paid_at, paid_slip = @paid_slip, two_people = @two_people, decided_by = @decided_by, paid_by = @paid_by,
		reply_by = @reply_by, answer = @answer, answered_at = @answered_at, answer_signed = @answer_signed
		WHERE id = @id`, pgx.NamedArgs{
		"id": dm.ID, "state": dm.State, "missing": dm.Missing, "completed_at": dm.CompletedAt, "requested_at": dm.RequestedAt, "examine_by": dm.ExamineBy,
		"discrepancies": dm.Discrepancies, "decided_at": dm.DecidedAt, "interim_paid": dm.InterimPaid, "paid_amount": dm.PaidAmount, "paid_ref": dm.PaidRef,
		"paid_at": dm.PaidAt, "paid_slip": dm.PaidSlip, "two_people": dm.TwoPeople, "decided_by": dm.DecidedBy, "paid_by": dm.PaidBy,
		"reply_by": dm.ReplyBy, "answer": dm.Answer, "answered_at": dm.AnsweredAt, "answer_signed": dm.AnswerSigned})
	return translate(err)
}

// openClaims is what the demands under a guarantee that are not settled still ask for, in fen. A rule reads it under the
// row's lock.
func openClaims(ctx context.Context, q store.Querier, guarantee string) (sum letter.Fen, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(sum(amount - interim_paid), 0)::bigint FROM demand
		WHERE guarantee = @id AND state NOT IN ('honoured', 'rejected', 'withdrawn')`, pgx.NamedArgs{"id": guarantee}).Scan(&sum)
	return sum, err
}
