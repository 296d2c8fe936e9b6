package story

import (
	"context"
	"errors"
	"net/http"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// secondNotice is the notice of lot two. Printed: names, estimate, security. Supplemented: tenderer, codes, deadline,
// forms, validity.
func (t *tale) secondNotice() notice {
	return notice{
		project: wire.CreateProject{Code: "ZYGS-2020-02", Name: "肇源县城市供水管网漏损治理项目", Regime: "招投标",
			Beneficiary: []letter.Party{t.Cast.County.Party}},
		lot: wire.AddLot{Code: "ZYGS-2020-02-3", Name: "三标段", Base: yuan("12522994.31"), Amount: yuan("120000.00"), Forms: everyForm,
			End: letter.EndRule{Deadline: twoFirst, ValidityDays: 90, ExtraDays: 28}},
	}
}

func (t *tale) secondLot(ctx context.Context) error {
	var winner, second, third, unnamed *held
	c := t.Cast
	return t.inOrder(
		scene{"招标人发布第二标段公告（招标人、截止时间、有效期为补充）", func() (err error) {
			if err := t.move(ctx, twoPublish); err != nil {
				return err
			}
			county, err := t.staffOf(ctx, c.County, "beneficiary")
			if err != nil {
				return err
			}
			t.lots[1], err = t.publish(ctx, county, t.secondNotice())
			return err
		}},
		scene{"四家投标人各自取得保函，其中一家在保险公司柜台购买；平台进程中途被强行终止也不丢失", func() (err error) {
			if err := t.move(ctx, twoBuy); err != nil {
				return err
			}
			stop := t.interrupt(ctx)
			if winner, err = t.buy(ctx, c.Bidders[0], t.lots[1], c.Company, true); err != nil {
				return err
			}
			if second, err = t.buy(ctx, c.Bidders[1], t.lots[1], c.Bank, false); err != nil {
				return err
			}
			if err := stop(); err != nil {
				return err
			}
			if third, err = t.buyAtCounter(ctx, c.Bidders[2], t.lots[1], c.Insurer); err != nil {
				return err
			}
			unnamed, err = t.buy(ctx, c.Bidders[3], t.lots[1], c.Bank, false)
			return err
		}},
		scene{"招标文件有澄清，截止时间推迟一周：交易中心和行政监督共同签署，保函自动顺延", func() error {
			return t.postpone(ctx, winner, second, third, unnamed)
		}},
		scene{"三家投标，第四家买了保函但不投标；开标时两个保管人断线，等到一个恢复；其间一份保函的密文损坏", func() error { return t.openSecond(ctx, winner, second, third) }},
		scene{"一份银行保函无法解封：投标人出示自存副本，行政监督签名认可，保函照常有效（应急）", func() error { return t.emergency(ctx, second) }},
		scene{"数据修复后平台自动复核", func() error { return t.verifiedAgain(ctx, second) }},
		scene{"定标后中标人无正当理由拒绝签约（条例74）", func() error { return t.refuse(ctx, winner, second, third) }},
		scene{"招标人凭单据索赔，先缺后补", func() error { return t.demand(ctx, winner) }},
		scene{"担保公司五个工作日内审查，相符付款", func() error { return t.honour(ctx, winner) }},
		scene{"下一候选人中标，迟迟不交履约保证金：招标人索赔，愿以延期代替付款；申请人同意，银行修改保函", func() error {
			if err := t.nextAward(ctx, second, third); err != nil {
				return err
			}
			return t.extended(ctx, second)
		}},
		scene{"下一候选人签约，其保函签名解除", func() error { return t.nextContract(ctx, second, third) }},
		scene{"状态清单：已赔付、已解除的保函离线也能识别", func() error { return t.statusList(ctx, winner, second, third, unnamed) }},
		scene{"未解除的保函到期，未被指明的保函到最迟到期日自行失效", func() error { return t.expire(ctx, third, unnamed) }},
		scene{"各方账目", func() error { t.agree(ctx, c.Bank, c.Company, c.Insurer); return nil }},
	)
}

// interrupt kills the platform while the story goes on, and returns how to wait until it is back.
func (t *tale) interrupt(ctx context.Context) (wait func() error) {
	if t.Kill == nil {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() { done <- t.Kill(ctx) }()
	return func() error {
		err := <-done
		t.check(err == nil, "平台被 SIGKILL 后重新就绪")
		return err
	}
}

func (t *tale) openSecond(ctx context.Context, named ...*held) error {
	if err := t.move(ctx, twoBid); err != nil {
		return err
	}
	for i, h := range named {
		if _, err := t.bid(ctx, h, t.lots[1], []string{"11980000.00", "12100000.00", "12235000.00"}[i]); err != nil {
			return err
		}
	}
	if err := errors.Join(t.Custodian(ctx, 0, false), t.Custodian(ctx, 1, false)); err != nil {
		return err
	}
	hall, err := t.watch(ctx, t.lots[1])
	if err != nil {
		return err
	}
	if err := t.move(ctx, twoDeadline); err != nil {
		return err
	}
	stop := t.interrupt(ctx)
	if err := stop(); err != nil {
		return err
	}
	county, err := t.staffOf(ctx, t.Cast.County, "beneficiary")
	if err != nil {
		return err
	}
	named[1].spoilt = true
	if err := t.Spoil(ctx, named[1].id); err != nil {
		return err
	}
	if err := t.waitsForTwo(ctx, county, t.lots[1], hall); err != nil {
		return err
	}
	o, err := t.opened(ctx, county, t.lots[1])
	if err != nil {
		return err
	}
	return errors.Join(t.checkOpening(o, t.lots[1], 3, named...), t.watched(ctx, hall), t.sheet(ctx, county, t.lots[1], 1, named...),
		t.Custodian(ctx, 0, true))
}

func (t *tale) refuse(ctx context.Context, all ...*held) error {
	if err := t.move(ctx, twoAward); err != nil {
		return err
	}
	county, err := t.staffOf(ctx, t.Cast.County, "beneficiary")
	if err != nil {
		return err
	}
	if _, err := county.Award(ctx, t.lots[1].ID, t.award(all...)); err != nil {
		return err
	}
	if err := t.move(ctx, twoRefuse); err != nil {
		return err
	}
	if county, err = t.staffOf(ctx, t.Cast.County, "beneficiary"); err != nil {
		return err
	}
	_, err = county.Refuse(ctx, t.lots[1].ID, wire.Refuse{Reason: "refused_contract",
		Evidence: signing.Sum([]byte("催告函及送达回执"))})
	t.check(err == nil, "取消其中标资格并留存证据摘要")
	g, standsErr := t.stands(ctx, t.Cast.County, all[0].id, func(g wire.Guarantee) bool { return g.Instrument == "issued" })
	t.check(standsErr == nil && g.Release == "none", "其保函继续有效，不进入解除")
	return err
}

func (t *tale) award(all ...*held) wire.Award {
	a := wire.Award{Winner: all[0].bidder.Party.USCC, NoticedOn: calendar.DateOf(t.Clock.Now())}
	for _, h := range all {
		a.Candidates = append(a.Candidates, h.bidder.Party.USCC)
	}
	return a
}

// demand presents without the statement of default that the wording asks for, and completes the next day.
func (t *tale) demand(ctx context.Context, h *held) error {
	if err := t.move(ctx, twoDemand); err != nil {
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
	in, err := b.Demand(ctx, g, client.Claim{Amount: g.Amount, Reason: "refused_contract",
		Statement: "中标人收到中标通知书后三十日内无正当理由不与招标人订立合同（招标投标法实施条例第七十四条）",
		Payee:     letter.Account{Name: t.Cast.County.Party.Name, Number: "230622000120200415", Bank: "肇源县演示支行"},
		Files:     []wire.File{evidence("award_notice", "中标通知书.txt")}, CompleteLater: true})
	if err != nil {
		return err
	}
	t.check(!in.ReceivedAt.IsZero() && in.Demand != "", "索赔一经到达即有收到时间")
	d, err := b.DemandOf(ctx, in.Demand)
	if err != nil {
		return err
	}
	t.check(d.State == "incomplete" && len(d.Missing) == 1 && d.Missing[0] == "default_statement", "缺违约说明，一次性告知，等待补正")
	if _, err := b.Release(ctx, g, "试解除"); true {
		t.check(refusedWith(err, http.StatusConflict), "有索赔在办，解除被拒绝")
	}
	return t.complete(ctx, in.Demand)
}

func evidence(kind letter.DocumentKind, name string) wire.File {
	return wire.File{Kind: kind, Name: name, Content: []byte(name + "（演示文件，补充）")}
}

func (t *tale) complete(ctx context.Context, demand string) error {
	if err := t.move(ctx, twoComplete); err != nil {
		return err
	}
	b, err := t.beneficiary(ctx, t.Cast.County)
	if err != nil {
		return err
	}
	d, err := b.DemandOf(ctx, demand)
	if err != nil {
		return err
	}
	if _, err := b.Complete(ctx, d, []wire.File{evidence("default_statement", "违约说明.txt")}); err != nil {
		return err
	}
	if d, err = b.DemandOf(ctx, demand); err != nil {
		return err
	}
	by, err := calendar.Published().AddWorkingDays(calendar.DateOf(twoComplete), 5)
	if err != nil {
		return err
	}
	t.check(d.State == "examining" && calendar.DateOf(d.ExamineBy.Add(-1)) == by, "补正后进入审查，最后一日为 %s（五个工作日）", by)
	return nil
}

// honour has the guarantor's people examine and pay, before their last day.
func (t *tale) honour(ctx context.Context, h *held) error {
	return t.honoured(ctx, t.Cast.County, h, twoHonour, t.lots[1].Amount)
}

func (t *tale) honoured(ctx context.Context, payee Member, h *held, on time.Time, amount letter.Fen) error {
	stop := t.interrupt(ctx)
	var waiting string
	err := t.until(ctx, "索赔到达机构", func(ctx context.Context) (bool, error) {
		q, err := desk[queue](ctx, t, h.bank, http.MethodGet, "/operator/queue", nil)
		for _, d := range q.Demands {
			if len(d.Discrepancies) == 0 {
				waiting = d.Demand
			}
		}
		return waiting != "", err
	})
	t.check(err == nil, "机构逐项核对单据，没有不符点")
	if err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	if err := t.move(ctx, on); err != nil {
		return err
	}
	if _, err := desk[struct{}](ctx, t, h.bank, http.MethodPost, "/operator/demands/"+waiting+"/honour", nil); err != nil {
		return err
	}
	g, err := t.stands(ctx, payee, h.id, func(g wire.Guarantee) bool { return g.Instrument == "paid_out" })
	if err != nil {
		return err
	}
	t.check(g.Paid == amount && len(g.Demands) == 1 && g.Demands[0].State == "honoured", "赔付 %s 元，保函付清", g.Paid)
	t.agree(ctx, h.bank)
	return nil
}

func (t *tale) nextAward(ctx context.Context, second, third *held) error {
	if err := t.move(ctx, twoNext); err != nil {
		return err
	}
	county, err := t.staffOf(ctx, t.Cast.County, "beneficiary")
	if err != nil {
		return err
	}
	_, err = county.Award(ctx, t.lots[1].ID, t.award(second, third))
	return err
}

func (t *tale) nextContract(ctx context.Context, second, third *held) error {
	if err := t.contract(ctx, t.Cast.County, "beneficiary", t.lots[1], twoContract, t.Cast.County, second, third); err != nil {
		return err
	}
	if err := t.move(ctx, twoRelease); err != nil {
		return err
	}
	if err := t.release(ctx, t.Cast.County, second); err != nil {
		return err
	}
	g, err := t.stands(ctx, t.Cast.County, second.id, func(g wire.Guarantee) bool { return g.Release == "acknowledged" })
	t.check(err == nil && g.Instrument == "released", "%s 已解除，机构已确认", g.Number)
	return err
}

// expire lets the clock end what nobody ended: the disclosed letter on its revealed day, the one that no bid named on
// its latest day, still sealed.
func (t *tale) expire(ctx context.Context, third, unnamed *held) error {
	if err := t.move(ctx, twoExpired); err != nil {
		return err
	}
	g, err := t.stands(ctx, t.Cast.County, third.id, func(g wire.Guarantee) bool { return g.Instrument == "expired" })
	if err != nil {
		return err
	}
	t.check(g.Expiry == date("2020-07-06"), "%s 于揭示的到期日 %s 24 时届满", g.Number, g.Expiry)
	b, err := t.bidder(ctx, unnamed.bidder)
	if err != nil {
		return err
	}
	a, err := b.Application(ctx, unnamed.id)
	t.check(err == nil && a.Instrument == "issued" && a.Disclosure == "sealed", "未被指明的 %s 仍密封，未到最迟到期日 %s", a.Number, a.LatestExpiry)
	if err := t.move(ctx, lastExpired); err != nil {
		return err
	}
	if b, err = t.bidder(ctx, unnamed.bidder); err != nil {
		return err
	}
	err = t.until(ctx, "最迟到期", func(ctx context.Context) (bool, error) {
		a, err = b.Application(ctx, unnamed.id)
		return a.Instrument == "expired", err
	})
	t.check(err == nil && a.Disclosure == "sealed", "到最迟到期日失效，始终没有解封")
	return err
}
