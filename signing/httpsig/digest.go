package httpsig

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"baohan/signing"
)

// contentDigest is the member that we write and demand. "sm3" is not in the registry of RFC 9530; both ends know it.
func contentDigest(body []byte) string {
	return DigestField(signing.Sum(body))
}

// DigestField is the value of Content-Digest for a body with this SM3, for who streams a body that it does not sign.
func DigestField(d signing.Digest) string {
	return "sm3=:" + base64.StdEncoding.EncodeToString(d[:]) + ":"
}

// FieldDigest reads the SM3 that a header says its body has. ErrDigest when there is none, ErrDuplicate when there are two.
func FieldDigest(h http.Header) (d signing.Digest, err error) {
	member, err := sm3Member(h)
	if err != nil {
		return d, err
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(strings.TrimPrefix(member, "sm3=:"), ":"))
	if err != nil || len(b) != len(d) || DigestField(signing.Digest(b)) != member {
		return d, ErrDigest
	}
	return signing.Digest(b), nil
}

// sm3Member is the one sm3 member of the digest field; members of other algorithms may stand beside it.
func sm3Member(h http.Header) (string, error) {
	value, err := single(h, fieldDigest)
	if err != nil {
		return "", err
	}
	found := ""
	for member := range strings.SplitSeq(value, ",") {
		member = strings.Trim(member, " \t")
		if name, _, _ := strings.Cut(member, "="); name != "sm3" {
			continue
		}
		if found != "" {
			return "", fmt.Errorf("%w: sm3 in %s", ErrDuplicate, fieldDigest)
		}
		found = member
	}
	if found == "" {
		return "", fmt.Errorf("%w: %s has no sm3", ErrDigest, fieldDigest)
	}
	return found, nil
}

// single is the value of a field that must be there exactly once.
func single(h http.Header, name string) (string, error) {
	switch values := h.Values(name); len(values) {
	case 0:
		return "", fmt.Errorf("%w: no %s", ErrUnsigned, name)
	case 1:
		return strings.Trim(values[0], " \t"), nil
	}
	return "", fmt.Errorf("%w: %s", ErrDuplicate, name)
}
