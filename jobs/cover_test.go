package jobs

import (
	"testing"
	"time"

	"baohan/guarantee"
	"baohan/internal/clock"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/devca"
	"baohan/tender"
)

// A runner with a cover hands in bids of nobody's as long as it runs; its jobs and its log say nothing of it.
func TestRunnerCovers(t *testing.T) {
	for _, c := range []struct {
		rhythm tender.Rhythm
		want   bool
	}{{tender.Rhythm{Bids: 40, Each: 2 * time.Second}, true}, {tender.Hourly(0), false}} {
		b := newBench(t, Config{Cover: c.rhythm, Every: 50 * time.Millisecond})
		b.Bind(Desks{Guarantees: b.desks.Guarantees, Banks: b.desks.Banks, Tenders: b.covering()})
		b.start()
		if c.want {
			b.eventually("ten rows of cover, one of them withdrawn", func() bool {
				return b.number(`SELECT count(*) FROM bid`) >= 10 && b.number(`SELECT count(*) FROM bid WHERE state = 'withdrawn'`) >= 1
			})
			continue
		}
		time.Sleep(200 * time.Millisecond)
		if n := b.number(`SELECT (SELECT count(*) FROM bid) + (SELECT count(*) FROM cover)`); n != 0 {
			t.Errorf("%d rows without a cover", n)
		}
	}
}

// covering is a tender desk that can sign receipts.
func (b *bench) covering() *tender.Desk {
	b.t.Helper()
	clk := clock.System()
	ca, err := devca.New("测试", clk.Now().AddDate(-1, 0, 0), 5)
	if err != nil {
		b.t.Fatal(err)
	}
	id, err := ca.Issue(signing.Name{CommonName: "平台", Organization: "平台", OrganizationID: bank}, signing.UseSign, clk.Now().AddDate(0, -1, 0), clk.Now().AddDate(1, 0, 0))
	if err != nil {
		b.t.Fatal(err)
	}
	return tender.NewDesk(tender.Config{Pool: b.pool, Clock: clk, Once: party.NewOnce(make([]byte, 32)), Platform: id.Key, PlatformChain: id.Chain,
		Tags: guarantee.NewTags(make([]byte, 32), "bid")})
}
