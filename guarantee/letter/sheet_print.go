package letter

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

var (
	lineResults = map[Result]string{ResultPass: "相符", ResultDoubtful: "存疑", ResultUnknown: "未知"}
	printOrder  = []string{LetterDoubtful, LetterUnknown, LetterPassed}
)

// Print writes the sheet for a terminal, and for A4 paper in any type of equal widths (a Chinese character is two wide):
// the heading, every letter with its sixteen lines, the doubtful ones first, the bids, the doubtful list, and who signed.
func (s SignedSheet) Print(w io.Writer) error {
	p := &page{}
	p.heading(s.Sheet)
	p.letters(s.Sheet)
	p.bids(s.Sheet)
	p.doubtful(s.Sheet)
	p.section("四、签署")
	p.field(2, "签署单位", s.Signer.String())
	p.field(2, "签署时间", stamp(s.SignedAt)+"（签署单位自述）")
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (p *page) heading(s Sheet) {
	p.middle(fmt.Sprintf("投标保函核验结果表（第 %d 版）", s.Edition))
	p.line(0, "")
	p.field(0, "招标项目", s.Lot.Project+" "+s.Lot.ProjectName)
	p.field(0, "标段", s.Lot.Code+" "+s.Lot.Name)
	p.field(0, "投标截止", stamp(s.Deadline))
	p.field(0, "开标", stamp(s.OpenedAt))
	p.field(0, "本版制作", stamp(s.At))
	if s.Edition > 1 {
		p.field(0, "更新原因", s.Note)
		p.field(0, "前一版摘要", s.Previous.String())
	}
	p.field(0, "投标清单摘要", s.ClosingBids.String())
	if !s.ClosingLetters.IsZero() {
		p.field(0, "保函清单摘要", s.ClosingLetters.String())
	}
	p.field(0, "说明", s.Advice+"。")
}

func (p *page) letters(s Sheet) {
	p.section(fmt.Sprintf("一、保函查验：共 %d 份，%d 份通过，%d 份列入存疑清单", len(s.Letters), len(s.Letters)-len(s.Doubtful), len(s.Doubtful)))
	n := 0
	for _, result := range printOrder {
		for _, l := range s.Letters {
			if l.Result == result {
				n++
				p.letter(n, l)
			}
		}
	}
}

func (p *page) letter(n int, l SheetLetter) {
	p.line(0, "")
	p.line(0, fmt.Sprintf("（%d）%s　查验结果：%s", n, l.Title(), l.Chinese()))
	p.field(4, "平台编号", l.ID)
	if l.Failure != "" {
		p.field(4, "未能解封", l.Failure)
	} else {
		p.field(4, "开立机构", l.Guarantor.String())
		p.field(4, "申请人", list(l.Applicants))
		p.field(4, "担保金额", printed(l.Amount))
		p.field(4, "有效期至", l.Expiry.Chinese())
		p.field(4, "承诺值", l.Commitment.String())
	}
	for i, line := range l.Lines {
		p.check(i+1, line, l.Failure)
	}
}

// Title is how people name the letter.
func (l SheetLetter) Title() string {
	if l.Number == "" {
		return "未能解封的保函"
	}
	return "保函 " + l.Number
}

// check is one line with both values. What is said of the letter as a whole is not said sixteen times.
func (p *page) check(n int, l Line, failure string) {
	label := fmt.Sprintf("%2d %s%s", n, padded(l.Title(), 16), padded(l.SheetResult(), 6))
	var values []string
	if l.Want != "" {
		values = append(values, "应为："+l.Want)
	}
	if l.Got != "" {
		values = append(values, "实为："+l.Got)
	}
	if l.Result != ResultPass && l.Words != failure {
		values = append(values, "说明："+l.Words)
	}
	if len(values) == 0 {
		p.line(4, strings.TrimRight(label, " "))
	}
	for i, v := range values {
		if i > 0 {
			label = ""
		}
		p.hang(4, padded(label, 25), v)
	}
}

func (p *page) bids(s Sheet) {
	failed := slices.ContainsFunc(s.Bids, func(b SheetBid) bool { return b.Failure != "" })
	p.section(fmt.Sprintf("二、投标：共 %d 份", len(s.Bids)) + map[bool]string{true: "，其中有未能解密的", false: "，全部解密"}[failed])
	for i, b := range s.Bids {
		p.line(0, "")
		switch {
		case b.Failure != "":
			p.hang(2, padded(strconv.Itoa(i+1)+".", 5), "投标 "+b.ID+" 未能解密："+b.Failure)
		case b.Cash != nil:
			p.cash(i+1, b)
		case b.Letter == "":
			p.hang(2, padded(strconv.Itoa(i+1)+".", 5), list(b.Bidders)+"；未列保函（现金保证金）")
		default:
			p.hang(2, padded(strconv.Itoa(i+1)+".", 5), list(b.Bidders)+"；保函 "+s.NumberOf(b.Letter))
		}
	}
}

// cash is a bid with a deposit, and the lines by which that was verified.
func (p *page) cash(n int, b SheetBid) {
	p.hang(2, padded(strconv.Itoa(n)+".", 5), list(b.Bidders)+"；现金保证金，截止前到账 "+b.Cash.Amount.String()+" 元，查验结果："+b.Cash.Chinese())
	for i, line := range b.Cash.Lines {
		p.check(i+1, line, "")
	}
}

// NumberOf is how people name a letter: by the number that its guarantor gave it, if it could be read.
func (s Sheet) NumberOf(id string) string {
	for _, l := range s.Letters {
		if l.ID == id && l.Number != "" {
			return l.Number
		}
	}
	return id + "（未能解封）"
}

func (p *page) doubtful(s Sheet) {
	p.section(fmt.Sprintf("三、存疑清单：共 %d 份，由评标委员会核对", len(s.Doubtful)))
	if len(s.Doubtful) == 0 {
		p.line(2, "无。")
	}
	n := 0
	for _, l := range s.Letters {
		if l.Result == LetterPassed {
			continue
		}
		n++
		p.line(0, "")
		p.hang(2, padded(strconv.Itoa(n)+".", 5), l.Title()+"（平台编号 "+l.ID+"）："+l.Chinese())
		p.line(7, l.Reasons())
	}
}

// Reasons name the lines that did not pass.
func (l SheetLetter) Reasons() string {
	if l.Failure != "" {
		return l.Failure
	}
	var out []string
	for i, line := range l.Lines {
		if line.Result != ResultPass {
			out = append(out, fmt.Sprintf("第 %d 项 %s（%s）：%s", i+1, line.Title(), line.SheetResult(), line.Words))
		}
	}
	return strings.Join(out, "；")
}

// Chinese is the letter's result on a sheet.
func (l SheetLetter) Chinese() string { return letterResults[l.Result] }

// SheetResult is a line's result as a sheet says it.
func (l Line) SheetResult() string { return lineResults[l.Result] }

// section begins a part of the sheet.
func (p *page) section(title string) {
	p.line(0, "")
	p.line(0, strings.Repeat("-", pageWidth))
	p.line(0, title)
}
