package party

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/signing"
)

// Self stands for AdmittedBy where a bidder's own certificate admitted it.
const Self = "self"

// Admit registers org with its roles and certificates, or gives an organisation on record further roles and
// certificates; its name then stays. Only an operator admits, and System once, for the first operator. Each
// certificate must carry org's code and be inside its validity. CA certificates among certs are the issuers of the
// others: with them a chain must hold now, and every request that a machine signs is held against the revocation lists.
// A certificate that org had brought itself serves every role of org from then on.
func (d *Desk) Admit(ctx context.Context, by Actor, org Organisation, certs ...signing.Certificate) error {
	if !by.Is(Operator) && !by.IsSystem() {
		return Forbidden("organisation.admit", "只有平台运营人员可以准入单位")
	}
	if err := org.check(); err != nil {
		return err
	}
	chains := chainsOf(certs)
	for _, chain := range chains {
		if err := d.belongs(chain[0], org.USCC); err != nil {
			return err
		}
		if err := d.holds(chain); len(chain) > 1 && err != nil {
			return err
		}
	}
	org.Status, org.AdmittedBy, org.AdmittedAt = Active, by.USCC, d.now()
	return d.change(ctx, func(tx pgx.Tx) error { return d.admitTx(ctx, tx, org, chains) })
}

func (d *Desk) admitTx(ctx context.Context, tx pgx.Tx, org Organisation, chains [][]signing.Certificate) error {
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
	return d.addCertificatesTx(ctx, tx, org.USCC, org.AdmittedBy, chains)
}

func (d *Desk) addCertificatesTx(ctx context.Context, tx pgx.Tx, uscc, by string, chains [][]signing.Certificate) error {
	for _, chain := range chains {
		c := chain[0]
		if err := insertCertificate(ctx, tx, certificateRow{
			Fingerprint: fp(c), USCC: uscc, DER: c.Raw(), Issuers: pems(chain[1:]), CanSign: c.CanSign(), CanEncrypt: c.CanEncrypt(),
			NotBefore: c.NotBefore(), NotAfter: c.NotAfter(), AddedAt: d.now(), AdmittedBy: by,
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
// a pair. Its chain (leaf first) must reach an accepted root. It serves the organisation as bidder: in a role that an
// operator gave, only a certificate that an operator admitted acts or is sealed to.
func (d *Desk) AddCertificate(ctx context.Context, by Actor, chain []signing.Certificate) error {
	if len(chain) == 0 {
		return Invalid("certificate.chain", "certificates", "未提供证书；请选择证书后重试")
	}
	leaf := chain[0]
	if err := d.belongs(leaf, by.USCC); err != nil {
		return err
	}
	if err := d.holds(chain); err != nil {
		return err
	}
	return d.change(ctx, func(tx pgx.Tx) error {
		return d.addCertificatesTx(ctx, tx, by.USCC, Self, [][]signing.Certificate{chain})
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
	if by.USCC == uscc && to == Suspended {
		return Conflict("organisation.own", "不能停用平台运营单位自己：停用后无人能够恢复")
	}
	return d.change(ctx, func(tx pgx.Tx) error { return updateStatus(ctx, tx, uscc, to, by.USCC, d.now()) })
}

// RemoveCertificate ends a certificate's use here for good, before its CA's own list says so: a lost token. An operator
// removes anybody's but the one by which it acts; a bidder those that serve a bidder only.
func (d *Desk) RemoveCertificate(ctx context.Context, by Actor, fingerprint signing.Digest) error {
	if by.Is(Operator) && by.Certificate == fingerprint {
		return Conflict("certificate.own", "不能停用正在使用的平台运营证书；请先换用新证书")
	}
	return d.change(ctx, func(tx pgx.Tx) error {
		on, err := readCertificate(ctx, tx, fingerprint)
		if err != nil {
			return err
		}
		own := on.USCC == by.USCC && (!by.Is(Bidder) || on.AdmittedBy == Self)
		if !by.Is(Operator) && !own {
			return errNoCertificate
		}
		return removeCertificate(ctx, tx, fingerprint, by.USCC, d.now())
	})
}
