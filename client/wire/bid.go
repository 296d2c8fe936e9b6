package wire

import (
	"time"

	"baohan/signing"
)

// HandInBid is POST /lots/{lot}/bids: SignedData over letter.Bid, sent once inside TLS, checked and sealed
// like a letter.
type HandInBid struct {
	Bid []byte `json:"bid"`
}

// Bid is one bid as its owner sees it.
type Bid struct {
	ID         string    `json:"id"`
	State      string    `json:"state"`
	Receipt    []byte    `json:"receipt,omitzero"` // SignedData by the platform over BidReceipt, or over WithdrawalReceipt of a bid that was withdrawn
	AcceptedAt time.Time `json:"accepted_at"`
}

// BidReceipt is what the platform signs for a bid: accepted here at this instant, in this canonical form. It names no
// lot and no bidder; the digest, over bytes with a random part, says which bid.
type BidReceipt struct {
	Version    int            `json:"version"`
	Bid        string         `json:"bid"`
	Digest     signing.Digest `json:"digest"` // BidDigest of what was handed in
	AcceptedAt time.Time      `json:"accepted_at"`
}

// BidDigest is the digest of a signed bid that its receipt carries.
func BidDigest(p7s []byte) signing.Digest { return signing.TaggedSum("baohan/bid/1", p7s) }

// WithdrawBid is POST /bids/{id}/withdraw, 撤回 before the deadline (招标投标法29; 实施条例35). Statement is
// SignedData by the bidder over Withdrawal.
type WithdrawBid struct {
	Statement []byte `json:"statement"`
}

// ReplaceBid is POST /bids/{id}/replace, 修改 before the deadline (招标投标法29): a new bid that names {id} as the one it
// replaces, and the signed withdrawal of {id}. Both take effect in one act, or neither.
type ReplaceBid struct {
	Bid       []byte `json:"bid"`       // SignedData over letter.Bid
	Statement []byte `json:"statement"` // SignedData over Withdrawal
}

// ReplacedBid answers ReplaceBid, each bid with its receipt.
type ReplacedBid struct {
	Withdrawn Bid `json:"withdrawn"`
	Received  Bid `json:"received"`
}

// WithdrawalReceipt is what the platform signs for a withdrawal: accepted here at this instant, in this canonical form.
type WithdrawalReceipt struct {
	Version     int            `json:"version"`
	Bid         string         `json:"bid"`
	Digest      signing.Digest `json:"digest"` // WithdrawalDigest of the statement
	WithdrawnAt time.Time      `json:"withdrawn_at"`
}

// WithdrawalDigest is the digest of a signed withdrawal that its receipt carries.
func WithdrawalDigest(p7s []byte) signing.Digest {
	return signing.TaggedSum("baohan/bid-withdrawal/1", p7s)
}

// Withdrawal is what the bidder signs to withdraw: canonical, like everything signed.
type Withdrawal struct {
	Version int       `json:"version"`
	Bid     string    `json:"bid"`
	At      time.Time `json:"at"`
}
