package tlog_test

import (
	"bytes"
	"testing"

	"baohan/signing"
	"baohan/signing/tlog"
)

// Each parser: no panic on any bytes, and what is accepted has no second spelling.

func FuzzParseNote(f *testing.F) {
	f.Add(golden(f, "checkpoint.note"))
	f.Add(golden(f, "receipt.note"))
	f.Add([]byte("a\n\nb\n\n— x AAAAAAE=\n"))
	keys := goldenPolicy(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := tlog.ParseNote(b)
		if err != nil {
			return
		}
		if !bytes.Equal(n.Bytes(), b) {
			t.Fatal("a second spelling")
		}
		if c, err := tlog.ParseCheckpoint(n.Text); err == nil && c.Text() != n.Text {
			t.Fatal("a second spelling of a checkpoint")
		}
		_, _, _ = keys.Open(b)
		_, _ = tlog.OpenReceipt(b, keys.Log...)
	})
}

func FuzzParseLine(f *testing.F) {
	f.Add("— witness.example.cn/bank jWbPPwAAAABkGFDL\n")
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := tlog.ParseLine(text); err == nil && l.String() != text {
			t.Fatal("a second spelling")
		}
	})
}

func FuzzParseKey(f *testing.F) {
	keys := bytes.SplitSeq(golden(f, "keys.txt"), []byte("\n"))
	for k := range keys {
		f.Add(string(k))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if k, err := tlog.ParseKey(text); err == nil && k.String() != text {
			t.Fatal("a second spelling")
		}
	})
}

func FuzzParseInclusion(f *testing.F) {
	f.Add(golden(f, "inclusion.json"))
	policy := goldenPolicy(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := tlog.ParseInclusion(b)
		if err != nil {
			return
		}
		if again, err := p.Canonical(); err != nil || !bytes.Equal(again, b) {
			t.Fatal("a second encoding")
		}
		if _, _, err := p.Verify(leafAt(99), policy); err == nil {
			t.Fatal("a leaf that is in no log is proved")
		}
	})
}

func FuzzParseConsistency(f *testing.F) {
	f.Add(golden(f, "consistency.json"))
	m := goldenLog()
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := tlog.ParseConsistency(b)
		if err != nil {
			return
		}
		if again, err := p.Canonical(); err != nil || !bytes.Equal(again, b) {
			t.Fatal("a second encoding")
		}
		to := tlog.Checkpoint{Origin: origin, Size: p.To, Root: signing.Sum([]byte("a fork"))}
		if p.From > 0 && p.Verify(m.head(min(p.From, 11)), to) == nil {
			t.Fatal("a fork is proved consistent")
		}
	})
}
