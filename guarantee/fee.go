package guarantee

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// FeeEvidence is what the guarantor says of the payment it received. The platform never touches the money. The payer
// is kept encrypted to the record's own key: it names the bidder, and after the opening it shows who paid for
// several bidders (条例40).
type FeeEvidence struct {
	Amount    letter.Fen     `json:"amount"`
	Reference string         `json:"reference"` // the guarantor's own, unique per payment
	Payer     letter.Account `json:"payer"`
	PaidAt    time.Time      `json:"paid_at"`
}

// FeeReceived notes the fee. Exactly the agreed amount pays it; money for an application that has lapsed goes back.
func (d *Desk) FeeReceived(ctx context.Context, cmd party.Command, id string, e FeeEvidence) (Answer, error) {
	g, err := readGuarantee(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	sealed, err := sealEvidence(g, e)
	if err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		if err := t.g.of(t.actor); err != nil {
			return err
		}
		return feeReceived(ctx, t, e, sealed)
	})
}

func feeReceived(ctx context.Context, t *turn, e FeeEvidence, sealed []byte) error {
	g := t.g
	if g.Fee == nil {
		return party.Conflict("fee.not_agreed", "该申请尚无约定的保费；请先作出承保决定，并等申请人确认")
	}
	if e.Amount != *g.Fee {
		return party.Invalid("fee.amount", "amount", "收到的金额与约定的保费不一致；请核对到账记录")
	}
	if e.Reference == "" {
		return party.Invalid("fee.reference", "reference", "请填写收款流水号")
	}
	late := g.FeeState == FeeLapsed
	if err := g.move(PartFee, "pay"); err != nil {
		return err
	}
	if err := writeEvidence(ctx, t.tx, g.ID, sealed); err != nil {
		return err
	}
	if late {
		t.happened(EventFeeRefunding, map[string]string{"why": "paid_after_lapse"})
		return nil
	}
	t.happened(EventFeePaid, map[string]letter.Fen{"amount": e.Amount})
	return nil
}

func sealEvidence(g *Guarantee, e FeeEvidence) ([]byte, error) {
	key, err := signing.ParsePublicKey(g.RecordKey)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	padded, err := letter.Pad(b, 2048)
	if err != nil {
		return nil, party.Invalid("fee.payer", "payer", "付款账户信息过长；请核对")
	}
	return signing.SealTo(padded, letter.PartAAD(g.ID, "fee"), key)
}

// Lapse ends what was not paid or not agreed in time. The clock asks; it does nothing when it comes too early or
// again.
func (d *Desk) Lapse(ctx context.Context, id string) (Answer, error) {
	return d.change(ctx, party.Command{Actor: party.System()}, id, func(_ context.Context, t *turn) error {
		g := t.g
		if g.FeeDueAt == nil || t.now.Before(*g.FeeDueAt) {
			return nil
		}
		if g.FeeState == FeePending {
			if err := g.move(PartFee, "lapse"); err != nil {
				return err
			}
			t.happened(EventFeeLapsed, nil)
			return nil
		}
		if g.FeeOffered != nil && g.ApplicationState == Approved {
			return cancel(t)
		}
		return nil
	})
}

// refund starts the way back of a paid fee; the guarantor reports when it is done (FeeRefunded).
func refund(t *turn) error {
	if err := t.g.move(PartFee, "refund"); err != nil {
		return err
	}
	t.happened(EventFeeRefunding, nil)
	return nil
}

// FeeRefunded notes that the guarantor has paid the fee back.
func (d *Desk) FeeRefunded(ctx context.Context, cmd party.Command, id, reference string) (Answer, error) {
	return d.change(ctx, cmd, id, func(_ context.Context, t *turn) error {
		if err := t.g.of(t.actor); err != nil {
			return err
		}
		if reference == "" {
			return party.Invalid("fee.reference", "reference", "请填写退款流水号")
		}
		if err := t.g.move(PartFee, "refunded"); err != nil {
			return err
		}
		t.happened(EventFeeRefunded, nil)
		return nil
	})
}

func writeEvidence(ctx context.Context, tx pgx.Tx, id string, sealed []byte) error {
	_, err := tx.Exec(ctx, `UPDATE guarantee SET fee_evidence = @evidence WHERE id = @id`, pgx.NamedArgs{"id": id, "evidence": sealed})
	return translate(err)
}
