package web

import (
	"fmt"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	house "baohan/internal/sample"
	"baohan/signing"
)

// TestSecondAward: when the winner does not conclude the contract the next candidate is awarded, by the client that
// tenderers use, and each of the commands can be said again.
func TestSecondAward(t *testing.T) {
	l := newLife(t)
	var bidders []person
	for i := range 3 {
		p := l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i)
		b := l.bidder(p)
		id := l.apply(b)
		l.issue(id, i+1)
		must(b.Bid(t.Context(), l.lot, id, house.Terms(1_200_000_000)))
		bidders = append(bidders, p)
	}
	l.open()
	staff := must(client.NewStaff(l.at, l.tenderer.identity()))
	must(staff.SignIn(t.Context(), "beneficiary"))
	today := calendar.DateOf(l.clock.Now())
	award := func(winner person) wire.Lot {
		return must(staff.Award(t.Context(), l.lot.ID, wire.Award{Winner: winner.uscc, Candidates: []string{bidders[0].uscc, bidders[1].uscc}, NoticedOn: today}))
	}
	award(bidders[0])
	if again := award(bidders[0]); again.State != "awarded" {
		t.Errorf("said again: %+v", again)
	}
	if got := must(staff.Refuse(t.Context(), l.lot.ID, wire.Refuse{Reason: "refused_contract", Evidence: signing.Sum([]byte("函件"))})); got.State == "awarded" {
		t.Errorf("refused: %+v", got)
	}
	if got := award(bidders[1]); got.State != "awarded" {
		t.Errorf("awarded again: %+v", got)
	}
	all := must(l.desks.Tender.Awards(t.Context(), l.lot.ID))
	if len(all) != 2 || all[0].Winner != bidders[0].uscc || all[1].Winner != bidders[1].uscc {
		t.Errorf("awards: %+v", all)
	}
}

// TestWithdrawnAt: the answer to a withdrawal says when it was accepted, and the same when it is said again.
func TestWithdrawnAt(t *testing.T) {
	l := newLife(t)
	b := l.bidder(l.person("甲建设有限公司", 61))
	id := l.apply(b)
	l.issue(id, 1)
	bid := must(b.Bid(t.Context(), l.lot, id, house.Terms(1_200_000_000)))
	at := l.clock.Now().Add(time.Minute)
	l.clock.Set(at)
	if got := must(b.WithdrawBid(t.Context(), bid.ID)); got.State != "withdrawn" || !got.AcceptedAt.Equal(at) {
		t.Errorf("withdrawn at %s: %+v", at, got)
	}
}
