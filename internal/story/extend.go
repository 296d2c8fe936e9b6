package story

import (
	"context"
	"net/http"
	"os"
	"path/filepath"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// extended has the next candidate hesitate: the tenderer demands under its letter, and would rather have it last longer. The
// bidder agrees, the bank extends, and the demand is withdrawn by it.
func (t *tale) extended(ctx context.Context, h *held) error {
	if err := t.move(ctx, twoHesitates); err != nil {
		return err
	}
	g, err := t.stands(ctx, t.Cast.County, h.id, func(wire.Guarantee) bool { return true })
	if err != nil {
		return err
	}
	b, err := t.beneficiary(ctx, t.Cast.County)
	if err != nil {
		return err
	}
	to := g.Expiry.AddDays(60)
	in, err := b.Demand(ctx, g, client.Claim{Amount: g.Amount, Reason: "no_performance_security", ExtendTo: to,
		Statement: "中标人没有按照招标文件要求提交履约保证金，请求延长有效期等候其补交，否则付款",
		Payee:     letter.Account{Name: t.Cast.County.Party.Name, Number: "230622000120200415", Bank: "肇源县演示支行"}})
	if err != nil {
		return err
	}
	if err := t.heldByBank(ctx, h, in.Demand); err != nil {
		return err
	}
	if err := t.agreesToExtend(ctx, h, in.Demand); err != nil {
		return err
	}
	if g, err = t.stands(ctx, t.Cast.County, h.id, func(g wire.Guarantee) bool { return g.Expiry == to }); err != nil {
		return err
	}
	t.check(len(g.Amendments) == 1 && g.Instrument == "issued" && g.Claimable == g.Amount, "%s 经银行签名的修改函延长至 %s，金额不变", g.Number, g.Expiry)
	d, err := b.DemandOf(ctx, in.Demand)
	if err != nil {
		return err
	}
	t.check(d.State == "withdrawn" && d.Paid == 0 && d.Extension.Expiry == to, "索赔因延期视为撤回，没有付款")
	t.agree(ctx, h.bank)
	return t.amendedFile(ctx, b, h)
}

// heldByBank has the bank's people find the demand complying; their rule is to ask before they pay.
func (t *tale) heldByBank(ctx context.Context, h *held, demand string) error {
	if _, err := desk[struct{}](ctx, t, h.bank, http.MethodPost, "/operator/behaviour", map[string]string{"decision": "instant", "fault": "none", "extension": "extend"}); err != nil {
		return err
	}
	stop := t.interrupt(ctx)
	if err := t.until(ctx, "索赔到达机构", func(ctx context.Context) (bool, error) {
		q, err := desk[queue](ctx, t, h.bank, http.MethodGet, "/operator/queue", nil)
		for _, d := range q.Demands {
			if d.Demand == demand && len(d.Discrepancies) == 0 {
				return true, err
			}
		}
		return false, err
	}); err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	_, err := desk[struct{}](ctx, t, h.bank, http.MethodPost, "/operator/demands/"+demand+"/honour", nil)
	return err
}

func (t *tale) agreesToExtend(ctx context.Context, h *held, demand string) error {
	b, err := t.bidder(ctx, h.bidder)
	if err != nil {
		return err
	}
	var story wire.DemandStory
	if err := t.until(ctx, "银行请申请人答复", func(ctx context.Context) (bool, error) {
		all, err := b.DemandsAgainst(ctx, h.id)
		if err != nil || len(all.Items) != 1 {
			return false, err
		}
		story = all.Items[0]
		return story.Demand.State == "held", nil
	}); err != nil {
		return err
	}
	t.check(story.Demand.ID == demand && !story.Demand.Extension.ReplyBy.IsZero() && len(story.Demand.Clocks) == 1 && story.Demand.Clocks[0].Kind == "extension",
		"银行认定相符，暂缓付款，请申请人在 %s 以前答复", story.Demand.Extension.ReplyBy.Format("2006-01-02 15:04"))
	_, err = b.AnswerExtension(ctx, h.file.Undertaking, story, letter.ChooseExtend)
	t.check(err == nil, "申请人签名答复：同意延期")
	return err
}

// amendedFile takes the letter away with its amendment, and checks the end that now holds without the platform.
func (t *tale) amendedFile(ctx context.Context, b *client.Beneficiary, h *held) error {
	bytes, err := b.File(ctx, h.id)
	if err != nil {
		return err
	}
	f, err := letter.ParseFile(bytes)
	if err != nil {
		return err
	}
	t.check(t.verify(bytes, letter.Deadline(t.lots[1].Deadline)) && len(f.Amendments) == 1, "离线核对：%s 经 1 次修改，有效期至 %s 24 时", f.Undertaking.Number, f.Expiry())
	f.Amendments[0].Amendment.Expiry = f.Expiry().AddDays(1)
	_, err = f.Canonical()
	t.check(err != nil, "修改函改动一天，离线核对不通过")
	file := filepath.Join(t.Out, f.Undertaking.Number+"-extended.json")
	if err := os.WriteFile(file, bytes, 0o644); err != nil { //nolint:gosec // for everyone
		return err
	}
	t.papers++
	t.proofs.begin(ctx, file)
	return nil
}
