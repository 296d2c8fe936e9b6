package acts

import (
	"context"
	"errors"
	"io"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

var (
	_ = register("bid", bid)
	_ = register("withdraw-bid", withdrawBid)
)

// bid hands a bid in: lot; letter, the application's id, or empty and a deposit in cash (cash-amount, cash-reference,
// cash-paid-at, cash-payer-name, -number, -bank); price in yuan, period_days, quality, leader; field-name and field-value of
// what else is read out; files; short-letter, where the letter is known to end too early; of a consortium partner-name, partner-uscc, and the files agreement and consents in the
// partners' order; replaces, the id of the own bid in whose place this one comes, and keep, the ids of its files to go on with.
func bid(ctx context.Context, d Desk, f *fields) (Result, error) {
	lot, letterID, replaces := f.id("lot"), f.optionalID("letter"), f.optionalID("replaces")
	terms, options := termsOf(f), optionsOf(f, letterID)
	files := f.files("files")
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
	if id := n.sent(); id != "" {
		got, err := b.ResumeBid(ctx, about, id)
		if err == nil {
			return received(got, "上一次提交的投标平台已经收到，没有再提交一份"), n.forget()
		}
		if !settled(err) {
			return Result{}, err
		}
	}
	opened, release, err := open(files)
	if err != nil {
		return Result{}, err
	}
	w := watchFiles(d, opened)
	if f.checked("short-letter") {
		options = append(options, client.WithShortLetter())
	}
	options = append(options, client.WithFiles(w.files...), client.WithProgress(w.sent), client.Noting(n.sending))
	var got wire.Bid
	if replaces == "" {
		got, err = b.Bid(ctx, about, letterID, terms, options...)
	} else {
		got, err = b.ReplaceBid(ctx, about, replaces, letterID, terms, options...)
	}
	if err = errors.Join(err, release()); errors.Is(err, client.ErrShortLetter) {
		return Result{}, &FieldError{"letter", shortWords}
	}
	if err != nil {
		return Result{}, n.after(err)
	}
	return received(got, "投标已经递交"), n.forget()
}

func received(b wire.Bid, says string) Result {
	return Result{ID: b.ID, Says: says + "，签收时间 " + instant(b.AcceptedAt) + "。",
		Facts: []Fact{{"投标编号", b.ID}, {"签收时间", instant(b.AcceptedAt)}},
		Files: []Out{{"投标回执-" + b.ID[:8] + ".p7s", "application/pkcs7-signature", b.Receipt}}}
}

func termsOf(f *fields) letter.BidTerms {
	t := letter.BidTerms{Price: f.yuan("price"), PeriodDays: f.count("period_days", 36_500), Quality: f.text("quality", 1, 200), Leader: f.text("leader", 1, 50)}
	names, values := f.in.Fields["field-name"], f.in.Fields["field-value"]
	if len(names) != len(values) {
		f.fault("field-value", "其他唱标内容的名称和内容须成对填写")
		return t
	}
	for i := range names {
		if names[i] != "" || values[i] != "" {
			t.Fields = append(t.Fields, letter.BidField{Name: names[i], Value: values[i]})
		}
	}
	return t
}

func optionsOf(f *fields, letterID string) (options []client.BidOption) {
	if letterID == "" {
		options = append(options, client.WithCash(letter.CashSlip{
			Payer:  letter.Account{Name: f.needed("cash-payer-name"), Number: f.needed("cash-payer-number"), Bank: f.needed("cash-payer-bank")},
			Amount: f.yuan("cash-amount"), Reference: f.needed("cash-reference"), PaidAt: f.instant("cash-paid-at")}))
	}
	if partners := f.parties("partner"); len(partners) > 0 {
		options = append(options, consortium(f, partners))
	}
	if keep := f.ids("keep"); len(keep) > 0 {
		options = append(options, client.KeepingFiles(keep...))
	}
	return options
}

const (
	maxAgreement = 64 << 20
	maxConsent   = 64 << 10
)

func consortium(f *fields, partners []letter.Party) client.BidOption {
	agreement := f.content("agreement", maxAgreement)
	if agreement == nil {
		f.fault("agreement", "请选择联合体协议的文件")
	}
	signed := f.files("consents")
	if len(signed) != len(partners) {
		f.fault("consents", "每个成员须有一份签名的同意书，次序与成员一致；现在有 %d 份，应为 %d 份", len(signed), len(partners))
	}
	var consents [][]byte
	for _, x := range signed {
		b, err := x.Read(maxConsent)
		if err != nil {
			f.fault("consents", "%s", err.Error())
		}
		consents = append(consents, b)
	}
	return client.InConsortium(signing.Sum(agreement), partners, consents)
}

// open opens all files, or none. Release lets them go.
func open(files []File) (opened []client.FileOf, release func() error, err error) {
	var held []io.Closer
	release = func() error {
		var all error
		for _, h := range held {
			all = errors.Join(all, h.Close())
		}
		return all
	}
	for _, x := range files {
		from, err := x.Open()
		if err != nil {
			return nil, nil, errors.Join(&FieldError{"files", "文件“" + x.Name + "”打不开；请重新选择"}, release())
		}
		held = append(held, from)
		opened = append(opened, client.FileOf{Name: x.Name, Size: x.Size, From: from})
	}
	return opened, release, nil
}

// withdrawBid takes a bid back before the deadline: bid.
func withdrawBid(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("bid")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	got, err := b.WithdrawBid(ctx, id)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: "投标已经撤回，撤回时间 " + instant(got.AcceptedAt) + "。",
		Files: []Out{{"撤回回执-" + id[:8] + ".p7s", "application/pkcs7-signature", got.Receipt}}}, nil
}
