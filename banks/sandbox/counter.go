package sandbox

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"unicode/utf8"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Purchase is POST /operator/counter: a customer at the bank's own counter, who pays there. Saying it again, by its
// reference, asks what has become of it.
type Purchase struct {
	Reference   string         `json:"reference"`            // the counter's own, once per sale
	Lot         string         `json:"lot"`                  // the platform's id
	Applicants  []letter.Party `json:"applicants"`           // the lead of a consortium first
	Certificate string         `json:"certificate,omitzero"` // of the customer's encryption key, PEM, issuers after it
}

// Slip is what the customer takes home. State is writing until the letter is in force; then Application is what the bid
// names and File the guarantee file, byte for byte.
type Slip struct {
	Application string     `json:"application"`
	State       string     `json:"state"` // writing · in_force · late: it came in after the deadline
	Number      string     `json:"number,omitzero"`
	Fee         letter.Fen `json:"fee,omitzero"`
	File        []byte     `json:"file,omitzero"`
}

// sell takes a sale down before anything is done about it; the worker writes the letter and hands it in.
func (b *Bank) sell(w http.ResponseWriter, r *http.Request) {
	p, ok := hear[Purchase](w, r)
	if !ok {
		return
	}
	if _, err := b.owner(p); err != nil {
		no(w, http.StatusUnprocessableEntity, "counter.certificate", "加密证书须是申请人本单位的、由认可机构签发的 PEM 证书；没有可以不填")
		return
	}
	if !p.complete() {
		no(w, http.StatusUnprocessableEntity, "counter.incomplete", "请填写柜台流水号（不超过 64 个字）、标段编号和申请人（名称、统一社会信用代码）")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.book.purchase(p.Reference)
	switch {
	case f == nil:
		id := hex.EncodeToString(signing.Random(16))
		if err := b.note(ordered, id, "", p); err != nil {
			no(w, http.StatusInternalServerError, "journal.failed", "没有记录下来；请重试")
			return
		}
		f = b.book.files[id]
	case !reflect.DeepEqual(*f.Purchase, p):
		no(w, http.StatusConflict, "counter.reference_used", "这个柜台流水号已用于另一笔业务；请换一个")
		return
	}
	if stop, refused := f.Stuck[sayDeposit]; refused {
		no(w, http.StatusConflict, stop.Code, stop.Detail)
		return
	}
	slip, err := f.slip()
	if err != nil {
		no(w, http.StatusInternalServerError, "counter.file", "保函文件无法生成；请联系系统维护人员")
		return
	}
	say(w, http.StatusOK, slip)
}

func (p Purchase) complete() bool {
	n := utf8.RuneCountInString(p.Reference)
	return n > 0 && n <= 64 && p.Lot != "" && len(p.Applicants) > 0 &&
		!slices.ContainsFunc(p.Applicants, func(a letter.Party) bool { return a.Check() != nil })
}

// owner is the customer's key, zero when it gave no certificate.
func (b *Bank) owner(p Purchase) (signing.PublicKey, error) {
	if p.Certificate == "" || len(p.Applicants) == 0 {
		return signing.PublicKey{}, nil
	}
	chain, err := signing.ParseCertificatesPEM([]byte(p.Certificate))
	if err != nil {
		return signing.PublicKey{}, err
	}
	if err := b.Platform.Trust.Verify(chain, signing.UseEncrypt, b.Platform.Clock.Now()); err != nil {
		return signing.PublicKey{}, err
	}
	if chain[0].Subject().OrganizationID != p.Applicants[0].USCC {
		return signing.PublicKey{}, errors.New("sandbox: the certificate is not the customer's")
	}
	return chain[0].PublicKey(), nil
}

func (f *file) slip() (Slip, error) {
	s := Slip{Application: f.ID, State: "writing"}
	if f.Sold == nil || f.Receipt == nil {
		return s, nil
	}
	bought, err := f.Sold.File(f.Receipt)
	if err != nil {
		return s, err
	}
	s.State, s.Number, s.Fee = "in_force", f.Letter.Number, f.Exam.Application.Fee
	if f.Late {
		s.State = "late"
	}
	s.File, err = bought.Canonical()
	return s, err
}

// purchase finds a sale by the counter's reference.
func (b *book) purchase(reference string) *file {
	for _, id := range b.order {
		if f := b.files[id]; f.Purchase != nil && f.Purchase.Reference == reference {
			return f
		}
	}
	return nil
}

// selling: write the letter and keep it, then hand it in.
func (b *Bank) selling(f *file) (task, bool) {
	switch {
	case f.Purchase == nil || f.Receipt != nil || f.Stuck[sayDeposit] != (problem{}):
		return task{}, false
	case f.Sold == nil:
		p, number := *f.Purchase, b.number(b.book.issued+1)
		return b.quiet(func(ctx context.Context) error { return b.draw(ctx, f.ID, p, number) })
	}
	s := *f.Sold
	return task{step: sayDeposit, run: func(ctx context.Context) error {
		bought, err := b.say.Deposit(ctx, s)
		if err != nil && !errors.Is(err, client.ErrLate) {
			return err
		}
		return b.write(inForce, f.ID, "", receipted{wire.Issued{Receipt: bought.Receipt}, err != nil})
	}}, true
}

// draw writes the letter and keeps it before a word of it is said. What can never become a letter stops the sale, and
// the customer is told why.
func (b *Bank) draw(ctx context.Context, id string, p Purchase, number string) error {
	lot, err := b.say.Lot(ctx, p.Lot)
	if refusal, refused := client.Refused(err); refused {
		return b.write(stuck, id, "", problem{sayDeposit, refusal.Code, "平台没有这个已公布的标段；请核对标段编号"})
	}
	if err != nil {
		return err
	}
	if b.behaviour().Fault == "day_short" {
		lot = dayShort(lot)
	}
	sale, err := b.saleOf(id, lot, p, number)
	if err == nil {
		var sold client.Sold
		if sold, err = b.say.Sell(ctx, lot, sale); err == nil {
			return b.write(written, id, "", sold)
		}
	}
	if errors.Is(err, client.ErrSale) {
		b.Log.Warn("sandbox: nothing can be sold", "guarantee", id, "error", err)
		return b.write(stuck, id, "", problem{sayDeposit, "counter.refused", "不能为该标段开立保函：标段不接受本机构的保函形式、金额超出受理上限、已经截止，或公告、保管人未通过核对"})
	}
	return err
}

// dayShort is a notice as a clerk has taken it down who miscounts the validity by a day. Whoever reads the letter against the
// notice sees it; the platform, which cannot read it, does not.
func dayShort(lot wire.Lot) wire.Lot {
	if lot.Requirement == nil {
		return lot
	}
	req := *lot.Requirement
	req.End.ValidityDays--
	lot.Requirement, lot.RequirementDigest = &req, req.Digest()
	return lot
}

func (b *Bank) saleOf(id string, lot wire.Lot, p Purchase, number string) (client.Sale, error) {
	owner, err := b.owner(p)
	if err != nil || lot.Requirement == nil {
		return client.Sale{}, client.ErrSale
	}
	ceiling := letter.LadderCeiling(lot.Requirement.Amount)
	if ceiling > b.MaxCeiling {
		return client.Sale{}, client.ErrSale
	}
	s := client.Sale{Application: id, Applicants: p.Applicants, Fee: b.price(ceiling), Number: number, Place: b.Place, Owner: owner}
	for _, w := range letter.Wordings() {
		if w.Form == b.Form {
			s.Wording = w.Ref()
		}
	}
	return s, nil
}
