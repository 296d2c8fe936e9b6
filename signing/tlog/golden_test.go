package tlog_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baohan/signing/tlog"
)

// update makes the goldens anew: go test ./signing/tlog -run TestGoldens -update. A proof must stay readable for as long as
// a guarantee can be disputed, so a change that needs it breaks a promise.
var update = flag.Bool("update", false, "make the golden files anew")

// The log of the goldens has 11 leaves; the proof is for the leaf at 6, whose fact is goldenFact.
const goldenFact = "示例事实"

func goldenLeaf() tlog.Leaf {
	salt := tlog.Salt(bytes.Repeat([]byte{0x5a}, 32))
	return tlog.Leaf{Commitment: tlog.Commit(salt, "baohan/example/1", []byte(goldenFact)), Salt: salt}
}

func goldenLog() *memory {
	m := newMemory(6)
	m.add(goldenLeaf().Commitment)
	for i := uint64(7); i < 11; i++ {
		m.add(leafAt(i))
	}
	return m
}

func goldenPolicy(t testing.TB) tlog.Policy {
	t.Helper()
	return tlog.Policy{Log: []tlog.Key{logKey(t, fixedKey(t, 0))}, Witnesses: []tlog.Key{witnessKey(t, witnessName, fixedKey(t, 1))}, Quorum: 1}
}

func TestGoldens(t *testing.T) {
	if *update {
		writeGoldens(t)
	}
	m, policy := goldenLog(), goldenPolicy(t)
	head, seen, err := policy.Open(golden(t, "checkpoint.note"))
	if err != nil || head != m.head(11) || len(seen) != 1 || !seen[0].At.Equal(noon) {
		t.Errorf("checkpoint: %v, %v, %v", head, seen, err)
	}
	inclusion, err := tlog.ParseInclusion(golden(t, "inclusion.json"))
	if err != nil || inclusion.Position != 6 {
		t.Fatalf("inclusion: %v", err)
	}
	if _, _, err := inclusion.Verify(goldenLeaf().Commitment, policy); err != nil {
		t.Errorf("inclusion: %v", err)
	}
	if _, _, err := inclusion.Verify(leafAt(6), policy); !errors.Is(err, tlog.ErrProof) {
		t.Errorf("inclusion of another leaf: %v", err)
	}
	consistency, err := tlog.ParseConsistency(golden(t, "consistency.json"))
	if err != nil || consistency.Verify(m.head(7), head) != nil {
		t.Errorf("consistency: %v", err)
	}
	if err := consistency.Verify(m.head(6), head); !errors.Is(err, tlog.ErrProof) {
		t.Errorf("consistency with another size: %v", err)
	}
	receipt, err := tlog.OpenReceipt(golden(t, "receipt.note"), policy.Log...)
	if err != nil || receipt.Leaf != goldenLeaf().Commitment || !receipt.By.Equal(noon) {
		t.Errorf("receipt: %v, %v", receipt, err)
	}
	keys := strings.Split(strings.TrimSpace(string(golden(t, "keys.txt"))), "\n")
	if len(keys) != 2 || keys[0] != policy.Log[0].String() || keys[1] != policy.Witnesses[0].String() {
		t.Errorf("keys: %q", keys)
	}
}

func writeGoldens(t *testing.T) {
	t.Helper()
	m, policy := goldenLog(), goldenPolicy(t)
	signer, witness := fixedKey(t, 0), fixedKey(t, 1)
	note := must(m.head(11).Sign(ctx, policy.Log[0], signer))(t)
	note.Lines = append(note.Lines, must(tlog.Cosign(ctx, m.head(11), policy.Witnesses[0], witness, noon))(t))
	receipt := must(tlog.Receipt{Origin: origin, Leaf: goldenLeaf().Commitment, By: noon}.Sign(ctx, policy.Log[0], signer))(t)
	var leaves strings.Builder
	for _, l := range m.leaves {
		leaves.WriteString(l.String() + "\n")
	}
	for name, content := range map[string][]byte{
		"leaves.txt":      []byte(leaves.String()),
		"checkpoint.note": note.Bytes(),
		"receipt.note":    receipt.Bytes(),
		"keys.txt":        []byte(policy.Log[0].String() + "\n" + policy.Witnesses[0].String() + "\n"),
		"inclusion.json":  must(tlog.Inclusion{Version: 1, Position: 6, Path: m.inclusion(t, 6, 11), Checkpoint: string(note.Bytes())}.Canonical())(t),
		"consistency.json": must(tlog.Consistency{Version: 1, From: 7, To: 11,
			Path: m.consistency(t, 7, 11)}.Canonical())(t),
	} {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("testdata", name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestProofHasOneEncoding(t *testing.T) {
	good := string(golden(t, "inclusion.json"))
	for name, bad := range map[string]string{
		"empty":           "",
		"null":            "null",
		"a blank":         good + " ",
		"an unknown name": strings.Replace(good, `{"`, `{"a":1,"`, 1),
		"a name twice":    strings.Replace(good, `"position":6`, `"position":6,"position":6`, 1),
		"another case":    strings.Replace(good, `"position"`, `"Position"`, 1),
		"a float":         strings.Replace(good, `"position":6`, `"position":6.0`, 1),
		"negative":        strings.Replace(good, `"position":6`, `"position":-6`, 1),
		"too large":       strings.Replace(good, `"position":6`, `"position":9007199254740992`, 1),
		"another version": strings.Replace(good, `"version":1`, `"version":2`, 1),
		"no version":      strings.Replace(good, `,"version":1`, ``, 1),
		"no note":         strings.Replace(good, `\n\n`, `\n`, 1),
		"a hash in caps":  strings.Replace(good, `"path":["`, `"path":["A`, 1),
	} {
		if _, err := tlog.ParseInclusion([]byte(bad)); err == nil || bad == good {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := (tlog.Consistency{Version: 1, From: 9, To: 8}).Canonical(); !errors.Is(err, tlog.ErrEncoding) {
		t.Errorf("a proof that the log shrinks was written: %v", err)
	}
}
