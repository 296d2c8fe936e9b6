package paper

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// The files that an opening record carries: as the host signed it, and as each of the others did, by its
// 统一社会信用代码.
const (
	RecordName      = "record.p7s"
	recordSignature = "signature-" // 9143….p7s
)

var errRecord = errors.New("paper: not the signatures of one opening record, the host's among them")

// recordSigned is one party's signature under a record.
type recordSigned struct {
	by     letter.Party
	signed signing.SignedData
}

// OpeningRecord is the sheet of an opening record (开标记录表) and the files that go with it, from the signatures under it
// that are at hand: all of the same bytes, the host's among them, in any order. Who has not signed yet is shown so.
func OpeningRecord(signatures [][]byte) (Sheet, []Attachment, error) {
	var all []recordSigned
	for _, p7s := range signatures {
		s, err := signing.ParseSignedData(p7s)
		if err != nil {
			return Sheet{}, nil, err
		}
		who := s.Signer().Subject()
		all = append(all, recordSigned{letter.Party{Name: who.Organization, USCC: who.OrganizationID}, s})
	}
	if len(all) == 0 {
		return Sheet{}, nil, errRecord
	}
	r, err := letter.ParseOpeningRecord(all[0].signed.Content)
	if err != nil {
		return Sheet{}, nil, err
	}
	o := opened{r: r, content: letter.RecordContentDigest(all[0].signed.Content), by: map[string]recordSigned{}}
	for _, s := range all {
		if _, twice := o.by[s.by.USCC]; twice || r.Role(s.by.USCC) == "" || !bytes.Equal(s.signed.Content, all[0].signed.Content) {
			return Sheet{}, nil, errRecord
		}
		o.by[s.by.USCC] = s
	}
	if _, there := o.by[r.Host.USCC]; !there {
		return Sheet{}, nil, errRecord
	}
	slices.SortFunc(all, func(a, b recordSigned) int {
		return cmp.Or(-cmp.Compare(ranked(r, a), ranked(r, b)), cmp.Compare(a.by.USCC, b.by.USCC))
	})
	o.all = all
	return o.sheet(), o.attachments(), nil
}

// ranked puts the host before the others.
func ranked(r letter.OpeningRecord, s recordSigned) int {
	if s.by.USCC == r.Host.USCC {
		return 1
	}
	return 0
}

type opened struct {
	r       letter.OpeningRecord
	content signing.Digest
	all     []recordSigned          // the host first, then by code
	by      map[string]recordSigned // by code
}

func (o opened) attachments() []Attachment {
	out := []Attachment{{RecordName, "主持人签名数据（GB/T 35275）", o.all[0].signed.Raw}}
	for _, s := range o.all[1:] {
		out = append(out, Attachment{recordSignature + s.by.USCC + ".p7s", o.r.Role(s.by.USCC) + "签名数据（GB/T 35275）", s.signed.Raw})
	}
	return out
}

func (o opened) sheet() Sheet {
	r := o.r
	blocks := []Block{{Facts: o.heading()},
		{Heading: fmt.Sprintf("一、唱标：共 %d 份，%s", len(r.Bids), r.Tally())}, {Table: o.bids()},
		{Notes: []string{"“签名”为本文件制作时已收到的签名；签名时限届满未签的，视为无异议。唱标内容取自投标人签名的投标函。时间的秒以下部分见随附的签名数据。"}}}
	blocks = append(blocks, o.annex()...)
	blocks = append(blocks, o.objections()...)
	blocks = append(blocks, o.changes()...)
	blocks = append(blocks, Block{Heading: "四、签署"}, Block{Facts: []Fact{
		{Label: "招标人代表", Value: r.Host.String() + "（主持）：" + o.signature(r.Host)},
		{Label: "监督", Value: o.supervised()},
	}}, Block{Close: o.close()}, Block{Heading: "签名数据"}, Block{Table: o.signatures()},
		Block{Heading: "怎样核对"}, Block{Notes: recordCommands})
	return Sheet{Title: "开标记录表", Number: fmt.Sprintf("标段 %s 第 %d 版", r.Lot.Code, r.Edition), Mark: "开标记录摘要 " + o.content.String(), Blocks: blocks}
}

