package banks

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// Kind is what an institution is licensed as. It decides which form it may issue.
type Kind string

// The kinds of institution.
const (
	Bank             Kind = "bank"              // 银行 and other financial institutions
	Insurer          Kind = "insurer"           // 保险公司
	GuaranteeCompany Kind = "guarantee_company" // 融资担保公司, 工程担保公司
)

// Form is the one form that the kind's licence allows: an independent guarantee only from a financial
// institution (独立保函规定1; elsewhere an independence clause is void, 民法典担保解释2), a policy only from an insurer
// (保险法6), and a guarantee company's accessory one (融资担保公司监督管理条例12).
func (k Kind) Form() (letter.Form, bool) {
	f, ok := map[Kind]letter.Form{
		Bank: letter.FormIndependent, Insurer: letter.FormInsurance, GuaranteeCompany: letter.FormAccessory,
	}[k]
	return f, ok
}

// Institution is one guarantor on record. Its certificates, and whether it is suspended, are party's.
type Institution struct {
	USCC         string    `db:"uscc"`
	Name         string    `db:"name"`
	Kind         Kind      `db:"kind"`
	Licence      string    `db:"licence"`       // number of the licence (金融许可证, 经营许可证)
	LicenceUntil time.Time `db:"licence_until"` // date: the last day on which it may underwrite
	Base         string    `db:"base"`          // where it listens; messages go to Base + wire.MessagesPath; empty: nowhere, it works on the pages
	Cashier      string    `db:"cashier"`       // where an applicant pays; {application} stands for the id
	TwoPeople    bool      `db:"two_people"`    // another person issues than decides, and pays than finds a demand complying
	AdmittedBy   string    `db:"admitted_by"`
	AdmittedAt   time.Time `db:"admitted_at"`
}

// PayAt is where the applicant of one application pays its fee: https, or this very machine in a demonstration, as
// was checked when the institution was admitted.
func (i Institution) PayAt(application string) string {
	return strings.ReplaceAll(i.Cashier, "{application}", application)
}

// Party is the institution as letters name it.
func (i Institution) Party() letter.Party { return letter.Party{Name: i.Name, USCC: i.USCC} }

// CashierFor is where the fee of an application is paid: at the institution itself, never through the platform.
func (i Institution) CashierFor(application string) string {
	return strings.ReplaceAll(i.Cashier, "{application}", application)
}

// licensedOn tells whether it may underwrite on the day of at.
func (i Institution) licensedOn(at time.Time) bool {
	return !calendar.DateOf(at.In(calendar.Shanghai)).After(calendar.DateOf(i.LicenceUntil))
}

// mayUse tells whether its licence covers a wording.
func (i Institution) mayUse(w letter.Wording) bool {
	form, known := i.Kind.Form()
	return known && form == w.Form
}

// Admit registers an institution, or changes where a registered one listens and until when it is licensed. The
// organisation must be admitted as guarantor first; its name and kind then stay.
func (d *Desk) Admit(ctx context.Context, by party.Actor, i Institution) error {
	if !by.Is(party.Operator) && !by.IsSystem() {
		return party.Forbidden("institution.admit", "只有平台运营人员可以接入担保机构")
	}
	if err := d.checkInstitution(ctx, i); err != nil {
		return err
	}
	i.AdmittedBy, i.AdmittedAt = by.USCC, d.Clock.Now()
	return d.change(ctx, func(tx pgx.Tx) error {
		if err := upsertInstitution(ctx, tx, i); err != nil {
			return err
		}
		on, err := readInstitution(ctx, tx, i.USCC)
		if err != nil {
			return err
		}
		if on.Name != i.Name || on.Kind != i.Kind {
			return party.Conflict("institution.changed", "该机构已以另一名称或类别接入；请先核实后由平台运营人员处理")
		}
		return nil
	})
}

func (d *Desk) checkInstitution(ctx context.Context, i Institution) error {
	org, err := d.Party.Organisation(ctx, i.USCC)
	if err != nil {
		return err
	}
	if !org.Has(party.Guarantor) || org.Name != i.Name {
		return party.Invalid("institution.organisation", "uscc", "该单位尚未以担保机构身份准入，或名称不一致；请先办理准入")
	}
	if _, known := i.Kind.Form(); !known {
		return party.Invalid("institution.kind", "kind", "机构类别须为银行、保险公司或担保公司；请按许可证选择")
	}
	if n := utf8.RuneCountInString(i.Licence); n < 1 || n > 64 {
		return party.Invalid("institution.licence", "licence", "请填写许可证编号（不超过 64 个字）")
	}
	if !i.licensedOn(d.Clock.Now()) {
		return party.Invalid("institution.licence_until", "licence_until", "许可证已到期；请换发后再接入")
	}
	if i.Base == "" {
		return d.checkCashier(i)
	}
	if _, err := d.egress.address(i.Base); err != nil {
		return party.Invalid("institution.base", "base", "接入地址不在出站白名单内，或不是 https 地址；请先由平台运营人员登记白名单")
	}
	return d.checkCashier(i)
}

func (*Desk) checkCashier(i Institution) error {
	if !webAddress(i.Cashier) {
		return party.Invalid("institution.cashier", "cashier", "缴费地址须为 https 网址；请核对")
	}
	return nil
}

// Institution reads one registration.
func (d *Desk) Institution(ctx context.Context, uscc string) (Institution, error) {
	return readInstitution(ctx, d.Pool, uscc)
}

// TwoPeople tells whether an institution asks for two people (双人经办), in the caller's transaction. Of one that is not on record
// nothing is known: it asks for nothing.
func TwoPeople(ctx context.Context, q store.Querier, uscc string) (asked bool, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT two_people FROM institution WHERE uscc = @uscc), false)`, pgx.NamedArgs{"uscc": uscc}).Scan(&asked)
	return asked, err
}

// Institutions lists all, by their code.
func (d *Desk) Institutions(ctx context.Context) ([]Institution, error) {
	return listInstitutions(ctx, d.Pool)
}

// underwrites tells whether the institution may take an application now: licensed, and not suspended.
func (d *Desk) underwrites(ctx context.Context, i Institution) (bool, error) {
	org, err := d.Party.Organisation(ctx, i.USCC)
	if err != nil {
		return false, err
	}
	return org.Status == party.Active && slices.Contains(org.Roles, party.Guarantor) && i.licensedOn(d.Clock.Now()), nil
}
