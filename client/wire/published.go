package wire

import (
	"time"

	"baohan/guarantee/letter"
)

// Published is GET /platform.json: what the platform says of itself to the programs of its own pages.
type Published struct {
	Platform     letter.Party `json:"platform"`
	Centre       letter.Party `json:"centre"`       // who signs verification sheets
	Certificates [][]byte     `json:"certificates"` // DER, of the keys that sign receipts and answers
	Roots        [][]byte     `json:"roots"`        // DER, the trust anchors
	Now          time.Time    `json:"now"`          // by the platform's clock, by which papers are dated
}
