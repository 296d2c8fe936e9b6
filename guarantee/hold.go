package guarantee

import (
	"context"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// leastReply is how long at least an applicant is left to answer.
const leastReply = 24 * time.Hour

// extensionAsked notes the day to which a demand would take an extension instead of payment. Only a letter whose wording
// provides for it knows that choice; to any other it would be a condition that nobody has to read.
func extensionAsked(g *Guarantee, dm *Demand, to calendar.Date) error {
	if to.IsZero() {
		return nil
	}
	w, err := letter.WordingOf(letter.WordingRef{ID: g.Wording, Version: g.WordingVersion})
	if err != nil {
		return err
	}
	if w.HoldDays == 0 {
		return party.Invalid("demand.extension_not_provided", "extend_to", "本保函的文本没有约定“延期或者付款”，不能以延期代替付款；请去掉延期要求后重新签名提交")
	}
	if last := calendar.DateOf(*g.Expiry); !to.After(last) {
		return party.Invalid("demand.extend_to", "extend_to", "要求延长到的日期须晚于保函现在的到期日 "+last.String()+"；请改正后重新签名提交")
	}
	day := to.Time()
	dm.ExtendTo = &day
	return nil
}

// HoldDemand (暂缓付款) holds the payment of a complying demand that would take an extension instead (URDG 758 art. 23): for
// the days of the wording from its receipt, and no longer. The applicant is asked by it, and answers before replyBy; the
// platform is how it is told. What was examined is not examined again: a demand that does not comply was refused before.
func (d *Desk) HoldDemand(ctx context.Context, cmd party.Command, id string, replyBy time.Time) (Answer, error) {
	return d.demandChange(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		f, err := d.facts(ctx, t.tx, t.g, t.demand)
		if err != nil {
			return err
		}
		return hold(t, f, replyBy.Truncate(time.Microsecond))
	})
}

func hold(t *turn, f demandFacts, replyBy time.Time) error {
	dm := t.demand
	if dm.ExtendTo == nil {
		return party.Conflict("demand.no_extension_asked", "付款通知没有要求延期，不能暂缓付款；请按期付款")
	}
	payment, err := f.clock(ClockPayment)
	if err != nil {
		return err
	}
	if payment.Over(t.now) {
		return party.TooLate("demand.hold_late", "付款期限已过，不能再暂缓付款；请立即付款")
	}
	if err := dm.move("hold"); err != nil {
		return err
	}
	until, err := f.clock(ClockHold)
	if err != nil {
		return err
	}
	if replyBy.Before(t.now.Add(leastReply)) || replyBy.After(until.To.EndOfDay()) {
		return party.Invalid("demand.reply_by", "reply_by", "答复期限须给申请人至少 24 小时，且不晚于 "+until.To.String()+" 24 时；请改正后重发")
	}
	dm.ReplyBy = &replyBy
	t.happened(EventDemandHeld, map[string]any{"extend_to": calendar.DateOf(*dm.ExtendTo).String(),
		"reply_by": replyBy.In(calendar.Shanghai).Format(time.RFC3339Nano), "until": until.To.String()})
	return nil
}

// clock is one clock of a demand that is on.
func (f demandFacts) clock(kind ClockKind) (DemandClock, error) {
	all, err := demandClocks(f)
	for _, c := range all {
		if c.Kind == kind {
			return c, err
		}
	}
	return DemandClock{Kind: kind}, err
}
