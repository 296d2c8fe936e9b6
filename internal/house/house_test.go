package house

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// checks are all that this house holds itself to.
var checks = map[string]func([]source) []string{
	"arrows between rooms": badArrows,
	"who knows a library":  badLibraries,
	"detached packages":    badReach,
	"doc comments":         undocumented,
	"names":                misnamed,
	"the machine's clock":  func(s []source) []string { return badClocks(s, realTime) },
}

func TestHouse(t *testing.T) {
	sources, err := read(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) < 20 {
		t.Fatalf("only %d files: this is not the repository", len(sources))
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			for _, fault := range check(sources) {
				t.Error(fault)
			}
		})
	}
}

func imports(pkg string, paths ...string) string {
	return "// Package is documented.\npackage " + pkg + "\n\nimport (\n_ \"" + strings.Join(paths, "\"\n_ \"") + "\"\n)\n"
}

// Each fault is made on purpose and must be seen; what is right must not be.
func TestChecksCanFail(t *testing.T) {
	for _, c := range []struct {
		check, file, text string
		fault             string // empty: there is none
	}{
		{"arrows between rooms", "guarantee/apply.go", imports("guarantee", "baohan/tender"), "guarantee must not import tender"},
		{"arrows between rooms", "web/a.go", imports("web", "baohan/jobs"), "web must not import jobs"},
		{"arrows between rooms", "jobs/a.go", imports("jobs", "baohan/web"), "jobs must not import web"},
		{"arrows between rooms", "jobs/a.go", imports("jobs", "baohan/migrations"), "jobs must not import migrations"},
		{"arrows between rooms", "banks/a.go", imports("banks", "baohan/web"), "banks must not import web"},
		{"arrows between rooms", "banks/sandbox/a.go", imports("sandbox", "baohan/banks"), "banks/sandbox must not import banks"},
		{"arrows between rooms", "guarantee/a.go", imports("guarantee", "baohan/internal/testdb"), "guarantee must not import internal/testdb"},
		{"arrows between rooms", "guarantee/a_test.go", imports("guarantee", "baohan/internal/testdb", "baohan/signing/devca"), ""},
		{"arrows between rooms", "guarantee/a_wasm.go", "//go:build wasm\n\n" + imports("guarantee", "baohan/web"), "guarantee must not import web"},
		{"arrows between rooms", "auction/a.go", imports("auction", "fmt"), "auction is not in the table"},
		{"arrows between rooms", "tender/a.go", imports("tender", "baohan/guarantee", "baohan/internal/clock", "fmt"), ""},
		{"arrows between rooms", "cmd/baohan/a.go", imports("main", "baohan/web", "baohan/jobs"), ""},

		{"who knows a library", "tender/a.go", imports("tender", "github.com/labstack/echo/v4/middleware"), "only [web] may import"},
		{"who knows a library", "guarantee/a.go", imports("guarantee", "github.com/riverqueue/river"), "only [jobs migrations] may import"},
		{"who knows a library", "guarantee/letter/a_test.go", imports("letter", "github.com/jackc/pgx/v5"), "may import github.com/jackc/pgx/v5"},
		{"who knows a library", "signing/devca/a.go", imports("devca", "github.com/emmansun/gmsm/smx509"), "only [signing] may import"},
		{"who knows a library", "web/a.go", imports("web", "encoding/json"), "may import encoding/json"},
		{"who knows a library", "party/a.go", imports("party", "pgregory.net/rapid"), "may import pgregory.net/rapid"},
		{"who knows a library", "party/a_test.go", imports("party", "pgregory.net/rapid", "testing"), ""},
		{"who knows a library", "web/a.go", imports("web", "github.com/labstack/echo/v4"), ""},

		{"detached packages", "client/wire/a.go", imports("wire", "github.com/jackc/pgx/v5/pgconn"), "client → client/wire → github.com/jackc/pgx/v5/pgconn"},
		{"doc comments", "party/a.go", "package party\n", "package party has no doc comment"},
		{"doc comments", "party/a_test.go", "// Package party is documented in a test only.\npackage party\n", "package party has no doc comment"},
		{"names", "internal/utils/a.go", "package utils\n", "says nothing"},
		{"names", "web/helpers.go", "package web\n", "says nothing"},

		{"the machine's clock", "party/a.go", "package party\n\nimport \"time\"\n\nvar t = time.Now()\n", "party/a.go: time.Now"},
		{"the machine's clock", "party/a.go", "package party\n\nimport wall \"time\"\n\nvar t = wall.Since\n", "party/a.go: time.Since"},
		{"the machine's clock", "party/a_test.go", "package party\n\nimport \"time\"\n\nvar t = time.Now()\n", ""},
		{"the machine's clock", "party/a.go", "package party\n\nimport \"time\"\n\nvar t = time.Second\n", ""},
	} {
		t.Run(c.check+"/"+c.file, func(t *testing.T) {
			root := fstest.MapFS{
				c.file:                  {Data: []byte(c.text)},
				"client/a.go":           {Data: []byte(imports("client", "baohan/client/wire"))},
				"web/testdata/bad.go":   {Data: []byte("not Go at all")},
				".cache/x/bad.go":       {Data: []byte("nor this")},
				"web/node_modules/b.go": {Data: []byte("nor this")},
			}
			sources, err := read(root)
			if err != nil {
				t.Fatal(err)
			}
			check := checks[c.check]
			if c.check == "the machine's clock" {
				check = func(s []source) []string { return badClocks(s, nil) }
			}
			faults := check(sources)
			if c.fault == "" && len(faults) > 0 {
				t.Errorf("sees %q where nothing is wrong", faults)
			}
			if c.fault != "" && !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.fault) }) {
				t.Errorf("sees %q, not %q", faults, c.fault)
			}
		})
	}
}

func TestReasonWithoutAReaderIsAFault(t *testing.T) {
	faults := badClocks(nil, map[string]string{"gone.go": "a reason"})
	if len(faults) != 1 || !strings.Contains(faults[0], "gone.go") {
		t.Errorf("sees %q", faults)
	}
}
