package acts

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

var (
	_ = register("open-own", openOwn)
	_ = register("check-letter", checkLetter)
	_ = register("own-copy", ownCopy)
	_ = register("open-bid", openBid)
	_ = register("own-bid-file", ownBidFile)
	_ = register("to-lot-of-bid", toLotOfBid)
	_ = register("object-to-demand", objectToDemand)
)

// openOwn says which lot an application is for, which the platform cannot: application. Its result names the lot, where the
// draft is kept here, so that go can lead to its pages.
func openOwn(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("application")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	lot, r, err := b.Applied(ctx, id)
	if err != nil {
		return Result{}, err
	}
	if lot == "" && f.optional("go") != "" {
		return Result{}, spoken("本机没有这份申请的存底。它是为“" + lotWords(r.Lot) + "”申请的；请在“招标项目”中打开这个标段，再递交投标。")
	}
	if f.optional("go") != "" {
		return Result{ID: lot, Says: "已在本机打开：这份保函是为“" + lotWords(r.Lot) + "”申请的。"}, nil
	}
	return Result{ID: lot, Says: "在本机打开。开标之前，以下内容只有本单位的证书能打开，平台不知道。", Facts: revealFacts(r)}, nil
}

func revealFacts(r letter.Reveal) []Fact {
	facts := []Fact{{"招标项目", r.Lot.ProjectName + "（" + r.Lot.Project + "）"}, {"标段", r.Lot.Name + "（" + r.Lot.Code + "）"},
		{"担保金额", money(r.Amount) + "（大写：" + r.Amount.Capital() + "）"}, {"申请时的投标截止", instant(r.End.Deadline)},
		{"担保机构", r.Guarantor.Name}}
	for _, p := range r.Beneficiaries {
		facts = append(facts, Fact{"受益人", p.Name + "（" + p.USCC + "）"})
	}
	for _, p := range r.Applicants {
		facts = append(facts, Fact{"投标人", p.Name + "（" + p.USCC + "）"})
	}
	return facts
}

// checkLetter answers in one line: is my letter safe, and is it enough? application.
func checkLetter(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("application")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在取回保函，在本机打开并逐项核对")
	r, err := b.Check(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return Result{}, spoken("本机没有这份申请的存底，不能与当初申请的内容逐字比对。请换用申请时的电脑和浏览器；也可以下载副本，在“核验保函”页面核对。")
	}
	if err != nil {
		return Result{}, err
	}
	says := "不能确认。"
	if r.OK {
		says = "是。"
	}
	return Result{Says: says + r.Words + "。", Facts: reportFacts(r)}, nil
}

func reportFacts(r letter.Report) (facts []Fact) {
	for _, want := range []letter.Result{letter.ResultDoubtful, letter.ResultUnknown, letter.ResultPass} {
		for _, l := range r.Lines {
			if l.Result == want {
				facts = append(facts, Fact{l.Title(), lineWords(l)})
			}
		}
	}
	return facts
}

func lineWords(l letter.Line) string {
	said := l.Result.Chinese() + "：" + l.Words
	if l.Result != letter.ResultPass && l.Want != "" {
		said += "（应为 " + l.Want + "，实为 " + l.Got + "）"
	}
	return said
}

// ownCopy gives the bidder its letter to keep, as a file that anybody can verify without the platform: application.
func ownCopy(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("application")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	file, err := b.OwnLetter(ctx, id)
	if err != nil {
		return Result{}, err
	}
	plain, err := file.Canonical()
	if err != nil {
		return Result{}, err
	}
	u := file.Undertaking
	return Result{Says: "保函已在本机打开，核对无误，并已下载。文件写有本单位和标段，开标前请勿给他人。",
		Facts: []Fact{{"保函编号", u.Number}, {"担保机构", u.Guarantor.Name}, {"担保金额", money(file.Reveal.Amount) + "（大写：" + file.Reveal.Amount.Capital() + "）"}},
		Files: []Out{{"保函-" + u.Number + ".json", "application/json", plain}}}, nil
}

// openBid shows what an own bid says and its receipt: bid; sealed, the platform's copy of it, for a machine that kept none.
func openBid(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, own, err := theBid(ctx, d, f)
	if err != nil {
		return Result{}, err
	}
	facts := []Fact{{"标段", lotWords(own.Bid.Lot)}, {"投标人", parties(own.Bid.Bidders)}, {"签收时间", instant(own.Receipt.AcceptedAt)}, {"投标文件的 SM3 摘要", own.Receipt.Digest.String()},
		{"担保", securityWords(own.Bid)}}
	facts = append(facts, termsFacts(own.Form.Terms)...)
	for i, x := range own.Form.Files {
		facts = append(facts, Fact{"文件 " + number(i+1), x.Name + "，" + size(x.Size) + "，SM3 " + x.Digest.String()})
	}
	return Result{ID: id, Says: "在本机打开。开标之前，以下内容只有本单位的证书能打开。" + shortOf(ctx, d, own.Bid.Letter), Facts: facts}, nil
}

