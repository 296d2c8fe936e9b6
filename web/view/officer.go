package view

import (
	"slices"
	"strconv"

	"baohan/guarantee/calendar"
	"baohan/tender/custody"
)

// DayOf is a calendar day as it stands on a page.
func DayOf(d calendar.Date) string { return Day(d.Time()) }

func holderWords(s custody.Status) string {
	mode := "已授权的日子到时自动交出"
	if !s.Automatic {
		mode = "每个标段都由经办人手工交出"
	}
	return "三个密钥保管人中的第 " + strconv.Itoa(s.Holder+1) + " 个；" + mode + "。本页的时间是本机代理的时钟。"
}

// byDeadline has what is opened next on top.
func byDeadline(lots []custody.LotStatus) []custody.LotStatus {
	return slices.SortedStableFunc(slices.Values(lots), func(a, b custody.LotStatus) int { return a.NotBefore.Compare(b.NotBefore) })
}

func authorised(s custody.Status, l custody.LotStatus) bool {
	return slices.Contains(s.Days, calendar.DateOf(l.NotBefore))
}

// stands is how a lot stands with its custodian.
type stands struct {
	tone       Tone
	word, says string
}

func lotStanding(l custody.LotStatus) stands {
	switch {
	case l.Destroyed:
		return stands{Plain, "密钥已销毁", "保管期满，已按期销毁并留有签名的记录。"}
	case l.Letters:
		return stands{Good, "已交出", "投标和保函的份额都已交出。"}
	case l.Veto != nil && l.ByHand.IsZero():
		return stands{Bad, "已否决", l.Veto.Reason}
	case l.Bids:
		return stands{Good, "已交出投标的份额", "等待平台凭第二份截标清单来取保函的份额。"}
	case l.Waits != "":
		return stands{Open, "等待", l.Waits}
	}
	return stands{Good, "可以放行", "还没有人来取。"}
}
