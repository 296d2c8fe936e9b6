package story

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// The days of the tender, all supplemented. The notice's last day is a Sunday on which people work, and the release falls
// due behind the week of the National Day.
var (
	tenderBegin    = at("2026-08-24 09:00:00")
	tenderBuy      = at("2026-09-01 10:00:00")
	tenderBid      = at("2026-09-14 15:00:00")
	tenderSignIn   = at("2026-09-15 09:10:00")
	tenderDeadline = at("2026-09-15 10:00:00")
	tenderOrder    = at("2026-09-15 10:05:00")
	tenderPause    = at("2026-09-15 10:15:00")
	tenderResume   = at("2026-09-15 10:25:00")
	tenderDemand   = at("2026-09-16 10:00:00")
	tenderResult   = at("2026-09-16 15:00:00")
	tenderObject   = at("2026-09-17 11:00:00")
	tenderAnswer   = at("2026-09-18 16:00:00")
	tenderHonour   = at("2026-09-22 10:00:00")
	tenderContract = at("2026-09-28 10:00:00")
	tenderRelease  = at("2026-09-29 09:30:00")
	tenderOverdue  = at("2026-10-09 09:00:00")
)

// tender is the second story: two lots with a common deadline, opened remotely.
type tender struct {
	*tale
	late    wire.Lot // 二标段: two bids only
	offers  []*offer // of 一标段
	sealed  []*held  // of 二标段
	events  *heardEvents
	screen  *hall
	hall    wire.Hall
	verdict letter.Evaluation
}

// offer is one bid of 一标段.
type offer struct {
	bidder Member
	letter *held // nil: in cash
	price  letter.Fen
	bid    string
	signed time.Time // when it signed in
}

// one is 一标段.
func (x *tender) one() wire.Lot { return x.lots[0] }

// notice is what is published of a lot. Printed: the road and that it is maintained (the notice of 2019). Supplemented: the
// years, the lots, one tenderer, estimates, amounts, rules of the hall.
func (x *tender) notice(code, name, base, amount string) notice {
	return notice{
		project: wire.CreateProject{Code: "CSRC-2026-01", Name: "长沙绕城高速西南段及机场高速2027-2029年养护工程施工", Regime: "招投标",
			Beneficiary: []letter.Party{x.Cast.Invest.Party}},
		lot: wire.AddLot{Code: "CSRC-2026-01-" + code, Name: name, Base: yuan(base), Amount: yuan(amount), Forms: everyForm,
			End: letter.EndRule{Deadline: tenderDeadline, ValidityDays: 90, ExtraDays: 28}, Hall: &wire.HallRules{Decrypt: 30, Objection: 10, Sign: 15}},
	}
}

// before is all that comes before the common deadline.
func (x *tender) before(ctx context.Context) error {
	return x.inOrder(
		scene{"透明日志已开始，两家见证人跟随", func() error { return x.firstHead(ctx) }},
		scene{"代理机构发布一个项目两个标段，同一时刻不见面开标（年度、标段、金额、开标规则为补充）", func() error { return x.publishBoth(ctx) }},
		scene{"投标人各自取得保函：密文、人工审核、柜台；一家用现金", func() error { return x.buyAll(ctx) }},
		scene{"柜台把有效期少算一天：投标人的客户端看得出，平台看不到", func() error { return x.buyShort(ctx) }},
		scene{"一标段五家、二标段两家递交投标文件", func() error { return x.bidAll(ctx) }},
		scene{"截止前签到：平台只答复签名的回执，什么也不记", func() error { return x.signIn(ctx) }},
		scene{"截止前，搜遍数据库每一行和平台、数据库的日志，没有一个名称", func() error { return x.searchBefore(ctx) }},
	)
}

