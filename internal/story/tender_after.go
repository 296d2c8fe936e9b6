package story

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// after is what follows the opening: result, demand, award, contract, releases.
func (x *tender) after(ctx context.Context) error {
	return x.inOrder(
		scene{"撤销的投标：招标人看索赔须知，凭保函索赔（条例35）", func() error { return x.present(ctx) }},
		scene{"评标委员会否决保函短一天的投标，不是主持人；评标结果由交易中心签名提交", func() error { return x.evaluate(ctx) }},
		scene{"中标候选人公示三日；一件异议已答复", func() error { return x.announce(ctx) }},
		scene{"公示期满前不能定标，期满即可", func() error { return x.awarded(ctx) }},
		scene{"银行五个工作日内审查，相符付款", func() error {
			return x.honoured(ctx, x.Cast.Invest, x.offers[3].letter, tenderHonour, x.one().Amount)
		}},
		scene{"签约：解除的时钟开始，跨过国庆节", func() error { return x.contracted(ctx) }},
		scene{"一次签名解除未中标人的保函；现金同日退还", func() error { return x.releaseLosers(ctx) }},
		scene{"中标人的保函到期没有解除：行政监督看得到；补签之后清空", func() error { return x.overdue(ctx) }},
		scene{"没有一条报文送不到，机构全部确认；各方账目一致", func() error { return x.delivered(ctx) }},
		scene{"标段的每件大事都在透明日志里，逐件有两家见证人签署的证明", func() error { return x.logOfLot(ctx) }},
		scene{"二标段从头到尾没有解封", func() error { return x.stillSealed(ctx) }},
	)
}

// present reads the sheet before it demands, and hands in what the sheet asks for.
func (x *tender) present(ctx context.Context) error {
	if err := x.move(ctx, tenderDemand); err != nil {
		return err
	}
	h := x.offers[3].letter
	g, err := x.stands(ctx, x.Cast.Invest, h.id, func(wire.Guarantee) bool { return true })
	if err != nil {
		return err
	}
	b, err := x.beneficiary(ctx, x.Cast.Invest)
	if err != nil {
		return err
	}
	s, err := b.DemandSheet(ctx, h.id)
	if err != nil {
		return err
	}
	const reason = "withdrawn_after_deadline"
	i := slices.IndexFunc(s.Reasons, func(r wire.SheetReason) bool { return r.Code == reason })
	x.check(i >= 0 && s.Bid == "revoked" && s.Warning != "" && s.Claimable == x.one().Amount, "须知写明：%s", s.Warning)
	if i < 0 {
		return nil
	}
	var files []wire.File
	var wants []string
	for _, d := range s.Documents {
		if !slices.Contains(s.Reasons[i].Documents, d.Kind) {
			continue
		}
		if wants = append(wants, d.Words); !d.ByItself {
			files = append(files, evidence(d.Kind, d.Words+".txt"))
		}
	}
	in, err := b.Demand(ctx, g, client.Claim{Amount: g.Amount, Reason: reason,
		Statement: "投标人因自身原因未在规定时间内解密，视为撤销投标文件（电子招标投标办法第三十一条），行政监督已确认",
		Payee:     letter.Account{Name: x.Cast.Invest.Party.Name, Number: "430000120260916", Bank: "长沙演示支行"}, Files: files})
	if err != nil {
		return err
	}
	d, err := b.DemandOf(ctx, in.Demand)
	if err != nil {
		return err
	}
	by, err := calendar.Published().AddWorkingDays(calendar.DateOf(tenderDemand), 5)
	if err != nil {
		return err
	}
	x.check(d.State == "examining" && len(d.Missing) == 0 && calendar.DateOf(d.ExamineBy.Add(-1)) == by,
		"单据齐全（%s），审查到 %s 24 时（五个工作日，其中一个星期日上班）", strings.Join(wants, "、"), by)
	return nil
}

// judged is the committee's result: the letter that is a day short does not stand, and its bid is rejected.
func (x *tender) judged(e letter.Evaluation, s letter.Sheet) letter.Evaluation {
	e.Committee = 5
	for _, id := range s.Doubtful {
		e.Letters = append(e.Letters, letter.LetterFinding{Letter: id, Verdict: letter.FindingInvalid, Reason: "保函有效期短于招标文件要求一天"})
	}
	for _, b := range s.Bids {
		v := letter.BidVerdict{Bid: b.ID, Verdict: letter.BidAccepted}
		switch b.ID {
		case x.offers[2].bid:
			v.Verdict, v.Reason = letter.BidRejected, "投标保证金的有效期短于投标有效期，未响应招标文件的实质性要求"
		case x.offers[3].bid:
			v.Verdict, v.Reason = letter.BidRejected, "投标人原因未解密，视为撤销投标文件"
		}
		e.Bids = append(e.Bids, v)
	}
	for i, o := range []*offer{x.offers[0], x.offers[1], x.offers[4]} {
		e.Candidates = append(e.Candidates, letter.Candidate{Rank: i + 1, Bidder: o.bidder.Party, Price: o.price})
	}
	return e
}

func (x *tender) evaluate(ctx context.Context) error {
	if err := x.move(ctx, tenderResult); err != nil {
		return err
	}
	system, err := client.NewBidSystem(x.known(), x.Centre.Identity(), x.Certificates...)
	if err != nil {
		return err
	}
	e, sheet, err := system.Evaluation(ctx, x.one())
	if err != nil {
		return err
	}
	x.check(len(sheet.Doubtful) == 1 && sheet.Doubtful[0] == x.offers[2].letter.id, "存疑清单只有短一天的那一份")
	x.verdict = x.judged(e, sheet)
	host, err := client.NewBidSystem(x.known(), x.Cast.Agent.Identity(), x.Certificates...)
	if err != nil {
		return err
	}
	_, err = host.HandInEvaluation(ctx, x.one().ID, x.verdict)
	x.check(refusedWith(err, http.StatusNotFound), "主持人提交同样的结果：没有这个操作（404），它也没有别的办法否决投标")
	taken, err := system.HandInEvaluation(ctx, x.one().ID, x.verdict)
	if err != nil {
		return err
	}
	x.check(taken.Edition == 1, "第 1 版评标结果受理")
	return x.secretUntilNotice(ctx)
}

