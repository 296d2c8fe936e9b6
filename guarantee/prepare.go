package guarantee

import (
	"bytes"
	"context"
	"regexp"

	"baohan/party"
	"baohan/signing"
)

var numberShape = regexp.MustCompile(`^[A-Z0-9-]{6,40}$`)

// Prepare puts the intent on record before the guarantor signs: this number will stand for bytes with this digest
// and for nothing else, ever. Asking again with the same two is answered the same; with others it is refused.
func (d *Desk) Prepare(ctx context.Context, cmd party.Command, id, number string, digest signing.Digest) (Answer, error) {
	if !numberShape.MatchString(number) {
		return Answer{}, party.Invalid("issue.number", "number", "保函编号须为 6 至 40 位大写字母、数字或连字符")
	}
	return d.change(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		if err := t.g.of(t.actor); err != nil {
			return err
		}
		return prepare(ctx, t, number, digest)
	})
}

func prepare(ctx context.Context, t *turn, number string, digest signing.Digest) error {
	g := t.g
	if err := t.issuesAsAnother(ctx); err != nil {
		return err
	}
	if g.Number != nil {
		if *g.Number == number && bytes.Equal(g.LetterDigest, digest[:]) {
			return nil
		}
		return party.Conflict("issue.prepared_otherwise", "该申请已登记了另一编号或摘要；请用已登记的编号和原文开立，或先报告开立失败")
	}
	if g.ApplicationState != Approved || g.FeeState != FeePaid {
		return party.Conflict("issue.not_paid", "承保尚未同意或保费尚未到账，不能开立；请先完成前面的步骤")
	}
	if err := g.move(PartInstrument, "prepare"); err != nil {
		return err
	}
	g.Number, g.LetterDigest, g.PreparedBy = &number, digest[:], fingerprint(t.actor)
	t.happened(EventPrepared, map[string]string{"number": number, "digest": digest.String()})
	return nil
}

// FailIssue notes that the guarantor cannot issue after all; a paid fee goes back and the lot is free again.
func (d *Desk) FailIssue(ctx context.Context, cmd party.Command, id, reason string) (Answer, error) {
	return d.change(ctx, cmd, id, func(_ context.Context, t *turn) error {
		if err := t.g.of(t.actor); err != nil {
			return err
		}
		if reason == "" {
			return party.Invalid("issue.reason", "reason", "请说明不能开立的原因")
		}
		if err := t.g.move(PartInstrument, "fail"); err != nil {
			return err
		}
		t.happened(EventIssueFailed, map[string]string{"reason": reason})
		return refund(t)
	})
}