// heading is short, so that the bids begin on the first page.
func (o opened) heading() []Fact {
	r := o.r
	facts := []Fact{
		{Label: "招标项目", Value: fmt.Sprintf("%s（编号：%s）", r.Lot.ProjectName, r.Lot.Project)},
		{Label: "标段", Value: fmt.Sprintf("%s（编号：%s）", r.Lot.Name, r.Lot.Code)},
		{Label: "开标时间、地点", Value: fmt.Sprintf("%s，%s（投标截止 %s）", second(r.OpenedAt), r.Place, second(r.Deadline))},
		{Label: "解密", Value: fmt.Sprintf("%s至%s；规定时限：解密%d分钟，异议%d分钟，签名%d分钟", second(r.DecryptFrom), second(r.DecryptUntil),
			r.Rules.DecryptMinutes, r.Rules.ObjectionMinutes, r.Rules.SignMinutes)},
		{Label: "版次", Value: fmt.Sprintf("第%d版，%s制作", r.Edition, second(r.At))},
	}
	if r.Edition > 1 {
		facts = append(facts, Fact{Label: "更新原因", Value: r.Note}, Fact{Label: "前一版摘要", Value: r.Previous.String(), Code: true})
	} else if r.Note != "" {
		facts = append(facts, Fact{Label: "备注", Value: r.Note})
	}
	return append(facts, Fact{Label: "核验结果表摘要", Value: r.Sheet.String(), Code: true})
}

func (o opened) bids() *Table {
	t := &Table{Grid: true, Columns: []string{"序号", "投标人", "递交时间", "解密结果\n及时间", "投标担保", "投标报价", "质量目标", "工期\n（日历天）", "项目负责人", "备注", "签名"},
		Shares: []int{5, 20, 10, 11, 22, 19, 9, 9, 10, 16, 10}}
	for i, b := range o.r.Bids {
		price, quality, period, leader := "—", "—", "—", "—"
		if x := b.Terms; x != nil {
			price = "¥" + x.Price.String() + "\n人民币" + x.PriceCapital
			quality, period, leader = fitting(x.Quality, 40), strconv.Itoa(x.PeriodDays), x.Leader
		}
		t.Rows = append(t.Rows, []string{strconv.Itoa(i + 1), lead(b), clock(b.ReceivedAt), decrypted(b), security(b.Security), price, quality, period, leader,
			fitting(remarks(b), 60), o.signed(b)})
	}
	return t
}

// inAnnex stands for what is too long for a column.
const inAnnex = "全文见附"

// fitting is a text of no more than most characters, or where it stands.
func fitting(text string, most int) string {
	if utf8.RuneCountInString(text) > most {
		return inAnnex
	}
	return text
}

// lead is the bidder, or the lead of a consortium that is too long for its column.
func lead(b letter.RecordBid) string {
	text := bidders(b)
	if utf8.RuneCountInString(text) > 180 && len(b.Bidders) > 1 {
		return fmt.Sprintf("%s（联合体牵头人）\n%s\n成员%d家，%s", b.Bidders[0].Name, b.Bidders[0].USCC, len(b.Bidders), inAnnex)
	}
	return text
}

