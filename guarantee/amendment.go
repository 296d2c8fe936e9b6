package guarantee

import (
	"bytes"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Amendment is an accepted amendment as it is kept.
type Amendment struct {
	Guarantee    string
	N            int
	Cause        letter.AmendmentCause
	Demand       string
	Prior        time.Time // date: the last day before it
	Expiry       time.Time // date
	LatestExpiry time.Time // date
	Signed       []byte    // letter.Amendment, signed by the guarantor
	Receipt      []byte    // letter.AmendmentReceipt, signed by the platform
	AcceptedAt   time.Time

	Content letter.Amendment `db:"-"` // what Signed says
}

// errAmendedOtherwise refuses a second amendment of a number, or for a demand: which was first stands for ever.
var errAmendedOtherwise = party.Conflict("amendment.another", "这一号修改函，或者对这笔索赔的延期，已有另一份生效；请查询最新状态，不要再次签发")

// Amendments are a published letter's, in their order; none before the opening.
func (d *Desk) Amendments(ctx context.Context, id string) ([]Amendment, error) {
	return amendmentsOf(ctx, d.Pool, id)
}

func amendmentsOf(ctx context.Context, q store.Querier, id string) ([]Amendment, error) {
	all, err := store.Many[Amendment](ctx, q, `SELECT guarantee, n, cause, demand, prior, expiry, latest_expiry, signed, receipt, accepted_at
		FROM amendment WHERE guarantee = @id ORDER BY n`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	for i := range all {
		signed, err := signing.ParseSignedData(all[i].Signed)
		if err != nil {
			return nil, err
		}
		if all[i].Content, err = letter.ParseAmendment(signed.Content); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func inFile(all []Amendment) (out []letter.Amended) {
	for _, a := range all {
		out = append(out, letter.Amended{Amendment: a.Content, Signed: a.Signed, Receipt: a.Receipt})
	}
	return out
}

// accepted is a checked amendment with its receipt, before the transaction that makes both true.
type accepted struct {
	content         letter.Amendment
	signed, receipt []byte
	at              time.Time
}

// readAmendment checks what the guarantor has signed, by both implementations and word for word against its text, and
// makes the platform's receipt for it. No transaction is open.
func (d *Desk) readAmendment(ctx context.Context, g *Guarantee, p7s []byte) (a accepted, err error) {
	if a.at, err = store.Now(ctx, d.Pool); err != nil {
		return a, err
	}
	signed, err := d.guarantorSigned(g, "amendment", p7s, a.at)
	if err != nil {
		return a, err
	}
	if a.content, err = letter.ParseAmendment(signed.Content); err != nil {
		return a, refuse("amendment", err)
	}
	a.signed = p7s
	content, err := letter.AmendmentReceipt{Version: 1, Guarantee: g.ID, Guarantor: g.Guarantor, Number: *g.Number, N: a.content.N,
		Amendment: letter.AmendmentDigest(p7s), AcceptedAt: a.at.In(calendar.Shanghai).Truncate(time.Microsecond)}.Canonical()
	if err != nil {
		return a, err
	}
	a.receipt, err = signing.SignData(ctx, d.Platform, d.PlatformChain, content, a.at)
	return a, err
}

// amends holds an amendment against the letter as it stands and the demand that asked for it.
func (a accepted) amends(x *Disclosure, before []Amendment, g *Guarantee, dm *Demand) error {
	signed := make([][]byte, len(before))
	for i, b := range before {
		signed[i] = b.Signed
	}
	m := a.content
	want, err := letter.NewExtension(letter.Amends{Letter: x.Undertaking, Earlier: signed, Demand: dm.Signed, LastDay: calendar.DateOf(*g.Expiry), Expiry: m.Expiry})
	if err != nil {
		return refuse("amendment", err)
	}
	for _, c := range []struct {
		ok           bool
		field, words string
	}{
		{m.Guarantee == want.Guarantee && m.Number == want.Number && m.Guarantor == want.Guarantor, "number", "修改函所指的保函与本保函不一致"},
		{m.N == want.N && m.Previous == want.Previous, "previous", "修改函的序号或者所修改的内容与保函的现状不一致"},
		{m.Cause == want.Cause && m.Demand == want.Demand && m.DemandDigest == want.DemandDigest, "demand", "修改函所指的索赔与平台所存的不一致"},
		{m.From == want.From, "from", "修改函所写的原到期日与保函现在的到期日不一致"},
		{m.LatestExpiry == want.LatestExpiry, "latest_expiry", "修改函所写的最迟到期日有误"},
	} {
		if !c.ok {
			return mismatch("amendment."+c.field, c.field, c.words+"；请按保函的最新状态重新生成并签名")
		}
	}
	return nil
}

// amend puts an accepted amendment in force: the letter ends on its day from here on.
func (t *turn) amend(ctx context.Context, a accepted) error {
	if err := t.g.move(PartInstrument, "amend"); err != nil {
		return err
	}
	if t.now.Sub(a.at) > receiptFresh {
		return store.ErrUnknownOutcome
	}
	m := a.content
	prior, expiry, latest := m.From.Time(), m.Expiry.Time(), m.LatestExpiry.Time()
	if _, err := t.tx.Exec(ctx, `INSERT INTO amendment (guarantee, n, cause, demand, prior, prior_latest, expiry, latest_expiry, signed, receipt, signed_by, accepted_at)
		VALUES (@guarantee, @n, @cause, @demand, @prior, @prior_latest, @expiry, @latest, @signed, @receipt, @by, @at)`, pgx.NamedArgs{"guarantee": m.Guarantee, "n": m.N,
		"cause": m.Cause, "demand": m.Demand, "prior": prior, "prior_latest": t.g.LatestExpiry, "expiry": expiry, "latest": latest, "signed": a.signed, "receipt": a.receipt,
		"by": fingerprint(t.actor), "at": a.at}); err != nil {
		return translate(err)
	}
	t.g.Expiry, t.g.LatestExpiry, t.amended = &expiry, latest, a.receipt
	digest := letter.AmendmentDigest(a.signed)
	t.happened(EventAmended, map[string]any{"n": m.N, "amendment": digest, "expiry": m.Expiry.String(), "latest_expiry": m.LatestExpiry.String()})
	return nil
}

// again is the receipt of the very amendment that was accepted before; nil if it was not.
func again(all []Amendment, p7s []byte) []byte {
	for _, a := range all {
		if bytes.Equal(a.Signed, p7s) {
			return a.Receipt
		}
	}
	return nil
}
