package web

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// bidding is a life with three bidders who have handed in a bid with a letter each.
func (l *life) bidding() (bidders []person, clients []*client.Bidder, letters []string) {
	l.t.Helper()
	for i := range 3 {
		p := l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i)
		b := l.bidder(p)
		id := l.apply(b)
		l.issue(id, i+1)
		must(b.Letter(l.t.Context(), id))
		must(b.Bid(l.t.Context(), l.lot, id, house.Terms(1_200_000_000)))
		bidders, clients, letters = append(bidders, p), append(clients, b), append(letters, id)
	}
	return bidders, clients, letters
}

// judged is the committee's result in which everything holds and the bidders are ranked in their order.
func judged(e letter.Evaluation, s letter.Sheet, ranked ...person) letter.Evaluation {
	e.Committee = 5
	for _, id := range s.Doubtful {
		e.Letters = append(e.Letters, letter.LetterFinding{Letter: id, Verdict: letter.FindingValid, Reason: "不影响担保责任"})
	}
	for _, b := range s.Bids {
		e.Bids = append(e.Bids, letter.BidVerdict{Bid: b.ID, Verdict: letter.BidAccepted})
	}
	for i, p := range ranked {
		e.Candidates = append(e.Candidates, letter.Candidate{Rank: i + 1, Bidder: p.party(), Price: letter.Fen(4_800_000_000 + i)})
	}
	return e
}

func code(err error) string {
	p, _ := client.Refused(err)
	return p.Code
}

