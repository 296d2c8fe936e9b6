package tender

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// How long objections may be raised and answered, and where one goes who is not content.
const (
	answerDays = 3 // 招投标: calendar days (条例54)
	queryDays  = 7 // 政府采购: working days, to raise one and to answer it (政府采购法52, 53)
	resultDays = 1 // working days for which the award notice stands (87号令69); whoever is concerned knows at its end (政府采购法实施条例53)
)

// The ways of complaint, in words.
const (
	ComplaintTendering = "认为招标投标活动不符合法律、行政法规规定的，可以自知道或者应当知道之日起十日内，向有关行政监督部门书面投诉（招标投标法实施条例第六十条；异议答复期间不计算在内）"
	ComplaintQuery     = "对质疑答复不满意，或者采购人未在规定时间内答复的，可以在答复期满后十五个工作日内，向同级政府采购监督管理部门投诉（政府采购法第五十五条）"
)

// Objection is one 异议 or 质疑 to the result of a lot.
type Objection struct {
	ID          string
	Lot         string
	Kind        ObjectionKind
	State       ObjectionState
	FiledBy     string // USCC
	Filer       string // its name
	Interest    string // why it is concerned; empty for a bidder of the lot
	Words       string
	FiledAt     time.Time
	Upheld      *bool
	Changes     *bool // the answer changes the result
	Answer      *string
	AnsweredAt  *time.Time
	WithdrawnAt *time.Time
}

// ErrNoObjection is the answer for every objection that is not there or not the caller's to see.
var ErrNoObjection = party.NotFound("objection.not_found", "没有找到该异议或质疑；请核对编号，或确认您有权查看")

var errObjectionOpen = party.Conflict("award.objection_open", "有异议尚未答复，作出答复前应当暂停招标投标活动（招标投标法实施条例第五十四条）；请先答复")

// Object raises an objection to the result, over the session of the organisation that raises it. Under 招投标 it must come
// within the candidates' notice, from a bidder of the lot or from another interested party, which says why it is
// concerned: whether that is so is for the tenderer's answer, because whoever is turned away here could not complain either
// (条例60). Under 政府采购 it comes from a supplier that took part (94号令11), within seven working days of the end of the
// award notice. One organisation has one open objection at a time. The deciding instant is read under the lot's lock, which
// the award takes too: of an objection and an award at the same instant one order holds.
func (d *Desk) Object(ctx context.Context, cmd party.Command, lot, words, interest string) (answer Answer, err error) {
	if !cmd.Actor.Is(party.Bidder) {
		return Answer{}, ErrNotFound
	}
	if !validText(words, 5, 4000) {
		return Answer{}, party.Invalid("objection.words", "words", "请写明异议的事项、事实和请求，5 至 4000 个字，不含换行等控制字符")
	}
	if interest != "" && !validText(interest, 2, 500) {
		return Answer{}, party.Invalid("objection.interest", "interest", "请用 2 至 500 个字写明与本次招标的利害关系")
	}
	return answer, d.changeFor(ctx, cmd, lot, &answer, func(t *turn) error {
		o := Objection{ID: newID(), Lot: lot, State: ObjectionFiled, FiledBy: t.actor.USCC, Filer: t.actor.Name, Interest: interest, Words: words, FiledAt: t.now}
		if o.Kind, err = d.mayObject(ctx, t, interest); err != nil {
			return err
		}
		if err := insertObjection(ctx, t.tx, o); err != nil {
			return err
		}
		answer = Answer{ID: o.ID, State: string(o.State), At: t.now}
		return t.note(VerbObject, map[string]any{"objection": o.ID, "kind": o.Kind, "words": signing.Sum([]byte(words))})
	})
}

// mayObject asks who and when.
func (d *Desk) mayObject(ctx context.Context, t *turn, interest string) (ObjectionKind, error) {
	if t.lot.State == Draft {
		return "", ErrNotFound
	}
	if t.lot.State == Terminated {
		return "", errTerminated
	}
	bids, err := readBids(ctx, t.tx, t.lot.ID)
	if err != nil {
		return "", err
	}
	took := tookPart(bids, t.actor.USCC)
	if t.lot.Project.Regime == letter.RegimeProcurement {
		if !took && t.lot.OpenedAt != nil {
			return "", party.Forbidden("objection.not_supplier", "对中标结果的质疑须由参与本项目采购活动的供应商提出（政府采购质疑和投诉办法第十一条）；请核对登录的单位")
		}
		a, err := awards(ctx, t.tx, t.lot.ID)
		if err != nil {
			return "", err
		}
		return KindQuery, d.queryInTime(a, t.now)
	}
	n, err := noticeOf(ctx, t.tx, t.lot.ID)
	if err != nil {
		return "", err
	}
	if err := objectionInTime(n, t.now); err != nil {
		return "", err
	}
	if !took && interest == "" {
		return "", party.Invalid("objection.interest", "interest", "本单位不是本标段的投标人；请写明与本次招标的利害关系（招标投标法实施条例第五十四条、第六十条）")
	}
	return KindObjection, nil
}

