package party

import (
	"errors"
	"slices"

	"baohan/signing"
)

// chainsOf gives each of an organisation's own certificates its issuers, lowest first, found by their names among the
// CA certificates; the signatures are looked at later.
func chainsOf(certs []signing.Certificate) (chains [][]signing.Certificate) {
	for _, c := range certs {
		if c.IsCA() {
			continue
		}
		chain := []signing.Certificate{c}
		for next, ok := issuerOf(c, certs); ok && !slices.ContainsFunc(chain, next.Equal); next, ok = issuerOf(next, certs) {
			chain = append(chain, next)
		}
		chains = append(chains, chain)
	}
	return chains
}

func issuerOf(c signing.Certificate, among []signing.Certificate) (signing.Certificate, bool) {
	i := slices.IndexFunc(among, func(ca signing.Certificate) bool { return ca.IsCA() && ca.Subject() == c.Issuer() })
	if i < 0 {
		return signing.Certificate{}, false
	}
	return among[i], true
}

// holds verifies a chain for what its leaf is for.
func (d *Desk) holds(chain []signing.Certificate) error {
	use := signing.UseEncrypt
	if chain[0].CanSign() {
		use = signing.UseSign
	}
	if err := d.trust.Verify(chain, use, d.now()); err != nil {
		return untrusted(err)
	}
	return nil
}

// trusted reads a certificate and holds its chain against the anchors and the revocation lists of today: a machine
// never signs in, so this is where a revocation stops it. For a certificate whose issuers nobody has shown the operator
// who admitted it answers.
func (d *Desk) trusted(row certificateRow, use signing.Usage) (signing.Certificate, error) {
	cert, err := signing.ParseCertificate(row.DER)
	if err != nil {
		return cert, err
	}
	chain := []signing.Certificate{cert}
	if row.Issuers != nil {
		issuers, err := signing.ParseCertificatesPEM(row.Issuers)
		if err != nil {
			return cert, err
		}
		chain = append(chain, issuers...)
	}
	err = d.trust.Verify(chain, use, d.now())
	if err == nil || row.Issuers == nil && row.AdmittedBy != Self && errors.Is(err, signing.ErrUntrusted) {
		return cert, nil
	}
	return cert, untrusted(err)
}

// pems writes issuers one after another.
func pems(issuers []signing.Certificate) []byte {
	var b []byte
	for _, c := range issuers {
		b = append(b, c.PEM()...)
	}
	return b
}
