package guarantee

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// LotPaper is a beneficiary's one paper that releases several letters of a lot, as it is handed in.
type LotPaper struct {
	LotID string
	Lot   letter.Lot
	Body  []byte // p7s of letter.LotRelease
	// Held tells the letters that are not released by accident: each of them must be named early in the paper. It is asked
	// once, in the transaction of the receipt, and keeps the tender's course from moving until that is written.
	Held func(ctx context.Context, tx pgx.Tx) (func(guarantee string) bool, error)
}

// LotReceipt is the paper's durable receipt with what became of each letter, in the order of their ids.
type LotReceipt struct {
	ID         string
	ReceivedAt time.Time // the instant that counts for every letter
	Letters    []LotOutcome
}

// LotOutcome is what became of one letter: released; signed, where other joint beneficiaries have yet to sign; refused,
// with the reason; or received, where something else comes first and the sweeper goes on.
type LotOutcome struct {
	Guarantee string
	Number    string
	State     string
	Unsigned  []string // USCC, of a letter that was signed
	Refusal   *party.Refusal
}

// ErrHeld refuses one letter of a lot's paper: its bidder may still become the winner (candidates 1 to 3), or its security
// is not to be given back (条例74).
var ErrHeld = &party.Refusal{Kind: party.KindConflict, Code: "release.held", Field: "letters",
	Message: "该投标人仍可能中标，或者其投标担保依法可不予解除，不随标段一并解除；确要提前解除的，请在通知中对该保函注明 early 后重新签名"}

// PresentLotRelease hands in one paper for many letters. One durable receipt comes first, before any letter's lock; then each letter
// is released by a transaction of its own, in the order of their ids, exactly as by a paper of its own: a letter with an
// open demand is refused and the others go on. The same command again finds the same receipts. What a crash leaves is
// taken up by the sweeper, letter by letter.
//
// The receipt is returned also with an error, if it was written: then the letters that are "received" are still to come.
func (d *Desk) PresentLotRelease(ctx context.Context, cmd party.Command, p LotPaper) (LotReceipt, error) {
	by := cmd.Actor
	if by.Role != party.Beneficiary {
		return LotReceipt{}, ErrNotFound
	}
	tag := signing.TaggedSum("baohan/lot-release/1", []byte(by.USCC), []byte(by.Role), []byte(cmd.Key))
	id := hex.EncodeToString(tag[:16])
	if err := d.receiveLot(ctx, by, id, p); err != nil {
		return LotReceipt{}, err
	}
	fault := d.processLot(ctx, id)
	receipt, err := d.lotReceipt(ctx, id)
	return receipt, errors.Join(err, fault)
}

// receiveLot writes the paper's receipt and one for each letter, of the same instant, in one transaction. Of two that come
// with the same key the second waits here and finds the first one's.
func (d *Desk) receiveLot(ctx context.Context, by party.Actor, id string, p LotPaper) error {
	return d.within(ctx, func(tx pgx.Tx) error {
		r, err := readLotPaper(by, p)
		if err != nil {
			return err
		}
		if err := ofLot(ctx, tx, by, r); err != nil {
			return err
		}
		held, err := p.Held(ctx, tx)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `INSERT INTO lot_release (id, lot, sender, signed, received_at)
			VALUES (@id, @lot, @sender, @signed, platform_now()) ON CONFLICT (id) DO NOTHING`,
			pgx.NamedArgs{"id": id, "lot": p.LotID, "sender": by.USCC, "signed": p.Body})
		if err != nil {
			return store.Bare(err)
		}
		if tag.RowsAffected() == 0 {
			return sameLotPaper(ctx, tx, id, p)
		}
		return insertLotIntakes(ctx, tx, by, id, r, held)
	})
}

// readLotPaper reads what the paper lists. Whether its signature holds is decided letter by letter, as of the receipt;
// what cannot be read can be filed under no letter and leaves no receipt.
func readLotPaper(by party.Actor, p LotPaper) (letter.LotRelease, error) {
	signed, err := signing.ParseSignedData(p.Body)
	if err != nil {
		return letter.LotRelease{}, refuse("release", err)
	}
	r, err := letter.ParseLotRelease(signed.Content)
	switch {
	case err != nil:
		return r, refuse("release", err)
	case r.Lot.Project != p.Lot.Project || r.Lot.Code != p.Lot.Code:
		return r, mismatch("release.lot", "lot", "解除通知所指的标段与本标段不一致；请重新生成解除通知并签名")
	case r.Beneficiary.USCC != by.USCC:
		return r, mismatch("release.beneficiary", "beneficiary", "解除通知的受益人与登录单位不一致")
	}
	return r, nil
}

// ofLot refuses a paper that lists what is no published letter of the lot in the sender's favour: to the sender such a
// letter does not exist.
func ofLot(ctx context.Context, q store.Querier, by party.Actor, r letter.LotRelease) error {
	ids := make([]string, len(r.Letters))
	for i, e := range r.Letters {
		ids[i] = e.Guarantee
	}
	var known int
	err := q.QueryRow(ctx, `SELECT count(*) FROM disclosure WHERE guarantee = ANY(@ids) AND project = @project AND lot = @lot
		AND beneficiaries @> ARRAY[@uscc]`, pgx.NamedArgs{"ids": ids, "project": r.Lot.Project, "lot": r.Lot.Code, "uscc": by.USCC}).Scan(&known)
	if err == nil && known != len(ids) {
		return party.Invalid("release.letters", "letters", "通知列明的保函不全是本标段以本单位为受益人的保函；请按保函清单重新生成")
	}
	return err
}

