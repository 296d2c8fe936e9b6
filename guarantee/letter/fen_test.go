package letter

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"baohan/guarantee/calendar"
	"baohan/internal/drawn"
)

func TestParseYuan(t *testing.T) {
	for text, want := range map[string]Fen{"0": 0, "0.00": 0, "0.1": 10, "0.01": 1, "0.29": 29, "1.05": 105, "800000": 80_000_000,
		"800000.00": 80_000_000, "12522994.31": 1_252_299_431, "90071992547.40": 9_007_199_254_740, "100000000000": MaxFen, "100000000000.00": MaxFen} {
		if got, err := ParseYuan(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", " ", "-1", "+1", "1.", ".5", "1.005", "01", "00", "1,000", "1e3", "1E3", "1 000", "１００", "¥1",
		"0x10", "1_000", "100000000000.01", "1000000000000", "99999999999999999999", "1.0\n", "NaN", "1.-5"} {
		if got, err := ParseYuan(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

func TestFenJSON(t *testing.T) {
	for _, text := range []string{"1e3", "1.0", "-1", "-0", `"1"`, "null", "true", "10000000000001", "9223372036854775808", "[1]", "01"} {
		var f Fen
		if err := json.Unmarshal([]byte(text), &f); err == nil {
			t.Errorf("%s is read as %d", text, f)
		}
	}
	var f Fen
	if err := json.Unmarshal([]byte("10000000000000"), &f); err != nil || f != MaxFen {
		t.Errorf("%d, %v", f, err)
	}
	if b, err := json.Marshal(MaxFen); err != nil || string(b) != "10000000000000" {
		t.Errorf("%s, %v", b, err)
	}
}

// The examples of the rules themselves, and the edges.
func TestCapital(t *testing.T) {
	for f, want := range map[Fen]string{
		0: "零元整", 1: "壹分", 10: "壹角整", 11: "壹角壹分", 100: "壹元整", 101: "壹元零壹分", 110: "壹元壹角整", 1000: "壹拾元整",
		140950: "壹仟肆佰零玖元伍角整", 600714: "陆仟零柒元壹角肆分", 168032: "壹仟陆佰捌拾元叁角贰分", 10700053: "壹拾万柒仟元伍角叁分",
		1640902: "壹万陆仟肆佰零玖元零贰分", 32504: "叁佰贰拾伍元零肆分", 80000000: "捌拾万元整", 12000000: "壹拾贰万元整",
		1252299431: "壹仟贰佰伍拾贰万贰仟玖佰玖拾肆元叁角壹分", 1000100: "壹万零壹元整", 1001000: "壹万零壹拾元整", 10000_0000_00: "壹亿元整",
		10000_0001_00: "壹亿零壹元整", 10001_0000_00: "壹亿零壹万元整", 10000_8000_00: "壹亿零捌仟元整", 10500_8000_00: "壹亿零伍佰万捌仟元整",
		100_0000_00: "壹佰万元整", MaxFen: "壹仟亿元整", MaxFen - 1: "玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
	} {
		if got := f.Capital(); got != want {
			t.Errorf("%s: %s, want %s", f, got, want)
		}
	}
}

func TestParseCapitalForms(t *testing.T) {
	for text, want := range map[string]Fen{
		"人民币捌拾万元整": 80_000_000, "捌拾万圆正": 80_000_000, "壹元壹角": 110, "壹元壹角整": 110, "壹拾万零柒仟元零伍角叁分": 10700053,
		"壹仟陆佰捌拾元零叁角贰分": 168032, "零元整": 0,
	} {
		if got, err := ParseCapital(text); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "整", "元整", "零", "捌拾万", "捌拾万元整整", "八十万元整", "捌拾万元正贰分", "捌万拾元整", "捌捌元整", "捌拾万元整 ", "人民币",
		"壹角贰元整", "壹万万元整", "拾元整", "零零元整", "壹元零零壹分", "壹分整", "人民币人民币壹元整", "玖仟玖佰玖拾玖亿元整", "壹亿亿元整", "800000元整", "壹元元整"} {
		if got, err := ParseCapital(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

// oracle writes 大写 another way: every digit with its unit, then the zeros are taken out by rewriting.
func oracle(f Fen) string {
	units := []string{"", "拾", "佰", "仟", "万", "拾", "佰", "仟", "亿", "拾", "佰", "仟"}
	digits := fmt.Sprint(int64(f) / 100)
	var b strings.Builder
	for i, d := range digits {
		b.WriteString(string([]rune("零壹贰叁肆伍陆柒捌玖")[d-'0']) + units[len(digits)-1-i])
	}
	s := b.String() + "元"
	for _, r := range [][2]string{{"零仟", "零"}, {"零佰", "零"}, {"零拾", "零"}} {
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	for strings.Contains(s, "零零") {
		s = strings.ReplaceAll(s, "零零", "零")
	}
	s = strings.NewReplacer("零亿", "亿", "零万", "万", "零元", "元").Replace(s)
	s = strings.ReplaceAll(s, "亿万", "亿零")
	for strings.Contains(s, "零零") {
		s = strings.ReplaceAll(s, "零零", "零")
	}
	s = strings.ReplaceAll(s, "零元", "元")
	if s == "元" {
		s = ""
	}
	jiao, fen := int(f)/10%10, int(f)%10
	names := []rune("零壹贰叁肆伍陆柒捌玖")
	if jiao > 0 {
		s += string(names[jiao]) + "角"
	} else if fen > 0 && s != "" {
		s += "零"
	}
	if fen > 0 {
		return s + string(names[fen]) + "分"
	}
	if s == "" {
		s = "零元"
	}
	return s + "整"
}

func TestCapitalAgainstOracle(t *testing.T) {
	for f := Fen(0); f < 200_000; f++ {
		sameAsOracle(t, f)
	}
	drawn.Check(t, func(t *rapid.T) {
		f := Fen(rapid.Int64Range(0, int64(MaxFen)).Draw(t, "fen"))
		if rapid.Bool().Draw(t, "round") { // many zeros, where the rules are
			power := Fen(1)
			for range rapid.IntRange(1, 12).Draw(t, "zeros") {
				power *= 10
			}
			f = f / power * power
		}
		sameAsOracle(t, f)
	})
}

func sameAsOracle(t interface{ Fatalf(string, ...any) }, f Fen) {
	got := f.Capital()
	if want := oracle(f); got != want {
		t.Fatalf("%s: %s, the other way %s", f, got, want)
	}
	if back, err := ParseCapital(got); err != nil || back != f {
		t.Fatalf("%s read back as %s, %v", got, back, err)
	}
	if back, err := ParseYuan(f.String()); err != nil || back != f {
		t.Fatalf("%s read back as %s, %v", f, back, err)
	}
}

// Whatever two amounts are written differently in figures are written differently in words.
func FuzzParseCapital(f *testing.F) {
	for _, s := range []string{"捌拾万元整", "壹分", "人民币壹拾万零柒仟元零伍角叁分", "零元整"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseCapital(s)
		if err != nil {
			return
		}
		if n.Check() != nil {
			t.Fatalf("%q is read as %d", s, n)
		}
		if again, err := ParseCapital(n.Capital()); err != nil || again != n {
			t.Fatalf("%q is read as %s, which reads as %s, %v", s, n, again, err)
		}
	})
}

func TestLadders(t *testing.T) {
	yuan := func(n int64) Fen { return Fen(n * 100) }
	for amount, want := range map[Fen]Fen{1: yuan(10_000), yuan(10_000): yuan(10_000), yuan(10_000) + 1: yuan(20_000), yuan(20_001): yuan(50_000),
		yuan(120_000): yuan(200_000), yuan(800_000): yuan(1_000_000), yuan(1_000_001): yuan(2_000_000), MaxFen: MaxFen, MaxFen - 1: MaxFen} {
		if got := LadderCeiling(amount); got != want {
			t.Errorf("ceiling of %s: %s, want %s", amount, got, want)
		}
	}
	for expiry, want := range map[string]string{"2026-04-30": "2026-06-30", "2026-05-01": "2026-06-30", "2026-05-02": "2026-09-30",
		"2026-11-01": "2026-12-31", "2026-11-02": "2027-03-31", "2026-12-31": "2027-03-31", "2026-01-30": "2026-03-31", "2024-01-01": "2024-03-31"} {
		d, err := calendar.ParseDate(expiry)
		if err != nil {
			t.Fatal(err)
		}
		if got := LadderExpiry(d); got.String() != want || !onLadder(got) {
			t.Errorf("latest expiry of %s: %s, want %s", expiry, got, want)
		}
	}
}

func TestLadderProperty(t *testing.T) {
	drawn.Check(t, func(t *rapid.T) {
		amount := Fen(rapid.Int64Range(1, int64(MaxFen)).Draw(t, "amount"))
		c := LadderCeiling(amount)
		if c < amount || LadderCeiling(c) != c || c > lowestRung && c/5*2 >= amount && LadderCeiling(c/5*2) == c/5*2 {
			t.Fatalf("%s on the ladder is %s", amount, c)
		}
		d := date2020.AddDays(rapid.IntRange(0, 20000).Draw(t, "day"))
		if e := LadderExpiry(d); d.DaysUntil(e) < 60 || d.DaysUntil(e) > 60+92 || !onLadder(e) {
			t.Fatalf("latest expiry of %s is %s", d, e)
		}
	})
}

func TestUSCC(t *testing.T) {
	for _, code := range []string{"914403001922038216", "91100000100003962T", "9144030071526726XG", "91440300708461136T"} { // as well-known companies print them
		if err := CheckUSCC(code); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
	good, err := CompleteUSCC("91430100000000001")
	if err != nil || CheckUSCC(good) != nil {
		t.Fatalf("%s, %v", good, err)
	}
	for _, bad := range []string{"", good[:17], good + "0", strings.ToLower("91430100MA4L16JQ9B"), "91430100MA4L16JQOB", "9I430100000000001" + good[17:],
		"9143010A000000001" + good[17:], " " + good[1:], good[:17] + " ", "９1430100000000001" + good[17:]} {
		if CheckUSCC(bad) == nil {
			t.Errorf("%q passes", bad)
		}
	}
	for i := range good { // every change of one character is found (GB 32100-2015, 5)
		for _, c := range usccAlphabet {
			if changed := good[:i] + string(c) + good[i+1:]; changed != good && CheckUSCC(changed) == nil {
				t.Errorf("%s passes beside %s", changed, good)
			}
		}
	}
}

var date2020 = func() calendar.Date { d, _ := calendar.NewDate(2020, 1, 1); return d }()