// toLotOfBid leads to a page of the lot of an own bid, which the platform does not know: bid, sealed, go. It is found by the
// letter that the bid names, where that was applied for here.
func toLotOfBid(ctx context.Context, d Desk, f *fields) (Result, error) {
	_, own, err := theBid(ctx, d, f)
	if err != nil {
		return Result{}, err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	draft, err := b.Draft(ctx, own.Bid.Letter)
	if err != nil {
		return Result{}, spoken("这份投标是“" + lotWords(own.Bid.Lot) + "”的。请在“招标项目”中打开这个标段，按“第二步：递交投标”修改。")
	}
	return Result{ID: draft.Lot, Says: "已在本机打开：这份投标是“" + lotWords(own.Bid.Lot) + "”的。要修改，请填写新的全部内容，并选“修改：替换已递交的投标”。"}, nil
}

func theBid(ctx context.Context, d Desk, f *fields) (string, client.OwnBid, error) {
	id := f.id("bid")
	sealed, err := base64.StdEncoding.DecodeString(f.optional("sealed"))
	if err != nil {
		f.fault("sealed", "页面上的密文不完整；请刷新页面")
	}
	if f.err != nil {
		return "", client.OwnBid{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return "", client.OwnBid{}, err
	}
	own, err := b.OpenOwnBid(ctx, id, sealed)
	return id, own, err
}

func securityWords(b letter.Bid) string {
	switch {
	case b.Letter != "":
		return "保函，申请编号 " + b.Letter
	case b.Cash != nil:
		return "现金 " + capital(b.Cash.Amount) + "，缴款识别号 " + b.Cash.Reference
	}
	return "没有写明"
}

func termsFacts(t letter.BidTerms) []Fact {
	facts := []Fact{{"投标报价", money(t.Price) + "（大写：" + t.PriceCapital + "）"}, {"工期（交货期）", number(t.PeriodDays) + " 日历天"},
		{"质量目标", t.Quality}, {"项目负责人", t.Leader}}
	for _, x := range t.Fields {
		facts = append(facts, Fact{x.Name, x.Value})
	}
	return facts
}

// ownBidFile gives the bidder a file of its own bid back, decrypted here: bid, number (from 1). It can be had at any time.
func ownBidFile(ctx context.Context, d Desk, f *fields) (Result, error) {
	n := f.count("number", 20)
	_, own, err := theBid(ctx, d, f)
	if err != nil {
		return Result{}, err
	}
	if n > len(own.Form.Files) {
		return Result{}, &FieldError{"number", "这份投标有 " + number(len(own.Form.Files)) + " 个文件；请填写其中一个的序号"}
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	x := own.Form.Files[n-1]
	to := &gathered{desk: d, name: x.Name, total: x.Size}
	if err := b.OwnFile(ctx, own.Bid.ID, x.ID, to); err != nil {
		return Result{}, err
	}
	return Result{Says: "文件已取回并解密，摘要相符。", Files: []Out{{x.Name, "application/octet-stream", to.b}}}, nil
}

// gathered is a file that comes.
type gathered struct {
	desk  Desk
	name  string
	total int64
	b     []byte
}

func (g *gathered) Write(p []byte) (int, error) {
	g.b = append(g.b, p...)
	g.desk.tell(int64(len(g.b)), g.total, "正在取回并解密“"+g.name+"”")
	return len(p), nil
}

func size(n int64) string {
	switch {
	case n >= 10<<20:
		return number(int(n>>20)) + " MiB"
	case n >= 10<<10:
		return number(int(n>>10)) + " KiB"
	}
	return number(int(n)) + " 字节"
}

// maxProof is the longest file that goes with an objection, in bytes: they are sent as they are, in one request.
const maxProof = 4 << 20

// objectToDemand is 欺诈异议: demand, guarantee, ground (a code of letter.FraudGrounds), statement, files. It stops no payment.
func objectToDemand(ctx context.Context, d Desk, f *fields) (Result, error) {
	demand, guarantee, ground, statement := f.id("demand"), f.id("guarantee"), f.needed("ground"), oneLine(f.text("statement", 5, 2000))
	if _, known := letter.FraudGroundOf(ground); ground != "" && !known {
		f.fault("ground", "请从列表中选择欺诈的情形")
	}
	var files []wire.PaperFile
	for _, x := range f.files("files") {
		b, err := x.Read(maxProof)
		if err != nil {
			f.fault("files", "%s", err.Error())
		}
		files = append(files, wire.PaperFile{Name: x.Name, Content: b})
	}
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	story, err := against(ctx, b, guarantee, demand)
	if err != nil {
		return Result{}, err
	}
	plain, err := b.File(ctx, guarantee)
	if err != nil {
		return Result{}, err
	}
	file, err := letter.ParseFile(plain)
	if err != nil {
		return Result{}, err
	}
	if _, err := b.ObjectToDemand(ctx, file.Undertaking, story, ground, statement, files); err != nil {
		return Result{}, err
	}
	return Result{ID: demand, Says: "欺诈异议已经签名并送达担保机构。它不会中止付款：需要中止的，请立即向有管辖权的人民法院申请。"}, nil
}

func against(ctx context.Context, b *client.Bidder, guarantee, demand string) (wire.DemandStory, error) {
	all, err := b.DemandsAgainst(ctx, guarantee)
	if err != nil {
		return wire.DemandStory{}, err
	}
	for _, x := range all.Items {
		if x.Demand.ID == demand {
			return x, nil
		}
	}
	return wire.DemandStory{}, spoken("没有找到这笔索赔；请从“我的保函”重新进入。")
}
