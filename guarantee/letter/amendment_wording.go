package letter

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// amendmentWording is the text of an amendment, by cause and version. One that was ever used is never changed.
type amendmentWording struct {
	Cause   AmendmentCause `json:"cause"`
	Version int            `json:"version"`
	Title   string         `json:"title"`
	Clauses []string       `json:"clauses"`
}

//go:embed amendments/*.json
var amendmentFiles embed.FS

// amendmentWordings reads the embedded texts once. One that does not hold stops the program.
var amendmentWordings = sync.OnceValue(func() (all []amendmentWording) {
	names, err := fs.Glob(amendmentFiles, "amendments/*.json")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		b, err := amendmentFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		var w amendmentWording
		if err := json.Unmarshal(b, &w, coding); err != nil {
			panic(name + ": " + err.Error())
		}
		if err := w.check(); err != nil {
			panic(name + ": " + err.Error())
		}
		all = append(all, w)
	}
	return all
})

// check holds for a text that says what it amends, how long, and from when it counts.
func (w amendmentWording) check() error {
	text := strings.Join(w.Clauses, "\n")
	for _, slot := range []string{"{number}", "{n}", "{guarantor}", "{guarantee}", "{previous}", "{demand_digest}", "{from}", "{expiry}", "{latest_expiry}", "起生效"} {
		if !strings.Contains(text, slot) {
			return fault("clauses", "slot", "修改函文本缺少 "+slot)
		}
	}
	rest := text
	for name := range amendmentSlots {
		rest = strings.ReplaceAll(rest, "{"+name+"}", "")
	}
	return firstOf(checkText("title", w.Title, 2, 40), need(!strings.ContainsAny(rest, "{}"), "clauses", "slot", "修改函文本中有不存在的填空项"))
}

var amendmentSlots = map[string]func(*Amendment) string{
	"number":        func(m *Amendment) string { return m.Number },
	"n":             func(m *Amendment) string { return strconv.Itoa(m.N) },
	"guarantor":     func(m *Amendment) string { return m.Guarantor.String() },
	"guarantee":     func(m *Amendment) string { return m.Guarantee },
	"previous":      func(m *Amendment) string { return m.Previous.String() },
	"demand":        func(m *Amendment) string { return m.Demand },
	"demand_digest": func(m *Amendment) string { return m.DemandDigest.String() },
	"from":          func(m *Amendment) string { return m.From.Chinese() },
	"expiry":        func(m *Amendment) string { return m.Expiry.Chinese() },
	"latest_expiry": func(m *Amendment) string { return m.LatestExpiry.Chinese() },
}

// render fills title and clauses from the amendment's own facts.
func (m *Amendment) render() error {
	for _, w := range amendmentWordings() {
		if w.Cause != m.Cause || w.Version != m.Wording {
			continue
		}
		m.Title, m.Clauses = w.Title, make([]string, len(w.Clauses))
		for i, clause := range w.Clauses {
			m.Clauses[i] = slotShape.ReplaceAllStringFunc(clause, func(slot string) string {
				return amendmentSlots[strings.Trim(slot, "{}")](m)
			})
		}
		return nil
	}
	return fault("wording", "wording", "没有这个修改函文本版本；请升级客户端")
}
