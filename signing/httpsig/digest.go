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
	d := signing.Sum(body)
	return "sm3=:" + base64.StdEncoding.EncodeToString(d[:]) + ":"
}

// checkDigest demands exactly one sm3 member that matches; members of other algorithms may stand beside it.
func checkDigest(h http.Header, body []byte) error {
	value, err := single(h, fieldDigest)
	if err != nil {
		return err
	}
	found := 0
	for member := range strings.SplitSeq(value, ",") {
		member = strings.Trim(member, " \t")
		name, _, _ := strings.Cut(member, "=")
		if name != "sm3" {
			continue
		}
		if found++; member != contentDigest(body) {
			return ErrDigest
		}
	}
	switch found {
	case 0:
		return fmt.Errorf("%w: %s has no sm3", ErrDigest, fieldDigest)
	case 1:
		return nil
	}
	return fmt.Errorf("%w: sm3 in %s", ErrDuplicate, fieldDigest)
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
