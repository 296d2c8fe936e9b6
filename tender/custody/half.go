package custody

import (
	"fmt"
	"time"

	"baohan/signing"
)

// ReadHalf reads the half of an order that one organisation has signed by a certificate that is good now. It moves nothing:
// ReadOrder believes both halves together. ErrOrder says that it is not such a half.
func ReadHalf(p7s []byte, trust *signing.Trust, uscc string, now time.Time) (Postponement, error) {
	signed, err := signedBy(p7s, trust, uscc, now)
	if err != nil {
		return Postponement{}, fmt.Errorf("%w: %w", ErrOrder, err)
	}
	return ParsePostponement(signed.Content)
}
