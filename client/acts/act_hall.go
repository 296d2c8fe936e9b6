package acts

import (
	"context"
	"strconv"

	"baohan/guarantee/letter"
	"baohan/signing"
)

var (
	_ = register("hand-in-form", handInForm)
	_ = register("sign-record", signRecord)
)

// maxForm is the longest signed form (投标函), in bytes.
const maxForm = 1 << 20

// handInForm decrypts the bidder's own bid and hands its form in: bid; or form, a file that the bidder kept of it.
func handInForm(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, form := f.id("bid"), f.content("form", maxForm)
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	if form == nil {
		d.tell(0, 2, "正在取回并解密本单位的投标函")
		if form, err = b.OpenForm(ctx, id); err != nil {
			return Result{}, err
		}
	}
	d.tell(1, 2, "正在递交解密后的投标函")
	state, err := b.HandInForm(ctx, id, form)
	if err != nil {
		return Result{}, err
	}
	facts, err := formFacts(form)
	return Result{ID: id, Says: "投标函已解密并递交，时间 " + instant(state.At) + "。统一唱标之前，任何人都看不到内容。", Facts: facts}, err
}

func formFacts(p7s []byte) ([]Fact, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return nil, err
	}
	form, err := letter.ParseBidForm(signed.Content)
	if err != nil {
		return nil, err
	}
	t := form.Terms
	facts := []Fact{{"投标报价", money(t.Price)}, {"大写", "人民币" + t.PriceCapital}, {"工期（交货期）", number(t.PeriodDays) + " 日历天"},
		{"质量目标", t.Quality}, {"项目负责人", t.Leader}}
	for _, x := range t.Fields {
		facts = append(facts, Fact{x.Name, x.Value})
	}
	return facts, nil
}

// signRecord signs the record of a remote opening: lot; digest, of the edition that the person read. Another edition by now
// has to be read first.
func signRecord(ctx context.Context, d Desk, f *fields) (Result, error) {
	lot, read := f.id("lot"), f.needed("digest")
	if f.err != nil {
		return Result{}, f.err
	}
	s, err := d.staff(ctx)
	if err != nil {
		return Result{}, err
	}
	r, err := s.Record(ctx, lot, 0)
	if err != nil {
		return Result{}, err
	}
	if r.Digest.String() != read {
		return Result{}, &FieldError{"digest", "开标记录表已有新的一版（第 " + strconv.Itoa(r.Edition) + " 版）；请刷新页面，看过后再签"}
	}
	state, err := s.SignRecord(ctx, r)
	return Result{ID: lot, Says: "开标记录表已签署，时间 " + instant(state.At) + "。", Facts: []Fact{{"所签记录表的 SM3 摘要", read}}}, err
}
