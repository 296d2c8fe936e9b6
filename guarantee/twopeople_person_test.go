package guarantee

import (
	"testing"

	"baohan/guarantee/letter"
	"baohan/party"
)

// Who renews a certificate has two for a while, and is one person all the same.
func TestTwoCertificatesOfOnePerson(t *testing.T) {
	w := newWorld(t)
	w.asksForTwo(w.bank)
	people, h := w.people(w.bank), w.apply(w.bidders[0], w.bank)
	for _, p := range people {
		w.admitted(p, "operator")
	}
	holds := func(n int, person string) {
		f := people[n].sign.Certificate().Fingerprint()
		if _, err := w.Pool.Exec(w.ctx, `UPDATE certificate SET person = $2 WHERE fingerprint = $1`, f[:], person); err != nil {
			t.Fatal(err)
		}
	}
	by := func(n int) party.Command { return w.byPerson(w.bank, people, n) }
	holds(1, "李四 0731")
	holds(2, "李四 0731")
	w.must(w.Decide(w.ctx, by(1), h.id, Decision{Approve: true, Fee: h.draft.application.Fee}))
	w.feeArrives(by(1), h)
	const number = "CSB-2026-000001"
	_, p7s := w.letterOf(h, number)
	prepare := func() (Answer, error) {
		return w.Prepare(w.ctx, by(2), h.id, number, letter.UndertakingDigest(p7s))
	}
	_, err := prepare()
	refused(t, err, "issue.same_person")
	holds(2, "王五 0732")
	w.must(prepare())
	holds(2, "李四 0731")
	_, err = w.Issue(w.ctx, by(2), h.id, Issue{Undertaking: p7s})
	refused(t, err, "issue.same_person")
}
