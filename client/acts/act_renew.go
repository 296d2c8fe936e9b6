package acts

import (
	"context"

	"baohan/client"
	"baohan/client/wire"
)

var _ = register("renew-letter", renewLetter)

const shortWords = "这份保函不够用：标段延期后，它依其文本最多顺延到的最迟到期日早于现在的投标有效期，开标时“有效期”一项将为存疑。" +
	"请先为本标段重新申请一份；仍要用它递交的，请勾选“仍用不够用的保函”"

// renewLetter leads from a letter that no longer suffices, since its lot's deadline moved beyond it, to the application for
// another one, with what the old one says filled in: application. Which lot that is, this machine alone knows.
func renewLetter(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("application")
	if f.err != nil {
		return Result{}, f.err
	}
	b, err := d.bidder(ctx)
	if err != nil {
		return Result{}, err
	}
	lot, r, err := b.Applied(ctx, id)
	if err != nil {
		return Result{}, err
	}
	if lot == "" {
		return Result{}, spoken("本机没有这份申请的存底。它是为“" + lotWords(r.Lot) + "”申请的；请在“招标项目”中打开这个标段，按“比较报价，申请保函”重新申请。")
	}
	about, err := b.Lot(ctx, lot)
	if err != nil {
		return Result{}, err
	}
	if err := mayRenew(ctx, b, about, id); err != nil {
		return Result{}, err
	}
	fill := map[string][]string{}
	for _, p := range r.Applicants[1:] {
		fill["partner-name"], fill["partner-uscc"] = append(fill["partner-name"], p.Name), append(fill["partner-uscc"], p.USCC)
	}
	return Result{ID: lot, Says: "原保函（" + r.Guarantor.Name + "）是为“" + lotWords(r.Lot) + "”申请的，延期后不再够用。请选一家机构重新申请；开立后请写进投标。", Fill: fill}, nil
}

func mayRenew(ctx context.Context, b *client.Bidder, lot wire.Lot, id string) error {
	enough, err := b.Suffices(ctx, lot, id)
	switch {
	case err != nil:
		return err
	case lot.State != "published" || !b.Clock.Now().Before(lot.Deadline):
		return spoken("标段“" + lotWords(lot.Lot) + "”现在不能申请保函：投标已经截止，或者招标已经终止。请查看标段的页面。")
	case enough:
		return spoken("这份保函的最迟到期日满足标段“" + lotWords(lot.Lot) + "”现在的投标有效期，不用重新申请。是否安全到达，请按“核对我的保函”。")
	}
	return nil
}

// shortOf warns of an own bid whose letter no longer suffices, where this machine knows it; else it is empty.
func shortOf(ctx context.Context, d Desk, application string) string {
	b, err := d.bidder(ctx)
	if err != nil || application == "" {
		return ""
	}
	draft, err := b.Draft(ctx, application)
	if err != nil {
		return ""
	}
	lot, err := b.Lot(ctx, draft.Lot)
	if err != nil || lot.State != "published" {
		return ""
	}
	if enough, err := b.Suffices(ctx, lot, application); err != nil || enough {
		return ""
	}
	return "请注意：标段延期后，这份投标写明的保函不再够用。请重新申请一份保函，并在截止前修改投标，写明新的保函。"
}
