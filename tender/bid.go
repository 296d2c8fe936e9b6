package tender

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
	"baohan/tender/custody"
)

// Bidder is who bids, as its certificates say.
type Bidder struct {
	Party      letter.Party
	Encryption signing.PublicKey // the bid is wrapped to it too, so that its owner can always read it back
}

// BidReceipt is what the platform signs for a bid: accepted here at this instant. It names no lot and no bidder;
// the digest, over bytes with a random part, says which bid.
type BidReceipt struct {
	Version    int            `json:"version"`
	Bid        string         `json:"bid"`
	Digest     signing.Digest `json:"digest"` // BidDigest of the bidder's SignedData
	AcceptedAt time.Time      `json:"accepted_at"`
}

// BidDigest is the digest of a signed bid that its receipt carries.
func BidDigest(p7s []byte) signing.Digest { return signing.TaggedSum("baohan/bid/1", p7s) }

// bidRecord is what is sealed: the signed bid and its receipt.
type bidRecord struct {
	Bid     []byte `json:"bid"`
	Receipt []byte `json:"receipt"`
}

// Refusals that a constraint of the database may have to speak.
var (
	ErrAlreadyBid   = party.Conflict("bid.already_standing", "本单位在该标段已有一份投标；如需修改，请先撤回再重新递交")
	errBidOutside   = party.Conflict("bid.outside", "本标段的投标文件请在交易中心的投标系统递交，并在其中填写保函的申请编号")
	errReplaces     = party.Invalid("bid.replaces", "bid.replaces", "投标文件写明的被替换投标与所办事项不一致；新投标请不要填写，替换请用“替换投标”并指明本单位在同一标段的原投标")
	errNoConsortium = party.Invalid("bid.no_consortium", "bid.bidders", "招标公告载明本标段不接受联合体投标；请单独投标")
	errNoCash       = party.Invalid("bid.no_cash", "bid.cash", "本标段不接受现金保证金；请按公告列明的形式提交保函")
	ErrBidHandedIn  = party.Conflict("bid.handed_in", "这份投标文件已经递交过；请查看“我的投标”，不要重复递交")
)

// SubmitBid takes a signed bid in. It is checked and sealed before the transaction; whether it is in time is
// decided inside, under the lot's shared lock. One bidder has one standing bid per lot (constraint bid_uniq). A
// bid that comes at the deadline or later is refused, and the refusal is kept (招标投标法28; 电子招标投标办法27).
func (d *Desk) SubmitBid(ctx context.Context, cmd party.Command, who Bidder, id string, p7s []byte) (answer Answer, err error) {
	if done, err := d.prior(ctx, cmd, &answer); err != nil || done {
		return answer, err
	}
	l, err := d.published(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	if l.Bids == Outside {
		return Answer{}, errBidOutside
	}
	row, answer, err := d.sealBid(ctx, l, who, p7s, "")
	if err == nil {
		err = d.handIn(ctx, cmd, l, who.Party.USCC, row, &answer)
	}
	if errors.Is(err, errClosed) {
		return Answer{}, d.noteLate(ctx, l, who.Party.USCC, p7s)
	}
	return answer, err
}

// handIn is the transaction: the command's place, the lot's shared lock, the clock, the row, the answer.
func (d *Desk) handIn(ctx context.Context, cmd party.Command, l *Lot, bidder string, row bidRow, answer *Answer) error {
	return d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, answer)
		if err != nil || done {
			return err
		}
		if _, err := d.inTime(ctx, tx, l.ID); err != nil {
			return err
		}
		return d.keepBid(ctx, tx, cmd, bidder, row, *answer)
	})
}

// keepBid writes a bid and what its command was answered. Bids that are handed in for cover are written here too, so
// that nothing tells them apart.
func (d *Desk) keepBid(ctx context.Context, tx pgx.Tx, cmd party.Command, bidder string, row bidRow, answer Answer) (err error) {
	if row.OwnerTag, err = d.freeOwnerTag(ctx, tx, bidder); err != nil {
		return err
	}
	if err := d.useFiles(ctx, tx, bidder, row); err != nil {
		return err
	}
	if err := insertBid(ctx, tx, row); err != nil {
		return err
	}
	return d.after(ctx, tx, cmd, answer)
}

