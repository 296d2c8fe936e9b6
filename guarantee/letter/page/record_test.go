package page_test

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/page"
	"baohan/guarantee/letter/paper"
	"baohan/internal/sample"
)

// record is of four bids, of every kind that a sheet can have.
func (w world) record(t testing.TB) letter.OpeningRecord {
	s := w.Sheet(w.Issue(w.Full(), "XJSL-2026-000002"), w.Issue(w.Blind(), "XJSL-2026-000001"))
	return w.OpeningRecord(w.Signed(w.Centre, canonical(t, s), s.At))
}

// largeRecord is of so many bids, with names of all sorts.
func (w world) largeRecord(t testing.TB, n int) letter.OpeningRecord {
	s := w.LargeSheet(n)
	return w.OpeningRecord(w.Signed(w.Centre, canonical(t, s), s.At))
}

func (w world) signedRecord(t testing.TB, r letter.OpeningRecord, by ...sample.Member) [][]byte {
	var out [][]byte
	for _, m := range by {
		out = append(out, w.Signed(m, canonical(t, r), r.At))
	}
	return out
}

// Forty bids take several pages, each with the table's head; long and rare names are set in full.
func TestRecordOfManyBids(t *testing.T) {
	w, papers := allPapers(t)
	p := papers["record of forty"]
	d, _, err := paper.Parse(p.pdf)
	if err != nil || len(d.Pages) < 4 || len(d.Attachments) != 1 {
		t.Fatalf("%v, %d pages, %d files", err, len(d.Pages), len(d.Attachments))
	}
	for _, name := range []string{"𠮷田𬭚矿山工程有限公司", "㼆㵲山水利水电建设集团股份有限公司", "XiangjiangExampleRoad&BridgeCo.,Ltd."} {
		if !strings.Contains(p.sheet.Text(), name) {
			t.Errorf("%s is not on the sheet", name)
		}
	}
	program := tool(t, "pdftotext")
	out, err := exec.CommandContext(t.Context(), program, "-raw", saved(t, "a.pdf", p.pdf), "-").Output()
	if n := strings.Count(paper.Squeezed(string(out)), "序号投标人递交时间解密结果及时间投标担保投标报价"); err != nil || n < 4 || n >= len(d.Pages) {
		t.Errorf("%v: the head stands %d times on %d pages", err, n, len(d.Pages))
	}
	info, err := exec.CommandContext(t.Context(), tool(t, "pdfinfo"), saved(t, "a.pdf", p.pdf)).Output()
	if err != nil || !strings.Contains(string(info), "841.89 x 595.276 pts (A4)") {
		t.Errorf("%v: %s", err, info)
	}
	if _, err := page.OpeningRecord(t.Context(), w.signedRecord(t, w.largeRecord(t, 1000), w.Agent), w.by, w.at); err == nil {
		t.Error("a thousand bids fit into sixty pages")
	}
}

// What is as long as it may be is set in full, nothing cut: in its column, or in the annex.
func TestRecordOfLongTexts(t *testing.T) {
	w := newWorld()
	r := w.record(t)
	long := func(r string, n int) string { return strings.Repeat(r, n) }
	for i := range 7 {
		r.Bids[0].Bidders = append(r.Bids[0].Bidders, letter.Party{Name: long("甲", 99) + string(rune('子'+i)), USCC: sample.USCC(500 + i)})
	}
	x := r.Bids[0].Terms
	x.Price, x.Quality, x.Leader, x.PeriodDays = letter.MaxFen-1, long("优", 200), long("长", 50), 36_500
	x.PriceCapital = x.Price.Capital()
	for i := range 20 {
		x.Fields = append(x.Fields, letter.BidField{Name: long("名", 49) + string(rune('丑'+i)), Value: long("值", 500)})
	}
	r.Bids[0].Note = long("注", 500)
	r.Bids[2].Security.Guarantor.Name, r.Bids[2].Security.Number, r.Bids[2].Security.Amount = long("行", 100), long("X", 40), letter.MaxFen
	r.Objections[0].Text, r.Objections[0].Answer = long("问", 2000), long("答", 2000)
	r.Changes[0].Reason = long("因", 500)
	r.Note = long("记", 500)
	b, err := page.OpeningRecord(t.Context(), w.signedRecord(t, r, w.Agent), w.by, w.at)
	if err != nil {
		t.Fatal(err)
	}
	if got := paper.Verify(b, w.Trust); !got.OK {
		t.Error(why(got))
	}
	s, _, err := paper.OpeningRecord(w.signedRecord(t, r, w.Agent))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range "甲优长名值注行问答因记" {
		have, need := strings.Count(s.Text(), string(want)), map[rune]int{'甲': 693, '优': 200, '长': 50, '名': 980, '值': 10_000, '注': 500, '行': 100, '问': 2000, '答': 2000, '因': 500, '记': 500}[want]
		if have < need {
			t.Errorf("%c stands %d times of %d", want, have, need)
		}
	}
}

