package jobs

import (
	"testing"
	"time"

	"baohan/guarantee"
	"baohan/internal/clock"
	"baohan/signing"
	"baohan/signing/devca"
)

// A runner publishes a list at each beat, though nothing ever happens; one whose rhythm is zero publishes none.
func TestRunnerMakesStatusLists(t *testing.T) {
	for every, want := range map[time.Duration]bool{time.Second: true, 0: false} {
		b := newBench(t, Config{Status: every, Every: 50 * time.Millisecond})
		b.Bind(Desks{Guarantees: b.signing(), Banks: b.desks.Banks, Tenders: b.desks.Tenders})
		b.start()
		if want {
			b.eventually("three signed lists", func() bool { return b.number(`SELECT count(*) FROM status_list WHERE signed IS NOT NULL`) >= 3 })
			continue
		}
		time.Sleep(200 * time.Millisecond)
		if n := b.number(`SELECT count(*) FROM status_list`); n != 0 {
			t.Errorf("%d lists without a rhythm", n)
		}
	}
}

// signing is a guarantee desk that has the platform's key.
func (b *bench) signing() *guarantee.Desk {
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
	return guarantee.NewDesk(guarantee.Config{Pool: b.pool, Clock: clk, Outbox: b.Runner, Platform: id.Key, PlatformChain: id.Chain})
}
