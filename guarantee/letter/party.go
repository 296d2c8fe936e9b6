package letter

import "strings"

// Party is an organisation: its name as registered and its 统一社会信用代码.
type Party struct {
	Name string `json:"name"`
	USCC string `json:"uscc"`
}

// Check holds for a readable name of 2 to 100 characters and a code whose check digit is right.
func (p Party) Check() error {
	if err := checkText("name", p.Name, 2, 100); err != nil {
		return err
	}
	return CheckUSCC(p.USCC)
}

// String is the name with its code, as it stands in a letter.
func (p Party) String() string { return p.Name + "（统一社会信用代码：" + p.USCC + "）" }

// checkParties holds for one to max different organisations.
func checkParties(field string, all []Party, max int) error {
	if err := need(len(all) >= 1 && len(all) <= max, field, "count", "单位数量不符合要求"); err != nil {
		return err
	}
	if err := checkEach(field, all, Party.Check); err != nil {
		return err
	}
	return need(!repeats(all, func(p Party) string { return p.USCC }), field, "repeated", "同一单位重复出现；请删除重复项")
}

const (
	maxApplicants    = 8 // members of a consortium
	maxBeneficiaries = 4
)

// The alphabet of GB 32100-2015, table 1: digits and capitals without I, O, S, V, Z; a character's value is its place.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// CheckUSCC holds for a 统一社会信用代码 (GB 32100-2015): 18 characters of its alphabet, six digits of administrative
// division at places 3 to 8, and the check character of section 5 at the end.
func CheckUSCC(code string) error {
	want, err := CompleteUSCC(code[:min(len(code), 17)])
	if err != nil {
		return err
	}
	return need(code == want, "uscc", "uscc", "统一社会信用代码校验位不符；请对照营业执照核对")
}

// CompleteUSCC adds the check character to the first 17: 31 − (Σ value·3^i mod 31), 31 counting as 0.
func CompleteUSCC(first17 string) (string, error) {
	if len(first17) != 17 || strings.Trim(first17, usccAlphabet) != "" || strings.Trim(first17[2:8], "0123456789") != "" {
		return "", fault("uscc", "uscc", "统一社会信用代码须为 18 位数字或大写字母（不含 I、O、S、V、Z）；请对照营业执照核对")
	}
	sum, weight := 0, 1
	for i := range first17 {
		sum += strings.IndexByte(usccAlphabet, first17[i]) * weight
		weight = weight * 3 % 31
	}
	return first17 + string(usccAlphabet[(31-sum%31)%31]), nil
}
