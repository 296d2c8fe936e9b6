package guarantee

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Accepting is one letter that a supervisor accepted by its bidder's own copy (应急).
type Accepting struct {
	Incident string
	File     letter.File
	Extended calendar.Date // as Disclosing's
	Lines    []letter.Line
	Named    bool // a bid that was opened names it: then a row that came back after it was lost is accepted too
}

// Differs names, in Chinese, what a row says otherwise than a copy of its letter. A genuine copy of a letter that was
// accepted here differs from its row in nothing.
func (g *Guarantee) Differs(f letter.File) (what []string) {
	u := f.Undertaking
	number := ""
	if g.Number != nil {
		number = *g.Number
	}
	commitment := u.Application.Commitment
	digest := digestOf(f)
	for _, c := range []struct {
		same bool
		what string
	}{
		{g.ID == u.Application.Application, "申请编号"},
		{number == u.Number, "保函编号"},
		{bytes.Equal(g.LetterDigest, digest[:]), "原文摘要"},
		{bytes.Equal(g.Commitment, commitment[:]), "承诺值"},
		{g.Guarantor == u.Guarantor.USCC, "开立机构"},
		{bytes.Equal(g.ApplicationDigest, u.ApplicationDigest[:]), "申请书摘要"},
		{g.Mode == u.Application.Mode, "密封方式"},
		{g.Ceiling == u.Application.Ceiling, "最高金额"},
		{calendar.DateOf(g.FirstLatest) == u.LatestExpiry, "最迟到期日"},
	} {
		if !c.same {
			what = append(what, c.what)
		}
	}
	return what
}

// digestOf is the digest by which a letter was prepared and receipted.
func digestOf(f letter.File) signing.Digest {
	if f.Undertaking.Application.Mode == letter.ModeFull {
		return letter.SaltedDigest(f.Salt, f.Signed)
	}
	return letter.UndertakingDigest(f.Signed)
}

// ErrAnother refuses to accept a letter whose row says something else than the copy: somebody lies, or the rows are wrong.
var ErrAnother = party.Conflict("accept.another", "平台登记的内容与副本不一致，不能认可；请由平台运营人员查明原因")

// AcceptTx discloses a letter from its bidder's copy, in the transaction of the decision that accepts it. From here on
// it stands as if the opening had unsealed it: it is released, demanded under and ends like any other. It tells whether
// a row moved: one that is not here, or that no bid named, or that is public already, does not.
func (d *Desk) AcceptTx(ctx context.Context, tx pgx.Tx, x Accepting) (moved bool, err error) {
	id := x.File.Undertaking.Application.Application
	t, err := lock(ctx, tx, id, party.System())
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if t.g.DisclosureState == Sealed && x.Named && t.g.Channel != AtCounter {
		if t, err = d.missed(ctx, tx, x); err != nil {
			return false, err
		}
	}
	if t.g.DisclosureState != Missing && (t.g.Channel != AtCounter || t.g.DisclosureState != Sealed || !x.Named) {
		return false, nil
	}
	if err := accept(ctx, t, x); err != nil {
		return false, err
	}
	_, err = d.finish(ctx, party.Command{Actor: party.System()}, t)
	return err == nil, err
}

// missed notes what nobody could note at the opening: the row was not there then.
func (d *Desk) missed(ctx context.Context, tx pgx.Tx, x Accepting) (*turn, error) {
	id := x.File.Undertaking.Application.Application
	all := []Disclosing{{ID: id, Missing: "开标时平台没有这份保函的登记"}}
	if err := d.DiscloseTx(ctx, tx, x.File.Reveal.Lot, all); err != nil {
		return nil, err
	}
	return lock(ctx, tx, id, party.System())
}

func accept(ctx context.Context, t *turn, x Accepting) error {
	if len(t.g.Differs(x.File)) > 0 {
		return ErrAnother
	}
	if err := t.g.move(PartDisclosure, "accept"); err != nil {
		return err
	}
	r := x.File.Reveal
	t.g.reveal(r, x.Extended)
	t.happened(EventAccepted, map[string]string{"incident": x.Incident, "project": r.Lot.Project, "lot": r.Lot.Code})
	if err := t.verified(x.Lines); err != nil {
		return err
	}
	u, err := FromFile(x.File)
	if err != nil {
		return err
	}
	return insertDisclosures(ctx, t.tx, r.Lot, []Disclosing{{ID: t.g.ID, Unsealed: &u, Lines: x.Lines, Receipt: x.File.Receipt}}, t.now)
}

// FromFile is a letter in clear as its bidder's own copy holds it. Who paid for it does not stand in a copy.
func FromFile(f letter.File) (u Unsealed, err error) {
	u = Unsealed{Reveal: f.Reveal, Undertaking: f.Signed, Salt: f.Salt, Content: f.Undertaking}
	if u.RevealBytes, err = f.Reveal.Canonical(); err != nil {
		return u, err
	}
	u.Signed, err = signing.ParseSignedData(f.Signed)
	return u, err
}

// reveal sets what is known from the opening on. A deadline that moved makes the letter longer, never shorter; an end
// beyond the latest expiry is cut.
func (g *Guarantee) reveal(r letter.Reveal, extended calendar.Date) {
	amount, expiry := r.Amount, r.End.Expiry().Time()
	if extended.Time().After(expiry) {
		expiry = extended.Time()
	}
	if expiry.After(g.LatestExpiry) {
		expiry = g.LatestExpiry
	}
	g.Amount, g.Expiry = &amount, &expiry
}
