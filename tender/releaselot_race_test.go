package tender

import (
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// A lot's paper comes while a second award is being noted: what it releases by accident is asked of the lot as it stands when
// the paper is received, and the letter of who has just won is not among it.
func TestLotReleaseDuringAnAward(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeProcurement, "G1")
	w.clock.Set(time.Date(2026, 12, 21, 9, 0, 0, 0, calendar.Shanghai))
	w.tells(w.award(l, w.bidders[0]))
	w.tells(w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", signing.Sum([]byte("函"))))
	won := ids[1] // lost the first award, and its clock runs
	row := must(w.pool.Begin(w.ctx))
	defer func() { _ = row.Rollback(w.ctx) }()
	must(row.Exec(w.ctx, `SELECT 1 FROM guarantee WHERE id = $1 FOR UPDATE`, won)) // holds the award up
	var both sync.WaitGroup
	var awarded, released error
	var receipt guarantee.LotReceipt
	both.Go(func() { _, awarded = w.award(l, w.bidders[1]) })
	w.waiting(1)
	paper := w.lotReleaseOf(l, won)
	both.Go(func() { receipt, released = w.ReleaseLot(w.ctx, w.tenderers(), l.ID, paper) })
	w.waiting(2)
	must(0, row.Rollback(w.ctx))
	both.Wait()
	if awarded != nil || released != nil || len(receipt.Letters) != 1 {
		t.Fatalf("award: %v; release: %v %+v", awarded, released, receipt)
	}
	if o, g := receipt.Letters[0], w.letterRow(won); o.State != "refused" || g.InstrumentState != guarantee.Issued {
		t.Errorf("the letter of who has just won was %s: %s", o.State, g.InstrumentState)
	}
}

// waiting waits until so many transactions wait for a lock.
func (w *world) waiting(n int) {
	w.t.Helper()
	for range 1000 {
		var now int
		must(0, w.pool.QueryRow(w.ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&now))
		if now >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("fewer than %d transactions wait", n)
}

// lotReleaseOf is the tenderer's paper for letters, none of which it names early.
func (w *world) lotReleaseOf(l *Lot, ids ...string) []byte {
	w.t.Helper()
	r := letter.LotRelease{Version: 1, Lot: l.Lot, Beneficiary: w.tenderer.party, Letters: []letter.LotReleaseEntry{}, Reason: "合同已签订", At: w.clock.Now()}
	for _, id := range ids {
		var number string
		var undertaking []byte
		must(0, w.pool.QueryRow(w.ctx, `SELECT g.number, x.undertaking FROM guarantee g JOIN disclosure x ON x.guarantee = g.id WHERE g.id = @id`,
			pgx.NamedArgs{"id": id}).Scan(&number, &undertaking))
		r.Letters = append(r.Letters, letter.LotReleaseEntry{Guarantee: id, Number: number, Undertaking: letter.UndertakingDigest(undertaking)})
	}
	return w.p7s(w.tenderer, must(r.Canonical()), nil)
}
