package acts

import (
	"context"
	"errors"

	"baohan/client"
)

var (
	_ = register("propose-order", proposeOrder)
	_ = register("sign-order", signOrder)
)

// proposeOrder signs the centre's half of an order of postponement (延期令): lot; to, the new deadline; reason.
func proposeOrder(ctx context.Context, d Desk, f *fields) (Result, error) {
	lot, to, reason := f.id("lot"), f.instant("to"), flat(f.text("reason", 5, 500))
	if f.err != nil {
		return Result{}, f.err
	}
	s, err := d.staff(ctx)
	if err != nil {
		return Result{}, err
	}
	l, err := s.Lot(ctx, lot)
	if err != nil {
		return Result{}, err
	}
	if !to.After(l.Deadline) {
		return Result{}, &FieldError{"to", "新的截止时间须晚于现在的截止时间 " + instant(l.Deadline)}
	}
	a, err := s.ProposeOrder(ctx, l, to, reason)
	return Result{ID: a.ID, Says: "延期令已由交易中心签名，等行政监督签署同一文本。"}, err
}

// signOrder signs the supervisor's half: order; text, the very text that the page showed.
func signOrder(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, text := f.id("order"), f.needed("text")
	if f.err != nil {
		return Result{}, f.err
	}
	s, err := d.staff(ctx)
	if err != nil {
		return Result{}, err
	}
	o, err := s.Order(ctx, id)
	if err != nil {
		return Result{}, err
	}
	if _, err := s.SignOrder(ctx, o, text); err != nil {
		if errors.Is(err, client.ErrOrderText) {
			return Result{}, spoken("延期令的文本与页面所示或标段现在的截止时间不符，没有签名。请刷新页面重新核对；仍然不符的，请联系交易中心。")
		}
		return Result{}, err
	}
	return Result{ID: id, Says: "延期令已经签署，已通知交易中心提交。"}, nil
}
