package signing

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"fmt"

	checker "github.com/emmansun/gmsm/sm4"
	maker "github.com/tjfoc/gmsm/sm4"
)

const (
	keySize   = 16 // an SM4 key
	nonceSize = 12
	tagSize   = 16
	// overhead is by how many bytes SealGCM lengthens its plaintext.
	overhead = nonceSize + tagSize
)

var (
	// ErrOpen says that sealed bytes do not open: wrong key, wrong associated data, or a changed byte.
	ErrOpen = errors.New("signing: sealed bytes do not open")
	// ErrKeySize says that an SM4 key is not 16 bytes.
	ErrKeySize = errors.New("signing: SM4 key is not 16 bytes")
)

// SealGCM encrypts with SM4-GCM (GB/T 32907-2016, GB/T 36624-2018) under a random nonce: nonce ‖ ciphertext ‖
// tag. Keys are for one record or a few; a nonce repeats by chance after some 2³² uses of one key. The other
// implementation opens the result before it leaves.
func SealGCM(key, plaintext, aad []byte) (sealed []byte, err error) {
	defer guard(&err)
	aead, err := makerGCM(key)
	if err != nil {
		return nil, err
	}
	nonce := Random(nonceSize)
	sealed = aead.Seal(nonce, nonce, plaintext, aad)
	back, err := OpenGCM(key, sealed, aad)
	if err != nil || !bytes.Equal(back, plaintext) {
		return nil, fmt.Errorf("%w: own sealing does not open", ErrInternal)
	}
	return sealed, nil
}

// OpenGCM opens what SealGCM closed with the same key and the same associated data, else ErrOpen.
func OpenGCM(key, sealed, aad []byte) (plaintext []byte, err error) {
	return openGCM(nil, key, sealed, aad)
}

// openGCM appends the plaintext to room.
func openGCM(room, key, sealed, aad []byte) (plaintext []byte, err error) {
	defer guard(&err)
	if len(key) != keySize {
		return nil, ErrKeySize
	}
	if len(sealed) < overhead {
		return nil, ErrOpen
	}
	block, err := checker.NewCipher(key)
	if err != nil {
		return nil, ErrKeySize
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrInternal, err)
	}
	plaintext, err = aead.Open(room, sealed[:nonceSize], sealed[nonceSize:], aad)
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}

// makerGCM takes a fresh block for each use: the library's block keeps scratch space, so two goroutines that
// share one spoil each other's ciphertext.
func makerGCM(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, ErrKeySize
	}
	block, err := maker.NewCipher(key)
	if err != nil {
		return nil, ErrKeySize
	}
	return cipher.NewGCM(block)
}
