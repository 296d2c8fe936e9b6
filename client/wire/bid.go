package wire

import "time"

// HandInBid is POST /lots/{lot}/bids: SignedData over letter.Bid, sent once inside TLS, checked and sealed
// like a letter.
type HandInBid struct {
	Bid []byte `json:"bid"`
}

// Bid is one bid as its owner sees it.
type Bid struct {
	ID         string    `json:"id"`
	State      string    `json:"state"`
	Receipt    []byte    `json:"receipt,omitzero"` // SignedData by the platform
	AcceptedAt time.Time `json:"accepted_at"`
}

// WithdrawBid is POST /bids/{id}/withdraw, 撤回 before the deadline (招标投标法29; 实施条例35). Statement is
// SignedData by the bidder over Withdrawal.
type WithdrawBid struct {
	Statement []byte `json:"statement"`
}

// Withdrawal is what the bidder signs to withdraw: canonical, like everything signed.
type Withdrawal struct {
	Version int       `json:"version"`
	Bid     string    `json:"bid"`
	At      time.Time `json:"at"`
}
