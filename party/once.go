package party

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
)

// Command is one request to change something: who, under which idempotency key, and a keyed digest of what.
type Command struct {
	Actor  Actor
	Key    string         // Idempotency-Key of the request: 1..64 printable ASCII characters
	Digest signing.Digest // MAC over method, path and body; plain digests of sealed content are never kept
}

// Once gives every command one answer for as long as the database lives: same key and bytes, same answer; other
// bytes, ErrKeyReused. The table names nobody: a row's id is a MAC, and its answer is sealed under a key that
// only the holder of the idempotency key and the platform's MAC key together can make again.
type Once struct{ key []byte }

// NewOnce takes the platform's MAC key, at least 32 bytes. Another key forgets every earlier command.
func NewOnce(macKey []byte) *Once {
	if len(macKey) < 32 {
		panic("party: NewOnce needs a MAC key of at least 32 bytes")
	}
	return &Once{key: macKey}
}

// BeginTx takes the command's place in the caller's transaction. Done means that it was answered before, and
// prior is that answer. A second caller with the same key waits here until the first commits or rolls back. A
// crash before commit leaves nothing: the command was never received.
func (o *Once) BeginTx(ctx context.Context, tx pgx.Tx, cmd Command) (prior []byte, done bool, err error) {
	if err := checkKey(cmd.Key); err != nil {
		return nil, false, err
	}
	id := o.id(cmd)
	fresh, err := insertOnce(ctx, tx, id, cmd.Digest)
	if err != nil || fresh {
		return nil, false, err
	}
	prior, err = o.read(ctx, tx, cmd)
	return prior, err == nil, err
}

// Prior reads what a command was answered before, without taking its place: for a verb that works outside a
// transaction first, and would refuse today what it accepted when the command came for the first time.
func (o *Once) Prior(ctx context.Context, q store.Querier, cmd Command) (prior []byte, done bool, err error) {
	if err := checkKey(cmd.Key); err != nil {
		return nil, false, err
	}
	prior, err = o.read(ctx, q, cmd)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return prior, err == nil, err
}

func (o *Once) read(ctx context.Context, q store.Querier, cmd Command) ([]byte, error) {
	id := o.id(cmd)
	row, err := readOnce(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if [32]byte(row.Digest) != cmd.Digest {
		return nil, ErrKeyReused
	}
	prior, err := signing.OpenGCM(o.answerKey(cmd), row.Answer, id[:])
	if err != nil {
		return nil, errors.New("party: an answer on record does not open")
	}
	return prior, nil
}

// AnswerTx records what the command was answered. It belongs in the transaction of BeginTx, as its last write.
func (o *Once) AnswerTx(ctx context.Context, tx pgx.Tx, cmd Command, answer []byte) error {
	id := o.id(cmd)
	sealed, err := signing.SealGCM(o.answerKey(cmd), answer, id[:])
	if err != nil {
		return err
	}
	return answerOnce(ctx, tx, id, sealed)
}

// id puts the sender into the name: another party's key is another key.
func (o *Once) id(cmd Command) signing.Digest {
	return signing.MAC(o.key, "baohan/once/id/1", []byte(cmd.Actor.USCC), []byte(cmd.Actor.Role), []byte(cmd.Key))
}

func (o *Once) answerKey(cmd Command) []byte {
	k := signing.MAC(o.key, "baohan/once/answer/1", []byte(cmd.Actor.USCC), []byte(cmd.Actor.Role), []byte(cmd.Key))
	return k[:16]
}

func checkKey(key string) error {
	if len(key) < 1 || len(key) > 64 {
		return Invalid("idempotency.key", "Idempotency-Key", "Idempotency-Key 须为 1 至 64 个可见 ASCII 字符；请生成后重发")
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return Invalid("idempotency.key", "Idempotency-Key", "Idempotency-Key 只能含可见 ASCII 字符；请更换后重发")
		}
	}
	return nil
}

var errAnsweredTwice = errors.New("party: a command is answered once, after BeginTx, in its transaction")
