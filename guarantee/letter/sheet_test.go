package letter_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/width"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

func sheetOf(h *sample.House) letter.Sheet {
	return h.Sheet(h.Issue(h.Full(), "XJSL-2026-000002"), h.Issue(h.Blind(), "XJSL-2026-000001"))
}

// Each member that does not hold is named; above all, nobody is left out of the doubtful list and nobody put in.
func TestSheetIsChecked(t *testing.T) {
	h := sample.New(present)
	good := sheetOf(h)
	for field, spoil := range map[string]func(*letter.Sheet){
		"version":             func(s *letter.Sheet) { s.Version = 2 },
		"edition":             func(s *letter.Sheet) { s.Edition = 0 },
		"previous":            func(s *letter.Sheet) { s.Previous = s.ClosingBids },
		"previous, 2":         func(s *letter.Sheet) { s.Edition, s.Note = 2, "应急认定" },
		"note":                func(s *letter.Sheet) { s.Note = "应急认定" },
		"note, 2":             func(s *letter.Sheet) { s.Edition, s.Previous = 2, s.ClosingBids },
		"advice":              func(s *letter.Sheet) { s.Advice = "本表认定下列投标无效" },
		"lot.code":            func(s *letter.Sheet) { s.Lot.Code = "" },
		"deadline":            func(s *letter.Sheet) { s.Deadline = time.Time{} },
		"opened_at":           func(s *letter.Sheet) { s.OpenedAt = s.Deadline.Add(-time.Microsecond) },
		"at":                  func(s *letter.Sheet) { s.At = s.OpenedAt.Add(-time.Microsecond) },
		"closing_bids":        func(s *letter.Sheet) { s.ClosingBids = signing.Digest{} },
		"bids":                func(s *letter.Sheet) { slices.Reverse(s.Bids) },
		"bids.0.cash":         func(s *letter.Sheet) { s.Bids[0].Cash = &letter.SheetCash{} },
		"bids.0.id":           func(s *letter.Sheet) { s.Bids[0].ID = "1" },
		"bids.0.bidders":      func(s *letter.Sheet) { s.Bids[0].Bidders = nil },
		"bids.1.letter":       func(s *letter.Sheet) { s.Bids[1].Letter = sample.ID(9) },
		"letters":             func(s *letter.Sheet) { s.Letters[1] = s.Letters[0] },
		"letters.0.number":    func(s *letter.Sheet) { s.Letters[0].Failure = "" },
		"letters.1.amount":    func(s *letter.Sheet) { s.Letters[1].Amount = 0 },
		"letters.1.result":    func(s *letter.Sheet) { s.Letters[1].Result = "rejected" },
		"letters.1.lines":     func(s *letter.Sheet) { s.Letters[1].Lines = s.Letters[1].Lines[:15] },
		"doubtful":            func(s *letter.Sheet) { s.Doubtful = s.Doubtful[:1] },
		"doubtful, too many":  func(s *letter.Sheet) { s.Doubtful = append(s.Doubtful, sample.ID(1)) },
		"letters.1.lines.3":   func(s *letter.Sheet) { s.Letters[1].Lines[3].Name = "" },
		"letters.2.lines.3.r": func(s *letter.Sheet) { s.Letters[2].Lines[3].Result = "fail" },
	} {
		s, err := letter.ParseSheet(letter.Encode(good))
		if err != nil {
			t.Fatal(err)
		}
		spoil(&s)
		f, ok := letter.FieldOf(s.Check())
		if want, _, _ := strings.Cut(field, ","); !ok || !strings.HasPrefix(f.Field, strings.TrimSuffix(want, ".r")) {
			t.Errorf("%s: %v", field, s.Check())
		}
	}
}

