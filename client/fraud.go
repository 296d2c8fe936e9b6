package client

import (
	"context"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// DemandsAgainst reads every demand against the bidder's letter, step by step.
func (b *Bidder) DemandsAgainst(ctx context.Context, guarantee string) (wire.DemandStories, error) {
	var s wire.DemandStories
	return s, b.get(ctx, "/guarantees/"+url.PathEscape(guarantee)+"/demands", &s)
}

// ObjectToDemand tells the guarantor that a demand is fraud (法释〔2016〕24号12), signed. It stops no clock: only a court stops a
// payment, and the applicant asks it. The letter is the bidder's own copy.
func (b *Bidder) ObjectToDemand(ctx context.Context, u letter.Undertaking, d wire.DemandStory, ground, statement string, files []wire.PaperFile) (wire.Objected, error) {
	id, at := newID(), b.at()
	o := letter.Objection{Version: 1, ID: id, Demand: d.Demand.ID, DemandDigest: d.Digest, Guarantee: d.Demand.Guarantee, Number: u.Number,
		Guarantor: u.Guarantor, Applicant: b.me.Party, Ground: ground, Statement: statement, Documents: []letter.FileDigest{}, At: at}
	for _, f := range files {
		o.Documents = append(o.Documents, letter.FileDigest{Name: f.Name, Digest: signing.Sum(f.Content)})
	}
	content, err := o.Canonical()
	paper, err := b.me.paper(ctx, content, err, at)
	if err != nil {
		return wire.Objected{}, err
	}
	var out wire.Objected
	return out, b.post(ctx, "/demands/"+url.PathEscape(d.Demand.ID)+"/objections", "object-"+id, wire.Object{Objection: paper, Files: files}, &out)
}
