package tlog

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrEncoding says that bytes are not the one encoding (RFC 8785) of a proof.
var ErrEncoding = errors.New("tlog: not a proof in its canonical encoding")

const (
	maxPath  = 64 // hashes in a proof; a log of MaxSize needs 53
	maxProof = 128 << 10
)

func encode(v any, check func() error) ([]byte, error) {
	if err := check(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	out := jsontext.Value(b)
	if err := out.Canonicalize(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	return out, nil
}

// decode reads what encode wrote and nothing else: whatever the decoder would let pass, the second encoding shows.
func decode[T any](b []byte, check func(T) error) (T, error) {
	var v, none T
	if len(b) > maxProof || json.Unmarshal(b, &v, json.RejectUnknownMembers(true)) != nil {
		return none, ErrEncoding
	}
	again, err := encode(v, func() error { return check(v) })
	if err != nil {
		return none, err
	}
	if !bytes.Equal(again, b) {
		return none, ErrEncoding
	}
	return v, nil
}
