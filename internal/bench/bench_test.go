package main

import (
	"bytes"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"baohan/internal/devpg"
)

// TestCallback sends real issues, alone and several at once, with and without a message: what is measured must work
// before it is fast.
func TestCallback(t *testing.T) {
	p, err := newPlatform(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	}()
	calls, err := p.prepare(t.Context(), 6)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := p.load(t.Context(), 2, calls[:2]); err != nil || c.ops != 2 || c.perSecond() <= 0 {
		t.Fatalf("%+v: %v", c, err)
	}
	p.outbox.told.Store(true)
	if _, err := p.load(t.Context(), 2, calls[2:4]); err != nil {
		t.Fatal(err)
	}
	p.outbox.told.Store(false)
	var out bytes.Buffer
	if err := p.takeApart(t.Context(), calls[4:], true, &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "commit") || !strings.Contains(got, "UPDATE guarantee") {
		t.Errorf("the statements of a call:\n%s", got)
	}
	p.wantRows(t, `SELECT count(*) FROM guarantee WHERE instrument_state = 'issued'`, 6)
	p.wantRows(t, `SELECT count(*) FROM guarantee_event WHERE kind = 'issued'`, 6)
	p.wantRows(t, `SELECT count(*) FROM delivery WHERE kind = 'disclosed'`, 2)
}

func (p *platform) wantRows(t *testing.T, sql string, want int) {
	t.Helper()
	var got int
	if err := p.pool.QueryRow(t.Context(), sql).Scan(&got); err != nil || got != want {
		t.Errorf("%s: %d, not %d: %v", sql, got, want, err)
	}
}

// TestOpening opens real lots, with the custodians here and behind their doors, and finds the bids among others.
func TestOpening(t *testing.T) {
	var out bytes.Buffer
	if err := benchOpening(t.Context(), "", sizes{small: 4, great: 5, beside: 50, times: 1}, true, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{"find 4 bids among 59", "open 4, custodians behind HTTP", "open 5,", "COPY "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// TestLot opens one small lot by the flag that opens a great one.
func TestLot(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), options{part: "opening", letters: 4}, &out); err != nil || !strings.Contains(out.String(), "open 4,") {
		t.Fatalf("%v\n%s", err, &out)
	}
}

// TestLog fills a small log past its verbs, proves, checks and appends: the same path as the large one.
func TestLog(t *testing.T) {
	var out bytes.Buffer
	if err := benchLog(t.Context(), "", logSizes{leaves: 70_000, proofs: 20, beats: 2}, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{"70000 leaves", "inclusion proof, p50", "consistency proof", "check a path of 17 hashes", "audit, lines out of the database", "pg_dump", "a beat of 256 leaves"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// TestRefusalStopsTheRun sends a letter that is not the one prepared: a refusal may not count as an answer.
func TestRefusalStopsTheRun(t *testing.T) {
	p, err := newPlatform(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.close() }()
	calls, err := p.prepare(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	calls[0].body = calls[1].body
	if _, err := p.load(t.Context(), 1, calls[:1]); err == nil || !strings.Contains(err.Error(), "400") {
		t.Errorf("another letter was taken: %v", err)
	}
}

// TestPDF makes and verifies what is measured, once.
func TestPDF(t *testing.T) {
	ops, size, err := pdfOps(t.Context())
	if err != nil || size < 50_000 {
		t.Fatalf("%d bytes: %v", size, err)
	}
	for _, o := range ops {
		if err := o.do(); err != nil {
			t.Errorf("%s: %v", o.name, err)
		}
	}
}

func TestSpeedLine(t *testing.T) {
	found := speedLine.FindStringSubmatch(" 256 bits SM2 (CurveSM2)   0.0003s   0.0002s   2932.9   4113.0\n")
	if len(found) != 3 || found[1] != "2932.9" || found[2] != "4113.0" {
		t.Errorf("%q", found)
	}
}

func TestServerCPU(t *testing.T) {
	p := &platform{server: &devpg.Server{Pid: 7}}
	const rest = " S %s 1 1 0 -1 0 0 0 0 0 1 2 4 8 20 0 1"
	for _, c := range []struct {
		pid, parent string
		want        time.Duration
	}{
		{"7", "1", 15 * tick}, // with the children that it has waited for
		{"8", "7", 3 * tick},  // a backend
		{"9", "8", 0},         // somebody else's
	} {
		stat := []byte(c.pid + " (a) b)" + strings.Replace(rest, "%s", c.parent, 1))
		if got := p.cpuIn(stat, c.pid); got != c.want {
			t.Errorf("process %s: %v, not %v", c.pid, got, c.want)
		}
	}
}

func TestTogether(t *testing.T) {
	var done atomic.Int64
	if err := together(3, 100, func(int) error { done.Add(1); return nil }); err != nil || done.Load() != 100 {
		t.Errorf("%d of 100: %v", done.Load(), err)
	}
	fault := errors.New("fault")
	if err := together(3, 1000, func(i int) error {
		if i == 5 {
			return fault
		}
		time.Sleep(100 * time.Microsecond)
		done.Add(1)
		return nil
	}); !errors.Is(err, fault) || done.Load() > 600 {
		t.Errorf("after a fault: %v, %d done", err, done.Load())
	}
}
