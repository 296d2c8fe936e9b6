package tender

import (
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/signing"
)

var (
	errReceipt = errors.New("平台回执与投标文件不符")
	errContent = errors.New("投标文件的编号或标段与记录不符")
)

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
