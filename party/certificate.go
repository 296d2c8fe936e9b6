package party

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
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
	AdmittedBy  string     `db:"admitted_by"` // USCC of the operator, or Self
	RemovedAt   *time.Time `db:"removed_at"`
}

func (r certificateRow) liveAt(t time.Time) bool {
	return r.RemovedAt == nil && !t.Before(r.NotBefore) && !t.After(r.NotAfter)
}

// serves tells whether the certificate may act, or be sealed to, in role. One that its own organisation brought, with
// whatever token any of its clerks holds, serves a bidder; for every other role an operator has looked at it.
func (r certificateRow) serves(role Role) bool { return role == Bidder || r.AdmittedBy != Self }

func (r certificateRow) good(use signing.Usage) bool {
	return use == signing.UseSign && r.CanSign || use == signing.UseEncrypt && r.CanEncrypt
}

func fp(c signing.Certificate) []byte {
	d := c.Fingerprint()
	return d[:]
}

// Serves tells, in the caller's transaction, whether a certificate of an organisation may sign for it in role: it is on record,
// in use, and, for every role but a bidder's, an operator has looked at it. That it holds by its issuer is for the caller to ask.
func Serves(ctx context.Context, q store.Querier, uscc string, fingerprint signing.Digest, role Role) (yes bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM certificate WHERE fingerprint = @fingerprint AND uscc = @uscc AND can_sign
		AND removed_at IS NULL AND (@role = 'bidder' OR admitted_by <> 'self'))`,
		pgx.NamedArgs{"fingerprint": fingerprint[:], "uscc": uscc, "role": string(role)}).Scan(&yes)
	return yes, err
}

// Organisation reads one registration.
func (d *Desk) Organisation(ctx context.Context, uscc string) (Organisation, error) {
	return readOrganisation(ctx, d.pool, uscc)
}

// Certificates lists an organisation's certificates that are in use now in role and good for use, newest first.
// A revoked one is not among them.
func (d *Desk) Certificates(ctx context.Context, uscc string, role Role, use signing.Usage) ([]signing.Certificate, error) {
	rows, err := listCertificates(ctx, d.pool, uscc)
	if err != nil {
		return nil, err
	}
	var out []signing.Certificate
	for _, r := range rows {
		if !r.liveAt(d.now()) || !r.good(use) || !r.serves(role) {
			continue
		}
		c, err := d.trusted(r, use)
		if _, refused := RefusalOf(err); refused {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// EncryptionKey is the key to which an organisation's own copies are sealed: that of its newest certificate that may
// encrypt. To a guarantor the applications of others are sealed, so its key is one that an operator admitted.
func (d *Desk) EncryptionKey(ctx context.Context, uscc string) (signing.PublicKey, error) {
	org, err := readOrganisation(ctx, d.pool, uscc)
	if err != nil {
		return signing.PublicKey{}, err
	}
	role := Bidder
	if org.Has(Guarantor) {
		role = Guarantor
	}
	certs, err := d.Certificates(ctx, uscc, role, signing.UseEncrypt)
	if err != nil {
		return signing.PublicKey{}, err
	}
	if len(certs) > 0 {
		return certs[0].PublicKey(), nil
	}
	if role == Guarantor {
		return signing.PublicKey{}, Conflict("certificate.no_encryption",
			"该担保机构没有经平台运营人员登记且可用的加密证书；请联系平台运营人员登记后再办理")
	}
	return signing.PublicKey{}, Conflict("certificate.no_encryption",
		"本单位没有登记可用的加密证书；请先在“单位证书”中登记加密证书再办理")
}

// ByFingerprint finds who signs with a certificate on record that is in use now, acting as its organisation's machines
// do. It is for requests that machines sign; the caller verifies the signature with the certificate's key. Unknown,
// removed, expired and suspended are one answer.
func (d *Desk) ByFingerprint(ctx context.Context, fingerprint signing.Digest) (Actor, signing.Certificate, error) {
	row, err := readCertificate(ctx, d.pool, fingerprint)
	if err != nil {
		return Actor{}, signing.Certificate{}, err
	}
	org, err := readOrganisation(ctx, d.pool, row.USCC)
	if err != nil {
		return Actor{}, signing.Certificate{}, err
	}
	role := org.machineRole()
	if !row.serves(role) {
		role = Bidder
	}
	if !row.liveAt(d.now()) || !row.CanSign || org.Status != Active || !org.Has(role) {
		return Actor{}, signing.Certificate{}, errNoCertificate
	}
	cert, err := d.trusted(row, signing.UseSign)
	if err != nil {
		return Actor{}, signing.Certificate{}, err
	}
	return Actor{USCC: org.USCC, Name: org.Name, Role: role, Certificate: fingerprint, Machine: true}, cert, nil
}
