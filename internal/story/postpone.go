package story

import (
	"context"
	"net/http"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/signing"
)

// postpone moves lot two's deadline by a week. Neither signature alone moves it, and every bidder's own check says that
// its letter still suffices.
func (t *tale) postpone(ctx context.Context, all ...*held) error {
	if err := t.move(ctx, twoOrder); err != nil {
		return err
	}
	lot := t.lots[1]
	paper, err := wire.Write(map[string]any{"version": 1, "project": lot.Lot.Project, "lot": lot.Lot.Code, "reason": "澄清招标文件（补充）",
		"from": lot.Deadline, "to": twoDeadline.In(calendar.Shanghai)})
	if err != nil {
		return err
	}
	order := wire.Postpone{}
	if order.Centre, err = t.signs(ctx, t.Centre, paper); err != nil {
		return err
	}
	centre, err := t.staffOf(ctx, t.Centre, "centre")
	if err != nil {
		return err
	}
	_, err = centre.Postpone(ctx, lot.ID, wire.Postpone{Centre: order.Centre, Supervisor: order.Centre})
	t.check(refusedWith(err, http.StatusBadRequest), "只有交易中心一家签名，不能延期")
	if order.Supervisor, err = t.signs(ctx, t.Supervisor, paper); err != nil {
		return err
	}
	if _, err := centre.Postpone(ctx, lot.ID, order); err != nil {
		return err
	}
	if t.lots[1], err = centre.Lot(ctx, lot.ID); err != nil {
		return err
	}
	moved := t.lots[1]
	t.check(moved.Deadline.Equal(twoDeadline) && moved.Requirement.End.Deadline.Equal(twoDeadline) && moved.RequirementDigest != lot.RequirementDigest &&
		moved.Amount == lot.Amount && len(moved.Postponements) == 1, "截止时间推迟到 %s，公告列出两方签名，其他要求不变", moved.Deadline.Format(time.DateTime))
	return t.stillSuffice(ctx, all...)
}

func (t *tale) signs(ctx context.Context, m Member, paper []byte) ([]byte, error) {
	return signing.SignData(ctx, m.Sign.Key, m.Sign.Chain, paper, t.Clock.Now())
}

func (t *tale) stillSuffice(ctx context.Context, all ...*held) error {
	for _, h := range all {
		if h.counter {
			continue // what was bought at a counter its bidder checks by the file it was given
		}
		b, err := t.bidder(ctx, h.bidder)
		if err != nil {
			return err
		}
		r, err := b.Check(ctx, h.id)
		if err != nil {
			return err
		}
		t.check(r.OK, "%s核对：保函 %s 随标段顺延，仍满足要求", h.bidder.Party.Name, h.file.Undertaking.Number)
	}
	return nil
}
