package guarantee

import (
	"context"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Assure is the platform's signed word to the owner on what it holds of an application now, of what stands in clear:
// digests, states, latest expiry, the instant of arrival. It opens nothing, and to anyone else the application does
// not exist.
func (d *Desk) Assure(ctx context.Context, by party.Actor, id string) ([]byte, error) {
	g, err := d.OwnOne(ctx, by, id)
	if err != nil {
		return nil, err
	}
	own, err := d.OwnCopy(ctx, by, id)
	if err != nil {
		return nil, err
	}
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return nil, err
	}
	a := g.assurance(letter.SealedDigest(own.Sealed))
	a.At = now.In(calendar.Shanghai)
	content, err := a.Canonical()
	if err != nil {
		return nil, err
	}
	return signing.SignData(ctx, d.Platform, d.PlatformChain, content, now)
}

func (g *Guarantee) assurance(record signing.Digest) letter.Assurance {
	a := letter.Assurance{Version: 1, Application: g.ID, Guarantor: g.Guarantor, Mode: g.Mode, Commitment: signing.Digest(g.Commitment),
		Ceiling: g.Ceiling, LatestExpiry: calendar.DateOf(g.LatestExpiry), Record: record,
		States: letter.PartStates{Application: string(g.ApplicationState), Fee: string(g.FeeState), Instrument: string(g.InstrumentState),
			Disclosure: string(g.DisclosureState), Verification: string(g.VerificationState), Release: string(g.ReleaseState)}}
	if g.Number != nil {
		a.Number, a.Digest = *g.Number, signing.Digest(g.LetterDigest)
	}
	if g.IssuedAt != nil {
		a.AcceptedAt = g.IssuedAt.In(calendar.Shanghai)
	}
	return a
}
