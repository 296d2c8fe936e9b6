package tender

import (
	"context"
	"errors"
	"fmt"
	"time"

	"baohan/signing"
	"baohan/tender/custody"
)

// custodianWait is how long one custodian may take for all the records of a stage.
const custodianWait = 2 * time.Minute

// ErrCustodians says that fewer than two custodians gave what the opening needs. Nothing is lost: opening again
// asks them again, on the same closing.
var ErrCustodians = errors.New("tender: fewer than two custodians gave their shares")

// given are the shares of each record, every one checked against its seal; how many custodians could open none; and who
// answered.
type given struct {
	shares map[string][]signing.Share
	none   map[string]int
	gave   [3]bool
}

// two are the shares that open a record, if there are two.
func (g *given) two(id string) ([2]signing.Share, bool) {
	got := g.shares[id]
	if len(got) < 2 {
		return [2]signing.Share{}, false
	}
	return [2]signing.Share{got[0], got[1]}, true
}

// enough tells whether nobody else need be asked: each record has its two shares, or two of the three could not open
// theirs, so that no third can help. A closing without records, over bids that are sealed elsewhere, is shown to two all
// the same: they remember it and demand it with the closing of the letters.
func (g *given) enough(records map[string]record) bool {
	for id := range records {
		if len(g.shares[id]) < 2 && g.none[id] < 2 {
			return false
		}
	}
	return len(records) > 0 || g.answered() >= 2
}

func (g *given) answered() (n int) {
	for _, gave := range g.gave {
		if gave {
			n++
		}
	}
	return n
}

// shares asks two custodians at once, and the third if they do not suffice. A record of which two custodians could not
// open their share is spoilt, or was sealed to others (a letter from a counter may be another lot's), and only that
// record fails: any bidder can name such a one, and the opening still needs no more than two custodians. As long as a
// share that is missing may still come, the opening waits instead. Who was missing is noted either way: the third
// custodian is what the next accident needs. In the next round, and when the opening is tried again, those come last:
// nobody waits a second time for one that does not answer.
func (d *Desk) shares(ctx context.Context, lot string, closing, previous []byte, records map[string]record) (*given, error) {
	got := &given{shares: map[string][]signing.Share{}, none: map[string]int{}}
	var failed [3]error
	order, err := d.order(ctx, lot)
	if err != nil {
		return nil, err
	}
	for _, asked := range [][]int{order[:2], order[2:]} {
		if got.enough(records) {
			break
		}
		answers := make([]map[string]signing.Share, len(asked))
		atOnce(len(asked), func(n int) {
			answers[n], failed[asked[n]] = d.ask(ctx, asked[n], closing, previous, records)
		})
		for n, i := range asked {
			got.add(i, answers[n], failed[i], records)
		}
	}
	if err := d.alarm(ctx, lot, failed, got.gave); err != nil {
		return nil, err
	}
	if got.enough(records) || failed == [3]error{} {
		return got, nil
	}
	for i, err := range failed {
		if err != nil {
			failed[i] = errCustodian(i, err)
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrCustodians, errors.Join(failed[:]...))
}

// add notes what one custodian gave, and of which records an honest answer holds no share.
func (g *given) add(holder int, answer map[string]signing.Share, failed error, records map[string]record) {
	for id, share := range answer {
		g.shares[id] = append(g.shares[id], share)
	}
	g.gave[holder] = failed == nil
	if failed != nil {
		return
	}
	for id := range records {
		if _, opened := answer[id]; !opened {
			g.none[id]++
		}
	}
}

// ask is what one custodian gives, without the shares that are not their seals' own: those are an error of the
// custodian's, not of the record.
func (d *Desk) ask(ctx context.Context, i int, closing, previous []byte, records map[string]record) (map[string]signing.Share, error) {
	ctx, cancel := context.WithTimeout(ctx, custodianWait)
	defer cancel()
	asked := make(map[string]custody.Record, len(records))
	for id, r := range records {
		asked[id] = r.Record
	}
	answer, err := d.Custodians[i].Shares(ctx, closing, previous, asked)
	if err != nil {
		return nil, err
	}
	for id, share := range answer {
		r, asked := records[id]
		wrong := r.head.CheckShare(share)
		if !asked || share.Holder != i {
			wrong = signing.ErrShare
		}
		if wrong != nil {
			delete(answer, id)
			err = wrong
		}
	}
	return answer, err
}