// TestFromOpeningToAward walks a tendering over HTTP as each of its users: the centre's machine hands the result in, the
// tenderer announces, a bidder objects, strangers read what is public and nothing else, the supervisor reads and changes
// nothing, and the award waits.
func TestFromOpeningToAward(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	bidders, clients, _ := l.bidding()
	stranger := l.bidder(l.person("旁观建设公司", 69))
	office := l.admit(l.person("测试行政监督局办公室", 52), party.Supervisor)
	l.open()
	supervisor := l.staff(office, "supervisor")
	for _, b := range append(clients, stranger) { // the day of bidding is long past
		must(b.SignIn(ctx))
	}
	centre := l.theCentre()
	system, tenderer := l.system(centre), l.staff(l.tenderer, "beneficiary")
	e, sheet, err := system.Evaluation(ctx, l.lot)
	if err != nil || len(sheet.Bids) != 3 {
		t.Fatal(err)
	}
	e = judged(e, sheet, bidders...)
	path := "/api/v1/lots/" + l.lot.ID + "/evaluation"
	body := wire.HandInEvaluation{Evaluation: must(signing.SignData(ctx, centre.sign.Key, centre.sign.Chain, must(e.Canonical()), l.clock.Now()))}
	if got := l.as(l.signIn(centre, party.Centre), "POST", path, body); got.status != 404 || !bytes.Equal(got.body, absent().bytes()) {
		t.Errorf("a session hands a result in: %d %s", got.status, got.body)
	}
	if got := l.send(l.signed(l.bank, "POST", path, body)); got.status != 404 || !bytes.Equal(got.body, absent().bytes()) {
		t.Errorf("a bank hands a result in: %d %s", got.status, got.body)
	}
	taken := must(system.HandInEvaluation(ctx, l.lot.ID, e))
	if again := must(system.HandInEvaluation(ctx, l.lot.ID, e)); again != taken || taken.Edition != 1 || taken.Digest.IsZero() {
		t.Errorf("%+v, again %+v", taken, again)
	}
	// Nobody but those who run the tender, the centre and the supervisor knows yet.
	for _, p := range []interface {
		Evaluation(ctx context.Context, lot string, edition int) (wire.Evaluation, error)
	}{clients[0], stranger} {
		if _, err := p.Evaluation(ctx, l.lot.ID, 0); code(err) != absent().Code {
			t.Errorf("before the notice: %v", err)
		}
	}
	seen := ""
	for _, where := range []string{"", "/evaluation", "/candidates", "/awards", "/log", "/objections"} {
		seen += string(l.as("", "GET", "/api/v1/lots/"+l.lot.ID+where, nil).body)
	}
	if strings.Contains(seen, bidders[0].uscc) {
		t.Errorf("a candidate is known before the notice: %s", seen)
	}
	for _, s := range []*client.Staff{tenderer, supervisor} {
		if got := must(s.Evaluation(ctx, l.lot.ID, 0)); got.Content.Candidates[0].Bidder != bidders[0].party() || letter.EvaluationDigest(got.Signed) != taken.Digest {
			t.Errorf("%+v", got)
		}
	}
	if _, err := tenderer.Award(ctx, l.lot.ID, wire.Award{Winner: bidders[0].uscc, NoticedOn: calendar.DateOf(l.clock.Now())}); code(err) != "award.no_notice" {
		t.Errorf("awarded without a notice: %v", err)
	}
	if _, err := supervisor.Announce(ctx, l.lot.ID, wire.Announce{}); code(err) != absent().Code {
		t.Errorf("the supervisor announces: %v", err)
	}
	must(tenderer.Announce(ctx, l.lot.ID, wire.Announce{}))
	var notices wire.CandidateNotices
	l.as("", "GET", "/api/v1/lots/"+l.lot.ID+"/candidates", nil).into(t, &notices)
	if len(notices.Items) != 1 || len(notices.Items[0].Candidates) != 3 || !strings.Contains(notices.Items[0].Objections, "投诉") {
		t.Fatalf("%+v", notices)
	}
	end := notices.Items[0].LastDay.EndOfDay()
	if got := must(stranger.Evaluation(ctx, l.lot.ID, 0)); got.Edition != 1 {
		t.Errorf("after the notice: %+v", got)
	}
	if _, err := stranger.Object(ctx, l.lot.ID, "评标办法的计算有误，请求复核", ""); code(err) != "objection.interest" {
		t.Errorf("a stranger without an interest: %v", err)
	}
	o := must(clients[1].Object(ctx, l.lot.ID, "第一候选人的业绩不真实，请求复核", ""))
	l.objectionsAre(o.ID, bidders, clients, stranger, tenderer, supervisor)
	l.clock.Set(end.Add(time.Second))
	for _, b := range append(clients, stranger) {
		must(b.SignIn(ctx))
	}
	tenderer, supervisor = l.staff(l.tenderer, "beneficiary"), l.staff(office, "supervisor")
	if _, err := clients[2].Object(ctx, l.lot.ID, "逾期一秒的异议，请求受理", ""); code(err) != "objection.too_late" {
		t.Errorf("a second late: %v", err)
	}
	award := wire.Award{Winner: bidders[0].uscc, NoticedOn: calendar.DateOf(l.clock.Now())}
	if _, err := tenderer.Award(ctx, l.lot.ID, award); code(err) != "award.objection_open" {
		t.Errorf("awarded over an objection: %v", err)
	}
	reply := wire.AnswerObjection{Words: "经核实，第一候选人的业绩真实"}
	if _, err := supervisor.AnswerObjection(ctx, o.ID, reply); code(err) != absent().Code {
		t.Errorf("the supervisor answers: %v", err)
	}
	must(tenderer.AnswerObjection(ctx, o.ID, reply))
	if all := must(clients[2].Objections(ctx, l.lot.ID)); all[0].Answer != reply.Words || all[0].FiledBy != bidders[1].party() {
		t.Errorf("the other bidders read %+v", all)
	}
	if all := must(stranger.Objections(ctx, l.lot.ID)); all[0].Answer != "" || all[0].Words != "" || all[0].State != "answered" {
		t.Errorf("a stranger reads %+v", all)
	}
	if got := must(tenderer.Award(ctx, l.lot.ID, award)); got.State != "awarded" {
		t.Errorf("%+v", got)
	}
	if all := must(stranger.Awards(ctx, l.lot.ID)); len(all) != 1 || all[0].Winner != bidders[0].uscc || all[0].Evaluation != 1 || len(all[0].Candidates) != 3 {
		t.Errorf("%+v", all)
	}
}

// objectionsAre: while it waits, who raised it and those who run the tender read an objection; all others know that it is
// there.
func (l *life) objectionsAre(id string, bidders []person, clients []*client.Bidder, stranger *client.Bidder, staff ...*client.Staff) {
	l.t.Helper()
	ctx := l.t.Context()
	for _, s := range staff {
		if all := must(s.Objections(ctx, l.lot.ID)); len(all) != 1 || all[0].FiledBy != bidders[1].party() || all[0].Words == "" || all[0].AnswerBy.IsZero() {
			l.t.Errorf("staff reads %+v", all)
		}
	}
	if all := must(clients[1].Objections(ctx, l.lot.ID)); all[0].Words == "" {
		l.t.Errorf("who raised it reads %+v", all)
	}
	for _, b := range []*client.Bidder{clients[0], stranger} {
		if all := must(b.Objections(ctx, l.lot.ID)); len(all) != 1 || all[0].ID != id || all[0].State != "filed" || all[0].Words != "" || all[0].FiledBy.USCC != "" {
			l.t.Errorf("another reads %+v", all)
		}
		if _, err := b.WithdrawObjection(ctx, id); code(err) != absent().Code {
			l.t.Errorf("another withdraws it: %v", err)
		}
	}
	public := string(l.as("", "GET", "/api/v1/lots/"+l.lot.ID+"/objections", nil).body) + string(l.as("", "GET", "/api/v1/lots/"+l.lot.ID+"/log", nil).body)
	if strings.Contains(public, "不真实") {
		l.t.Errorf("everybody reads the text: %s", public)
	}
}

