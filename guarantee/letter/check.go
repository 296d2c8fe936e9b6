package letter

import (
	"regexp"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"baohan/guarantee/calendar"
)

var (
	idShape     = regexp.MustCompile(`^[0-9a-f]{32}$`)
	numberShape = regexp.MustCompile(`^[A-Z0-9-]{6,40}$`)
)

// checkText holds for text that people read: NFC, no white space around it, min to max characters, none that is
// invisible or turns the direction of writing, so that what is shown is what is signed.
func checkText(field, s string, min, max int) error {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || !norm.NFC.IsNormalString(s):
		return fault(field, "text", "文字编码不规范（须为 UTF-8、NFC）；请重新输入")
	case n < min || n > max:
		return fault(field, "text", "文字长度须为 "+strconv.Itoa(min)+" 至 "+strconv.Itoa(max)+" 个字")
	}
	for i, r := range s {
		edge := i == 0 || i+utf8.RuneLen(r) == len(s)
		if unicode.IsSpace(r) && (edge || r != ' ') || hidden(r) {
			return fault(field, "text", "含有不可见字符、控制字符或首尾空格；请删除后重新输入")
		}
	}
	return nil
}

// hidden tells characters that leave no trace on paper: controls, formats (bidi marks, zero width), private use,
// unassigned, and the letters and selectors that are drawn as nothing.
func hidden(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Zl, unicode.Zp) ||
		r == utf8.RuneError || !unicode.IsPrint(r) && r != ' '
}

func checkVersion(v int) error {
	return need(v == 1, "version", "version", "不支持的版本；请升级客户端")
}

func checkID(field, id string) error {
	return need(idShape.MatchString(id), field, "id", "编号须为 32 位小写十六进制")
}

func checkNumber(number string) error {
	return need(numberShape.MatchString(number), "number", "number", "保函编号须为 6 至 40 位大写字母、数字或连字符")
}

// checkCeiling and checkLatestExpiry hold for values of the public ladders.
func checkCeiling(c Fen) error {
	return need(c > 0 && c <= MaxFen && LadderCeiling(c) == c, "ceiling", "ladder", "最高金额须取自公布的档位（1、2、5 万元……）")
}

func checkLatestExpiry(d calendar.Date) error {
	return need(!d.IsZero() && onLadder(d), "latest_expiry", "ladder", "最迟到期日须为季度末日")
}

// checkInstant holds for instants that have an encoding: whole microseconds of the years 2000 to 2999.
func checkInstant(field string, t time.Time) error {
	y := t.UTC().Year()
	return need(y >= 2000 && y <= 2998 && t.Equal(t.Truncate(time.Microsecond)), field, "instant", "时间须为 2000 年至 2998 年之间、最多精确到微秒")
}

func checkDigest(field string, zero bool) error {
	return need(!zero, field, "digest", "摘要不能为空")
}

// checkEach checks every element and names the one that does not hold.
func checkEach[T any](field string, all []T, check func(T) error) error {
	for i, one := range all {
		if err := check(one); err != nil {
			return within(field+"."+strconv.Itoa(i), err)
		}
	}
	return nil
}

func repeats[T any, K comparable](all []T, key func(T) K) bool {
	seen := map[K]bool{}
	for _, one := range all {
		if seen[key(one)] {
			return true
		}
		seen[key(one)] = true
	}
	return false
}
