package wire

import (
	"time"

	"baohan/signing"
)

// UploadedFile answers POST /bid-files, whose body is the ciphertext itself: its id, by which a bid names it, and the
// platform's receipt. It is handed in only when a bid that names it is, before the deadline.
type UploadedFile struct {
	ID      string         `json:"id"`
	Size    int64          `json:"size"`    // bytes of the ciphertext
	Digest  signing.Digest `json:"digest"`  // SM3 of the ciphertext
	Receipt []byte         `json:"receipt"` // SignedData by the platform over BidFileReceipt
	At      time.Time      `json:"at"`
}

// BidFileReceipt is what the platform signs for an uploaded ciphertext, in this canonical form. It names no lot and no bidder.
type BidFileReceipt struct {
	Version int            `json:"version"`
	File    string         `json:"file"`
	Digest  signing.Digest `json:"digest"` // SM3 of the ciphertext
	Size    int64          `json:"size"`   // bytes of the ciphertext
	At      time.Time      `json:"at"`
}

// BidFiles are the files of a bid that was read out, as its signed form names them.
type BidFiles struct {
	Items []BidFile `json:"items"`
}

// BidFile is one of them.
type BidFile struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Size   int64          `json:"size"`   // bytes of the plain file
	Digest signing.Digest `json:"digest"` // SM3 of the plain file
}
