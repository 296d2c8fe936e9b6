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

// given are the shares of each record, every one checked against its seal, and how many custodians could open none.
type given struct {
	shares map[string][]signing.Share
	none   map[string]int
}

// two are the shares that open a record, if there are two.
func (g given) two(id string) ([2]signing.Share, bool) {
	got := g.shares[id]
	if len(got) < 2 {
		return [2]signing.Share{}, false
	}
	return [2]signing.Share{got[0], got[1]}, true
}

// enough tells whether nobody else need be asked: each record has its two shares, or two of the three could not open
// theirs, so that no third can help.
func (g given) enough(records map[string]signing.Sealed) bool {
	for id := range records {
		if len(g.shares[id]) < 2 && g.none[id] < 2 {
			return false
		}
	}
	return true
}

// shares asks the custodians in turn until two have answered for every record. A record of which two custodians could
// not open their share is spoilt, or was sealed to others (a letter from a counter may be another lot's), and only that
// record fails: any bidder can name such a one, and the opening still needs no more than two custodians. As long as a
// share that is missing may still come, the opening waits instead. Who was missing is noted either way: the third
// custodian is what the next accident needs. In the next round, and when the opening is tried again, those come last:
// nobody waits a second time for one that does not answer.
func (d *Desk) shares(ctx context.Context, lot string, closing, previous []byte, records map[string]signing.Sealed) (given, error) {
	got := given{map[string][]signing.Share{}, map[string]int{}}
	var failed [3]error
	var gave [3]bool
	order, err := d.order(ctx, lot)
	if err != nil {
		return given{}, err
	}
	for _, i := range order {
		if got.enough(records) {
			break
		}
		failed[i] = d.ask(ctx, i, closing, previous, records, got)
		gave[i] = failed[i] == nil
	}
	if err := d.alarm(ctx, lot, failed, gave); err != nil {
		return given{}, err
	}
	if got.enough(records) || failed == [3]error{} {
		return got, nil
	}
	for i, err := range failed {
		if err != nil {
			failed[i] = errCustodian(i, err)
		}
	}
	return given{}, fmt.Errorf("%w: %w", ErrCustodians, errors.Join(failed[:]...))
}

// without notes the records of which an honest answer holds no share.
func (g given) without(answer map[string]signing.Share, records map[string]signing.Sealed) {
	for id := range records {
		if _, opened := answer[id]; !opened {
			g.none[id]++
		}
	}
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
		got.shares[id] = append(got.shares[id], share)
	}
	if err == nil {
		got.without(answer, records)
	}
	return err
}
