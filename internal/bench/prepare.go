package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// call is one issue that is ready to be sent: everything before it has happened, the letter is signed.
type call struct {
	id   string
	body []byte
	p7s  []byte
}

// bidders so many that none of them has applied often.
const bidders = 48

// prepare brings n applications through underwriting and fee to the prepared letter.
func (p *platform) prepare(ctx context.Context, n int) ([]call, error) {
	var who [bidders]sample.Member
	for i := range who {
		who[i] = p.house.Member(fmt.Sprintf("示例投标建设有限公司%02d", i), 100+i)
	}
	calls := make([]call, n)
	err := together(4, n, func(i int) (err error) {
		calls[i], err = p.prepareOne(ctx, i, who[i%bidders])
		return err
	})
	return calls, err
}

// together runs do for 0 to n-1 in some goroutines until one fails.
func together(goroutines, n int, do func(i int) error) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	errs := make([]error, goroutines)
	for g := range goroutines {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if errs[g] = do(i); errs[g] != nil {
					next.Store(int64(n))
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// prepareOne applies for a lot of its own.
func (p *platform) prepareOne(ctx context.Context, i int, bidder sample.Member) (call, error) {
	h := *p.house
	h.Requirement.Lot.Code = fmt.Sprintf("HN-CS-2026-%06d", i)
	return p.prepareFor(ctx, &h, bidder, i)
}

// prepareFor applies for the lot of h. Everybody pays from an account of its own.
func (p *platform) prepareFor(ctx context.Context, h *sample.House, bidder sample.Member, i int) (call, error) {
	d := h.Draft(bidder, h.Bank, sample.Independent, letter.ModeBlind)
	if err := p.apply(ctx, h, d); err != nil {
		return call{}, err
	}
	id, fee := d.Application.Application, d.Application.Fee
	if _, err := p.guarantees.Decide(ctx, command(h.Bank, party.Guarantor), id, guarantee.Decision{Approve: true, Fee: fee}); err != nil {
		return call{}, err
	}
	if _, err := p.guarantees.FeeReceived(ctx, command(h.Bank, party.Guarantor), id, guarantee.FeeEvidence{Amount: fee,
		Reference: fmt.Sprint("R", i), Payer: letter.Account{Name: bidder.Party.Name, Number: fmt.Sprintf("62220201%08d", i), Bank: "示例银行"}, PaidAt: now()}); err != nil {
		return call{}, err
	}
	return p.write(ctx, h, d, fmt.Sprintf("BENCH-%06d", i))
}

func (p *platform) apply(ctx context.Context, h *sample.House, d sample.Draft) error {
	sealed, err := p.guarantees.Seal(ctx, guarantee.Submission{Reveal: d.RevealBytes, Application: d.Signed, Key: d.Key.Bytes()},
		guarantee.Applicant{Party: d.Bidder.Party, Encryption: d.Bidder.Encrypt.Key.Public()}, guarantee.Asked{Requirement: h.Requirement, Keys: h.Keys}, product(h.Bank), now())
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		_, err := p.guarantees.ApplyTx(ctx, tx, command(d.Bidder, party.Bidder), sealed)
		return err
	})
}

// write signs the letter and puts its number and digest on record.
func (p *platform) write(ctx context.Context, h *sample.House, d sample.Draft, number string) (call, error) {
	content, err := h.Undertaking(d, number).Canonical()
	if err != nil {
		return call{}, err
	}
	c := call{id: d.Application.Application, p7s: h.Signed(h.Bank, content, h.At)}
	if _, err := p.guarantees.Prepare(ctx, command(h.Bank, party.Guarantor), c.id, number, letter.UndertakingDigest(c.p7s)); err != nil {
		return call{}, err
	}
	c.body, err = wire.Write(wire.Issue{Undertaking: c.p7s})
	return c, err
}

// product is what the bank offers; a sample's fee is half a per cent of the ceiling.
func product(bank sample.Member) guarantee.Guarantor {
	return guarantee.Guarantor{Party: bank.Party, Encryption: bank.Encrypt.Key.Public(), Form: letter.FormIndependent, Mode: letter.ModeBlind,
		Wording: sample.Independent, MaxCeiling: 1_000_000_000, Fee: func(c letter.Fen) letter.Fen { return c / 200 }, AnswerBy: now().Add(time.Hour)}
}

func command(by sample.Member, role party.Role) party.Command {
	key := signing.Sum(signing.Random(16))
	return party.Command{Actor: party.Actor{USCC: by.Party.USCC, Name: by.Party.Name, Role: role, Certificate: by.Sign.Certificate().Fingerprint()},
		Key: key.String(), Digest: key}
}
