package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// newOutsideLife is a life whose lot's bids are handed in to the centre's own bid system. The centre is the one that
// signs closings.
func newOutsideLife(t *testing.T) *life {
	l := newLife(t)
	ctx := t.Context()
	staff := must(client.NewStaff(l.at, l.tenderer.identity()))
	must(staff.SignIn(ctx, "beneficiary"))
	p := must(staff.CreateProject(ctx, wire.CreateProject{Code: "CS-2026-02", Name: "湘江路照明改造工程", Regime: "招投标", Beneficiary: []letter.Party{l.tenderer.party()}}))
	lot := wire.AddLot{Code: "01", Name: "一标段", Base: 50_000_000_00, Amount: 800_000_00,
		Forms: []letter.Form{letter.FormIndependent, letter.FormCash}, End: letter.EndRule{Deadline: deadline, ValidityDays: 90, ExtraDays: 30}, Bids: "elsewhere"}
	if _, err := staff.AddLot(ctx, p.ID, lot); !refusedAs(err, "lot.bids") {
		t.Errorf("a third place: %v", err)
	}
	lot.Bids = "outside"
	draft := must(staff.AddLot(ctx, p.ID, lot))
	must(staff.Publish(ctx, draft.ID))
	l.lot = must(staff.Lot(ctx, draft.ID))
	return l
}

func refusedAs(err error, code string) bool {
	p, ok := client.Refused(err)
	return ok && p.Code == code
}

// system is the bid system of a party.
func (l *life) system(p person) *client.BidSystem {
	l.t.Helper()
	return must(client.NewBidSystem(l.at, client.Identity{Party: p.party(), Sign: p.sign.Key, Chain: p.sign.Chain}, l.desks.PlatformChain[0]))
}

// theCentre is the organisation whose certificate signs closings, admitted as a centre with that very certificate.
func (l *life) theCentre() person {
	l.t.Helper()
	p := l.person("测试公共资源交易中心", 2)
	return l.admit(p, party.Centre, party.Custodian)
}

// listed are three bids: one names a letter, two are in cash.
func (l *life) listed(letterID string, bidders ...person) (bids []letter.OutsideBid) {
	for i, p := range bidders {
		b := letter.OutsideBid{ID: strings.Repeat("0", 31) + string(rune('9'-i)), Digest: signing.Sum([]byte(p.name)), Bidders: []letter.Party{p.party()}}
		if i == 0 {
			b.Letter = letterID
		}
		bids = append(bids, b)
	}
	return bids
}

// TestBidSystem walks a lot whose bids are elsewhere over HTTP: the notice says so, the letter is bought here, the list is
// handed in by a signed request, and what is read out is the list's.
func TestBidSystem(t *testing.T) {
	l := newOutsideLife(t)
	ctx := t.Context()
	if l.lot.Bids != "outside" || l.lot.AwaitedList != nil {
		t.Errorf("the notice: %q, %+v", l.lot.Bids, l.lot.AwaitedList)
	}
	bidders := []person{l.person("投标人第1建设公司", 61), l.person("投标人第2建设公司", 62), l.person("投标人第3建设公司", 63)}
	b := l.bidder(bidders[0])
	id := l.apply(b)
	l.issue(id, 1)
	if _, err := b.Bid(ctx, l.lot, id, house.Terms(1_200_000_000)); !refusedAs(err, "bid.outside") {
		t.Errorf("handed in here: %v", err)
	}
	system := l.system(l.theCentre())
	list := must(system.List(l.lot, deadline, l.listed(id, bidders...)))
	if _, err := system.HandInBidList(ctx, l.lot.ID, list); !errors.Is(err, client.ErrEarly) {
		t.Errorf("before the deadline: %v", err)
	}
	l.clock.Set(deadline)
	if waits := must(system.Lot(ctx, l.lot.ID)).AwaitedList; waits == nil || waits.Centre.Name != "测试公共资源交易中心" || !waits.Since.Equal(deadline) || waits.Words == "" {
		t.Errorf("waits for %+v", waits)
	}
	staff := must(client.NewStaff(l.at, l.centre.identity()))
	must(staff.SignIn(ctx, "centre"))
	if _, err := staff.Open(ctx, l.lot.ID); !refusedAs(err, "lot.awaits_bid_list") {
		t.Errorf("opened without the list: %v", err)
	}
	taken := must(system.HandInBidList(ctx, l.lot.ID, list))
	if taken.State != "closed" || taken.Bids != 3 || taken.Letters != 1 || !taken.AcceptedAt.Equal(deadline) {
		t.Errorf("%+v", taken)
	}
	l.nobodyReads(bidders)
	if again := must(system.HandInBidList(ctx, l.lot.ID, list)); again != taken {
		t.Errorf("again: %+v, want %+v", again, taken)
	}
	list.Bids[1].Letter = id
	if _, err := system.HandInBidList(ctx, l.lot.ID, list); !refusedAs(err, "bid_list.other_stands") {
		t.Errorf("another list: %v", err)
	}
	if got := must(staff.Open(ctx, l.lot.ID)); got.State != "opened" {
		t.Fatalf("opened: %+v", got)
	}
	var o wire.Opening
	l.as("", "GET", "/api/v1/lots/"+l.lot.ID+"/opening", nil).into(t, &o)
	read := must(letter.ParseBidList(must(signing.ParseSignedData(o.BidList)).Content))
	if len(o.Bids) != 3 || len(o.Letters) != 1 || o.Letters[0].Result != "passed" || letter.BidListDigest(o.BidList) != taken.Digest {
		t.Errorf("opening: %d bids, %+v", len(o.Bids), o.Letters)
	}
	for i, bid := range o.Bids {
		if bid.ID != read.Bids[i].ID || !slices.Equal(bid.Bidders, read.Bids[i].Bidders) || bid.Letter != read.Bids[i].Letter {
			t.Errorf("read out %+v, listed %+v", bid, read.Bids[i])
		}
	}
}

