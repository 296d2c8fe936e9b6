package translog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/clock"
	"baohan/signing"
	"baohan/signing/tlog"
)

var (
	// ErrCorrupt says that what is stored is not what was logged. The log stops: nothing is signed until people have
	// looked. The text names the place.
	ErrCorrupt = errors.New("translog: stored bytes are not what was logged")
	// ErrConfig says that a log cannot be run as it was asked to.
	ErrConfig = errors.New("translog: configuration")
	// ErrUnknown says that a leaf, or a size, is not in the log.
	ErrUnknown = errors.New("translog: not in the log")
	// ErrNotYet says that a leaf waits for the next head.
	ErrNotYet = errors.New("translog: not in a signed head yet")
)

// MaxBatch bounds what one beat appends, and with it what one recheck reads.
const MaxBatch = 4096

// Config is what a log needs. All but Old, Witnesses and Quorum must be given.
type Config struct {
	Pool   *pgxpool.Pool
	Clock  clock.Clock
	Key    tlog.Key       // its name is the log's origin
	Signer signing.Signer // holds Key
	Old    []tlog.Key     // signed earlier heads, and sign no more

	// Batch leaves are appended at every beat, Every, neither more nor less: together they are the most that the log
	// takes, and all that its size tells. Public, and not to be changed often: a change is seen.
	Batch int
	Every time.Duration
	// Within is what a receipt promises: the time from a leaf's minute to the head that holds it.
	Within time.Duration

	Witnesses []tlog.Key // whose word is kept
	Quorum    int        // so many make a head better than a newer one, in a proof
	Log       *slog.Logger
}

// Log is one transparency log. It keeps nothing between calls: any number of processes may hold it, and one writes.
type Log struct {
	Config
	reached func(step string) // tests stop the writer between two steps
}

// New checks the configuration. It asks neither the database nor the key.
func New(c Config) (*Log, error) {
	switch {
	case c.Pool == nil || c.Clock == nil || c.Signer == nil || c.Log == nil:
		return nil, fmt.Errorf("%w: something is missing", ErrConfig)
	case c.Key.IsWitness() || !c.Signer.Public().Equal(c.Key.Public()):
		return nil, fmt.Errorf("%w: the signer does not hold the log's key", ErrConfig)
	case c.Batch < 1 || c.Batch > MaxBatch || c.Every < time.Second || c.Within < 2*c.Every+time.Minute:
		return nil, fmt.Errorf("%w: batches of %d every %v, promised within %v", ErrConfig, c.Batch, c.Every, c.Within)
	case c.Quorum < 0 || c.Quorum > len(c.Witnesses):
		return nil, fmt.Errorf("%w: %d of %d witnesses", ErrConfig, c.Quorum, len(c.Witnesses))
	}
	return &Log{c, func(string) {}}, nil
}

// keys are the log's own, new and old.
func (l *Log) keys() []tlog.Key { return append([]tlog.Key{l.Key}, l.Old...) }

// EnqueueTx hands a leaf in, in the transaction that makes its fact true: with it the leaf stays or goes. It waits for
// nobody, and the same leaf twice is one leaf. The leaf enters the log with one of the next batches.
func EnqueueTx(ctx context.Context, tx pgx.Tx, leaf tlog.Leaf) error {
	_, err := tx.Exec(ctx, enqueueSQL, enqueueArgs(leaf))
	return err
}

// Queue is EnqueueTx among statements that are sent together, in that transaction.
func Queue(b *pgx.Batch, leaf tlog.Leaf) { b.Queue(enqueueSQL, enqueueArgs(leaf)) }

const enqueueSQL = `INSERT INTO log_pending (leaf, salt) SELECT @leaf, @salt
	WHERE NOT EXISTS (SELECT FROM log_leaf WHERE leaf = @leaf) ON CONFLICT DO NOTHING`

func enqueueArgs(leaf tlog.Leaf) pgx.NamedArgs {
	return pgx.NamedArgs{"leaf": leaf.Commitment[:], "salt": leaf.Salt[:]}
}
