package texts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Entry is one text of a catalogue, as a gettext file (PO) has it.
type Entry struct {
	Where string // the files in which it stands, parted by spaces
	ID    string // Chinese, with holes: {1}
	Text  string // in the other language; empty: not translated
}

// Parse reads the part of PO that our catalogues use: references, msgid, msgstr, and strings over several lines. The entry
// with an empty msgid, which is the file's head, is left out.
func Parse(po string) ([]Entry, error) {
	var all []Entry
	var where string
	var into *string
	n := 0
	for line := range strings.Lines(po) {
		n++
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case word == "#:":
			where = rest
			continue
		case line == "" || line[0] == '#':
			continue
		case word == "msgid":
			all = append(all, Entry{Where: where})
			into, where = &all[len(all)-1].ID, ""
		case word == "msgstr" && into != nil:
			into = &all[len(all)-1].Text
		case line[0] == '"' && into != nil:
			rest = line
		default:
			return nil, fmt.Errorf("texts: line %d is neither msgid nor msgstr", n)
		}
		part, err := strconv.Unquote(rest)
		if err != nil {
			return nil, fmt.Errorf("texts: line %d: %w", n, err)
		}
		*into += part
	}
	return slices.DeleteFunc(all, func(e Entry) bool { return e.ID == "" }), nil
}

// Format writes entries as PO, under a head in which translators' programs read the language.
func Format(language string, all []Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "msgid \"\"\nmsgstr \"\"\n\"Language: %s\\n\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n\"Content-Transfer-Encoding: 8bit\\n\"\n", language)
	for _, e := range all {
		b.WriteString("\n")
		if e.Where != "" {
			b.WriteString("#: " + e.Where + "\n")
		}
		b.WriteString("msgid " + quote(e.ID) + "\nmsgstr " + quote(e.Text) + "\n")
	}
	return b.String()
}

var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\r", `\r`)

func quote(s string) string { return `"` + quoted.Replace(s) + `"` }
