package signing

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Name is what of a distinguished name counts here: who it is, for whom, and the number that the state gave the
// organisation.
type Name struct {
	CommonName     string `json:"common_name"`
	Organization   string `json:"organization"`
	OrganizationID string `json:"organization_id"` // 统一社会信用代码 (GB 32100-2015), as organizationIdentifier 2.5.4.97
}

// String is for people and logs; it is never parsed.
func (n Name) String() string {
	s := n.CommonName
	if n.Organization != "" && n.Organization != n.CommonName {
		s += " · " + n.Organization
	}
	if n.OrganizationID != "" {
		s += " (" + n.OrganizationID + ")"
	}
	return s
}

// nameOf refuses a name that states one of the three twice: which of them is meant would be a guess. It refuses one with
// a character that nobody sees: whoever made the certificate chose it, and the name is shown, printed and stored.
func nameOf(from pkix.Name) (Name, error) {
	var n Name
	fields := []struct {
		oid   asn1.ObjectIdentifier
		value *string
	}{{oidCommonName, &n.CommonName}, {oidOrganization, &n.Organization}, {oidOrganizationID, &n.OrganizationID}}
	for _, attribute := range from.Names {
		for _, f := range fields {
			if !attribute.Type.Equal(f.oid) {
				continue
			}
			text, ok := attribute.Value.(string)
			if !ok || *f.value != "" {
				return Name{}, fmt.Errorf("%w: name states %v twice, or not as text", ErrMalformed, f.oid)
			}
			if strings.ContainsFunc(text, unseen) {
				return Name{}, fmt.Errorf("%w: name has a control or hidden character in %v", ErrMalformed, f.oid)
			}
			*f.value = text
		}
	}
	return n, nil
}

func unseen(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// der is C=CN, O, organizationIdentifier, CN: one attribute a set, UTF8String except the country.
func (n Name) der() []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addAttribute(b, oidCountry, cbasn1.PrintableString, "CN")
		addAttribute(b, oidOrganization, cbasn1.UTF8String, n.Organization)
		addAttribute(b, oidOrganizationID, cbasn1.UTF8String, n.OrganizationID)
		addAttribute(b, oidCommonName, cbasn1.UTF8String, n.CommonName)
	})
	return b.BytesOrPanic()
}

func addAttribute(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, tag cbasn1.Tag, value string) {
	if value == "" {
		return
	}
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(value)) })
		})
	})
}
