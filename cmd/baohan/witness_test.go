package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/signing"
	"baohan/signing/tlog"
)

// operator holds a log's key and may lie with it. It answers as the platform's API does.
type operator struct {
	key    tlog.Key
	signer *signing.PrivateKey
	shown  *book // what it shows
	size   uint64
	from   uint64 // begin proofs here instead of where they are asked for; 0: it does not cheat

	mu    sync.Mutex
	lines []wire.LogCosignature
}

// book is one history of leaves, with every node of its tree.
type book struct {
	nodes map[tlog.Node][]byte
	roots []signing.Digest // by size
}

// write makes a history; up to fork it is everybody's.
func write(n, fork int) *book {
	b, tree := &book{map[tlog.Node][]byte{}, []signing.Digest{tlog.EmptyRoot()}}, tlog.NewTree()
	for i := range n {
		leaf := signing.Sum(fmt.Append(nil, i, i >= fork))
		tree.Append(tlog.LeafHash(leaf), func(n tlog.Node, hash []byte) { b.nodes[n] = hash })
		b.roots = append(b.roots, tree.Root())
	}
	return b
}

func (o *operator) head() tlog.Checkpoint {
	return tlog.Checkpoint{Origin: o.key.Name(), Size: o.size, Root: o.shown.roots[o.size]}
}

func (o *operator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch r.URL.Path {
	case "/api/v1/log/head":
		note := must(o.head().Sign(r.Context(), o.key, o.signer))
		_, _ = w.Write(note.Bytes())
	case "/api/v1/log/consistency":
		from, to := must(strconv.ParseUint(r.FormValue("from"), 10, 64)), must(strconv.ParseUint(r.FormValue("to"), 10, 64))
		if o.from != 0 {
			from = o.from
		}
		plan := must(tlog.PlanConsistency(from, to))
		var hashes [][]byte
		for _, n := range plan.Nodes() {
			hashes = append(hashes, o.shown.nodes[n])
		}
		_, _ = w.Write(must(tlog.Consistency{Version: 1, From: from, To: to, Path: must(plan.Path(hashes))}.Canonical()))
	case "/api/v1/log/cosignatures":
		var line wire.LogCosignature
		if err := json.UnmarshalRead(r.Body, &line); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		o.lines = append(o.lines, line)
		_, _ = w.Write([]byte("{}"))
	default:
		http.NotFound(w, r)
	}
}

// post is a witness on its own premises, with its directory and what it was told of the log.
type post struct {
	*operator
	dir  string
	args []string
	key  tlog.Key
}

func newPost(t *testing.T) *post {
	t.Helper()
	signer := must(signing.GenerateKey())
	p := &post{operator: &operator{key: must(tlog.LogKey("log.example.cn/2026", signer.Public())), signer: signer, shown: write(60, 60), size: 30}, dir: t.TempDir()}
	server := httptest.NewServer(p.operator)
	t.Cleanup(server.Close)
	p.args = []string{"--data", p.dir, "--passphrase", "口令", "witness"}
	var out bytes.Buffer
	if code := run(t.Context(), append(p.args, "keygen", "--light", "--name", "witness.example.cn/bank"), &out, &out); code != 0 {
		t.Fatal(out.String())
	}
	p.args = append(p.args, "--once", "--platform", server.URL, "--log", p.operator.key.String())
	p.key = must(parseVerifierKey(strings.Split(out.String(), "\n")[0]))
	return p
}

// turn is the process, started again with what lies on its disk.
func (p *post) turn(t *testing.T, more ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), append(append([]string{}, p.args...), more...), &out, &out)
	return code, out.String()
}

func TestWitnessFollowsOverHTTP(t *testing.T) {
	p := newPost(t)
	for _, size := range []uint64{30, 30, 41, 60} {
		p.size = size
		if code, text := p.turn(t); code != 0 {
			t.Fatalf("%d: %d %s", size, code, text)
		}
		last := p.lines[len(p.lines)-1]
		if _, err := p.key.Sighting(p.head().Text(), must(tlog.ParseLine(last.Line))); err != nil || last.Size != size {
			t.Errorf("%+v: %v", last, err)
		}
	}
	if unlock, err := lockFile(filepath.Join(p.dir, "witness", "last.note.lock")); err != nil {
		t.Error(err)
	} else {
		if code, text := p.turn(t); code != 1 || !strings.Contains(text, "另一个见证进程") {
			t.Errorf("two witnesses over one file: %d %s", code, text)
		}
		unlock()
	}
}

