package guarantee

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/party"
)

var (
	errSameDepositor = party.Conflict("deposit.same_person", "本机构实行双人经办：签署存入声明的是您本人（同一张证书，或者同一持有人的另一张证书），不能再由您存入；请由另一位经办人用其证书存入同一份保函")
	errSignerUnknown = party.Conflict("deposit.signer_not_admitted", "本机构实行双人经办：签署存入声明的证书没有经平台运营人员准入；请由已准入的经办人重新签署，或先办理准入")
)

// byTwo holds a letter from the counter to two people (双人经办) where its guarantor asks for them: nothing of it was decided on
// here, and from the receipt on it binds. Who signs the statement decides, and another hands it in; both are people whom an
// operator has looked at, not whatever certificate an authority gave the institution for some other purpose.
func (d *Desk) byTwo(ctx context.Context, tx pgx.Tx, by party.Actor, k *deposited) error {
	if d.TwoPeople == nil {
		return nil
	}
	asked, err := d.TwoPeople(ctx, tx, k.row.Guarantor)
	if err != nil || !asked {
		return err
	}
	signer := k.signed.Signer().Fingerprint()
	if err := another(ctx, tx, signer[:], by, errSameDepositor); err != nil {
		return err
	}
	known, err := party.Serves(ctx, tx, k.row.Guarantor, signer, party.Guarantor)
	if err == nil && !known {
		err = errSignerUnknown
	}
	k.two, k.decidedBy, k.handedBy = true, signer[:], fingerprint(by)
	return err
}
