package client_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"baohan/client"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// sheetHead is the first line as docs/bid-system.md shows it.
const sheetHead = "投标编号,密封投标文件,投标人,统一社会信用代码,保函申请编号\n"

func (w *world) sheet(text string) string {
	w.t.Helper()
	dir := w.t.TempDir()
	name := filepath.Join(dir, "投标清单.csv")
	for file, b := range map[string][]byte{name: []byte(text), filepath.Join(dir, "甲.sealed"): []byte("密封的投标文件")} {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return name
}

// row is one line of a sheet.
func row(cells ...string) string { return strings.Join(cells, ",") + "\n" }

// What any bid system can export becomes the bids of a list: in both encodings, with files, digests and consortia.
func TestBidSheet(t *testing.T) {
	w := newWorld(t)
	a, b, c, d := w.Bidders[0].Party, w.Bidders[1].Party, w.Bidders[2].Party, w.Agent.Party
	digest := signing.Sum([]byte("乙"))
	text := sheetHead +
		row(sample.ID(9), "甲.sealed", a.Name, a.USCC, sample.ID(77)) +
		row("", digest.String(), b.Name+"；"+d.Name, b.USCC+"；"+d.USCC, "") +
		row(sample.ID(3), strings.Repeat("ab", 32), `"`+c.Name+`"`, c.USCC, "")
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, written := range map[string]string{"UTF-8": text, "with a mark": "\ufeff" + text, "GB18030": gb,
		"lines of Windows": strings.ReplaceAll(text, "\n", "\r\n"), "no last newline": strings.TrimSuffix(text, "\n"), "half-width": strings.ReplaceAll(text, "；", ";")} {
		bids, err := client.ReadBidSheet(w.sheet(written), sample.ID(1))
		if err != nil || len(bids) != 3 {
			t.Errorf("%s: %d bids, %v", name, len(bids), err)
			continue
		}
		again, err := client.ReadBidSheet(w.sheet(written), sample.ID(1))
		other, otherErr := client.ReadBidSheet(w.sheet(written), sample.ID(2))
		if err != nil || otherErr != nil {
			t.Fatal(err, otherErr)
		}
		found := map[string]letter.OutsideBid{}
		for i, bid := range bids {
			found[bid.Bidders[0].USCC] = bid
			if bid.Check() != nil || i > 0 && bids[i-1].ID >= bid.ID || again[i].ID != bid.ID {
				t.Errorf("%s: bid %d: %+v", name, i, bid)
			}
		}
		if x := found[a.USCC]; x.ID != sample.ID(9) || x.Letter != sample.ID(77) || x.Digest != signing.Sum([]byte("密封的投标文件")) {
			t.Errorf("%s: %+v", name, x)
		}
		if x := found[b.USCC]; x.Digest != digest || len(x.Bidders) != 2 || x.Bidders[1] != d || x.Letter != "" {
			t.Errorf("%s: %+v", name, x)
		}
		for _, bid := range other {
			if x := found[bid.Bidders[0].USCC]; (x.ID == bid.ID) == (bid.Bidders[0] == b) {
				t.Errorf("%s: ids of another lot: %s and %s", name, x.ID, bid.ID)
			}
		}
	}
}

// Every wrong cell is named by line and column, and said in words.
func TestBidSheetNamesWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	a, b := w.Bidders[0].Party, w.Bidders[1].Party
	sum := strings.Repeat("ab", 32)
	good := row(sample.ID(1), sum, a.Name, a.USCC, "")
	for name, c := range map[string]struct{ text, says string }{
		"empty":                {"", "第 1 行：表头"},
		"no header":            {good, "第 1 行：表头"},
		"another header":       {"编号,文件,投标人,代码,保函\n" + good, "第 1 行：表头"},
		"UTF-16":               {"\xff\xfe\x95\x62", "编码"},
		"a column too many":    {sheetHead + good + row(sample.ID(2), sum, b.Name, b.USCC, "", ""), "第 3 行：有 6 栏，应为 5 栏"},
		"an open quote":        {sheetHead + good + `"` + row(sample.ID(2), sum, b.Name, b.USCC, ""), "第 3 行：引号"},
		"an id of their own":   {sheetHead + row("TB-001", sum, a.Name, a.USCC, ""), "第 2 行“投标编号”栏：编号须为 32 位"},
		"an id in capitals":    {sheetHead + row(strings.Repeat("A", 32), sum, a.Name, a.USCC, ""), "第 2 行“投标编号”栏"},
		"no file":              {sheetHead + row("", "", a.Name, a.USCC, ""), "第 2 行“密封投标文件”栏：请填写"},
		"a file that is away":  {sheetHead + row("", "乙.sealed", a.Name, a.USCC, ""), "第 2 行“密封投标文件”栏：不是 SM3"},
		"a directory":          {sheetHead + row("", ".", a.Name, a.USCC, ""), "第 2 行“密封投标文件”栏：不是 SM3"},
		"a digest of nothing":  {sheetHead + row("", strings.Repeat("0", 64), a.Name, a.USCC, ""), "第 2 行“密封投标文件”栏"},
		"no name":              {sheetHead + row("", sum, "", a.USCC, ""), "第 2 行“投标人”栏"},
		"a space":              {sheetHead + row("", sum, a.Name+" ", a.USCC, ""), "第 2 行“投标人”栏"},
		"a wrong code":         {sheetHead + row("", sum, a.Name, a.USCC[:17]+"?", ""), "第 2 行“统一社会信用代码”栏"},
		"one code for two":     {sheetHead + row("", sum, a.Name+"；"+b.Name, a.USCC, ""), "第 2 行“统一社会信用代码”栏：有 1 个代码"},
		"a member twice":       {sheetHead + row("", sum, a.Name+"；"+a.Name, a.USCC+"；"+a.USCC, ""), "第 2 行“统一社会信用代码”栏：同一单位"},
		"a number of a letter": {sheetHead + row("", sum, a.Name, a.USCC, "XJSL-2026-000001"), "第 2 行“保函申请编号”栏"},
		"a bidder twice":       {sheetHead + good + row(sample.ID(2), sum, a.Name, a.USCC, ""), "第 3 行“统一社会信用代码”栏：与第 2 行是同一投标人"},
		"an id twice":          {sheetHead + good + row(sample.ID(1), sum, b.Name, b.USCC, ""), "第 3 行“投标编号”栏：与第 2 行相同"},
		"after a long cell":    {sheetHead + row(sample.ID(1), sum, "\"甲\n乙\"", a.USCC, "") + row("x", sum, b.Name, b.USCC, ""), "第 4 行“投标编号”栏"},
		"too large":            {sheetHead + strings.Repeat(" ", 8<<20), "超过"},
	} {
		bids, err := client.ReadBidSheet(w.sheet(c.text), sample.ID(1))
		if bids != nil || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
	many := sheetHead + strings.Repeat(row("x", "", "", "", ""), 100)
	if _, err := client.ReadBidSheet(w.sheet(many), sample.ID(1)); err == nil || strings.Count(err.Error(), "第 ") != 20 {
		t.Errorf("of a hundred wrong lines: %v", err)
	}
	if _, err := client.ReadBidSheet(filepath.Join(t.TempDir(), "none.csv"), sample.ID(1)); err == nil {
		t.Error("a sheet that is not there was read")
	}
}

// The sheet that docs/bid-system.md shows is one.
func TestTheDocumentsBidSheet(t *testing.T) {
	doc, err := os.ReadFile("../docs/bid-system.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(doc), "```csv\n")
	text, _, closed := strings.Cut(rest, "```")
	if !found || !closed || !strings.HasPrefix(text, sheetHead) {
		t.Fatal("docs/bid-system.md shows no sheet")
	}
	name := newWorld(t).sheet(strings.ReplaceAll(text, "bids/001.sealed", "甲.sealed"))
	if bids, err := client.ReadBidSheet(name, sample.ID(1)); err != nil || len(bids) != 2 {
		t.Errorf("%d bids: %v", len(bids), err)
	}
}

func FuzzBidSheet(f *testing.F) {
	f.Add([]byte(sheetHead + row("", strings.Repeat("ab", 32), "示例路桥建设有限责任公司", sample.USCC(10), "")))
	f.Add([]byte(sheetHead + "\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(t.TempDir(), "sheet.csv")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		bids, err := client.ReadBidSheet(name, sample.ID(1))
		if err != nil {
			return
		}
		for _, bid := range bids {
			if err := bid.Check(); err != nil {
				t.Fatalf("%q is read as %+v: %v", b, bid, err)
			}
		}
	})
}
