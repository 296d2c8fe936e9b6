package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/party"
)

// form posts a page's form as who is signed in.
func (w *world) form(token, path string, values url.Values) said {
	w.t.Helper()
	r := w.request("POST", path, values.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+token)
	return w.send(r)
}

// shows holds a page to what it must say and must not.
func (w *world) shows(token, path string, parts, not []string) {
	w.t.Helper()
	got := w.page(token, path)
	for _, p := range parts {
		if got.status != 200 || !strings.Contains(string(got.body), p) {
			w.t.Errorf("%s (%d) does not say %q", path, got.status, p)
		}
	}
	for _, p := range not {
		if strings.Contains(string(got.body), p) {
			w.t.Errorf("%s says %q", path, p)
		}
	}
}

// Two beneficiaries: each sees who has signed and who has not, the lead alone demands, an agent's page has no signature.
func TestJointBeneficiariesPages(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	second, agent := l.admit(l.person("长沙市水务集团", 43), party.Beneficiary), l.admit(l.person("湖南招标代理公司", 44), party.Agent)
	staff := l.staff(agent, "agent")
	p := must(staff.CreateProject(ctx, wire.CreateProject{Code: "CS-2026-02", Name: "湘江水厂工程", Regime: "招投标", Beneficiary: []letter.Party{l.tenderer.party(), second.party()}}))
	draft := must(staff.AddLot(ctx, p.ID, wire.AddLot{Code: "01", Name: "一标段", Base: 50_000_000_00, Amount: 800_000_00,
		Forms: []letter.Form{letter.FormIndependent}, End: letter.EndRule{Deadline: deadline, ValidityDays: 90, ExtraDays: 30}}))
	must(staff.Publish(ctx, draft.ID))
	l.lot = must(staff.Lot(ctx, draft.ID))
	_, ids := l.threeLetters()
	must(l.staff(agent, "agent").Terminate(ctx, l.lot.ID, wire.Terminate{Ground: "called_off", Words: "因规划调整，本项目不再实施"}))
	book := "/tenderer/lots/" + l.lot.ID + "/guarantees"
	one, other, office := l.signIn(l.tenderer, party.Beneficiary), l.signIn(second, party.Beneficiary), l.signIn(agent, party.Agent)
	l.shows(one, "/tenderer", []string{"解除保函 3 份"}, nil)
	l.shows(office, book, []string{"解除由受益人", "BH-2026-0001"}, []string{"签名解除所选保函"})
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	must(b.ReleaseLot(ctx, l.lot, must(b.Guarantees(ctx, "")).Items, "招标已终止"))
	l.shows(one, "/tenderer", nil, []string{"解除保函"})
	l.shows(other, "/tenderer", []string{"解除保函 3 份"}, nil)
	l.shows(other, book, []string{"已签署解除，还缺：长沙市水务集团", "签名解除所选保函"}, nil)
	l.shows(one, "/tenderer/guarantees/"+ids[0], []string{"已签：长沙市城建集团", "还缺：长沙市水务集团", "本单位已经签署解除"}, nil)
	l.shows(other, "/tenderer/guarantees/"+ids[0], []string{"签名解除"}, nil)
	l.shows(other, "/tenderer/guarantees/"+ids[0]+"/demand", []string{"由牵头受益人提出", "长沙市城建集团"}, []string{"第一步"})
	l.shows(one, "/tenderer/guarantees/"+ids[0]+"/demand", []string{"第一步"}, nil)
	if got := l.page(office, "/tenderer/guarantees/"+ids[0]); got.status != 404 {
		t.Errorf("the agent has the beneficiary's page: %d", got.status)
	}
	l.clock.Advance(48 * time.Hour)
	supervisor := l.signIn(l.admit(l.person("测试行政监督二处", 82), party.Supervisor), party.Supervisor)
	l.shows(supervisor, "/supervision", []string{"湘江水厂工程", "BH-2026-0002", "还缺签名：长沙市水务集团", "2 天"}, nil)
	l.shows(l.signIn(second, party.Beneficiary), "/tenderer", []string{"逾期", "解除保函 3 份"}, nil)
}

// The operator sees that something is wrong with the platform, and of whom it is nothing.
func TestOperatorsPageNamesNobody(t *testing.T) {
	l := newLife(t)
	id := l.deadLetter()
	jobs := &ledger{failed: []wire.Job{{ID: 7, Kind: "open", About: map[string]string{"lot": l.lot.ID}, Attempts: 20, LastError: "refused: x", FailedAt: start}}}
	l.serveWith(func(c *Config) { c.Jobs, c.Readyz = jobs, c.Healthz })
	token := l.signIn(l.admit(l.person("平台运营部", 31), party.Operator), party.Operator)
	l.shows(token, "/operator", []string{l.bank.uscc, "12 次", "开标", "refused: x", "正常"},
		[]string{l.lot.ID, l.lot.Lot.ProjectName, l.lot.Lot.Name, "offered", l.tenderer.name})
	for _, path := range []string{"/operator/deliveries/" + id + "/retry", "/operator/jobs/7/retry"} {
		if got := l.form(token, path, url.Values{"key": {l.keyOn(token, "/operator")}}); got.status != 303 || got.header.Get("Location") != "/operator?done=retried" {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if len(jobs.told) != 1 {
		t.Errorf("retried: %+v", jobs.told)
	}
	l.shows(token, "/operator?done=retried", []string{"没有放弃投递的报文", "已放回队列"}, nil)
	if got := l.form(l.signIn(l.centre, party.Centre), "/operator/jobs/7/retry", url.Values{"key": {"x"}}); got.status != 404 || len(jobs.told) != 1 {
		t.Errorf("the centre retries a job: %d", got.status)
	}
}
