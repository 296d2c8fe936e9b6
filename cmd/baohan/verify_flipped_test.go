package main

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter/page"
	"baohan/guarantee/letter/verify"
	"baohan/internal/sample"
)

var flippedAt = time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)

// Every byte counts: a letter with its log proof, as PDF, as file and as signed data, under the keys of the log and of all
// its witnesses. One bit is flipped at each of a thousand places; each time the answer is 不通过, and never anything less.
func TestVerifyFlipped(t *testing.T) {
	h, log := sample.New(flippedAt), sample.NewLog("log.example.cn")
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	file, err := log.Logged(i).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := page.Guarantee(t.Context(), file, page.Signatory{Key: h.Platform.Sign.Key, Chain: h.Platform.Sign.Chain}, flippedAt.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	alone := verify.Given{Roots: verify.Source{Name: "root.pem", Data: h.CA.Root.PEM()}}
	logged := alone
	logged.Log, logged.Quorum = keysOf(log), -1
	const seed = 20261125 // the same places in every run
	for name, c := range map[string]struct {
		b    []byte
		g    verify.Given
		want verify.Verdict // before anything is flipped
	}{
		"pdf":  {pdf, logged, verify.Passed},
		"json": {file, logged, verify.Passed},
		"p7s":  {i.Signed, alone, verify.Open}, // it carries no proof
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectVerdict(t, c.b, c.g, c.want)
			random := rand.New(rand.NewPCG(seed, uint64(len(name))))
			for range 1000 {
				at, bit := random.IntN(len(c.b)), byte(1)<<random.IntN(8)
				c.b[at] ^= bit
				if !expectVerdict(t, c.b, c.g, verify.Failed) {
					t.Errorf("bit %08b of byte %d of %d", bit, at, len(c.b))
				}
				c.b[at] ^= bit
			}
			expectVerdict(t, c.b, c.g, c.want)
		})
	}
}

func expectVerdict(t *testing.T, b []byte, g verify.Given, want verify.Verdict) bool {
	t.Helper()
	o, err := verify.Verify(b, g, flippedAt)
	if err != nil || o.Verdict() != want || o.Report.OK != (want != verify.Failed) {
		t.Errorf("%v %s, want %s: %s", err, o.Verdict(), want, o.Report.Words)
		return false
	}
	return true
}

// keysOf are the keys of a log and of its witnesses as they are handed on.
func keysOf(log *sample.Log) verify.Source {
	keys := []string{log.Key.String()}
	for _, w := range log.Witnesses {
		keys = append(keys, w.String())
	}
	return verify.Source{Name: "log-keys.txt", Data: []byte(strings.Join(keys, "\n") + "\n")}
}
