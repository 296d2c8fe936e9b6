package tender

import (
	"context"
	"maps"
	"slices"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
)

// opening is an opening in progress. All of it is in memory until one transaction publishes it: a crash loses
// nothing but time, because both closings are on record and everything else can be asked for again.
type opening struct {
	desk    *Desk
	lot     *Lot
	hall    *herald
	closing [2][]byte // A, over the bids; B, over the letters; B is nil when no bid names a letter
	bids    []*openedBid
	letters []*openedLetter
}

// openedBid is one bid of closing A: read, or why it could not be.
type openedBid struct {
	ID      string
	Content letter.Bid
	Signed  []byte
	Receipt []byte
	Failure string
}

// openedLetter is one letter that bids name.
type openedLetter struct {
	ID       string
	By       []*openedBid
	sealed   *guarantee.SealedLetter // nil: not here, or not for this lot; of a counter letter nil too when it did not open
	unsealed *guarantee.Unsealed     // nil: see Failure
	Lines    []letter.Line
	Failure  string
	judged   chan struct{} // closed when all of this is final
}

// Open unseals a lot that is past its deadline and publishes it. Bids first, on closing A; then the letters they
// name, on closing B; then sixteen lines for each letter; then one transaction in which everything becomes
// public at once. What it finds is advice to the committee: nobody is rejected here (评标委员会和评标方法暂行规定25).
// A lot whose bids are elsewhere is opened on their list; until it comes, asking for the opening is refused.
// It may be run again after any failure and goes on where it was; on an opened lot it does nothing.
func (d *Desk) Open(ctx context.Context, cmd party.Command, id string) (answer Answer, err error) {
	if done, err := d.prior(ctx, cmd, &answer); err != nil || done {
		return answer, err
	}
	l, err := d.published(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	if err := mayOpen(cmd.Actor, l); err != nil {
		return Answer{}, err
	}
	if l.State == Published {
		if _, err := d.Close(ctx, id); err != nil {
			return Answer{}, err
		}
		if l, err = readLot(ctx, d.Pool, id); err != nil {
			return Answer{}, err
		}
	}
	if l.State == Published {
		return Answer{}, errListAwaited
	}
	if l.State != Closed {
		return Answer{ID: l.ID, Version: l.Version, State: string(l.State)}, nil
	}
	o := d.begin(l)
	if err := o.prepare(ctx); err != nil {
		o.hall.stopped(ctx, err)
		return Answer{}, err
	}
	answer, err = d.change(ctx, cmd, id, func(t *turn) error { return o.publish(ctx, t) })
	if err == nil {
		d.at("published")
	}
	return answer, err
}

// begin is one attempt to open a closed lot.
func (d *Desk) begin(l *Lot) *opening {
	return &opening{desk: d, lot: l, hall: &herald{desk: d, lot: l}}
}

// mayOpen: the clock, the centre, and whoever runs the tender. None of them sees anything before the others.
func mayOpen(a party.Actor, l *Lot) error {
	if a.IsSystem() || a.Is(party.Centre) {
		return nil
	}
	return l.Project.runBy(a)
}

// prepare does all that needs to ask somebody, and begins what is reckoning alone. The hall hears of every stage, whatever there is to do in it.
func (o *opening) prepare(ctx context.Context) error {
	o.hall.reached(ctx, StageAsking)
	if err := o.openBids(ctx); err != nil {
		return err
	}
	o.hall.reached(ctx, StageLetters)
	if err := o.findLetters(ctx); err != nil {
		return err
	}
	shares, err := o.askLetters(ctx)
	if err != nil {
		return err
	}
	o.hall.reached(ctx, StageVerifying)
	exams, err := o.examine(ctx)
	if err != nil {
		return err
	}
	o.judge(ctx, exams, shares)
	return nil
}

// openBids is the first round.
func (o *opening) openBids(ctx context.Context) error {
	c, p7s, err := o.desk.signedClosing(ctx, o.lot.ID, letter.StageBids)
	if err != nil {
		return err
	}
	o.closing[0] = p7s
	if o.lot.Bids == Outside {
		return o.listBids(ctx, c)
	}
	return o.openSealed(ctx, c)
}

// findLetters lists the letters that bids name. A letter of another lot is not touched: opening it here would
// give that lot's bidder away before its time.
func (o *opening) findLetters(ctx context.Context) error {
	by := map[string][]*openedBid{}
	for _, b := range o.bids {
		if b.Content.Letter != "" {
			by[b.Content.Letter] = append(by[b.Content.Letter], b)
		}
	}
	ids := slices.Sorted(maps.Keys(by))
	found, err := inParts(ids, func(part []string) ([]guarantee.SealedLetter, error) {
		return o.desk.Guarantees.SealedLetters(ctx, part)
	})
	if err != nil {
		return err
	}
	here := make(map[string]*guarantee.SealedLetter, len(found))
	for i := range found {
		here[found[i].ID] = &found[i]
	}
	former, err := o.former(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		x, sealed := &openedLetter{ID: id, By: by[id]}, here[id]
		switch {
		case sealed == nil:
			x.Failure = "平台没有投标文件所列编号的保函；请投标人提供购买凭证，并按应急程序处理"
		case former != nil && sealed.Of(o.desk.Guarantees.Tags, former.Project, former.Code):
			x.Failure = RetenderWords + "；请评标委员会核对投标文件"
		case !sealed.Of(o.desk.Guarantees.Tags, o.lot.Lot.Project, o.lot.Lot.Code):
			x.Failure = "投标文件所列保函不是为本标段申请的；请评标委员会核对投标文件"
		default:
			x.sealed = sealed
		}
		o.letters = append(o.letters, x)
	}
	return nil
}

// What a lot that is repeated means for letters: the record of a letter names its own lot, and by its wording it ends with
// that lot.
const (
	RetenderWords  = "投标文件所列保函是为重新招标前的原标段申请的，不随重新招标延续；重新招标须重新申请保函"
	RetenderNotice = "本标段为重新招标。为原标段申请的保函和递交的投标文件不随重新招标延续：请重新申请保函、重新投标；原保函按其文本到期终止，已公开的由受益人解除"
)

// former is the lot that this one repeats; nil for none.
func (o *opening) former(ctx context.Context) (*letter.Lot, error) {
	if o.lot.RetenderOf == "" {
		return nil, nil //nolint:nilnil // most repeat none
	}
	l, err := readLot(ctx, o.desk.Pool, o.lot.RetenderOf)
	if err != nil {
		return nil, err
	}
	return &l.Lot, nil
}
