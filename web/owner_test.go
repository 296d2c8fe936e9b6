package web

import (
	"strings"
	"testing"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// One owner's way from the application to a renewed certificate, on the real platform: it is told that its letter is
// safe and meets the requirement, opens a saved copy without the platform, and after the renewal opens it again.
func TestTheOwnersOwnCopy(t *testing.T) {
	l := newLife(t)
	p := l.person("湖南路桥建设集团", 61)
	copies := client.Folder(t.TempDir())
	b := must(client.NewBidder(l.at, p.identity(), copies))
	must(b.SignIn(t.Context()))
	quotes := must(b.Quotes(t.Context(), l.lot.ID))
	draft, _, err := b.Apply(t.Context(), l.lot, quotes[0])
	if err != nil {
		t.Fatal(err)
	}
	l.owners[draft.ID] = b
	if r := must(b.Check(t.Context(), draft.ID)); r.OK {
		t.Errorf("nothing is issued and the owner is told that all is well: %+v", r)
	}
	l.issue(draft.ID, 1)
	if r := must(b.Check(t.Context(), draft.ID)); !r.OK {
		t.Errorf("in force: %+v", r)
	}
	l.unlocks(must(b.Copy(t.Context(), draft.ID)), p.encrypt.Key)

	renewed := l.person(p.name, 61)
	again := p.identity()
	again.Open, again.OpenChain = renewed.encrypt.Key, renewed.encrypt.Chain
	after := must(client.NewBidder(l.at, again, copies))
	must(after.SignIn(t.Context()))
	if err := after.Rewrap(t.Context(), draft.ID, p.encrypt.Key); err != nil {
		t.Fatal(err)
	}
	l.unlocks(must(after.Copy(t.Context(), draft.ID)), renewed.encrypt.Key)
	if r := must(after.Check(t.Context(), draft.ID)); !r.OK {
		t.Errorf("after the renewal: %+v", r)
	}
	if strings.Contains(l.log.String(), p.name) || strings.Contains(l.log.String(), p.uscc) {
		t.Error("the log names the bidder")
	}
}

func (l *life) unlocks(c wire.Copy, key signing.Decrypter) {
	l.t.Helper()
	file, err := client.Unlock(l.t.Context(), c, key)
	if err != nil {
		l.t.Fatal(err)
	}
	if r := letter.VerifyFile(must(file.Canonical()), l.trust, letter.Platform(l.at.USCC)); !r.OK {
		l.t.Errorf("%+v", r)
	}
}

// To anyone but the owner there is nothing to be assured of and nothing to rewrap, and the answer is the one for what
// never was.
func TestTheOwnersRoutesAreSilent(t *testing.T) {
	l := newLife(t)
	owner := l.person("湖南路桥建设集团", 61)
	id := l.apply(l.bidder(owner))
	token := l.signIn(l.person("中铁五局集团", 62), "bidder")
	for _, ask := range [][2]string{{"GET", "/assurance"}, {"POST", "/rewrap"}} {
		var body any
		if ask[0] == "POST" {
			body = wire.Rewrap{Statement: []byte("x")}
		}
		is := l.as(token, ask[0], "/api/v1/applications/"+id+ask[1], body)
		never := l.as(token, ask[0], "/api/v1/applications/"+strings.Repeat("0", 32)+ask[1], body)
		if is.status != 404 || is.status != never.status || string(is.body) != string(never.body) {
			t.Errorf("%s: %d %s against %d %s", ask[1], is.status, is.body, never.status, never.body)
		}
	}
}

// Before it chooses, a bidder is told of each product who would learn what, and that too few lots could be meant.
func TestQuotesSayWhoLearnsWhat(t *testing.T) {
	l := newLife(t)
	var list wire.QuoteList
	l.as("", "GET", "/api/v1/lots/"+l.lot.ID+"/quotes", nil).into(t, &list)
	if len(list.Items) != 1 {
		t.Fatalf("%+v", list)
	}
	q := list.Items[0]
	for _, said := range []string{"自受理起", "不知道项目、标段、招标人", "开标公布后"} {
		if !strings.Contains(q.Discloses, said) {
			t.Errorf("not said: %s: %s", said, q.Discloses)
		}
	}
	if q.Sharing != 1 || !strings.Contains(q.Caution, "只有 1 个") {
		t.Errorf("one lot alone: %d %q", q.Sharing, q.Caution)
	}
}
