package acts

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

var (
	_ = register("apply-chosen", applyChosen)
	_ = register("resume-apply", resumeApply)
	_ = register("hand-in-bid", handInBid)
	_ = register("resume-bid", resumeBid)
	_ = register("consent", consent)
)

// applyChosen is apply with one field for the quote, as a list of radio buttons has it: choice, which is guarantor, product
// and fee in fen, parted by spaces.
func applyChosen(ctx context.Context, d Desk, f *fields) (Result, error) {
	parts := strings.Fields(f.needed("choice"))
	if f.err == nil && len(parts) != 3 {
		f.fault("choice", "请选择一家机构的报价；没有可选的，请刷新页面")
	}
	if f.err != nil {
		return Result{}, f.err
	}
	in := f.with("guarantor", parts[0]).with("product", parts[1]).with("fee", parts[2])
	r, err := apply(ctx, d, in)
	return r, atField(err, "product", "choice")
}

// with is the same form with one field set.
func (f *fields) with(name string, values ...string) *fields {
	all := map[string][]string{}
	for k, v := range f.in.Fields {
		all[k] = v
	}
	all[name] = values
	return &fields{in: Input{Fields: all, Files: f.in.Files}, err: f.err}
}

// atField says a fault at the field that the page has for it.
func atField(err error, from, to string) error {
	if own := (*FieldError)(nil); errors.As(err, &own) && own.Field == from {
		return &FieldError{to, own.Message}
	}
	return err
}

const noDraft = spoken("本机没有没递交完的存底，可能已经办完。请在“我的保函”“我的投标”中查看；没有的，请重新办理。")

// resumeApply hands an application in again that was made and kept, and whose outcome is not known: lot.
func resumeApply(ctx context.Context, d Desk, f *fields) (Result, error) {
	lot := f.id("lot")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	n := note{d.Copies, lot + ".apply-sent"}
	id := n.sent()
	if id == "" {
		return Result{}, noDraft
	}
	a, err := b.Resume(ctx, id)
	if err != nil {
		return Result{}, n.after(err)
	}
	return applied(a, "申请已经递交；无论递交过几次，都只有这一份"), n.forget()
}

// handInBid is bid with what the bidder's own papers know: how is "new", or "replace" where this bid takes the place of the
// own one that stands for the lot, which is found here; keep-files then goes on with the files of that one. A letter that
// was applied for here must be of this lot.
func handInBid(ctx context.Context, d Desk, f *fields) (Result, error) {
	if f.optional("letter") == "cash" {
		f = f.with("letter")
	}
	lot, letterID, how := f.id("lot"), f.optionalID("letter"), f.needed("how")
	if capital := f.optional("price_capital"); capital != "" && f.err == nil && capital != f.yuan("price").Capital() {
		f.fault("price", "报价的大写与小写不一致；大写应为%s", f.yuan("price").Capital())
	}
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	if err := isFor(ctx, b, letterID, lot); err != nil {
		return Result{}, err
	}
	if how != "replace" {
		return bid(ctx, d, f)
	}
	about, err := b.Lot(ctx, lot)
	if err != nil {
		return Result{}, err
	}
	old, err := b.Standing(ctx, about.Lot)
	if err != nil {
		return Result{}, err
	}
	if old == "" {
		return Result{}, &FieldError{"how", "本机没有本单位在本标段有效投标的存底，不能替换。首次递交的，请选“首次递交”；在别的电脑递交的，请在那台电脑上替换，或先撤回再重新递交"}
	}
	f = f.with("replaces", old)
	if f.checked("keep-files") {
		files, err := b.OwnFiles(ctx, old)
		if err != nil {
			return Result{}, err
		}
		f = f.with("keep", idsOf(files)...)
	}
	return bid(ctx, d, f)
}

// isFor refuses a letter of another lot, where the application was made here. What is not known here the opening tells.
func isFor(ctx context.Context, b *client.Bidder, letterID, lot string) error {
	if letterID == "" {
		return nil
	}
	draft, err := b.Draft(ctx, letterID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && draft.Lot != lot {
		return &FieldError{"letter", "这份保函是为另一个标段申请的，不能用于本标段；请选择为本标段申请的保函"}
	}
	return err
}

func idsOf(files []letter.BidFile) (ids []string) {
	for _, x := range files {
		ids = append(ids, x.ID)
	}
	return ids
}

// resumeBid hands a bid in again that was made and kept, and whose outcome is not known: lot.
func resumeBid(ctx context.Context, d Desk, f *fields) (Result, error) {
	lot := f.id("lot")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	about, err := b.Lot(ctx, lot)
	if err != nil {
		return Result{}, err
	}
	n := note{d.Copies, lot + ".bid-sent"}
	id := n.sent()
	if id == "" {
		return Result{}, noDraft
	}
	got, err := b.ResumeBid(ctx, about, id)
	if err != nil {
		return Result{}, n.after(err)
	}
	return received(got, "投标已经递交；无论递交过几次，都只有这一份"), n.forget()
}

// consent signs, as a partner of a consortium, that it bids for the lot under its lead: lot; lead-name and lead-uscc; partner
// rows of all others in their order, this one among them; agreement, the file of the agreement.
func consent(ctx context.Context, d Desk, f *fields) (Result, error) {
	lot, lead, partners := f.id("lot"), f.parties("lead"), f.parties("partner")
	agreement := f.content("agreement", maxAgreement)
	if f.err == nil && len(lead) != 1 {
		f.fault("lead-name", "请填写联合体牵头人的名称和统一社会信用代码")
	}
	if f.err == nil && agreement == nil {
		f.fault("agreement", "请选择联合体协议的文件；须与牵头人递交的是同一个文件")
	}
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	about, err := b.Lot(ctx, lot)
	if err != nil {
		return Result{}, err
	}
	members := append(lead, partners...)
	signed, err := b.Consent(ctx, about, members, signing.Sum(agreement))
	if err != nil {
		return Result{}, err
	}
	return Result{Says: "同意书已经签名并下载；请交给牵头人，由其随投标一并递交。", Facts: consentFacts(about, members, agreement),
		Files: []Out{{"联合体同意书-" + d.Me.Party.USCC + ".p7s", "application/pkcs7-signature", signed}}}, nil
}

func consentFacts(lot wire.Lot, members []letter.Party, agreement []byte) []Fact {
	facts := []Fact{{"标段", lotWords(lot.Lot)}, {"联合体协议的 SM3 摘要", signing.Sum(agreement).String()}}
	for i, p := range members {
		label := "成员"
		if i == 0 {
			label = "牵头人"
		}
		facts = append(facts, Fact{label, p.Name + "（" + p.USCC + "）"})
	}
	return facts
}

func lotWords(l letter.Lot) string { return l.ProjectName + "，" + l.Name + "（" + l.Code + "）" }

// oneLine is text without line breaks: signed papers hold none.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
