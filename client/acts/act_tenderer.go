package acts

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

var (
	_ = register("present", present)
	_ = register("complete", complete)
	_ = register("withdraw-demand", withdrawDemand)
	_ = register("resume-demand", resumeDemand)
)

// mostPapers is how large the documents of one demand may be together, in bytes: the platform takes no larger body.
const mostPapers = 8 << 20

// present demands payment under a guarantee: guarantee; ground, a code of letter.Reasons; amount in yuan; statement;
// price_capital, what the page showed of it; payee-name, payee-number, payee-bank; file-<kind>, the documents of each kind; later, when they will be completed;
// extend_to, a day to which an extension would be taken instead. The
// signed demand is kept before it is sent: pressing again after an unknown outcome sends the very same.
func present(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("guarantee")
	c := client.Claim{Amount: f.yuan("amount"), Reason: f.needed("ground"), Statement: flat(f.text("statement", 5, 2000)),
		Payee:         letter.Account{Name: f.text("payee-name", 2, 100), Number: f.needed("payee-number"), Bank: f.text("payee-bank", 2, 100)},
		CompleteLater: f.checked("later")}
	if f.err == nil && c.Amount <= 0 {
		f.fault("amount", "索赔金额须大于零")
	}
	if said := f.optional("price_capital"); f.err == nil && said != "" && said != c.Amount.Capital() {
		f.fault("amount", "页面上的大写是“%s”，应为“%s”；请重新填写金额", said, c.Amount.Capital())
	}
	if f.optional("extend_to") != "" {
		c.ExtendTo = f.date("extend_to")
	}
	if c.Files = f.documents(); f.err != nil {
		return Result{}, f.err
	}
	b, err := d.beneficiary(ctx)
	if err != nil {
		return Result{}, err
	}
	kept := keptDemand{d.Copies, id + ".demand-sent"}
	if p, ok := kept.get(); ok {
		return kept.send(ctx, b, p, "上一次提交没有收到应答，已把同一份索赔再提交一次，没有提交第二份。")
	}
	found, err := guarantees(ctx, b, "guarantee", []string{id})
	if err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在签署书面付款通知")
	p, err := b.SignDemand(ctx, found[0], c)
	if err != nil {
		return Result{}, err
	}
	if err := kept.put(p); err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在提交索赔和单据")
	return kept.send(ctx, b, p, "索赔已经提交。")
}

// keptDemand is the demand under one guarantee whose outcome is not known yet. It is no secret of the beneficiary's: it is on
// its way to the platform in these very bytes.
type keptDemand struct {
	copies client.Copies
	name   string
}

func (k keptDemand) get() (p client.DemandPaper, ok bool) {
	b, err := k.copies.Get(k.name)
	return p, err == nil && len(b) > 0 && json.Unmarshal(b, &p) == nil && idShape.MatchString(p.ID)
}

func (k keptDemand) put(p client.DemandPaper) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return k.copies.Put(k.name, b)
}

// send forgets the paper once its outcome is known.
func (k keptDemand) send(ctx context.Context, b *client.Beneficiary, p client.DemandPaper, says string) (Result, error) {
	in, err := b.SendDemand(ctx, p)
	if err != nil {
		if settled(err) {
			err = errors.Join(err, k.copies.Put(k.name, nil))
		}
		return Result{}, err
	}
	r, err := takenIn(in, p.ID, says)
	return r, errors.Join(err, k.copies.Put(k.name, nil))
}

// takenIn tells of a paper that the platform has received.
func takenIn(in wire.Intake, id, says string) (Result, error) {
	if in.State == "refused" {
		return Result{}, spoken(in.Reason)
	}
	return Result{ID: id, Says: says + "平台于 " + instant(in.ReceivedAt) + " 收到，期限自此计算。"}, nil
}

// documents are the files of the fields file-<kind>, in the order of their kinds.
func (f *fields) documents() (out []wire.File) {
	var names []string
	for name := range f.in.Files {
		if strings.HasPrefix(name, "file-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	left := int64(mostPapers)
	for _, name := range names {
		kind := letter.DocumentKind(strings.TrimPrefix(name, "file-"))
		for _, x := range f.files(name) {
			b, err := x.Read(left)
			if err != nil {
				f.fault(name, "%s。一次提交的全部文件合计不超过 8 MB，请压缩或拆分后重试", err.Error())
				return nil
			}
			left -= x.Size
			out = append(out, wire.File{Kind: kind, Name: x.Name, Content: b})
		}
	}
	return out
}

// flat is a text in one paragraph: signed papers have no line breaks.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// complete hands in what a demand lacks: demand; file-<kind>.
func complete(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, files := f.id("demand"), f.documents()
	if f.err != nil {
		return Result{}, f.err
	}
	b, about, err := d.demand(ctx, id)
	if err != nil {
		return Result{}, err
	}
	for _, kind := range about.Missing {
		if !slices.ContainsFunc(files, func(x wire.File) bool { return x.Kind == kind }) {
			return Result{}, &FieldError{"file-" + string(kind), "缺少" + kind.Chinese() + "；须一次补齐全部单据"}
		}
	}
	in, err := b.Complete(ctx, about, files)
	if err != nil {
		return Result{}, err
	}
	return takenIn(in, id, "单据已经补交。")
}

// withdrawDemand takes a demand back: demand, reason.
func withdrawDemand(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, reason := f.id("demand"), f.text("reason", 2, 500)
	if f.err != nil {
		return Result{}, f.err
	}
	b, about, err := d.demand(ctx, id)
	if err != nil {
		return Result{}, err
	}
	in, err := b.Withdraw(ctx, about, flat(reason))
	if err != nil {
		return Result{}, err
	}
	return takenIn(in, id, "索赔已经撤回。")
}

// resumeDemand reports that a stop-payment is over: demand; number of the court's paper; paper, the file.
func resumeDemand(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, number, paper := f.id("demand"), f.text("number", 2, 100), f.content("paper", mostPapers)
	if f.err == nil && paper == nil {
		f.fault("paper", "请选择解除中止支付的文书")
	}
	if f.err != nil {
		return Result{}, f.err
	}
	b, _, err := d.demand(ctx, id)
	if err != nil {
		return Result{}, err
	}
	if err := b.Resume(ctx, id, number, wire.PaperFile{Name: f.files("paper")[0].Name, Content: paper}); err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: "解除文书已经提交，索赔恢复处理。"}, nil
}

// demand reads one that this beneficiary presented.
func (d Desk) demand(ctx context.Context, id string) (*client.Beneficiary, wire.Demand, error) {
	b, err := d.beneficiary(ctx)
	if err != nil {
		return nil, wire.Demand{}, err
	}
	about, err := b.DemandOf(ctx, id)
	return b, about, err
}