// tookPart tells whether an organisation is among those that bid, alone or in a consortium.
func tookPart(bids []BidView, uscc string) bool {
	return slices.ContainsFunc(bids, func(b BidView) bool {
		return slices.ContainsFunc(b.Bidders, func(p letter.Party) bool { return p.USCC == uscc })
	})
}

// objectionInTime: within the notice, its last day until 24:00 (条例54).
func objectionInTime(n *noticeRow, now time.Time) error {
	switch {
	case n == nil:
		return party.TooEarly("objection.not_yet", "本平台没有公示本标段的中标候选人；公示在其他媒介发布的，请按该公示载明的方式提出异议")
	case now.After(n.end()):
		return party.TooLate("objection.too_late", fmt.Sprintf("公示期已于 %s 24:00 届满，不再受理对评标结果的异议（招标投标法实施条例第五十四条）。%s", n.last(), ComplaintTendering))
	}
	return nil
}

// queryInTime: seven working days from the end of the award notice, its last day until 24:00. Where the year's table is not
// published nobody can say that it is late, and nobody says so.
func (d *Desk) queryInTime(all []AwardView, now time.Time) error {
	if len(all) == 0 || all[len(all)-1].SetAside != nil {
		return party.TooEarly("objection.not_yet", "本标段尚未公告中标结果；公告后七个工作日内可以提出质疑")
	}
	last, err := d.queryUntil(all[len(all)-1])
	if errors.Is(err, calendar.ErrYearNotPublished) {
		return nil
	}
	if err == nil && now.After(last.EndOfDay()) {
		return party.TooLate("objection.too_late", fmt.Sprintf("质疑期已于 %s 24:00 届满（政府采购法第五十二条），不再受理质疑。此前提出过质疑的，%s", last, ComplaintQuery))
	}
	return err
}

func (d *Desk) queryUntil(a AwardView) (calendar.Date, error) {
	return d.Calendar.AddWorkingDays(calendar.DateOf(a.NoticedOn), resultDays+queryDays)
}

// QueryUntil is the last day for 质疑 to an award; zero where the year's table is not published, and under 招投标.
func (d *Desk) QueryUntil(l *Lot, a AwardView) calendar.Date {
	if l.Project.Regime != letter.RegimeProcurement {
		return calendar.Date{}
	}
	last, _ := d.queryUntil(a)
	return last
}

// AnswerBy is the last day for the answer; zero where the year's table is not published and the law counts working days.
func (d *Desk) AnswerBy(o Objection) calendar.Date {
	from := calendar.DateOf(o.FiledAt)
	if o.Kind == KindQuery {
		by, _ := d.Calendar.AddWorkingDays(from, queryDays)
		return by
	}
	by, err := d.Calendar.LastDay(from, answerDays)
	if err != nil {
		return from.AddDays(answerDays)
	}
	return by
}

// Complaint is where one goes who is not content with the answer, or gets none.
func (o Objection) Complaint() string {
	if o.Kind == KindQuery {
		return ComplaintQuery
	}
	return ComplaintTendering
}

const objectionColumns = `id, lot, kind, state, filed_by, filer, interest, words, filed_at, upheld, changes, answer, answered_at, withdrawn_at`

func readObjection(ctx context.Context, q store.Querier, id string) (Objection, error) {
	return store.One[Objection](ctx, q, ErrNoObjection, `SELECT `+objectionColumns+` FROM objection WHERE id = @id`, pgx.NamedArgs{"id": id})
}

func lockObjection(ctx context.Context, tx pgx.Tx, id string) (Objection, error) {
	return store.One[Objection](ctx, tx, ErrNoObjection, `SELECT `+objectionColumns+` FROM objection WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": id})
}

func objectionsOf(ctx context.Context, q store.Querier, lot string) ([]Objection, error) {
	return store.Many[Objection](ctx, q, `SELECT `+objectionColumns+` FROM objection WHERE lot = @lot ORDER BY filed_at, id`, pgx.NamedArgs{"lot": lot})
}

func insertObjection(ctx context.Context, tx pgx.Tx, o Objection) error {
	_, err := tx.Exec(ctx, `INSERT INTO objection (id, lot, kind, state, filed_by, filer, interest, words, filed_at)
		VALUES (@id, @lot, @kind, 'filed', @by, @filer, @interest, @words, @at)`, pgx.NamedArgs{"id": o.ID, "lot": o.Lot, "kind": o.Kind,
		"by": o.FiledBy, "filer": o.Filer, "interest": o.Interest, "words": o.Words, "at": o.FiledAt})
	return translate(err)
}

func updateObjection(ctx context.Context, tx pgx.Tx, o Objection) error {
	_, err := tx.Exec(ctx, `UPDATE objection SET state = @state, upheld = @upheld, changes = @changes, answer = @answer,
		answered_at = @answered, withdrawn_at = @withdrawn WHERE id = @id`, pgx.NamedArgs{"id": o.ID, "state": o.State, "upheld": o.Upheld,
		"changes": o.Changes, "answer": o.Answer, "answered": o.AnsweredAt, "withdrawn": o.WithdrawnAt})
	return translate(err)
}
