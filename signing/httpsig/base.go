package httpsig

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"baohan/signing"
)

// message is what can be covered: each component's serialised name and its value.
type message map[string]string

// base is the signature base of RFC 9421, 2.5.
func (m message) base(in input) ([]byte, error) {
	var b strings.Builder
	for _, c := range in.components {
		value, ok := m[c]
		if !ok || strings.ContainsAny(value, "\r\n") {
			return nil, fmt.Errorf("%w: %s has no value", ErrComponents, c)
		}
		b.WriteString(c + ": " + value + "\n")
	}
	b.WriteString(`"@signature-params": ` + in.String())
	return []byte(b.String()), nil
}

func (m message) sign(ctx context.Context, h http.Header, components []string, keyid string, s signing.Signer, now time.Time) error {
	in, err := newInput(components, keyid, now)
	if err != nil {
		return err
	}
	base, err := m.base(in)
	if err != nil {
		return err
	}
	sig, err := s.Sign(ctx, base)
	if err != nil {
		return err
	}
	h.Set(fieldInput, in.label+"="+in.String())
	h.Set(fieldSignature, in.label+"=:"+base64.StdEncoding.EncodeToString(sig[:])+":")
	return nil
}

// Lookup finds the public key of a certificate by its fingerprint. Its error is handed on as it is.
type Lookup func(keyid string) (signing.PublicKey, error)

func (m message) verify(h http.Header, required []string, lookup Lookup, now time.Time) (Head, error) {
	in, sig, err := readFields(h)
	if err != nil {
		return Head{}, err
	}
	if err := in.covers(required); err != nil {
		return Head{}, err
	}
	v, err := in.read(now)
	if err != nil {
		return Head{}, err
	}
	base, err := m.base(in)
	if err != nil {
		return Head{}, err
	}
	key, err := lookup(v.KeyID)
	if err != nil {
		return Head{}, fmt.Errorf("httpsig: keyid %s: %w", v.KeyID, err)
	}
	if err := signing.Verify(key, base, sig); err != nil {
		return Head{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	digest, err := sm3Member(h)
	if err != nil {
		return Head{}, err
	}
	return Head{v, digest}, nil
}

// readFields takes the one signature and the one input, under one label.
func readFields(h http.Header) (input, signing.Signature, error) {
	var sig signing.Signature
	inputValue, err := single(h, fieldInput)
	if err != nil {
		return input{}, sig, err
	}
	sigValue, err := single(h, fieldSignature)
	if err != nil {
		return input{}, sig, err
	}
	in, err := parseInput(inputValue)
	if err != nil {
		return input{}, sig, err
	}
	text, ok := strings.CutPrefix(sigValue, in.label+"=:")
	text, closed := strings.CutSuffix(text, ":")
	if !ok || !closed || text == "" || sig.UnmarshalText([]byte(text)) != nil {
		return input{}, sig, fmt.Errorf("%w: %s", ErrMalformed, fieldSignature)
	}
	return in, sig, nil
}

// fill adds the fields that a message shares: content digest and idempotency key.
func (m message) fill(h http.Header) (components []string, err error) {
	if m[`"content-digest"`], err = single(h, fieldDigest); err != nil {
		return nil, err
	}
	components = []string{`"content-digest"`}
	if len(h.Values(fieldKey)) == 0 {
		return components, nil
	}
	if m[`"idempotency-key"`], err = single(h, fieldKey); err != nil {
		return nil, err
	}
	return append(components, `"idempotency-key"`), nil
}

// ofRequest is the covered content of a request and the components that its signature must cover.
func ofRequest(r *http.Request) (message, []string, error) {
	m := message{
		`"@method"`:    method(r),
		`"@authority"`: Authority(r),
		`"@path"`:      path(r),
		`"@query"`:     "?" + r.URL.RawQuery,
	}
	fields, err := m.fill(r.Header)
	if err != nil {
		return nil, nil, err
	}
	return m, append([]string{`"@method"`, `"@authority"`, `"@path"`, `"@query"`}, fields...), nil
}

// ofResponse is the covered content of the answer to r.
func ofResponse(status int, h http.Header, r *http.Request) (message, []string, error) {
	asked, err := single(r.Header, fieldSignature)
	if err != nil {
		return nil, nil, fmt.Errorf("the request: %w", err)
	}
	digest, err := single(h, fieldDigest)
	if err != nil {
		return nil, nil, err
	}
	m := message{`"@status"`: strconv.Itoa(status), `"content-digest"`: digest, `"signature";req`: asked}
	return m, []string{`"@status"`, `"content-digest"`, `"signature";req`}, nil
}

func method(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// Authority is lower-case and without a default port (RFC 9421, 2.2.3). A server behind a TLS proxy does not know its
// scheme, so both default ports are left out whatever the scheme.
func Authority(r *http.Request) string {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	host = strings.ToLower(host)
	for _, port := range []string{":443", ":80"} {
		if cut, ok := strings.CutSuffix(host, port); ok {
			return cut
		}
	}
	return host
}

func path(r *http.Request) string {
	if p := r.URL.EscapedPath(); p != "" {
		return p
	}
	return "/"
}
