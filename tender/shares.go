package tender

import (
	"context"
	"errors"
	"fmt"
	"time"

	"baohan/signing"
)

// custodianWait is how long one custodian may take for all the records of a stage.
const custodianWait = 2 * time.Minute

// ErrCustodians says that fewer than two custodians gave what the opening needs. Nothing is lost: opening again
// asks them again, on the same closing.
var ErrCustodians = errors.New("tender: fewer than two custodians gave their shares")

// given are the shares of each record, every one checked against its seal.
type given map[string][]signing.Share

// two are the shares that open a record, if there are two.
func (g given) two(id string) ([2]signing.Share, bool) {
	if len(g[id]) < 2 {
		return [2]signing.Share{}, false
	}
	return [2]signing.Share{g[id][0], g[id][1]}, true
}

// enough tells whether every record can be opened by what gave. A closing without records, over bids that are sealed
// elsewhere, is shown to two all the same: they remember it and demand it with the closing of the letters.
func (g given) enough(records map[string]signing.Sealed, gave [3]bool) bool {
	if len(records) == 0 {
		return gave[0] && gave[1] || gave[0] && gave[2] || gave[1] && gave[2]
	}
	for id := range records {
		if len(g[id]) < 2 {
			return false
		}
	}
	return true
}

// shares asks two custodians at once, and the third if they do not suffice. A record for which the custodians
// all answered and fewer than two could open their share is spoilt, and only that record fails. As long as any
// custodian is missing or wrong, a missing share may still come, and the opening waits instead. Who was missing is
// noted either way: the third custodian is what the next accident needs. In the next round, and when the opening is
// tried again, those come last: nobody waits a second time for one that does not answer.
func (d *Desk) shares(ctx context.Context, lot string, closing, previous []byte, records map[string]signing.Sealed) (given, error) {
	got := given{}
	var failed [3]error
	var gave [3]bool
	order, err := d.order(ctx, lot)
	if err != nil {
		return nil, err
	}
	for _, asked := range [][]int{order[:2], order[2:]} {
		if got.enough(records, gave) {
			break
		}
		answers := make([]map[string]signing.Share, len(asked))
		atOnce(len(asked), func(n int) {
			answers[n], failed[asked[n]] = d.ask(ctx, asked[n], closing, previous, records)
		})
		for n, i := range asked {
			gave[i] = failed[i] == nil
			got.add(answers[n])
		}
	}
	if err := d.alarm(ctx, lot, failed, gave); err != nil {
		return nil, err
	}
	if got.enough(records, gave) || failed == [3]error{} {
		return got, nil
	}
	for i, err := range failed {
		if err != nil {
			failed[i] = errCustodian(i, err)
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrCustodians, errors.Join(failed[:]...))
}

func (g given) add(answer map[string]signing.Share) {
	for id, share := range answer {
		g[id] = append(g[id], share)
	}
}

// ask is what one custodian gives, without the shares that are not their seals' own: those are an error of the
// custodian's, not of the record.
func (d *Desk) ask(ctx context.Context, i int, closing, previous []byte, records map[string]signing.Sealed) (map[string]signing.Share, error) {
	ctx, cancel := context.WithTimeout(ctx, custodianWait)
	defer cancel()
	answer, err := d.Custodians[i].Shares(ctx, closing, previous, records)
	if err != nil {
		return nil, err
	}
	for id, share := range answer {
		sealed, asked := records[id]
		wrong := sealed.CheckShare(share)
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
