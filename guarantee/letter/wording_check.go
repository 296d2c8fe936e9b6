package letter

import (
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// parseWording reads a wording file. It is written by hand, so it need not be canonical; it must be whole.
func parseWording(b []byte) (Wording, error) {
	var w Wording
	if err := json.Unmarshal(b, &w, coding); err != nil {
		return Wording{}, asField(err)
	}
	return w, w.Check()
}

// lint is one thing that a wording must, or must not, say.
type lint struct {
	rule   string
	forms  []Form // nil: all
	mode   Mode   // "": both
	text   string // must stand in the clauses
	banned bool   // must not
	why    string
}

var (
	independentOnly = []Form{FormIndependent}
	accessoryOnly   = []Form{FormAccessory}
	insuranceOnly   = []Form{FormInsurance}
	notIndependent  = []Form{FormAccessory, FormInsurance}
)

var lints = []lint{
	{rule: "max_amount", text: "{max_amount}", why: "缺少最高金额（法释〔2016〕24号第3条）"},
	{rule: "documents", text: "{documents}", why: "缺少付款须提交的单据（法释〔2016〕24号第3条）"},
	{rule: "latest_expiry", text: "{latest_expiry}", why: "缺少随投标有效期顺延的最迟到期日"},
	{rule: "number", text: "{number}", why: "缺少保函编号"},
	{rule: "guarantor", text: "{guarantor}", why: "缺少开立人、保证人或保险人"},
	{rule: "applicants", text: "{applicants}", why: "缺少申请人"},
	{rule: "place", text: "{place}", why: "缺少交单地点（指定的接收系统）"},
	{rule: "pay_within", text: "{pay_within_days}", why: "缺少付款期限"},
	{rule: "examine", text: "{examine_working_days}", why: "缺少审核期限"},
	{rule: "ends_by_itself", text: "自行失效", why: "缺少未随投标文件使用时自行失效的约定"},
	{rule: "extends", text: "相应顺延", why: "缺少有效期随投标有效期顺延的约定"},
	{rule: "effective", text: "起生效", why: "缺少生效时间（电子签名法第11条）"},
	{rule: "release", text: "解除通知", why: "缺少受益人书面解除的约定（法释〔2016〕24号第11条）"},
	{rule: "reasons", text: "{reasons}", why: "缺少承担责任的情形"},

	{rule: "on_demand", forms: independentOnly, text: "见索即付", why: "独立保函须载明见索即付（法释〔2016〕24号第3条）"},
	{rule: "irrevocable", forms: independentOnly, text: "不可撤销", why: "独立保函须载明不可撤销"},
	{rule: "not_on_demand", forms: notIndependent, text: "见索即付", banned: true, why: "非独立保函、保险单不得约定见索即付（民法典担保制度解释第2条）"},
	{rule: "joint_liability", forms: accessoryOnly, text: "连带责任保证", why: "须载明保证方式（民法典第688条）"},
	{rule: "guarantee_period", forms: accessoryOnly, text: "保证期间", why: "须载明保证期间（民法典第692条）"},
	{rule: "scope", forms: accessoryOnly, text: "保证范围", why: "须载明保证范围（民法典第691条）"},
	{rule: "sum_insured", forms: insuranceOnly, text: "保险金额", why: "须载明保险金额（保险法第18条）"},
	{rule: "insurance_period", forms: insuranceOnly, text: "保险期间", why: "须载明保险期间（保险法第18条）"},
	{rule: "exclusions", forms: insuranceOnly, text: "责任免除", why: "须载明责任免除（保险法第17、18条）"},
	{rule: "premium", forms: insuranceOnly, text: "{fee}", why: "须载明保险费（保险法第18条）"},

	{rule: "commitment", mode: ModeBlind, text: "{commitment}", why: "密文文本缺少揭示记录的承诺值"},
	{rule: "reveal_record", mode: ModeBlind, text: "揭示记录", why: "密文文本须以揭示记录确定受益人、标段和金额"},
	{rule: "beneficiaries", mode: ModeFull, text: "{beneficiaries}", why: "全文文本缺少受益人"},
	{rule: "lot", mode: ModeFull, text: "{lot}", why: "全文文本缺少招标项目和标段"},
	{rule: "expiry", mode: ModeFull, text: "{expiry}", why: "全文文本缺少到期日"},
	{rule: "blind_silence", mode: ModeBlind, text: "{beneficiaries}", banned: true, why: "密文文本不得写明受益人"},
	{rule: "blind_silence", mode: ModeBlind, text: "{lot}", banned: true, why: "密文文本不得写明标段"},
	{rule: "blind_silence", mode: ModeBlind, text: "{expiry}", banned: true, why: "密文文本不得写明到期日"},
	{rule: "blind_silence", mode: ModeBlind, text: "{deadline}", banned: true, why: "密文文本不得写明投标截止时间"},
}

// Check is the lint that stands before every use: a wording that lacks what the law or this platform needs cannot be
// used at all.
func (w Wording) Check() error {
	if err := w.checkFacts(); err != nil {
		return err
	}
	for _, m := range w.modes() {
		r, err := w.Rendering(m)
		if err != nil {
			return err
		}
		if err := w.checkClauses(m, r); err != nil {
			return err
		}
	}
	return nil
}

var wordingID = regexp.MustCompile(`^[a-z0-9-]{3,40}$`)

func (w Wording) checkFacts() error {
	return firstOf(
		need(wordingID.MatchString(w.ID) && w.Version >= 1, "id", "id", "文本编号或版本有误"),
		need(slices.Contains([]Form{FormIndependent, FormAccessory, FormInsurance}, w.Form), "form", "form", "文本形式有误"),
		checkText("title", w.Title, 2, 40),
		need(w.PayWithinDays >= 1 && w.PayWithinDays <= 30, "pay_within_days", "pay_within", "付款期限须为 1 至 30 天"),
		need(w.PayFrom == PayFromReceipt || w.PayFrom == PayFromDecision && w.Form == FormInsurance, "pay_from", "pay_within", "付款期限的起算点有误"),
		need(w.ExamineWorkingDays >= 1 && w.ExamineWorkingDays <= 10, "examine_working_days", "examine", "审核期限须为 1 至 10 个工作日"),
		// URDG 758 art. 23: up to thirty days following the receipt of the demand.
		need(w.HoldDays >= 0 && w.HoldDays <= 30 && (w.HoldDays == 0 || w.Form == FormIndependent), "hold_days", "hold", "延期或者付款只适用于独立保函，暂缓付款不超过 30 日"),
		need(len(w.Documents) > 0 && w.Documents[0] == PaymentNotice, "documents", "documents", "须列明付款单据，且以书面付款通知为首"),
		checkEach("documents", w.Documents, DocumentKind.Check),
		need(!slices.Contains(w.Documents, RevealRecord), "documents", "documents", "揭示记录由密文方式自动列入，不单独填写"),
		need(!repeats(w.Documents, func(k DocumentKind) DocumentKind { return k }), "documents", "documents", "单据重复"),
		need(len(w.Clauses) > 0, "clauses", "clauses", "缺少全文条款"),
		// 保险法 art. 18 and 民法典 art. 685 want the insured, or the creditor, and the debt named.
		need(len(w.BlindClauses) == 0 || w.Form == FormIndependent, "blind_clauses", "mode", "保证合同、保险单须写明债权人或被保险人，不得以密文方式开立"),
	)
}

func (w Wording) modes() []Mode {
	if len(w.BlindClauses) > 0 {
		return []Mode{ModeFull, ModeBlind}
	}
	return []Mode{ModeFull}
}

func (w Wording) checkClauses(m Mode, r Rendering) error {
	field := "clauses"
	if m == ModeBlind {
		field = "blind_clauses"
	}
	if err := checkEach(field, r.Clauses, checkClause); err != nil {
		return err
	}
	text := strings.Join(r.Clauses, "\n")
	for _, l := range lints {
		if l.concerns(w.Form, m) && strings.Contains(text, l.text) == l.banned {
			return fault(field, l.rule, l.why)
		}
	}
	return need(strings.Contains(text, "{hold_days}") == (w.HoldDays > 0), field, "hold", "延期或者付款的条款与暂缓付款的日数须同时有、同时无")
}

func (l lint) concerns(f Form, m Mode) bool {
	return (l.forms == nil || slices.Contains(l.forms, f)) && (l.mode == "" || l.mode == m)
}

var slotShape = regexp.MustCompile(`\{([a-z_]+)\}`)

// checkClause holds for a readable clause in which every brace belongs to a slot that exists.
func checkClause(clause string) error {
	if err := checkText("", clause, 2, 2000); err != nil {
		return err
	}
	for _, found := range slotShape.FindAllStringSubmatch(clause, -1) {
		if _, known := slots[found[1]]; !known {
			return fault("", "slot", "条款中有不存在的填空项")
		}
	}
	return need(!strings.ContainsAny(slotShape.ReplaceAllString(clause, ""), "{}"), "", "slot", "条款中的填空项书写有误")
}
