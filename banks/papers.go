package banks

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Papers is what a message carries besides its facts; *guarantee.Desk has them. They are read when the message is
// sent: a fact may be enqueued in the transaction that makes it true, its papers stand once that has committed and
// never change, so that every attempt sends the same bytes.
type Papers interface {
	Offer(ctx context.Context, id string) (guarantor string, envelope []byte, err error)
	Disclosure(ctx context.Context, id string) (*guarantee.Disclosure, error)
	ReleasePapers(ctx context.Context, id string) ([][]byte, error)
	DemandPapers(ctx context.Context, id string) (*guarantee.Demand, []guarantee.Attachment, error)
	ObjectionPapers(ctx context.Context, id string) (guarantee.Objection, []guarantee.Paper, error)
}

// compose fills a message's papers in.
func (d *Desk) compose(ctx context.Context, m delivery) ([]byte, error) {
	var out wire.ToIssuer
	if err := wire.Read(m.Body, &out); err != nil {
		return nil, fmt.Errorf("banks: message on record: %w", err)
	}
	body, err := d.body(ctx, m, out.Body)
	if err != nil {
		return nil, fmt.Errorf("banks: papers of %s: %w", m.Kind, err)
	}
	if body == nil {
		return m.Body, nil
	}
	facts, err := wire.Write(body)
	if err != nil {
		return nil, err
	}
	out.Body = jsontext.Value(facts)
	return wire.Write(out)
}

// body is nil for a message that says everything by its facts.
func (d *Desk) body(ctx context.Context, m delivery, facts []byte) (any, error) {
	switch m.Kind {
	case wire.Offered:
		_, envelope, err := d.Papers.Offer(ctx, m.Guarantee)
		return wire.OfferedBody{Envelope: envelope}, err
	case wire.Disclosed:
		return d.disclosed(ctx, m.Guarantee)
	case wire.Released:
		var b wire.ReleasedBody
		if err := wire.Read(facts, &b); err != nil {
			return nil, err
		}
		var err error
		b.Releases, err = d.Papers.ReleasePapers(ctx, m.Guarantee)
		return b, err
	case wire.DemandPresented, wire.DemandCompleted:
		return d.demand(ctx, m.Kind, facts)
	case wire.DemandObjected:
		return d.objection(ctx, facts)
	case wire.DemandAnswered:
		return d.answered(ctx, facts)
	case wire.FeeAccepted, wire.RefundDue, wire.DemandWithdrawn, wire.DemandClockMoved, wire.Ended, wire.Cancelled:
	}
	return nil, nil
}

func (d *Desk) disclosed(ctx context.Context, id string) (wire.DisclosedBody, error) {
	x, err := d.Papers.Disclosure(ctx, id)
	if err != nil {
		return wire.DisclosedBody{}, err
	}
	return wire.DisclosedBody{Reveal: x.Reveal, Undertaking: letter.UndertakingDigest(x.Undertaking),
		OpenedAt: x.DisclosedAt.In(calendar.Shanghai), Expiry: calendar.DateOf(x.FirstExpiry)}, nil
}

// demand gives the paper and its documents: with the presentation those that the paper itself names, so that a
// completion that came meanwhile does not change what is sent; with the completion all.
func (d *Desk) demand(ctx context.Context, kind wire.Kind, facts []byte) (wire.DemandBody, error) {
	var b wire.DemandBody
	if err := wire.Read(facts, &b); err != nil {
		return b, err
	}
	paper, files, err := d.Papers.DemandPapers(ctx, b.Demand)
	if err != nil {
		return b, err
	}
	named := func(guarantee.Attachment) bool { return true }
	if kind == wire.DemandPresented {
		if named, err = namedIn(paper.Signed); err != nil {
			return b, err
		}
	}
	b.Signed, b.ReceivedAt = paper.Signed, paper.PresentedAt.In(calendar.Shanghai)
	for _, f := range files {
		if named(f) {
			b.Files = append(b.Files, wire.File{Kind: f.Kind, Name: f.Name, Content: f.Bytes, Unrecognised: f.Unrecognised})
		}
	}
	return b, nil
}

func (d *Desk) objection(ctx context.Context, facts []byte) (wire.DemandObjectedBody, error) {
	var b wire.DemandObjectedBody
	if err := wire.Read(facts, &b); err != nil {
		return b, err
	}
	o, files, err := d.Papers.ObjectionPapers(ctx, b.Objection)
	if err != nil {
		return b, err
	}
	b.Signed = o.Signed
	for _, f := range files {
		b.Files = append(b.Files, wire.PaperFile{Name: f.Name, Content: f.Bytes})
	}
	return b, nil
}

// answered gives the applicant's signed answer, which is said once.
func (d *Desk) answered(ctx context.Context, facts []byte) (wire.DemandAnsweredBody, error) {
	var b wire.DemandAnsweredBody
	if err := wire.Read(facts, &b); err != nil {
		return b, err
	}
	paper, _, err := d.Papers.DemandPapers(ctx, b.Demand)
	if err != nil {
		return b, err
	}
	b.Signed = paper.AnswerSigned
	return b, nil
}

func namedIn(p7s []byte) (func(guarantee.Attachment) bool, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return nil, err
	}
	paper, err := letter.ParseDemand(signed.Content)
	return func(f guarantee.Attachment) bool {
		return slices.ContainsFunc(paper.Documents, func(n letter.Document) bool {
			return n.Kind == f.Kind && n.Digest == signing.Sum(f.Bytes)
		})
	}, err
}
