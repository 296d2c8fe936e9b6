package signing

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"
)

// lately are certificates that were parsed a short while ago, each in the place that its bytes give it: an opening meets
// those of the platform and of one bank with every letter. The same bytes are the same certificate, and nothing changes one;
// whether it is to be trusted is asked each time.
var (
	lately     [256]atomic.Pointer[Certificate]
	latelySeed = maphash.MakeSeed()
)

// parseAgain is ParseCertificate of bytes that may have been parsed lately.
func parseAgain(der []byte) (Certificate, error) {
	place := &lately[maphash.Bytes(latelySeed, der)%uint64(len(lately))]
	if c := place.Load(); c != nil && bytes.Equal(c.raw(), der) {
		return *c, nil
	}
	c, err := ParseCertificate(der)
	if err == nil {
		place.Store(&c)
	}
	return c, err
}
