package banks

import (
	"cmp"
	"context"
	"slices"
	"time"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
)

// Quotes lists what every institution asks for a letter that meets req, cheapest first, then by code. Fee,
// ceiling and latest expiry come from public ladders, so that what stands in clear later fits many lots.
func (d *Desk) Quotes(ctx context.Context, req letter.Requirement) ([]wire.Quote, error) {
	products, err := liveProducts(ctx, d.Pool)
	if err != nil {
		return nil, err
	}
	open := map[string]*Institution{}
	var quotes []wire.Quote
	for _, p := range products {
		i, err := d.openInstitution(ctx, open, p.Institution)
		if err != nil {
			return nil, err
		}
		if q, ok := p.quote(i, req); ok {
			quotes = append(quotes, q)
		}
	}
	slices.SortFunc(quotes, func(a, b wire.Quote) int {
		return cmp.Or(cmp.Compare(a.Fee, b.Fee), cmp.Compare(a.Guarantor.USCC, b.Guarantor.USCC), cmp.Compare(a.Product, b.Product))
	})
	return quotes, nil
}

// openInstitution reads an institution once; nil when it may not underwrite now.
func (d *Desk) openInstitution(ctx context.Context, seen map[string]*Institution, uscc string) (*Institution, error) {
	if i, ok := seen[uscc]; ok {
		return i, nil
	}
	i, err := readInstitution(ctx, d.Pool, uscc)
	if err != nil {
		return nil, err
	}
	may, err := d.underwrites(ctx, i)
	if err != nil {
		return nil, err
	}
	if seen[uscc] = nil; may {
		seen[uscc] = &i
	}
	return seen[uscc], nil
}

func (p Product) quote(i *Institution, req letter.Requirement) (wire.Quote, bool) {
	ceiling := letter.LadderCeiling(req.Amount)
	fee, ok := p.Quote(ceiling)
	if i == nil || !ok || !slices.Contains(req.Forms, p.Form) {
		return wire.Quote{}, false
	}
	w, err := letter.WordingOf(p.Ref())
	if err != nil { // a wording of an older release: not on sale any more
		return wire.Quote{}, false
	}
	return wire.Quote{
		Guarantor: i.Party(), Kind: string(i.Kind), Product: p.ID, Wording: p.Ref(), Title: w.Title,
		Form: p.Form, Mode: p.Mode, Ceiling: ceiling, LatestExpiry: letter.LadderExpiry(req.End.Expiry()), Fee: fee,
		Discloses: discloses(p.Mode),
	}, true
}

// discloses says before the bidder chooses what the institution learns, and when.
func discloses(m letter.Mode) string {
	if m == letter.ModeBlind {
		return "密文保函。自受理起，该机构知道贵单位申请了投标保函，知道最高金额、最迟到期日和保费；不知道项目、标段、招标人和确切金额，开标公布后才知道。" +
			"没有投标文件指明的保函永不打开，它始终不知道。平台只存密文。"
	}
	return "全文密封。自受理起，该机构就知道贵单位以及项目、标段、招标人和确切金额（法律要求其文本写明债权人或被保险人）；" +
		"其他人开标公布后才知道。平台只存密文。"
}

var errNoProduct = party.Invalid("application.product", "wording", "该机构现在不提供这种文本和密封方式的保函；请重新询价后再选择")

// Terms is the product that an application names, as the guarantee must know it to check and to seal. It is
// refused when the institution's licence is over, when it is suspended, or when the product is off sale.
func (d *Desk) Terms(ctx context.Context, guarantor string, wording letter.WordingRef, mode letter.Mode) (guarantee.Guarantor, error) {
	p, err := liveProduct(ctx, d.Pool, guarantor, wording, mode)
	if err != nil {
		return guarantee.Guarantor{}, err
	}
	i, err := readInstitution(ctx, d.Pool, guarantor)
	if err != nil {
		return guarantee.Guarantor{}, err
	}
	if may, err := d.underwrites(ctx, i); err != nil || !may {
		return guarantee.Guarantor{}, cmp.Or(err, errNoProduct)
	}
	key, err := d.Party.EncryptionKey(ctx, guarantor)
	if err != nil {
		return guarantee.Guarantor{}, err
	}
	return guarantee.Guarantor{
		Party: i.Party(), Encryption: key, Form: p.Form, Mode: p.Mode, Wording: p.Ref(), MaxCeiling: p.MaxCeiling,
		Fee:      func(ceiling letter.Fen) letter.Fen { f, _ := p.Quote(ceiling); return f },
		AnswerBy: d.Clock.Now().Add(time.Duration(p.AnswerWithin) * time.Second),
	}, nil
}

// AnswerBy is the instant by which the institution promised to answer an application handed in at an instant: the
// product that was on sale then says how long it takes, and a product never changes. It is zero when nothing was ever
// on sale.
func (d *Desk) AnswerBy(ctx context.Context, guarantor string, wording letter.WordingRef, mode letter.Mode, handedIn time.Time) (time.Time, error) {
	seconds, err := answerWithin(ctx, d.Pool, guarantor, wording, mode, handedIn)
	if err != nil || len(seconds) == 0 {
		return time.Time{}, err
	}
	return handedIn.Add(time.Duration(seconds[0]) * time.Second), nil
}

// CheckFee refuses a fee that stands on no price list that the institution ever published for that wording and
// mode: a fee off the list would mark the application.
func (d *Desk) CheckFee(ctx context.Context, guarantor string, wording letter.WordingRef, mode letter.Mode, ceiling, fee letter.Fen) error {
	products, err := everyProduct(ctx, d.Pool, guarantor, wording, mode)
	if err != nil {
		return err
	}
	for _, p := range products {
		if slices.Contains(p.Fees(ceiling), fee) {
			return nil
		}
	}
	return party.Invalid("decision.fee_off_list", "fee", "保费不在贵机构公布的费率表上；请按公布的费率（含风险加价档）报价")
}
