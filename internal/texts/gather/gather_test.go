package gather

import (
	"flag"
	"os"
	"strings"
	"testing"

	"baohan/internal/texts"
)

var update = flag.Bool("update", false, "rewrite web/texts/texts.pot from the sources")

const (
	root  = "../../.."
	every = root + "/web/texts/texts.pot"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The catalogue of all texts is what the sources say, and a translation is of a text that they still say.
func TestCatalogueIsWhatTheSourcesSay(t *testing.T) {
	all := must(All(os.DirFS(root)))
	if *update {
		if err := os.WriteFile(every, []byte(texts.Format("", all)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	listed := map[string]string{}
	for _, e := range must(texts.Parse(string(must(os.ReadFile(every))))) {
		listed[e.ID] = e.Where
	}
	said := map[string]bool{}
	for _, e := range all {
		said[e.ID] = true
		switch where, ok := listed[e.ID]; {
		case !ok:
			t.Errorf("the catalogue lacks %q (%s): make texts", e.ID, e.Where)
		case where != e.Where:
			t.Errorf("%q stands in %s, the catalogue says %s: make texts", e.ID, e.Where, where)
		}
	}
	for id, where := range listed {
		if !said[id] {
			t.Errorf("the catalogue has %q, which no source says any more (%s): make texts", id, where)
		}
	}
	en := must(texts.Parse(string(must(os.ReadFile(root + "/web/texts/en.po")))))
	seen := map[string]bool{}
	for _, e := range en {
		if !said[e.ID] || seen[e.ID] {
			t.Errorf("en.po translates %q, which no source says any more, or twice", e.ID)
		}
		seen[e.ID] = true
	}
	if _, err := texts.New(en); err != nil {
		t.Error(err)
	}
}

// What each kind of source says.
func TestTextsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		read func(string, func(string)) error
		src  string
		want []string
	}{
		"Go": {goFile, "package p\n// 注释\nvar a, b, c = \"第一\", \"共 \" + f(\"内\") + g + \" 份\", fmt.Sprintf(\"%d 天 %02d 时，100%%\", x, \"值\")\ntype t struct{ x int `doc:\"标签\"` }",
			[]string{"第一", "内", "共 {1} 份", "{1} 天 {2} 时，100%", "值"}},
		"templ": {template, "package p\n\ntempl T(a int) {\n\t<p title=\"提示\">共 { n(a) } 份\n\t\t<b>粗</b>尾。</p>\n\tif a > 0 {\n\t\t@X(\"名\", \"甲\"+s)\n\t}\n}\n",
			[]string{"提示", "共 {1} 份", "粗", "尾。", "名", "甲{1}"}},
		"script": {script, "// 注\nconst a = \"一\", r = /\"[二]/, t = `共 ${n(\"三\")} 份`; /* 四 */", []string{"一", "三", "共 {1} 份"}},
		"page":   {page, "<title>题 · {{.Name}}</title>{{if .A}}<p>甲 {{.B}} 乙</p>{{end}}<noscript><b>丙</b></noscript>", []string{"题 · {1}", "甲 {1} 乙", "丙"}},
	} {
		var got []string
		if err := c.read(c.src, func(id string) { got = append(got, id) }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
