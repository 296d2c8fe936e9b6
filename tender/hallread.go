package tender

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// HallLine is what is read out of one bid (唱标, 招标投标法36). Terms come from the signed form and from nowhere else; nil of a
// bid that was not decrypted.
type HallLine struct {
	Bid   string           `json:"bid"`
	Form  signing.Digest   `json:"form,omitzero"` // letter.FormDigest
	Terms *letter.BidTerms `json:"terms"`
}

// ReadOut publishes the terms of all decrypted bids in one transaction: all prices together, and no host has typed one
// (OPEN-11, OPEN-12; 电子招标投标办法30). The window for objections opens with it.
func (d *Desk) ReadOut(ctx context.Context, cmd party.Command, lot string) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_read", func(ctx context.Context, h *hallTurn) error {
		if err := h.byHost(); err != nil {
			return err
		}
		if err := h.s.apply(HallReadOut, h.now, *h.lot.Hall); err != nil {
			return err
		}
		lines, failures, err := h.lines(ctx)
		if err != nil {
			return err
		}
		digest, err := digestOf("baohan/read-out/1", lines)
		if err != nil {
			return err
		}
		if err := h.count(HallReadOut, FactHallRead, map[string]any{"lines": digest, "read": len(lines) - len(failures), "bids": len(lines)}); err != nil {
			return err
		}
		if err := h.write(ctx); err != nil { // the terms stand on it
			return err
		}
		if err := h.publishLines(ctx, lines, failures); err != nil {
			return err
		}
		seq := h.seq
		defer func() { h.seq = seq }()
		return h.move(HallHear, nil)
	})
}

// lines opens every form that came in and checks it again. One that does not open any more keeps nobody else's line back:
// its bid is listed as unreadable, and its cause is not the bidder's.
func (h *hallTurn) lines(ctx context.Context) ([]HallLine, map[string]string, error) {
	bids, err := readHallBids(ctx, h.tx, h.s.Lot)
	if err != nil {
		return nil, nil, err
	}
	lines, failures := make([]HallLine, len(bids)), map[string]string{}
	for i, b := range bids {
		lines[i].Bid = b.Bid
		if b.State != BidDecrypted {
			continue
		}
		form, digest, err := h.formOf(ctx, b)
		if err != nil {
			failures[b.Bid] = "平台保存的投标函已损坏，不能唱标：" + words(err)
			continue
		}
		lines[i].Form, lines[i].Terms = digest, &form.Terms
	}
	return lines, failures, nil
}

func (h *hallTurn) formOf(ctx context.Context, b hallBid) (letter.BidForm, signing.Digest, error) {
	p7s, err := h.desk.Forms.open(b.Lot, b.Bid, b.Sealed)
	if err != nil {
		return letter.BidForm{}, signing.Digest{}, err
	}
	o, err := h.desk.outerOf(ctx, h.tx, h.lot, b.Bid)
	if err != nil {
		return letter.BidForm{}, signing.Digest{}, err
	}
	form, err := h.desk.readForm(o, p7s, signing.SignedData.VerifyAgain)
	return form, letter.FormDigest(p7s), err
}

func (h *hallTurn) publishLines(ctx context.Context, lines []HallLine, failures map[string]string) error {
	for _, l := range lines {
		var err error
		if why, failed := failures[l.Bid]; failed {
			_, err = h.tx.Exec(ctx, `UPDATE hall_bid SET state = 'unreadable', failure = @why WHERE bid = @bid`, pgx.NamedArgs{"bid": l.Bid, "why": why})
		} else if l.Terms != nil {
			var terms []byte
			if terms, err = json.Marshal(l.Terms); err == nil {
				_, err = h.tx.Exec(ctx, `UPDATE hall_bid SET terms = @terms WHERE bid = @bid`, pgx.NamedArgs{"bid": l.Bid, "terms": string(terms)})
			}
		}
		if err != nil {
			return translate(err)
		}
	}
	return nil
}

// ConfirmLine notes that a bidder finds its own line as it is in its form. Nothing hangs on it.
func (d *Desk) ConfirmLine(ctx context.Context, cmd party.Command, lot string) (HallAnswer, error) {
	return d.changeHall(ctx, cmd, lot, "hall_line_confirmed", func(ctx context.Context, h *hallTurn) error {
		b, err := h.ownBid(ctx)
		switch {
		case err != nil:
			return err
		case h.s.ReadAt == nil:
			return party.TooEarly("hall.not_read", "尚未唱标；请在唱标后核对并确认")
		case b.Terms == nil:
			return party.Conflict("hall.no_line", "本单位的投标没有解密，没有可以确认的开标内容")
		case b.ConfirmedAt != nil:
			h.at = *b.ConfirmedAt
			return nil
		case h.s.Stage.Final():
			return errWindowOver
		}
		if _, err := h.tx.Exec(ctx, `UPDATE hall_bid SET confirmed_at = @at WHERE bid = @bid`, pgx.NamedArgs{"bid": b.Bid, "at": h.now}); err != nil {
			return translate(err)
		}
		return h.note(HallAgreed, map[string]any{"bid": b.Bid})
	})
}

// ownBid is the bid that the caller leads in this lot; to everybody else the session does not exist. A bidder has one.
func (h *hallTurn) ownBid(ctx context.Context) (hallBid, error) {
	if !h.actor.Is(party.Bidder) {
		return hallBid{}, ErrNotFound
	}
	bids, err := readHallBids(ctx, h.tx, h.s.Lot)
	for _, b := range bids {
		if b.Bidder == h.actor.USCC {
			return b, nil
		}
	}
	if err == nil {
		err = ErrNotFound
	}
	return hallBid{}, err
}