// annex has what was too long for its column.
func (o opened) annex() []Block {
	var facts []Fact
	for i, b := range o.r.Bids {
		add := func(label, text string) {
			facts = append(facts, Fact{Label: fmt.Sprintf("第 %d 号%s", i+1, label), Value: text})
		}
		if text := bidders(b); lead(b) != text {
			add("投标人", strings.ReplaceAll(text, "\n", " "))
		}
		if b.Terms != nil && fitting(b.Terms.Quality, 40) == inAnnex {
			add("质量目标", b.Terms.Quality)
		}
		if text := remarks(b); fitting(text, 60) == inAnnex {
			add("备注", strings.ReplaceAll(text, "\n", "；"))
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return []Block{{Heading: "附：表中未能列全的内容"}, {Facts: facts}}
}

func bidders(b letter.RecordBid) string {
	if len(b.Bidders) == 0 {
		return "无法读取\n投标编号\n" + b.Bid
	}
	lines := make([]string, len(b.Bidders))
	for i, p := range b.Bidders {
		lines[i] = p.Name + "\n" + p.USCC
		if i == 0 && len(b.Bidders) > 1 {
			lines[i] = p.Name + "（联合体牵头人）\n" + p.USCC
		}
	}
	return strings.Join(lines, "\n")
}

func decrypted(b letter.RecordBid) string {
	if b.State != letter.BidDecrypted {
		return b.Chinese()
	}
	return b.Chinese() + "\n" + clock(b.DecryptedAt)
}

func security(s letter.RecordSecurity) string {
	lines := []string{s.Chinese()}
	if s.Number != "" {
		lines = []string{s.Chinese() + " " + s.Number, s.Guarantor.Name}
	}
	if s.Amount > 0 {
		lines = append(lines, "¥"+s.Amount.String())
	}
	if s.Result != "" {
		lines = append(lines, "查验："+s.ResultChinese())
	}
	return strings.Join(lines, "\n")
}

func remarks(b letter.RecordBid) string {
	var lines []string
	if b.Terms != nil {
		for _, f := range b.Terms.Fields {
			lines = append(lines, f.Name+"："+f.Value)
		}
	}
	if b.Note != "" {
		lines = append(lines, b.Note)
	}
	return dash(strings.Join(lines, "\n"))
}

// signed tells whether any of a bid's bidders has signed.
func (o opened) signed(b letter.RecordBid) string {
	for _, p := range b.Bidders {
		if s, there := o.by[p.USCC]; there {
			return "已签\n" + clock(s.signed.SigningTime)
		}
	}
	if len(b.Bidders) == 0 {
		return "—"
	}
	return "未签"
}

func (o opened) signature(p letter.Party) string {
	if s, there := o.by[p.USCC]; there {
		return "已签，" + second(s.signed.SigningTime) + "（自述）"
	}
	return "未签"
}

func (o opened) supervised() string {
	if o.r.Supervisor == (letter.Party{}) {
		return "无"
	}
	return o.r.Supervisor.String() + "：" + o.signature(o.r.Supervisor)
}

func (o opened) objections() []Block {
	head := Block{Heading: fmt.Sprintf("二、异议及答复：共 %d 件", len(o.r.Objections))}
	if len(o.r.Objections) == 0 {
		return []Block{head, {Notes: []string{"无。"}}}
	}
	t := &Table{Grid: true, Columns: []string{"序号", "投标人", "提出时间", "异议", "答复"}, Shares: []int{5, 20, 11, 52, 52}}
	for i, x := range o.r.Objections {
		for n, part := range parted(x.Text, x.Outcome()) {
			row := []string{strconv.Itoa(i + 1), x.Bidder.Name, clock(x.At), part[0], part[1]}
			if n > 0 {
				row[0], row[1], row[2] = "", "（续）", ""
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return []Block{head, {Table: t}}
}

// parted cuts two long texts into pieces that fit beside each other into a row of one page.
func parted(a, b string) (out [][2]string) {
	const most = 600
	x, y := []rune(a), []rune(b)
	for len(out) == 0 || len(x)+len(y) > 0 {
		n, m := min(most, len(x)), min(most, len(y))
		out = append(out, [2]string{string(x[:n]), string(y[:m])})
		x, y = x[n:], y[m:]
	}
	return out
}

func (o opened) changes() []Block {
	head := Block{Heading: fmt.Sprintf("三、暂停与延长：共 %d 次", len(o.r.Changes))}
	if len(o.r.Changes) == 0 {
		return []Block{head, {Notes: []string{"无。"}}}
	}
	t := &Table{Grid: true, Columns: []string{"序号", "时间", "事项", "由谁", "原因", "截止时间改为"}, Shares: []int{5, 14, 12, 30, 65, 14}}
	for i, x := range o.r.Changes {
		by, until := x.By.Name, "—"
		if by == "" {
			by = "平台"
		}
		if !x.Until.IsZero() {
			until = clock(x.Until)
		}
		t.Rows = append(t.Rows, []string{strconv.Itoa(i + 1), clock(x.At), x.Chinese(), by, dash(x.Reason), until})
	}
	return []Block{head, {Table: t}}
}

func (o opened) close() *Close {
	host, at := o.r.Host, o.all[0].signed.SigningTime
	return &Close{
		Code:      fmt.Sprintf("开标记录表\n标段：%s\n版次：%d\n主持：%s\nSM3：%s", o.r.Lot.Code, o.r.Edition, host, o.content),
		Under:     []string{"扫码得到标段、版次和摘要，", "与页脚对照。"},
		Signatory: []string{"招标人代表（主持）：" + host.Name, "（电子签名）", "签名时间：" + second(at)},
		Seal:      host.Name,
		Words:     "电子签名",
	}
}

// signatures are those that the document carries.
func (o opened) signatures() *Table {
	t := &Table{Grid: true, Columns: []string{"签署单位", "身份", "签名时间（自述）", "证书", "随附文件及其 SM3 摘要"}, Shares: []int{28, 18, 14, 28, 60}}
	for i, a := range o.attachments() {
		s := o.all[i]
		c := s.signed.Signer()
		t.Rows = append(t.Rows, []string{s.by.Name + "\n" + s.by.USCC, o.r.Role(s.by.USCC), clock(s.signed.SigningTime),
			c.Serial() + "\n由 " + c.Issuer().CommonName + " 签发", a.Name + "\n" + signing.Sum(a.Data).String()})
	}
	return t
}

var recordCommands = []string{
	"本文件是开标记录表的可读形式；具有法律效力的是主持人和投标人各自签名的数据，随本文件附带，各份签名的内容逐字节相同，摘要见页脚。核对全部内容（离线）：",
	"baohan verify 开标记录表.pdf --trust 根证书.pem",
	"不用平台的程序，只用 OpenSSL 3 核对本文件和随附的每一份签名（脚本及逐条说明随平台文档公布）：",
	"sh verify-with-openssl.sh 开标记录表.pdf 根证书.pem",
}

// clock is an instant on two lines of a narrow column; a dash for one that nobody knows.
func clock(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(calendar.Shanghai).Format("2006-01-02\n15:04:05")
}