// An opening record on paper says what was signed, and by whom, or is refused, though the platform itself signed the paper.
func TestRecordSaysWhatWasSigned(t *testing.T) {
	w := newWorld()
	r := w.record(t)
	second := r
	second.Edition, second.Previous, second.Note = 2, r.Digest(), "监督部门确认责任认定"
	all := w.signedRecord(t, r, w.Agent, w.Bidders[2])
	stranger := w.signedRecord(t, r, w.Bank)[0]
	cell := func(s *paper.Sheet, old, new string) {
		found := false
		for _, b := range s.Blocks {
			if b.Table == nil {
				continue
			}
			for _, row := range b.Table.Rows {
				for i := range row {
					found = found || strings.Contains(row[i], old)
					row[i] = strings.Replace(row[i], old, new, 1)
				}
			}
		}
		if !found {
			t.Fatalf("no %q in the tables", old)
		}
	}
	for name, c := range map[string]struct {
		change func(*paper.Sheet, *[]paper.Attachment)
		words  string
	}{
		"as it was signed":      {func(*paper.Sheet, *[]paper.Attachment) {}, ""},
		"another price":         {func(s *paper.Sheet, _ *[]paper.Attachment) { cell(s, "¥12345678.00", "¥12345677.00") }, "12345678"},
		"other capitals":        {func(s *paper.Sheet, _ *[]paper.Attachment) { cell(s, "壹仟贰佰", "壹仟叁佰") }, "应为"},
		"decrypted after all":   {func(s *paper.Sheet, _ *[]paper.Attachment) { cell(s, "未解密，视为撤销", "解密成功") }, "应为"},
		"a doubt taken out":     {func(s *paper.Sheet, _ *[]paper.Attachment) { cell(s, "查验：存疑", "查验：通过") }, "存疑"},
		"signed who has not":    {func(s *paper.Sheet, _ *[]paper.Attachment) { cell(s, "未签", "已签") }, "未签"},
		"an objection less":     {func(s *paper.Sheet, _ *[]paper.Attachment) { cell(s, "对投标报价的小数位数有异议。", "") }, "小数"},
		"another answer":        {func(s *paper.Sheet, _ *[]paper.Attachment) { cell(s, "所示与投标函一致", "已经更正") }, "应为"},
		"another column's head": {func(s *paper.Sheet, _ *[]paper.Attachment) { s.Blocks[2].Table.Columns[5] = "评标价" }, "应为"},
		"a signature less":      {func(_ *paper.Sheet, a *[]paper.Attachment) { *a = (*a)[:1] }, "应为"},
		"without the host":      {func(_ *paper.Sheet, a *[]paper.Attachment) { *a = (*a)[1:] }, "随附文件"},
		"a stranger's signature": {func(_ *paper.Sheet, a *[]paper.Attachment) {
			*a = append(*a, paper.Attachment{Name: "signature-" + w.Bank.Party.USCC + ".p7s", Description: "投标人签名数据（GB/T 35275）", Data: stranger})
		}, "随附文件"},
		"of another edition": {func(_ *paper.Sheet, a *[]paper.Attachment) {
			(*a)[1].Data = w.signedRecord(t, second, w.Bidders[2])[0]
		}, "随附文件"},
		"signatures exchanged": {func(_ *paper.Sheet, a *[]paper.Attachment) { (*a)[0].Data, (*a)[1].Data = (*a)[1].Data, (*a)[0].Data }, "替换"},
		"under another name":   {func(_ *paper.Sheet, a *[]paper.Attachment) { (*a)[1].Name = "signature-1.p7s" }, "替换"},
	} {
		s, attached, err := paper.OpeningRecord(all)
		if err != nil {
			t.Fatal(err)
		}
		c.change(&s, &attached)
		d, err := w.by.Render(paper.KindRecord, s, attached, w.at)
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.Sign(t.Context(), w.by.Key, w.by.Chain)
		if err != nil {
			t.Fatal(err)
		}
		if got := paper.Verify(b, w.Trust); got.OK != (c.words == "") || !strings.Contains(why(got), c.words) {
			t.Errorf("%s: %v %q", name, got.OK, why(got))
		}
	}
	if got := paper.Verify(pdfOf(t, w, all), newWorld().Trust); got.OK || !strings.Contains(why(got), "根证书") {
		t.Errorf("another root: %q", why(got))
	}
}

