package story

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// firstNotice is the notice of lot one. Printed: names, deadline, security, cash and bank guarantee. Supplemented:
// project code, estimate, the other forms, validity.
func (t *tale) firstNotice() notice {
	const title = "长沙绕城高速西南段及机场高速2020-2022年养护工程施工"
	return notice{
		project: wire.CreateProject{Code: "CSRC-2019-01", Name: title, Regime: "招投标",
			Beneficiary: []letter.Party{t.Cast.Invest.Party, t.Cast.RingRoad.Party}},
		lot: wire.AddLot{Code: "CSRC-2019-01-YH", Name: title, Base: yuan("46800000.00"), Amount: yuan("800000.00"), Forms: everyForm,
			End: letter.EndRule{Deadline: FirstDeadline, ValidityDays: 120, ExtraDays: 28}},
	}
}

func (t *tale) firstLot(ctx context.Context) error {
	var blind, manual, last *held
	c := t.Cast
	return t.inOrder(
		scene{"透明日志已开始，两家见证人跟随", func() error { return t.firstHead(ctx) }},
		scene{firstTitle, func() error { return t.publishFirst(ctx) }},
		scene{"投标人用证书登录并比价", func() error { return t.compareQuotes(ctx) }},
		scene{"第一家投标人向银行购买密文保函，即时开立", func() (err error) {
			blind, err = t.buy(ctx, c.Bidders[0], t.lots[0], c.Bank, false)
			return err
		}},
		scene{"第二家投标人向担保公司申请，人工审核后全文密封开立", func() (err error) {
			manual, err = t.buy(ctx, c.Bidders[1], t.lots[0], c.Company, true)
			return err
		}},
		scene{"第三家投标人被担保公司拒绝", func() error { return t.decline(ctx) }},
		scene{"第三家投标人改向保险公司投保", func() (err error) {
			last, err = t.buy(ctx, c.Bidders[2], t.lots[0], c.Insurer, false)
			return err
		}},
		scene{"三家投标人递交投标文件，各自指明保函", func() error { return t.handIn(ctx, blind, manual, last) }},
		scene{"开标前，除本人外谁也看不到", func() error { return t.silence(ctx, blind) }},
		scene{"开标前，搜遍数据库每一行和平台、数据库的日志", func() error { return t.search(ctx, blind, manual, last) }},
		scene{"开标当时，交易中心的保管人代理和保险公司断线", func() error { return t.breakFirst(ctx) }},
		scene{"截止时间一到，系统自动截标、开标、解封", func() error { return t.openFirst(ctx, blind, manual, last) }},
		scene{"公开的保函文件可离线核对", func() error { return t.published(ctx, blind, manual, last) }},
		scene{"机构收到揭示记录，双方对账", func() error { t.agree(ctx, c.Bank, c.Company, c.Insurer); return nil }},
		scene{"定标、签约，解除时限开始", func() error { return t.contractFirst(ctx, blind, manual, last) }},
		scene{"两个受益人先后签名解除", func() error { return t.releaseJointly(ctx, blind, manual, last) }},
		scene{"机构确认解除，第一标段办结", func() error { return t.acknowledged(ctx, blind, manual, last) }},
	)
}

const firstTitle = "代理机构发布第一标段公告（估算价、有效期、担保公司和保险形式为补充）"

func (t *tale) publishFirst(ctx context.Context) error {
	agent, err := t.staffOf(ctx, t.Cast.Agent, "agent")
	if err != nil {
		return err
	}
	t.lots[0], err = t.publish(ctx, agent, t.firstNotice())
	t.check(err == nil && t.lots[0].Amount.Capital() == "捌拾万元整", "金额大写为捌拾万元整")
	return err
}

// scene is one step with its title.
type scene struct {
	title string
	do    func() error
}

func (t *tale) inOrder(scenes ...scene) error {
	for _, s := range scenes {
		if err := t.step(s.title, s.do); err != nil {
			return err
		}
	}
	return nil
}

func (t *tale) compareQuotes(ctx context.Context) error {
	if err := t.move(ctx, oneBuy); err != nil {
		return err
	}
	b, err := t.bidder(ctx, t.Cast.Bidders[0])
	if err != nil {
		return err
	}
	quotes, err := b.Quotes(ctx, t.lots[0].ID)
	if err != nil {
		return err
	}
	ladder := letter.LadderCeiling(t.lots[0].Amount)
	t.check(len(quotes) == 3, "三家机构都有报价")
	t.check(slices.IsSortedFunc(quotes, func(a, b wire.Quote) int { return int(a.Fee - b.Fee) }), "按保费由低到高排列，不收排位费")
	t.check(!slices.ContainsFunc(quotes, func(q wire.Quote) bool { return q.Ceiling != ladder || q.Discloses == "" }),
		"最高金额都在公布档位 %s 上，并写明谁在开标前知道什么", ladder)
	return nil
}

