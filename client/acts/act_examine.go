package acts

import (
	"context"
	"strconv"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

var (
	_ = register("find-complying", findComplying)
	_ = register("reject-demand", rejectDemand)
	_ = register("request-documents", requestDocuments)
	_ = register("pay-interim", payInterim)
	_ = register("pay-demand", payDemand)
	_ = register("stay-demand", stayDemand)
	_ = register("lift-stay", liftStay)
)

// maxCourtPaper is the longest paper of a court, in bytes; the platform takes no longer one.
const maxCourtPaper = 8 << 20

// aboutDemand does one thing to the demand of the form.
func (d Desk) aboutDemand(ctx context.Context, f *fields, says string, do func(*client.Institution, string) error) (Result, error) {
	id := f.id("demand")
	if f.err != nil {
		return Result{}, f.err
	}
	i, err := d.institution(ctx)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: says}, do(i, id)
}

// findComplying finds a demand complying: demand. The beneficiary's signature is checked here first.
func findComplying(ctx context.Context, d Desk, f *fields) (Result, error) {
	return d.aboutDemand(ctx, f, "已认定索赔相符，请在付款期限之内付款。", func(i *client.Institution, id string) error {
		d.tell(0, 0, "正在核对索赔的签名")
		if _, _, err := i.DemandPaper(ctx, id); err != nil {
			return err
		}
		return i.DecideDemand(ctx, id, wire.DemandDecision{Complying: true})
	})
}

// maxListed is how many discrepancies the form has room for.
const maxListed = 8

// rejectDemand refuses with every discrepancy at once: demand; about-1 and narrative-1, and so on to 8, empty ones left out.
func rejectDemand(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, all := f.id("demand"), discrepancies(f)
	if f.err != nil {
		return Result{}, f.err
	}
	i, err := d.institution(ctx)
	if err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在核对索赔的签名")
	paper, m, err := i.DemandPaper(ctx, id)
	if err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在签署并递交拒付通知")
	notice, err := i.Refuse(ctx, paper, all)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: "已拒付，平台把列明的全部不符点告知受益人。拒付通知已经签署，请保存并送达受益人。",
		Facts: []Fact{{"保函编号", m.Number}, {"不符点", number(len(all)) + " 项"}},
		Files: []Out{{"拒付通知-" + m.Number + ".p7s", "application/pkcs7-signature", notice}}}, nil
}

func discrepancies(f *fields) (all []letter.Discrepancy) {
	for n := 1; n <= maxListed; n++ {
		about, narrative := "about-"+strconv.Itoa(n), "narrative-"+strconv.Itoa(n)
		if f.optional(about) == "" && f.optional(narrative) == "" {
			continue
		}
		all = append(all, letter.Discrepancy{ID: f.text(about, 1, 100), Narrative: f.text(narrative, 2, 1000)})
	}
	if len(all) == 0 {
		f.fault("about-1", "拒付须一次性列明全部不符点；请至少填写一项")
	}
	return all
}

// requestDocuments asks for all that a demand still needs: demand; document, each kind; words.
func requestDocuments(ctx context.Context, d Desk, f *fields) (Result, error) {
	r := wire.RequestDocuments{Words: f.text("words", 2, 1000)}
	for _, k := range f.all("document") {
		kind := letter.DocumentKind(k)
		if kind.Check() != nil {
			f.fault("document", "没有这种单据；请从列表中选择")
		}
		r.Documents = append(r.Documents, kind)
	}
	if len(r.Documents) == 0 {
		f.fault("document", "请选择需要补充的单据，一次列全")
	}
	return d.aboutDemand(ctx, f, "已通知受益人补充单据。", func(i *client.Institution, id string) error { return i.RequestDocuments(ctx, id, r) })
}

// paid reads a payment: its amount is the caller's; reference, paid_at, and slip, the bank's slip, of which only the digest is sent.
func paid(f *fields, amount letter.Fen) wire.DemandPaid {
	p := wire.DemandPaid{Amount: amount, Reference: f.text("reference", 1, 64), PaidAt: f.instant("paid_at")}
	if slip := f.content("slip", maxCourtPaper); slip != nil {
		p.Slip = signing.Sum(slip)
	}
	return p
}

// payInterim says what was paid in advance: demand, amount in yuan, reference, paid_at, slip.
func payInterim(ctx context.Context, d Desk, f *fields) (Result, error) {
	p := paid(f, f.yuan("amount"))
	return d.aboutDemand(ctx, f, "已登记先予支付 "+money(p.Amount)+"。本机构实行双人经办的，另一位经办人登记同一笔后生效。", func(i *client.Institution, id string) error { return i.PayInterim(ctx, id, p) })
}

// payDemand says that the beneficiary has been paid: demand, amount in fen as the page showed it, reference, paid_at, slip.
func payDemand(ctx context.Context, d Desk, f *fields) (Result, error) {
	p := paid(f, f.fen("amount"))
	return d.aboutDemand(ctx, f, "已登记付款 "+money(p.Amount)+"，平台告知受益人和申请人。", func(i *client.Institution, id string) error { return i.DemandPaid(ctx, id, p) })
}

// stayDemand reports a court's stop-payment: demand, court, number, ruled_on, paper.
func stayDemand(ctx context.Context, d Desk, f *fields) (Result, error) {
	s := wire.Stay{Court: f.text("court", 2, 100), Number: f.text("number", 4, 100), RuledOn: f.date("ruled_on"), File: paperFile(f, "paper")}
	return d.aboutDemand(ctx, f, "已登记中止支付裁定，期限从此停止。", func(i *client.Institution, id string) error { return i.Stay(ctx, id, s) })
}

// liftStay reports that it is over: demand, number, paper.
func liftStay(ctx context.Context, d Desk, f *fields) (Result, error) {
	no, file := f.text("number", 4, 100), paperFile(f, "paper")
	return d.aboutDemand(ctx, f, "已登记中止支付解除，索赔恢复处理。", func(i *client.Institution, id string) error { return i.Resume(ctx, id, no, file) })
}

func paperFile(f *fields, name string) wire.PaperFile {
	some := f.files(name)
	b := f.content(name, maxCourtPaper)
	if b == nil || len(some) == 0 {
		f.fault(name, "请选择文书的电子件")
		return wire.PaperFile{}
	}
	return wire.PaperFile{Name: some[0].Name, Content: b}
}