func pdfOf(t *testing.T, w world, all [][]byte) []byte {
	t.Helper()
	b, err := page.OpeningRecord(t.Context(), all, w.by, w.at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The signatures may be given in any order; what is not of one record, or lacks the host's, is no document.
func TestRecordNeedsItsSignatures(t *testing.T) {
	w := newWorld()
	r := w.record(t)
	second := r
	second.Edition, second.Previous, second.Note = 2, r.Digest(), "监督部门确认责任认定"
	all := w.signedRecord(t, r, w.Agent, w.Bidders[2], w.Supervisor, w.Bidders[0])
	one, files, err := paper.OpeningRecord(all)
	two, again, err2 := paper.OpeningRecord([][]byte{all[3], all[2], all[1], all[0]})
	if err != nil || err2 != nil || one.Text() != two.Text() || len(files) != 4 || files[0].Name != "record.p7s" || !bytes.Equal(files[0].Data, again[0].Data) {
		t.Errorf("%v, %v: the order of the signatures tells", err, err2)
	}
	for name, bad := range map[string][][]byte{
		"none":            nil,
		"no host":         all[1:],
		"twice":           append(w.signedRecord(t, r, w.Bidders[2]), all...),
		"a stranger":      append(w.signedRecord(t, r, w.Bank), all...),
		"another edition": append(w.signedRecord(t, second, w.Agent), all[1:]...),
		"something else":  append(all[:1:1], w.Issue(w.Blind(), "XJSL-2026-000003").Signed),
		"nothing":         {nil},
	} {
		if _, _, err := paper.OpeningRecord(bad); err == nil {
			t.Errorf("%s: passes", name)
		}
	}
}

// A character that no font has is named, and nothing is left blank.
func TestRecordOfAMissingGlyph(t *testing.T) {
	w := newWorld()
	r := w.record(t)
	r.Bids[0].Terms.Leader = "𪚥经理"
	if _, err := page.OpeningRecord(t.Context(), w.signedRecord(t, r, w.Agent), w.by, w.at); err == nil || !strings.Contains(err.Error(), "𪚥") {
		t.Errorf("%v", err)
	}
}

// Every byte counts, of the signatures that are attached too.
func TestEveryByteOfARecordCounts(t *testing.T) {
	w, papers := allPapers(t)
	file := bytes.Clone(papers["record"].pdf)
	random := rand.New(rand.NewPCG(20261130, 2)) // the same places in every run
	for range 300 {
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

// OpenSSL alone finds every signature that the document carries, and one that is not of the same record.
func TestOpenSSLReadsEverySignature(t *testing.T) {
	w := newWorld()
	r := w.record(t)
	all := w.signedRecord(t, r, w.Agent, w.Bidders[2], w.Supervisor)
	out, ok := openssl(t, pdfOf(t, w, all), w.CA.Root.PEM())
	if !ok || !strings.Contains(out, "通过：3 份签名，内容摘要 "+r.Digest().String()) {
		t.Errorf("%v\n%s", ok, out)
	}
	for _, m := range []sample.Member{w.Agent, w.Bidders[2], w.Supervisor} {
		if !strings.Contains(out, m.Party.USCC) {
			t.Errorf("%s is not named:\n%s", m.Party.Name, out)
		}
	}
	r.At = r.At.Add(time.Second)
	s, attached, err := paper.OpeningRecord(all)
	if err != nil {
		t.Fatal(err)
	}
	attached[1].Data = w.signedRecord(t, r, w.Bidders[2])[0]
	d, err := w.by.Render(paper.KindRecord, s, attached, w.at)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.Sign(t.Context(), w.by.Key, w.by.Chain)
	if err != nil {
		t.Fatal(err)
	}
	if out, ok := openssl(t, b, w.CA.Root.PEM()); ok || !strings.Contains(out, "不是同一份开标记录") {
		t.Errorf("%v\n%s", ok, out)
	}
}
