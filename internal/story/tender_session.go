package story

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// heardEvents is what somebody with a place in the session is told of it.
type heardEvents struct {
	mu   sync.Mutex
	told []wire.HallEvent
	done chan error
	stop context.CancelFunc
}

func (h *heardEvents) hear(e wire.HallEvent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, e)
}

func (h *heardEvents) heard() []wire.HallEvent {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.told)
}

// session is the opening of 一标段, from the deadline to the signed record.
func (x *tender) session(ctx context.Context) error {
	return x.inOrder(
		scene{"到截止时间：名单和保函查验同时公布，此前没有人知道；开标会开始", func() error { return x.openBoth(ctx) }},
		scene{"二标段只有两家投标：不开标，什么也不解封", func() error { return x.failed(ctx) }},
		scene{"截标后交易中心提交到账清单，现金保证金七项查验", func() error { return x.cashList(ctx) }},
		scene{"签到以回执补登；主持人下达解密指令", func() error { return x.order(ctx) }},
		scene{"投标人各自解密：一家先交错文件；主持人暂停、恢复，剩余时间不变", func() error { return x.decrypt(ctx) }},
		scene{"时间到：一家没有解密，迟了不收；主持人认定原因，行政监督确认", func() error { return x.revoke(ctx) }},
		scene{"唱标：全部报价同时公布，此前哪里也没有", func() error { return x.readOut(ctx) }},
		scene{"当场异议当场答复；迟一秒的不受理，留有记录", func() error { return x.objections(ctx) }},
		scene{"开标记录表由主持人和全体投标人签同一份字节，离线核对", func() error { return x.record(ctx) }},
		scene{"开标会的全部事件，编号连续，不漏不重", func() error { return x.followed(ctx) }},
	)
}

func (x *tender) agent(ctx context.Context) (*client.Staff, error) {
	return x.staffOf(ctx, x.Cast.Agent, "agent")
}

// see reads the session as its host.
func (x *tender) see(ctx context.Context) error {
	agent, err := x.agent(ctx)
	if err == nil {
		x.hall, err = agent.HallOf(ctx, x.one().ID)
	}
	return err
}

func (x *tender) stateOf(o *offer) string {
	for _, b := range x.hall.Bids {
		if b.Bid == o.bid {
			return b.State
		}
	}
	return ""
}

func (x *tender) letters() (all []*held) {
	for _, o := range x.offers {
		if o.letter != nil {
			all = append(all, o.letter)
		}
	}
	return all
}

func (x *tender) openBoth(ctx context.Context) error {
	if err := x.move(ctx, tenderDeadline); err != nil {
		return err
	}
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	o, err := x.opened(ctx, agent, x.one())
	if err != nil {
		return err
	}
	if err := x.watched(ctx, x.screen); err != nil {
		return err
	}
	if err := x.checkOpening(o, x.one(), len(x.offers), x.letters()...); err != nil {
		return err
	}
	if err := x.see(ctx); err != nil {
		return err
	}
	x.check(x.hall.Stage == "listed" && len(x.hall.Bids) == len(x.offers), "开标会已开始，%d 家投标人在列", len(x.hall.Bids))
	x.check(!slices.ContainsFunc(x.hall.Bids, func(b wire.HallBid) bool { return b.Terms != nil || b.State != "waiting" }), "没有一份报价，全部等待解密")
	return x.follow(ctx)
}

// follow begins to watch the session as a bidder, in a client of its own.
func (x *tender) follow(ctx context.Context) error {
	b, err := client.NewBidder(x.known(), x.offers[0].bidder.Identity(), client.Folder(x.Folder))
	if err != nil {
		return err
	}
	if err := x.persist(ctx, func() error { _, err := b.SignIn(ctx); return err }); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	x.events = &heardEvents{done: make(chan error, 1), stop: stop}
	go func() { x.events.done <- b.WatchHall(ctx, x.one().ID, 0, x.events.hear) }()
	return nil
}

