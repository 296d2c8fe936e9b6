package tender

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/tender/custody"
)

var (
	errReceipt = errors.New("平台回执与投标文件不符")
	errContent = errors.New("投标文件的编号或标段与记录不符")
)

// What a bid that does not open is listed with.
const (
	otherBytes = "投标文件的密文与截标清单登记的摘要不符；请查明原因后按应急程序处理"
	noShares   = "密钥保管人无法解开这份投标文件的密封；请查明原因后按应急程序处理"
	notWhole   = "投标文件的密文不完整，无法解密；请查明原因后按应急程序处理"
	notSigned  = "投标文件解密后与递交时的签名或回执不符："
)

// openSealed asks for the shares of the bids that the closing names, and then opens each as it is read.
func (o *opening) openSealed(ctx context.Context, c letter.Closing) error {
	ids, place := make([]string, len(c.Records)), make(map[string]int, len(c.Records))
	o.bids = make([]*openedBid, len(c.Records))
	for i, r := range c.Records {
		ids[i], place[r.ID], o.bids[i] = r.ID, i, &openedBid{ID: r.ID, Failure: otherBytes}
	}
	found, err := bidRecords(ctx, o.desk.Pool, ids)
	if err != nil {
		return err
	}
	asked := named(c, found)
	shares, err := o.desk.shares(ctx, o.lot.ID, o.closing[0], nil, asked)
	if err != nil {
		return err
	}
	o.hall.reached(ctx, StageBids)
	_, err = inParts(ids, func(part []string) ([]none, error) {
		room := make([]byte, 0, letter.BidSize)
		return nil, eachSealed(ctx, o.desk.Pool, part, func(id string, sealed []byte) {
			if i := place[id]; asked[id].Head != nil && letter.SealedDigest(sealed) == c.Records[i].Digest {
				o.openBid(o.bids[i], sealed, shares, room)
			}
		})
	})
	return err
}

// openBid opens one bid, in room, and checks again what was checked when it came in. A bid that fails stays listed.
func (o *opening) openBid(b *openedBid, bytes []byte, shares *given, room []byte) {
	b.Failure = noShares
	two, ok := shares.two(b.ID)
	if !ok {
		return
	}
	b.Failure = notWhole
	sealed, err := signing.ParseSealed(bytes)
	if err != nil {
		return
	}
	plain, err := sealed.OpenInto(room, custody.RecordAAD(letter.StageBids, b.ID), two[0], two[1])
	if err != nil {
		return
	}
	b.Failure = ""
	if err := o.readBid(b, plain); err != nil {
		*b = openedBid{ID: b.ID, Failure: notSigned + words(err)}
	}
}

// readBid checks an opened bid as anyone could: the platform's receipt over the bidder's bytes, in time, and the
// bidder's signature, good when it was received. Both implementations accepted it then; here one looks again.
func (o *opening) readBid(b *openedBid, plain []byte) error {
	var r bidRecord
	if err := json.Unmarshal(plain, &r, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	b.Signed, b.Receipt = r.Bid, r.Receipt
	at, err := o.desk.readReceipt(b.ID, r, o.lot.End.Deadline)
	if err != nil {
		return err
	}
	signed, err := signing.ParseSignedData(r.Bid)
	if err != nil {
		return err
	}
	if err := signed.VerifyAgain(o.desk.Trust, at); err != nil {
		return err
	}
	if b.Content, err = letter.ParseBid(signed.Content); err != nil {
		return err
	}
	if b.Content.ID != b.ID || b.Content.Lot != o.lot.Requirement.Lot ||
		signed.Signer().Subject().OrganizationID != b.Content.Bidders[0].USCC {
		return errContent
	}
	return b.Content.Agreed(func(s signing.SignedData) error { return s.VerifyAgain(o.desk.Trust, at) })
}

// readReceipt checks our own receipt and gives its instant.
func (d *Desk) readReceipt(id string, r bidRecord, deadline time.Time) (time.Time, error) {
	signed, err := signing.ParseSignedData(r.Receipt)
	if err != nil {
		return time.Time{}, errReceipt
	}
	if err := signed.VerifyAgain(d.Trust, time.Time{}); err != nil || signed.Signer().Subject().OrganizationID != d.ours() {
		return time.Time{}, errReceipt
	}
	var rec BidReceipt
	if err := json.Unmarshal(signed.Content, &rec, json.RejectUnknownMembers(true)); err != nil {
		return time.Time{}, errReceipt
	}
	if rec.Bid != id || rec.Digest != BidDigest(r.Bid) || !rec.AcceptedAt.Before(deadline) {
		return time.Time{}, errReceipt
	}
	return rec.AcceptedAt, nil
}

// ours is the platform's own 统一社会信用代码. Receipts are held to it and not to one key: keys are replaced.
func (d *Desk) ours() string { return d.PlatformChain[0].Subject().OrganizationID }

// words says an error to people: ours as they are, those of a field by their message, those of a signature by
// their meaning.
func words(err error) string {
	if errors.Is(err, errReceipt) || errors.Is(err, errContent) {
		return err.Error()
	}
	if f, ok := letter.FieldOf(err); ok {
		return f.Message
	}
	return signatureWords(err)
}