func sameLotPaper(ctx context.Context, q store.Querier, id string, p LotPaper) error {
	var lot string
	var signed []byte
	err := q.QueryRow(ctx, `SELECT lot, signed FROM lot_release WHERE id = @id`, pgx.NamedArgs{"id": id}).Scan(&lot, &signed)
	if err == nil && (lot != p.LotID || !bytes.Equal(signed, p.Body)) {
		return party.ErrKeyReused
	}
	return err
}

// insertLotIntakes writes a receipt for each letter; one that is held and not named early is refused from the beginning.
func insertLotIntakes(ctx context.Context, tx pgx.Tx, by party.Actor, id string, r letter.LotRelease, held func(string) bool) error {
	refusal, err := json.Marshal(ErrHeld)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, e := range r.Letters {
		tag := signing.TaggedSum("baohan/lot-release/letter/1", []byte(id), []byte(e.Guarantee))
		why := []byte(nil)
		if held(e.Guarantee) && !e.Early {
			why = refusal
		}
		b.Queue(`INSERT INTO intake (id, kind, guarantee, sender, role, certificate, body, paper, received_at, processed_at, refusal)
			SELECT @id, 'lot_release', @guarantee, @sender, @role, @certificate, '', p.id, p.received_at,
				CASE WHEN @refusal::bytea IS NULL THEN NULL ELSE p.received_at END, @refusal FROM lot_release p WHERE p.id = @paper`, pgx.NamedArgs{
			"id": hex.EncodeToString(tag[:16]), "guarantee": e.Guarantee, "sender": by.USCC, "role": by.Role,
			"certificate": by.Certificate[:], "paper": id, "refusal": why})
	}
	return store.Bare(tx.SendBatch(ctx, b).Close())
}

// processLot runs what is left of a paper, in the order of the letters' ids. A refusal is an outcome of its letter, and so
// is waiting for an earlier demand; any other error stops here and leaves the rest to the sweeper.
func (d *Desk) processLot(ctx context.Context, id string) error {
	rows, err := d.Pool.Query(ctx, `SELECT id FROM intake WHERE paper = @id AND processed_at IS NULL ORDER BY guarantee`, pgx.NamedArgs{"id": id})
	if err != nil {
		return err
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, one := range left {
		if err := d.Process(ctx, one); err != nil && !errors.Is(err, ErrEarlierPaper) {
			return err
		}
	}
	return nil
}

// lotReceipt reads what became of each letter. It says for ever what it was when the paper took effect: whether others
// signed after it changes nothing here.
func (d *Desk) lotReceipt(ctx context.Context, id string) (LotReceipt, error) {
	out := LotReceipt{ID: id}
	if err := d.Pool.QueryRow(ctx, `SELECT received_at FROM lot_release WHERE id = @id`, pgx.NamedArgs{"id": id}).Scan(&out.ReceivedAt); err != nil {
		return out, err
	}
	rows, err := d.Pool.Query(ctx, lotOutcomes, pgx.NamedArgs{"id": id})
	if err != nil {
		return out, err
	}
	var o LotOutcome
	var refusal []byte
	_, err = pgx.ForEachRow(rows, []any{&o.Guarantee, &o.Number, &o.State, &o.Unsigned, &refusal}, func() error {
		one := o
		if refusal != nil {
			one.Refusal = &party.Refusal{}
			if err := json.Unmarshal(refusal, one.Refusal); err != nil {
				return err
			}
		}
		out.Letters = append(out.Letters, one)
		return nil
	})
	return out, err
}

// lotOutcomes finds, for each letter, the event of this beneficiary's signature that this receipt made: the guarantee ended
// by it when the next event says so. Whoever had not signed by then is unsigned.
const lotOutcomes = `
	SELECT i.guarantee, g.number,
		CASE WHEN i.refusal IS NOT NULL THEN 'refused' WHEN i.processed_at IS NULL THEN 'received'
			WHEN EXISTS (SELECT 1 FROM guarantee_event r WHERE r.guarantee = i.guarantee AND r.seq = s.seq + 1 AND r.kind = 'released') THEN 'released'
			ELSE 'signed' END AS state,
		CASE WHEN i.refusal IS NULL AND s.seq IS NOT NULL THEN (SELECT array_agg(b ORDER BY n) FROM disclosure x, unnest(x.beneficiaries) WITH ORDINALITY AS u (b, n)
			WHERE x.guarantee = i.guarantee AND NOT EXISTS (SELECT 1 FROM guarantee_event o
				WHERE o.guarantee = i.guarantee AND o.kind = 'release_signed' AND o.seq <= s.seq AND o.data->>'beneficiary' = b)) END AS unsigned,
		i.refusal
	FROM intake i JOIN guarantee g ON g.id = i.guarantee
	LEFT JOIN LATERAL (SELECT e.seq FROM guarantee_event e WHERE e.guarantee = i.guarantee AND e.kind = 'release_signed'
		AND e.data->>'beneficiary' = i.sender AND e.data->>'paper' = i.id ORDER BY e.seq LIMIT 1) s ON i.processed_at IS NOT NULL
	WHERE i.paper = @id ORDER BY i.guarantee`
