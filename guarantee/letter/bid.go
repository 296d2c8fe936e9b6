package letter

import (
	"time"

	"baohan/signing"
)

// Bid is the outer half of a bid, signed by the bidder and sealed to the lot's custodians like a letter: who bids, with
// which letter, and which form. The opening reads it; the form inside is decrypted by the bidder itself (电子招标投标办法30).
// Random keeps two bids from ever having one digest.
type Bid struct {
	Version int            `json:"version"`
	Random  []byte         `json:"random"` // 32 bytes
	ID      string         `json:"id"`
	Lot     Lot            `json:"lot"`
	Bidders []Party        `json:"bidders"` // the lead of a consortium first
	Letter  string         `json:"letter"`  // id of the guarantee; empty: security in cash
	Form    signing.Digest `json:"form"`    // FormDigest of the signed BidForm
	Offer   []byte         `json:"offer"`   // the signed BidForm, encrypted to the bidder's own certificate
	Files   []SealedFile   `json:"files"`
	At      time.Time      `json:"at"`
	// Replaces is the id of the bidder's own standing bid that this one takes the place of (修改, 招标投标法29).
	Replaces   string      `json:"replaces,omitzero"`
	Cash       *CashSlip   `json:"cash,omitzero"`       // the slip of a security in cash
	Consortium *Consortium `json:"consortium,omitzero"` // of several bidders: that each agreed
}

// maxBidOffer leaves room for two signatures and two base64 codings within BidSize.
const maxBidOffer = 24 << 10

// Check holds for a bid that can be sealed.
func (b Bid) Check() error {
	return firstOf(
		checkVersion(b.Version),
		need(len(b.Random) == 32, "random", "random", "随机数须为 32 字节"),
		checkID("id", b.ID),
		within("lot", b.Lot.Check()),
		checkParties("bidders", b.Bidders, maxApplicants),
		need(b.Letter == "" || idShape.MatchString(b.Letter), "letter", "id", "保函编号须为空（现金保证金）或 32 位小写十六进制"),
		checkDigest("form", b.Form.IsZero()),
		checkSealedFiles(b.Files),
		need(len(b.Offer) <= maxBidOffer, "offer", "size", "投标报价信封过长"),
		checkInstant("at", b.At),
		need(b.Replaces == "" || idShape.MatchString(b.Replaces) && b.Replaces != b.ID, "replaces", "id", "被替换的投标编号须为本单位另一份投标的编号"),
		b.checkCash(),
		b.checkConsortium(),
	)
}

func (b Bid) checkCash() error {
	if b.Cash == nil {
		return nil
	}
	return firstOf(
		need(b.Letter == "", "cash", "cash", "投标已列明保函，不得同时列明现金保证金；请只选一种担保方式"),
		within("cash", b.Cash.Check()),
	)
}

// Canonical is what the bidder signs.
func (b Bid) Canonical() ([]byte, error) { return canonical(b, Bid.Check) }

// ParseBid reads what Canonical wrote.
func ParseBid(b []byte) (Bid, error) { return parse(b, Bid.Check) }