// TestCalledOff: a tender that is called off before its deadline says so to everybody, ends its stream, refuses bids in
// words, and is repeated by a lot that names it.
func TestCalledOff(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	b := l.bidder(l.person("甲建设有限公司", 61))
	id := l.apply(b)
	l.issue(id, 1)
	tenderer := l.staff(l.tenderer, "beneficiary")
	note := wire.Terminate{Ground: "called_off", Words: "因规划调整，本项目不再实施"}
	other := l.staff(l.admit(l.person("别家招标集团", 42), party.Beneficiary), "beneficiary")
	if _, err := other.Terminate(ctx, l.lot.ID, note); code(err) != absent().Code {
		t.Errorf("another tenderer calls it off: %v", err)
	}
	if _, err := tenderer.Terminate(ctx, l.lot.ID, wire.Terminate{Ground: "void_procurement", Words: note.Words}); code(err) != "terminate.ground" {
		t.Errorf("废标 of a tendering: %v", err)
	}
	if got := must(tenderer.Terminate(ctx, l.lot.ID, note)); got.State != "terminated" {
		t.Errorf("%+v", got)
	}
	var lot wire.Lot
	l.as("", "GET", "/api/v1/lots/"+l.lot.ID, nil).into(t, &lot)
	if lot.State != "terminated" || lot.Terminated == nil || lot.Terminated.Words != note.Words || !lot.Terminated.At.Equal(l.clock.Now()) {
		t.Errorf("the notice: %+v", lot.Terminated)
	}
	if _, err := b.Bid(ctx, l.lot, id, house.Terms(1_200_000_000)); code(err) != "lot.terminated" {
		t.Errorf("a bid: %v", err)
	}
	var told []wire.Progress
	if err := b.Watch(ctx, l.lot.ID, 0, func(p wire.Progress) { told = append(told, p) }); err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || told[0].Stage != "terminated" || !told[0].Final || told[0].Words == "" {
		t.Errorf("told: %+v", told)
	}
	p := must(tenderer.CreateProject(ctx, wire.CreateProject{Code: "CS-2026-09", Name: "湘江路道路改造工程（重新招标）", Regime: "招投标", Beneficiary: []letter.Party{l.tenderer.party()}}))
	again := must(tenderer.AddLot(ctx, p.ID, wire.AddLot{Code: "01", Name: "一标段", Base: 50_000_000_00, Amount: 800_000_00, RetenderOf: l.lot.ID,
		Forms: []letter.Form{letter.FormIndependent}, End: letter.EndRule{Deadline: deadline, ValidityDays: 90, ExtraDays: 30}}))
	must(tenderer.Publish(ctx, again.ID))
	if got := must(b.Lot(ctx, again.ID)); got.Retender == nil || got.Retender.Lot != l.lot.ID || !strings.Contains(got.Retender.Words, "重新申请保函") {
		t.Errorf("the notice: %+v", got.Retender)
	}
}

// TestTerminatedAfterTheOpening: all letters fall due at once, and a demand is still possible until the release.
func TestTerminatedAfterTheOpening(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	l.bidding()
	l.open()
	must(l.staff(l.tenderer, "beneficiary").Terminate(ctx, l.lot.ID, wire.Terminate{Ground: "called_off", Words: "因规划调整，本项目不再实施"}))
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	page := must(b.Guarantees(ctx, ""))
	if len(page.Items) != 3 {
		t.Fatalf("%d guarantees", len(page.Items))
	}
	for _, g := range page.Items {
		if g.Release != "due" || g.ReleaseBy != calendar.DateOf(l.clock.Now()) || g.Instrument != "issued" {
			t.Errorf("%s %s by %s", g.Instrument, g.Release, g.ReleaseBy)
		}
	}
	got := must(b.Demand(ctx, page.Items[0], client.Claim{Amount: page.Items[0].Amount, Reason: letter.Reasons[0].Code, Statement: "投标有效期内撤销投标文件",
		Payee: letter.Account{Name: l.tenderer.name, Number: "4300012345", Bank: "测试银行长沙分行"}, Files: l.files(page.Items[0].ID)}))
	if got.State != "accepted" || got.Demand == "" {
		t.Errorf("demand: %+v", got)
	}
	if got := must(b.Release(ctx, page.Items[1], "招标已终止")); got.State != "accepted" {
		t.Errorf("release: %+v", got)
	}
}
