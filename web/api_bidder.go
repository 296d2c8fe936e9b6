package web

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// object is the input of an operation on one object, named by {id}.
type object struct {
	ID string `path:"id"`
}

// ofLot is the input of an operation on one lot.
type lotIn struct {
	Lot string `path:"lot"`
}

// apply hands in an application. From here it goes to tender.Desk.Apply, which seals it under the lot's lock.
func (s *server) apply(ctx context.Context, in *lotIn, body *wire.Submission) (guarantee.Answer, error) {
	cmd := exchangeOf(ctx).command
	who, err := s.applicant(ctx, cmd.Actor)
	if err != nil {
		return guarantee.Answer{}, err
	}
	return s.tender.Apply(ctx, cmd, who, in.Lot, guarantee.Submission{Reveal: body.Reveal, Application: body.Application, Key: body.Key})
}

// applicant is the caller with the key to which its own copies are sealed.
func (s *server) applicant(ctx context.Context, a party.Actor) (guarantee.Applicant, error) {
	key, err := s.party.EncryptionKey(ctx, a.USCC)
	return guarantee.Applicant{Party: letter.Party{Name: a.Name, USCC: a.USCC}, Encryption: key}, err
}

func (s *server) applications(ctx context.Context, _ *here) (wire.ApplicationPage, error) {
	all, err := s.guarantee.Own(ctx, exchangeOf(ctx).actor)
	page := wire.ApplicationPage{Items: make([]wire.Application, 0, len(all))}
	for _, g := range all {
		item, err := s.application(ctx, g)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, item)
	}
	return page, err
}

func (s *server) readApplication(ctx context.Context, in *object) (wire.Application, error) {
	g, err := s.guarantee.OwnOne(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.Application{}, err
	}
	out, err := s.application(ctx, g)
	if err != nil {
		return out, err
	}
	out.Reason, err = s.reason(ctx, g)
	return out, err
}

func (s *server) application(ctx context.Context, g *guarantee.Guarantee) (wire.Application, error) {
	out := wire.Application{
		ID: g.ID, Version: g.Version, Guarantor: g.Guarantor, Mode: g.Mode, Ceiling: g.Ceiling,
		LatestExpiry: calendar.DateOf(g.LatestExpiry), FeeDue: feeDue(g), Commitment: digest(g.Commitment), Digest: digest(g.ApplicationDigest),
		Application: string(g.ApplicationState), Fee: string(g.FeeState), Instrument: string(g.InstrumentState),
		Disclosure: string(g.DisclosureState), Verification: string(g.VerificationState), Release: string(g.ReleaseState),
		Number: value(g.Number), Undertaking: digest(g.LetterDigest), Receipt: g.Receipt, SubmittedAt: local(g.SubmittedAt),
	}
	var err error
	if out.ReleaseClock, err = s.releaseClock(ctx, g); err != nil {
		return out, err
	}
	err = s.next(ctx, g, &out)
	return out, err
}

// next says what the applicant waits for, or where it pays: the institution's answer while none was given, its cashier
// while the fee is due and never before or after.
func (s *server) next(ctx context.Context, g *guarantee.Guarantee, out *wire.Application) error {
	switch {
	case g.ApplicationState == guarantee.Submitted || g.ApplicationState == guarantee.Underwriting:
		by, err := s.banks.AnswerBy(ctx, g.Guarantor, letter.WordingRef{ID: g.Wording, Version: g.WordingVersion}, g.Mode, g.SubmittedAt)
		out.AnswerBy = local(by)
		return err
	case g.FeeState == guarantee.FeePending:
		i, err := s.banks.Institution(ctx, g.Guarantor)
		out.Cashier = i.PayAt(g.ID)
		return err
	}
	return nil
}

// feeDue is the fee that is agreed, or offered, or was quoted: whichever is the latest word.
func feeDue(g *guarantee.Guarantee) letter.Fen {
	switch {
	case g.Fee != nil:
		return *g.Fee
	case g.FeeOffered != nil:
		return *g.FeeOffered
	}
	return g.QuotedFee
}

// reason finds the institution's words when it declined or could not issue.
func (s *server) reason(ctx context.Context, g *guarantee.Guarantee) (string, error) {
	if g.ApplicationState != guarantee.Declined && g.InstrumentState != guarantee.IssueFailed {
		return "", nil
	}
	events, err := s.guarantee.EventsSince(ctx, g.ID, 0)
	if err != nil {
		return "", err
	}
	var said struct {
		Reason string `json:"reason"`
	}
	for _, e := range events {
		if e.Kind == guarantee.EventDeclined || e.Kind == guarantee.EventIssueFailed {
			err = json.Unmarshal(e.Data, &said)
		}
	}
	return said.Reason, err
}

// readCopy gives the owner what it needs to prove its letter without us. Only the owner's own keys open it.
func (s *server) readCopy(ctx context.Context, in *object) (wire.Copy, error) {
	c, err := s.guarantee.OwnCopy(ctx, exchangeOf(ctx).actor, in.ID)
	if err != nil {
		return wire.Copy{}, err
	}
	out := wire.Copy{ID: c.ID, RecordVersion: 1, Receipt: c.Receipt, OwnerRecord: c.OwnerRecord, OwnerLetter: c.OwnerLetter}
	if err := out.Record.UnmarshalBinary(c.Sealed); err != nil {
		return wire.Copy{}, err
	}
	if letter.Mode(c.Mode) == letter.ModeBlind || c.Letter == nil {
		out.Undertaking = c.Letter
		return out, nil
	}
	out.Letter = &signing.Sealed{}
	return out, out.Letter.UnmarshalBinary(c.Letter)
}

func (s *server) cancel(ctx context.Context, in *object, _ *nothing) (guarantee.Answer, error) {
	return s.guarantee.Cancel(ctx, exchangeOf(ctx).command, in.ID)
}

func (s *server) acceptFee(ctx context.Context, in *object, body *wire.AcceptFee) (guarantee.Answer, error) {
	return s.guarantee.AcceptFee(ctx, exchangeOf(ctx).command, in.ID, body.Fee)
}

// digest reads a stored digest; an absent one is zero.
func digest(b []byte) signing.Digest {
	if len(b) != len(signing.Digest{}) {
		return signing.Digest{}
	}
	return signing.Digest(b)
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// local is an instant as the wire writes it: at +08:00, in microseconds.
func local(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(calendar.Shanghai).Truncate(time.Microsecond)
}
