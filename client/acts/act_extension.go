package acts

import (
	"context"
	"errors"

	"baohan/client"
	"baohan/guarantee/letter"
	"baohan/signing"
)

var (
	_ = register("hold-demand", holdDemand)
	_ = register("draft-extension", draftExtension)
	_ = register("extend-demand", extendDemand)
	_ = register("answer-extension", answerExtension)
)

// holdDemand holds a payment and asks the applicant: demand, reply_by.
func holdDemand(ctx context.Context, d Desk, f *fields) (Result, error) {
	by := f.instant("reply_by")
	return d.aboutDemand(ctx, f, "已暂缓付款，平台通知申请人在 "+instant(by)+" 以前答复。", func(i *client.Institution, id string) error { return i.Hold(ctx, id, by) })
}

// draftExtension shows the amendment that would be signed: demand, expiry.
func draftExtension(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, to := f.id("demand"), f.date("expiry")
	if f.err != nil {
		return Result{}, f.err
	}
	i, err := d.institution(ctx)
	if err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在取回保函并核对")
	a, err := i.Amends(ctx, id, to)
	if err != nil {
		return Result{}, err
	}
	m, err := letter.NewExtension(a)
	if err != nil {
		return Result{}, err
	}
	r := Result{ID: id, Says: m.Title + "：请通读全文。尚未签名。"}
	for n, clause := range m.Clauses {
		r.Facts = append(r.Facts, Fact{"第 " + number(n+1) + " 段", clause})
	}
	return r, nil
}

// extendDemand signs the amendment and hands it in: demand, expiry. It is kept before it is sent: pressing again after an
// unknown outcome sends the very same, unless another day was chosen.
func extendDemand(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, to := f.id("demand"), f.date("expiry")
	if f.err != nil {
		return Result{}, f.err
	}
	i, err := d.institution(ctx)
	if err != nil {
		return Result{}, err
	}
	name := id + ".extension-sent"
	paper, m, err := keptExtension(d.Copies, name)
	if err != nil || m.Demand != id || m.Expiry != to {
		d.tell(0, 0, "正在取回保函、生成修改函并签名")
		a, err := i.Amends(ctx, id, to)
		if err != nil {
			return Result{}, err
		}
		if paper, err = i.WriteExtension(ctx, a); err != nil {
			return Result{}, err
		}
		if err := d.Copies.Put(name, paper); err != nil {
			return Result{}, err
		}
	}
	d.tell(0, 0, "正在递交修改函")
	receipt, err := i.Extend(ctx, id, paper)
	if err != nil {
		if settled(err) {
			err = errors.Join(err, d.Copies.Put(name, nil))
		}
		return Result{}, err
	}
	return Result{ID: id, Says: "修改函已经生效，保函有效期延长至 " + to.Chinese() + " 24:00，索赔视为撤回。",
			Files: []Out{{"修改函-" + id[:8] + ".p7s", "application/pkcs7-signature", paper}, {"修改函回执-" + id[:8] + ".p7s", "application/pkcs7-signature", receipt}}},
		d.Copies.Put(name, nil)
}

func keptExtension(from client.Copies, name string) ([]byte, letter.Amendment, error) {
	b, err := from.Get(name)
	if err != nil {
		return nil, letter.Amendment{}, err
	}
	signed, err := signing.ParseSignedData(b)
	if err != nil {
		return nil, letter.Amendment{}, err
	}
	m, err := letter.ParseAmendment(signed.Content)
	return b, m, err
}

// answerExtension is 延期答复: demand, guarantee, answer (extend or pay).
func answerExtension(ctx context.Context, d Desk, f *fields) (Result, error) {
	demand, guarantee, choice := f.id("demand"), f.id("guarantee"), letter.ExtensionChoice(f.needed("answer"))
	if choice != "" && choice.Chinese() == "" {
		f.fault("answer", "请选择延期或者付款")
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
	if _, err := b.AnswerExtension(ctx, file.Undertaking, story, choice); err != nil {
		return Result{}, err
	}
	return Result{ID: demand, Says: "已经答复担保机构：" + choice.Chinese() + "。"}, nil
}
