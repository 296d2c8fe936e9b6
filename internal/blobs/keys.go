package blobs

import (
	"encoding/hex"
	"errors"
	"fmt"

	"baohan/signing"
)

const keySize = 16 // SM4

// keyID tells under which of the store's keys an object's key is wrapped. It is a digest of that key.
type keyID [8]byte

func (id keyID) String() string { return hex.EncodeToString(id[:]) }

var (
	// ErrNoKey says that the store was given no key, or one that is not 16 bytes.
	ErrNoKey = errors.New("blobs: the store needs a key of 16 bytes")
	// ErrKeyUnknown says that an object was written under a key that this store was not given. The key may have been
	// rotated away, or the files belong to another platform.
	ErrKeyUnknown = errors.New("blobs: written under a key that this store does not have")
)

// Keys are the keys of a store: the first wraps what is written, each opens what was written under it. A rotation puts a
// new one in front. An old one is needed for as long as an object of its time exists.
type Keys struct {
	current keyID
	byID    map[keyID][]byte
}

// NewKey makes a key for a store.
func NewKey() []byte { return signing.Random(keySize) }

// NewKeys takes the keys, the newest first. ErrNoKey when there is none, or one that is no key.
func NewKeys(newest []byte, older ...[]byte) (Keys, error) {
	k := Keys{byID: map[keyID][]byte{}}
	for i, key := range append([][]byte{newest}, older...) {
		if len(key) != keySize {
			return Keys{}, fmt.Errorf("%w: number %d has %d", ErrNoKey, i+1, len(key))
		}
		id := idOf(key)
		k.byID[id] = key
		if i == 0 {
			k.current = id
		}
	}
	return k, nil
}

func idOf(key []byte) (id keyID) {
	d := signing.TaggedSum("baohan/blobs/key-id", key)
	copy(id[:], d[:])
	return id
}