// nobodyReads looks for the list where it must not be yet: in every answer about the lot, for the centre, the tenderer and
// everybody else, and in the log.
func (l *life) nobodyReads(bidders []person) {
	l.t.Helper()
	seen := l.log.String()
	for _, token := range []string{"", l.signIn(l.centre, party.Centre), l.signIn(l.tenderer, party.Beneficiary), l.signIn(bidders[1], party.Bidder)} {
		for _, path := range []string{"", "/opening", "/bid-list", "/bids", "/quotes"} {
			seen += string(l.as(token, "GET", "/api/v1/lots/"+l.lot.ID+path, nil).body)
		}
	}
	for _, p := range bidders {
		if strings.Contains(seen, p.name) || strings.Contains(seen, p.uscc) {
			l.t.Errorf("%s can be read before the opening is published", p.name)
		}
	}
}

// TestBidListIsTheCentresMachinesAlone: a session hands no list in, nobody else's machine does, a list of another signer
// is refused whoever carries it, and a body of the size of a bomb is not read.
func TestBidListIsTheCentresMachinesAlone(t *testing.T) {
	l := newOutsideLife(t)
	centre := l.theCentre()
	path := "/api/v1/lots/" + l.lot.ID + "/bid-list"
	bidders := []person{l.person("投标人第1建设公司", 61), l.person("投标人第2建设公司", 62), l.person("投标人第3建设公司", 63)}
	list := must(l.system(centre).List(l.lot, deadline, l.listed("", bidders...)))
	l.clock.Set(deadline)
	body := func(by person) wire.HandInBidList {
		return wire.HandInBidList{List: must(signing.SignData(t.Context(), by.sign.Key, by.sign.Chain, must(list.Canonical()), l.clock.Now()))}
	}
	if got := l.as(l.signIn(centre, party.Centre), "POST", path, body(centre)); got.status != 404 || !bytes.Equal(got.body, absent().bytes()) {
		t.Errorf("a session hands in a list: %d %s", got.status, got.body)
	}
	for name, p := range map[string]person{"a bank": l.bank, "the tenderer": l.tenderer} {
		if got := l.send(l.signed(p, "POST", path, body(centre))); got.status != 404 || !bytes.Equal(got.body, absent().bytes()) {
			t.Errorf("%s hands in a list: %d %s", name, got.status, got.body)
		}
	}
	for name, c := range map[string]struct {
		by   person
		body any
		code string
	}{
		"signed by the tenderer":   {centre, body(l.tenderer), "list.signer"},
		"signed by another centre": {l.centre, body(l.centre), "list.signer"},
		"no list":                  {centre, struct{}{}, "request.schema"},
		"more than a list":         {centre, `{"list":"","lot":""}`, "request.unknown_member"},
		"no base64":                {centre, `{"list":"名单"}`, "request.value"},
	} {
		if got := l.send(l.signed(c.by, "POST", path, c.body)); got.status != 400 || got.problem(t).Code != c.code {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	bomb := l.signed(centre, "POST", path, `{"list":"`+strings.Repeat("A", listBody)+`"}`)
	if got := l.send(bomb); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a bomb: %d", got.status)
	}
	endless := l.signed(centre, "POST", path, "{}")
	endless.Body, endless.GetBody, endless.ContentLength = io.NopCloser(io.LimitReader(zeros{}, 1<<30)), nil, -1
	if got := l.send(endless); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless body: %d", got.status)
	}
	if got := must(l.system(centre).Lot(t.Context(), l.lot.ID)); got.State != "published" || got.AwaitedList == nil {
		t.Errorf("after all that: %s", got.State)
	}
	var taken wire.BidListTaken
	l.send(l.signed(centre, "POST", path, body(centre))).into(t, &taken)
	if taken.State != "closed" {
		t.Errorf("%+v", taken)
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	clear(p)
	return len(p), nil
}