// An operator that rolls back, forks, or proves nothing gets no line, and the process ends so that scripts notice; what
// it signed is kept. Asked again it answers the same, and an honest head it signs.
func TestWitnessRefusesOverHTTP(t *testing.T) {
	for name, c := range map[string]struct {
		lie   func(*operator)
		words string
	}{
		"rolled back":                    {func(o *operator) { o.size = 29 }, "回滚"},
		"another log of the same size":   {func(o *operator) { o.shown = write(60, 20) }, "分叉"},
		"another log that grew":          {func(o *operator) { o.shown, o.size = write(60, 20), 45 }, "分叉"},
		"a proof from an earlier head":   {func(o *operator) { o.size, o.from = 45, 17 }, "分叉"},
		"rewritten behind the last head": {func(o *operator) { o.shown, o.size = write(60, 29), 31 }, "分叉"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t)
			if code, text := p.turn(t); code != 0 {
				t.Fatal(text)
			}
			honest := p.shown
			c.lie(p.operator)
			for range 2 {
				if code, text := p.turn(t); code != exitRefused || !strings.Contains(text, c.words) || !strings.Contains(text, "证据存于") {
					t.Fatalf("%d %s", code, text)
				}
			}
			kept := must(filepath.Glob(filepath.Join(p.dir, "witness", "last.note.refused-*")))
			if len(p.lines) != 1 || len(kept) != 1 {
				t.Fatalf("%d lines, evidence %v", len(p.lines), kept)
			}
			if got, _, err := tlog.Open(must(os.ReadFile(kept[0])), p.operator.key); err != nil || got != p.head() {
				t.Errorf("the evidence: %v", err)
			}
			p.shown, p.size, p.from = honest, 60, 0
			if code, text := p.turn(t); code != 0 || len(p.lines) != 2 {
				t.Errorf("the honest log: %d %s", code, text)
			}
		})
	}
}

// What is no lie of the log's is no refusal: it ends with 1, in words, and signs nothing.
func TestWitnessCannotFollow(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*testing.T, *post)
		words string
	}{
		"another key's head": {func(_ *testing.T, p *post) {
			p.signer = must(signing.GenerateKey())
			p.operator.key = must(tlog.LogKey("log.example.cn/2026", p.signer.Public()))
		}, "--log 所列密钥"},
		"its own file is spoilt": {func(t *testing.T, p *post) {
			if err := os.WriteFile(filepath.Join(p.dir, "witness", "last.note"), []byte("?"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "不会自行重新开始"},
		"the log's key for its own": {func(_ *testing.T, p *post) {
			must(makeTranslogKey(filepath.Join(p.dir, "keys"), "x", []byte("口令"), lightly(true)...))
			p.args = append(p.args, "--key", translogName)
		}, "是日志的密钥"},
		"no key":    {func(_ *testing.T, p *post) { p.args = append(p.args, "--key", "none") }, "witness keygen"},
		"too often": {func(_ *testing.T, p *post) { p.args = append(p.args, "--every", "1ms") }, "至少 100ms"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t)
			if code, text := p.turn(t); code != 0 {
				t.Fatal(text)
			}
			c.spoil(t, p)
			if code, text := p.turn(t); code != 1 || !strings.Contains(text, c.words) || len(p.lines) != 1 {
				t.Errorf("%d %s", code, text)
			}
		})
	}
}

// Two who were shown two logs find it out from their files, and see who lied: the log, and the witness that signed both.
func TestWitnessCompare(t *testing.T) {
	p := newPost(t)
	witness := must(loadNamedKey(filepath.Join(p.dir, "keys"), witnessName, []byte("口令"), ""))
	file := func(name string, shown *book, size uint64, both bool) string {
		o := operator{key: p.operator.key, signer: p.signer, shown: shown, size: size}
		note := must(o.head().Sign(t.Context(), o.key, o.signer))
		if both {
			note.Lines = append(note.Lines, must(tlog.Cosign(t.Context(), o.head(), witness.Key, witness.Signer, must(clockBy(&Settings{})).Now())))
		}
		path := filepath.Join(p.dir, name)
		if err := os.WriteFile(path, note.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	honest, fork := file("honest", p.shown, 30, true), write(60, 20)
	spoilt := filepath.Join(p.dir, "spoilt")
	if err := os.WriteFile(spoilt, []byte("?"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		second string
		code   int
		says   []string
	}{
		"the same":          {honest, 0, []string{"两份一致"}},
		"two sizes":         {file("later", p.shown, 31, true), 0, []string{"叶数不同"}},
		"a log that lies":   {file("fork", fork, 30, false), 1, []string{p.operator.key.Name() + " 对 30 条签过两个根", "互相矛盾"}},
		"a witness as well": {file("both", fork, 30, true), 1, []string{p.operator.key.Name() + " 对 30", witness.Name() + " 对 30"}},
		"nonsense":          {spoilt, 2, []string{"不是这些密钥签的"}},
	} {
		var out bytes.Buffer
		code := run(t.Context(), []string{"witness", "compare", honest, c.second, "--log", p.operator.key.String(), "--witness", witness.String()}, &out, &out)
		if code != c.code {
			t.Errorf("%s: %d %s", name, code, out.String())
		}
		for _, says := range c.says {
			if !strings.Contains(out.String(), says) {
				t.Errorf("%s: %s", name, out.String())
			}
		}
	}
}
