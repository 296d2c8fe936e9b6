package party

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Status is whether an organisation may act.
type Status string

// The two statuses. A suspended organisation keeps its rows and its letters; it cannot sign in or send.
const (
	Active    Status = "active"
	Suspended Status = "suspended"
)

// Organisation is a registered party. Its id is its 统一社会信用代码 (GB 32100-2015).
type Organisation struct {
	USCC       string    `db:"uscc" json:"uscc"`
	Name       string    `db:"name" json:"name"`
	Roles      []Role    `db:"roles" json:"roles"` // in the order in which they came
	Status     Status    `db:"status" json:"status"`
	AdmittedBy string    `db:"admitted_by" json:"admitted_by"`
	AdmittedAt time.Time `db:"admitted_at" json:"admitted_at"`
}

// Has tells whether the organisation may act as r.
func (o Organisation) Has(r Role) bool { return slices.Contains(o.Roles, r) }

// machineRole is the role in which the organisation's machines act: the first that an operator gave, even when it had
// signed in as a bidder before.
func (o Organisation) machineRole() Role {
	for _, r := range o.Roles {
		if r != Bidder {
			return r
		}
	}
	return Bidder
}

// check refuses what could be read as somebody else's name or code.
func (o Organisation) check() error {
	if !validUSCC(o.USCC) {
		return Invalid("organisation.uscc", "uscc", "统一社会信用代码不正确（18 位，末位为校验码）；请核对营业执照")
	}
	if !validName(o.Name) {
		return Invalid("organisation.name", "name", "单位名称须为 2 至 100 个字，首尾无空格，不含控制字符；请按营业执照填写")
	}
	if len(o.Roles) == 0 {
		return Invalid("organisation.roles", "roles", "至少选择一个角色")
	}
	for i, r := range o.Roles {
		if !r.Known() || slices.Contains(o.Roles[:i], r) {
			return Invalid("organisation.roles", "roles", "角色未知或重复；请从列表中选择")
		}
	}
	return nil
}

func validName(s string) bool {
	if n := utf8.RuneCountInString(s); n < 2 || n > 100 || !utf8.ValidString(s) {
		return false
	}
	odd := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
	}
	return norm.NFC.IsNormalString(s) && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, odd)
}

// The 31 characters of GB 32100-2015 and the weights 3^i mod 31 of its check character.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

func validUSCC(s string) bool {
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(usccAlphabet, s[i])
		if v < 0 {
			return false
		}
		sum, weight = sum+v*weight, weight*3%31
	}
	return usccAlphabet[(31-sum%31)%31] == s[17]
}
