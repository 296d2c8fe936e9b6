package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Config is one sandbox institution.
type Config struct {
	Me           client.Identity
	Form         letter.Form // what its licence allows
	Platform     client.Platform
	Certificates []signing.Certificate // the platform's
	Journal      string                // path of the journal
	Place        string                // where demands are presented, as letters say it
	Prefix       string                // of its numbers: [A-Z0-9-], up to 16
	MaxCeiling   letter.Fen            // what it underwrites at most
	Rate         int64                 // its price: parts per million of the ceiling
	MinFee       letter.Fen            // and not below
	Operator     string                // token of the operator's pages; empty = from this machine only
	Second       *client.Identity      // the colleague who issues and pays, where two people are asked for; nil: Me does all
	Stranger     *client.Identity      // somebody else's keys, for the fault wrong_key
	Behaviour    Behaviour             // before anyone changes it
	Log          *slog.Logger
}

// Bank is a sandbox institution.
type Bank struct {
	Config
	say    *client.Institution
	second *client.Institution // issues and pays

	mu      sync.Mutex
	journal *journal
	book    *book
	rest    map[string]rest // files whose last word went unanswered
	wake    chan struct{}
}

// rest is how long a file waits before the bank tries again.
type rest struct {
	until time.Time
	tries int
}

var prefix = regexp.MustCompile(`^[A-Z0-9-]{1,16}$`)

// Open reads the journal and returns the bank as it was. Close it.
func Open(c Config) (*Bank, error) {
	if err := c.Behaviour.check(); err != nil {
		return nil, err
	}
	if !prefix.MatchString(c.Prefix) {
		return nil, fmt.Errorf("sandbox: prefix %q is not 1 to 16 of A-Z, 0-9 and -", c.Prefix)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	say, err := client.NewInstitution(c.Platform, c.Me, c.Certificates...)
	if err != nil {
		return nil, err
	}
	second := say
	if c.Second != nil {
		if second, err = client.NewInstitution(c.Platform, *c.Second, c.Certificates...); err != nil {
			return nil, err
		}
	}
	j, entries, err := openJournal(c.Journal)
	if err != nil {
		return nil, err
	}
	b := &Bank{Config: c, say: say, second: second, journal: j, book: newBook(c.Behaviour), rest: map[string]rest{}, wake: make(chan struct{}, 1)}
	for _, e := range entries {
		b.book.apply(e)
	}
	return b, nil
}

// Close gives the journal back.
func (b *Bank) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.journal.close()
}

// note makes one line durable, folds it in, and wakes the worker. The caller holds mu.
func (b *Bank) note(ev event, guarantee, demand string, data any) error {
	raw, err := json.Marshal(data, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("sandbox: %s: %w", ev, err)
	}
	e := entry{At: b.Platform.Clock.Now(), Event: ev, Guarantee: guarantee, Demand: demand, Data: raw}
	if err := b.journal.append(e); err != nil {
		return fmt.Errorf("sandbox: journal: %w", err)
	}
	b.book.apply(e)
	b.nudge()
	return nil
}

func (b *Bank) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *Bank) write(ev event, guarantee, demand string, data any) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.note(ev, guarantee, demand, data)
}

// Behave changes how the bank behaves from now on.
func (b *Bank) Behave(how Behaviour) error {
	if err := how.check(); err != nil {
		return err
	}
	return b.write(behaving, "", "", how)
}

func (b *Bank) behaviour() Behaviour {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.book.mode
}

// Books lists every letter that is or was in force, as the bank has it.
func (b *Bank) Books() []wire.BookEntry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.book.entries()
}

// Agree compares the bank's book with the platform's, now.
func (b *Bank) Agree(ctx context.Context) ([]client.Difference, error) {
	platform, err := b.say.Book(ctx)
	if err != nil {
		return nil, err
	}
	return client.Agree(b.Books(), inForceOnly(platform)), nil
}

// inForceOnly leaves out what never became a letter: applications in progress are in the platform's list too.
func inForceOnly(all []wire.BookEntry) (some []wire.BookEntry) {
	for _, e := range all {
		switch e.State {
		case "none", "issuing", "failed":
		default:
			some = append(some, e)
		}
	}
	return some
}

var errDown = errors.New("sandbox: the bank is down")

// receive is the receiver's Handle: a message is durable when it returns nil. One seen before, or older than the
// last of its guarantee, is a repetition; one from the future waits until the ones before it have come.
func (b *Bank) receive(_ context.Context, m wire.ToIssuer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.book.mode.Fault == "down" {
		return errDown
	}
	var seq int64
	if f, known := b.book.files[m.Guarantee]; known {
		if f.Messages[m.Message] {
			return nil
		}
		seq = f.Seq
	}
	if m.Seq != seq+1 {
		return fmt.Errorf("sandbox: message %d of a guarantee came after %d", m.Seq, seq)
	}
	return b.note(received, m.Guarantee, "", m)
}