// decline is the third bidder's first attempt. One live application per lot and bidder; a refusal says why and frees
// the lot.
func (t *tale) decline(ctx context.Context) error {
	m, company := t.Cast.Bidders[2], t.Cast.Company
	b, draft, err := t.apply(ctx, m, t.lots[0], company)
	if err != nil {
		return err
	}
	if err := t.waiting(ctx, company, draft.ID); err != nil {
		return err
	}
	_, second, err := t.apply(ctx, m, t.lots[0], t.Cast.Insurer)
	t.check(refusedWith(err, http.StatusConflict) && second.ID != draft.ID, "同一标段已有申请在办，第二份被拒绝")
	const reason = "反担保措施不足，不予承保"
	if _, err := desk[wire.Decision](ctx, t, company, http.MethodPost, "/operator/applications/"+draft.ID+"/decline",
		map[string]string{"reason": reason}); err != nil {
		return err
	}
	err = t.until(ctx, "拒绝", func(ctx context.Context) (bool, error) {
		a, err := b.Application(ctx, draft.ID)
		return a.Application == "declined" && a.Reason == reason, err
	})
	t.check(err == nil, "投标人看到拒绝及理由“%s”", reason)
	return err
}

// silence asks as everybody else, before the opening.
func (t *tale) silence(ctx context.Context, h *held) error {
	rival, err := t.bidder(ctx, t.Cast.Bidders[1])
	if err != nil {
		return err
	}
	_, foreign := rival.Application(ctx, h.id)
	_, absent := rival.Application(ctx, "0123456789abcdef0123456789abcdef")
	t.check(refusedWith(foreign, http.StatusNotFound) && foreign.Error() == absent.Error(), "别家投标人查他人的申请与查不存在的申请，答复相同")
	_, err = rival.File(ctx, h.id)
	t.check(refusedWith(err, http.StatusNotFound), "保函文件不公开")
	tenderer, err := t.beneficiary(ctx, t.Cast.Invest)
	if err != nil {
		return err
	}
	page, err := tenderer.Guarantees(ctx, "")
	t.check(err == nil && len(page.Items) == 0, "招标人看不到任何保函")
	agent, err := t.staffOf(ctx, t.Cast.Agent, "agent")
	if err != nil {
		return err
	}
	_, err = agent.Opening(ctx, t.lots[0].ID)
	t.check(refusedWith(err, http.StatusNotFound), "没有开标记录可看")
	_, err = agent.Open(ctx, t.lots[0].ID)
	t.check(refusedWith(err, http.StatusNotFound), "开标不归代理机构，其要求被拒绝")
	centre, err := t.staffOf(ctx, t.Centre, "centre")
	if err != nil {
		return err
	}
	_, err = centre.Open(ctx, t.lots[0].ID)
	t.check(refusedWith(err, http.StatusConflict), "截止前交易中心要求开标也被拒绝")
	return nil
}

// search looks for who bids on what in every table. It must find what is public where it is public, or it would find
// nothing anywhere.
func (t *tale) search(ctx context.Context, all ...*held) error {
	registers := []string{"organisation", "certificate"}
	notices := []string{"project", "lot", "lot_event"}
	needles := []Needle{{"标段编号", t.lots[0].Lot.Code, notices}, {"项目名称", t.lots[0].Lot.ProjectName, notices}}
	var controls []Needle
	for _, h := range all {
		p := h.bidder.Party
		needles = append(needles, Needle{p.Name, p.Name, registers}, Needle{p.Name + "的信用代码", p.USCC, registers})
	}
	for _, n := range needles {
		controls = append(controls, Needle{n.Name, n.Text, nil})
	}
	seen, err := t.Search(ctx, controls)
	if err != nil {
		return err
	}
	t.check(len(seen) >= len(needles), "搜索工具有效：在公开的登记表和公告表中找得到")
	found, err := t.Search(ctx, needles)
	if err != nil {
		return err
	}
	for _, n := range needles {
		hit := slices.ContainsFunc(found, func(f string) bool { return f == n.Name || len(f) > len(n.Name) && f[:len(n.Name)+1] == n.Name+"@" })
		t.check(!hit, "%s：明文、Base64、十六进制均未出现", n.Name)
	}
	if len(found) > 0 {
		return fmt.Errorf("数据库中出现了密封的内容：%v", found)
	}
	return nil
}

