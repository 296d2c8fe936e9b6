package tender

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/translog"
)

// lockLot takes the lot's lock for one transaction alone. shareLot takes it beside others who share it: such
// transactions write nothing that names the lot. Advisory locks live in memory, and the lock's name is keyed: a
// server that logs who waits for what does not say for which lot.
func (d *Desk) lockLot(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@key)`, pgx.NamedArgs{"key": d.lotLock(id)})
	return err
}

func (d *Desk) shareLot(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared(@key)`, pgx.NamedArgs{"key": d.lotLock(id)})
	return err
}

func (d *Desk) lotLock(id string) int64 { return lockKey(d.Tags.Owner("lot-lock/"+id, 0)) }

// lockKey folds a keyed tag into the names of advisory locks.
func lockKey(tag signing.Digest) int64 {
	return int64(binary.BigEndian.Uint64(tag[:8])) // #nosec G115 -- any 64 bits make a lock's name
}

const lotColumns = `l.id, l.version, l.state, l.code, l.name, l.base, l.amount, l.forms, l.deadline, l.validity_days,
	l.extra_days, l.bids, l.consortium, l.hall_decrypt, l.hall_objection, l.hall_sign, l.requirement, l.custodians, l.published_at, l.closed_at, l.opened_at,
	coalesce((SELECT jsonb_agg(jsonb_build_object('From', o.from_at, 'To', o.to_at, 'Reason', o.reason, 'At', o.at, 'Order',
		jsonb_build_object('centre', translate(encode(o.centre, 'base64'), chr(10), ''),
			'supervisor', translate(encode(o.supervisor, 'base64'), chr(10), ''))) ORDER BY o.seq)
		FROM postponement o WHERE o.lot = l.id), '[]') AS postponed,
	(SELECT coalesce(max(v.edition), 0) FROM evaluation v WHERE v.lot = l.id) AS evaluated,
	l.terminated_at, l.terminated_ground, l.terminated_words, l.retender_of,
	l.project, p.code AS project_code, p.name AS project_name, p.regime, p.owner, p.beneficiaries, p.created_at
	FROM lot l JOIN project p ON p.id = l.project`

func lockLotRow(ctx context.Context, tx pgx.Tx, id string) (*Lot, error) {
	return oneLot(ctx, tx, `SELECT `+lotColumns+` WHERE l.id = @id FOR UPDATE OF l`, pgx.NamedArgs{"id": id})
}

func readLot(ctx context.Context, q store.Querier, id string) (*Lot, error) {
	return oneLot(ctx, q, `SELECT `+lotColumns+` WHERE l.id = @id`, pgx.NamedArgs{"id": id})
}

func oneLot(ctx context.Context, q store.Querier, sql string, args pgx.NamedArgs) (*Lot, error) {
	lots, err := manyLots(ctx, q, sql, args)
	if err == nil && len(lots) == 0 {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return lots[0], nil
}

func manyLots(ctx context.Context, q store.Querier, sql string, args pgx.NamedArgs) ([]*Lot, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[lotRow])
	if err != nil {
		return nil, err
	}
	out := make([]*Lot, len(found))
	for i, r := range found {
		if out[i], err = r.lot(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// updateLot writes what a rule may change. The database refuses an illegal move a second time.
func updateLot(ctx context.Context, tx pgx.Tx, l *Lot) error {
	var end lotRow
	if e := l.Ended; e != nil {
		end = lotRow{TerminatedAt: &e.At, Ground: &e.Ground, EndWords: &e.Words}
	}
	_, err := tx.Exec(ctx, `UPDATE lot SET version = @version, state = @state,
		requirement = @requirement, requirement_digest = @digest, custodians = @custodians, deadline = @deadline,
		published_at = @published_at, closed_at = @closed_at, opened_at = @opened_at,
		terminated_at = @terminated_at, terminated_ground = @ground, terminated_words = @words
		WHERE id = @id`, pgx.NamedArgs{
		"id": l.ID, "version": l.Version, "state": l.State,
		"requirement": l.requirement, "digest": digestOrNull(l.frozen), "custodians": l.custodianKeys, "deadline": l.End.Deadline,
		"published_at": l.PublishedAt, "closed_at": l.ClosedAt, "opened_at": l.OpenedAt,
		"terminated_at": end.TerminatedAt, "ground": end.Ground, "words": end.EndWords})
	return translate(err)
}

func digestOrNull(d signing.Digest) []byte {
	if d.IsZero() {
		return nil
	}
	return d[:]
}

func writeEvents(ctx context.Context, tx pgx.Tx, lot string, events []event) error {
	for _, e := range events {
		_, err := tx.Exec(ctx, `INSERT INTO lot_event (lot, seq, kind, at, actor, data, leaf)
			VALUES (@lot, @seq, @kind, @at, @actor, @data, @leaf)`, pgx.NamedArgs{
			"lot": lot, "seq": e.Seq, "kind": e.Kind, "at": e.At, "actor": e.Actor, "data": string(e.Data), "leaf": e.leaf.Commitment[:]})
		if err != nil {
			return translate(err)
		}
		if err := translog.EnqueueTx(ctx, tx, e.leaf); err != nil {
			return err
		}
	}
	return nil
}

// translate turns the constraints that stand for a rule into that rule's refusal.
func translate(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.ConstraintName {
	case "incident_open":
		return party.Conflict("incident.open", "该标段已有一件等待认定的应急事件；请在该事件中补充证据")
	case "accepted_letter_pkey":
		return party.Conflict("incident.letter_accepted", "其中有保函已在本标段另一应急事件中获得认可；请去掉后重新签名")
	case "closing_terminated":
		return errTerminated
	case "objection_open":
		return party.Conflict("objection.open", "本单位对该标段已有一件未答复的异议或质疑；请等待答复，或撤回后重新提出")
	case "award_objection":
		return errObjectionOpen
	case "bid_uniq":
		return ErrAlreadyBid
	case "bid_pkey":
		return ErrBidHandedIn
	case "project_code_key":
		return party.Conflict("project.code_used", "该项目编号已登记；请核对编号")
	case "lot_project_code_key":
		return party.Conflict("lot.code_used", "该项目下已有此标段编号；请核对编号")
	}
	return store.Bare(err)
}