// failed: with two bids the lot is not opened, and nobody learns whose they were.
func (x *tender) failed(ctx context.Context) error {
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	err = x.until(ctx, "二标段截标", func(ctx context.Context) (bool, error) {
		x.late, err = agent.Lot(ctx, x.late.ID)
		return x.late.State == "failed", err
	})
	x.check(err == nil, "不足三家，重新招标（招标投标法实施条例第四十四条）")
	_, opening := agent.Opening(ctx, x.late.ID)
	_, session := agent.HallOf(ctx, x.late.ID)
	x.check(refusedWith(opening, http.StatusNotFound) && refusedWith(session, http.StatusNotFound), "没有开标记录，没有开标会")
	return x.stillSealed(ctx)
}

// stillSealed: nothing tells that the one who bid for 二标段 alone did so.
func (x *tender) stillSealed(ctx context.Context) error {
	for _, h := range x.sealed {
		b, err := x.bidder(ctx, h.bidder)
		if err != nil {
			return err
		}
		a, err := b.Application(ctx, h.id)
		x.check(err == nil && a.Disclosure == "sealed" && a.Instrument == "issued", "保函 %s 仍密封", h.file.Undertaking.Number)
	}
	return x.nowhere(ctx, names(x.Cast.Guests[1]), "只投二标段的那一家，哪张表、哪份日志里也没有")
}

// arrived is what the centre's bank has of the deposit in cash.
func (x *tender) arrived(m Member) letter.ReceivedCash {
	s := x.slip(m)
	return letter.ReceivedCash{ID: "SN20260914001", Reference: s.Reference, Payer: m.Party.Name, USCC: m.Party.USCC, Account: s.Payer.Number,
		Basic: letter.BasicYes, Amount: s.Amount, ReceivedAt: tenderBid.Add(-30 * time.Minute)}
}