// secretUntilNotice: the result is read by who runs the tender and by no bidder (招标投标法44).
func (x *tender) secretUntilNotice(ctx context.Context) error {
	b, err := x.bidder(ctx, x.offers[0].bidder)
	if err != nil {
		return err
	}
	_, err = b.Evaluation(ctx, x.one().ID, 0)
	x.check(refusedWith(err, http.StatusNotFound), "公示之前投标人看不到评标结果")
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	got, err := agent.Evaluation(ctx, x.one().ID, 0)
	if err != nil {
		return err
	}
	content, err := x.byCentre(got.Signed)
	if err != nil {
		return err
	}
	same, err := letter.ParseEvaluation(content)
	x.check(err == nil && slices.Equal(same.Bids, x.verdict.Bids) && slices.Equal(same.Candidates, x.verdict.Candidates), "签名原文就是委员会的结果")
	_, err = agent.Award(ctx, x.one().ID, x.award())
	x.check(coded(err, "award.no_notice"), "没有公示不能定标")
	return nil
}

func (x *tender) award() wire.Award {
	return wire.Award{Winner: x.offers[0].bidder.Party.USCC, NoticedOn: calendar.DateOf(x.Clock.Now())}
}

func (x *tender) announce(ctx context.Context) error {
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	if _, err := agent.Announce(ctx, x.one().ID, wire.Announce{}); err != nil {
		return err
	}
	notices, err := agent.Candidates(ctx, x.one().ID)
	if err != nil {
		return err
	}
	last, err := calendar.Published().LastDay(calendar.DateOf(tenderResult), 3)
	if err != nil {
		return err
	}
	x.check(len(notices) == 1 && notices[0].LastDay == last && len(notices[0].Candidates) == 3 && len(notices[0].Rejected) == 2, "三名候选人公示到 %s 24 时，两份否决各写明理由", last)
	if err := x.move(ctx, tenderObject); err != nil {
		return err
	}
	b, err := x.bidder(ctx, x.offers[2].bidder)
	if err != nil {
		return err
	}
	o, err := b.Object(ctx, x.one().ID, "我方保函仅短一天，不影响担保责任，请求复核", "")
	if err != nil {
		return err
	}
	if err := x.move(ctx, tenderAnswer); err != nil {
		return err
	}
	if agent, err = x.agent(ctx); err != nil {
		return err
	}
	done, err := agent.AnswerObjection(ctx, o.ID, wire.AnswerObjection{Words: "经评标委员会复核，有效期是招标文件的实质性要求，维持原结果"})
	x.check(err == nil && done.State == "answered", "被否决的一家提出异议，三日内答复")
	return err
}

// awarded: the last minute of the notice is too early, its end is not.
func (x *tender) awarded(ctx context.Context) error {
	last, err := calendar.Published().LastDay(calendar.DateOf(tenderResult), 3)
	if err != nil {
		return err
	}
	if err := x.move(ctx, last.EndOfDay().Add(-time.Minute)); err != nil {
		return err
	}
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	_, err = agent.Award(ctx, x.one().ID, x.award())
	x.check(coded(err, "award.notice_running"), "%s 23:59 定标被拒绝", last)
	if err := x.move(ctx, last.EndOfDay().Add(time.Microsecond)); err != nil {
		return err
	}
	if agent, err = x.agent(ctx); err != nil {
		return err
	}
	lot, err := agent.Award(ctx, x.one().ID, x.award())
	if err != nil {
		return err
	}
	notices, err := agent.Awards(ctx, x.one().ID)
	x.check(err == nil && lot.State == "awarded" && len(notices) == 1 && notices[0].Evaluation == 1 && notices[0].Winner == x.offers[0].bidder.Party.USCC,
		"24 时一过，第一候选人中标，依据第 1 版评标结果")
	return err
}

// due are the letters whose release the contract asks for.
func (x *tender) due() []*held {
	return []*held{x.offers[0].letter, x.offers[1].letter, x.offers[2].letter}
}

func (x *tender) contracted(ctx context.Context) error {
	if err := x.contract(ctx, x.Cast.Agent, "agent", x.one(), tenderContract, x.Cast.Invest, x.due()...); err != nil {
		return err
	}
	for _, h := range x.due() {
		g, err := x.stands(ctx, x.Cast.Invest, h.id, func(wire.Guarantee) bool { return true })
		if err != nil {
			return err
		}
		k := g.ReleaseClock
		counted, err := calendar.Published().Count(calendar.Clock{Kind: "release", Law: "招标投标法实施条例第五十七条", From: calendar.DateOf(tenderContract), Days: 5, Unit: calendar.CalendarDays})
		if err != nil {
			return err
		}
		x.check(k != nil && k.Clock == counted && strings.Contains(k.Words, "五十七"), "%s：%s", g.Number, wordsOf(k))
	}
	g, err := x.stands(ctx, x.Cast.Invest, x.offers[3].letter.id, func(wire.Guarantee) bool { return true })
	x.check(err == nil && g.Instrument == "paid_out" && g.ReleaseClock == nil, "已付清的一份没有解除的时钟")
	return err
}

func wordsOf(k *wire.Clock) string {
	if k == nil {
		return "没有时钟"
	}
	return k.Words
}
