package texts

import (
	"slices"
	"strings"
	"testing"
)

const small = `
#: a.go
msgid ""
msgstr ""
"Language: en\n"

msgid "标段"
msgstr "Lot"

msgid "未译"
msgstr ""

msgid "{1}（{2}）"
msgstr "{1} ({2})"

msgid "共 {1} 天"
msgstr "{1} {1|day|days} in all"

msgid "由{1}改为{2}。{3}"
msgstr "to {2} from {1}. {3}"

msgid "大写：{1}"
msgstr "in words: {1:zh}"

msgid "有；号"
msgstr "has a mark"

msgid ""
"两行"
"的键"
msgstr "two "
"lines"
`

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestSay(t *testing.T) {
	c := must(Open(small))
	for s, want := range map[string]string{
		"":                     "",
		"plain":                "plain",
		"标段":                   "Lot",
		"  标段\n":               "  Lot\n",
		"两行的键":                 "two lines",
		"标段（01）":               "Lot (01)",
		"标段（标段（3））":            "Lot (Lot (3))",
		"共 1 天":                "1 day in all",
		"共 20 天":               "20 days in all",
		"2026年1月5日":            "2026-01-05",
		"2026年11月30日 09:30:15": "2026-11-30 09:30:15",
		"2026年11月3日09时30分":     "2026-11-03 09:30",
		"2026年11月3日09时30分05秒":  "2026-11-03 09:30:05",
		"由2026年1月5日 09:30改为2026年12月15日 09:30。标段": "to 2026-12-15 09:30 from 2026-01-05 09:30. Lot",
		"大写：捌拾万元整":                               "in words: 捌拾万元整",
		"标段、标段；标段":                               "Lot, Lot; Lot",
		"标段；有；号；标段":                              "Lot; has a mark; Lot",
		Own("标段"):                                Own("标段"), // somebody's lot is called Lot
		Own("长沙市城建（集团）") + "（9143）":              Own("长沙市城建（集团）") + " (9143)",
		"由a改为b。" + Own("改为：由c改为d。"):              "to b from a. " + Own("改为：由c改为d。"),
	} {
		if got, ok := c.Say(s); !ok || got != want {
			t.Errorf("%q: %q %v, want %q", s, got, ok, want)
		}
	}
	for _, s := range []string{"未译", "没有的", "没有（01）", "标段（没有）", "共 1 天。", "长沙市城建集团", "标段、没有", "没；号；没有", "（01）标段", "2026年1月", own + "标段", strings.Repeat("（", 40) + "）"} {
		if got, ok := c.Say(s); ok {
			t.Errorf("%q is said as %q", s, got)
		} else if got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	}
}

// A text with endlessly many readings, as anybody can put into an address that a page shows, costs no more than any other: the
// search gives up. Without its patience this test does not end.
func TestEndlessReadings(t *testing.T) {
	c, err := Open(small)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{strings.Repeat("标段、", 500) + "兀", strings.Repeat("兀（", 300) + strings.Repeat("）", 300), "由" + strings.Repeat("改为。", 2000), strings.Repeat("标段；兀、", 400), strings.Repeat("标段、", 5000)} {
		one := search{c, patience}
		if said, ok := one.say(s, deepest); ok || one.left > 0 && len(s) <= longest {
			t.Errorf("%.30s: %q, %v, %d steps left", s, said, ok, one.left)
		}
	}
}

// Nobody forges the marks of what is his own.
func TestOwn(t *testing.T) {
	if got := Own("甲" + end + "标段" + own); Plain(got) != "甲标段" || strings.Count(got, end) != 1 {
		t.Errorf("%q", got)
	}
	got := Runs("The " + Own("甲 Ltd") + " of 乙丙.")
	if want := []Run{{"The ", false}, {"甲 Ltd", true}, {" of ", false}, {"乙丙", true}, {".", false}}; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, po := range []string{"msgid x", "msgctxt \"a\"\nmsgid \"b\"", "\"text\"", "msgid \"a\"\nmsgid_plural \"b\"", `msgid "a`} {
		if all, err := Parse(po); err == nil {
			t.Errorf("%q is read as %v", po, all)
		}
	}
	for _, e := range []Entry{{ID: "甲{1}{2}", Text: "x"}, {ID: "甲{1}", Text: "{2}"}} {
		if _, err := New([]Entry{e}); err == nil {
			t.Errorf("%v is taken", e)
		}
	}
	all := []Entry{{Where: "a.go b.go", ID: "说“\"\\\n”", Text: "t\ta"}, {ID: "乙", Text: "b"}}
	if got := must(Parse(Format("en", all))); !slices.Equal(got, all) {
		t.Errorf("%q", got)
	}
}

// A script says the same in the other language, and is otherwise the same.
func TestScript(t *testing.T) {
	say := func(id string) (string, bool) {
		text, ok := map[string]string{"一": "one", "共 {1} 份，{2}": "{2}: `${1}` of {1}", "引\"": "quote\"", "内": "in"}[id]
		return text, ok
	}
	for js, want := range map[string]string{
		`a("一", '一', " 一 ", "二")`:                   `a("one", "one", " one ", "二")`,
		"x = `共 ${n + `${f('内')}`} 份，${a[\"b\"]}`;": "x = `${a[\"b\"]}: \\`\\$${n + `${f(\"in\")}`}\\` of ${n + `${f(\"in\")}`}`;",
		`// "一"` + "\n/* '一' */ b":                  `// "一"` + "\n/* '一' */ b",
		`r = /["'一]/.test("一") ? a / b : c / "一"`:   `r = /["'一]/.test("one") ? a / b : c / "one"`,
		`"引\""`:               `"quote\""`,
		`({ a: { b: "x" } })`: `({ a: { b: "x" } })`,
		"`没有 ${a} 的`":         "`没有 ${a} 的`",
	} {
		if got := Script(js, say); got != want {
			t.Errorf("%s\n%s\nwant\n%s", js, got, want)
		}
	}
}