func (x *tender) publishBoth(ctx context.Context) error {
	agent, err := x.staffOf(ctx, x.Cast.Agent, "agent")
	if err != nil {
		return err
	}
	first, second := x.notice("1", "一标段", "26000000.00", "500000.00"), x.notice("2", "二标段", "21000000.00", "400000.00")
	p, err := agent.CreateProject(ctx, first.project)
	if err != nil {
		return err
	}
	if x.lots[0], err = x.publishIn(ctx, agent, p, first); err != nil {
		return err
	}
	if x.late, err = x.publishIn(ctx, agent, p, second); err != nil {
		return err
	}
	rules := wire.HallRules{Decrypt: 30, Objection: 10, Sign: 15}
	x.check(x.one().Hall != nil && x.late.Hall != nil && *x.one().Hall == rules && *x.late.Hall == rules && x.one().Deadline.Equal(x.late.Deadline),
		"公告写明不见面开标：解密 30、异议 10、签名 15 分钟，两个标段同一截止时间")
	_, err = agent.HallOf(ctx, x.one().ID)
	x.check(refusedWith(err, http.StatusNotFound), "此时对谁都没有开标会")
	return nil
}

// buyAll: a blind letter at once, one that a person approves, and those of 二标段. The third of 一标段 is bought in buyShort.
func (x *tender) buyAll(ctx context.Context) error {
	if err := x.move(ctx, tenderBuy); err != nil {
		return err
	}
	c := x.Cast
	for _, o := range []struct {
		bidder, bank Member
		manual       bool
		price        string
	}{{c.Bidders[0], c.Bank, false, "24680000.00"}, {c.Bidders[1], c.Company, true, "25130000.00"}, {c.Bidders[3], c.Bank, false, "24975000.00"}} {
		h, err := x.buy(ctx, o.bidder, x.one(), o.bank, o.manual)
		if err != nil {
			return err
		}
		x.offers = append(x.offers, &offer{bidder: o.bidder, letter: h, price: yuan(o.price)})
	}
	x.offers = append(x.offers, &offer{bidder: c.Guests[0], price: yuan("25520000.00")})
	for i, m := range []Member{c.Bidders[0], c.Guests[1]} {
		h, err := x.buy(ctx, m, x.late, []Member{c.Insurer, c.Bank}[i], false)
		if err != nil {
			return err
		}
		x.sealed = append(x.sealed, h)
	}
	return nil
}

// behave has an institution's counter do wrong, or right again.
func (x *tender) behave(ctx context.Context, m Member, fault string) error {
	_, err := desk[map[string]any](ctx, x.tale, m, http.MethodPost, "/operator/behaviour", map[string]any{"decision": "instant", "fault": fault})
	return err
}

// buyShort is a letter that is genuine and a day short. Its bidder is warned and names it all the same: what it means for the
// bid is the committee's to say.
func (x *tender) buyShort(ctx context.Context) error {
	m, insurer := x.Cast.Bidders[2], x.Cast.Insurer
	if err := x.behave(ctx, insurer, "day_short"); err != nil {
		return err
	}
	h, err := x.overTheCounter(ctx, m, x.one(), insurer)
	if err = errors.Join(err, x.behave(ctx, insurer, "none")); err != nil {
		return err
	}
	h.short = true
	need := x.one().Requirement.End.Expiry()
	x.check(h.file.Reveal.End.Expiry() == need.AddDays(-1), "保函到 %s，公告要求到 %s，短一天", h.file.Reveal.End.Expiry(), need)
	b, err := x.bidder(ctx, m)
	if err != nil {
		return err
	}
	r, err := b.CheckFile(ctx, x.one().ID, h.bytes)
	if err != nil {
		return err
	}
	x.check(!r.OK && slices.ContainsFunc(r.Lines, func(l letter.Line) bool { return l.Name == "expiry" && l.Result == letter.ResultDoubtful }),
		"投标人的客户端核对不通过，指出有效期一项；投标人没有更换")
	x.offers = slices.Insert(x.offers, 2, &offer{bidder: m, letter: h, price: yuan("24310000.00")})
	return x.export(ctx, h)
}

// slip is what the bidder in cash says of its payment.
func (x *tender) slip(m Member) letter.CashSlip {
	return letter.CashSlip{Payer: letter.Account{Name: m.Party.Name, Number: "430010020260914", Bank: "湘江演示银行长沙支行"}, Amount: x.one().Amount,
		Reference: "VA-20260914-0001", PaidAt: tenderBid.Add(-time.Hour)}
}

