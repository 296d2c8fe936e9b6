package party

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/signing"
)

// ErrMayNotAct refuses a paper whose signer does not act in the role that the paper needs.
var ErrMayNotAct = Forbidden("signer.role", "签名所用的证书不能以此角色行事（单位已停用、没有此角色，或证书未经准入、已停用）；请使用平台运营人员为本单位准入的证书")

// ActsTx asks, inside the caller's transaction, whether a certificate acts for its organisation in a role at an instant.
// The organisation and the certificate stay as they are until the transaction ends: whoever suspends one of them does it
// before or after, never meanwhile.
func ActsTx(ctx context.Context, tx pgx.Tx, uscc string, role Role, fingerprint signing.Digest, at time.Time) error {
	if _, err := tx.Exec(ctx, `SELECT FROM organisation WHERE uscc = @uscc FOR SHARE`, pgx.NamedArgs{"uscc": uscc}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SELECT FROM certificate WHERE fingerprint = @fp FOR SHARE`, pgx.NamedArgs{"fp": fingerprint[:]}); err != nil {
		return err
	}
	org, err := readOrganisation(ctx, tx, uscc)
	if err != nil {
		return mayNot(err)
	}
	row, err := readCertificate(ctx, tx, fingerprint)
	if err != nil {
		return mayNot(err)
	}
	if org.Status != Active || !org.Has(role) || row.USCC != uscc || !row.liveAt(at) || !row.CanSign || !row.serves(role) {
		return ErrMayNotAct
	}
	return nil
}

// mayNot makes one answer of all reasons; an error that is no answer stays one.
func mayNot(err error) error {
	if errors.Is(err, errNoOrganisation) || errors.Is(err, errNoCertificate) {
		return ErrMayNotAct
	}
	return err
}
