package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baohan/internal/clock"
	"baohan/internal/health"
	"baohan/internal/testdb"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// What the settings say of the log is held to its bounds before anything is opened, in words that say which setting.
func TestTranslogSettings(t *testing.T) {
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	log, err := tlog.LogKey("log.example.cn/2026", key.Public())
	if err != nil {
		t.Fatal(err)
	}
	witness, err := tlog.WitnessKey("witness.example.cn/bank", key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]func(*Settings){
		"":                           func(*Settings) {},
		"translog-batch：0":           func(s *Settings) { s.TranslogBatch = 0 },
		"translog-batch：5000":        func(s *Settings) { s.TranslogBatch = 5000 },
		"translog-every：1ms":         func(s *Settings) { s.TranslogEvery = time.Millisecond },
		"translog-within：2m0s":       func(s *Settings) { s.TranslogWithin = 2 * time.Minute },
		"translog-quorum：1":          func(s *Settings) { s.TranslogQuorum = 1 },
		"translog-quorum：-1":         func(s *Settings) { s.TranslogQuorum = -1 },
		"不是验证公钥":                     func(s *Settings) { s.TranslogWitnesses = []string{"bank"} },
		"是日志的公钥":                     func(s *Settings) { s.TranslogWitnesses = []string{log.String()} },
		"translog-old：witness.examp": func(s *Settings) { s.TranslogOld = []string{witness.String()} },
		"是同一把密钥":                     func(s *Settings) { s.TranslogWitnesses = []string{witness.String(), witness.String()} },
	} {
		s := Settings{TranslogBatch: 64, TranslogEvery: time.Minute, TranslogWithin: 15 * time.Minute}
		change(&s)
		if _, err := s.translogConfig(); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
}

func TestTranslogKeygen(t *testing.T) {
	dir := t.TempDir()
	make := func(args ...string) (int, string) {
		var out bytes.Buffer
		return run(t.Context(), append([]string{"--data", dir, "--passphrase", "口令", "translog", "keygen", "--light"}, args...), &out, &out), out.String()
	}
	if code, text := make("--name", "两 字"); code != 1 || !strings.Contains(text, "可见的 ASCII") {
		t.Errorf("a name that is none: %d %s", code, text)
	}
	code, text := make("--name", "log.example.cn/2026")
	key, err := loadNamedKey(filepath.Join(dir, "keys"), translogName, []byte("口令"), "")
	if code != 0 || err != nil || !strings.HasPrefix(text, key.String()+"\n") || key.Name() != "log.example.cn/2026" || key.IsWitness() {
		t.Fatalf("%d %s: %v", code, text, err)
	}
	if code, text := make("--name", "log.example.cn/2027"); code != 1 || !strings.Contains(text, "不会覆盖") {
		t.Errorf("again: %d %s", code, text)
	}
	if _, err := loadNamedKey(dir, translogName, []byte("口令"), noTranslogKey); err == nil || !strings.Contains(err.Error(), "translog keygen") {
		t.Errorf("no key: %v", err)
	}
}

// A bit that flips under a head stops the log: nothing more is signed, /readyz alarms in the process that writes and,
// some beats later, in every other; and it goes on so until people end the process.
func TestCorruptLogStops(t *testing.T) {
	pool, key := testdb.New(t), must(signing.GenerateKey())
	at := clock.NewManual(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
	var said bytes.Buffer
	open := func() *writer {
		log, err := translog.New(translog.Config{Pool: pool, Clock: at, Key: must(tlog.LogKey(devLog, key.Public())), Signer: key, Batch: 3,
			Every: time.Second, Within: 10 * time.Minute, Log: slog.New(slog.NewTextHandler(&said, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return &writer{log: log}
	}
	w, reader := open(), open()
	must(w.log.Step(t.Context()))
	if _, err := pool.Exec(t.Context(), `UPDATE log_tile SET nodes = set_bit(nodes, 521, 1 - get_bit(nodes, 521)) WHERE level = 0`); err != nil {
		t.Fatal(err)
	}
	if got := ready(w); got != `{"status":"ok"}` {
		t.Errorf("before anybody looked: %s", got)
	}
	at.Advance(time.Second)
	w.start(t.Context())
	stops(t, w)
	size, _, err := w.log.Head(t.Context())
	if err != nil || size.Size != 3 || ready(w) != `{"status":"ok","alarms":["translog"]}` || !strings.Contains(said.String(), "has stopped") {
		t.Fatalf("%v %v %s\n%s", size, err, ready(w), said.String())
	}
	if got := ready(reader); got != `{"status":"ok"}` {
		t.Errorf("another process, at once: %s", got)
	}
	at.Advance(time.Minute)
	if got := ready(reader); got != `{"status":"ok","alarms":["translog"]}` {
		t.Errorf("another process, later: %s", got)
	}
	w.halt()
}

func ready(w *writer) string {
	answer := httptest.NewRecorder()
	health.Ready(slog.New(slog.DiscardHandler), w.check()).ServeHTTP(answer, httptest.NewRequest("GET", "/readyz", nil))
	return answer.Body.String()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// stops waits until the writer has stopped by itself.
func stops(t *testing.T, w *writer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		w.mu.Lock()
		stopped := w.stopped
		w.mu.Unlock()
		if stopped != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the writer goes on")
}
