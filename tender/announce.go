package tender

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// noticeDays is the shortest public notice of candidates, and within how many days of the committee's report it is
// published (条例54).
const (
	noticeDays     = 3
	mostNoticeDays = 30
)

var (
	errNoNotice = party.Conflict("notice.procurement", "政府采购不公示中标候选人；请在确定中标人后登记中标公告（政府采购法实施条例第四十三条）")
	errNobody   = party.Conflict("notice.nobody", "评标结果否决了全部投标，没有中标候选人可公示；请登记“否决所有投标”并依法重新招标（招标投标法第四十二条）")
)

// Announce publishes the candidates' notice (中标候选人公示) of the newest edition of the committee's result, for that many
// calendar days; 0 is the shortest. The day of publication does not count (民法典201), and a last day that is a day of rest
// gives way to the next working day (203); it ends at 24:00. A notice that comes later than the law says is taken all the
// same, and says so: without it there could be no award.
func (d *Desk) Announce(ctx context.Context, cmd party.Command, id string, days int) (Answer, error) {
	return d.change(ctx, cmd, id, func(t *turn) error {
		if err := t.lot.Project.runBy(t.actor); err != nil {
			return err
		}
		if _, err := next(t.lot.State, VerbAnnounce); err != nil {
			return err
		}
		e, err := evaluationOf(ctx, t.tx, id, 0)
		if err != nil {
			return err
		}
		last, err := noticeOf(ctx, t.tx, id)
		if err != nil {
			return err
		}
		n, err := d.newNotice(t.lot, e, last, days, t.now)
		if err != nil {
			return err
		}
		if err := insertNotice(ctx, t.tx, id, n); err != nil {
			return err
		}
		return t.move(VerbAnnounce, map[string]any{"edition": n.Edition, "evaluation": letter.EvaluationDigest(e.Signed),
			"candidates": e.Content.Candidates, "last_day": n.last(), "late": n.Late})
	})
}

// newNotice is the rule.
func (d *Desk) newNotice(l *Lot, e *EvaluationView, last *noticeRow, days int, now time.Time) (n noticeRow, err error) {
	if days == 0 {
		days = noticeDays
	}
	switch {
	case l.Project.Regime != letter.RegimeTendering:
		return n, errNoNotice
	case e == nil:
		return n, errNotEvaluated
	case e.Content.AllRejected():
		return n, errNobody
	case last != nil && last.Edition == e.Edition:
		return n, party.Conflict("notice.published", "这一版评标结果的中标候选人已经公示；更正须先由评标系统提交下一版评标结果")
	case days < noticeDays || days > mostNoticeDays:
		return n, party.Invalid("notice.days", "days", "公示期不得少于三日（招标投标法实施条例第五十四条），至多三十日")
	}
	end, err := d.Calendar.LastDay(calendar.DateOf(now), days)
	if errors.Is(err, calendar.ErrYearNotPublished) {
		return n, errYearNotPublished
	}
	if err != nil {
		return n, err
	}
	late, err := d.noticeLate(e.AcceptedAt, now)
	return noticeRow{Edition: e.Edition, PublishedAt: now, LastDay: end.Time(), Late: late}, err
}

// noticeLate tells whether the third day after the report is over. Where the year's table is not published a day of rest
// does not move it.
func (d *Desk) noticeLate(reported, now time.Time) (bool, error) {
	from := calendar.DateOf(reported)
	by, err := d.Calendar.LastDay(from, noticeDays)
	if errors.Is(err, calendar.ErrYearNotPublished) {
		by, err = from.AddDays(noticeDays), nil
	}
	return now.After(by.EndOfDay()), err
}

// errNotEvaluated says that the committee's result is missing.
var errNotEvaluated = party.Conflict("evaluation.missing", "本标段还没有评标结果；请由交易中心的评标系统提交经签名的评标结果")

type noticeRow struct {
	Edition     int
	PublishedAt time.Time
	LastDay     time.Time // UTC midnight
	Late        bool
}

func (n noticeRow) last() calendar.Date { return calendar.DateOf(n.LastDay) }

// end is the last instant at which an objection is in time.
func (n noticeRow) end() time.Time { return n.last().EndOfDay() }

// noticeOf is the newest notice of a lot; nil: there is none.
func noticeOf(ctx context.Context, q store.Querier, lot string) (*noticeRow, error) {
	rows, err := notices(ctx, q, lot)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// notices are those of a lot, the newest first.
func notices(ctx context.Context, q store.Querier, lot string) ([]noticeRow, error) {
	return store.Many[noticeRow](ctx, q, `SELECT edition, published_at, last_day, late FROM candidate_notice WHERE lot = @lot ORDER BY edition DESC`,
		pgx.NamedArgs{"lot": lot})
}

func insertNotice(ctx context.Context, tx pgx.Tx, lot string, n noticeRow) error {
	_, err := tx.Exec(ctx, `INSERT INTO candidate_notice (lot, edition, published_at, last_day, late) VALUES (@lot, @edition, @at, @last, @late)`,
		pgx.NamedArgs{"lot": lot, "edition": n.Edition, "at": n.PublishedAt, "last": n.LastDay, "late": n.Late})
	return translate(err)
}

// NoticeView is a candidates' notice as everybody reads it.
type NoticeView struct {
	Edition     int
	PublishedAt time.Time
	LastDay     calendar.Date // objections are in time until its 24:00
	Late        bool
	Candidates  []letter.Candidate
	Rejected    []letter.BidVerdict // with the committee's reasons
}

// Notices are a lot's candidates' notices, the newest first: more than one only after a correction. Anybody reads them.
func (d *Desk) Notices(ctx context.Context, lot string) ([]NoticeView, error) {
	if _, err := d.published(ctx, lot); err != nil {
		return nil, err
	}
	rows, err := notices(ctx, d.Pool, lot)
	if err != nil {
		return nil, err
	}
	out := make([]NoticeView, len(rows))
	for i, n := range rows {
		e, err := evaluationOf(ctx, d.Pool, lot, n.Edition)
		if err != nil {
			return nil, err
		}
		out[i] = NoticeView{Edition: n.Edition, PublishedAt: n.PublishedAt, LastDay: n.last(), Late: n.Late, Candidates: e.Content.Candidates}
		for _, v := range e.Content.Bids {
			if v.Verdict == letter.BidRejected {
				out[i].Rejected = append(out[i].Rejected, v)
			}
		}
	}
	return out, nil
}
