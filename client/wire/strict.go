package wire

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Read decodes one JSON value strictly: unknown, duplicate and case-variant names and trailing bytes are
// errors. Nothing that was signed is read in any other way.
func Read(b []byte, v any) error {
	return json.Unmarshal(b, v, json.RejectUnknownMembers(true))
}

// ReadAnswer decodes what a server answered. Names that this version does not know are left aside, because
// a newer server may say more; duplicates and trailing bytes are errors still.
func ReadAnswer(b []byte, v any) error { return json.Unmarshal(b, v) }

// Write encodes v in the canonical form of RFC 8785, so that equal bodies are equal bytes and a retry with
// the same Idempotency-Key is the same request.
func Write(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	value := jsontext.Value(b)
	if err := value.Canonicalize(); err != nil {
		return nil, err
	}
	return value, nil
}
