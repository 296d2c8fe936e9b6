package banks

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/clock"
	"baohan/party"
	"baohan/signing"
)

// Config is what the desk stands on.
type Config struct {
	Pool        *pgxpool.Pool
	Clock       clock.Clock
	Party       *party.Desk
	Papers      Papers              // *guarantee.Desk; may be set after NewDesk, before anything is sent
	Once        *party.Once         // gives a retry by hand one answer; only Retry needs it
	Platform    signing.Signer      // signs what we send
	Certificate signing.Certificate // its certificate: the key id that institutions pin

	// Hosts lists every host:port to which anything may be sent. An institution's address is checked against it
	// when it is admitted and again at every delivery.
	Hosts []string
	// Networks lists the private networks that an allow-listed name may lead to: leased lines, or loopback in a
	// demonstration. Every other address that is not public is refused when it is dialled.
	Networks []netip.Prefix

	Timeout  time.Duration // for one delivery; 0 = 15 s
	Attempts int           // before a message is a dead letter; 0 = 36, a day
	Log      *slog.Logger  // nil = slog.Default()
}

// Desk does the verbs of this room.
type Desk struct {
	Config
	egress egress
}

// NewDesk returns the desk over c. It refuses an allow-list that does not read as host:port.
func NewDesk(c Config) (*Desk, error) {
	if c.Timeout == 0 {
		c.Timeout = 15 * time.Second
	}
	if c.Attempts == 0 {
		c.Attempts = 36
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	out, err := newEgress(c.Hosts, c.Networks, c.Timeout)
	if err != nil {
		return nil, fmt.Errorf("banks: %w", err)
	}
	return &Desk{Config: c, egress: out}, nil
}

// change is where every transaction of this room begins. No institution is asked inside it.
func (d *Desk) change(ctx context.Context, work func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, d.Pool, work)
}
