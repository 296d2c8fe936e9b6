package page_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/page"
	"baohan/guarantee/letter/paper"
	"baohan/internal/sample"
)

// why is the words of the first line that does not pass.
func why(r letter.Report) string {
	for _, l := range r.Lines {
		if l.Result == letter.ResultDoubtful {
			return l.Name + "：" + l.Words
		}
	}
	return ""
}

func replaced(t *testing.T, b []byte, old, new string) []byte {
	t.Helper()
	if !bytes.Contains(b, []byte(old)) {
		t.Fatalf("no %q in the file", old)
	}
	return bytes.Replace(b, []byte(old), []byte(new), 1)
}

// updated is what a program appends that saves changes (ISO 32000-1, 7.5.6).
func updated(b []byte, object string) []byte {
	at := len(b)
	xref := at + len(object)
	return fmt.Appendf(bytes.Clone(b), "%sxref\n4 1\n%010d 00000 n \ntrailer\n<</Size 30/Root 2 0 R/Prev 1>>\nstartxref\n%d\n%%%%EOF\n", object, at, xref)
}

// Whatever is done to a file, it is refused, with the reason in words that a clerk understands.
func TestAttacks(t *testing.T) {
	w := newWorld()
	i, other := w.Issue(w.Blind(), "XJSL-2026-000001"), w.Issue(w.Blind(), "XJSL-2026-000002")
	good := w.guarantee(t, i.File())
	span := regexp.MustCompile(`/ByteRange\[0 (\d+) (\d+) (\d+)\]`).FindSubmatch(good)
	if span == nil {
		t.Fatal("no ByteRange")
	}
	for name, c := range map[string]struct {
		file  []byte
		words string
	}{
		"incremental update":             {updated(good, "4 0 obj\n<</Title(x)>>\nendobj\n"), "增量更新"},
		"second signature":               {updated(good, "30 0 obj\n<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>\nendobj\n"), "不止一个签名"},
		"script in an update":            {updated(good, "2 0 obj\n<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\nendobj\n"), "脚本"},
		"script in the catalog":          {replaced(t, good, "/Type/Catalog", "/Type/Catalog/Names<</JavaScript 9 0 R>>"), "脚本"},
		"action on opening":              {replaced(t, good, "/Type/Catalog", "/Type/Catalog/OpenAction 9 0 R"), "自动执行"},
		"program to launch":              {replaced(t, good, "/Type/Annot", "/Type/Annot/A<</S/Launch/F(x)>>"), "自动执行"},
		"appended bytes":                 {append(bytes.Clone(good), "x"...), "多余的字节"},
		"appended line":                  {append(bytes.Clone(good), '\n'), "多余的字节"},
		"cut short":                      {good[:len(good)-100], "不完整"},
		"bytes before":                   {append([]byte("\n"), good...), "不是 PDF"},
		"gap behind the signature":       {replaced(t, good, string(span[2]), fmt.Sprintf("%010d", atoi(span[2])+64)), "ByteRange"},
		"gap before the signature":       {replaced(t, good, string(span[1]), fmt.Sprintf("%010d", atoi(span[1])-8)), "ByteRange"},
		"ByteRange that ends early":      {replaced(t, good, string(span[3]), fmt.Sprintf("%010d", atoi(span[3])-8)), "ByteRange"},
		"ByteRange spelt otherwise":      {replaced(t, good, "[0 0", "[0  "), "ByteRange"},
		"digits in small letters":        {lowered(good), "签名"},
		"encrypted":                      {replaced(t, good, "trailer\n<<", "trailer\n<</Encrypt 9 0 R"), "加密"},
		"a comment":                      {replaced(t, good, "endobj\n", "endobj\n%x\n"), "ByteRange"},
		"swapped attachment":             {swapped(t, good, i, other), "随附文件被替换"},
		"another guarantee's attachment": {w.forged(t, i, func(d *paper.Document) { d.Attachments[1].Data = revealOf(t, other) }), "reveal.json 被替换"},
		"an attachment more": {w.forged(t, i, func(d *paper.Document) {
			d.Attachments = append(d.Attachments, paper.Attachment{Name: "x.exe", Description: "x", Data: []byte("MZ")})
		}), "增减"},
		"an attachment less":      {w.forged(t, i, func(d *paper.Document) { d.Attachments = d.Attachments[:3] }), "增减"},
		"another description":     {w.forged(t, i, func(d *paper.Document) { d.Attachments[0].Description = "合同" }), "guarantee.json 被替换"},
		"another title":           {w.forged(t, i, func(d *paper.Document) { d.Title = "履约保函" }), "标题"},
		"another kind":            {w.forged(t, i, func(d *paper.Document) { d.Kind = paper.KindSheet }), "随附文件"},
		"a version to come":       {w.forged(t, i, func(d *paper.Document) { d.Version = 2 }), "版本"},
		"a page less":             {w.forged(t, i, func(d *paper.Document) { d.Pages = d.Pages[:2] }), "第 1 页"},
		"pages exchanged":         {w.forged(t, i, func(d *paper.Document) { d.Pages[0], d.Pages[1] = d.Pages[1], d.Pages[0] }), "第 1 页"},
		"another amount":          {w.misprinted(t, i, "捌拾万元整", "玖拾万元整"), "捌拾万元整"},
		"a clause less":           {w.misprinted(t, i, "我方在开立时不知悉其内容，", ""), "应为"},
		"another foot":            {w.misprintedFoot(t, i), "页脚"},
		"signed by a bidder":      {w.printedBy(t, i, w.Bidders[0]), "不是平台签署"},
		"signed by the bank":      {w.printedBy(t, i, w.Bank), "不是平台签署"},
		"a flipped bit in a page": {flipped(good, "/Filter/FlateDecode/Length", 200), "签名不成立"},
		"another object":          {replaced(t, good, "/Lang(zh-CN)", "/Lang(en-US)"), "结构"},
		"nothing":                 {nil, "不是 PDF"},
		"another program's PDF":   {[]byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"), "不是本平台生成"},
	} {
		r := paper.Verify(c.file, w.Trust)
		if r.OK || !strings.Contains(why(r), c.words) {
			t.Errorf("%s: OK is %v, because %q", name, r.OK, why(r))
		}
	}
	stranger := newWorld()
	if r := paper.Verify(good, stranger.Trust); r.OK || !strings.Contains(why(r), "根证书") {
		t.Errorf("another root: %q", why(r))
	}
	if r := paper.Verify(good, w.Trust, letter.Platform(w.Operator.Party.USCC)); r.OK {
		t.Error("another platform passes")
	}
}

// A verification sheet on paper says what the centre signed, or is refused, though the platform itself signed the paper.
func TestVerificationSheetSaysWhatWasSigned(t *testing.T) {
	w := newWorld()
	i := w.Issue(w.Blind(), "XJSL-2026-000001")
	p7s := w.Signed(w.Centre, canonical(t, w.Sheet(i)), w.Requirement.End.Deadline.Add(time.Second))
	for name, c := range map[string]struct {
		change func(*paper.Sheet, []paper.Attachment)
		words  string
	}{
		"as it was signed":  {func(*paper.Sheet, []paper.Attachment) {}, ""},
		"a doubt taken out": {func(s *paper.Sheet, _ []paper.Attachment) { firstRow(s, "存疑")[2] = "相符" }, "存疑"},
		"another bidder":    {func(s *paper.Sheet, _ []paper.Attachment) { firstRow(s, w.Bidders[0].Party.String())[1] = "某公司" }, "应为"},
		"another's signature": {func(_ *paper.Sheet, a []paper.Attachment) {
			a[0].Data = w.Signed(w.Operator, canonical(t, w.Sheet(i)), w.Requirement.End.Deadline.Add(time.Second))
		}, "应为"},
	} {
		s, attached, err := paper.Verification(p7s)
		if err != nil {
			t.Fatal(err)
		}
		c.change(&s, attached)
		d, err := w.by.Render(paper.KindVerification, s, attached, w.at)
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.Sign(t.Context(), w.by.Key, w.by.Chain)
		if err != nil {
			t.Fatal(err)
		}
		if r := paper.Verify(b, w.Trust, letter.Centre(w.Centre.Party.USCC)); r.OK != (c.words == "") || !strings.Contains(why(r), c.words) {
			t.Errorf("%s: %v %q", name, r.OK, why(r))
		}
	}
}

// firstRow is the first row of a sheet's tables that has a cell of this text.
func firstRow(s *paper.Sheet, cell string) []string {
	for _, b := range s.Blocks {
		if b.Table == nil {
			continue
		}
		for _, row := range b.Table.Rows {
			if slices.Contains(row, cell) {
				return row
			}
		}
	}
	return make([]string, 6)
}

func atoi(b []byte) (n int) {
	_, _ = fmt.Sscan(strings.TrimLeft(string(b), "0"), &n)
	return n
}

// lowered spells the signature in small letters: the same number, other bytes.
func lowered(b []byte) []byte {
	b = bytes.Clone(b)
	end := paper.HoleAt + bytes.IndexByte(b[paper.HoleAt:], '>')
	copy(b[paper.HoleAt:end], bytes.ToLower(b[paper.HoleAt:end]))
	return b
}

// flipped changes a bit some bytes behind a text.
func flipped(b []byte, behind string, by int) []byte {
	b = bytes.Clone(b)
	b[bytes.LastIndex(b, []byte(behind))+by] ^= 1
	return b
}

func revealOf(t *testing.T, i sample.Issued) []byte { return canonical(t, i.Draft.Reveal) }

func swapped(t *testing.T, b []byte, i, other sample.Issued) []byte {
	return replaced(t, b, string(revealOf(t, i)), string(revealOf(t, other)))
}

// forged is a document changed before the platform signs it: what a fault of the platform's own could do.
func (w world) forged(t *testing.T, i sample.Issued, change func(*paper.Document)) []byte {
	t.Helper()
	s, attached, err := paper.Guarantee(canonical(t, i.File()))
	if err != nil {
		t.Fatal(err)
	}
	return w.signedAfter(t, s, attached, change)
}

func (w world) signedAfter(t *testing.T, s paper.Sheet, attached []paper.Attachment, change func(*paper.Document)) []byte {
	t.Helper()
	d, err := w.by.Render(paper.KindGuarantee, s, attached, w.at)
	if err != nil {
		t.Fatal(err)
	}
	change(&d)
	b, err := d.Sign(t.Context(), w.by.Key, w.by.Chain)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// misprinted shows another text than the guarantee's, and is signed by the platform.
func (w world) misprinted(t *testing.T, i sample.Issued, old, new string) []byte {
	t.Helper()
	s, attached, err := paper.Guarantee(canonical(t, i.File()))
	if err != nil {
		t.Fatal(err)
	}
	changed := false
	change := func(text *string) {
		changed = changed || strings.Contains(*text, old)
		*text = strings.Replace(*text, old, new, 1)
	}
	for _, b := range s.Blocks {
		for n := range b.Facts {
			change(&b.Facts[n].Value)
		}
		for n := range b.Clauses {
			change(&b.Clauses[n])
		}
	}
	if !changed {
		t.Fatalf("no %q on the sheet", old)
	}
	return w.signedAfter(t, s, attached, func(*paper.Document) {})
}

func (w world) misprintedFoot(t *testing.T, i sample.Issued) []byte {
	t.Helper()
	s, attached, err := paper.Guarantee(canonical(t, i.File()))
	if err != nil {
		t.Fatal(err)
	}
	s.Mark = "承诺值 " + strings.Repeat("0", 64)
	return w.signedAfter(t, s, attached, func(*paper.Document) {})
}

// printedBy is a rendering that somebody else signs, with a good certificate under the same root.
func (w world) printedBy(t *testing.T, i sample.Issued, m sample.Member) []byte {
	t.Helper()
	b, err := page.Guarantee(t.Context(), canonical(t, i.File()), page.Signatory{Key: m.Sign.Key, Chain: m.Sign.Chain}, w.at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every byte counts: after a flip at each of a thousand places, the file is refused. (The guarantee file and the signed
// data that it carries are flipped in package letter.)
func TestEveryByteCounts(t *testing.T) {
	w := newWorld()
	file := w.guarantee(t, sample.NewLog("log.example.cn").Logged(w.Issue(w.Blind(), "XJSL-2026-000001")))
	const seed = 20261125 // the same places in every run
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("a thousand places of %d bytes, seed %d", len(file), seed)
	for range 1000 {
		at, bit := random.IntN(len(file)), byte(1)<<random.IntN(8)
		file[at] ^= bit
		if r := paper.Verify(file, w.Trust); r.OK {
			t.Errorf("bit %08b of byte %d changes nothing", bit, at)
		}
		file[at] ^= bit
	}
	if r := paper.Verify(file, w.Trust); !r.OK {
		t.Errorf("%+v", r)
	}
}

// The signature's own place is where a file can be changed without breaking what is signed: another digit anywhere in
// it, certificates included, is refused.
func TestNoSlackInTheSignature(t *testing.T) {
	w := newWorld()
	i := w.Issue(w.Blind(), "XJSL-2026-000001")
	var file []byte
	end := 0
	for end == 0 || string(file[end-2:end]) != "00" { // until one has zeros behind it
		file = w.guarantee(t, i.File())
		end = paper.HoleAt + bytes.IndexByte(file[paper.HoleAt:], '>')
	}
	step := 11
	for at := paper.HoleAt; at <= end; at += step {
		if at > end-400 { // the signature proper, and the zeros behind it
			step = 1
		}
		old := file[at]
		file[at] = "0123456789ABCDEF0"[(strings.IndexByte("0123456789ABCDEF", old)+1)%17]
		if r := paper.Verify(file, w.Trust); r.OK {
			t.Errorf("byte %d may be %q", at, file[at])
		}
		file[at] = old
	}
}
