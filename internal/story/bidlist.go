package story

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// thirdNotice is the notice of lot three, all of it supplemented: its bids are handed in to the bid system that the
// centre already has.
func (t *tale) thirdNotice() notice {
	return notice{
		project: wire.CreateProject{Code: "ZYGS-2020-10", Name: "肇源县城区供水加压泵站改造项目", Regime: "招投标",
			Beneficiary: []letter.Party{t.Cast.County.Party}},
		lot: wire.AddLot{Code: "ZYGS-2020-10-1", Name: "一标段", Base: yuan("6000000.00"), Amount: yuan("120000.00"), Forms: everyForm,
			End: letter.EndRule{Deadline: threeDeadline, ValidityDays: 90, ExtraDays: 28}, Bids: "outside"},
	}
}

func (t *tale) thirdLot(ctx context.Context) error {
	var named *held
	return t.inOrder(
		scene{"招标人发布第三标段公告：投标在交易中心已有的投标系统递交（全部为补充）", func() error { return t.publishThird(ctx) }},
		scene{"一家投标人购买密文保函；投标文件不在平台递交", func() (err error) { named, err = t.buyThird(ctx); return err }},
		scene{"截止后等待投标清单；清单签名提交，自动截标、开标、解封", func() error { return t.openThird(ctx, named) }},
		scene{"定标、签约、解除，与在平台投标的标段相同", func() error { return t.endThird(ctx, named) }},
	)
}

func (t *tale) publishThird(ctx context.Context) error {
	if err := t.move(ctx, threePublish); err != nil {
		return err
	}
	county, err := t.staffOf(ctx, t.Cast.County, "beneficiary")
	if err != nil {
		return err
	}
	t.lots[2], err = t.publish(ctx, county, t.thirdNotice())
	t.check(t.lots[2].Bids == "outside", "公告写明投标文件在交易中心的投标系统递交")
	return err
}

func (t *tale) buyThird(ctx context.Context) (*held, error) {
	h, err := t.buy(ctx, t.Cast.Bidders[3], t.lots[2], t.Cast.Bank, false)
	if err != nil {
		return nil, err
	}
	_, err = t.bid(ctx, h, t.lots[2], "5880000.00")
	t.check(refusedWith(err, http.StatusConflict), "在平台递交投标文件被拒绝，并告知在哪里递交")
	return h, nil
}

// theList is what the centre's bid system holds at the deadline: one bid names the letter, two are in cash.
func (t *tale) theList(h *held) (bids []letter.OutsideBid) {
	for i, m := range []Member{h.bidder, t.Cast.Bidders[0], t.Cast.Bidders[1]} {
		b := letter.OutsideBid{ID: signing.Sum([]byte("投标编号"), []byte(m.Party.USCC)).String()[:32],
			Digest: signing.Sum([]byte("密封的投标文件"), []byte(m.Party.USCC)), Bidders: []letter.Party{m.Party}}
		if i == 0 {
			b.Letter = h.id
		}
		bids = append(bids, b)
	}
	return bids
}

func (t *tale) openThird(ctx context.Context, h *held) error {
	system, err := client.NewBidSystem(t.known(), t.Centre.Identity(), t.Certificates...)
	if err != nil {
		return err
	}
	list, err := system.List(t.lots[2], threeDeadline, t.theList(h))
	if err != nil {
		return err
	}
	_, early := system.HandInBidList(ctx, t.lots[2].ID, list)
	t.check(early != nil, "截止之前不签署清单")
	if err := t.move(ctx, threeDeadline); err != nil {
		return err
	}
	lot, err := system.Lot(ctx, t.lots[2].ID)
	if err != nil {
		return err
	}
	t.check(lot.State == "published" && lot.AwaitedList != nil && lot.AwaitedList.Centre.USCC == t.Centre.Party.USCC, "到截止时间仍不开标，并写明在等%s的投标清单", t.Centre.Party.Name)
	taken, err := system.HandInBidList(ctx, lot.ID, list)
	if err != nil {
		return err
	}
	t.check(taken.State == "closed" && taken.Bids == 3 && taken.Letters == 1, "清单一经受理即截标")
	list.Bids[1].Letter = h.id
	_, err = system.HandInBidList(ctx, lot.ID, list)
	t.check(refusedWith(err, http.StatusConflict), "另一份清单不能替换它")
	return t.readThird(ctx, lot, taken, h)
}

// readThird recomputes the opening from the list, as anyone can.
func (t *tale) readThird(ctx context.Context, lot wire.Lot, taken wire.BidListTaken, h *held) error {
	county, err := t.staffOf(ctx, t.Cast.County, "beneficiary")
	if err != nil {
		return err
	}
	o, err := t.opened(ctx, county, lot)
	if err != nil {
		return err
	}
	if err := t.checkOpening(o, lot, 3, h); err != nil {
		return err
	}
	content, err := t.byCentre(o.BidList)
	if err != nil {
		return err
	}
	list, err := letter.ParseBidList(content)
	if err != nil {
		return err
	}
	closing, err := t.closing(o.ClosingBids)
	t.check(err == nil && letter.BidListDigest(o.BidList) == taken.Digest && slices.Equal(closing.Records, list.Records()),
		"公开的投标清单由交易中心签名，截标清单与它逐项相同")
	t.check(o.Bids[0].ID == list.Bids[0].ID && slices.Equal(o.Bids[0].Bidders, list.Bids[0].Bidders), "唱标的投标人就是清单所列")
	return errors.Join(err, t.sheet(ctx, county, lot, 1, h))
}

func (t *tale) endThird(ctx context.Context, h *held) error {
	if err := t.move(ctx, threeAward); err != nil {
		return err
	}
	county, err := t.staffOf(ctx, t.Cast.County, "beneficiary")
	if err != nil {
		return err
	}
	winner := t.Cast.Bidders[0].Party.USCC // its security is in cash
	if _, err := county.Award(ctx, t.lots[2].ID, wire.Award{Winner: winner, Candidates: []string{winner, h.bidder.Party.USCC}, NoticedOn: calendar.DateOf(threeAward)}); err != nil {
		return err
	}
	if err := t.contract(ctx, t.Cast.County, "beneficiary", t.lots[2], threeContract, t.Cast.County, h); err != nil {
		return err
	}
	if err := t.release(ctx, t.Cast.County, h); err != nil {
		return err
	}
	g, err := t.stands(ctx, t.Cast.County, h.id, func(g wire.Guarantee) bool { return g.Release == "acknowledged" })
	t.check(err == nil && g.Instrument == "released", "%s 已解除，机构已确认", g.Number)
	return err
}
