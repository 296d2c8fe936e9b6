package web

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Route is one address of the pages, with {names} for values.
type Route struct{ Method, Path string }

var named = regexp.MustCompile(`:(\w+)`)

// Pages lists every page and every form, so that whoever looks over all of them forgets none.
func Pages() (all []Route) {
	s := describe()
	s.people()
	for _, r := range s.echo.Routes() {
		reads := r.Method == http.MethodGet || r.Method == http.MethodPost
		if reads && !strings.HasPrefix(r.Path, prefix) && r.Name != "" && !strings.HasPrefix(r.Path, "/assets/") {
			all = append(all, Route{r.Method, named.ReplaceAllString(r.Path, "{$1}")})
		}
	}
	slices.SortFunc(all, func(a, b Route) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method)) })
	return slices.Compact(all)
}

// shellClock is what the shell of every page says of the time and of the address that was asked for, and the key of a form:
// they differ from one answer to the next and tell nothing.
var shellClock = regexp.MustCompile(`<p class="page paper" data-printed>[^<]*</p>|<time id="clock"[^>]*>[^<]*</time>|<input type="hidden" name="key" value="[0-9a-f]*"/>`)

// Steady is a page without what changes each time that it is asked for, to be compared with another.
func Steady(page []byte) []byte { return shellClock.ReplaceAll(page, nil) }