func (t *tale) handIn(ctx context.Context, all ...*held) error {
	if err := t.move(ctx, oneBid); err != nil {
		return err
	}
	for i, h := range all {
		in, err := t.bid(ctx, h, t.lots[0], []string{"41200000.00", "40880000.00", "41650000.00"}[i])
		if err != nil {
			return err
		}
		t.check(len(in.Receipt) > 0 && in.AcceptedAt.Before(FirstDeadline), "%s在截止前收到平台签名的回执", h.bidder.Party.Name)
	}
	b, err := t.bidder(ctx, all[2].bidder)
	if err != nil {
		return err
	}
	_, err = b.Bid(ctx, t.lots[0], all[2].id, terms("41650000.00"))
	t.check(refusedWith(err, http.StatusConflict), "同一投标人再投一份被拒绝，须先撤回")
	return nil
}

func (t *tale) openFirst(ctx context.Context, all ...*held) error {
	hall, err := t.watch(ctx, t.lots[0])
	if err != nil {
		return err
	}
	if err := t.move(ctx, FirstDeadline); err != nil {
		return err
	}
	late, err := t.bidder(ctx, t.Cast.Bidders[3])
	if err != nil {
		return err
	}
	_, err = late.Bid(ctx, t.lots[0], "", terms("41650000.00"))
	t.check(refusedWith(err, http.StatusConflict), "截止时刻到达的投标被拒收")
	agent, err := t.staffOf(ctx, t.Cast.Agent, "agent")
	if err != nil {
		return err
	}
	o, err := t.opened(ctx, agent, t.lots[0])
	if err != nil {
		return err
	}
	if err := t.checkOpening(o, t.lots[0], 3, all...); err != nil {
		return err
	}
	if err := t.watched(ctx, hall); err != nil {
		return err
	}
	if err := t.sheet(ctx, agent, t.lots[0], 1, all...); err != nil {
		return err
	}
	return t.mendFirst(ctx, agent)
}

// checkOpening holds the published record against what its parties know.
func (t *tale) checkOpening(o wire.Opening, lot wire.Lot, bids int, named ...*held) error {
	t.check(len(o.Bids) == bids && !slices.ContainsFunc(o.Bids, func(b wire.OpenedBid) bool { return b.Failure != "" }), "%d 份投标全部%s", bids, map[bool]string{true: "解密", false: "解开外层"}[lot.Hall == nil])
	t.check(len(o.Letters) == len(named), "指明的 %d 份保函逐一列出，没有多出一份", len(named))
	a, err := t.closing(o.ClosingBids)
	if err != nil {
		return err
	}
	b, err := t.closing(o.ClosingLetters)
	if err != nil {
		return err
	}
	t.check(a.Stage == "bids" && len(a.Records) == bids && b.Stage == "letters" && b.Previous == letter.ClosingDigest(o.ClosingBids),
		"两份截标清单由交易中心签名，后一份锁定前一份")
	for _, h := range named {
		i := slices.IndexFunc(o.Letters, func(l wire.OpenedLetter) bool { return l.ID == h.id })
		if i < 0 {
			t.check(false, "保函 %s 未列出", h.file.Undertaking.Number)
			continue
		}
		t.checkLetter(o.Letters[i], lot, h)
	}
	return nil
}

func (t *tale) checkLetter(l wire.OpenedLetter, lot wire.Lot, h *held) {
	if h.spoilt {
		t.check(l.Failure != "" && l.Number == "" && len(l.Lines) == 16, "%s 无法解封，如实列出，其余照常", h.file.Undertaking.Number)
		return
	}
	passed := 0
	for _, line := range l.Lines {
		switch {
		case line.Result == string(letter.ResultPass):
			passed++
		case h.counter && line.Number == 16 && line.Result == string(letter.ResultUnknown): // who paid, only the counter knows
			passed++
		case h.short && (line.Number == 10 || line.Number == 15) && line.Result == string(letter.ResultDoubtful): // validity, and the notice that it was made for
			passed++
		default:
			t.check(false, "%s 第 %d 项 %s：%s", l.Number, line.Number, line.Name, line.Words)
		}
	}
	words := "全部通过"
	switch {
	case h.short:
		words = "中有效期短一天、不是依据公告开立两项存疑，由评标委员会认定，平台和主持人不作结论"
	case h.counter:
		words = "中十五项通过；保费在柜台收取，由谁缴费平台无从比对"
	}
	t.check(l.Failure == "" && len(l.Lines) == 16 && passed == 16, "%s 查验十六项%s", l.Number, words)
	t.check(l.Number == h.file.Undertaking.Number && l.Amount == lot.Amount && l.Applicants[0] == h.bidder.Party, "%s 揭示金额 %s 元、申请人如实", l.Number, l.Amount)
}

