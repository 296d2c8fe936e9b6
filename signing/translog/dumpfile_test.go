package translog_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

var update = flag.Bool("update", false, "rewrite the files that tests compare with; needs pg_dump")

// dumped has pg_dump write the whole database into a file.
func dumped(t *testing.T, w *world, more ...string) string {
	t.Helper()
	program, err := exec.LookPath("pg_dump")
	if err != nil {
		t.Skip("there is no pg_dump here; the dump in testdata is audited all the same")
	}
	path := filepath.Join(t.TempDir(), "dump.sql")
	url, _, _ := strings.Cut(w.pool.Config().ConnString(), "pool_max_conns") // the pool's own
	args := append([]string{"--dbname", strings.TrimRight(url, "?&"), "--file", path}, more...)
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func opened(t testing.TB, path string) *translog.DumpFile {
	t.Helper()
	d := must(translog.OpenDump(path))(t)
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// audited holds a file against a head as baohan audit does.
func audited(t testing.TB, path string, outside tlog.Checkpoint, key tlog.Key) (tlog.Report, error) {
	t.Helper()
	file, err := translog.OpenDump(path)
	if err != nil {
		return tlog.Report{}, err
	}
	defer func() { _ = file.Close() }()
	d := file.Dump()
	d.Batches = []uint64{batch}
	r, err := tlog.Audit(d, outside, key)
	if err == nil && r.Fault == nil {
		r.Fault, err = translog.CheckTiles(file.Tiles(), r.Vouched+r.Beyond)
	}
	return r, err
}

// What pg_dump writes of a log that has lived is read whole, and says what the database says.
func TestDumpFileIsTheDatabase(t *testing.T) {
	w := newWorld(t)
	for range 30 {
		w.enqueueMany(2)
		w.beat()
	}
	w.rewrite(`UPDATE log_leaf SET leaf = leaf WHERE position IN (3, 77, 12)`) // their rows stand elsewhere now
	path, outside, before := dumped(t, w), w.head(), dumped(t, w, "--table", "log_*")
	r, err := audited(t, path, outside, w.key)
	if err != nil || r.Fault != nil || r.Vouched != 30*batch || r.Beyond != 0 {
		t.Fatalf("%+v %v: %v", r, r.Fault, err)
	}
	file, rows := opened(t, path).Dump(), translog.Dump(t.Context(), w.pool)
	if !slices.Equal(gather(t, file.Leaves), gather(t, rows.Leaves)) || !slices.Equal(gather(t, file.Hashes), gather(t, rows.Hashes)) {
		t.Error("the file has other lines than the database")
	}
	if !slices.EqualFunc(gather(t, file.Heads), gather(t, rows.Heads), bytes.Equal) {
		t.Error("the file has other heads than the database")
	}
	if fault, err := translog.CheckTiles(translog.Tiles(t.Context(), w.pool), 30*batch); fault != nil || err != nil {
		t.Errorf("%v %v", fault, err)
	}
	w.rewrite(`UPDATE log_tile SET nodes = set_bit(nodes, 32 * 256 + 9, 1 - get_bit(nodes, 32 * 256 + 9)) WHERE level = 0 AND index = 1`)
	if fault := must(translog.CheckTiles(translog.Tiles(t.Context(), w.pool), 30*batch))(t); fault == nil || fault.Position != 32 || fault.Last != 33 {
		t.Errorf("a node over two lines: %v", fault)
	}
	if *update {
		keepSample(t, w, before)
	}
}

// keepSample makes testdata anew: the log's tables as pg_dump wrote them, the last head, and its key.
func keepSample(t *testing.T, w *world, path string) {
	t.Helper()
	_, note, err := w.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"log.sql": must(os.ReadFile(path))(t), "log-head.note": note.Bytes(), "log-key.txt": []byte(w.key.String() + "\n")} {
		if err := os.WriteFile(filepath.Join("testdata", name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func gather[T any](t *testing.T, seq iter.Seq2[T, error]) (all []T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// What is no dump, or not all of one, is refused in words; nothing of it is taken for a log.
func TestDumpsThatAreNone(t *testing.T) {
	whole := string(must(os.ReadFile("testdata/log.sql"))(t))
	row := func(table string) (before, after string) {
		i := strings.Index(whole, "COPY public."+table+" ")
		i += strings.IndexByte(whole[i:], '\n') + 1
		return whole[:i], whole[i:]
	}
	leaves, rest := row("log_leaf")
	for words, text := range map[string]string{
		"自定义格式":              "PGDMP\x01\x0e\x00",
		"压缩":                 "\x1f\x8b\x08\x00 and so on\n",
		"没有表 log_leaf":       "-- nothing\n" + "-- PostgreSQL database dump complete\n",
		"INSERT":             "INSERT INTO public.log_leaf VALUES (0, '\\x00');\n",
		"UTF8":               strings.Replace(whole, "client_encoding = 'UTF8'", "client_encoding = 'GBK'", 1),
		"没有结尾":               strings.Replace(whole, "-- PostgreSQL database dump complete\n", "", 1),
		"中断":                 whole[:strings.Index(whole, "COPY public.log_tile")+200],
		"出现了两次":              whole + whole,
		"没有 leaf 列":          strings.Replace(whole, `("position", leaf)`, `("position", twig)`, 1),
		"log_leaf 的第 1 行的列数": leaves + "0\n" + rest,
		"第 1 行有一列不是数字":       leaves + "x\t\\\\x00\n" + rest,
		"bytea_output":       leaves + "0\t\\\\000\\\\001\n" + rest,
	} {
		path := filepath.Join(t.TempDir(), "dump.sql")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := translog.OpenDump(path); !errors.Is(err, translog.ErrDump) || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
}

// BenchmarkAuditFile reports lines a second of a file with a head for every 64 lines, its index and the check of its tree
// included; beside it, the bare tree of the same lines.
func BenchmarkAuditFile(b *testing.B) {
	const size = 1 << 17
	path, outside, key := madeUp(b, size)
	b.Run("file", func(b *testing.B) {
		for b.Loop() {
			d := opened(b, path)
			dump := d.Dump()
			dump.Batches = []uint64{64}
			r, err := tlog.Audit(dump, outside, key)
			if err != nil || r.Fault != nil || r.Vouched != size {
				b.Fatal(r.Fault, err)
			}
			if fault, err := translog.CheckTiles(d.Tiles(), size); fault != nil || err != nil {
				b.Fatal(fault, err)
			}
		}
		b.ReportMetric(size*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	})
	b.Run("tree", func(b *testing.B) {
		for b.Loop() {
			tree := tlog.NewTree()
			for i := range size {
				tree.Append(tlog.LeafHash(leafOf(i)), nil)
			}
		}
		b.ReportMetric(size*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	})
}

func leafOf(i int) (leaf signing.Digest) {
	binary.BigEndian.PutUint64(leaf[3:], uint64(i)*0x9e3779b97f4a7c15)
	leaf[0] = 1
	return leaf
}

// madeUp writes a dump of a log of that size, in the layout of docs/transparency-log.md.
func madeUp(b *testing.B, size int) (path string, outside tlog.Checkpoint, key tlog.Key) {
	b.Helper()
	signer := fixedKey(b, 0)
	key = must(tlog.LogKey(origin, signer.Public()))(b)
	var leaves, heads, tiles strings.Builder
	nodes, tree := map[[2]int][]byte{}, tlog.NewTree()
	for i := range size {
		leaf := leafOf(i)
		fmt.Fprintf(&leaves, "%d\t\\\\x%s\n", i, leaf)
		tree.Append(tlog.LeafHash(leaf), func(n tlog.Node, hash []byte) {
			level, depth := int(n.Level/5), int(n.Level%5)
			id := [2]int{level, int(n.Index) >> (5 - depth)}
			if nodes[id] == nil {
				nodes[id] = make([]byte, 1984)
			}
			copy(nodes[id][(64-64>>depth+int(n.Index)&(1<<(5-depth)-1))*32:], hash)
		})
		if (i+1)%64 == 0 {
			outside = tlog.Checkpoint{Origin: origin, Size: tree.Size(), Root: tree.Root()}
			note := must(outside.Sign(b.Context(), key, signer))(b)
			fmt.Fprintf(&heads, "%d\t\\\\x%s\t2026-03-02 12:00:00+00\t%s\n", outside.Size, outside.Root, strings.ReplaceAll(string(note.Bytes()), "\n", `\n`))
		}
	}
	for id, tile := range nodes {
		fmt.Fprintf(&tiles, "%d\t%d\t\\\\x%x\n", id[1], id[0], tile)
	}
	path = filepath.Join(b.TempDir(), "dump.sql")
	text := "COPY public.log_head (size, root, tick, note) FROM stdin;\n" + heads.String() + "\\.\nCOPY public.log_leaf (\"position\", leaf) FROM stdin;\n" + leaves.String() +
		"\\.\nCOPY public.log_tile (index, level, nodes) FROM stdin;\n" + tiles.String() + "\\.\n-- PostgreSQL database dump complete\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path, outside, key
}

func sampleHead(t testing.TB) (tlog.Key, tlog.Checkpoint) {
	t.Helper()
	key := must(tlog.ParseKey(strings.TrimSpace(string(must(os.ReadFile("testdata/log-key.txt"))(t)))))(t)
	outside, _, err := tlog.Open(must(os.ReadFile("testdata/log-head.note"))(t), key)
	if err != nil {
		t.Fatal(err)
	}
	return key, outside
}
