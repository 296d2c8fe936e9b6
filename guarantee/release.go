package guarantee

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// release (解除) takes a beneficiary's signed release (法释〔2016〕24号 art. 11(4): the guarantor receives the
// beneficiary's document that waives payment). Joint beneficiaries all sign; with the last signature the guarantee
// ends, at the durable receipt of that signature. Never while a demand is open: the check is made under the lock that
// a demand takes too, so that of a release and a demand at the same instant one wins and the other is refused.
func (d *Desk) release(ctx context.Context, cmd party.Command, in Intake) (Answer, error) {
	x, err := d.disclosed(ctx, d.Pool, in.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	r, err := d.readRelease(x, in)
	if err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, in.Guarantee, func(ctx context.Context, t *turn) error {
		first, err := takeUp(ctx, t, in)
		if err != nil || !first {
			return err
		}
		return effectRelease(ctx, t, x, r, in)
	})
}

func effectRelease(ctx context.Context, t *turn, x *Disclosure, r waiver, in Intake) error {
	g := t.g
	if g.OpenDemands > 0 {
		return party.Conflict("release.demand_open", "该保函有索赔正在处理，不能解除；请待索赔办结，或先撤回索赔")
	}
	if g.InstrumentState != Issued {
		_, err := next(PartInstrument, g.InstrumentState, "release")
		return err
	}
	missing, err := signRelease(ctx, t.tx, x, in)
	if err != nil {
		return err
	}
	signed := map[string]any{"beneficiary": in.Sender, "reason": r.Reason, "signed": letter.PaperDigest(in.Body)}
	if in.Paper != "" {
		signed["paper"] = in.ID // the receipt that made this event: see lotOutcomes
	}
	t.happened(EventReleaseSigned, signed)
	if missing > 0 {
		return nil
	}
	if err := g.move(PartRelease, "request"); err != nil {
		return err
	}
	if err := g.move(PartInstrument, "release"); err != nil {
		return err
	}
	t.happened(EventReleased, map[string]string{"reason": r.Reason, "received_at": in.ReceivedAt.In(calendar.Shanghai).Format(time.RFC3339Nano)})
	return nil
}

// waiver is what a release says, in either form: one letter's own, or an entry of a lot's.
type waiver struct{ Reason string }

// readRelease checks that this beneficiary signed this release of this very letter.
func (d *Desk) readRelease(x *Disclosure, in Intake) (waiver, error) {
	content, err := d.beneficiarySigned(x, in, "release", in.Body)
	if err != nil {
		return waiver{}, err
	}
	w, guarantor, err := readWaiver(in.Kind, content)
	if err != nil {
		return w, refuse("release", err)
	}
	by, ok := letter.Waives(content, x.Guarantee, x.Number, letter.UndertakingDigest(x.Undertaking))
	if !ok || guarantor != "" && guarantor != x.Guarantor {
		return w, mismatch("release.letter", "undertaking", "解除通知所指的保函与本保函不一致；请重新生成解除通知并签名")
	}
	if by.USCC != in.Sender {
		return w, mismatch("release.beneficiary", "beneficiary", "解除通知的受益人与登录单位不一致")
	}
	return w, nil
}

// readWaiver reads the form that was handed in, and no other. A lot's names no guarantor: digest and number do.
func readWaiver(kind IntakeKind, content []byte) (w waiver, guarantor string, err error) {
	if kind == IntakeLotRelease {
		r, err := letter.ParseLotRelease(content)
		return waiver{r.Reason}, "", err
	}
	r, err := letter.ParseRelease(content)
	return waiver{r.Reason}, r.Guarantor.USCC, err
}

// beneficiarySigned checks a paper's signature, by both implementations, as of its durable receipt.
func (d *Desk) beneficiarySigned(x *Disclosure, in Intake, field string, p7s []byte) ([]byte, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return nil, refuse(field, err)
	}
	if err := signed.Verify(d.Trust, in.ReceivedAt); err != nil {
		return nil, refuse(field, err)
	}
	by := signed.Signer().Subject().OrganizationID
	if by != in.Sender || !x.beneficiary(by) {
		return nil, mismatch(field+".signer", field, "签名证书不是受益人本单位的证书；请用受益人的证书签名")
	}
	return signed.Content, nil
}

// signRelease keeps one beneficiary's signature and counts who has not signed yet.
func signRelease(ctx context.Context, tx pgx.Tx, x *Disclosure, in Intake) (missing int, err error) {
	signed := in.Body
	if in.Paper != "" {
		signed = nil
	}
	if _, err = tx.Exec(ctx, `INSERT INTO release_signature (guarantee, beneficiary, signed, paper, received_at)
		VALUES (@guarantee, @beneficiary, @signed, nullif(@paper, ''), @at) ON CONFLICT (guarantee, beneficiary) DO NOTHING`,
		pgx.NamedArgs{"guarantee": x.Guarantee, "beneficiary": in.Sender, "signed": signed, "paper": in.Paper, "at": in.ReceivedAt}); err != nil {
		return 0, store.Bare(err)
	}
	err = tx.QueryRow(ctx, `SELECT count(*) FROM unnest(@all::text[]) b
		WHERE NOT EXISTS (SELECT 1 FROM release_signature s WHERE s.guarantee = @guarantee AND s.beneficiary = b)`,
		pgx.NamedArgs{"all": x.Beneficiaries, "guarantee": x.Guarantee}).Scan(&missing)
	return missing, err
}

// AcknowledgeRelease is the guarantor's word that the release reached it: delivery, not consent.
func (d *Desk) AcknowledgeRelease(ctx context.Context, cmd party.Command, id string) (Answer, error) {
	return d.change(ctx, cmd, id, func(_ context.Context, t *turn) error {
		if err := t.g.of(t.actor); err != nil {
			return err
		}
		if t.g.ReleaseState == Acknowledged {
			return nil
		}
		if err := t.g.move(PartRelease, "acknowledge"); err != nil {
			return err
		}
		t.happened(EventReleaseAcknowledged, nil)
		return nil
	})
}
