package gather

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"baohan/internal/texts"
	"baohan/internal/texts/markup"
)

// rooms are where the texts of pages stand.
var rooms = []string{"banks", "client", "cmd/key", "cmd/verify", "guarantee", "party", "signing", "tender", "web"}

// All finds every text below root, the module's directory, with the files in which it stands, in the order of the texts.
func All(root fs.FS) ([]texts.Entry, error) {
	where := map[string]map[string]bool{}
	var faults []error
	for _, room := range rooms {
		faults = append(faults, fs.WalkDir(root, room, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if slices.Contains([]string{"testdata", "built", "node_modules", "sandbox"}, d.Name()) {
					return fs.SkipDir
				}
				return nil
			}
			if err := file(root, name, func(id string) {
				if where[id] == nil {
					where[id] = map[string]bool{}
				}
				where[id][name] = true
			}); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", name, err))
			}
			return nil
		}))
	}
	var all []texts.Entry
	for _, id := range slices.Sorted(maps.Keys(where)) {
		all = append(all, texts.Entry{ID: id, Where: strings.Join(slices.Sorted(maps.Keys(where[id])), " ")})
	}
	return all, errors.Join(faults...)
}

// file reads one file by its kind; of others it knows nothing.
func file(root fs.FS, name string, found func(string)) error {
	read := map[string]func(string, func(string)) error{".go": goFile, ".templ": template, ".js": script, ".html": page}[filepath.Ext(name)]
	if read == nil || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
		return nil
	}
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	return read(string(b), found)
}

func script(src string, found func(string)) error {
	texts.Script(src, func(id string) (string, bool) {
		tell(id, found)
		return "", false
	})
	return nil
}

var (
	value   = regexp.MustCompile(`\{\{\s*\.[^{}]*\}\}`)
	control = regexp.MustCompile(`\{\{[^{}]*\}\}`)
)

// page reads a template of package html/template as the page that it makes: its values are holes.
func page(src string, found func(string)) error {
	_, err := markup.Rules{Say: func(s string) (string, bool) {
		for _, part := range control.Split(value.ReplaceAllString(s, "\x00"), -1) {
			var k key
			for i, text := range strings.Split(part, "\x00") {
				if i > 0 {
					k.hole()
				}
				k.text(text)
			}
			tell(k.b.String(), found)
		}
		return "", true
	}}.Rewrite([]byte(src))
	return err
}
