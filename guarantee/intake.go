package guarantee

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// IntakeKind says what a durable receipt holds.
type IntakeKind string

// What a beneficiary may send.
const (
	IntakeRelease    IntakeKind = "release"     // p7s of letter.Release
	IntakeLotRelease IntakeKind = "lot_release" // p7s of letter.LotRelease: one of the letters that it lists
	IntakeDemand     IntakeKind = "demand"      // Presentation of letter.Demand
	IntakeCompletion IntakeKind = "completion"  // Presentation of letter.Completion
	IntakeWithdrawal IntakeKind = "withdrawal"  // p7s of letter.Withdrawal
)

// Intake is the durable receipt of one paper of a beneficiary: what arrived, from whom, and the instant that counts
// (电子签名法 art. 11). It is committed before any lock is asked for, so that no queue, restart or slow rule makes a
// timely paper late. Processing may come later, even after a crash; the instant stays.
type Intake struct {
	ID          string
	Kind        IntakeKind
	Guarantee   string
	Sender      string
	Role        string
	Certificate []byte
	Body        []byte
	Paper       string // of a lot's release: the one paper that Body is, beside which the lot's other receipts stand
	ReceivedAt  time.Time
	ProcessedAt *time.Time
	Refusal     []byte // the refusal it ended with, if it did
}

// Present hands in one paper: durable receipt first, then its verb. The same command again finds the same receipt,
// with its first instant, and gets the same answer.
func (d *Desk) Present(ctx context.Context, cmd party.Command, kind IntakeKind, guarantee string, body []byte) (Answer, Intake, error) {
	in, err := d.received(ctx, cmd, kind, guarantee, body)
	if err != nil {
		return Answer{}, in, err
	}
	a, err := d.run(ctx, cmd, in)
	return a, in, err
}

// received writes the durable receipt. Nothing is kept of papers about sealed or foreign letters: to their sender
// these do not exist.
func (d *Desk) received(ctx context.Context, cmd party.Command, kind IntakeKind, guarantee string, body []byte) (Intake, error) {
	by := cmd.Actor
	if _, err := d.ForBeneficiary(ctx, by, guarantee); err != nil {
		return Intake{}, err
	}
	id := signing.TaggedSum("baohan/intake/1", []byte(by.USCC), []byte(by.Role), []byte(cmd.Key))
	key := hex.EncodeToString(id[:16])
	if _, err := d.Pool.Exec(ctx, `INSERT INTO intake (id, kind, guarantee, sender, role, certificate, body)
		VALUES (@id, @kind, @guarantee, @sender, @role, @certificate, @body) ON CONFLICT (id) DO NOTHING`, pgx.NamedArgs{
		"id": key, "kind": kind, "guarantee": guarantee, "sender": by.USCC, "role": by.Role, "certificate": by.Certificate[:], "body": body}); err != nil {
		return Intake{}, translate(err)
	}
	in, err := readIntake(ctx, d.Pool, key)
	if err == nil && (in.Kind != kind || in.Guarantee != guarantee || !bytes.Equal(in.Body, body)) {
		return in, party.ErrKeyReused
	}
	return in, err
}

// OpenIntakes lists receipts that nobody has processed since `since` ago: after a crash the sweeper hands them to
// Process.
func (d *Desk) OpenIntakes(ctx context.Context, since time.Duration, limit int) ([]string, error) {
	rows, err := d.Pool.Query(ctx, `SELECT id FROM intake WHERE processed_at IS NULL AND received_at <= platform_now() - @since::interval
		ORDER BY received_at LIMIT @limit`, pgx.NamedArgs{"since": since, "limit": limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Process runs the verb of a receipt that was left behind. A refusal is an outcome too, and final.
func (d *Desk) Process(ctx context.Context, id string) error {
	in, err := readIntake(ctx, d.Pool, id)
	if err != nil || in.ProcessedAt != nil {
		return err
	}
	actor := party.Actor{USCC: in.Sender, Role: party.Role(in.Role), Certificate: signing.Digest(in.Certificate)}
	_, err = d.run(ctx, party.Command{Actor: actor, Key: "intake-" + in.ID, Digest: signing.Sum(in.Body)}, in)
	if _, refused := party.RefusalOf(err); refused {
		return nil
	}
	return err
}

// run dispatches a receipt to its verb; a receipt that was refused before is refused the same way again.
func (d *Desk) run(ctx context.Context, cmd party.Command, in Intake) (Answer, error) {
	if in.Refusal != nil {
		var r party.Refusal
		if err := json.Unmarshal(in.Refusal, &r); err != nil {
			return Answer{}, err
		}
		return Answer{}, &r
	}
	verb := map[IntakeKind]func(context.Context, party.Command, Intake) (Answer, error){
		IntakeRelease: d.release, IntakeLotRelease: d.release, IntakeDemand: d.demand, IntakeCompletion: d.complete, IntakeWithdrawal: d.withdraw}[in.Kind]
	a, err := verb(ctx, cmd, in)
	if r, refused := party.RefusalOf(err); refused {
		if noted := d.noteRefusal(ctx, in.ID, r); noted != nil {
			return a, errors.Join(err, noted)
		}
	}
	return a, err
}

func (d *Desk) noteRefusal(ctx context.Context, id string, r *party.Refusal) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = d.Pool.Exec(ctx, `UPDATE intake SET processed_at = platform_now(), refusal = @refusal WHERE id = @id AND processed_at IS NULL`,
		pgx.NamedArgs{"id": id, "refusal": b})
	return store.Bare(err)
}

// ErrEarlierPaper says that a paper about the same letter arrived before this one and has not been read yet. It is no
// refusal: the later paper stays on the desk, and the sweeper reads all in the order of their receipts. That order is total,
// so nobody waits for each other.
var ErrEarlierPaper = errors.New("guarantee: a paper that arrived earlier comes first")

// takeUp begins the reading of a receipt in its verb's transaction, under the letter's lock: of two who read it, one does, and
// nobody before what arrived earlier. A release may end the letter before a demand arrived (法释〔2016〕24号 art. 11(4)), a
// demand stands against a release, and what is taken back or completed decides of what comes after it: their order is that of
// their arrival, whichever a crash left unread.
func takeUp(ctx context.Context, t *turn, in Intake) (first bool, err error) {
	if first, err = processedTx(ctx, t.tx, in.ID); err != nil || !first {
		return false, err
	}
	var waiting bool
	err = t.tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM intake WHERE guarantee = @id AND processed_at IS NULL AND received_at < @at)`,
		pgx.NamedArgs{"id": t.g.ID, "at": in.ReceivedAt}).Scan(&waiting)
	if err == nil && waiting {
		return false, ErrEarlierPaper
	}
	return true, err
}

// processedTx marks the receipt: of two who process it, one does.
func processedTx(ctx context.Context, tx pgx.Tx, id string) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE intake SET processed_at = platform_now() WHERE id = @id AND processed_at IS NULL`, pgx.NamedArgs{"id": id})
	return tag.RowsAffected() == 1, err
}

func readIntake(ctx context.Context, q store.Querier, id string) (Intake, error) {
	rows, err := q.Query(ctx, `SELECT i.id, i.kind, i.guarantee, i.sender, i.role, i.certificate, coalesce(p.signed, i.body) AS body,
		coalesce(i.paper, '') AS paper, i.received_at, i.processed_at, i.refusal
		FROM intake i LEFT JOIN lot_release p ON p.id = i.paper WHERE i.id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return Intake{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Intake])
}
