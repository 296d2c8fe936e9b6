package letter

import (
	"slices"
	"strings"
)

// How amounts are written in characters that cannot be altered into one another (支付结算办法 附件一《正确填写票据和结算凭证的
// 基本规定》 一、二、三).
var (
	capitalDigits = []rune("零壹贰叁肆伍陆柒捌玖")
	smallUnits    = []string{"", "拾", "佰", "仟"}
	largeUnits    = []string{"", "万", "亿"}
)

// Capital is the amount in 大写, without 人民币: 捌拾万元整. 整 closes an amount without fen, so that nothing can be added
// behind it.
func (f Fen) Capital() string {
	yuan, jiao, fen := int64(f)/100, int64(f)/10%10, int64(f)%10
	var b strings.Builder
	if yuan > 0 || f == 0 {
		b.WriteString(integerCapital(yuan) + "元")
	}
	if jiao > 0 {
		b.WriteString(string(capitalDigits[jiao]) + "角")
	}
	if fen == 0 {
		return b.String() + "整"
	}
	if jiao == 0 && yuan > 0 {
		b.WriteString("零")
	}
	return b.String() + string(capitalDigits[fen]) + "分"
}

// integerCapital writes groups of four digits, with one 零 for any row of zeros that stands between two digits, except
// where a group ends.
func integerCapital(n int64) string {
	if n == 0 {
		return "零"
	}
	var groups []string
	for place := 0; n > 0; n, place = n/10_000, place+1 {
		group := n % 10_000
		if group == 0 {
			groups = append(groups, "")
			continue
		}
		text := groupCapital(group) + largeUnits[place]
		if group < 1000 && n >= 10_000 {
			text = "零" + text
		}
		groups = append(groups, text)
	}
	slices.Reverse(groups)
	return joinGroups(groups)
}

// joinGroups puts 零 where a whole group of zeros lies between two groups: 壹亿零捌仟元.
func joinGroups(groups []string) string {
	var b strings.Builder
	gap := false
	for _, g := range groups {
		if g != "" && gap && !strings.HasPrefix(g, "零") {
			b.WriteString("零")
		}
		gap = g == ""
		b.WriteString(g)
	}
	return b.String()
}

func groupCapital(n int64) string {
	var b strings.Builder
	gap := false
	for place, unit := 3, int64(1000); place >= 0; place, unit = place-1, unit/10 {
		digit := n / unit % 10
		if digit == 0 {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteString("零")
		}
		gap = false
		b.WriteString(string(capitalDigits[digit]) + smallUnits[place])
	}
	return b.String()
}

// ParseCapital reads an amount in 大写 as people write it: with or without 人民币 in front and 整 behind, 圆 for 元, 正 for
// 整, and 零 where the rules leave it free. Anything else, 捌拾万圆正贰 as much as 八十万元, is refused.
func ParseCapital(text string) (Fen, error) {
	text = strings.TrimPrefix(text, "人民币")
	text = strings.NewReplacer("圆", "元", "正", "整").Replace(text)
	if strings.Contains(text, "零零") {
		return 0, errCapital()
	}
	bare := withoutZeros(text)
	n, ok := readCapital(strings.TrimSuffix(bare, "整"))
	if !ok || n > MaxFen || bare != withoutZeros(n.Capital()) && bare+"整" != withoutZeros(n.Capital()) {
		return 0, errCapital()
	}
	return n, nil
}

func errCapital() error {
	return fault("", "capital", "大写金额书写有误；请按“捌拾万元整”的写法填写")
}

// withoutZeros takes out every 零 but the one of 零元.
func withoutZeros(text string) string {
	if strings.HasPrefix(text, "零元") {
		return "零" + strings.ReplaceAll(text, "零", "")
	}
	return strings.ReplaceAll(text, "零", "")
}

// readCapital adds up digits and units, without judging their order: the amount written again does that.
func readCapital(text string) (Fen, bool) {
	var total, group, digit Fen
	for _, r := range text {
		if d := slices.Index(capitalDigits, r); d >= 0 {
			digit = Fen(d)
			continue
		}
		switch r {
		case '拾', '佰', '仟':
			group += digit * map[rune]Fen{'拾': 10, '佰': 100, '仟': 1000}[r]
		case '万':
			total += (group + digit) * 10_000
			group = 0
		case '亿':
			total, group = (total+group+digit)*100_000_000, 0
		case '元':
			total, group = (total+group+digit)*100, 0
		case '角':
			total += digit * 10
		case '分':
			total += digit
		default:
			return 0, false
		}
		digit = 0
		if total > MaxFen*100 || total < 0 || group > 9999 {
			return 0, false
		}
	}
	return total, digit == 0 && group == 0
}
