package web

import (
	"net/url"

	"github.com/a-h/templ"

	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

// orderPages lead an order of postponement (延期令) from the centre's signature over the supervisor's to the lot.
func (s *server) orderPages() {
	s.page("/centre/lots/:lot/postpone", "propose-order", (*visit).proposePage)
	s.page("/orders", "list-orders", (*visit).orderList)
	s.page("/orders/:id", "read-order", (*visit).orderPage)
	s.deed("/orders/:id/refuse", "refuse-order", (*visit).refuseOrder, (*visit).orderPage)
	s.deed("/orders/:id/withdraw", "withdraw-order", (*visit).withdrawOrder, (*visit).orderPage)
	s.deed("/orders/:id/hand-in", "page-own-order", (*visit).handInOrder, (*visit).orderPage)
}

func init() {
	notes["postponed"] = "截止时间已经推迟，公告页面已经更新，密钥保管人已经收到延期令。"
	notes["order-refused"] = "已登记不同意的理由，交易中心看得到。"
	notes["order-withdrawn"] = "延期令已经撤回。"
	lotActs[party.Centre] = func(v *visit, l *tender.Lot) (templ.Component, error) {
		if l.State != tender.Published || !v.clock.Now().Before(l.End.Deadline) {
			return nil, nil
		}
		return view.Aside(view.Link{Href: "/centre/lots/" + l.ID + "/postpone", Text: "推迟投标截止时间"}), nil
	}
}

func (v *visit) proposePage() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	if l.State == tender.Draft {
		return nil, absent()
	}
	d := view.ProposeDesk{Lot: l, May: l.State == tender.Published && v.clock.Now().Before(l.End.Deadline)}
	return view.ProposeOrder(v.signing("推迟投标截止时间"), d), nil
}

func (v *visit) orderList() (templ.Component, error) {
	after := v.QueryParam("after")
	if after != "" && !isID(after) {
		return nil, absent()
	}
	all, err := v.tender.PendingOrders(v.ctx, v.x.actor, after, pageSize)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(all) == pageSize {
		next = "/orders?after=" + all[len(all)-1].ID
	}
	return view.Orders(v.frame("延期令"), all, next), nil
}

// orderPage is one order, with what the reader may do about it.
func (v *visit) orderPage() (templ.Component, error) {
	o, err := v.tender.PendingOrder(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	d := view.OrderDesk{PendingOrder: o, Role: v.x.actor.Role}
	if d.Signed, d.Paper, err = o.Text(); err != nil {
		return nil, err
	}
	l, err := v.tender.Lot(v.ctx, v.x.actor, o.Lot)
	if err != nil {
		return nil, err
	}
	path, state := "/orders/"+v.id, o.State()
	d.Round = (state == tender.OrderWaiting || state == tender.OrderSigned) && l.BeginsRound(o.To)
	switch {
	case d.Role == party.Supervisor && state == tender.OrderWaiting:
		d.Sign = &view.Deed{Act: "sign-order", Says: "签署延期令：投标截止时间由 " + view.Minute(o.From) + " 推迟到 " + view.Minute(o.To) + "。"}
		d.Refuse = v.formOf(view.Deed{Action: path + "/refuse", Ask: "不同意之后，这份延期令即告作废。确定吗？"}, "words")
	case d.Role == party.Centre && state == tender.OrderSigned:
		d.HandIn = v.formOf(view.Deed{Action: path + "/hand-in"})
		d.Withdraw = v.formOf(view.Deed{Action: path + "/withdraw", Ask: "确定撤回这份延期令吗？"})
	case d.Role == party.Centre && state == tender.OrderWaiting:
		d.Withdraw = v.formOf(view.Deed{Action: path + "/withdraw", Ask: "确定撤回这份延期令吗？"})
	case d.Role == party.Centre && state == tender.OrderObeyed && o.Supervisor != nil && o.Now.Before(o.From):
		d.Again = v.formOf(view.Deed{Action: path + "/hand-in"})
	}
	return view.Order(v.returned(v.signing("延期令")), d), nil
}

func (v *visit) refuseOrder(form url.Values, cmd party.Command) (string, error) {
	_, err := v.tender.RefuseOrder(v.ctx, cmd, v.id, flat(form.Get("words")))
	return "/orders/" + v.id + "?done=order-refused", err
}

func (v *visit) withdrawOrder(_ url.Values, cmd party.Command) (string, error) {
	_, err := v.tender.WithdrawOrder(v.ctx, cmd, v.id)
	return "/orders/" + v.id + "?done=order-withdrawn", err
}

// handInOrder moves the deadline by both halves. Custodians that were not reached are told again by the same form, which the
// page keeps until the old deadline.
func (v *visit) handInOrder(_ url.Values, cmd party.Command) (string, error) {
	o, err := v.tender.PendingOrder(v.ctx, v.x.actor, v.id)
	if err != nil {
		return "", err
	}
	if o.Supervisor == nil || o.WithdrawnAt != nil {
		return "", party.Conflict("order.unsigned", "这份延期令没有行政监督的签名或者已经撤回，不能提交；请刷新后查看最新状态")
	}
	_, err = v.tender.Postpone(v.ctx, cmd, o.Lot, o.Order())
	return "/orders/" + v.id + "?done=postponed", err
}