// sealBid checks a bid, receipts it and encrypts both. The instant of the receipt is read before the
// transaction that decides; what is decided to be late is never answered with it. Replaces is the bid that it must say
// it takes the place of; empty: none.
func (d *Desk) sealBid(ctx context.Context, l *Lot, who Bidder, p7s []byte, replaces string) (bidRow, Answer, error) {
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return bidRow{}, Answer{}, err
	}
	if l.State == Terminated {
		return bidRow{}, Answer{}, errTerminated
	}
	if l.State != Published || !now.Before(l.End.Deadline) {
		return bidRow{}, Answer{}, errClosed
	}
	b, err := d.readBid(l, who, p7s, now)
	if err != nil {
		return bidRow{}, Answer{}, err
	}
	if b.Replaces != replaces {
		return bidRow{}, Answer{}, errReplaces
	}
	if err := d.filesThere(ctx, b); err != nil {
		return bidRow{}, Answer{}, err
	}
	receipt, err := d.receipt(ctx, b.ID, p7s, now)
	if err != nil {
		return bidRow{}, Answer{}, err
	}
	row, err := d.encrypt(l, who, b.ID, bidRecord{Bid: p7s, Receipt: receipt})
	row.files, row.replaces = b.Files, replaces
	return row, Answer{ID: b.ID, State: string(Received), Receipt: receipt}, err
}

func (d *Desk) readBid(l *Lot, who Bidder, p7s []byte, now time.Time) (letter.Bid, error) {
	content, err := d.signedBy(who.Party.USCC, "bid", p7s, now)
	if err != nil {
		return letter.Bid{}, err
	}
	b, err := letter.ParseBid(content)
	if err != nil {
		return letter.Bid{}, refuse("bid", err)
	}
	switch {
	case b.Lot != l.Requirement.Lot:
		return b, party.Invalid("bid.lot", "bid.lot", "投标文件写的标段与递交的标段不一致；请用客户端重新生成")
	case len(b.Bidders) == 0 || b.Bidders[0] != who.Party:
		return b, party.Invalid("bid.bidder", "bid.bidders", "投标人须为本单位（联合体须以牵头人为首）；请核对名称和统一社会信用代码")
	case len(b.Bidders) > 1 && !l.Consortium:
		return b, errNoConsortium
	case b.Cash != nil && !l.takesCash():
		return b, errNoCash
	}
	if err := b.Agreed(func(s signing.SignedData) error { return s.Verify(d.Trust, now) }); err != nil {
		return b, refuse("bid", err)
	}
	return b, nil
}

// signedBy verifies SignedData with both implementations and holds its signer to one organisation.
func (d *Desk) signedBy(uscc, field string, p7s []byte, now time.Time) ([]byte, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return nil, refuse(field, err)
	}
	if err := signed.Verify(d.Trust, now); err != nil {
		return nil, refuse(field, err)
	}
	if signed.Signer().Subject().OrganizationID != uscc {
		return nil, party.Invalid(field+".signer", field, "签名证书不是本单位的证书；请插入本单位证书重新签名")
	}
	return signed.Content, nil
}

// actsTx asks whether the signer of a paper that was verified acts in a role for its organisation: an operator may have
// suspended one or the other since it signed.
func actsTx(ctx context.Context, tx pgx.Tx, role party.Role, p7s []byte, at time.Time) error {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return err
	}
	who := signed.Signer()
	return party.ActsTx(ctx, tx, who.Subject().OrganizationID, role, who.Fingerprint(), at)
}

func (d *Desk) receipt(ctx context.Context, id string, p7s []byte, at time.Time) ([]byte, error) {
	content, err := canonical(BidReceipt{Version: 1, Bid: id, Digest: BidDigest(p7s), AcceptedAt: at.In(calendar.Shanghai)})
	if err != nil {
		return nil, err
	}
	return signing.SignData(ctx, d.Platform, d.PlatformChain, content, at)
}

// canonical is RFC 8785, which whoever checks a signature can make again from the value.
func canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	c := jsontext.Value(b)
	return c, c.Canonicalize()
}

// encrypt seals a bid two-of-three. All that reaches SQL is random, keyed or sealed.
func (d *Desk) encrypt(l *Lot, who Bidder, id string, r bidRecord) (bidRow, error) {
	plain, err := canonical(r)
	if err != nil {
		return bidRow{}, err
	}
	sealed, err := signing.SealTwoOfThree(plain, custody.RecordAAD(letter.StageBids, id), letter.BidSize, l.Custodians.Public(), who.Encryption)
	if err != nil {
		return bidRow{}, party.Invalid("bid.size", "bid", "投标文件过大；请精简报价信封后重新生成")
	}
	blob, err := sealed.MarshalBinary()
	if err != nil {
		return bidRow{}, err
	}
	p, c := l.Lot.Project, l.Lot.Code
	return bidRow{ID: id, UniqTag: d.Tags.Uniq(p, c, who.Party.USCC), LotTag: d.Tags.Lot(p, c, id), Sealed: blob, Record: custody.RecordOf(blob)}, nil
}

// noteLate keeps the refusal of a late bid under a keyed tag, once, and returns it.
func (d *Desk) noteLate(ctx context.Context, l *Lot, bidder string, p7s []byte) error {
	what := signing.TaggedSum("baohan/late-bid/1", []byte(bidder), p7s)
	if err := insertLate(ctx, d.Pool, d.Tags.Lot(l.Lot.Project, l.Lot.Code, "late/"+what.String())); err != nil {
		return err
	}
	return errClosed
}
