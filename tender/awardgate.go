package tender

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// PassedOver is a candidate ranked before the winner who does not get the contract, and why (条例55; under 政府采购 实施条例49).
// One who refused the contract after an award, or whose award was set aside, need not be said again.
type PassedOver struct {
	Bidder   string         `json:"bidder"` // USCC
	Reason   string         `json:"reason"`
	Evidence signing.Digest `json:"evidence"` // of what shows it
}

// The reasons (条例55).
const (
	GaveUp       = "gave_up"                 // 放弃中标
	ForceMajeure = "force_majeure"           // 因不可抗力不能履行合同
	NoSecurity   = "no_performance_security" // 不按照招标文件要求提交履约保证金
	Disqualified = "disqualified"            // 被查实存在影响中标结果的违法行为等情形，不符合中标条件
)

var passReasons = []string{GaveUp, ForceMajeure, NoSecurity, Disqualified}

// requiresEvaluation tells whether the award of a lot must follow the committee's result: wherever one is on record, and of
// every lot that was opened remotely. Where bids were opened on the spot and the committee hands nothing in, the tenderer's
// word is taken.
func requiresEvaluation(l *Lot) bool { return l.Evaluated > 0 || l.Hall != nil }

// ruling is all that an award has to follow, read under the lot's lock.
type ruling struct {
	regime     string
	evaluation *EvaluationView
	sheet      signing.Digest // of the newest verification sheet
	notice     *noticeRow     // the newest
	objections []Objection
	before     []AwardView
}

var errSetAside = party.Invalid("award.set_aside", "winner", "该投标人的中标结果已因质疑成立而撤销；请确定其他候选人，或由评标系统提交更正的评标结果")

// mayAward holds an award to the committee's result.
func (d *Desk) mayAward(ctx context.Context, t *turn, n *AwardNote, before []AwardView) error {
	if !requiresEvaluation(t.lot) {
		if len(n.PassedOver) > 0 {
			return party.Invalid("award.passed_over", "passed_over", "本标段没有评标结果在平台登记，不需要说明未定标的候选人；请删去")
		}
		if slices.ContainsFunc(before, func(a AwardView) bool { return a.SetAside != nil && a.Winner == n.Winner }) {
			return errSetAside
		}
		return nil
	}
	r := ruling{regime: t.lot.Project.Regime, before: before}
	sheet, err := readSheet(ctx, t.tx, t.lot.ID, 0)
	if err != nil {
		return err
	}
	if sheet.Signed != nil {
		r.sheet = letter.SheetDigest(sheet.Signed)
	}
	if r.evaluation, err = evaluationOf(ctx, t.tx, t.lot.ID, 0); err != nil {
		return err
	}
	if r.notice, err = noticeOf(ctx, t.tx, t.lot.ID); err != nil {
		return err
	}
	if r.objections, err = objectionsOf(ctx, t.tx, t.lot.ID); err != nil {
		return err
	}
	if err := r.ripe(t.now); err != nil {
		return err
	}
	if err := r.dates(n.NoticedOn); err != nil {
		return err
	}
	if err := r.follows(n); err != nil {
		return err
	}
	n.evaluation = &r.evaluation.Edition
	return nil
}

// ripe: the result stands, its notice is over, and nothing waits for an answer (条例54).
func (r ruling) ripe(now time.Time) error {
	if r.evaluation == nil {
		return errNotEvaluated
	}
	if r.evaluation.Content.Sheet != r.sheet {
		return party.Conflict("award.sheet", "评标之后核验结果表有了新版；请由评标委员会认定后提交更正的评标结果")
	}
	if r.regime == letter.RegimeTendering {
		switch {
		case r.notice == nil || r.notice.Edition != r.evaluation.Edition:
			return party.Conflict("award.no_notice", "最新一版评标结果的中标候选人尚未公示；请先公示，期满后再定标（招标投标法实施条例第五十四条）")
		case !now.After(r.notice.end()):
			return party.TooEarly("award.notice_running", fmt.Sprintf("中标候选人公示至 %s 24:00，期满后方可定标（招标投标法实施条例第五十四条）", r.notice.last()))
		}
	}
	for _, o := range r.objections {
		switch {
		case o.Kind == KindObjection && o.State == ObjectionFiled:
			return errObjectionOpen
		case o.Changes != nil && *o.Changes && o.Kind == KindObjection && !r.evaluation.AcceptedAt.After(*o.AnsweredAt):
			return party.Conflict("award.result_changed", "异议成立且影响评标结果；请由评标委员会更正，并由评标系统提交下一版评标结果")
		}
	}
	return nil
}

