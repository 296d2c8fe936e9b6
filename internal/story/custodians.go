package story

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"baohan/client"
	"baohan/client/wire"
)

// breakFirst ends one custodian and one institution before the deadline: the opening must need neither.
func (t *tale) breakFirst(ctx context.Context) error {
	err := errors.Join(t.Custodian(ctx, 0, false), t.Institution(ctx, t.Cast.Insurer, false))
	t.check(err == nil, "%s的代理和%s的系统被强行终止", t.custodian(t.lots[0], 0), t.Cast.Insurer.Party.Name)
	return err
}

// mendFirst sees that the missing custodian was noticed, and brings both back.
func (t *tale) mendFirst(ctx context.Context, who *client.Staff) error {
	lot, err := who.Lot(ctx, t.lots[0].ID)
	if err != nil {
		return err
	}
	t.check(len(lot.Awaited) == 1 && lot.Awaited[0].Custodian.Name == t.custodian(lot, 0) && lot.Awaited[0].Reason == "no_answer",
		"一个保管人断线，另两个照常开标，并对断线的%s告警", t.custodian(lot, 0))
	return errors.Join(t.Custodian(ctx, 0, true), t.Institution(ctx, t.Cast.Insurer, true))
}

// waitsForTwo sees an opening wait for two custodians by name, and brings one of them back.
func (t *tale) waitsForTwo(ctx context.Context, who *client.Staff, lot wire.Lot, h *hall) error {
	err := t.until(ctx, "开标等待保管人", func(ctx context.Context) (bool, error) {
		seen, err := who.Lot(ctx, lot.ID)
		return seen.State == "closed" && slices.ContainsFunc(seen.Awaited, t.named(lot, 0)) && slices.ContainsFunc(seen.Awaited, t.named(lot, 1)), err
	})
	t.check(err == nil, "两个保管人断线，开标等待，并指明在等%s和%s", t.custodian(lot, 0), t.custodian(lot, 1))
	if err != nil {
		return err
	}
	err = t.until(ctx, "大厅看到等待谁", func(context.Context) (bool, error) { return h.sawWaiting(t.named(lot, 0), t.named(lot, 1)), nil })
	t.check(err == nil, "大厅屏幕同样写明在等这两家，不显示名称和数量")
	_, early := who.Opening(ctx, lot.ID)
	t.check(refusedWith(early, http.StatusNotFound), "等待期间没有任何内容公开")
	err = t.Custodian(ctx, 1, true)
	t.check(err == nil, "%s恢复，开标自动继续", t.custodian(lot, 1))
	return err
}

func (t *tale) custodian(lot wire.Lot, holder int) string {
	return lot.Custodians.Keys[holder].Custodian.Name
}

func (t *tale) named(lot wire.Lot, holder int) func(wire.Awaited) bool {
	return func(a wire.Awaited) bool { return a.Custodian.Name == t.custodian(lot, holder) }
}
