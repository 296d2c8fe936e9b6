package page

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"baohan/internal/drawn"
)

// set breaks a text as it would be set in so many ems, and shows the lines.
func set(t interface{ Fatal(...any) }, text string, ems int) []string {
	types := newTypes()
	all, err := types.set(text, types.body)
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, l := range broken(all, ems*1000, 0) {
		var b strings.Builder
		for _, g := range l.glyphs {
			b.WriteRune(g.r)
		}
		shown = append(shown, b.String())
	}
	return shown
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		text string
		ems  int
		want string
	}{
		{"一二三四五六七八九十", 5, "一二三四五|六七八九十"},
		{"一二三四五。六七", 5, "一二三四|五。六七"},            // no line begins with 。
		{"一二三四。五六七", 5, "一二三四。|五六七"},            // it ends one
		{"一二三四（五六）七", 5, "一二三四|（五六）七"},          // none ends with （
		{"一二三四五）。六", 6, "一二三四五）。|六"},            // of two marks each is half
		{"一二三——四五", 4, "一二|三——四|五"},             // nor is — parted
		{"金额800000.00元整", 5, "金额|800000.00|元整"}, // a number is not cut
		{"一 二 三 四", 3, "一 二|三 四"},
		{"一二三四（ 五六", 5, "一二三四|（ 五六"}, // a space behind （ parts it from nothing
		{"", 5, ""},
	} {
		if got := strings.Join(set(t, c.text, c.ems), "|"); got != c.want {
			t.Errorf("%s: %s, not %s", c.text, got, c.want)
		}
	}
	digest := strings.Repeat("0123456789abcdef", 4)
	if got := set(t, "摘要"+digest, 12); strings.Join(got, "") != "摘要"+digest || len(got) < 3 || len(got[0]) < 10 {
		t.Errorf("a digest fills its lines: %q", got)
	}
}

// Whatever the text: nothing is lost but spaces at the ends of lines, no line is too long, and the rules of 避头尾 hold.
func TestLinesProperty(t *testing.T) {
	marks := []rune("，。；：（）《》“”、—…·￥一二三四五甲乙丙丁ab12. ")
	drawn.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(marks), 0, 60).Draw(t, "text"))
		ems := rapid.IntRange(6, 20).Draw(t, "ems")
		lines := set(t, text, ems)
		if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.ReplaceAll(text, " ", ""); got != want {
			t.Fatalf("%q became %q", want, got)
		}
		for i, l := range lines {
			r := []rune(l)
			if i == 0 || len(r) == 0 || len([]rune(lines[i-1])) == 0 {
				continue
			}
			before := []rune(lines[i-1])
			if forced(before, r) {
				continue
			}
			if in(r[0], closing) || in(before[len(before)-1], opening) {
				t.Fatalf("%d ems: %q | %q", ems, lines[i-1], l)
			}
		}
	})
}

// forced tells a line of nothing but marks, which has to be cut somewhere.
func forced(before, after []rune) bool {
	seen := ' '
	for i, r := range before[:len(before)-1] {
		if r != ' ' {
			seen = r
		}
		if mayBreak(r, before[i+1], true) && !in(seen, opening) {
			return false
		}
	}
	return true
}

func TestSqueeze(t *testing.T) {
	types := newTypes()
	all, err := types.set("。（一）、“二”。三", types.body)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{500, 0, 0, 500} {
		if all[i].squeeze != want {
			t.Errorf("behind %c: %d, not %d", all[i].r, all[i].squeeze, want)
		}
	}
}
