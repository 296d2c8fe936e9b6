package banks

import (
	"cmp"
	"context"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
)

var (
	errNotAdmitted = party.Conflict("deposit.institution", "贵机构尚未接入平台；请先由平台运营人员办理接入")
	errNotLicensed = party.Conflict("deposit.not_licensed", "贵机构已暂停，或许可证已到期，不能再存入新的保函；请先恢复资格或更新许可证")
	errFormBeyond  = party.Invalid("deposit.wording", "statement.wording", "贵机构的许可不允许使用此类文本（独立保函仅限金融机构，保险单仅限保险公司）；请更换文本")
)

// Counter tells whether a guarantor may hand in, under a wording, a letter that it sold at its own counter. Admission
// is all that it takes, of whatever kind the institution is; no product need be on sale here. The licence decides on the
// wording as it does for a product.
func (d *Desk) Counter(guarantor string) guarantee.May {
	return func(ctx context.Context, ref letter.WordingRef) error {
		i, err := readInstitution(ctx, d.Pool, guarantor)
		if r, refused := party.RefusalOf(err); refused && r.Code == "institution.unknown" {
			return errNotAdmitted
		}
		if err != nil {
			return err
		}
		if may, err := d.underwrites(ctx, i); err != nil || !may {
			return cmp.Or(err, errNotLicensed)
		}
		w, err := letter.WordingOf(ref)
		if err != nil || !i.mayUse(w) {
			return errFormBeyond
		}
		return nil
	}
}