func (x *tender) bidAll(ctx context.Context) error {
	if err := x.move(ctx, tenderBid); err != nil {
		return err
	}
	for _, o := range x.offers {
		b, err := x.bidder(ctx, o.bidder)
		if err != nil {
			return err
		}
		id, also := "", []client.BidOption{client.WithCash(x.slip(o.bidder))}
		if o.letter != nil {
			id, also = o.letter.id, nil
		}
		in, err := b.Bid(ctx, x.one(), id, terms(o.price.String()), also...)
		if err != nil {
			return err
		}
		o.bid = in.ID
		x.check(len(in.Receipt) > 0 && in.AcceptedAt.Before(tenderDeadline), "%s收到平台签名的回执", o.bidder.Party.Name)
	}
	for i, h := range x.sealed {
		if _, err := x.bid(ctx, h, x.late, []string{"20150000.00", "20490000.00"}[i]); err != nil {
			return err
		}
	}
	b, err := x.bidder(ctx, x.offers[0].bidder)
	if err != nil {
		return err
	}
	_, err = b.Attend(ctx, x.one().ID)
	x.check(coded(err, "attendance.too_early"), "此时还不能签到")
	return nil
}

// coded tells whether an error is the platform's refusal with that code.
func coded(err error, code string) bool {
	p, refused := client.Refused(err)
	return refused && p.Code == code
}

func (x *tender) signIn(ctx context.Context) error {
	if err := x.move(ctx, tenderSignIn); err != nil {
		return err
	}
	for _, o := range x.offers {
		b, err := x.bidder(ctx, o.bidder)
		if err != nil {
			return err
		}
		in, err := b.Attend(ctx, x.one().ID)
		if err != nil {
			return err
		}
		p7s, err := signing.ParseSignedData(in.Statement)
		holds := err == nil && p7s.Verify(x.Trust, x.Clock.Now()) == nil && p7s.Signer().Subject().OrganizationID == x.Platform.USCC
		x.check(holds && !in.Recorded && in.At.Before(tenderDeadline), "%s签到，回执由平台签名，平台没有登记", o.bidder.Party.Name)
		o.signed = in.At
	}
	stranger, err := x.bidder(ctx, x.Cast.Guests[1])
	if err != nil {
		return err
	}
	in, err := stranger.Attend(ctx, x.one().ID)
	x.check(err == nil && !in.Recorded && len(in.Statement) > 0, "没有投标的来签到，答复相同")
	return err
}

// names are what no table may hold before the opening of a bidder, but the register of organisations.
func names(all ...Member) (needles []Needle) {
	for _, m := range all {
		for _, text := range []string{m.Party.Name, m.Party.USCC} {
			needles = append(needles, Needle{text, text, []string{"organisation", "certificate"}})
		}
	}
	return needles
}

// nowhere searches for all of it; what is found is said.
func (x *tender) nowhere(ctx context.Context, needles []Needle, words string) error {
	found, err := x.Search(ctx, needles)
	if err != nil {
		return err
	}
	x.check(len(found) == 0, "%s%s", words, where(found))
	return nil
}

func where(found []string) string {
	if len(found) == 0 {
		return ""
	}
	return "（" + strings.Join(found, "、") + "）"
}

func (x *tender) searchBefore(ctx context.Context) (err error) {
	who := append(x.Cast.Bidders[:], x.Cast.Guests...)
	needles := names(who...)
	seen, err := x.Search(ctx, []Needle{{"登记表", who[0].Party.Name, nil}, {"公告", x.one().Lot.Code, nil}})
	x.check(err == nil && len(seen) >= 2, "搜索工具有效：在公开的登记表和公告表中找得到")
	if err := x.nowhere(ctx, needles, "六家的名称和信用代码：明文、Base64、十六进制均未出现"); err != nil {
		return err
	}
	if err := x.nowhere(ctx, x.prices(), "报价的数字和大写均未出现"); err != nil {
		return err
	}
	x.screen, err = x.watch(ctx, x.one())
	return err
}

// prices are the offers' prices as a form holds them.
func (x *tender) prices() (all []Needle) {
	for _, o := range x.offers {
		all = append(all, Needle{o.price.Capital(), o.price.Capital(), nil}, Needle{o.price.String(), fmt.Sprintf(`"price":%d`, o.price), nil})
	}
	return all
}
