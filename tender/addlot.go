package tender

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
)

// NewLot is what the tenderer says of a lot.
type NewLot struct {
	Code   string
	Name   string
	Base   letter.Fen // 招标项目估算价, or 采购预算金额 under 政府采购
	Amount letter.Fen
	Forms  []letter.Form
	End    letter.EndRule
	Bids   Place      // "" is Here
	Hall   *HallRules // nil: opened on the spot (现场开标)

	RetenderOf string // the failed or terminated lot that this one repeats (重新招标); "" for none
	// Consortium: whether a consortium may bid (招标投标法31). Frozen with the rest when the lot is published.
	Consortium bool
}

func (n NewLot) withDefaults() NewLot {
	if n.Bids == "" {
		n.Bids = Here
	}
	if n.Hall != nil {
		rules := n.Hall.withDefaults()
		n.Hall = &rules
	}
	return n
}

// AddLot drafts a lot of a project. It is checked here already, so that nobody drafts what cannot be published.
func (d *Desk) AddLot(ctx context.Context, cmd party.Command, project string, n NewLot) (Answer, error) {
	answer := Answer{ID: newID(), Version: 0, State: string(Draft)}
	err := d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, &answer)
		if err != nil || done {
			return err
		}
		p, err := readProject(ctx, tx, project)
		if err != nil {
			return err
		}
		if err := p.runBy(cmd.Actor); err != nil {
			return err
		}
		n = n.withDefaults()
		if err := n.check(p.Regime); err != nil {
			return err
		}
		if err := mayRepeat(ctx, tx, cmd.Actor, n.RetenderOf); err != nil {
			return err
		}
		if err := insertLot(ctx, tx, answer.ID, project, n); err != nil {
			return err
		}
		return d.after(ctx, tx, cmd, answer)
	})
	return answer, err
}

// mayRepeat: a lot repeats one of the same tenderer that ended without a contract (招标投标法28, 42; 条例55; 政府采购法37). It
// takes nothing over from it: bids and letters of the old lot are the old lot's.
func mayRepeat(ctx context.Context, tx pgx.Tx, by party.Actor, id string) error {
	if id == "" {
		return nil
	}
	old, err := readLot(ctx, tx, id)
	if err == nil {
		err = old.Project.runBy(by)
	}
	if err != nil {
		if _, refused := party.RefusalOf(err); !refused {
			return err
		}
		return party.Invalid("lot.retender_of", "retender_of", "没有找到所填的原标段，或它不是本单位组织的；请核对标段在平台的编号")
	}
	if old.State != Failed && old.State != Terminated {
		return party.Invalid("lot.retender_of", "retender_of", "原标段当前状态为“"+Words(old.State)+"”，没有失败或终止，不能重新招标；请先登记终止")
	}
	return nil
}

func (n NewLot) check(regime string) error {
	switch {
	case !validCode(n.Code):
		return party.Invalid("lot.code", "code", "标段编号须为 1 至 64 个字母、数字或 - _ . 字符")
	case !validTitle(n.Name):
		return party.Invalid("lot.name", "name", "标段名称须为 2 至 200 个字，首尾无空格，不含控制字符")
	case n.End.ValidityDays < 1 || n.End.ValidityDays > 720:
		return party.Invalid("lot.validity_days", "end.validity_days", "请填写投标有效期（天，自投标截止日起算）")
	case n.End.ExtraDays < 0 || n.End.ExtraDays > 180:
		return party.Invalid("lot.extra_days", "end.extra_days", "有效期届满后的附加天数须为 0 至 180")
	case n.Bids != Here && n.Bids != Outside:
		return party.Invalid("lot.bids", "bids", "投标文件的递交处须为 here（本平台）或 outside（交易中心已有的投标系统）")
	case n.End.Deadline.Nanosecond()%1000 != 0:
		return party.Invalid("lot.deadline", "end.deadline", "投标截止时间最多精确到微秒")
	}
	if err := n.Hall.check(n.Bids); err != nil {
		return err
	}
	if err := checkCap(regime, n.Base, n.Amount); err != nil {
		return err
	}
	return checkForms(regime, n.Forms)
}

// checkCap: the security may not exceed 2 % of the estimate (招标投标法实施条例26), under 政府采购 of the budget
// (政府采购法实施条例33).
func checkCap(regime string, base, amount letter.Fen) error {
	const most = letter.Fen(1_000_000_000_000_000)
	if base < 1 || base > most {
		return party.Invalid("lot.base", "base", baseName(regime)+"须大于零；请按招标文件填写")
	}
	if amount < 1 || amount > base {
		return party.Invalid("lot.amount", "amount", "投标担保金额须大于零且不超过"+baseName(regime)+"的 2%")
	}
	if amount*100 > base*2 {
		return party.Invalid("lot.amount_cap", "amount", "投标担保金额超过"+baseName(regime)+"的 2%（"+capSource(regime)+"）；请调低金额")
	}
	return nil
}

func baseName(regime string) string {
	if regime == letter.RegimeProcurement {
		return "采购预算金额"
	}
	return "招标项目估算价"
}

func capSource(regime string) string {
	if regime == letter.RegimeProcurement {
		return "政府采购法实施条例第三十三条"
	}
	return "招标投标法实施条例第二十六条"
}

// checkForms: a bank's guarantee is always accepted, and no issuer can be named here at all (发改法规〔2023〕27号);
// under 政府采购 the security is never cash (政府采购法实施条例33).
func checkForms(regime string, forms []letter.Form) error {
	for i, f := range forms {
		if !slices.Contains([]letter.Form{letter.FormIndependent, letter.FormAccessory, letter.FormInsurance, letter.FormCash}, f) || slices.Contains(forms[:i], f) {
			return party.Invalid("lot.forms", "forms", "担保形式未知或重复；请从列表中选择")
		}
	}
	if !slices.Contains(forms, letter.FormIndependent) {
		return party.Invalid("lot.forms_bank", "forms", "必须接受银行保函，不得限定只收现金或其他形式（发改法规〔2023〕27号）；请增选独立保函")
	}
	if regime == letter.RegimeProcurement && slices.Contains(forms, letter.FormCash) {
		return party.Invalid("lot.forms_cash", "forms", "政府采购的投标担保应为非现金形式（政府采购法实施条例第三十三条）；请取消现金")
	}
	return nil
}

func insertLot(ctx context.Context, tx pgx.Tx, id, project string, n NewLot) error {
	hall := rowOfRules(n.Hall)
	_, err := tx.Exec(ctx, `INSERT INTO lot (id, project, code, name, version, state, base, amount, forms, deadline, validity_days, extra_days, bids,
			retender_of, consortium, hall_decrypt, hall_objection, hall_sign)
		VALUES (@id, @project, @code, @name, 0, 'draft', @base, @amount, @forms, @deadline, @validity, @extra, @bids,
			@retender, @consortium, @decrypt, @objection, @sign)`, pgx.NamedArgs{
		"id": id, "project": project, "code": n.Code, "name": n.Name, "base": n.Base, "amount": n.Amount, "forms": n.Forms,
		"deadline": n.End.Deadline, "validity": n.End.ValidityDays, "extra": n.End.ExtraDays, "bids": n.Bids,
		"retender": orNull(n.RetenderOf), "consortium": n.Consortium,
		"decrypt": hall.HallDecrypt, "objection": hall.HallObjection, "sign": hall.HallSign})
	return translate(err)
}
