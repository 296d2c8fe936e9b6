package story

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// readOut: the prices appear together, and stand nowhere before.
func (x *tender) readOut(ctx context.Context) error {
	if err := x.nowhere(ctx, x.prices(), "已交回的投标函也读不到：数据库和日志里没有任何报价"); err != nil {
		return err
	}
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	if _, err := agent.ReadOut(ctx, x.one().ID); err != nil {
		return err
	}
	if err := x.see(ctx); err != nil {
		return err
	}
	read := 0
	for _, o := range x.offers {
		i := slices.IndexFunc(x.hall.Bids, func(b wire.HallBid) bool { return b.Bid == o.bid })
		if i < 0 || x.hall.Bids[i].Terms == nil {
			continue
		}
		read++
		terms := x.hall.Bids[i].Terms
		x.check(terms.Price == o.price && terms.PriceCapital == o.price.Capital(), "%s %s 元（%s）", o.bidder.Party.Name, terms.Price, terms.PriceCapital)
	}
	x.check(x.hall.Stage == "objecting" && read == 4, "四家的报价同时公布，撤销的不公布")
	b, err := x.bidder(ctx, x.offers[0].bidder)
	if err != nil {
		return err
	}
	_, err = b.ConfirmLine(ctx, x.one().ID)
	x.check(err == nil, "%s确认唱标内容与本单位投标一致", x.offers[0].bidder.Party.Name)
	return err
}

func (x *tender) objections(ctx context.Context) error {
	stop := x.interrupt(ctx)
	b, err := x.bidder(ctx, x.offers[3].bidder)
	if err != nil {
		return err
	}
	var raised wire.HallState
	if err := x.persist(ctx, func() (err error) {
		raised, err = b.ObjectInHall(ctx, x.one().ID, "我方未能解密系平台原因，请求补时")
		return err
	}); err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	_, err = agent.MakeRecord(ctx, x.one().ID, "")
	x.check(coded(err, "hall.objections_open"), "异议期未满，不能制作记录表")
	if _, err := agent.AnswerInHall(ctx, x.one().ID, raised.Seq, "经核查运行日志，平台没有中断，其他四家均已解密"); err != nil {
		return err
	}
	if err := x.see(ctx); err != nil {
		return err
	}
	if err := x.move(ctx, x.hall.Deadline.Add(time.Second)); err != nil {
		return err
	}
	if b, err = x.bidder(ctx, x.offers[1].bidder); err != nil {
		return err
	}
	_, err = b.ObjectInHall(ctx, x.one().ID, "第一家的报价明显低于成本，请求核查")
	x.check(coded(err, "objection.too_late"), "异议期满后一秒的异议不受理，告知投诉途径")
	if err := x.see(ctx); err != nil {
		return err
	}
	all := x.hall.Objections
	x.check(len(all) == 2 && all[0].Answer != "" && !all[0].Refused && all[1].Refused && all[1].Answer == "", "两件都在案：一件已答复，一件逾期")
	return nil
}

// record is signed by the host and by all bidders, the one whose bid counts as revoked too.
func (x *tender) record(ctx context.Context) error {
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	if _, err := agent.MakeRecord(ctx, x.one().ID, "一份投标视为撤销"); err != nil {
		return err
	}
	r, err := agent.Record(ctx, x.one().ID, 0)
	if err != nil {
		return err
	}
	if _, err := agent.SignRecord(ctx, r); err != nil {
		return err
	}
	for _, o := range x.offers {
		b, err := x.bidder(ctx, o.bidder)
		if err != nil {
			return err
		}
		own, err := b.Record(ctx, x.one().ID, 0)
		if err != nil {
			return err
		}
		x.check(bytes.Equal(own.Content, r.Content), "%s读到的与主持人签的逐字节相同", o.bidder.Party.Name)
		if _, err := b.SignRecord(ctx, own); err != nil {
			return err
		}
	}
	if r, err = agent.Record(ctx, x.one().ID, 0); err != nil {
		return err
	}
	return x.keepRecord(ctx, r)
}

// keepRecord verifies the signatures together, as anyone can, and leaves each behind: the host's first.
func (x *tender) keepRecord(ctx context.Context, r wire.HallRecord) error {
	var all [][]byte
	for i, s := range r.Signatures {
		all = append(all, s.Signed)
		if err := x.leave(ctx, filepath.Join(x.Out, fmt.Sprintf("record-%s-%d.p7s", x.one().Lot.Code, i)), s.Signed); err != nil {
			return err
		}
	}
	x.check(len(all) == 6 && r.Signatures[0].Host && letter.VerifyOpeningRecords(all, x.Trust).OK, "主持人和五家投标人的签名，离线一并核对通过")
	content, err := letter.ParseOpeningRecord(r.Content)
	if err != nil {
		return err
	}
	revoked := slices.ContainsFunc(content.Bids, func(b letter.RecordBid) bool {
		return b.Bid == x.offers[3].bid && b.State == letter.BidRevoked && b.Terms == nil
	})
	x.check(revoked && len(content.Bids) == 5 && len(content.Objections) == 2 && len(content.Changes) >= 2 && content.Supervisor == x.Supervisor.Party,
		"记录表载明五家、一份撤销、两件异议、暂停和恢复、监督")
	err = x.see(ctx)
	x.check(err == nil && x.hall.Stage == "ended", "全体已签，开标会结束")
	return err
}

// followed holds what was told of the session, from its beginning, against what happened.
func (x *tender) followed(ctx context.Context) error {
	defer x.events.stop()
	err := x.until(ctx, "开标会事件", func(context.Context) (bool, error) {
		all := x.events.heard()
		return len(all) > 0 && all[len(all)-1].Final, nil
	})
	if err != nil {
		return err
	}
	if err := <-x.events.done; err != nil {
		return err
	}
	var kinds []string
	whole := true
	all := x.events.heard()
	for i, e := range all {
		whole = whole && e.Seq == int64(i+1) && e.Words != "" && e.Final == (i == len(all)-1)
		if e.Kind != "outage" && (len(kinds) == 0 || kinds[len(kinds)-1] != e.Kind) {
			kinds = append(kinds, e.Kind)
		}
	}
	x.check(whole, "%d 个事件，从 1 连续编号，各有说明，最后一个是结束", len(all))
	want := []string{"begun", "attended", "decrypt_ordered", "bid_decrypted", "form_refused", "bid_decrypted", "paused", "resumed", "bid_decrypted",
		"decrypt_closed", "form_refused", "attributed", "attribution_confirmed", "read_out", "objections_heard", "line_confirmed", "objected", "answered",
		"objection_refused", "record_made", "record_signed", "ended"}
	x.check(slices.Equal(kinds, want), "次序如实：%s", strings.Join(kinds, " "))
	text := ""
	for _, e := range all {
		text += e.Words + string(e.Data)
	}
	x.check(!strings.Contains(text, fmt.Sprint(int64(x.offers[0].price))) && !strings.Contains(text, x.offers[0].price.Capital()), "事件里没有报价")
	return nil
}
