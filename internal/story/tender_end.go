package story

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// releaseLosers signs once for the letters of those who did not win, and has the deposit in cash go back.
func (x *tender) releaseLosers(ctx context.Context) error {
	if err := x.move(ctx, tenderRelease); err != nil {
		return err
	}
	losers := x.due()[1:]
	var page []wire.Guarantee
	for _, h := range losers {
		g, err := x.stands(ctx, x.Cast.Invest, h.id, func(wire.Guarantee) bool { return true })
		if err != nil {
			return err
		}
		page = append(page, g)
	}
	b, err := x.beneficiary(ctx, x.Cast.Invest)
	if err != nil {
		return err
	}
	stop := x.interrupt(ctx)
	if err := x.persist(ctx, func() error {
		done, err := b.ReleaseLot(ctx, x.one(), page, "合同已签订，投标担保义务解除")
		if err == nil {
			x.check(!done.ReceivedAt.IsZero() && len(done.Letters) == 2, "一份签名通知，一份回执，%d 份保函", len(done.Letters))
		}
		return err
	}); err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	for _, h := range losers {
		g, err := x.stands(ctx, x.Cast.Invest, h.id, func(g wire.Guarantee) bool { return g.Release == "acknowledged" })
		if err != nil {
			return err
		}
		x.check(g.Instrument == "released" && calendar.DateOf(x.Clock.Now()).Before(g.ReleaseBy), "%s 已解除，机构已确认，早于 %s", g.Number, g.ReleaseBy)
	}
	return x.refund(ctx)
}

// refund notes what the centre's bank has paid back. The platform moves no money.
func (x *tender) refund(ctx context.Context) error {
	centre, err := x.staffOf(ctx, x.Centre, "centre")
	if err != nil {
		return err
	}
	payer := x.offers[4]
	entry := x.arrived(payer.bidder)
	if _, err := centre.NoteRefund(ctx, x.one().ID, wire.NoteRefund{Entry: entry.ID, Reference: "TK20260929001", Interest: yuan("62.50"), RefundedOn: calendar.DateOf(tenderRelease)}); err != nil {
		return err
	}
	all, err := centre.Securities(ctx, x.one().ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all.Bids, func(s wire.Security) bool { return s.Bid == payer.bid })
	if i < 0 || len(all.Bids[i].Payments) != 1 {
		x.check(false, "保证金查询没有列出%s的现金", payer.bidder.Party.Name)
		return nil
	}
	p := all.Bids[i].Payments[0]
	by, err := calendar.Published().LastDay(calendar.DateOf(tenderContract), 5)
	x.check(err == nil && p.Refund != nil && p.Refund.Amount == entry.Amount && !p.Overdue && p.RefundDueBy == by && p.Law != "" && len(all.Unmatched) == 0,
		"现金 %s 元连同利息已退还%s，期限 %s（%s）", entry.Amount, payer.bidder.Party.Name, p.RefundDueBy, p.Law)
	return err
}

// overdue leaves the winner's letter past its legal day, which the supervisor sees (条例66), and then has it released.
func (x *tender) overdue(ctx context.Context) error {
	if err := x.move(ctx, tenderOverdue); err != nil {
		return err
	}
	supervisor, err := x.staffOf(ctx, x.Supervisor, "supervisor")
	if err != nil {
		return err
	}
	winner := x.offers[0].letter
	page, err := supervisor.Overdue(ctx, "")
	if err != nil {
		return err
	}
	if len(page.Items) == 1 {
		late := page.Items[0]
		x.check(late.Guarantee == winner.id && late.Days == 1 && slices.Equal(late.Unsigned, []string{x.Cast.Invest.Party.USCC}) && len(page.Demands) == 0,
			"逾期报告只有 %s：逾期 %d 天，还缺%s签名（条例66）", late.Number, late.Days, x.Cast.Invest.Party.Name)
	} else {
		x.check(false, "逾期报告列出 %d 份，应为 1 份", len(page.Items))
	}
	if err := x.release(ctx, x.Cast.Invest, winner); err != nil {
		return err
	}
	if _, err := x.stands(ctx, x.Cast.Invest, winner.id, func(g wire.Guarantee) bool { return g.Release == "acknowledged" }); err != nil {
		return err
	}
	page, err = supervisor.Overdue(ctx, "")
	x.check(err == nil && len(page.Items) == 0 && len(page.Demands) == 0, "补签之后，逾期报告为空")
	return err
}

// delivered: the platform's own people find nothing that was given up.
func (x *tender) delivered(ctx context.Context) error {
	operator, err := x.staffOf(ctx, x.Operator, "operator")
	if err != nil {
		return err
	}
	dead, err := operator.Deliveries(ctx)
	if err != nil {
		return err
	}
	jobs, err := operator.Jobs(ctx)
	if err != nil {
		return err
	}
	x.check(len(dead) == 0 && len(jobs) == 0, "没有送不到的报文，没有放弃的任务")
	x.agree(ctx, x.Cast.Bank, x.Cast.Company, x.Cast.Insurer)
	return nil
}

// logOfLot checks every fact of the lot in the log by its proof, and leaves the proofs behind.
func (x *tender) logOfLot(ctx context.Context) error {
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	_, trust, err := x.outsider()
	if err != nil {
		return err
	}
	var entries []letter.LogEntry
	proven := func(e letter.LogEntry) bool {
		p, ok := e.Proof()
		if !ok {
			return false
		}
		_, _, err := p.Verify(trust)
		return err == nil
	}
	if err := x.until(ctx, "日志收入标段的事项并经见证", func(ctx context.Context) (bool, error) {
		entries, err = agent.LotLog(ctx, x.one().ID)
		return err == nil && len(entries) > 0 && !slices.ContainsFunc(entries, func(e letter.LogEntry) bool { return !proven(e) }), err
	}); err != nil {
		return err
	}
	var kinds []string
	for _, e := range entries {
		kinds = append(kinds, e.Fact.Kind)
	}
	want := []string{"publish", "close", "open", "hall_begun", "hall_read", "hall_attributed", "hall_record", "hall_ended", "evaluate", "award", "contract"}
	missing := slices.DeleteFunc(slices.Clone(want), func(k string) bool { return slices.Contains(kinds, k) })
	x.check(len(missing) == 0, "%d 件：%v，缺 %v", len(entries), kinds, missing)
	b, err := wire.Write(entries)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(x.Out, "log-"+x.one().Lot.Code+".json"), b, 0o644)
}
