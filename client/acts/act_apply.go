package acts

import (
	"baohan/client"
	"baohan/client/wire"
	"context"
)

var (
	_ = register("apply", apply)
	_ = register("accept-fee", acceptFee)
	_ = register("cancel", cancel)
)

// apply asks for a guarantee: lot; guarantor (统一社会信用代码) and product as the quote names them; fee in fen, what the
// person saw; partner-name and partner-uscc of a consortium that this bidder leads.
func apply(ctx context.Context, d Desk, f *fields) (Result, error) {
	lot, partners := f.id("lot"), f.parties("partner")
	f.needed("guarantor")
	f.needed("product")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	n := note{d.Copies, lot + ".apply-sent"}
	if id := n.sent(); id != "" {
		a, err := b.Resume(ctx, id)
		if err == nil {
			return applied(a, "上一次提交的申请平台已经收到，没有再提交一份"), n.forget()
		}
		if !settled(err) {
			return Result{}, err
		}
	}
	about, err := b.Lot(ctx, lot)
	if err != nil {
		return Result{}, err
	}
	q, err := chosen(ctx, b, lot, f)
	if err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在制作并保存申请")
	draft, err := b.Prepare(ctx, about, q, partners...)
	if err == nil {
		err = n.sending(draft.ID)
	}
	if err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在递交申请")
	a, err := b.Resume(ctx, draft.ID)
	if err != nil {
		return Result{}, n.after(err)
	}
	return applied(a, "申请已经递交给 "+q.Guarantor.Name), n.forget()
}

func applied(a wire.Application, says string) Result {
	return Result{ID: a.ID, Says: says + "。", Facts: []Fact{{"申请编号", a.ID}, {"担保金额上限", money(a.Ceiling)}}}
}

// chosen is the quote that the person saw. One that costs something else by now has to be seen again.
func chosen(ctx context.Context, b *client.Bidder, lot string, f *fields) (wire.Quote, error) {
	guarantor, product := f.needed("guarantor"), f.needed("product")
	fee := f.optional("fee")
	quotes, err := b.Quotes(ctx, lot)
	if err != nil {
		return wire.Quote{}, err
	}
	for _, q := range quotes {
		if q.Guarantor.USCC != guarantor || q.Product != product {
			continue
		}
		if fee != "" && f.fen("fee") != q.Fee {
			return q, &FieldError{"product", "保费已变为 " + money(q.Fee) + "；请刷新页面，看清新的报价后再申请"}
		}
		return q, f.err
	}
	return wire.Quote{}, &FieldError{"product", "这家机构现在不再提供这项报价；请刷新页面后重新选择"}
}

// acceptFee agrees to the fee that the institution really asks: application, and fee in fen as the person saw it.
func acceptFee(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, fee := f.id("application"), f.fen("fee")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: "已同意保费 " + money(fee) + "。"}, b.AcceptFee(ctx, id, fee)
}

// cancel gives an application up before anything is issued.
func cancel(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("application")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: "申请已经撤销。"}, b.Cancel(ctx, id)
}
