package acts

import (
	"context"
	"slices"

	"baohan/client"
	"baohan/client/wire"
)

var (
	_ = register("release", release)
	_ = register("release-lot", releaseLot)
)

// release signs away the guarantor's duty under one guarantee: guarantee, reason.
func release(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, reason := f.id("guarantee"), f.text("reason", 2, 500)
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.beneficiary(ctx)
	if err != nil {
		return Result{}, err
	}
	found, err := guarantees(ctx, b, "guarantee", []string{id})
	if err != nil {
		return Result{}, err
	}
	in, err := b.Release(ctx, found[0], reason)
	if err != nil {
		return Result{}, err
	}
	if in.State == "refused" {
		return Result{}, spoken(in.Reason)
	}
	return Result{ID: in.ID, Says: "解除文件已经签署，平台于 " + instant(in.ReceivedAt) + " 收到。", Facts: []Fact{{"保函编号", found[0].Number}}}, nil
}

// releaseLot signs one paper for several guarantees of a lot: lot; guarantee, each one's id; reason; early, the ids of those
// that are knowingly released before they must be.
func releaseLot(ctx context.Context, d Desk, f *fields) (Result, error) {
	lot, ids, early, reason := f.id("lot"), f.ids("guarantee"), f.ids("early"), f.text("reason", 2, 500)
	if len(ids) == 0 {
		f.fault("guarantee", "请至少选择一份要解除的保函")
	}
	for _, id := range early {
		if !slices.Contains(ids, id) {
			f.fault("early", "提前解除的保函须同时在所选之列")
		}
	}
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.beneficiary(ctx)
	if err != nil {
		return Result{}, err
	}
	about, err := b.Lot(ctx, lot)
	if err != nil {
		return Result{}, err
	}
	found, err := guarantees(ctx, b, "guarantee", ids)
	if err != nil {
		return Result{}, err
	}
	out, err := b.ReleaseLot(ctx, about, found, reason, early...)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: out.ID, Says: "平台于 " + instant(out.ReceivedAt) + " 收到解除文件；每份保函的结果见下。", Facts: releasedFacts(out)}, nil
}

var releaseWords = map[string]string{"released": "已解除", "signed": "已签署，等候其他受益人签署", "received": "已收到，平台处理完前面的事项后自动办理"}

func releasedFacts(out wire.LotReleased) (facts []Fact) {
	for _, l := range out.Letters {
		says, ok := releaseWords[l.State]
		if !ok {
			says = "没有解除：" + l.Reason
		}
		facts = append(facts, Fact{"保函 " + l.Number, says})
	}
	return facts
}

// guarantees are those of the beneficiary's with these ids, each once.
func guarantees(ctx context.Context, b *client.Beneficiary, field string, ids []string) (found []wire.Guarantee, err error) {
	for after := ""; ; {
		page, err := b.Guarantees(ctx, after)
		if err != nil {
			return nil, err
		}
		for _, g := range page.Items {
			if slices.Contains(ids, g.ID) {
				found = append(found, g)
			}
		}
		after = page.Next
		if len(found) >= len(ids) || after == "" {
			break
		}
	}
	if len(found) != len(slices.Compact(slices.Sorted(slices.Values(ids)))) {
		return nil, &FieldError{field, "所选的保函中有本单位名下没有的；请刷新页面后重新选择"}
	}
	return found, nil
}
