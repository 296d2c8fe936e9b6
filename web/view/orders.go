package view

import (
	"baohan/party"
	"baohan/tender"
	"baohan/tender/custody"
)

// ProposeDesk is where the centre writes an order of postponement.
type ProposeDesk struct {
	*tender.Lot
	May bool // its deadline is still to come
}

// OrderDesk is one order of postponement on its way, with what its reader may do about it; nil: nothing.
type OrderDesk struct {
	tender.PendingOrder
	Role     party.Role
	Round    bool   // it would begin another round of letters
	Signed   string // the text, byte for byte
	Paper    custody.Postponement
	Sign     *Deed // of the supervisor
	Refuse   *Deed
	HandIn   *Deed // of the centre
	Again    *Deed // to tell the custodians again
	Withdraw *Deed
}

// OrderTone is the colour of an order's state.
func OrderTone(s tender.OrderState) Tone {
	switch s {
	case tender.OrderWaiting, tender.OrderSigned:
		return Open
	case tender.OrderObeyed:
		return Good
	case tender.OrderRefused:
		return Bad
	default:
		return Plain
	}
}

// OrderWords is an order's state, which says whose move is next.
func OrderWords(s tender.OrderState) string {
	return map[tender.OrderState]string{tender.OrderWaiting: "等行政监督签署", tender.OrderSigned: "两方已签，等交易中心提交", tender.OrderRefused: "行政监督不同意",
		tender.OrderWithdrawn: "已撤回", tender.OrderObeyed: "已生效", tender.OrderLapsed: "未在原截止时间前办结，作废"}[s]
}

func orderFacts(d OrderDesk) []Fact {
	all := []Fact{
		{Label: "状态", More: Badge(OrderTone(d.State()), OrderWords(d.State()))},
		{Label: "招标项目", Value: d.ProjectName + "（" + d.Paper.Project + "）"},
		{Label: "标段", Value: d.LotName + "（" + d.Paper.Lot + "）"},
		{Label: "原投标截止时间", Value: Second(d.Paper.From)},
		{Label: "新的投标截止时间", Value: Second(d.Paper.To)},
		{Label: "理由", Value: d.Paper.Reason},
		{Label: "交易中心签署", Value: Second(d.ProposedAt)},
	}
	switch {
	case d.Supervisor != nil:
		all = append(all, Fact{Label: "行政监督签署", Value: Second(*d.DecidedAt)})
	case d.Refusal != nil:
		all = append(all, Fact{Label: "行政监督不同意", Value: Second(*d.DecidedAt) + "：" + *d.Refusal})
	}
	if d.WithdrawnAt != nil {
		all = append(all, Fact{Label: "交易中心撤回", Value: Second(*d.WithdrawnAt)})
	}
	return all
}
