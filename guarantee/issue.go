package guarantee

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
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
	return d.change(ctx, cmd, id, func(_ context.Context, t *turn) error {
		if err := t.g.of(t.actor); err != nil {
			return err
		}
		return prepare(t, number, digest)
	})
}

func prepare(t *turn, number string, digest signing.Digest) error {
	g := t.g
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
	g.Number, g.LetterDigest = &number, digest[:]
	t.happened(EventPrepared, map[string]string{"number": number, "digest": digest.String()})
	return nil
}

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
		return ErrUnknownOutcome
	}
	g.Receipt, g.IssuedAt = kept.receipt, &kept.at
	if err := writeLetter(ctx, t.tx, g.ID, kept); err != nil {
		return err
	}
	t.happened(EventIssued, map[string]string{"number": *g.Number})
	return nil
}

func (d *Desk) checkIssue(ctx context.Context, g *Guarantee, in Issue) (issued, error) {
	if g.Number == nil {
		return issued{}, party.Conflict("issue.not_prepared", "请先登记保函编号和摘要（prepare），再提交保函")
	}
	now, err := platformNow(ctx, d.Pool)
	if err != nil {
		return issued{}, err
	}
	var kept issued
	if g.Mode == letter.ModeBlind {
		kept, err = d.checkBlind(g, in, now)
	} else {
		kept, err = d.checkFull(g, in, now)
	}
	if err != nil {
		return issued{}, err
	}
	kept.at = now
	kept.receipt, err = d.receipt(ctx, g, now)
	return kept, err
}

// checkBlind reads the undertaking once, in memory, and keeps it encrypted to the record's own key.
func (d *Desk) checkBlind(g *Guarantee, in Issue, now time.Time) (issued, error) {
	if in.Undertaking == nil || in.Sealed != nil || in.Statement != nil {
		return issued{}, party.Invalid("issue.form", "undertaking", "密文保函须提交保函签名数据（undertaking），且只提交这一项")
	}
	signed, err := d.guarantorSigned(g, "undertaking", in.Undertaking, now)
	if err != nil {
		return issued{}, err
	}
	u, err := letter.ParseUndertaking(signed.Content)
	if err != nil {
		return issued{}, refuse("undertaking", err)
	}
	digest := letter.UndertakingDigest(in.Undertaking)
	if !bytes.Equal(digest[:], g.LetterDigest) {
		return issued{}, mismatch("issue.digest", "undertaking", "保函原文与登记的摘要不一致；请提交登记时的那一份原文")
	}
	if err := g.matches(u); err != nil {
		return issued{}, err
	}
	key, err := signing.ParsePublicKey(g.RecordKey)
	if err != nil {
		return issued{}, err
	}
	padded, err := letter.Pad(in.Undertaking, letter.LetterSize)
	if err != nil {
		return issued{}, party.Invalid("issue.size", "undertaking", "保函数据过大；请精简证书链后重发")
	}
	sealed, err := signing.SealTo(padded, letter.PartAAD(g.ID, "undertaking"), key)
	return issued{letter: sealed}, err
}

// checkFull checks what can be checked of a letter that the platform cannot read: number, digest, signature. The
// bidder opens its own copy and checks the rest before the deadline.
func (d *Desk) checkFull(g *Guarantee, in Issue, now time.Time) (issued, error) {
	if in.Undertaking != nil || in.Sealed == nil || in.Statement == nil {
		return issued{}, party.Invalid("issue.form", "sealed", "全文密封保函须提交密封数据（sealed）和开立声明（statement），不得提交明文")
	}
	signed, err := d.guarantorSigned(g, "statement", in.Statement, now)
	if err != nil {
		return issued{}, err
	}
	s, err := letter.ParseSealedIssue(signed.Content)
	if err != nil {
		return issued{}, refuse("statement", err)
	}
	if err := in.Sealed.Check(letter.LetterSize); err != nil {
		return issued{}, party.Invalid("issue.sealed", "sealed", "密封数据的格式或长度不符合要求；请按接口文档重新密封")
	}
	blob, err := in.Sealed.MarshalBinary()
	if err != nil {
		return issued{}, err
	}
	if s.Application != g.ID || s.Number != *g.Number || !bytes.Equal(s.Digest[:], g.LetterDigest) || s.Sealed != letter.SealedDigest(blob) {
		return issued{}, mismatch("issue.digest", "statement", "开立声明中的申请编号、保函编号或摘要与登记的不一致；请核对后重新签名")
	}
	return issued{letter: blob, statement: in.Statement}, nil
}

// guarantorSigned checks a signature of the row's guarantor, by both implementations: it moves money.
func (d *Desk) guarantorSigned(g *Guarantee, field string, p7s []byte, now time.Time) (signing.SignedData, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return signed, refuse(field, err)
	}
	if err := signed.Verify(d.Trust, now); err != nil {
		return signed, refuse(field, err)
	}
	if signed.Signer().Subject().OrganizationID != g.Guarantor {
		return signed, mismatch("issue.signer", field, "签名证书不属于承保该申请的机构；请用本机构的证书签名")
	}
	return signed, nil
}

// matches holds the undertaking's content against the row: another ceiling, another application or another wording
// is refused, whatever was prepared.
func (g *Guarantee) matches(u letter.Undertaking) error {
	a := u.Application
	for _, c := range []struct {
		ok          bool
		field, what string
	}{
		{u.Number == *g.Number, "number", "保函编号"},
		{u.Guarantor.USCC == g.Guarantor && a.Guarantor == u.Guarantor, "guarantor", "开立机构"},
		{a.Application == g.ID, "application.application", "申请编号"},
		{bytes.Equal(u.ApplicationDigest[:], g.ApplicationDigest), "application_digest", "申请书摘要"},
		{bytes.Equal(a.Commitment[:], g.Commitment), "application.commitment", "承诺值"},
		{a.Ceiling == g.Ceiling && u.MaxAmount == g.Ceiling, "max_amount", "最高金额"},
		{a.LatestExpiry.Time().Equal(g.LatestExpiry) && u.LatestExpiry == a.LatestExpiry, "latest_expiry", "最迟到期日"},
		{a.Wording.ID == g.Wording && a.Wording.Version == g.WordingVersion, "application.wording", "文本"},
		{a.Mode == g.Mode, "application.mode", "密封方式"},
		{a.Fee == g.QuotedFee, "application.fee", "报价保费"},
	} {
		if !c.ok {
			return mismatch("undertaking."+c.field, c.field, fmt.Sprintf("保函中的%s与申请不一致；请按申请内容重新开立", c.what))
		}
	}
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

func writeLetter(ctx context.Context, tx pgx.Tx, id string, kept issued) error {
	_, err := tx.Exec(ctx, `UPDATE guarantee SET letter = @letter, statement = @statement WHERE id = @id`,
		pgx.NamedArgs{"id": id, "letter": kept.letter, "statement": kept.statement})
	return translate(err)
}