// closing reads a closing and believes it only from the centre.
func (t *tale) closing(p7s []byte) (letter.Closing, error) {
	content, err := t.byCentre(p7s)
	if err != nil {
		return letter.Closing{}, err
	}
	return letter.ParseClosing(content)
}

// byCentre is what the centre, and nobody else, has signed.
func (t *tale) byCentre(p7s []byte) ([]byte, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return nil, err
	}
	if err := signed.Verify(t.Trust, t.Clock.Now()); err != nil {
		return nil, err
	}
	if signed.Signer().Subject().OrganizationID != t.Centre.Party.USCC {
		return nil, errors.New("清单不是交易中心签名的")
	}
	return signed.Content, nil
}

func (t *tale) contractFirst(ctx context.Context, all ...*held) error {
	if err := t.move(ctx, oneAward); err != nil {
		return err
	}
	agent, err := t.staffOf(ctx, t.Cast.Agent, "agent")
	if err != nil {
		return err
	}
	winner := all[1].bidder.Party
	if _, err := agent.Award(ctx, t.lots[0].ID, wire.Award{Winner: winner.USCC, NoticedOn: calendar.DateOf(oneAward),
		Candidates: []string{winner.USCC, all[0].bidder.Party.USCC, all[2].bidder.Party.USCC}}); err != nil {
		return err
	}
	return t.contract(ctx, t.Cast.Agent, "agent", t.lots[0], oneContract, t.Cast.Invest, all...)
}

// contract registers the contract and checks the legal day by which letters must be released (条例57: five days).
func (t *tale) contract(ctx context.Context, runs Member, role string, lot wire.Lot, on time.Time, payee Member, all ...*held) error {
	if err := t.move(ctx, on); err != nil {
		return err
	}
	staff, err := t.staffOf(ctx, runs, role)
	if err != nil {
		return err
	}
	if _, err := staff.Contract(ctx, lot.ID, wire.Contract{SignedOn: calendar.DateOf(on)}); err != nil {
		return err
	}
	by, err := calendar.Published().LastDay(calendar.DateOf(on), 5)
	if err != nil {
		return err
	}
	for _, h := range all {
		g, err := t.stands(ctx, payee, h.id, func(g wire.Guarantee) bool { return g.Release == "due" })
		if err != nil {
			return err
		}
		t.check(g.ReleaseBy == by, "%s 应于 %s 前解除（条例57）", g.Number, g.ReleaseBy)
	}
	return nil
}

func (t *tale) releaseJointly(ctx context.Context, all ...*held) error {
	if err := t.move(ctx, oneRelease); err != nil {
		return err
	}
	for _, h := range all {
		if err := t.release(ctx, t.Cast.RingRoad, h); err != nil {
			return err
		}
		g, err := t.stands(ctx, t.Cast.Invest, h.id, func(wire.Guarantee) bool { return true })
		if err != nil {
			return err
		}
		t.check(g.Instrument == "issued", "%s 只有一家签名，仍然有效", g.Number)
		if err := t.release(ctx, t.Cast.Invest, h); err != nil {
			return err
		}
	}
	return nil
}

// release signs one beneficiary's release of one guarantee.
func (t *tale) release(ctx context.Context, m Member, h *held) error {
	g, err := t.stands(ctx, m, h.id, func(wire.Guarantee) bool { return true })
	if err != nil {
		return err
	}
	b, err := t.beneficiary(ctx, m)
	if err != nil {
		return err
	}
	in, err := b.Release(ctx, g, "合同已签订，投标担保义务解除")
	t.check(err == nil && !in.ReceivedAt.IsZero(), "%s签名解除 %s，平台出具收到时间", m.Party.Name, g.Number)
	return err
}

func (t *tale) acknowledged(ctx context.Context, all ...*held) error {
	for _, h := range all {
		g, err := t.stands(ctx, t.Cast.Invest, h.id, func(g wire.Guarantee) bool { return g.Release == "acknowledged" })
		if err != nil {
			return err
		}
		t.check(g.Instrument == "released" && calendar.DateOf(t.Clock.Now()).Before(g.ReleaseBy), "%s 已解除，机构已确认，在法定时限内", g.Number)
	}
	t.agree(ctx, t.Cast.Bank, t.Cast.Company, t.Cast.Insurer)
	return nil
}
