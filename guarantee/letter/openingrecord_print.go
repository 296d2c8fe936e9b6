package letter

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Print writes the whole record for a terminal, and for A4 paper in any type of equal widths: the heading, every bid, the
// objections with their answers, what happened to the clocks, and who signed this copy.
func (s SignedRecord) Print(w io.Writer) error {
	r, p := s.Record, &page{}
	p.recordHeading(r)
	p.section(fmt.Sprintf("一、投标：共 %d 份，%s", len(r.Bids), r.Tally()))
	for i, b := range r.Bids {
		p.recordBid(i+1, b)
	}
	p.section(fmt.Sprintf("二、异议及答复：共 %d 件", len(r.Objections)))
	for i, o := range r.Objections {
		p.line(0, "")
		p.hang(2, padded(strconv.Itoa(i+1)+".", 5), stamp(o.At)+" "+o.Bidder.Name+"："+o.Text)
		p.line(7, o.Outcome())
	}
	p.section(fmt.Sprintf("三、暂停与延长：共 %d 次", len(r.Changes)))
	for i, c := range r.Changes {
		p.hang(2, padded(strconv.Itoa(i+1)+".", 5), c.Words())
	}
	p.section("四、签署（本份）")
	p.field(2, "内容摘要", s.Content.String())
	p.field(2, "签署单位", s.Signer.String())
	p.field(2, "身份", s.Role)
	p.field(2, "签署时间", stamp(s.SignedAt)+"（签署单位自述）")
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (p *page) recordHeading(r OpeningRecord) {
	p.middle(fmt.Sprintf("开标记录表（第 %d 版）", r.Edition))
	p.line(0, "")
	for _, f := range r.Heading() {
		p.field(0, f[0], f[1])
	}
}

// Heading names what the record is of, in pairs of a name and its value.
func (r OpeningRecord) Heading() [][2]string {
	out := [][2]string{
		{"招标项目", r.Lot.ProjectName + "（编号：" + r.Lot.Project + "）"},
		{"标段", r.Lot.Name + "（编号：" + r.Lot.Code + "）"},
		{"投标截止", stamp(r.Deadline)},
		{"开标时间", stamp(r.OpenedAt)},
		{"开标地点", r.Place},
		{"解密", fmt.Sprintf("%s 至 %s", stamp(r.DecryptFrom), stamp(r.DecryptUntil))},
		{"规定时限", fmt.Sprintf("解密 %d 分钟，异议 %d 分钟，签名 %d 分钟", r.Rules.DecryptMinutes, r.Rules.ObjectionMinutes, r.Rules.SignMinutes)},
		{"招标人代表", r.Host.String() + "（主持）"},
		{"监督", r.Supervised()},
		{"本版制作", fmt.Sprintf("第 %d 版，%s", r.Edition, stamp(r.At))},
	}
	if r.Edition > 1 {
		out = append(out, [2]string{"前一版摘要", r.Previous.String()})
	}
	if r.Note != "" {
		out = append(out, [2]string{map[bool]string{true: "更新原因", false: "备注"}[r.Edition > 1], r.Note})
	}
	return append(out, [2]string{"核验结果表", r.Sheet.String()})
}

// Supervised names the supervisor.
func (r OpeningRecord) Supervised() string {
	if r.Supervisor == (Party{}) {
		return "无"
	}
	return r.Supervisor.String()
}

// Tally counts the bids by what became of them.
func (r OpeningRecord) Tally() string {
	n := map[string]int{}
	for _, b := range r.Bids {
		n[b.State]++
	}
	var out []string
	for _, s := range []string{BidDecrypted, BidRevoked, BidWithdrawn, BidPending, BidUnreadable} {
		if n[s] > 0 {
			out = append(out, fmt.Sprintf("%s %d 份", bidStates[s], n[s]))
		}
	}
	return strings.Join(out, "，")
}

func (p *page) recordBid(n int, b RecordBid) {
	p.line(0, "")
	p.line(0, fmt.Sprintf("（%d）%s", n, b.Title()))
	p.field(4, "投标编号", b.Bid)
	for _, who := range b.Bidders {
		p.field(4, "投标人", who.String())
	}
	if !b.ReceivedAt.IsZero() {
		p.field(4, "递交时间", exact(b.ReceivedAt))
	}
	p.field(4, "解密结果", b.Outcome())
	p.field(4, "投标担保", b.Security.Words())
	if t := b.Terms; t != nil {
		p.field(4, "投标报价", printed(t.Price))
		p.field(4, "质量目标", t.Quality)
		p.field(4, "工期", strconv.Itoa(t.PeriodDays)+" 日历天")
		p.field(4, "项目负责人", t.Leader)
		for _, f := range t.Fields {
			p.field(4, "其他", f.Name+"："+f.Value)
		}
	}
	if !b.Form.IsZero() {
		p.field(4, "投标函摘要", b.Form.String())
	}
	if b.Note != "" {
		p.field(4, "备注", b.Note)
	}
}

// Title is how people name the bid: by its lead.
func (b RecordBid) Title() string {
	switch len(b.Bidders) {
	case 0:
		return "无法读取的投标"
	case 1:
		return b.Bidders[0].Name
	}
	return b.Bidders[0].Name + "（联合体牵头人）"
}

// Outcome is what became of decrypting, and when.
func (b RecordBid) Outcome() string {
	if b.State != BidDecrypted {
		return b.Chinese()
	}
	return b.Chinese() + "，" + exact(b.DecryptedAt)
}

var securityForms = map[Form]string{FormIndependent: "独立保函", FormAccessory: "非独立保函", FormInsurance: "投标保证保险", FormCash: "现金保证金"}

// Chinese is the security's form for people.
func (s RecordSecurity) Chinese() string {
	if name := securityForms[s.Form]; name != "" {
		return name
	}
	if s.Result != "" {
		return "未能解封的保函"
	}
	return "不详"
}

// Words say the security in one sentence.
func (s RecordSecurity) Words() string {
	out := []string{s.Chinese()}
	if s.Number != "" {
		out = append(out, "编号 "+s.Number, s.Guarantor.Name)
	}
	if s.Amount > 0 {
		out = append(out, printed(s.Amount))
	}
	if s.Result != "" {
		out = append(out, "查验结果："+letterResults[s.Result])
	}
	return strings.Join(out, "，")
}

// ResultChinese is the result of the security's verification for people; empty when there was none.
func (s RecordSecurity) ResultChinese() string { return letterResults[s.Result] }

// Outcome is the answer with its instant, or why there is none.
func (o RecordObjection) Outcome() string {
	if o.Refused {
		return "不予受理：逾期提出。可以自知道之日起十日内向行政监督部门投诉（招标投标法实施条例第六十条）。"
	}
	return "答复（" + stamp(o.AnsweredAt) + "）：" + o.Answer
}

// Words say what changed, by whom, why, and until when the window then ran.
func (c RecordChange) Words() string {
	by := c.By.Name
	if by == "" {
		by = "平台"
	}
	out := stamp(c.At) + " " + c.Chinese() + "（" + by + "）"
	if c.Reason != "" {
		out += "：" + c.Reason
	}
	if !c.Until.IsZero() {
		out += "；截止时间改为 " + stamp(c.Until)
	}
	return out
}

// exact is an instant to the microsecond, where the order of two may matter.
func exact(t time.Time) string { return stamp(t) + t.Format(".000000") }
