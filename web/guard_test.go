package web

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"baohan/party"
)

var update = flag.Bool("update", false, "rewrite the files that tests compare with")

// everyOperation lists all of huma's operations by path.
func everyOperation(s *server) map[string]*huma.Operation {
	all := map[string]*huma.Operation{}
	for _, item := range s.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch, item.Head, item.Options, item.Trace} {
			if op != nil {
				all[op.OperationID] = op
			}
		}
	}
	return all
}

func TestEveryOperationIsInTheTable(t *testing.T) {
	all := everyOperation(describe())
	for id, op := range all {
		r, ok := rules[id]
		if !ok {
			t.Errorf("%s %s (%s) has no row in the guard's table", op.Method, op.Path, id)
		}
		if named := strings.Contains(op.Path, "{"); named && (r.whose == self) && id != "apply" && id != "bid" && id != "present-copy" && id != "object" && id != "attend" {
			t.Errorf("%s names an object and asks nothing of it", id)
		}
		if strings.HasPrefix(op.Path, "/api/v1/issuer/") && op.Method == "POST" && !r.signed {
			t.Errorf("%s changes an institution's guarantee without its signature", id)
		}
		if op.Method != "GET" && op.Method != "DELETE" && r.open() && id != "challenge" && id != "sign-in" && id != "countersign" {
			t.Errorf("%s changes something for anybody", id)
		}
		if op.Method == "POST" && changes(op) == (id == "challenge" || id == "sign-in" || id == "countersign" || id == "upload-bid-file") {
			t.Errorf("%s: key needed: %v", id, changes(op))
		}
		if n := strings.Count(op.Path, "{"); n > 1 {
			t.Errorf("%s has %d parameters; the guard looks at one", id, n)
		}
	}
	for id := range rules {
		if all[id] == nil {
			t.Errorf("the table has %s, which is no operation", id)
		}
	}
}

// fixed answers every question of standing the same way.
type fixed bool

func (f fixed) holds(context.Context, relation, moment, party.Actor, string) (bool, error) {
	return bool(f), nil
}

// TestWhoMayDoWhat walks every operation × every role × whether the party stands to the object as it must, and
// compares with the table that people have read: testdata/who-may.txt.
func TestWhoMayDoWhat(t *testing.T) {
	var b strings.Builder
	s := describe()
	for _, id := range slices.Sorted(maps.Keys(everyOperation(s))) {
		fmt.Fprintf(&b, "%-22s", id)
		for _, role := range append([]party.Role{""}, party.Roles()...) {
			fmt.Fprintf(&b, " %s:%s", short(role), verdicts(t, s, id, role))
		}
		b.WriteString("\n")
	}
	compare(t, "testdata/who-may.txt", []byte(legend+b.String()))
}

const legend = `# Per role: as a stranger to the object / as the one it belongs to / the latter, by a signed request.
# + passed on, - the one 404, ? must sign in first. "nobody" is not signed in.
`

func short(r party.Role) string {
	if r == "" {
		return "nobody"
	}
	return string(r)
}

func verdicts(t *testing.T, s *server, id string, role party.Role) string {
	out := ""
	for _, c := range []struct{ stands, signed bool }{{false, false}, {true, false}, {true, true}} {
		s.relations = fixed(c.stands)
		x := &exchange{known: role != "", signed: c.signed && role != "", actor: party.Actor{USCC: uscc(1), Role: role}}
		err := s.permit(t.Context(), id, x, strings.Repeat("ab", 16))
		switch p, ok := errors.AsType[*problem](err); {
		case err == nil:
			out += "+"
		case ok && p.Status == 404:
			out += "-"
		case errors.Is(err, errNobody):
			out += "?"
		default:
			t.Errorf("%s as %q: %v", id, role, err)
		}
	}
	return out
}

func TestIdsHaveOneSpelling(t *testing.T) {
	s := describe()
	s.relations = fixed(true)
	x := &exchange{known: true, actor: party.Actor{USCC: uscc(1), Role: party.Bidder}}
	for _, id := range []string{"", "1", strings.Repeat("AB", 16), strings.Repeat("ab", 16) + "\n", strings.Repeat("ab", 17), "../" + strings.Repeat("a", 29), strings.Repeat("０", 32)} {
		if p, ok := errors.AsType[*problem](s.permit(t.Context(), "read-application", x, id)); !ok || p.Status != 404 {
			t.Errorf("%q passed the guard", id)
		}
	}
}

// compare holds got against a checked-in file; -update rewrites it.
func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got) {
		t.Errorf("%s is out of date: read the difference, then run go test ./web -update", path)
	}
}
