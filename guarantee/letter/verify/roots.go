package verify

import (
	"fmt"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter/paper"
	"baohan/signing"
)

// Root is a trust anchor as people compare it with what its authority has published.
type Root struct {
	Name        string `json:"name"`
	Fingerprint string `json:"fingerprint"` // SM3 of the certificate in DER, hexadecimal
	From        string `json:"from"`
	To          string `json:"to"`
}

// Roots reads the anchors of a PEM file for people: {"roots":[…]} or {"error":"…"}.
func Roots(name string, text []byte, in Language) []byte {
	certificates, err := signing.ParseCertificatesPEM(text)
	if err == nil {
		_, err = signing.NewTrust(certificates...)
	}
	if err != nil {
		return marshal(in.answer(Answer{Error: fmt.Sprintf("%s：不能作为根证书（PEM），请换一个文件", name)}))
	}
	all := make([]Root, len(certificates))
	for i, c := range certificates {
		all[i] = Root{c.Subject().String(), c.Fingerprint().String(), in.known(day(c.NotBefore())), in.known(day(c.NotAfter()))}
	}
	return marshal(struct {
		Roots []Root `json:"roots"`
	}{all})
}

// Scan reads the fragment of an address for people: the scan, or {"error":"…"}.
func Scan(fragment string, in Language) []byte {
	s, err := paper.ParseScan(fragment)
	if err != nil {
		return marshal(in.answer(Answer{Error: scannedWords[Unreadable]}))
	}
	return marshal(s)
}

func day(t time.Time) string { return calendar.DateOf(t).Chinese() }
