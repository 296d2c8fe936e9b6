package letter_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
)

func words(r letter.Report) string {
	text := r.Words
	for _, l := range r.Lines {
		text += "\n" + l.Title() + l.Words + l.Got
	}
	return text
}

func TestVerifyOpeningRecord(t *testing.T) {
	h := sample.New(present)
	r := openingRecord(h)
	content, at := canonicalOf(t, r), r.At.Add(time.Minute)
	host := h.Signed(h.Agent, content, at)
	for name, c := range map[string]struct {
		p7s     []byte
		options []letter.Option
		ok      bool
		says    []string
	}{
		"by the host":       {host, nil, true, []string{"以招标人代表（主持）身份于 ", "第 1 版，内容摘要 " + r.Digest().String(), "未提供吊销列表"}},
		"by a bidder":       {h.Signed(h.Bidders[2], content, at), nil, true, []string{"以投标人身份于 ", h.Bidders[2].Party.USCC}},
		"by the supervisor": {h.Signed(h.Supervisor, content, at), nil, true, []string{"以监督身份于 "}},
		"by a stranger":     {h.Signed(h.Bidders[1], content, at), nil, false, []string{"签署单位不是记录所载"}},
		"by the platform":   {h.Signed(h.Platform, content, at), nil, false, []string{"签署单位不是记录所载"}},
		"lists demanded":    {host, []letter.Option{letter.Revocation(at)}, false, []string{"不覆盖"}},
		"a price turned":    {bytes.Replace(host, []byte(`"price":`), []byte(`"price" `), 1), nil, false, []string{"不符"}},
		"signed, but capitals differ": {h.Signed(h.Agent, bytes.Replace(content, []byte(`"price_capital":"壹`), []byte(`"price_capital":"玖`), 1), at), nil, false,
			[]string{"大写报价与小写报价不一致"}},
		"signed, but an objection unanswered": {h.Signed(h.Agent, bytes.Replace(content, []byte("经核对，所示与投标函一致。"), nil, 1), at), nil, false, []string{"异议须有答复"}},
		"no record":                           {h.Issue(h.Blind(), "XJSL-2026-000003").Signed, nil, false, []string{"没有这个成员"}},
		"nothing":                             {nil, nil, false, nil},
	} {
		s, got := letter.VerifyOpeningRecord(c.p7s, h.Trust, c.options...)
		for _, want := range append(c.says, "开标记录表") {
			if !strings.Contains(words(got), want) {
				t.Errorf("%s: no %q in\n%s", name, want, words(got))
			}
		}
		if got.OK != c.ok || c.ok && (!s.SignedAt.Equal(at.Truncate(time.Second)) || s.Content != r.Digest() || s.Role == "") {
			t.Errorf("%s: %v\n%s", name, got.OK, words(got))
		}
	}
	strangers := sample.New(present)
	if _, r := letter.VerifyOpeningRecord(host, strangers.Trust); r.OK {
		t.Error("passes under a root that did not certify its signer")
	}
}

// An opening record is told from everything else that is signed.
func TestIsOpeningRecord(t *testing.T) {
	h := sample.New(present)
	for _, k := range kinds {
		p7s := h.Signed(h.Agent, golden(t, k.name+".json"), present)
		if got := letter.IsOpeningRecord(p7s); got != (k.name == "opening-record") {
			t.Errorf("%s: %v", k.name, got)
		}
	}
	if letter.IsOpeningRecord(nil) {
		t.Error("nothing is a record")
	}
}

// Host and bidders sign the same bytes: several signatures are one record's, each of another signer.
func TestVerifyOpeningRecords(t *testing.T) {
	h := sample.New(present)
	r := openingRecord(h)
	second := r
	second.Edition, second.Previous, second.Note = 2, r.Digest(), "监督部门确认责任认定"
	signed := func(by sample.Member, r letter.OpeningRecord) []byte { return h.Signed(by, canonicalOf(t, r), r.At) }
	host, bidder := signed(h.Agent, r), signed(h.Bidders[2], r)
	for name, c := range map[string]struct {
		all  [][]byte
		says string // empty: it holds
	}{
		"host alone":       {[][]byte{host}, ""},
		"host and bidders": {[][]byte{host, bidder, signed(h.Bidders[0], r), signed(h.Supervisor, r)}, ""},
		"a bidder first":   {[][]byte{bidder, host}, ""},
		"without the host": {[][]byte{bidder}, "没有主持人的签名"},
		"another edition":  {[][]byte{host, signed(h.Bidders[2], second)}, "不是同一份记录"},
		"signed twice":     {[][]byte{host, bidder, signed(h.Bidders[2], r)}, "重复"},
		"a stranger's":     {[][]byte{host, signed(h.Bank, r)}, "签署单位不是记录所载"},
		"none":             {nil, "没有主持人的签名"},
		"something else":   {[][]byte{host, h.Issue(h.Blind(), "XJSL-2026-000003").Signed}, "不是同一份记录"},
		"one that is cut":  {[][]byte{host, bidder[:len(bidder)-1]}, "格式"},
	} {
		got := letter.VerifyOpeningRecords(c.all, h.Trust)
		if got.OK != (c.says == "") || !strings.Contains(words(got), c.says) {
			t.Errorf("%s: %v\n%s", name, got.OK, words(got))
		}
	}
}

