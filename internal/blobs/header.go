package blobs

import (
	"errors"
	"fmt"

	"baohan/signing"
)

const (
	magic       = "BHB\x01" // and the version
	idEnd       = len(magic) + len(keyID{})
	wrappedSize = keySize + 28
	headerSize  = idEnd + wrappedSize
)

// ErrBroken says that an object is not what was put: changed, cut short, lengthened, or another's.
var ErrBroken = errors.New("blobs: the object is not what was put")

// header is what stands before the chunks: which key of the store wraps the object's own, and that one wrapped.
type header struct {
	key     keyID
	wrapped [wrappedSize]byte
}

func (h header) bytes() []byte {
	b := append([]byte(magic), h.key[:]...)
	return append(b, h.wrapped[:]...)
}

// parseHeader reads exactly what bytes writes.
func parseHeader(b []byte) (h header, err error) {
	if len(b) != headerSize || string(b[:len(magic)]) != magic {
		return h, ErrBroken
	}
	copy(h.key[:], b[len(magic):idEnd])
	copy(h.wrapped[:], b[idEnd:])
	return h, nil
}

// object says which object a key or a chunk belongs to.
type object struct {
	purpose Purpose
	id      string
}

func (o object) data(key keyID) []byte {
	d := signing.TaggedSum("baohan/blobs/object/1", []byte(magic), key[:], []byte(o.purpose), []byte(o.id))
	return d[:]
}

// wrap makes the header of a new object, and the key that seals it alone.
func (k Keys) wrap(o object) (header, []byte, error) {
	h := header{key: k.current}
	store, ok := k.byID[k.current]
	if !ok {
		return h, nil, ErrNoKey
	}
	key := signing.Random(keySize)
	wrapped, err := signing.SealGCM(store, key, o.data(h.key))
	copy(h.wrapped[:], wrapped)
	return h, key, err
}

// unwrap gives the object's key. ErrKeyUnknown: not one of ours; ErrBroken: another object's header, or a changed one.
func (k Keys) unwrap(h header, o object) ([]byte, error) {
	store, ok := k.byID[h.key]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrKeyUnknown, h.key)
	}
	key, err := signing.OpenGCM(store, h.wrapped[:], o.data(h.key))
	if err != nil || len(key) != keySize {
		return nil, ErrBroken
	}
	return key, nil
}
