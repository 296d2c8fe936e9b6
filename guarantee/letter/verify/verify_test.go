package verify_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter/paper"
	"baohan/guarantee/letter/verify"
	"baohan/internal/sample"
	"baohan/internal/texts"
)

var present = time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)

type world struct {
	*sample.House
	t *testing.T
}

func newWorld(t *testing.T) world { return world{sample.New(present), t} }

func (w world) roots() verify.Given {
	return verify.Given{Roots: verify.Source{Name: "root.pem", Data: w.CA.Root.PEM()}}
}

func (w world) bytes(v interface{ Canonical() ([]byte, error) }) []byte {
	w.t.Helper()
	b, err := v.Canonical()
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// ask asks as the page does.
func (w world) ask(b []byte, q verify.Asked) (a verify.Answer) {
	w.t.Helper()
	question, err := json.Marshal(q)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(verify.Ask(b, question, present, nil), &a, json.RejectUnknownMembers(true)); err != nil {
		w.t.Fatal(err)
	}
	w.english(b, question, a)
	return a
}

// english asks the same for a reader of English: the same is found, and all of it is said.
func (w world) english(b, question []byte, chinese verify.Answer) {
	w.t.Helper()
	var unsaid []string
	var a verify.Answer
	say := english()
	if err := json.Unmarshal(verify.Ask(b, question, present, func(text string) (string, bool) {
		said, ok := say(text)
		if !ok {
			unsaid = append(unsaid, text)
		}
		return said, ok
	}), &a, json.RejectUnknownMembers(true)); err != nil {
		w.t.Fatal(err)
	}
	if a.Untold {
		w.t.Errorf("this answer has no English: %q", unsaid)
	}
	if a.Verdict != chinese.Verdict || len(a.Lines) != len(chinese.Lines) || a.SM3 != chinese.SM3 || a.Sheet != chinese.Sheet {
		w.t.Errorf("in English the answer is another: %+v, not %+v", a, chinese)
	}
	for _, f := range a.Facts {
		if texts.Chinese(f.Label) {
			w.t.Errorf("a fact has no English name: %s", f.Label)
		}
	}
}

var english = sync.OnceValue(func() verify.Language {
	po, err := os.ReadFile("../../../web/texts/en.po")
	if err != nil {
		panic(err)
	}
	c, err := texts.Open(string(po))
	if err != nil {
		panic(err)
	}
	return c.Say
})

func TestVerdicts(t *testing.T) {
	w := newWorld(t)
	i := w.Issue(w.Blind(), "XJSL-2026-000001")
	file := w.bytes(i.File())
	release := w.bytes(w.Release(i, w.Tenderees[0]))
	sheet := w.bytes(w.Sheet(i))
	opened := w.OpeningRecord(w.Signed(w.Centre, sheet, w.At))
	record := w.Signed(w.Agent, w.bytes(opened), opened.At)
	crl, err := w.CA.CRL(present.AddDate(1, 0, 0), present.AddDate(1, 0, 7))
	if err != nil {
		t.Fatal(err)
	}
	late := w.roots()
	late.Lists = []verify.Source{{Name: "late.crl", Data: crl}}
	log, logged := sample.NewLog("log.example.cn"), w.roots()
	logged.Log = verify.Source{Name: "log.txt", Data: []byte(log.Key.String() + "\n" + log.Witnesses[0].String() + "\n" + log.Witnesses[1].String() + "\n")}
	logged.Quorum = -1
	elsewhere := w.roots()
	elsewhere.Log = verify.Source{Name: "log.txt", Data: []byte(sample.NewLog("log.example.cn").Key.String())}
	proven := w.bytes(log.Logged(i))
	for name, c := range map[string]struct {
		b    []byte
		g    verify.Given
		want verify.Verdict
		kind verify.Kind
	}{
		"file":                    {file, w.roots(), verify.Passed, verify.File},
		"changed":                 {bytes.Replace(file, []byte("壹佰万"), []byte("玖佰万"), 1), w.roots(), verify.Failed, verify.File},
		"signature alone":         {i.Signed, w.roots(), verify.Open, verify.Signature},
		"lists of another year":   {file, late, verify.Open, verify.File},
		"in the log":              {proven, logged, verify.Passed, verify.File},
		"log not asked about":     {proven, w.roots(), verify.Passed, verify.File},
		"not in the log":          {file, logged, verify.Open, verify.File},
		"in another log":          {proven, elsewhere, verify.Failed, verify.File},
		"release":                 {w.Signed(w.Tenderees[0], release, w.At), w.roots(), verify.Passed, verify.Paper},
		"release by another":      {w.Signed(w.Tenderees[1], release, w.At), w.roots(), verify.Failed, verify.Paper},
		"sheet":                   {w.Signed(w.Centre, sheet, w.At), w.roots(), verify.Passed, verify.Sheet},
		"record":                  {record, w.roots(), verify.Passed, verify.Record},
		"record by a stranger":    {w.Signed(w.Bank, w.bytes(opened), w.At), w.roots(), verify.Failed, verify.Record},
		"record that was turned":  {bytes.Replace(record, []byte(`"decrypted"`), []byte(`"withdrawn"`), 1), w.roots(), verify.Failed, verify.Signature},
		"PDF that is none":        {[]byte("%PDF-1.7"), w.roots(), verify.Failed, verify.PDF},
		"nothing":                 {nil, w.roots(), verify.Failed, verify.Signature},
		"roots of somebody else":  {file, newWorld(t).roots(), verify.Failed, verify.File},
		"signed by a demand form": {w.Signed(w.Tenderees[0], []byte(`{}`), w.At), w.roots(), verify.Failed, verify.Signature},
	} {
		o, err := verify.Verify(c.b, c.g, present)
		if err != nil || o.Verdict() != c.want || o.Kind != c.kind {
			t.Errorf("%s: %v %s %s, want %s %s: %+v", name, err, o.Verdict(), o.Kind, c.want, c.kind, o.Report)
		}
		a := w.ask(c.b, verify.Asked{Given: c.g})
		if a.Verdict != c.want || a.Title != c.want.Chinese() || len(a.Lines) != len(o.Report.Lines) || (c.want == verify.Failed) && (a.Facts != nil || a.Sheet != "") ||
			(c.kind == verify.Record && c.want == verify.Passed) != strings.Contains(a.Sheet, "开标记录表（第 1 版）") {
			t.Errorf("%s: asked: %+v", name, a)
		}
	}
}

// What cannot be read of what was given is an error, in Chinese, that names it; it is never a verdict.
func TestGivenRefused(t *testing.T) {
	w := newWorld(t)
	file := w.bytes(w.Issue(w.Blind(), "XJSL-2026-000001").File())
	for want, change := range map[string]func(*verify.Given){
		"没有根证书":             func(g *verify.Given) { g.Roots = verify.Source{} },
		"我的.pem：不是 PEM 证书":  func(g *verify.Given) { g.Roots = verify.Source{Name: "我的.pem", Data: []byte("x")} },
		"叶.pem：不能作为根证书":     func(g *verify.Given) { g.Roots = verify.Source{Name: "叶.pem", Data: w.Bank.Sign.Certificate().PEM()} },
		"平台.pem：不是 PEM 证书":  func(g *verify.Given) { g.PlatformRoots = verify.Source{Name: "平台.pem", Data: []byte("x")} },
		"平台运营单位：不是统一社会信用代码": func(g *verify.Given) { g.Platform = "9144" },
		"交易中心：不是统一社会信用代码":   func(g *verify.Given) { g.Centre = "9144" },
		"延期后的投标截止时间：请按":     func(g *verify.Given) { g.Deadline = "明天" },
		"log.txt：有一行不是":     func(g *verify.Given) { g.Log = verify.Source{Name: "log.txt", Data: []byte("log+1+x")} },
		"不是.crl：吊销列表不能采信":   func(g *verify.Given) { g.Lists = []verify.Source{{Name: "不是.crl", Data: []byte("x")}} },
	} {
		g := w.roots()
		change(&g)
		a := w.ask(file, verify.Asked{Given: g})
		if !strings.Contains(a.Error, want) || a.Verdict != "" || a.Lines != nil {
			t.Errorf("%s: %+v", want, a)
		}
	}
	if a := w.ask(make([]byte, verify.MaxSize+1), verify.Asked{Given: w.roots()}); !strings.Contains(a.Error, "64 MiB") {
		t.Errorf("too large: %+v", a)
	}
	if b := verify.Ask(file, []byte(`{"rots":{}}`), present, nil); !strings.Contains(string(b), "版本不一致") {
		t.Errorf("a question that is none: %s", b)
	}
}

// The file that was scanned is told from every other, whatever its kind.
func TestScanned(t *testing.T) {
	w := newWorld(t)
	one, other, full := w.Issue(w.Blind(), "XJSL-2026-000001"), w.Issue(w.Blind(), "XJSL-2026-000002"), w.Issue(w.Full(), "XJSL-2026-000003")
	again := w.Issue(w.Blind(), "XJSL-2026-000001") // the number is the same, the letter is not
	release := w.Signed(w.Tenderees[0], w.bytes(w.Release(one, w.Tenderees[0])), w.At)
	demand := w.Signed(w.Tenderees[0], w.bytes(w.Demand(one, w.Tenderees[0], 80_000_000)), w.At)
	refusal := w.Signed(w.Bank, w.bytes(w.Refusal(demand)), w.At)
	scan := func(s paper.Sheet, _ []paper.Attachment, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range s.Blocks {
			if b.Close != nil {
				return b.Close.Scan.Fragment()
			}
		}
		return ""
	}
	ofOne, ofFull := scan(paper.Guarantee(w.bytes(one.File()))), scan(paper.Guarantee(w.bytes(full.File())))
	ofRelease := scan(paper.Release(release))
	for name, c := range map[string]struct {
		b    []byte
		scan string
		want verify.Scanned
	}{
		"no scan":          {w.bytes(one.File()), "", ""},
		"file":             {w.bytes(one.File()), ofOne, verify.Same},
		"its signature":    {one.Signed, ofOne, verify.Same},
		"another":          {w.bytes(other.File()), ofOne, verify.Other},
		"the same number":  {w.bytes(again.File()), ofOne, verify.Other},
		"in full":          {w.bytes(full.File()), ofFull, verify.Same},
		"in full, no salt": {full.Signed, ofFull, verify.Incomplete},
		"a release":        {release, ofRelease, verify.Same},
		"a refusal":        {refusal, scan(paper.Refusal(refusal)), verify.Same},
		"a release for it": {release, ofOne, verify.Other},
		"nothing":          {nil, ofOne, verify.Unclear},
		"a scan cut short": {w.bytes(one.File()), ofOne[:len(ofOne)-1], verify.Unreadable},
		"a scan with more": {w.bytes(one.File()), ofOne + "&ok=1", verify.Unreadable},
	} {
		a := w.ask(c.b, verify.Asked{Given: w.roots(), Scan: c.scan})
		if a.Scanned != c.want || (a.Match == "") != (c.want == "") {
			t.Errorf("%s: %q %q, want %q", name, a.Scanned, a.Match, c.want)
		}
	}
}

func TestRoots(t *testing.T) {
	w := newWorld(t)
	got := string(verify.Roots("root.pem", w.CA.Root.PEM(), nil))
	if !strings.Contains(got, w.CA.Root.Fingerprint().String()) || !strings.Contains(got, "示例根证书") {
		t.Error(got)
	}
	for _, text := range [][]byte{nil, []byte("x"), w.Bank.Sign.Certificate().PEM()} {
		if got := string(verify.Roots("x.pem", text, nil)); !strings.Contains(got, `"error":"x.pem：不能作为根证书`) {
			t.Error(got)
		}
	}
	if got := string(verify.Scan("number=A", nil)); !strings.Contains(got, "error") {
		t.Error(got)
	}
}

// A language that lacks one text of an answer gives the verdict's word, and the answer as it is.
func TestHalfAnAnswerIsNone(t *testing.T) {
	w := newWorld(t)
	question, err := json.Marshal(verify.Asked{Given: w.roots()})
	if err != nil {
		t.Fatal(err)
	}
	file := w.bytes(w.Issue(w.Blind(), "XJSL-2026-000001").File())
	var chinese, a verify.Answer
	for into, in := range map[*verify.Answer]verify.Language{&chinese: nil, &a: func(text string) (string, bool) {
		if said, ok := english()(text); !strings.Contains(said, "platform") {
			return said, ok
		}
		return text, false
	}} {
		if err := json.Unmarshal(verify.Ask(file, question, present, in), into); err != nil {
			t.Fatal(err)
		}
	}
	if !a.Untold || a.Title != "Passed" || a.Words != chinese.Words || !slices.Equal(a.Lines, chinese.Lines) || !slices.Equal(a.Facts, chinese.Facts) {
		t.Errorf("half of it: %+v", a)
	}
}
