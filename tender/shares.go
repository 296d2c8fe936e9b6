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

// shares asks the custodians in turn until two have answered for every record. A record for which the custodians
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
	for _, i := range order {
		if got.enough(records, gave) {
			break
		}
		failed[i] = d.ask(ctx, i, closing, previous, records, got)
		gave[i] = failed[i] == nil
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

// ask adds what one custodian gives. A share that is not the seal's own is an error of the custodian's, not of
// the record.
func (d *Desk) ask(ctx context.Context, i int, closing, previous []byte, records map[string]signing.Sealed, got given) error {
	ctx, cancel := context.WithTimeout(ctx, custodianWait)
	defer cancel()
	answer, err := d.Custodians[i].Shares(ctx, closing, previous, records)
	if err != nil {
		return err
	}
	for id, share := range answer {
		sealed, asked := records[id]
		if !asked || share.Holder != i {
			err = signing.ErrShare
			continue
		}
		if wrong := sealed.CheckShare(share); wrong != nil {
			err = wrong
			continue
		}
		got[id] = append(got[id], share)
	}
	return err
}
