package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baohan/internal/clock"
	"baohan/internal/testdb"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// sampleLog is the dump that signing/translog keeps: 210 lines in batches of seven, with a head for each.
const sampleLog = "../../signing/translog/testdata/"

// audit runs the command over a dump with the sample's head and key.
func audit(t *testing.T, dump string, more ...string) (int, string) {
	t.Helper()
	key := strings.TrimSpace(string(must(os.ReadFile(sampleLog + "log-key.txt"))))
	var out bytes.Buffer
	code := run(t.Context(), append([]string{"audit", dump, "--head", sampleLog + "log-head.note", "--log", key}, more...), &out, &out)
	return code, out.String()
}

// The command ends with 0 for an honest dump, 1 for one that was tampered with, naming the line, and 2 for what it
// cannot read or was not told how to believe.
func TestAuditCommand(t *testing.T) {
	text := string(must(os.ReadFile(sampleLog + "log.sql")))
	changed := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("the sample has no %q", old)
		}
		path := filepath.Join(t.TempDir(), "dump.sql")
		if err := os.WriteFile(path, []byte(strings.Replace(text, old, new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	line := func(position string) string {
		rest := text[strings.Index(text, "COPY public.log_leaf"):]
		i := strings.Index(rest, "\n"+position+"\t")
		return rest[i+1 : i+2+strings.IndexByte(rest[i+1:], '\n')]
	}
	witness := must(parseVerifierKey(strings.Replace(strings.TrimSpace(string(must(os.ReadFile(sampleLog+"log-key.txt")))), "\n", "", 1)))
	for name, c := range map[string]struct {
		dump string
		more []string
		code int
		says string
	}{
		"honest":                  {sampleLog + "log.sql", []string{"--batch", "7"}, 0, "审计通过：210 条"},
		"another rhythm":          {sampleLog + "log.sql", nil, 1, "缺少日志头"},
		"a line deleted":          {changed(line("41"), ""), []string{"--batch", "7"}, 1, "第 41 条缺失"},
		"a line changed":          {changed(line("41"), strings.Replace(line("41"), "a", "b", 1)), []string{"--batch", "7"}, 1, "第 41 条被改动"},
		"the log's for a witness": {sampleLog + "log.sql", []string{"--witness", witness.String()}, 2, "不能混用"},
		"too many asked":          {sampleLog + "log.sql", []string{"--quorum", "1"}, 2, "quorum"},
		"no dump":                 {sampleLog + "log-head.note", nil, 2, "没有表 log_leaf"},
		"cut short":               {changed("-- PostgreSQL database dump complete", ""), nil, 2, "不完整"},
	} {
		if code, said := audit(t, c.dump, c.more...); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %s", name, code, said)
		}
	}
	var out bytes.Buffer
	other := must(makeTranslogKey(t.TempDir(), "log.example.cn/2026", []byte("口令"), lightly(true)...))
	if code := run(t.Context(), []string{"audit", sampleLog + "log.sql", "--head", sampleLog + "log-head.note", "--log", other.String()}, &out, &out); code != 2 || !strings.Contains(out.String(), "不是这些密钥签的") {
		t.Errorf("a head by another key: %d %s", code, out.String())
	}
	out.Reset()
	if code := run(t.Context(), []string{"audit", "--head", sampleLog + "log-head.note", "--log", witness.String()}, &out, &out); code != 2 || !strings.Contains(out.String(), "没有要审计的东西") {
		t.Errorf("nothing to audit: %d %s", code, out.String())
	}
}

// A database is audited as it stands, by whoever may read it.
func TestAuditOfADatabase(t *testing.T) {
	pool, signer, at := testdb.New(t), must(signing.GenerateKey()), clock.NewManual(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
	key := must(tlog.LogKey(devLog, signer.Public()))
	log := must(translog.New(translog.Config{Pool: pool, Clock: at, Key: key, Signer: signer, Batch: 64, Every: time.Minute,
		Within: 10 * time.Minute, Log: slog.New(slog.DiscardHandler)}))
	for range 3 {
		must(log.Step(t.Context()))
		at.Advance(time.Minute)
	}
	_, note, err := log.Head(t.Context())
	head := filepath.Join(t.TempDir(), "last.note")
	if err := errors.Join(err, os.WriteFile(head, note.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	url, _, _ := strings.Cut(pool.Config().ConnString(), "pool_max_conns") // the pool's own
	audited := func() (int, string) {
		var out bytes.Buffer
		return run(t.Context(), []string{"--database-url", strings.TrimRight(url, "?&"), "audit", "--head", head, "--log", key.String()}, &out, &out), out.String()
	}
	if code, said := audited(); code != 0 || !strings.Contains(said, "192 条") {
		t.Fatalf("%d %s", code, said)
	}
	if _, err := pool.Exec(t.Context(), `SET session_replication_role = replica; UPDATE log_leaf SET leaf = set_bit(leaf, 9, 1 - get_bit(leaf, 9)) WHERE position = 77; RESET session_replication_role`); err != nil {
		t.Fatal(err)
	}
	if code, said := audited(); code != 1 || !strings.Contains(said, "第 77 条被改动") {
		t.Errorf("%d %s", code, said)
	}
}