func (x *tender) cashList(ctx context.Context) error {
	centre, err := x.staffOf(ctx, x.Centre, "centre")
	if err != nil {
		return err
	}
	payer := x.offers[len(x.offers)-1]
	list, err := centre.CashList(x.one(), 1, signing.Digest{}, tenderDeadline, []letter.ReceivedCash{x.arrived(payer.bidder)})
	if err != nil {
		return err
	}
	if _, err := centre.HandInCashList(ctx, x.one().ID, list); err != nil {
		return err
	}
	o, err := centre.Opening(ctx, x.one().ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(o.Bids, func(b wire.OpenedBid) bool { return b.ID == payer.bid })
	x.check(i >= 0 && o.Bids[i].Cash != nil && o.Bids[i].Cash.Result == "passed" && o.Bids[i].Cash.Amount == x.one().Amount, "%s的现金保证金 %s 元相符", payer.bidder.Party.Name, x.one().Amount)
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	return x.sheet(ctx, agent, x.one(), 2, x.letters()...)
}

// order hands the kept sign-ins in, and has the decrypting begin.
func (x *tender) order(ctx context.Context) error {
	if err := x.move(ctx, tenderOrder); err != nil {
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
		x.check(in.Recorded && in.At.Equal(o.signed), "%s按 %s 的回执登记", o.bidder.Party.Name, o.signed.Format("15:04"))
	}
	centre, err := x.staffOf(ctx, x.Centre, "centre")
	if err != nil {
		return err
	}
	_, err = centre.OrderDecryption(ctx, x.one().ID)
	x.check(refusedWith(err, http.StatusNotFound), "交易中心不是主持人，不能下达")
	first, err := x.bidder(ctx, x.offers[0].bidder)
	if err != nil {
		return err
	}
	_, err = first.Decrypt(ctx, x.offers[0].bid)
	x.check(err != nil, "指令之前不能解密")
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	ordered, err := agent.OrderDecryption(ctx, x.one().ID)
	if err != nil {
		return err
	}
	if err := x.see(ctx); err != nil {
		return err
	}
	x.check(x.hall.Stage == "decrypting" && x.hall.Deadline.Equal(ordered.At.Add(30*time.Minute)) && len(x.hall.Attendance) == len(x.offers),
		"解密到 %s 止", x.hall.Deadline.Format("15:04:05"))
	return nil
}

// form decrypts one bid; what has to be said again after a kill is the same form.
func (x *tender) form(ctx context.Context, o *offer) error {
	b, err := x.bidder(ctx, o.bidder)
	if err != nil {
		return err
	}
	if err := x.persist(ctx, func() error { _, err := b.Decrypt(ctx, o.bid); return err }); err != nil {
		return err
	}
	err = x.see(ctx)
	x.check(err == nil && x.stateOf(o) == "decrypted", "%s已解密", o.bidder.Party.Name)
	return err
}

func (x *tender) decrypt(ctx context.Context) error {
	stop := x.interrupt(ctx)
	if err := x.form(ctx, x.offers[0]); err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	b, err := x.bidder(ctx, x.offers[1].bidder)
	if err != nil {
		return err
	}
	_, err = b.HandInForm(ctx, x.offers[1].bid, []byte("另一份投标函"))
	x.check(coded(err, "form.digest"), "%s交错了文件，与截止前封存的摘要不符，不收", x.offers[1].bidder.Party.Name)
	if err := x.form(ctx, x.offers[1]); err != nil {
		return err
	}
	if err := x.pause(ctx); err != nil {
		return err
	}
	if err := x.form(ctx, x.offers[2]); err != nil {
		return err
	}
	return x.form(ctx, x.offers[4])
}

// pause keeps the window's rest to the microsecond.
func (x *tender) pause(ctx context.Context) error {
	if err := x.move(ctx, tenderPause); err != nil {
		return err
	}
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	before := x.hall.Deadline
	stood, err := agent.Pause(ctx, x.one().ID, "核实一家投标人反映的网络情况")
	if err != nil {
		return err
	}
	left := before.Sub(stood.At)
	if err := x.move(ctx, tenderResume); err != nil {
		return err
	}
	if err := x.see(ctx); err != nil {
		return err
	}
	x.check(x.hall.Stage == "paused" && x.hall.RemainingUS == left.Microseconds(), "暂停十分钟，剩余 %s 一微秒不少", left.Truncate(time.Second))
	late, err := x.bidder(ctx, x.offers[2].bidder)
	if err != nil {
		return err
	}
	_, err = late.Decrypt(ctx, x.offers[2].bid)
	x.check(refusedWith(err, http.StatusConflict), "暂停时不收解密")
	if agent, err = x.agent(ctx); err != nil {
		return err
	}
	goes, err := agent.Resume(ctx, x.one().ID, "网络正常")
	if err != nil {
		return err
	}
	err = x.see(ctx)
	x.check(err == nil && x.hall.Deadline.Equal(goes.At.Add(left)), "恢复后到 %s 止", x.hall.Deadline.Format("15:04:05"))
	return err
}

// revoke: who has not decrypted in time has revoked its bid, if it was its own doing (电子招标投标办法31).
func (x *tender) revoke(ctx context.Context) error {
	if err := x.move(ctx, x.hall.Deadline); err != nil {
		return err
	}
	absent := x.offers[3]
	b, err := x.bidder(ctx, absent.bidder)
	if err != nil {
		return err
	}
	_, err = b.Decrypt(ctx, absent.bid)
	x.check(coded(err, "form.too_late"), "%s在截止时刻到达的解密不收", absent.bidder.Party.Name)
	if err := x.see(ctx); err != nil {
		return err
	}
	x.check(x.hall.Stage == "decrypted" && x.stateOf(absent) == "pending", "到时自动结束，该投标责任待认定，其余照常")
	agent, err := x.agent(ctx)
	if err != nil {
		return err
	}
	said, err := agent.Attribute(ctx, x.one().ID, wire.Attribute{Bid: absent.bid, Cause: "bidder", Evidence: "投标人的解密证书不在本机，平台运行正常",
		Digest: signing.Sum([]byte("运行日志（演示文件，补充）"))})
	if err != nil {
		return err
	}
	_, err = agent.ConfirmAttribution(ctx, x.one().ID, said.Seq)
	x.check(refusedWith(err, http.StatusNotFound), "主持人不能自己确认")
	supervisor, err := x.staffOf(ctx, x.Supervisor, "supervisor")
	if err != nil {
		return err
	}
	if _, err := supervisor.ConfirmAttribution(ctx, x.one().ID, said.Seq); err != nil {
		return err
	}
	err = x.see(ctx)
	x.check(err == nil && x.stateOf(absent) == "revoked", "行政监督确认是投标人原因，视为撤销（电子招标投标办法第三十一条）")
	return err
}
