package tender

import (
	"context"
	"fmt"
	"slices"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// LettersWords tell, in Chinese and from public facts alone, what a deadline that moved into another round of letters means
// for those who hold a letter: that it no longer suffices, what to do, and what becomes of it and of its fee. Nil: nothing is
// to be said, or no more letter can be applied for. What they say of the end of a letter is its wordings' clause on
// termination; of the fee no wording says that it is given back, and the platform knows refunds before the issue alone.
func (l *Lot) LettersWords() []string {
	from := l.LettersFrom()
	if from.IsZero() || l.State != Published {
		return nil
	}
	return []string{
		fmt.Sprintf("截止时间推迟后，投标有效期（含招标文件规定的附加天数）到 %s。%s 以前申请的保函，依其文本最多顺延到它的最迟到期日，早于这一天，不再够用。",
			l.End.Expiry().Chinese(), from.In(calendar.Shanghai).Format("2006年1月2日 15:04:05")),
		"须为本标段重新申请一份保函（原来的机构或者其他机构均可），开立后写进投标；已经递交的投标，截止之前可以修改。仍写明原保函的投标，开标时该保函“有效期”一项为存疑。",
		"原来的保函不用办理任何手续：到投标截止时没有投标写明它的，依其终止条款自行失效，永不打开，没有人知道它曾是为哪个标段开立的；最迟到期日更早的，到期即终止。申请尚未缴费的，不缴费即到时失效。",
		"原保函的保费：公布的文本没有约定退还，平台只在开立之前办理退费（撤单退费，撤单的时间留在平台的记录里）。没有投标写明的保函没有担保过任何投标；保费是否退还或者抵作新保函的保费，请与原担保机构商定，平台不经手。",
	}
}

// LeftBehind lists the lots, open for applications now, of which the deadline moved beyond what letters reach. It reads notices
// and orders alone and is the same for everybody.
func (d *Desk) LeftBehind(ctx context.Context) ([]*Lot, error) {
	all, err := manyLots(ctx, d.Pool, `SELECT `+lotColumns+` WHERE l.state = 'published' AND l.deadline > platform_now()
		AND EXISTS (SELECT 1 FROM postponement o WHERE o.lot = l.id) ORDER BY l.deadline, l.id`, nil)
	return slices.DeleteFunc(all, func(l *Lot) bool { return l.LettersFrom().IsZero() }), err
}

// MayHaveLeft tells whether a letter that was applied for at an instant, with this ceiling and latest expiry, could be one that
// this lot left behind, by the public ladders: it says so of letters for other lots too.
func (l *Lot) MayHaveLeft(applied time.Time, ceiling letter.Fen, latest calendar.Date) bool {
	return applied.Before(l.LettersFrom()) && ceiling == letter.LadderCeiling(l.Amount) && latest.Before(l.End.Expiry()) &&
		slices.ContainsFunc(l.stood(), func(s stand) bool { return s.reach() == latest })
}
