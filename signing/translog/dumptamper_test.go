package translog_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// script is a dump's text, to be tampered with: the rows of the log's tables, each in the order of its key, and what
// stands around them.
type script struct {
	tables map[string][][]string // by name: rows of fields
	parts  []string              // the text between; each but the last is followed by the rows of order's table
	order  []string
	cut    int // bytes that are left of the file; 0: all
}

func readScript(t testing.TB) *script {
	t.Helper()
	s, key := &script{tables: map[string][][]string{}}, map[string]int{"log_leaf": 0, "log_tile": 0, "log_head": 0}
	part, table := "", ""
	for line := range strings.Lines(string(must(os.ReadFile("testdata/log.sql"))(t))) {
		switch {
		case table != "" && line == "\\.\n":
			table, part = "", line
		case table != "":
			s.tables[table] = append(s.tables[table], strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		default:
			part += line
			name, _, _ := strings.Cut(strings.TrimPrefix(line, "COPY public."), " ")
			if _, ours := key[name]; ours && strings.HasPrefix(line, "COPY ") {
				table = name
				s.parts, s.order = append(s.parts, part), append(s.order, name)
			}
		}
	}
	s.parts = append(s.parts, part)
	for name := range s.tables {
		slices.SortStableFunc(s.tables[name], func(a, b []string) int { return atoi(a[0]) - atoi(b[0]) })
	}
	return s
}

func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

func (s *script) copy() *script {
	c := &script{tables: map[string][][]string{}, parts: s.parts, order: s.order}
	for name, rows := range s.tables {
		for _, fields := range rows {
			c.tables[name] = append(c.tables[name], slices.Clone(fields))
		}
	}
	return c
}

func (s *script) write(t testing.TB) string {
	t.Helper()
	var text strings.Builder
	for i, name := range s.order {
		text.WriteString(s.parts[i])
		for _, fields := range s.tables[name] {
			text.WriteString(strings.Join(fields, "\t") + "\n")
		}
	}
	text.WriteString(s.parts[len(s.order)])
	out := text.String()
	if s.cut > 0 {
		out = out[:s.cut*len(out)/1000]
	}
	path := filepath.Join(t.TempDir(), "dump.sql")
	if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *script) leaves() [][]string { return s.tables["log_leaf"] }

// digit changes one hexadecimal digit of a bytea.
func digit(field *string, at int) {
	b := []byte(*field)
	i := len(`\\x`) + at
	b[i] = map[bool]byte{true: '1', false: '0'}[b[i] == '0']
	*field = string(b)
}

func randomLeaf(r *rand.Rand) string {
	d := signing.Sum(fmt.Append(nil, r.Uint64()))
	return `\\x` + d.String()
}

func (s *script) renumber() {
	for i, fields := range s.leaves() {
		fields[0] = strconv.Itoa(i)
	}
}

// tileOf is the tile in which a node stands, and its first byte there, by the layout of docs/transparency-log.md.
func (s *script) tileOf(level, index int) (nodes *string, at int) {
	depth := level % 5
	for _, fields := range s.tables["log_tile"] {
		if atoi(fields[1]) == level/5 && atoi(fields[0]) == index>>(5-depth) {
			return &fields[2], (64 - 64>>depth + index&(1<<(5-depth)-1)) * 32
		}
	}
	panic("no such tile")
}

// older is the dump as it was when the log had so many lines.
func (s *script) older(size int) {
	s.tables["log_leaf"] = s.leaves()[:size]
	s.tables["log_head"] = s.tables["log_head"][:size/batch]
	for level := range 8 {
		for index := size >> level; index < sampleSize>>level; index++ {
			nodes, at := s.tileOf(level, index)
			*nodes = (*nodes)[:3+2*at] + strings.Repeat("0", 64) + (*nodes)[3+2*at+64:]
		}
	}
}

const sampleSize = 30 * batch

// damage is what was done to a file, and what an audit must say of it: a fault from first to last, or no fault, or that
// the file cannot be read.
type damage struct {
	kind        tlog.FaultKind // "": no fault
	first, last int            // the fault lies within
	unreadable  bool
}

func at(kind tlog.FaultKind, line int) damage { return damage{kind: kind, first: line, last: line} }

// fileTamperings are what anybody can do to a dump on its way, or the owner of a database to the database before it.
var fileTamperings = map[string]func(s *script, at int, r *rand.Rand) damage{
	"a digit of a leaf": func(s *script, n int, r *rand.Rand) damage {
		digit(&s.leaves()[n][1], r.IntN(64))
		return at(tlog.Changed, n)
	},
	"a letter that is no digit": func(s *script, n int, _ *rand.Rand) damage {
		s.leaves()[n][1] = s.leaves()[n][1][:9] + "g" + s.leaves()[n][1][10:]
		return at(tlog.Changed, n)
	},
	"a leaf cut short": func(s *script, n int, _ *rand.Rand) damage {
		s.leaves()[n][1] = s.leaves()[n][1][:33]
		return at(tlog.Changed, n)
	},
	"a line deleted": func(s *script, n int, _ *rand.Rand) damage {
		s.tables["log_leaf"] = slices.Delete(s.leaves(), n, n+1)
		return at(tlog.Missing, n)
	},
	"a line deleted, the others renumbered": func(s *script, n int, _ *rand.Rand) damage {
		s.tables["log_leaf"] = slices.Delete(s.leaves(), n, n+1)
		s.renumber()
		return at(tlog.Missing, n)
	},
	"a second line of the same number": func(s *script, n int, r *rand.Rand) damage {
		s.tables["log_leaf"] = slices.Insert(s.leaves(), n+1, []string{strconv.Itoa(n), randomLeaf(r)})
		return at(tlog.Inserted, n)
	},
	"a line inserted, the others renumbered": func(s *script, n int, r *rand.Rand) damage {
		s.tables["log_leaf"] = slices.Insert(s.leaves(), n, []string{"", randomLeaf(r)})
		s.renumber()
		return at(tlog.Inserted, n)
	},
	"another number": func(s *script, n int, _ *rand.Rand) damage {
		s.leaves()[n][0] = strconv.Itoa(n + 1000)
		return at(tlog.Missing, n)
	},
	"two leaves exchanged": func(s *script, n int, _ *rand.Rand) damage {
		s.leaves()[n][1], s.leaves()[n+1][1] = s.leaves()[n+1][1], s.leaves()[n][1]
		return at(tlog.Changed, n)
	},
	"two lines of the file exchanged": func(s *script, n int, r *rand.Rand) damage { // rows have no order
		i := r.IntN(sampleSize)
		s.leaves()[n], s.leaves()[i] = s.leaves()[i], s.leaves()[n]
		return damage{}
	},
	"an older dump": func(s *script, n int, _ *rand.Rand) damage {
		s.older(n / batch * batch)
		return at(tlog.Missing, n/batch*batch)
	},
	"everything behind deleted": func(s *script, n int, _ *rand.Rand) damage {
		s.tables["log_leaf"] = s.leaves()[:n]
		return at(tlog.Missing, n)
	},
	"all lines deleted": func(s *script, _ int, _ *rand.Rand) damage {
		s.tables["log_leaf"] = nil
		return at(tlog.Missing, 0)
	},
	"the file cut short": func(s *script, _ int, r *rand.Rand) damage {
		s.cut = 1 + r.IntN(999)
		return damage{unreadable: true}
	},
	"a digit of the tree": func(s *script, n int, r *rand.Rand) damage {
		nodes, byteAt := s.tileOf(0, n)
		digit(nodes, 2*byteAt+r.IntN(64))
		return at(tlog.BadHash, n)
	},
	"a digit over the lines": func(s *script, n int, r *rand.Rand) damage {
		level := 1 + r.IntN(7)
		index := min(n, sampleSize>>level<<level-1) >> level
		nodes, byteAt := s.tileOf(level, index)
		digit(nodes, 2*byteAt+r.IntN(64))
		return damage{kind: tlog.BadHash, first: index << level, last: (index+1)<<level - 1}
	},
	"a node where none is yet": func(s *script, n int, r *rand.Rand) damage {
		nodes, byteAt := s.tileOf(0, sampleSize+n%8)
		*nodes = (*nodes)[:3+2*byteAt] + randomLeaf(r)[3:] + (*nodes)[3+2*byteAt+64:]
		return at(tlog.BadHash, sampleSize+n%8)
	},
	"a tile deleted": func(s *script, n int, _ *rand.Rand) damage {
		tiles := s.tables["log_tile"]
		i := slices.IndexFunc(tiles, func(f []string) bool { return f[1] == "0" && atoi(f[0]) == n/32 })
		s.tables["log_tile"] = slices.Delete(tiles, i, i+1)
		return at(tlog.BadHash, n/32*32)
	},
	"the tile over the tiles deleted": func(s *script, _ int, _ *rand.Rand) damage {
		tiles := s.tables["log_tile"]
		i := slices.IndexFunc(tiles, func(f []string) bool { return f[1] == "1" })
		s.tables["log_tile"] = slices.Delete(tiles, i, i+1)
		return damage{kind: tlog.BadHash, first: 0, last: 31}
	},
	"a line and its tree": func(s *script, n int, r *rand.Rand) damage {
		leaf := randomLeaf(r)
		s.leaves()[n][1] = leaf
		raw, _ := hex.DecodeString(leaf[3:])
		hash := tlog.LeafHash(signing.Digest(raw))
		nodes, byteAt := s.tileOf(0, n)
		*nodes = (*nodes)[:3+2*byteAt] + hash.String() + (*nodes)[3+2*byteAt+64:]
		return damage{kind: tlog.Changed, first: n / batch * batch, last: n/batch*batch + batch - 1}
	},
	"a head's words": func(s *script, n int, _ *rand.Rand) damage {
		head := s.tables["log_head"][n/batch]
		head[3] = strings.Replace(head[3], `\n`+head[0]+`\n`, `\n`+strconv.Itoa(atoi(head[0])+1)+`\n`, 1)
		return at(tlog.BadHead, n/batch*batch)
	},
	"a head's signature": func(s *script, n int, r *rand.Rand) damage {
		head := s.tables["log_head"][n/batch]
		i := strings.LastIndexByte(head[3], ' ') + 8 + r.IntN(70)
		head[3] = head[3][:i] + map[bool]string{true: "B", false: "A"}[head[3][i] == 'A'] + head[3][i+1:]
		return at(tlog.BadHead, n/batch*batch)
	},
	"the root beside a head": func(s *script, n int, r *rand.Rand) damage {
		digit(&s.tables["log_head"][n/batch][1], r.IntN(64))
		return at(tlog.BadHead, n/batch*batch)
	},
	"a head deleted": func(s *script, n int, _ *rand.Rand) damage {
		i := n / batch
		s.tables["log_head"] = slices.Delete(s.tables["log_head"], i, i+1)
		return damage{kind: tlog.NoHead, first: i * batch, last: min((i+2)*batch, sampleSize)}
	},
	"a head's words deleted": func(s *script, n int, _ *rand.Rand) damage {
		i := n / batch
		s.tables["log_head"][i][3] = `\N`
		return damage{kind: tlog.NoHead, first: i * batch, last: min((i+2)*batch, sampleSize)}
	},
}

// Each of 500 random tamperings of a file by pg_dump is found, and its place is named.
func TestFiveHundredTamperingsOfAFile(t *testing.T) {
	const seed = 20260303
	r := rand.New(rand.NewPCG(seed, 1))
	key, outside := sampleHead(t)
	whole := readScript(t)
	if got, err := audited(t, whole.write(t), outside, key); err != nil || got.Fault != nil || got.Vouched != sampleSize {
		t.Fatalf("an honest file: %+v %v: %v", got, got.Fault, err)
	}
	var names []string
	for name := range fileTamperings {
		names = append(names, name)
	}
	slices.Sort(names)
	for i := range 500 {
		name, n, s := names[i%len(names)], r.IntN(sampleSize-1), whole.copy()
		want := fileTamperings[name](s, n, r)
		got, err := audited(t, s.write(t), outside, key)
		if !want.fits(got.Fault, err) {
			t.Errorf("%d (seed %d): %s at %d: %v, %v; want %+v", i, seed, name, n, got.Fault, err, want)
		}
	}
}

func (d damage) fits(f *tlog.Fault, err error) bool {
	switch {
	case d.unreadable:
		return errors.Is(err, translog.ErrDump)
	case err != nil:
		return false
	case f == nil || d.kind == "":
		return f == nil && d.kind == ""
	}
	return f.Kind == d.kind && int(f.Position) >= d.first && int(f.Last) <= d.last
}
