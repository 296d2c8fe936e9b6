package tender

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// publish is the one transaction of an opening: the lot, its bids, its letters and the content of its sheet become
// public together. The one who comes second finds the lot opened and does nothing.
func (o *opening) publish(ctx context.Context, t *turn) error {
	if t.lot.State == Opened {
		return nil
	}
	t.lot.OpenedAt = &t.now
	if err := t.move(VerbOpen, o.facts()); err != nil {
		return err
	}
	if err := o.writeBids(ctx, t.tx); err != nil {
		return err
	}
	if err := o.writeLetters(ctx, t.tx); err != nil {
		return err
	}
	if err := o.desk.writeSheet(ctx, t.tx, t.lot, t.now); err != nil {
		return err
	}
	return o.desk.Guarantees.DiscloseTx(ctx, t.tx, o.lot.Requirement.Lot, o.disclosing())
}

// facts ties the event to both closings.
func (o *opening) facts() map[string]signing.Digest {
	out := map[string]signing.Digest{"closing_bids": letter.ClosingDigest(o.closing[0])}
	if o.closing[1] != nil {
		out["closing_letters"] = letter.ClosingDigest(o.closing[1])
	}
	return out
}

// writeBids and writeLetters send all their rows at once: a great lot would else wait for the network at each.
func (o *opening) writeBids(ctx context.Context, tx pgx.Tx) error {
	rows := &pgx.Batch{}
	for _, b := range o.bids {
		who := b.Content.Bidders
		if who == nil {
			who = []letter.Party{}
		}
		bidders, err := json.Marshal(who)
		if err != nil {
			return err
		}
		rows.Queue(`INSERT INTO opened_bid (lot, bids, bid, bidders, letter, signed, receipt, failure)
			VALUES (@lot, @bids, @bid, @bidders, nullif(@letter, ''), @signed, @receipt, nullif(@failure, ''))`, pgx.NamedArgs{
			"lot": o.lot.ID, "bids": o.lot.Bids, "bid": b.ID, "bidders": string(bidders), "letter": b.Content.Letter,
			"signed": b.Signed, "receipt": b.Receipt, "failure": b.Failure})
		if o.lot.Bids == Here { // an id of a list is the bid system's, whatever ours of that name is
			finishBid(rows, b)
		}
	}
	return translate(tx.SendBatch(ctx, rows).Close())
}

func finishBid(rows *pgx.Batch, b *openedBid) {
	state := Unsealed
	if b.Failure != "" {
		state = Unreadable
	}
	rows.Queue(`UPDATE bid SET state = @state WHERE id = @id AND state = 'received'`, pgx.NamedArgs{"id": b.ID, "state": state})
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
	rows := &pgx.Batch{}
	for _, x := range o.letters {
		summary, err := json.Marshal(x.summary(o.lot))
		if err != nil {
			return err
		}
		lines, err := json.Marshal(x.Lines)
		if err != nil {
			return err
		}
		rows.Queue(`INSERT INTO opened_letter (lot, letter, result, here, summary, lines, failure)
			VALUES (@lot, @letter, @result, @here, @summary, @lines, nullif(@failure, ''))`, pgx.NamedArgs{
			"lot": o.lot.ID, "letter": x.ID, "result": result(x.Lines), "here": x.sealed != nil, "summary": string(summary),
			"lines": string(lines), "failure": x.Failure})
	}
	return translate(tx.SendBatch(ctx, rows).Close())
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
