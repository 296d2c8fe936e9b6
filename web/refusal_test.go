package web

import (
	"fmt"
	"strings"
	"testing"

	"baohan/client"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
)

// A bank refuses a demand with everything that is wrong with it: the platform has each discrepancy, and the beneficiary a
// notice under the bank's signature that says the same. Another bank makes no such notice.
func TestRefusedDemand(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	for i := range 3 {
		b := l.bidder(l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i))
		id := l.apply(b)
		l.issue(id, i+1)
		must(b.Letter(ctx, id))
		must(b.Bid(ctx, l.lot, id, house.Terms(1_200_000_000)))
	}
	l.open()
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	g := must(b.Guarantees(ctx, "")).Items[0]
	claim := client.Claim{Amount: g.Amount, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件",
		Payee: letter.Account{Name: l.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}, Files: l.files(g.ID)}
	got := must(b.Demand(ctx, g, claim))
	var demand []byte
	if err := l.pool.QueryRow(ctx, `SELECT signed FROM demand WHERE id = $1`, got.Demand).Scan(&demand); err != nil {
		t.Fatal(err)
	}
	all := []letter.Discrepancy{{ID: "保函第六条", Narrative: "付款通知所载事由不在保函所列情形之内"}, {ID: string(letter.AwardNotice), Narrative: "未提交中标通知书"}}
	bank := l.institution()
	if _, err := bank.Refuse(ctx, demand, nil); err == nil {
		t.Error("refused without a reason")
	}
	notice := must(bank.Refuse(ctx, demand, all))
	if r := letter.VerifyPaper(notice, l.trust); !r.OK || !strings.Contains(r.Lines[len(r.Lines)-1].Words, "开立人") {
		t.Errorf("%+v", r)
	}
	if d := must(b.DemandOf(ctx, got.Demand)); d.State != "rejected" || len(d.Discrepancies) != 2 || d.Discrepancies[1].Narrative != all[1].Narrative {
		t.Errorf("%+v", d)
	}
	must(bank.Refuse(ctx, demand, all)) // an answer that was lost is asked for again
}