func TestVerifySheet(t *testing.T) {
	h := sample.New(present)
	at := h.Requirement.End.Deadline.Add(2 * time.Second)
	content := canonicalOf(t, sheetOf(h))
	p7s := h.Signed(h.Centre, content, at)
	for name, c := range map[string]struct {
		p7s     []byte
		options []letter.Option
		ok      bool
		says    string
	}{
		"genuine":         {p7s, nil, true, "请自行确认签署单位"},
		"by the centre":   {p7s, []letter.Option{letter.Centre(h.Centre.Party.USCC)}, true, "由您指定的交易中心签署"},
		"by another":      {h.Signed(h.Platform, content, at), []letter.Option{letter.Centre(h.Centre.Party.USCC)}, false, "不是您指定的交易中心"},
		"a result turned": {bytes.Replace(p7s, []byte(`"result":"doubtful"`), []byte(`"result":"passedxx"`), 1), nil, false, "不符"},
		"one left out":    {h.Signed(h.Centre, bytes.Replace(content, []byte(`"doubtful":["`+sample.ID(9)+`",`), []byte(`"doubtful":[`), 1), at), nil, false, "存疑清单须恰好"},
		"lists demanded":  {p7s, []letter.Option{letter.Revocation(at)}, false, "不覆盖"},
		"no sheet":        {h.Issue(h.Blind(), "XJSL-2026-000003").Signed, nil, false, "没有这个成员"},
		"nothing":         {nil, nil, false, ""},
	} {
		s, r := letter.VerifySheet(c.p7s, h.Trust, c.options...)
		words := r.Words
		for _, l := range r.Lines {
			words += l.Words
		}
		if r.OK != c.ok || !strings.Contains(words, c.says) || c.ok && (s.Signer != h.Centre.Party || !s.SignedAt.Equal(at.Truncate(time.Second))) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if !letter.IsSheet(p7s) || letter.IsSheet(h.Issue(h.Blind(), "XJSL-2026-000003").Signed) || letter.IsSheet(nil) {
		t.Error("a sheet and a letter are not told apart")
	}
	strangers := sample.New(present)
	if _, r := letter.VerifySheet(p7s, strangers.Trust); r.OK {
		t.Error("passes under a root that did not certify its signer")
	}
}

// Printed: all that the sheet says, the doubtful first, and no line wider than a terminal.
func TestSheetIsPrinted(t *testing.T) {
	h := sample.New(present)
	sheet := sheetOf(h)
	var b bytes.Buffer
	if err := (letter.SignedSheet{Sheet: sheet, Signer: h.Centre.Party, SignedAt: sheet.At}).Print(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	order := []string{"投标保函核验结果表（第 1 版）", "本表只供评标委员会参考", "共 3 份，1 份通过，2 份列入存疑清单", "查验结果：存疑", "查验结果：未知", "查验结果：通过",
		"二、投标：共 4 份，其中有未能解密的", "三、存疑清单：共 2 份", "第 9 项 担保金额（存疑）", "四、签署", h.Centre.Party.USCC}
	flat := strings.Join(strings.Fields(text), " ")
	for at, i := 0, 0; i < len(order); i++ {
		n := strings.Index(flat[at:], order[i])
		if n < 0 {
			t.Fatalf("%q is missing or out of order in\n%s", order[i], text)
		}
		at += n
	}
	for _, name := range sample.LineNames {
		if strings.Count(text, name) < 3 {
			t.Errorf("line %s is not printed for every letter", name)
		}
	}
	for _, value := range []string{"应为：不少于 800000.00 元", "实为：790000.00 元", "捌拾万元整"} {
		if !strings.Contains(text, value) {
			t.Errorf("%q is not printed", value)
		}
	}
	narrow(t, text)
	if strings.Contains(text, "否决本") || strings.Contains(text, "无效") {
		t.Error("the sheet judges")
	}
}

// narrow holds for text of which no line is wider than a terminal.
func narrow(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		n := 0
		for _, r := range strings.TrimSuffix(line, "\n") {
			if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth || k == width.EastAsianAmbiguous {
				n++
			}
			n++
		}
		if n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}
