package guarantee

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// What a beneficiary sends about one letter is read in the order of its receipts, whichever a crash left unread: no paper is
// refused for what an earlier one would have changed, and of two demands that ask for more than there is the first is taken.
func TestPapersAreReadInTheirOrder(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	lead, whole := w.tenderees[0], w.requirement.Amount
	demand := func(l disclosedLetter, amount letter.Fen, later bool) (letter.Demand, []byte) {
		d := w.demandOf(l, lead, amount, nil)
		if d.CompleteLater = later; !later {
			d.Documents = named(w.files(l))
		}
		b, err := d.Canonical()
		if later {
			return d, w.presentation(lead, b, err, []Attachment{})
		}
		return d, w.presentation(lead, b, err, w.files(l))
	}
	notice := []Attachment{{Kind: letter.AwardNotice, Name: "中标通知书.txt", Bytes: []byte("中标通知书")}}
	after := func(by org, kind IntakeKind, id string, body []byte) Intake {
		w.clock.Advance(time.Microsecond)
		return w.left(by, kind, id, body)
	}
	withdrawal := func(l disclosedLetter, d letter.Demand) []byte {
		b, err := letter.Withdrawal{Version: 1, Demand: d.ID, Guarantee: l.id, Reason: "双方已协商一致", At: w.clock.Now()}.Canonical()
		return w.p7s(lead, b, err)
	}
	for name, c := range map[string]struct {
		papers  func(l disclosedLetter) (first, second Intake)
		refused string // the second
		open    int
		state   State
	}{
		"two demands for more than there is": {func(l disclosedLetter) (Intake, Intake) {
			_, one := demand(l, whole, false)
			_, two := demand(l, 1, false)
			return w.left(lead, IntakeDemand, l.id, one), after(lead, IntakeDemand, l.id, two)
		}, "demand.amount", 1, Issued},
		"a demand again, after it was taken back": {func(l disclosedLetter) (Intake, Intake) {
			d, one := demand(l, whole, false)
			_, two := demand(l, whole, false)
			w.must(w.run1(l, one))
			return w.left(lead, IntakeWithdrawal, l.id, withdrawal(l, d)), after(lead, IntakeDemand, l.id, two)
		}, "", 1, Issued},
		"a release, after the demand was taken back": {func(l disclosedLetter) (Intake, Intake) {
			d, one := demand(l, whole, false)
			w.must(w.release(l, w.tenderees[1]))
			w.must(w.run1(l, one))
			return w.left(lead, IntakeWithdrawal, l.id, withdrawal(l, d)), after(lead, IntakeRelease, l.id, w.releaseOf(l, lead))
		}, "", 0, Released},
		"the signatures of a release": {func(l disclosedLetter) (Intake, Intake) {
			one := w.left(w.tenderees[1], IntakeRelease, l.id, w.releaseOf(l, w.tenderees[1]))
			return one, after(lead, IntakeRelease, l.id, w.releaseOf(l, lead))
		}, "", 0, Released},
		"the documents of a demand that is unread": {func(l disclosedLetter) (Intake, Intake) {
			d, one := demand(l, whole, true)
			b, err := letter.Completion{Version: 1, Demand: d.ID, Guarantee: l.id, Documents: named(notice), At: w.clock.Now()}.Canonical()
			return w.left(lead, IntakeDemand, l.id, one), after(lead, IntakeCompletion, l.id, w.presentation(lead, b, err, notice))
		}, "", 1, Issued},
		"the withdrawal of a demand that is unread": {func(l disclosedLetter) (Intake, Intake) {
			d, one := demand(l, whole, false)
			return w.left(lead, IntakeDemand, l.id, one), after(lead, IntakeWithdrawal, l.id, withdrawal(l, d))
		}, "", 0, Issued},
	} {
		t.Run(name, func(t *testing.T) {
			l := w.disclosedLetter(w.newBidder(name), w.bank, fmt.Sprintf("CSB-2026-%06d", len(name)))
			first, second := c.papers(l)
			if err := w.Process(w.ctx, second.ID); !errors.Is(err, ErrEarlierPaper) {
				t.Errorf("the later paper did not wait: %v", err)
			}
			w.clock.Advance(time.Second)
			w.everyReceipt()
			if one, two := w.refusalOf(first), w.refusalOf(second); one != "" || two != c.refused {
				t.Errorf("refused: %q and %q, want %q", one, two, c.refused)
			}
			if g := w.row(l.id); g.InstrumentState != c.state || g.OpenDemands != c.open {
				t.Errorf("%s with %d open demands, want %s with %d", g.InstrumentState, g.OpenDemands, c.state, c.open)
			}
			var ended string
			if err := w.Pool.QueryRow(w.ctx, `SELECT coalesce((SELECT data->>'received_at' FROM guarantee_event
				WHERE guarantee = $1 AND kind = 'released'), '')`, l.id).Scan(&ended); err != nil {
				t.Fatal(err)
			}
			if last := second.ReceivedAt.In(calendar.Shanghai).Format(time.RFC3339Nano); c.state == Released && ended != last {
				t.Errorf("it ended at %s, and the last signature came at %s", ended, last)
			}
		})
	}
}

// run1 presents a demand's body.
func (w *world) run1(l disclosedLetter, body []byte) (Answer, error) {
	a, _, err := w.Present(w.ctx, w.by(w.tenderees[0], party.Beneficiary), IntakeDemand, l.id, body)
	return a, err
}
