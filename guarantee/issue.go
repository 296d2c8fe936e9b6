package guarantee

import (
	"bytes"
	"context"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Issue is the letter itself, as one of two: the signed undertaking (blind), or its sealed bytes with the
// guarantor's signed statement over them (in full).
type Issue struct {
	Undertaking []byte          // p7s of letter.Undertaking
	Sealed      *signing.Sealed // letter.FullLetter, sealed to the lot's custodians
	Statement   []byte          // p7s of letter.SealedIssue
}

// issued is a checked letter in the form in which it is kept.
type issued struct {
	letter, statement, receipt []byte
	at                         time.Time
}

// receiptFresh bounds the time between the receipt's instant and its commit; a slower one is made again.
const receiptFresh = 30 * time.Second

// Issue takes the letter in: from here on the guarantor is bound, irrevocably (法释〔2016〕24号 art. 4; entering the
// designated system is arrival, 电子签名法 art. 11). The letter is checked against what was prepared and against the
// row, its signature by both implementations. The receipt is signed outside the transaction and becomes true with
// its commit. The same letter again gets the same receipt.
func (d *Desk) Issue(ctx context.Context, cmd party.Command, id string, in Issue) (Answer, error) {
	g, err := readGuarantee(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	if err := g.of(cmd.Actor); err != nil {
		return Answer{}, err
	}
	kept, err := d.checkIssue(ctx, g, in)
	if err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		return issue(ctx, t, g, kept)
	})
}

func issue(ctx context.Context, t *turn, read *Guarantee, kept issued) error {
	g := t.g
	if err := t.issuesAsAnother(ctx); err != nil {
		return err
	}
	if !bytes.Equal(g.LetterDigest, read.LetterDigest) {
		return party.Conflict("issue.changed_meanwhile", "登记的编号或摘要刚刚发生变化；请查询最新状态后重发")
	}
	if g.Receipt != nil {
		return nil // this very letter is already in force; the answer carries its first receipt
	}
	if err := g.move(PartInstrument, "issue"); err != nil {
		return err
	}
	if t.now.Sub(kept.at) > receiptFresh {
		return store.ErrUnknownOutcome
	}
	g.Receipt, g.IssuedAt, g.IssuedBy = kept.receipt, &kept.at, fingerprint(t.actor)
	t.kept = &kept
	t.happened(EventIssued, letter.InForce{Number: *g.Number, Letter: signing.Digest(g.LetterDigest)})
	return nil
}

// receipt is the platform's signed word that the letter was accepted here at this instant.
func (d *Desk) receipt(ctx context.Context, g *Guarantee, at time.Time) ([]byte, error) {
	r := letter.Receipt{Version: 1, Application: g.ID, Guarantor: g.Guarantor, Number: *g.Number, Mode: g.Mode,
		Commitment: signing.Digest(g.Commitment), Digest: signing.Digest(g.LetterDigest), AcceptedAt: at.In(calendar.Shanghai).Truncate(time.Microsecond)}
	content, err := r.Canonical()
	if err != nil {
		return nil, err
	}
	return signing.SignData(ctx, d.Platform, d.PlatformChain, content, at)
}