// dates: what an award notice announces is decided before it, and not before the committee has reported and its candidates
// were public to the end (招标投标法45; 条例54). Release clocks and the days for 质疑 count from it.
func (r ruling) dates(noticed calendar.Date) error {
	switch {
	case noticed.Before(calendar.DateOf(r.evaluation.Content.At)):
		return party.Invalid("award.noticed_on", "noticed_on", "中标通知书日期不得早于评标委员会签署评标报告之日；请核对")
	case r.regime == letter.RegimeTendering && !noticed.After(r.notice.last()):
		return party.Invalid("award.noticed_on", "noticed_on", fmt.Sprintf("中标候选人公示至 %s 24:00，中标通知书日期须在其后；请核对", r.notice.last()))
	}
	return nil
}

// follows: the first candidate wins, or the next when each before it refused, was set aside, or is passed over with a
// reason (条例55).
func (r ruling) follows(n *AwardNote) error {
	ranked := make([]string, len(r.evaluation.Content.Candidates))
	for i, c := range r.evaluation.Content.Candidates {
		ranked[i] = c.Bidder.USCC
	}
	if len(n.Candidates) > 0 && !slices.Equal(n.Candidates, ranked) {
		return party.Invalid("award.candidates", "candidates", "候选人须与评标结果的名次完全一致；可以不填")
	}
	n.Candidates = ranked
	at := slices.Index(ranked, n.Winner)
	if at < 0 {
		return party.Invalid("award.not_candidate", "winner", "中标人须是评标委员会推荐的中标候选人（招标投标法第四十条）；请从评标结果中选择")
	}
	if slices.ContainsFunc(r.before, func(a AwardView) bool { return a.SetAside != nil && a.Winner == n.Winner && r.follow(a) }) {
		return errSetAside
	}
	passed, err := r.passedBefore(n.Winner)
	if err != nil {
		return err
	}
	if passed {
		return party.Invalid("award.passed_before", "winner", "此前定标时已登记该候选人不能中标的原因，须依次确定其后的候选人（招标投标法实施条例第五十五条）；该原因有误的，请由评标系统提交更正的评标结果后再定标")
	}
	for i, p := range n.PassedOver {
		if !slices.Contains(ranked[:at], p.Bidder) || slices.ContainsFunc(n.PassedOver[:i], func(o PassedOver) bool { return o.Bidder == p.Bidder }) {
			return party.Invalid("award.passed_over", "passed_over", "只能说明名次在中标人之前的候选人，每个一次；请核对评标结果")
		}
		if !slices.Contains(passReasons, p.Reason) || p.Evidence.IsZero() {
			return party.Invalid("award.passed_over", "passed_over", "请从列表中选择不确定该候选人为中标人的原因，并上传证据（招标投标法实施条例第五十五条）")
		}
	}
	for _, uscc := range ranked[:at] {
		if !r.gone(uscc) && !slices.ContainsFunc(n.PassedOver, func(p PassedOver) bool { return p.Bidder == uscc }) {
			return party.Invalid("award.rank", "winner", "名次在前的候选人没有放弃、不能履约或被取消资格的记录，不得确定其后的候选人中标（招标投标法实施条例第五十五条）；请核对，或者写明其不中标的原因并附证据")
		}
	}
	return nil
}

// follow tells that an award rests on the edition that stands now.
func (r ruling) follow(a AwardView) bool {
	return a.Evaluation != nil && *a.Evaluation == r.evaluation.Edition
}

// passedBefore tells that a candidate was passed over by an earlier award under this result: after it the candidates behind
// follow in their order, never one before (条例55).
func (r ruling) passedBefore(uscc string) (bool, error) {
	for _, a := range r.before {
		var passed []PassedOver
		if err := json.Unmarshal(a.PassedOver, &passed); err != nil {
			return false, err
		}
		if r.follow(a) && slices.ContainsFunc(passed, func(p PassedOver) bool { return p.Bidder == uscc }) {
			return true, nil
		}
	}
	return false, nil
}

// gone tells that a candidate was awarded and refused, or had its award set aside under this result.
func (r ruling) gone(uscc string) bool {
	return slices.ContainsFunc(r.before, func(a AwardView) bool {
		return a.Winner == uscc && (a.RefusedFor != nil || a.SetAside != nil && r.follow(a))
	})
}
