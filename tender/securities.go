package tender

import (
	"context"
	"slices"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// Securities is the register of a lot's bid securities (保证金查询), after its opening: for each bid what it gave, what was
// found of it, and how far its return is. Unmatched is for the centre alone.
type Securities struct {
	Lot       string
	Required  letter.Fen
	Edition   int // of the list of deposits; 0: none has come
	Bids      []Security
	Unmatched []CashState // arrived, and found for no opened bid: withdrawn bids among them
}

// Security is that of one bid.
type Security struct {
	Bid     string
	Bidders []letter.Party
	Form    string // guarantee, cash, none: the bid names no letter and the lot takes no cash, unreadable
	Letter  string
	Number  string
	Amount  letter.Fen // of the letter, or in cash before the deadline
	Result  string     // passed | doubtful | unknown; empty: nothing to verify
	Release guarantee.State
	DueBy   *time.Time  // of the letter's release
	Kept    bool        // the winner refused the contract: the security is not given back (条例74)
	Cash    []CashState // each payment that arrived for it
}

// CashState is one payment that arrived, and where its refund stands.
type CashState struct {
	Entry   letter.ReceivedCash
	Clock   calendar.Clock // zero To: no clock runs yet, or its day is not known
	Refund  *Refund
	Overdue bool // not paid back on its last day, or paid back after it
}

// Tail is as much of the payer's account as is shown.
func (c CashState) Tail() string { return tail(c.Entry.Account) }

// Securities reads the register of an opened lot: for whoever runs it, the centre and the supervisor. Everyone else, and
// everyone before the opening, gets the answer for what does not exist.
func (d *Desk) Securities(ctx context.Context, by party.Actor, id string) (Securities, error) {
	l, err := d.published(ctx, id)
	if err != nil {
		return Securities{}, err
	}
	if !by.Is(party.Centre, party.Supervisor) {
		if err := l.Project.runBy(by); err != nil {
			return Securities{}, err
		}
	}
	if l.OpenedAt == nil {
		return Securities{}, errNotOpened
	}
	r := &register{desk: d, lot: l}
	if err := r.read(ctx); err != nil {
		return Securities{}, err
	}
	out, err := r.securities()
	if !by.Is(party.Centre) {
		out.Unmatched = nil
	}
	return out, err
}

// register is what the securities of one lot are read from.
type register struct {
	desk     *Desk
	lot      *Lot
	opening  Opening
	lists    []cashRow
	exam     *cashExam
	refunds  map[string]Refund
	releases map[string]guarantee.ReleaseView
	kept     func(bid BidView) bool
	signedOn *time.Time
	today    calendar.Date
}

func (r *register) read(ctx context.Context) (err error) {
	q := r.desk.Pool
	if r.opening, err = readOpening(ctx, q, r.lot.ID); err != nil {
		return err
	}
	if r.exam, err = cashExamOf(ctx, q, r.lot, r.opening.Bids); err != nil {
		return err
	}
	if r.lists, err = cashLists(ctx, q, r.lot.ID); err != nil {
		return err
	}
	if r.refunds, err = readRefunds(ctx, q, r.lot.ID); err != nil {
		return err
	}
	if r.signedOn, err = signedOn(ctx, q, r.lot.ID); err != nil {
		return err
	}
	if err := r.readKept(ctx, q); err != nil {
		return err
	}
	if err := r.readReleases(ctx); err != nil {
		return err
	}
	now, err := store.Now(ctx, q)
	r.today = calendar.DateOf(now)
	return err
}

// readKept finds the winners who refused.
func (r *register) readKept(ctx context.Context, q store.Querier) error {
	before, err := awards(ctx, q, r.lot.ID)
	refused := refusedIn(before)
	r.kept = func(b BidView) bool { return len(b.Bidders) > 0 && slices.Contains(refused, b.Bidders[0].USCC) }
	return err
}

func (r *register) readReleases(ctx context.Context) error {
	var ids []string
	for _, x := range r.opening.Letters {
		ids = append(ids, x.ID)
	}
	all, err := r.desk.Guarantees.Releases(ctx, ids)
	r.releases = make(map[string]guarantee.ReleaseView, len(all))
	for _, v := range all {
		r.releases[v.ID] = v
	}
	return err
}

func (r *register) securities() (Securities, error) {
	out := Securities{Lot: r.lot.ID, Required: r.lot.Requirement.Amount, Edition: len(r.lists)}
	for _, b := range r.opening.Bids {
		s, err := r.security(b)
		if err != nil {
			return out, err
		}
		out.Bids = append(out.Bids, s)
	}
	for _, e := range r.exam.unmatched {
		s, err := r.state(e, r.firstSeen(e.ID), false)
		if err != nil {
			return out, err
		}
		out.Unmatched = append(out.Unmatched, s)
	}
	return out, nil
}

func (r *register) security(b BidView) (Security, error) {
	s := Security{Bid: b.ID, Bidders: b.Bidders, Letter: b.Letter, Form: "none", Kept: r.kept(b)}
	switch cash := r.exam.of(b.ID); {
	case b.Failure != "":
		s.Form = "unreadable"
	case b.Letter != "":
		r.ofLetter(&s)
	case cash != nil:
		s.Form, s.Amount, s.Result = "cash", cash.Amount, cash.Result
		return s, r.ofCash(&s)
	}
	return s, nil
}

func (r *register) ofLetter(s *Security) {
	s.Form = "guarantee"
	for _, x := range r.opening.Letters {
		if x.ID != s.Letter {
			continue
		}
		s.Result = x.Result
		if x.Summary != nil {
			s.Number, s.Amount = x.Summary.Number, x.Summary.Amount
		}
		if v, ok := r.releases[x.ID]; ok && x.Here {
			s.Release, s.DueBy = v.State, v.DueBy
		}
	}
}

func (r *register) ofCash(s *Security) error {
	for _, e := range r.exam.byID[s.Bid].got {
		state, err := r.state(e, nil, s.Kept)
		if err != nil {
			return err
		}
		s.Cash = append(s.Cash, state)
	}
	return nil
}

// state is where the refund of one payment stands.
func (r *register) state(e letter.ReceivedCash, unmatchedSince *time.Time, kept bool) (CashState, error) {
	s := CashState{Entry: e}
	if done, ok := r.refunds[e.ID]; ok {
		s.Refund = &done
	}
	if kept {
		return s, nil
	}
	k, runs, err := r.desk.refundClock(r.lot, r.signedOn, unmatchedSince)
	if err != nil || !runs {
		return s, err
	}
	s.Clock = k
	last := r.today
	if s.Refund != nil {
		last = s.Refund.On
	}
	s.Overdue = !k.To.IsZero() && last.After(k.To)
	return s, nil
}

// firstSeen is when the first list that shows a payment was accepted.
func (r *register) firstSeen(entry string) *time.Time {
	for _, l := range r.lists {
		if slices.ContainsFunc(l.list.Entries, func(e letter.ReceivedCash) bool { return e.ID == entry }) {
			return &l.AcceptedAt
		}
	}
	return nil
}
