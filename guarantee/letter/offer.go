package letter

import (
	"context"
	"encoding/binary"
	"time"

	"baohan/signing"
)

// OfferSize is the padded size of an offer in bytes: its length tells nothing of the names in it.
const OfferSize = 65536

// Offer is what the guarantor is shown, encrypted to it alone: the signed application, and for a letter in full also
// the reveal record and whom to seal the letter to.
type Offer struct {
	Application []byte             `json:"application"` // letter.Application, signed by the bidder (p7s)
	Reveal      []byte             `json:"reveal,omitzero"`
	Custodians  *KeySet            `json:"custodians,omitzero"`
	Owner       *signing.PublicKey `json:"owner,omitzero"` // the bidder's encryption key
	AnswerBy    time.Time          `json:"answer_by"`
}

// Check tells whether the parts belong together.
func (o Offer) Check() error {
	full := o.Reveal != nil
	return firstOf(
		need(len(o.Application) > 0, "application", "application", "缺少申请书"),
		need(full == (o.Custodians != nil) && full == (o.Owner != nil), "reveal", "offer", "全文密封的申请须同时含揭示记录、保管人公钥和投标人公钥"),
	)
}

// SealOffer encrypts an offer to its guarantor.
func SealOffer(id string, o Offer, to signing.PublicKey) ([]byte, error) {
	b, err := canonical(o, Offer.Check)
	if err != nil {
		return nil, err
	}
	padded, err := Pad(b, OfferSize)
	if err != nil {
		return nil, err
	}
	return signing.SealTo(padded, PartAAD(id, "offer"), to)
}

// OpenOffer is the guarantor's half.
func OpenOffer(ctx context.Context, id string, envelope []byte, d signing.Decrypter) (Offer, error) {
	padded, err := signing.OpenEnvelope(ctx, d, envelope, PartAAD(id, "offer"))
	if err != nil {
		return Offer{}, err
	}
	b, err := Unpad(padded)
	if err != nil {
		return Offer{}, err
	}
	return parse(b, Offer.Check)
}

// PartAAD ties one encrypted part of a row ("offer", "undertaking", "fee") to that row.
func PartAAD(id, part string) []byte { return []byte("baohan/part/1/" + id + "/" + part) }

// Pad makes b exactly size bytes: its length (4 bytes, big-endian), b, zeros.
func Pad(b []byte, size int) ([]byte, error) {
	if len(b)+4 > size {
		return nil, fault("", "size", "数据超过密封长度上限；请精简后重新生成")
	}
	out := make([]byte, size)
	binary.BigEndian.PutUint32(out, uint32(len(b)))
	copy(out[4:], b)
	return out, nil
}

// Unpad undoes Pad and refuses what Pad does not make.
func Unpad(padded []byte) ([]byte, error) {
	if len(padded) < 4 || uint64(binary.BigEndian.Uint32(padded)) > uint64(len(padded)-4) {
		return nil, fault("", "padding", "密封数据的填充有误")
	}
	end := 4 + binary.BigEndian.Uint32(padded)
	for _, c := range padded[end:] {
		if c != 0 {
			return nil, fault("", "padding", "密封数据的填充有误")
		}
	}
	return padded[4:end], nil
}
