package httpsig

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"baohan/signing"
)

// input is the one member of Signature-Input: what is covered and the parameters, in the order of the sender.
type input struct {
	label      string
	components []string // as serialised: `"@method"`, `"signature";req`
	parameters []parameter
}

type parameter struct{ name, value string } // value as serialised: 1700000000 or "text"

var (
	validLabel = regexp.MustCompile(`^[a-z*][a-z0-9_.*-]{0,63}$`)
	component  = regexp.MustCompile(`^"[a-z@][a-z0-9-]*"(;req)?$`)
	pair       = regexp.MustCompile(`^([a-z]+)=("[\x20\x21\x23-\x5b\x5d-\x7e]*"|[1-9][0-9]{0,14})$`)
	validNonce = regexp.MustCompile(`^[A-Za-z0-9+/=_-]{16,88}$`)
	validKeyID = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// newInput is what we send: created now, to the second, and good for the whole lifetime.
func newInput(components []string, keyid string, now time.Time) (input, error) {
	if !validKeyID.MatchString(keyid) {
		return input{}, ErrKeyID
	}
	created := now.Unix()
	nonce := hex.EncodeToString(signing.Random(16))
	return input{label: label, components: components, parameters: []parameter{
		{"created", strconv.FormatInt(created, 10)},
		{"expires", strconv.FormatInt(created+int64(lifetime/time.Second), 10)},
		{"nonce", strconv.Quote(nonce)},
		{"keyid", strconv.Quote(keyid)},
		{"tag", strconv.Quote(tag)},
	}}, nil
}

// String is the inner list with its parameters, serialised by RFC 8941: the value of "@signature-params".
func (in input) String() string {
	var b strings.Builder
	b.WriteString("(" + strings.Join(in.components, " ") + ")")
	for _, p := range in.parameters {
		b.WriteString(";" + p.name + "=" + p.value)
	}
	return b.String()
}

// parseInput reads exactly one member in its canonical serialisation. A second signature, or white space that the
// base would not show, is refused.
func parseInput(value string) (input, error) {
	name, rest, ok := strings.Cut(value, "=(")
	list, tail, closed := strings.Cut(rest, ")")
	if !ok || !closed || !validLabel.MatchString(name) {
		return input{}, fmt.Errorf("%w: %s", ErrMalformed, fieldInput)
	}
	in := input{label: name, components: strings.Split(list, " ")}
	for _, c := range in.components {
		if !component.MatchString(c) {
			return input{}, fmt.Errorf("%w: component %q", ErrMalformed, c)
		}
	}
	for i, text := range strings.Split(tail, ";") {
		if i == 0 && text == "" {
			continue // before the first semicolon
		}
		m := pair.FindStringSubmatch(text)
		if i == 0 || m == nil {
			return input{}, fmt.Errorf("%w: parameter %q", ErrMalformed, text)
		}
		in.parameters = append(in.parameters, parameter{m[1], m[2]})
	}
	if name+"="+in.String() != value {
		return input{}, fmt.Errorf("%w: %s", ErrMalformed, fieldInput)
	}
	return in, nil
}

// covers demands exactly the components that are required, in any order.
func (in input) covers(required []string) error {
	seen := map[string]bool{}
	for _, c := range in.components {
		if seen[c] {
			return fmt.Errorf("%w: component %s", ErrDuplicate, c)
		}
		seen[c] = true
	}
	for _, r := range required {
		if !seen[r] {
			return fmt.Errorf("%w: %s is missing", ErrComponents, r)
		}
		delete(seen, r)
	}
	for c := range seen {
		return fmt.Errorf("%w: %s is not known here", ErrComponents, c)
	}
	return nil
}

// read takes the parameters apart and judges all that does not need the key.
func (in input) read(now time.Time) (Verified, error) {
	values, err := in.values()
	if err != nil {
		return Verified{}, err
	}
	v := Verified{KeyID: unquote(values["keyid"]), Nonce: unquote(values["nonce"])}
	if unquote(values["tag"]) != tag {
		return Verified{}, ErrTag
	}
	if !validKeyID.MatchString(v.KeyID) {
		return Verified{}, ErrKeyID
	}
	if !validNonce.MatchString(v.Nonce) {
		return Verified{}, fmt.Errorf("%w: nonce", ErrParameters)
	}
	if v.Created, err = instant(values["created"]); err != nil {
		return Verified{}, err
	}
	if v.Expires, err = instant(values["expires"]); err != nil {
		return Verified{}, err
	}
	if err := v.fresh(now); err != nil {
		return Verified{}, err
	}
	return v, nil
}

func (in input) values() (map[string]string, error) {
	values := map[string]string{}
	for _, p := range in.parameters {
		if _, twice := values[p.name]; twice {
			return nil, fmt.Errorf("%w: parameter %s", ErrDuplicate, p.name)
		}
		values[p.name] = p.value
	}
	required := []string{"created", "expires", "nonce", "keyid", "tag"}
	for _, name := range required {
		if values[name] == "" {
			return nil, fmt.Errorf("%w: %s is missing", ErrParameters, name)
		}
	}
	if len(values) != len(required) {
		return nil, fmt.Errorf("%w: only %s are known here", ErrParameters, strings.Join(required, ", "))
	}
	return values, nil
}

func (v Verified) fresh(now time.Time) error {
	switch {
	case !v.Expires.After(v.Created):
		return fmt.Errorf("%w: expires before it is created", ErrParameters)
	case v.Expires.Sub(v.Created) > lifetime:
		return fmt.Errorf("%w: %s, at most %s", ErrLifetime, v.Expires.Sub(v.Created), lifetime)
	case v.Created.After(now.Add(futureSlack)):
		return fmt.Errorf("%w: %s", ErrFuture, v.Created.UTC().Format(time.RFC3339))
	case now.After(v.Expires):
		return fmt.Errorf("%w: %s", ErrExpired, v.Expires.UTC().Format(time.RFC3339))
	}
	return nil
}

// unquote gives the text of a serialised string; anything else gives a text that no check accepts.
func unquote(value string) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	return value[1 : len(value)-1]
}

func instant(value string) (time.Time, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %q is not an instant", ErrParameters, value)
	}
	return time.Unix(n, 0), nil
}
