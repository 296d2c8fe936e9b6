package banks

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Tier prices ceilings up to UpTo, in fen. Rates are parts per million of the ceiling: the first is the published
// quote, each further one the published rate of a worse risk grade.
type Tier struct {
	UpTo  letter.Fen `db:"up_to"`
	Rates []int64    `db:"rates"`
}

// Product is one wording in one mode at public prices. Its prices never change: another product takes its place.
type Product struct {
	ID             string      `db:"id"`
	Institution    string      `db:"institution"`
	Wording        string      `db:"wording"`
	WordingVersion int         `db:"wording_version"`
	Form           letter.Form `db:"form"`
	Mode           letter.Mode `db:"mode"`
	MinFee         letter.Fen  `db:"min_fee"`
	MaxCeiling     letter.Fen  `db:"max_ceiling"`
	AnswerWithin   int         `db:"answer_within"` // seconds from handing in to the institution's answer
	OfferedAt      time.Time   `db:"offered_at"`
	Tiers          []Tier      `db:"-"`
}

// Ref is the product's wording.
func (p Product) Ref() letter.WordingRef {
	return letter.WordingRef{ID: p.Wording, Version: p.WordingVersion}
}

// Fees lists what the product may cost for a ceiling: the quote first, then the surcharges. Half a fen counts as
// one; no fee is below MinFee. It is empty for a ceiling beyond the product.
func (p Product) Fees(ceiling letter.Fen) []letter.Fen {
	if ceiling < 1 || ceiling > p.MaxCeiling {
		return nil
	}
	for _, t := range p.Tiers {
		if ceiling <= t.UpTo {
			fees := make([]letter.Fen, len(t.Rates))
			for i, ppm := range t.Rates {
				fees[i] = max(p.MinFee, fee(ceiling, ppm))
			}
			return fees
		}
	}
	return nil
}

// fee is ceiling × ppm / 10⁶, half up, without leaving int64: both are bounded by check, and the ceiling is taken
// apart so that no product exceeds 10¹³ × 10⁶ / 10⁶.
func fee(ceiling letter.Fen, ppm int64) letter.Fen {
	const million = 1_000_000
	whole, rest := int64(ceiling)/million, int64(ceiling)%million
	return letter.Fen(whole*ppm + (rest*ppm+million/2)/million)
}

// Quote is the published fee for a ceiling; ok is false for a ceiling beyond the product.
func (p Product) Quote(ceiling letter.Fen) (fee letter.Fen, ok bool) {
	fees := p.Fees(ceiling)
	if len(fees) == 0 {
		return 0, false
	}
	return fees[0], true
}

// OfferProduct puts a product on sale and returns its id. An institution has one product per wording and mode.
func (d *Desk) OfferProduct(ctx context.Context, by party.Actor, p Product) (string, error) {
	if !by.Is(party.Operator) && !by.IsSystem() {
		return "", party.Forbidden("product.offer", "只有平台运营人员可以上架产品")
	}
	i, err := readInstitution(ctx, d.Pool, p.Institution)
	if err != nil {
		return "", err
	}
	w, err := letter.WordingOf(p.Ref())
	if err != nil {
		return "", party.Invalid("product.wording", "wording", "没有这个文本版本；请从文本库中选择")
	}
	if err := p.check(i, w); err != nil {
		return "", err
	}
	p.ID, p.Form, p.OfferedAt = hex.EncodeToString(signing.Random(16)), w.Form, d.Clock.Now()
	return p.ID, d.change(ctx, func(tx pgx.Tx) error { return insertProduct(ctx, tx, p) })
}

func (p Product) check(i Institution, w letter.Wording) error {
	if !i.mayUse(w) {
		return party.Invalid("product.form", "wording", "该机构的许可不允许使用此类文本（独立保函仅限金融机构，保险单仅限保险公司）；请更换文本")
	}
	if p.Mode != letter.ModeFull && (p.Mode != letter.ModeBlind || w.Form != letter.FormIndependent) {
		return party.Invalid("product.mode", "mode", "保险单和担保公司保函须写明受益人，只能全文密封；请选择全文密封")
	}
	if p.MinFee < 1 || p.MaxCeiling < p.MinFee || p.MaxCeiling > letter.MaxFen {
		return party.Invalid("product.max_ceiling", "max_ceiling", "最低保费须大于零且不超过受理上限；请核对金额（分）")
	}
	if p.AnswerWithin < 60 || p.AnswerWithin > 7*24*3600 {
		return party.Invalid("product.answer_within", "answer_within", "答复时限须在一分钟到七天之间（秒）；请核对")
	}
	return p.checkTiers()
}

func (p Product) checkTiers() error {
	last := letter.Fen(0)
	for _, t := range p.Tiers {
		if t.UpTo <= last || len(t.Rates) == 0 || len(t.Rates) > 8 {
			return party.Invalid("product.tiers", "tiers", "费率档位须按金额递增，每档一到八个费率；请核对")
		}
		for k, ppm := range t.Rates {
			if ppm < 0 || ppm > 100_000 || k > 0 && ppm <= t.Rates[k-1] {
				return party.Invalid("product.tiers", "tiers", "费率须在 0 到 10% 之间，风险加价须递增；请核对（百万分之一）")
			}
		}
		last = t.UpTo
	}
	if last < p.MaxCeiling {
		return party.Invalid("product.tiers", "tiers", "费率档位未覆盖受理上限；请补充最高一档")
	}
	return nil
}

// WithdrawProduct takes a product off sale. Applications already handed in go on.
func (d *Desk) WithdrawProduct(ctx context.Context, by party.Actor, id string) error {
	if !by.Is(party.Operator) {
		return party.Forbidden("product.withdraw", "只有平台运营人员可以下架产品")
	}
	return withdrawProduct(ctx, d.Pool, id, d.Clock.Now())
}
