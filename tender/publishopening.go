package tender

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// publish is the one transaction of an opening: the lot, its bids, its letters and the content of its sheet become
// public together. The one who comes second finds the lot opened, or the tender called off, and does nothing: then all that
// this attempt has unsealed goes with its memory.
func (o *opening) publish(ctx context.Context, t *turn) error {
	if t.lot.State == Opened || t.lot.State == Terminated {
		return nil
	}
	t.lot.OpenedAt = &t.now
	if err := t.move(VerbOpen, o.facts()); err != nil {
		return err
	}
	return o.write(ctx, t)
}

// write writes the bids while the letters are unsealed and judged, each letter when it is, and makes the sheet while the rest
// is written.
func (o *opening) write(ctx context.Context, t *turn) error {
	if err := o.writeBids(ctx, t.tx, o.publicBids()); err != nil {
		return err
	}
	if err := o.writeLetters(ctx, t.tx); err != nil {
		return err
	}
	public := o.public()
	s, err := firstSheet(ctx, t.tx, t.lot, public, t.now)
	if err != nil {
		return err
	}
	var content []byte
	var sheet errgroup.Group
	sheet.Go(func() (err error) {
		content, err = s.Canonical()
		return err
	})
	err = o.desk.Guarantees.DiscloseTx(ctx, t.tx, o.lot.Requirement.Lot, o.disclosing())
	if err := errors.Join(err, sheet.Wait()); err != nil {
		return err
	}
	if err := insertSheet(ctx, t.tx, o.lot.ID, s.Edition, content); err != nil {
		return err
	}
	return o.desk.beginSession(ctx, t, public)
}

// public is what becomes public: the rows, the sheet and the page say the same.
func (o *opening) public() Opening {
	out := Opening{Lot: o.lot.ID, ClosingBids: o.closing[0], ClosingLetters: o.closing[1], Bids: o.publicBids()}
	for _, x := range o.letters {
		out.Letters = append(out.Letters, x.view(o.lot))
	}
	return out
}

// view is of a letter that is judged.
func (x *openedLetter) view(l *Lot) LetterView {
	<-x.judged
	return LetterView{ID: x.ID, Here: x.sealed != nil, Result: string(result(x.Lines)), Summary: x.summary(l), Lines: x.Lines, Failure: x.Failure}
}

func (o *opening) publicBids() (out []BidView) {
	for _, b := range o.bids {
		out = append(out, BidView{ID: b.ID, Bidders: b.Content.Bidders, Letter: b.Content.Letter, Signed: b.Signed,
			Receipt: b.Receipt, Failure: b.Failure})
	}
	return out
}

// facts ties the event to both closings.
func (o *opening) facts() map[string]signing.Digest {
	out := map[string]signing.Digest{"closing_bids": letter.ClosingDigest(o.closing[0])}
	if o.closing[1] != nil {
		out["closing_letters"] = letter.ClosingDigest(o.closing[1])
	}
	return out
}

// writeBids and writeLetters write each table by one statement: a great lot would else wait for each row.
func (o *opening) writeBids(ctx context.Context, tx pgx.Tx, all []BidView) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"opened_bid"}, []string{"lot", "bids", "bid", "bidders", "letter", "signed", "receipt", "failure"},
		pgx.CopyFromSlice(len(all), func(i int) ([]any, error) {
			b := all[i]
			bidders, err := json.Marshal(b.Bidders) // none: an empty list
			return []any{o.lot.ID, o.lot.Bids, b.ID, bidders, orNull(b.Letter), b.Signed, b.Receipt, orNull(b.Failure)}, err
		}))
	if err != nil || o.lot.Bids != Here { // an id of a list is the bid system's, whatever ours of that name is
		return translate(err)
	}
	return finishBids(ctx, tx, all)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func finishBids(ctx context.Context, tx pgx.Tx, all []BidView) error {
	ids, states := make([]string, len(all)), make([]BidState, len(all))
	for i, b := range all {
		ids[i], states[i] = b.ID, Unsealed
		if b.Failure != "" {
			states[i] = Unreadable
		}
	}
	_, err := tx.Exec(ctx, `UPDATE bid b SET state = x.state FROM unnest(@ids::text[], @states::text[]) AS x (id, state)
		WHERE b.id = x.id AND b.state = 'received'`, pgx.NamedArgs{"ids": ids, "states": states})
	return translate(err)
}

// LetterSummary is what is read out of a letter (唱标). It is empty where the letter could not be opened.
type LetterSummary struct {
	Number     string         `json:"number"`
	Guarantor  letter.Party   `json:"guarantor"`
	Applicants []letter.Party `json:"applicants"`
	Form       letter.Form    `json:"form"`
	Amount     letter.Fen     `json:"amount"`
	Expiry     calendar.Date  `json:"expiry"`
	Commitment signing.Digest `json:"commitment"`
}

func (x *openedLetter) summary(l *Lot) *LetterSummary {
	if x.unsealed == nil {
		return nil
	}
	return summaryOf(l, x.unsealed, x.sealed.Form)
}

func summaryOf(l *Lot, u *guarantee.Unsealed, form letter.Form) *LetterSummary {
	return &LetterSummary{Number: u.Content.Number, Guarantor: u.Reveal.Guarantor, Applicants: u.Reveal.Applicants, Form: form,
		Amount: u.Reveal.Amount, Expiry: l.endOf(u.Reveal, u.Content.LatestExpiry), Commitment: letter.Commitment(u.RevealBytes)}
}

func (o *opening) writeLetters(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"opened_letter"}, []string{"lot", "letter", "result", "here", "summary", "lines", "failure"},
		pgx.CopyFromSlice(len(o.letters), func(i int) ([]any, error) {
			x := o.letters[i].view(o.lot)
			summary, err := json.Marshal(x.Summary)
			if err != nil {
				return nil, err
			}
			lines, err := json.Marshal(x.Lines)
			return []any{o.lot.ID, x.ID, x.Result, x.Here, summary, lines, orNull(x.Failure)}, err
		}))
	return translate(err)
}

// result sums the lines up: one doubt makes the letter doubtful, else one open question leaves it unknown.
func result(lines []letter.Line) guarantee.State {
	sum := guarantee.Passed
	for _, l := range lines {
		switch l.Result {
		case letter.ResultPass:
		case letter.ResultDoubtful:
			return guarantee.Doubtful
		case letter.ResultUnknown:
			sum = guarantee.Unknown
		}
	}
	return sum
}

// disclosing hands the guarantees of this lot over, in the order of their ids. Letters that are not here, or not
// for this lot, are none of its.
func (o *opening) disclosing() []guarantee.Disclosing {
	var out []guarantee.Disclosing
	for _, x := range o.letters {
		if x.sealed == nil {
			continue
		}
		one := guarantee.Disclosing{ID: x.ID, Unsealed: x.unsealed, Lines: x.Lines, Missing: x.Failure}
		if u := x.unsealed; u != nil {
			one.Extended = o.lot.endOf(u.Reveal, u.Content.LatestExpiry)
		}
		out = append(out, one)
	}
	return out
}
