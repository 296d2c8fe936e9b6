package web

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"baohan/client/acts"
	"baohan/client/wire"
	"baohan/party"
	"baohan/signing"
	"baohan/tender/custody"
)

// moves puts a lot's deadline off, ordered by centre and supervisor, as the SDK of the centre hands it in.
func (l *life) moves(lot wire.Lot, to time.Time) wire.Lot {
	l.t.Helper()
	centre, supervisor := l.theCentre(), l.admit(l.person("测试行政监督局", 3), party.Supervisor)
	l.desks.Tender.Supervisor = supervisor.uscc
	paper := must(custody.Postponement{Version: 1, Project: lot.Lot.Project, Lot: lot.Lot.Code, From: lot.Deadline, To: to, Reason: "设计变更，重新编制招标文件"}.Canonical())
	signed := func(p person) []byte {
		return must(signing.SignData(l.t.Context(), p.sign.Key, p.sign.Chain, paper, l.clock.Now()))
	}
	staff := l.staff(centre, "centre")
	must(staff.Postpone(l.t.Context(), lot.ID, wire.Postpone{Centre: signed(centre), Supervisor: signed(supervisor)}))
	return must(staff.Lot(l.t.Context(), lot.ID))
}

// The notice tells everybody the same: from when on letters suffice, and what becomes of those of before. What the bidder's own
// programs say of its letter they know from its own papers; to the platform and to others nothing shows that one application
// takes another's place.
func TestMovedBeyondLetters(t *testing.T) {
	l := newLife(t)
	p := l.person("投标人第1建设公司", 61)
	here := l.sits(p, "bidder")
	q := must(l.bidder(p).Quotes(t.Context(), l.lot.ID))[0]
	choice := []string{"lot", l.lot.ID, "choice", q.Guarantor.USCC + " " + q.Product + " 300000"}
	old := here.done("apply-chosen", choice...).ID
	l.owners[old] = l.bidder(p)
	l.issue(old, 1)
	terms := []string{"lot", l.lot.ID, "price", "12000000", "price_capital", "壹仟贰佰万元整", "period_days", "365", "quality", "合格", "leader", "张三"}
	bid := here.done("hand-in-bid", append(terms, "letter", old, "how", "new")...).ID
	if _, err := here.with(nil, "renew-letter", "application", old); !strings.Contains(acts.Words(err).Says, "不用重新申请") {
		t.Errorf("a letter that suffices: %v", err)
	}
	here.refused("application.already_live", "apply-chosen", choice...)
	if l.lot.LettersWords != nil || !l.lot.LettersFrom.IsZero() {
		t.Errorf("of a lot that never moved: %+v", l.lot)
	}

	l.clock.Advance(time.Hour)
	l.lot = l.moves(l.lot, deadline.AddDate(0, 0, 73))
	if l.lot.LettersFrom.IsZero() || len(l.lot.LettersWords) != 4 || !l.lot.Postponements[0].NewRound || !l.lot.LettersFrom.Equal(l.lot.Postponements[0].At) {
		t.Errorf("the notice: %+v", l.lot)
	}
	tokens := l.everybody()
	tokens["the owner"] = l.signIn(p, party.Bidder)
	notice := l.as("", "GET", "/api/v1/lots/"+l.lot.ID, nil)
	for role, token := range tokens {
		if got := l.as(token, "GET", "/api/v1/lots/"+l.lot.ID, nil); !bytes.Equal(got.body, notice.body) {
			t.Errorf("%s reads another notice: %s", role, got.body)
		}
	}
	before := l.publicView(tokens)
	if r := here.done("check-letter", "application", old); !strings.Contains(r.Says, "不再够用") {
		t.Errorf("the check: %+v", r)
	}
	if r := here.done("open-bid", "bid", bid); !strings.Contains(r.Says, "不再够用") {
		t.Errorf("the own bid: %s", r.Says)
	}
	if _, err := here.with(nil, "hand-in-bid", append(terms, "letter", old, "how", "replace")...); acts.Words(err).Field != "letter" || !strings.Contains(acts.Words(err).Says, "不够用") {
		t.Errorf("a bid that names a letter of before: %v", err)
	}
	if r := here.done("renew-letter", "application", old, "go", "/lots/{id}/quotes"); r.Go != "/lots/"+l.lot.ID+"/quotes" || len(r.Fill) != 0 {
		t.Errorf("leads to %+v", r)
	}
	if _, err := l.sits(p, "bidder").with(nil, "renew-letter", "application", old); !strings.Contains(acts.Words(err).Says, "本机没有这份申请的存底") {
		t.Errorf("on another machine: %v", err)
	}
	again := here.done("apply-chosen", choice...).ID
	here.refused("application.already_live", "apply-chosen", choice...)
	sold := &bidding{life: l, clerk: p}
	sold.decided(again)
	sold.paidAs(again, "BH-2026-0002")
	here.done("hand-in-bid", append(terms, "letter", again, "how", "replace")...)
	if r := here.done("check-letter", "application", again); !strings.HasPrefix(r.Says, "是。") {
		t.Errorf("the new letter: %+v", r)
	}
	if after := l.publicView(tokens); after != before {
		t.Errorf("the new application shows in what others read:\n%s\n%s", before, after)
	}
	l.dump(p, "the process's log", []byte(l.log.String()))
}
