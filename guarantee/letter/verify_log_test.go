package letter_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing/tlog"
)

func TestVerifyLogged(t *testing.T) {
	h, log := sample.New(present), sample.NewLog("log.example.cn")
	for _, d := range []sample.Draft{h.Blind(), h.Full()} {
		i := h.Issue(d, "XJSL-2026-000001")
		file := encoded(t, log.Logged(i))
		r := letter.VerifyFile(file, h.Trust, letter.Log(log.Trust))
		if head := line(t, r, "log_head"); !r.OK || line(t, r, "log").Result != letter.ResultPass || !strings.Contains(head.Got, "witness.example.cn/supervisor") {
			t.Errorf("%+v", r)
		}
		if strings.Contains(r.Words, "透明日志") {
			t.Errorf("checked, and yet: %s", r.Words)
		}
		if r := letter.VerifyFile(file, h.Trust); !r.OK || line(t, r, "log_head").Result != letter.ResultUnknown || strings.Count(r.Words, "未核对透明日志") != 1 {
			t.Errorf("without a log: %+v", r)
		}
		if l := line(t, letter.VerifyFile(file, h.Trust), "log"); l.Result != letter.ResultUnknown {
			t.Errorf("a head that anybody can have signed passes: %+v", l)
		}
		if r := letter.VerifyFile(encoded(t, i.File()), h.Trust); !r.OK || line(t, r, "log").Result != letter.ResultUnknown {
			t.Errorf("without a proof: %+v", r)
		}
		fails(t, letter.VerifyFile(encoded(t, i.File()), h.Trust, letter.Log(log.Trust)), "log", "没有附透明日志的证明")
	}
}

// Proofs of another letter, another log, a fork, one hash short: each is refused, in words.
func TestVerifyLogRefuses(t *testing.T) {
	h, log, other := sample.New(present), sample.NewLog("log.example.cn"), sample.NewLog("log.example.cn")
	i, second := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Full(), "XJSL-2026-000002")
	seen := i.Receipt.AcceptedAt.Add(time.Hour)
	fact := sample.InForce(i)
	released, renumbered := fact, fact
	released.Kind = "released"
	renumbered.Data = bytes.Replace(fact.Data, []byte("000001"), []byte("000003"), 1)
	fork := log.Proof(fact, 5, 11, seen)
	for name, c := range map[string]struct {
		change      func(f *letter.File)
		trust       tlog.Policy
		line, words string
	}{
		"another letter": {func(f *letter.File) { *f.Log = log.Proof(sample.InForce(second), 5, 11, seen) }, log.Trust, "log", "另一份保函"},
		"another number": {func(f *letter.File) { *f.Log = log.Proof(renumbered, 5, 11, seen) }, log.Trust, "log", "另一份保函"},
		"another fact":   {func(f *letter.File) { *f.Log = log.Proof(released, 5, 11, seen) }, log.Trust, "log", "不是保函的开立"},
		"another salt":   {func(f *letter.File) { f.Log.Salt[0] ^= 1 }, log.Trust, "log", "与日志头不符"},
		"another time":   {func(f *letter.File) { f.Log.Fact.At = f.Log.Fact.At.Add(time.Second) }, log.Trust, "log", "与日志头不符"},
		"one hash short": {func(f *letter.File) { f.Log.Inclusion.Path = f.Log.Inclusion.Path[1:] }, log.Trust, "log", "与日志头不符"},
		"another place":  {func(f *letter.File) { f.Log.Inclusion.Position = 4 }, log.Trust, "log", "与日志头不符"},
		"a fork's head":  {func(f *letter.File) { f.Log.Inclusion.Checkpoint = fork.Inclusion.Checkpoint }, log.Trust, "log", "与日志头不符"},
		"no head":        {func(f *letter.File) { f.Log.Inclusion.Checkpoint = "log.example.cn\n" }, log.Trust, "log", "日志头格式有误"},
		"another log":    {func(*letter.File) {}, other.Trust, "log_head", "不是您指定的日志"},
		"too few saw it": {func(*letter.File) {}, tlog.Policy{Log: log.Trust.Log, Witnesses: other.Trust.Witnesses, Quorum: 1}, "log_head", "不够您要求的数目"},
		"a forged sight": {func(f *letter.File) { f.Log.Inclusion.Checkpoint = spoilt(f.Log.Inclusion.Checkpoint) }, log.Trust, "log_head", "见证人的签名不成立"},
	} {
		f := log.Logged(i)
		c.change(&f)
		t.Run(name, func(t *testing.T) {
			fails(t, letter.VerifyFile(encoded(t, f), h.Trust, letter.Log(c.trust)), c.line, c.words)
		})
	}
}

// spoilt flips a bit in the last signature line.
func spoilt(note string) string {
	b := []byte(note)
	at := len(b) - 20
	if b[at]++; b[at] == 'z'+1 || b[at] == 'Z'+1 || b[at] == '9'+1 || b[at] == '+'+1 || b[at] == '/'+1 {
		b[at] = 'a'
	}
	return string(b)
}

// No byte of a proof is slack for whoever names the log and all who countersigned.
func TestVerifyFlippedLog(t *testing.T) {
	h, log := sample.New(present), sample.NewLog("log.example.cn")
	f := log.Logged(h.Issue(h.Blind(), "XJSL-2026-000001"))
	proof, err := f.Log.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	for at := range proof {
		b := bytes.Clone(proof)
		b[at] ^= 1
		p, err := letter.ParseLogProof(b)
		if err != nil {
			continue
		}
		if _, _, err := p.Verify(log.Trust); err == nil {
			t.Errorf("byte %d, %q: the proof still holds", at, proof[max(0, at-20):at+1])
		}
	}
}
