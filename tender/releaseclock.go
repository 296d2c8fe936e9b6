package tender

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// ReleaseEvent is what happens in a tender that makes letters fall due for release. Its name stands in the letter's events.
type ReleaseEvent string

// The events.
const (
	ReleaseAward       ReleaseEvent = "award_noticed"     // 中标通知书 is issued: the losers, in government procurement
	ReleaseContract    ReleaseEvent = "contract_signed"   // the written contract is signed: everybody
	ReleaseWithdrawal  ReleaseEvent = "bid_withdrawn"     // 撤回, and what counts as one: the letter of that bid
	ReleaseTermination ReleaseEvent = "tender_terminated" // 终止招标: everybody
)

// releaseRule is how long a beneficiary has. 0 calendar days: at once (及时).
type releaseRule struct {
	law  string
	days int
	unit calendar.Unit
	// waits: the event itself is refused while the day cannot be counted, so that nothing is half done. Without it the
	// letter falls due and its day is counted when the year's table comes.
	waits bool
}

// releaseRules is the one table of the release clocks, by regime and event. What is not here starts none: under 招投标 an
// award releases nobody, because candidates 1 to 3 may still become the winner.
var releaseRules = map[string]map[ReleaseEvent]releaseRule{
	letter.RegimeTendering: {
		ReleaseContract:    {law: "招标投标法实施条例第五十七条", days: 5, unit: calendar.CalendarDays},
		ReleaseWithdrawal:  {law: "招标投标法实施条例第三十五条", days: 5, unit: calendar.CalendarDays},
		ReleaseTermination: {law: "招标投标法实施条例第三十一条", days: 0, unit: calendar.CalendarDays},
	},
	letter.RegimeProcurement: {
		ReleaseAward:       {law: "政府采购法实施条例第三十三条", days: 5, unit: calendar.WorkingDays, waits: true},
		ReleaseContract:    {law: "政府采购法实施条例第三十三条", days: 5, unit: calendar.WorkingDays, waits: true},
		ReleaseWithdrawal:  {law: "政府采购货物和服务招标投标管理办法第二十三条", days: 5, unit: calendar.WorkingDays},
		ReleaseTermination: {law: "政府采购货物和服务招标投标管理办法第二十九条", days: 5, unit: calendar.WorkingDays},
	},
}

// releaseOn starts the clock of those letters of the lot that which picks, from the day of an event. A letter that has
// ended, whose clock runs to an earlier day, or that is kept because its bidder refused the contract (条例74) is left
// alone. It runs in the lot's transaction, after the lot's lock and before any guarantee's.
func (d *Desk) releaseOn(ctx context.Context, tx pgx.Tx, l *Lot, event ReleaseEvent, from calendar.Date, which func(letterID string) bool) error {
	rule, ok := releaseRules[l.Project.Regime][event]
	if !ok {
		return nil
	}
	clock, err := rule.count(d.Calendar, from)
	if err != nil {
		return err
	}
	ids, err := releasable(ctx, tx, l.ID, which)
	if err != nil {
		return err
	}
	return d.Guarantees.ReleaseDueTx(ctx, tx, ids, string(event), clock)
}

// count is the clock from a day. The fifth calendar day moves to the next working day when it is a day of rest (民法典203);
// where the year's table is not published it does not move yet, which is never later than the law's day.
func (r releaseRule) count(days *calendar.Calendar, from calendar.Date) (calendar.Clock, error) {
	k, err := days.Count(calendar.Clock{Kind: "release", Law: r.law, From: from, Days: r.days, Unit: r.unit})
	switch {
	case err != nil || !k.Unknown:
		return k, err
	case r.unit == calendar.CalendarDays:
		k.To = from.AddDays(r.days)
	case r.waits:
		return k, errYearNotPublished
	}
	return k, nil
}

// errYearNotPublished: without a table of working days nobody can say the day.
var errYearNotPublished = party.Conflict("calendar.year_not_published", "该年度的节假日安排尚未登记，无法计算工作日；请由交易中心登记后重试")

// stopRelease takes back the clocks of the letters that which picks: their bidder waits for the contract after all.
func (d *Desk) stopRelease(ctx context.Context, tx pgx.Tx, l *Lot, started ReleaseEvent, why string, which func(letterID string) bool) error {
	ids, err := releasable(ctx, tx, l.ID, which)
	if err != nil {
		return err
	}
	return d.Guarantees.ReleaseStopTx(ctx, tx, ids, string(started), why)
}

// releasable are the letters of a lot whose release the tender's course can ask for, in the order of their ids: those that
// the opening found here and those that came back after it, without those that are kept.
func releasable(ctx context.Context, tx pgx.Tx, lot string, which func(id string) bool) ([]string, error) {
	letters, err := readLetters(ctx, tx, lot)
	if err != nil {
		return nil, err
	}
	back, err := cameBack(ctx, tx, lot)
	if err != nil {
		return nil, err
	}
	kept, err := forfeited(ctx, tx, lot)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, x := range letters {
		if (x.Here || slices.Contains(back, x.ID)) && which(x.ID) && !kept(x.ID) {
			ids = append(ids, x.ID)
		}
	}
	return ids, nil
}

// everyLetter picks all.
func everyLetter(string) bool { return true }

// releaseLateTx sets the clock of letters that an emergency brought back, or whose own was taken back, where the tender's
// course has set that of the others already: nobody else would ask for their release. Whatever has happened counts, as it
// did for the others; of all clocks the one that ends first holds.
func (d *Desk) releaseLateTx(ctx context.Context, tx pgx.Tx, l *Lot) error {
	if l.State == Terminated {
		if err := d.releaseTerminated(ctx, tx, l); err != nil {
			return err
		}
	}
	if err := d.releaseLosersTx(ctx, tx, l); err != nil {
		return err
	}
	signed, err := signedOn(ctx, tx, l.ID)
	if err == nil && signed != nil {
		err = d.releaseOn(ctx, tx, l, ReleaseContract, calendar.DateOf(*signed), everyLetter)
	}
	if err != nil {
		return err
	}
	return d.releaseFreedTx(ctx, tx, l)
}
