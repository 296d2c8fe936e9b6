package party

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"baohan/signing"
)

// Self stands for AdmittedBy where a bidder's own certificate admitted it.
const Self = "self"

// Admit registers org with its roles and certificates, or gives an organisation on record further roles and
// certificates; its name then stays. Only an operator admits, and System once, for the first operator. Each
// certificate must carry org's code and be inside its validity. CA certificates among certs are the issuers of the
// others, lowest first: with them every request that a machine signs is held against the revocation lists.
func (d *Desk) Admit(ctx context.Context, by Actor, org Organisation, certs ...signing.Certificate) error {
	if !by.Is(Operator) && !by.IsSystem() {
		return Forbidden("organisation.admit", "只有平台运营人员可以准入单位")
	}
	if err := org.check(); err != nil {
		return err
	}
	leaves, issuers := split(certs)
	for _, c := range leaves {
		if err := d.belongs(c, org.USCC); err != nil {
			return err
		}
	}
	org.Status, org.AdmittedBy, org.AdmittedAt = Active, by.USCC, d.now()
	return d.change(ctx, func(tx pgx.Tx) error { return d.admitTx(ctx, tx, org, leaves, issuers) })
}

// split tells an organisation's own certificates from those of their issuers.
func split(certs []signing.Certificate) (leaves, issuers []signing.Certificate) {
	for _, c := range certs {
		switch {
		case !c.IsCA():
			leaves = append(leaves, c)
		case !slices.ContainsFunc(issuers, c.Equal): // two leaves of one issuer
			issuers = append(issuers, c)
		}
	}
	return leaves, issuers
}

func (d *Desk) admitTx(ctx context.Context, tx pgx.Tx, org Organisation, leaves, issuers []signing.Certificate) error {
	if err := upsertOrganisation(ctx, tx, org); err != nil {
		return err
	}
	on, err := readOrganisation(ctx, tx, org.USCC)
	if err != nil {
		return err
	}
	if on.Name != org.Name {
		return Conflict("organisation.renamed", "该统一社会信用代码已登记为另一名称；请先由平台运营人员核实更名")
	}
	return d.addCertificatesTx(ctx, tx, org.USCC, leaves, issuers)
}

func (d *Desk) addCertificatesTx(ctx context.Context, tx pgx.Tx, uscc string, leaves, issuers []signing.Certificate) error {
	for _, c := range leaves {
		if err := insertCertificate(ctx, tx, certificateRow{
			Fingerprint: fp(c), USCC: uscc, DER: c.Raw(), Issuers: pems(issuers), CanSign: c.CanSign(), CanEncrypt: c.CanEncrypt(),
			NotBefore: c.NotBefore(), NotAfter: c.NotAfter(), AddedAt: d.now(),
		}); err != nil {
			return err
		}
		on, err := readCertificate(ctx, tx, c.Fingerprint())
		if err != nil {
			return err
		}
		if on.USCC != uscc || on.RemovedAt != nil {
			return Conflict("certificate.taken", "该证书已登记在其他单位名下或已停用；请换用新证书")
		}
	}
	return nil
}

// belongs holds a certificate to the organisation whose code it carries.
func (d *Desk) belongs(c signing.Certificate, uscc string) error {
	now := d.now()
	switch {
	case c.Subject().OrganizationID != uscc:
		return Invalid("certificate.subject", "certificates", "证书中的统一社会信用代码与单位不一致；请选择本单位的证书")
	case now.Before(c.NotBefore()) || now.After(c.NotAfter()):
		return Invalid("certificate.expired", "certificates", "证书不在有效期内；请到证书机构更新后再登记")
	case c.IsCA() || !c.CanSign() && !c.CanEncrypt():
		return Invalid("certificate.usage", "certificates", "证书用途不是签名或加密；请选择单位的签名证书或加密证书")
	}
	return nil
}

// AddCertificate registers one more certificate of the actor's own organisation, such as the encryption half of
// a pair. Its chain (leaf first) must reach an accepted root.
func (d *Desk) AddCertificate(ctx context.Context, by Actor, chain []signing.Certificate) error {
	if len(chain) == 0 {
		return Invalid("certificate.chain", "certificates", "未提供证书；请选择证书后重试")
	}
	leaf := chain[0]
	if err := d.belongs(leaf, by.USCC); err != nil {
		return err
	}
	use := signing.UseEncrypt
	if leaf.CanSign() {
		use = signing.UseSign
	}
	if err := d.trust.Verify(chain, use, d.now()); err != nil {
		return untrusted(err)
	}
	return d.change(ctx, func(tx pgx.Tx) error {
		return d.addCertificatesTx(ctx, tx, by.USCC, chain[:1], chain[1:])
	})
}

// Suspend stops an organisation from signing in and sending, Resume lets it again. Its letters stay in force.
func (d *Desk) Suspend(ctx context.Context, by Actor, uscc string) error {
	return d.setStatus(ctx, by, uscc, Suspended)
}

// Resume undoes Suspend.
func (d *Desk) Resume(ctx context.Context, by Actor, uscc string) error {
	return d.setStatus(ctx, by, uscc, Active)
}

func (d *Desk) setStatus(ctx context.Context, by Actor, uscc string, to Status) error {
	if !by.Is(Operator) {
		return Forbidden("organisation.status", "只有平台运营人员可以停用或恢复单位")
	}
	return d.change(ctx, func(tx pgx.Tx) error { return updateStatus(ctx, tx, uscc, to) })
}

// RemoveCertificate ends a certificate's use here for good, before its CA's own list says so: a lost token.
func (d *Desk) RemoveCertificate(ctx context.Context, by Actor, fingerprint signing.Digest) error {
	return d.change(ctx, func(tx pgx.Tx) error {
		on, err := readCertificate(ctx, tx, fingerprint)
		if err != nil {
			return err
		}
		if !by.Is(Operator) && on.USCC != by.USCC {
			return errNoCertificate
		}
		return removeCertificate(ctx, tx, fingerprint, d.now())
	})
}
