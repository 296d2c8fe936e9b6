package party

import (
	"context"
	"time"

	"baohan/signing"
)

var errNoCertificate = NotFound("certificate.unknown", "没有登记此证书；请先登录或由平台运营人员登记")

// certificateRow is a certificate on record. RemovedAt is set for good.
type certificateRow struct {
	Fingerprint []byte     `db:"fingerprint"`
	USCC        string     `db:"uscc"`
	DER         []byte     `db:"der"`
	Issuers     []byte     `db:"issuers"` // PEM, from the leaf's issuer upwards; nil when nobody has shown them
	CanSign     bool       `db:"can_sign"`
	CanEncrypt  bool       `db:"can_encrypt"`
	NotBefore   time.Time  `db:"not_before"`
	NotAfter    time.Time  `db:"not_after"`
	AddedAt     time.Time  `db:"added_at"`
	RemovedAt   *time.Time `db:"removed_at"`
}

func (r certificateRow) liveAt(t time.Time) bool {
	return r.RemovedAt == nil && !t.Before(r.NotBefore) && !t.After(r.NotAfter)
}

func fp(c signing.Certificate) []byte {
	d := c.Fingerprint()
	return d[:]
}

// Organisation reads one registration.
func (d *Desk) Organisation(ctx context.Context, uscc string) (Organisation, error) {
	return readOrganisation(ctx, d.pool, uscc)
}

// Certificates lists an organisation's certificates that are in use now and good for use, newest first.
func (d *Desk) Certificates(ctx context.Context, uscc string, use signing.Usage) ([]signing.Certificate, error) {
	rows, err := listCertificates(ctx, d.pool, uscc)
	if err != nil {
		return nil, err
	}
	var out []signing.Certificate
	for _, r := range rows {
		if !r.liveAt(d.now()) || use == signing.UseSign && !r.CanSign || use == signing.UseEncrypt && !r.CanEncrypt {
			continue
		}
		c, err := signing.ParseCertificate(r.DER)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// EncryptionKey is the key to which an organisation's own copies are sealed: that of its newest certificate
// that may encrypt.
func (d *Desk) EncryptionKey(ctx context.Context, uscc string) (signing.PublicKey, error) {
	certs, err := d.Certificates(ctx, uscc, signing.UseEncrypt)
	if err != nil {
		return signing.PublicKey{}, err
	}
	if len(certs) == 0 {
		return signing.PublicKey{}, Conflict("certificate.no_encryption",
			"本单位没有登记可用的加密证书；请先在“单位证书”中登记加密证书再办理")
	}
	return certs[0].PublicKey(), nil
}

// trusted reads a certificate and, as far as its issuers are on record, holds its chain against the anchors and
// the revocation lists of today: a machine never signs in, so this is where a revocation stops it.
func (d *Desk) trusted(row certificateRow) (signing.Certificate, error) {
	cert, err := signing.ParseCertificate(row.DER)
	if err != nil || row.Issuers == nil {
		return cert, err
	}
	issuers, err := signing.ParseCertificatesPEM(row.Issuers)
	if err != nil {
		return cert, err
	}
	if err := d.trust.Verify(append([]signing.Certificate{cert}, issuers...), signing.UseSign, d.now()); err != nil {
		return cert, untrusted(err)
	}
	return cert, nil
}

// pems writes issuers one after another.
func pems(issuers []signing.Certificate) []byte {
	var b []byte
	for _, c := range issuers {
		b = append(b, c.PEM()...)
	}
	return b
}

// ByFingerprint finds who signs with a certificate on record that is in use now, acting as its organisation's
// first role. It is for requests that machines sign; the caller verifies the signature with the certificate's
// key. Unknown, removed, expired and suspended are one answer.
func (d *Desk) ByFingerprint(ctx context.Context, fingerprint signing.Digest) (Actor, signing.Certificate, error) {
	row, err := readCertificate(ctx, d.pool, fingerprint)
	if err != nil {
		return Actor{}, signing.Certificate{}, err
	}
	org, err := readOrganisation(ctx, d.pool, row.USCC)
	if err != nil {
		return Actor{}, signing.Certificate{}, err
	}
	if !row.liveAt(d.now()) || !row.CanSign || org.Status != Active {
		return Actor{}, signing.Certificate{}, errNoCertificate
	}
	cert, err := d.trusted(row)
	if err != nil {
		return Actor{}, signing.Certificate{}, err
	}
	return Actor{USCC: org.USCC, Name: org.Name, Role: org.Roles[0], Certificate: fingerprint, Machine: true}, cert, nil
}
