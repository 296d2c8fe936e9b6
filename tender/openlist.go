package tender

import (
	"context"
	"errors"
	"slices"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/signing"
)

// listBids is the first round of a lot whose bids are elsewhere. There is nothing here to unseal, but the custodians are
// shown closing A all the same: they serve closing B on it alone.
func (o *opening) listBids(ctx context.Context, c letter.Closing) error {
	list, err := o.desk.standingList(ctx, o.lot.ID)
	if err != nil {
		return err
	}
	if !slices.Equal(list.Records(), c.Records) {
		return errListTampered
	}
	if _, err := o.desk.shares(ctx, o.lot.ID, o.closing[0], nil, nil); err != nil {
		return err
	}
	for _, b := range list.Bids {
		o.bids = append(o.bids, &openedBid{ID: b.ID, Content: letter.Bid{Bidders: b.Bidders, Letter: b.Letter}})
	}
	return nil
}

// standingList reads the list of a lot and checks again what was checked when it came.
func (d *Desk) standingList(ctx context.Context, lot string) (letter.BidList, error) {
	row, err := listOf(ctx, d.Pool, lot)
	if err != nil {
		return letter.BidList{}, err
	}
	if row == nil {
		return letter.BidList{}, errListAwaited
	}
	content, err := d.signedBy(d.CentreChain[0].Subject().OrganizationID, "list", row.Signed, row.AcceptedAt)
	if err != nil {
		return letter.BidList{}, errors.Join(errListTampered, err)
	}
	return letter.ParseBidList(content)
}

// AwaitedList is a bid system whose list an opening waits for.
type AwaitedList struct {
	Centre letter.Party
	Since  time.Time // the deadline
}

// Words says what is waited for, and who moves next.
func (AwaitedList) Words() string {
	return "投标在交易中心的投标系统递交，已截止，正在等待该系统提交投标清单；收到后自动开标"
}

// AwaitedList tells whether a lot waits for the list of the centre's bid system, from the deadline on; nil: it does not.
func (d *Desk) AwaitedList(ctx context.Context, l *Lot) (*AwaitedList, error) {
	if l.Bids != Outside || l.State != Published {
		return nil, nil
	}
	now, err := store.Now(ctx, d.Pool)
	if err != nil || now.Before(l.End.Deadline) {
		return nil, err
	}
	return &AwaitedList{Centre: organisationOf(d.CentreChain[0]), Since: l.End.Deadline}, nil
}

func organisationOf(c signing.Certificate) letter.Party {
	s := c.Subject()
	return letter.Party{Name: s.Organization, USCC: s.OrganizationID}
}
