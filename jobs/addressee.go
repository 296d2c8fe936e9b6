package jobs

import (
	"context"
	"slices"
	"time"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/party"
)

// noticeDays is how far back a party sees what it was told, in days.
const noticeDays = 14

// mostNotices bounds what is looked through for one party's own.
const mostNotices = 20_000

var noticeWords = map[guarantee.DueKind]string{
	guarantee.DueRelease:      "保函应在法定期限内解除；请受益人尽快签署解除通知（条例57，政府采购法实施条例33）",
	guarantee.DueExamination:  "索赔审查期限已到最后一日或已过；请担保机构立即作出决定（独立保函逾期未列明的不符点，不得再主张）",
	guarantee.DueUnderwriting: "申请已等待超过一小时；请担保机构尽快作出承保决定，投标截止后保函不再有用",
	guarantee.DueIssuance:     "保费已到账而保函尚未开立；请担保机构尽快开立，或报告开立失败并退费",
	guarantee.DueRefund:       "应退的保费尚未退还；请担保机构尽快退费并报告退款流水",
	guarantee.DuePayment:      "相符索赔尚未付款；请担保机构在约定期限内付款",
	guarantee.DueCompletion:   "索赔单据待补正；请受益人一次补齐全部缺少的文件，独立保函须在有效期内补正",
	guarantee.DueAssessment:   "保险公司的核定期限（三十日，保险法第二十三条）即将或已经届满；请立即作出核定",
	guarantee.DueInterim:      "六十日内仍不能确定赔偿数额的，请保险公司按可以确定的数额先予支付（保险法第二十五条）",
	guarantee.DueAnswer:       "受益人要求延期或者付款，担保机构已暂缓付款；请申请人在答复期限内签名答复延期还是付款，逾期不答复的，担保机构将付款",
	guarantee.DueExtension:    "暂缓付款的索赔请按申请人的答复尽快延期或者付款；申请人没有答复的，请付款，至迟在暂缓付款的最后一日",
	guarantee.DueSuit:         "法院已裁定中止支付；请申请人在裁定作出后三十日内起诉或者申请仲裁，逾期裁定将被解除",
	guarantee.DueLifting:      "中止支付裁定作出已满三十日；如法院已解除，请担保机构或受益人提交解除文书，恢复处理",
}

// addressees are those whose move is missing, where it is not the institution's.
var addressees = map[guarantee.DueKind][]party.Role{
	guarantee.DueRelease:    {party.Beneficiary},
	guarantee.DueCompletion: {party.Beneficiary},
	guarantee.DueAnswer:     {party.Bidder}, // the applicant
	guarantee.DueSuit:       {party.Bidder}, // the applicant
	guarantee.DueLifting:    {party.Guarantor, party.Beneficiary},
}

// NoticesFor lists the notices that concern a party: an institution's own guarantees, a beneficiary's and
// an applicant's after the opening, an operator's all (they name a guarantee by its random id). Nobody else has any.
func (r *Runner) NoticesFor(ctx context.Context, by party.Actor, limit int) ([]wire.Notice, error) {
	all, err := r.Notices(ctx, noticeDays, mostNotices)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, n := range all {
		ids[i] = n.Guarantee
	}
	mine, err := r.desks.Guarantees.Mine(ctx, by, ids)
	if err != nil {
		return nil, err
	}
	out := []wire.Notice{}
	for _, n := range all {
		if len(out) == limit {
			break
		}
		if by.Role == party.Operator || slices.Contains(mine, n.Guarantee) && concerns(n.Due, by.Role) {
			out = append(out, wire.Notice{Due: string(n.Due), Words: noticeWords[n.Due], Guarantee: n.Guarantee,
				Day: n.Day.Format(time.DateOnly), RaisedAt: n.RaisedAt})
		}
	}
	return out, nil
}

// concerns tells whose move is missing.
func concerns(due guarantee.DueKind, role party.Role) bool {
	if others, ok := addressees[due]; ok {
		return slices.Contains(others, role)
	}
	return role == party.Guarantor
}