// Every byte counts: a bit flipped at random places of the signed file, and in every single member of the record.
func TestOpeningRecordFlipped(t *testing.T) {
	h := sample.New(present)
	r := openingRecord(h)
	content := canonicalOf(t, r)
	p7s := h.Signed(h.Agent, content, r.At)
	refused := func(at int, bit byte, what string) {
		p7s[at] ^= bit
		if _, got := letter.VerifyOpeningRecord(p7s, h.Trust); got.OK {
			t.Errorf("%s: bit %08b of byte %d changes nothing", what, bit, at)
		}
		p7s[at] ^= bit
	}
	random := rand.New(rand.NewPCG(20261130, 1)) // the same places in every run
	for range 500 {
		refused(random.IntN(len(p7s)), byte(1)<<random.IntN(8), "random")
	}
	start := bytes.Index(p7s, content)
	d, members := jsontext.NewDecoder(bytes.NewReader(content)), 0
	for {
		token, err := d.ReadToken()
		if err != nil {
			break
		}
		if k := token.Kind(); k == '"' || k == '0' || k == 't' || k == 'f' || k == 'n' {
			members++
			refused(start+int(d.InputOffset())-1, 1, string(d.StackPointer()))
			refused(start+int(d.InputOffset())-2, 1, string(d.StackPointer()))
		}
	}
	if members < 150 {
		t.Errorf("%d values of the record", members)
	}
	if _, got := letter.VerifyOpeningRecord(p7s, h.Trust); !got.OK {
		t.Errorf("%s", words(got))
	}
}

// Printed: all that the record says, and no line wider than a terminal.
func TestOpeningRecordIsPrinted(t *testing.T) {
	h := sample.New(present)
	r := openingRecord(h)
	r.Bids[0].Terms.Fields = []letter.BidField{{Name: "安全目标", Value: "零事故"}}
	s := letter.SignedRecord{Record: r, Content: r.Digest(), Signer: h.Agent.Party, Role: r.Role(h.Agent.Party.USCC), SignedAt: r.At}
	var b bytes.Buffer
	if err := s.Print(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	order := []string{"开标记录表（第 1 版）", r.Lot.ProjectName, "不见面开标", "解密 30 分钟，异议 10 分钟，签名 15 分钟", h.Agent.Party.USCC, h.Supervisor.Party.USCC, r.Sheet.String(),
		"一、投标：共 4 份，解密成功 2 份，未解密，视为撤销 1 份，投标文件无法读取 1 份",
		"（1）" + h.Bidders[2].Party.Name, "解密成功，", "查验结果：未知", "人民币" + r.Bids[0].Terms.PriceCapital, "合格", "365 日历天", "示例经理", "安全目标：零事故", r.Bids[0].Form.String(),
		"（2）无法读取的投标", "（3）", "XJSL-2026-000002", "查验结果：存疑", "（4）", "未解密，视为撤销", "系投标人原因",
		"二、异议及答复：共 2 件", "姓名显示不完整", "答复（", "经核对", "不予受理：逾期提出", "第六十条",
		"三、暂停与延长：共 4 次", "延长（示例项目管理有限公司）", "暂停", "恢复", "平台中断补时（平台）", "四、签署（本份）", r.Digest().String(), "招标人代表（主持）"}
	flat := strings.Join(strings.Fields(text), "")
	for at, i := 0, 0; i < len(order); i++ {
		n := strings.Index(flat[at:], strings.Join(strings.Fields(order[i]), ""))
		if n < 0 {
			t.Fatalf("%q is missing or out of order in\n%s", order[i], text)
		}
		at += n
	}
	narrow(t, text)
	second := r
	second.Edition, second.Previous, second.Note, second.Supervisor = 2, r.Digest(), "监督部门确认责任认定", letter.Party{}
	b.Reset()
	if err := (letter.SignedRecord{Record: second}).Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"第 2 版", r.Digest().String(), "更新原因      监督部门确认责任认定", "监督          无"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not printed:\n%s", want, b.String())
		}
	}
}
