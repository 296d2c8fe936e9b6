package paper

import (
	"fmt"
	"net/url"
	"strings"

	"baohan/signing"
)

// Scan is what the code on a page says of its document, when it is the address of a page that checks it: it stands
// behind the # of that address, so no server is told what was scanned.
type Scan struct {
	Number string         `json:"number"`          // of the guarantee
	Amount string         `json:"amount,omitzero"` // in yuan, of a guarantee
	Digest signing.Digest `json:"digest"`          // the digest that the page prints under 摘要
}

// Fragment is the scan as it stands in an address. Every member is of letters, digits and - or . only.
func (s Scan) Fragment() string {
	parts := []string{"number=" + url.QueryEscape(s.Number)}
	if s.Amount != "" {
		parts = append(parts, "amount="+url.QueryEscape(s.Amount))
	}
	return strings.Join(append(parts, "sm3="+s.Digest.String()), "&")
}

// ParseScan reads what Fragment wrote, and nothing else.
func ParseScan(fragment string) (s Scan, err error) {
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return Scan{}, fmt.Errorf("paper: scan: %w", err)
	}
	s = Scan{Number: values.Get("number"), Amount: values.Get("amount")}
	if err := s.Digest.UnmarshalText([]byte(values.Get("sm3"))); err != nil {
		return Scan{}, fmt.Errorf("paper: scan: %w", err)
	}
	if s.Number == "" || s.Fragment() != fragment {
		return Scan{}, fmt.Errorf("%w: scan", errForm)
	}
	return s, nil
}
