package custody

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/signing"
)

// Postponement says that a lot's deadline moves from one instant to a later one. It counts when centre and supervisor
// have both signed the same bytes: who could move the deadline alone could keep a lot shut for ever.
type Postponement struct {
	Version int       `json:"version"` // 1
	Project string    `json:"project"`
	Lot     string    `json:"lot"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Reason  string    `json:"reason"`
}

// Order is a postponement with its two signatures: SignedData over the same Canonical bytes.
type Order struct {
	Centre     []byte `json:"centre"`
	Supervisor []byte `json:"supervisor"`
}

// Check holds for a postponement to a later instant, with its reason.
func (p Postponement) Check() error {
	if p.Version != 1 || p.Project == "" || p.Lot == "" || p.Reason == "" || !p.To.After(p.From) {
		return fmt.Errorf("%w: version, project, lot, reason and a later time are needed", ErrOrder)
	}
	return nil
}

// Canonical is what both sign (RFC 8785).
func (p Postponement) Canonical() ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	v := jsontext.Value(b)
	err = v.Canonicalize()
	return v, err
}

// ParsePostponement reads what Canonical wrote.
func ParsePostponement(b []byte) (p Postponement, err error) {
	if err := json.Unmarshal(b, &p, json.RejectUnknownMembers(true)); err != nil {
		return p, fmt.Errorf("%w: %w", ErrOrder, err)
	}
	again, err := p.Canonical()
	if err == nil && !bytes.Equal(again, b) {
		err = fmt.Errorf("%w: not canonical", ErrOrder)
	}
	return p, err
}

// Postpone moves the instant before which nothing is given, later only. It comes before the old deadline by the
// agent's clock: after that the lot may be closed already. The same order again changes nothing.
func (a *Agent) Postpone(_ context.Context, o Order) error {
	p, err := ReadOrder(o, a.Trust, a.Centre, a.Supervisor, a.Clock.Now())
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := a.load(p.Project, p.Lot)
	switch {
	case err != nil:
		return err
	case f == nil:
		return ErrNoKey
	case f.obeyed(p):
		return nil
	case !p.From.Equal(f.NotBefore) || !a.Clock.Now().Before(f.NotBefore) || !f.Bids.IsZero():
		return ErrOrder
	}
	f.NotBefore, f.Orders = p.To, append(f.Orders, o)
	return a.save(f)
}

// obeyed tells an order that says the same, also when it was signed again.
func (f *lotFile) obeyed(p Postponement) bool {
	return slices.ContainsFunc(f.papers(), func(old Postponement) bool { return old.From.Equal(p.From) && old.To.Equal(p.To) })
}

// movedFrom tells a deadline that an order moved away.
func (f *lotFile) movedFrom(t time.Time) bool {
	return slices.ContainsFunc(f.papers(), func(old Postponement) bool { return old.From.Equal(t) })
}

// papers are the orders that were obeyed, as they were believed then.
func (f *lotFile) papers() []Postponement {
	var out []Postponement
	for _, o := range f.Orders {
		signed, err := signing.ParseSignedData(o.Centre)
		if err != nil {
			continue
		}
		if p, err := ParsePostponement(signed.Content); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// ReadOrder believes two different organisations with two different keys over the same bytes, each by a certificate that
// is good now. ErrOrder says that it is not such an order.
func ReadOrder(o Order, trust *signing.Trust, centre, supervisor string, now time.Time) (Postponement, error) {
	one, err := signedBy(o.Centre, trust, centre, now)
	if err != nil {
		return Postponement{}, fmt.Errorf("%w: centre: %w", ErrOrder, err)
	}
	other, err := signedBy(o.Supervisor, trust, supervisor, now)
	if err != nil {
		return Postponement{}, fmt.Errorf("%w: supervisor: %w", ErrOrder, err)
	}
	if centre == supervisor || one.Signer().PublicKey().Equal(other.Signer().PublicKey()) || !bytes.Equal(one.Content, other.Content) {
		return Postponement{}, ErrOrder
	}
	return ParsePostponement(one.Content)
}

var errSigner = errors.New("custody: signed by another organisation")

// signedBy reads SignedData of the organisation with this 统一社会信用代码, by a certificate that is good now.
func signedBy(p7s []byte, trust *signing.Trust, uscc string, now time.Time) (signing.SignedData, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return signed, err
	}
	if err := signed.Verify(trust, now); err != nil {
		return signed, err
	}
	if uscc == "" || signed.Signer().Subject().OrganizationID != uscc {
		return signed, errSigner
	}
	return signed, nil
}
