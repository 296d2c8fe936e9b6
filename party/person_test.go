package party

import (
	"testing"

	"baohan/signing"
)

// Two certificates are one person's when both name the same holder: the operator's word, or a common name that is not the
// organisation's. One that names nobody is a person of its own.
func TestSamePerson(t *testing.T) {
	w := newWorld(t)
	const bank = "某银行长沙分行"
	named := func(common string) []byte {
		key, err := signing.GenerateKey()
		must(t, err)
		c, err := signing.IssueCertificate(t.Context(), signing.CertificateRequest{
			Subject: signing.Name{CommonName: common, Organization: bank, OrganizationID: guaranteeing}, Key: key.Public(), Usage: signing.UseSign,
			NotBefore: noon.AddDate(0, -1, 0), NotAfter: noon.AddDate(2, 0, 0)}, w.root, w.key)
		must(t, err)
		must(t, w.Admit(t.Context(), Actor{USCC: bidderCode, Role: Operator}, Organisation{USCC: guaranteeing, Name: bank, Roles: []Role{Guarantor}}, c))
		return fp(c)
	}
	operator := Actor{USCC: bidderCode, Role: Operator}
	says := func(certificate []byte, person string) []byte {
		must(t, w.NamePerson(t.Context(), operator, signing.Digest(certificate), person))
		return certificate
	}
	one := named(bank)
	for name, c := range map[string]struct {
		a, b []byte
		same bool
	}{
		"the same certificate":               {one, one, true},
		"certificates that name nobody":      {one, named(bank), false},
		"one holder by the authority's word": {named("李四"), named("李四"), true},
		"two by the authority's word":        {named("李四"), named("王五"), false},
		"a holder and nobody":                {named("李四"), one, false},
		"one holder by the operator's word":  {says(named(bank), "赵六 0731"), says(named("印章二"), "赵六 0731"), true},
		"the operator knows better":          {says(named("业务章"), "孙七"), says(named("业务章"), "周八"), false},
		"a certificate that is not here":     {one, make([]byte, 32), false},
	} {
		for _, pair := range [][2][]byte{{c.a, c.b}, {c.b, c.a}} {
			if same, err := w.SamePerson(t.Context(), pair[0], pair[1]); err != nil || same != c.same {
				t.Errorf("%s: %v, %v", name, same, err)
			}
		}
	}
	wantCode(t, w.NamePerson(t.Context(), Actor{USCC: guaranteeing, Role: Guarantor}, signing.Digest(one), "李四"), "certificate.person")
	wantCode(t, w.NamePerson(t.Context(), operator, signing.Digest(one), " "), "certificate.person")
	wantCode(t, w.NamePerson(t.Context(), operator, signing.Digest{}, "李四"), "certificate.unknown")
}
