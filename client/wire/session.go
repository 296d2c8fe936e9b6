package wire

import (
	"time"

	"baohan/signing"
)

// Challenge is the answer to POST /session/challenge: signed once, within five minutes.
type Challenge struct {
	Challenge string    `json:"challenge"` // 64 hexadecimal digits
	ExpiresAt time.Time `json:"expires_at"`
}

// ShownTo is the header in which a page of ours says whom it was shown to, by the mark that stands in it. Cookies are one for all
// tabs of a browser: in a session that is another's by now, what it asks for is refused (403 page.another).
const ShownTo = "Baohan-Shown-To"

// SignInText is what the holder of the certificate signs: the challenge bound to this one purpose, platform and role. Authority
// is the platform's host as the holder knows it, lower-case, without a default port: another platform that asks for a signature
// cannot begin a session here with it.
func SignInText(authority, challenge, role string) []byte {
	return []byte("baohan/sign-in/2\n" + authority + "\n" + challenge + "\n" + role + "\n")
}

// SignIn is POST /session. Chain is the certificate chain in DER, leaf first; Signature is the leaf key's
// over SignInText. For a Browser the session comes as a cookie that no script can read, and in no other way.
type SignIn struct {
	Challenge string            `json:"challenge"`
	Chain     [][]byte          `json:"chain"`
	Signature signing.Signature `json:"signature"`
	Role      string            `json:"role"`
	Browser   bool              `json:"browser,omitzero"`
}

// Session answers SignIn. Token is sent as "Authorization: Bearer"; a browser gets none.
type Session struct {
	Token     string    `json:"token,omitzero"`
	ExpiresAt time.Time `json:"expires_at"`
	Actor     Actor     `json:"actor"`
}

// Actor is the answer to GET /me: who acts, and as what.
type Actor struct {
	USCC string `json:"uscc"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// AddCertificate is POST /me/certificates: a further certificate of one's own organisation, such as the
// encryption half of a pair. Chain is in DER, leaf first. Own copies are sealed to the newest that may encrypt.
type AddCertificate struct {
	Chain [][]byte `json:"chain"`
}
