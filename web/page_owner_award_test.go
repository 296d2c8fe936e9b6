package web

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"baohan/party"
)

// What follows an opening, in the browser of who runs the tender: the notice with its shortest days, an objection with its
// answer, an award that passes a candidate over, a winner who refuses, and the end without a contract.
func TestAwardInABrowser(t *testing.T) {
	chromium := browser(t)
	l := newLife(t)
	ctx := t.Context()
	bidders, clients, _ := l.bidding()
	l.open()
	must(clients[1].SignIn(ctx))
	system := l.system(l.theCentre())
	e, sheet, err := system.Evaluation(ctx, l.lot)
	if err != nil {
		t.Fatal(err)
	}
	must(system.HandInEvaluation(ctx, l.lot.ID, judged(e, sheet, bidders...)))
	lot := "/tenderer/lots/" + l.lot.ID
	w := l.windowOf(chromium, "the tenderer", l.tenderer, party.Beneficiary)
	w.open("/tenderer")
	w.says("公示中标候选人", "实施条例第五十四条")
	w.open(lot)
	w.says("公示中标候选人", bidders[0].name, "肆仟捌佰万元整")
	w.picture("owner-evaluated")
	w.fill("days", "2")
	w.accept()
	w.press("公示中标候选人")
	w.says("公示期不得少于三日")
	w.fill("days", "3")
	w.accept()
	w.press("公示中标候选人")
	w.says("中标候选人已经公示", "中标候选人公示至")
	o := must(clients[1].Object(ctx, l.lot.ID, "第一候选人的业绩不真实，请求复核", ""))
	w.open(lot)
	w.says("有异议或质疑等待答复", "待答复")
	w.picture("owner-objection-waits")
	w.open("/tenderer")
	w.says("答复异议、质疑 1 件")
	w.open("/tenderer/objections/" + o.ID)
	w.says("第一候选人的业绩不真实", bidders[1].name)
	w.fill("finding", "no")
	w.fill("words", "经核实，\n第一候选人的业绩真实")
	w.picture("owner-objection")
	w.accept()
	w.press("答复")
	w.says("答复已经登记", "不成立", "第一候选人的业绩真实")
	w.picture("owner-objection-answered")
	w.printed("objection", "第一候选人的业绩不真实，请求复核", bidders[1].name, "不成立", "第一候选人的业绩真实")
	notices := must(l.desks.Tender.Notices(ctx, l.lot.ID))
	l.clock.Set(notices[0].LastDay.EndOfDay().Add(time.Second))
	w = l.windowOf(chromium, "the tenderer, days later", l.tenderer, party.Beneficiary)
	l.passedOver(w, lot, bidders)
	w.press("需要终止的，在这里办理")
	w.fill("ground", "called_off")
	w.fill("words", "两名候选人均不能签约，\n重新招标")
	w.accept()
	w.press("终止招标")
	w.says("招标终止已经登记", "两名候选人均不能签约")
	w.picture("owner-terminated")
}

// passedOver awards the second, says why not the first, and notes that the second refuses.
func (l *life) passedOver(w *window, lot string, bidders []person) {
	l.t.Helper()
	proof := filepath.Join(l.t.TempDir(), "放弃中标声明.pdf")
	if err := os.WriteFile(proof, []byte("%PDF-1.7"), 0o600); err != nil {
		l.t.Fatal(err)
	}
	w.open(lot)
	w.says("确定排名第一的中标候选人为中标人")
	w.fill("winner", bidders[1].uscc)
	w.accept()
	w.press("登记中标通知")
	w.says("名次在前的候选人没有放弃")
	w.picture("owner-award-mistake")
	w.fill("winner", bidders[1].uscc)
	w.fill("pass-"+bidders[0].uscc, "gave_up")
	w.do(chromedp.SetUploadFiles(fmt.Sprintf(`[name="proof-%s"]`, bidders[0].uscc), []string{proof}))
	w.accept()
	w.press("登记中标通知")
	w.says("中标通知已经登记", bidders[1].name, "待签订合同", bidders[0].name+" 不中标：放弃中标")
	w.picture("owner-awarded")
	w.press("中标人不订立合同的")
	w.fill("reason", "refused_contract")
	w.do(chromedp.SetUploadFiles("#evidence", []string{proof}))
	w.accept()
	w.press("登记中标人不订立合同")
	w.says("其中标资格取消", "未订立合同")
	w.picture("owner-refused")
	v := l.windowOf(w.ctx, "a visitor", person{}, "")
	v.open("/lots/" + l.lot.ID + "/results")
	v.says("中标结果", bidders[1].name)
	v.picture("visitor-award")
	v.printed("award", "中标结果", bidders[1].name, "放弃中标", "不成立")
	awards := must(l.desks.Tender.Awards(l.t.Context(), l.lot.ID))
	if len(awards) != 1 || awards[0].RefusedFor == nil || awards[0].Winner != bidders[1].uscc {
		l.t.Errorf("the awards: %+v", awards)
	}
}
