package signing

import "crypto/rand"

// Random gives n bytes from the operating system's generator. It does not fail: without randomness the
// runtime stops the process, because nothing that could be done then would be safe.
func Random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // documented never to return an error
	return b
}
