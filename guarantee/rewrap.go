package guarantee

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// rewrapFresh bounds how far a rewrapping's own time may be from ours: an old one, replayed, would put an old key back.
const rewrapFresh = 5 * time.Minute

var (
	errRewrapOther = party.Invalid("rewrap.record", "record", "重新包裹所针对的不是平台封存的这份数据；请重新取回副本后再试")
	errRewrapOpen  = party.Conflict("rewrap.disclosed", "这份保函已经公布，无须再为新证书重新包裹")
	errRewrapStale = party.Invalid("rewrap.at", "at", "重新包裹声明的时间与平台时间相差超过 5 分钟；请校准时钟后用客户端重新生成")
)

// Rewrap keeps new wrappings of a row's keys for its owner, whose encryption certificate was renewed: the owner opened
// its own copy with the old key and wrapped the same keys to the new one. What is sealed stays as it is, so no digest in
// a closing or in a guarantor's statement moves, and it makes no difference whether the deadline has passed. The
// platform cannot tell whether the wrappings open anything, and need not: they serve the owner alone, who reads them
// back. The signed statement names the bidder and is not kept.
func (d *Desk) Rewrap(ctx context.Context, cmd party.Command, id string, p7s []byte) (Answer, error) {
	if _, err := d.OwnOne(ctx, cmd.Actor, id); err != nil {
		return Answer{}, err
	}
	r, err := d.readRewrapping(cmd.Actor, p7s)
	if err != nil {
		return Answer{}, err
	}
	own, err := d.OwnCopy(ctx, cmd.Actor, id)
	if err != nil {
		return Answer{}, err
	}
	if err := own.answers(r); err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, id, func(ctx context.Context, t *turn) error { return rewrap(ctx, t, r) })
}

// rewrap moves the version, so that what happened to the row can be read in order; the event names nobody.
func rewrap(ctx context.Context, t *turn, r letter.Rewrapping) error {
	switch late := t.now.Sub(r.At); {
	case late > rewrapFresh || late < -rewrapFresh:
		return errRewrapStale
	case t.g.DisclosureState == Disclosed || t.g.DisclosureState == Accepted:
		return errRewrapOpen
	}
	_, err := t.tx.Exec(ctx, `UPDATE guarantee SET owner_record = @record, owner_letter = @letter WHERE id = @id`,
		pgx.NamedArgs{"id": t.g.ID, "record": r.Owner, "letter": r.LetterOwner})
	if err != nil {
		return translate(err)
	}
	t.happened(EventRewrapped, nil)
	return nil
}

// readRewrapping checks the owner's signature: a stolen session alone cannot take the owner's copy away from it.
func (d *Desk) readRewrapping(by party.Actor, p7s []byte) (letter.Rewrapping, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err == nil {
		err = signed.Verify(d.Trust, d.Clock.Now())
	}
	if err != nil {
		return letter.Rewrapping{}, refuse("statement", err)
	}
	if signed.Signer().Subject().OrganizationID != by.USCC {
		return letter.Rewrapping{}, mismatch("rewrap.signer", "statement", "重新包裹声明的签名证书不是本单位的证书；请插入本单位证书重新签名")
	}
	r, err := letter.ParseRewrapping(signed.Content)
	if err != nil {
		return r, refuse("statement", err)
	}
	return r, nil
}

// answers holds a rewrapping against the very bytes that are sealed, and its wrappings against the shape of one.
func (c Copy) answers(r letter.Rewrapping) error {
	var record signing.Sealed
	if err := record.UnmarshalBinary(c.Sealed); err != nil {
		return err
	}
	if r.Application != c.ID || r.Record != letter.SealedDigest(c.Sealed) {
		return errRewrapOther
	}
	if _, err := record.WithOwner(r.Owner); err != nil {
		return party.Invalid("rewrap.owner", "owner", "重新包裹的密钥格式不符；请用客户端重新生成")
	}
	if r.Letter.IsZero() {
		return nil
	}
	if letter.Mode(c.Mode) != letter.ModeFull || c.Letter == nil || r.Letter != letter.SealedDigest(c.Letter) {
		return errRewrapOther
	}
	if _, err := record.WithOwner(r.LetterOwner); err != nil {
		return party.Invalid("rewrap.letter_owner", "letter_owner", "重新包裹的保函密钥格式不符；请用客户端重新生成")
	}
	return nil
}
