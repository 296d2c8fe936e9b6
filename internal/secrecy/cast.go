package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"baohan/banks"
	"baohan/banks/sandbox"
	"baohan/client"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// institution is a sandbox that issues letters.
type institution struct {
	sample.Member
	kind     banks.Kind
	form     letter.Form
	mode     letter.Mode
	wording  letter.WordingRef
	prefix   string
	decision string
	base     string
	desk     *sandbox.Bank
}

// troupe are a bank that writes blind letters, an insurer that seals in full, and a bank where nothing is decided by
// itself.
func (p *platform) troupe() []*institution {
	h := p.house
	return []*institution{
		{Member: h.Bank, kind: banks.Bank, form: letter.FormIndependent, mode: letter.ModeBlind, wording: sample.Independent, prefix: "XJYH", decision: "instant"},
		{Member: h.Insurer, kind: banks.Insurer, form: letter.FormInsurance, mode: letter.ModeFull, wording: sample.Insurance, prefix: "HSBX", decision: "instant"},
		{Member: h.OtherBank, kind: banks.Bank, form: letter.FormIndependent, mode: letter.ModeBlind, wording: sample.Independent, prefix: "DTYH", decision: "manual"},
	}
}

const (
	minFee     = letter.Fen(300_00)
	maxCeiling = letter.Fen(10_000_000_00)
	rate       = 4000
)

// admit enters everybody but the bidders, who admit themselves by their certificates.
func (p *platform) admit(ctx context.Context) error {
	h, own := p.house, party.System()
	var errs []error
	for _, o := range []struct {
		sample.Member
		roles []party.Role
	}{
		{h.Platform, []party.Role{party.Operator, party.Custodian}}, {h.Centre, []party.Role{party.Centre, party.Custodian}},
		{h.Supervisor, []party.Role{party.Supervisor, party.Custodian}}, {h.Agent, []party.Role{party.Agent}},
		{h.Tenderees[0], []party.Role{party.Beneficiary}}, {h.Tenderees[1], []party.Role{party.Beneficiary}},
		{h.Bank, []party.Role{party.Guarantor}}, {h.OtherBank, []party.Role{party.Guarantor}}, {h.Insurer, []party.Role{party.Guarantor}},
	} {
		errs = append(errs, p.party.Admit(ctx, own, party.Organisation{USCC: o.Party.USCC, Name: o.Party.Name, Roles: o.roles},
			o.Sign.Certificate(), o.Encrypt.Certificate()))
	}
	for _, i := range p.institutions {
		errs = append(errs, p.banks.Admit(ctx, own, banks.Institution{USCC: i.Party.USCC, Name: i.Party.Name, Kind: i.kind, Licence: i.prefix,
			LicenceUntil: now().AddDate(3, 0, 0), Base: i.base, Cashier: i.base + "/cashier/{application}"}))
		_, err := p.banks.OfferProduct(ctx, own, banks.Product{Institution: i.Party.USCC, Wording: i.wording.ID, WordingVersion: i.wording.Version,
			Mode: i.mode, MinFee: minFee, MaxCeiling: maxCeiling, AnswerWithin: 7200, Tiers: []banks.Tier{{UpTo: maxCeiling, Rates: []int64{rate}}}})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// startInstitutions opens their books and lets them work.
func (p *platform) startInstitutions(ctx context.Context) (err error) {
	for _, i := range p.institutions {
		if i.desk, err = sandbox.Open(sandbox.Config{Me: identity(i.Member), Form: i.form, Platform: p.known(),
			Certificates: p.house.Platform.Sign.Chain[:1], Journal: p.path("journal-" + i.prefix), Place: sample.Place, Prefix: i.prefix,
			MaxCeiling: maxCeiling, Rate: rate, MinFee: minFee, Behaviour: sandbox.Behaviour{Decision: i.decision, Fault: "none"},
			Log: slog.New(slog.NewTextHandler(io.Discard, nil))}); err != nil {
			return err
		}
		working, stop := context.WithCancel(ctx)
		var done sync.WaitGroup
		done.Go(func() { _ = i.desk.Run(working) })
		p.closing = append(p.closing, i.desk.Close, func() error { stop(); done.Wait(); return nil })
	}
	return nil
}

// known is what a client knows of the platform before it asks.
func (p *platform) known() client.Platform {
	return client.Platform{Base: p.base, Trust: p.house.Trust, USCC: p.house.Platform.Party.USCC, Clock: p.clock, Pause: 20 * time.Millisecond}
}

func identity(m sample.Member) client.Identity {
	return client.Identity{Party: m.Party, Sign: m.Sign.Key, Chain: m.Sign.Chain, Open: m.Encrypt.Key, OpenChain: m.Encrypt.Chain}
}

// bidder is one firm and what it has done.
type bidder struct {
	sample.Member
	*client.Bidder
	lot    int // of the lots it bids for
	letter string
	bid    string
}

// newBidders makes firms with names and codes that occur nowhere else, and signs them in.
func (p *platform) newBidders(ctx context.Context, name string, first, n int) ([]*bidder, error) {
	all := make([]*bidder, n)
	err := together(n, func(i int) (err error) {
		b := &bidder{Member: p.house.Member(fmt.Sprintf(name, first+i), first+i)}
		if b.Bidder, err = client.NewBidder(p.known(), identity(b.Member), client.Folder(p.path("copies", b.Party.USCC))); err != nil {
			return err
		}
		all[i] = b
		_, err = b.SignIn(ctx)
		return err
	})
	return all, err
}

// needlesOf are the texts that would name a bidder.
func needlesOf(all []*bidder) (needles []needle) {
	for i, b := range all {
		whose := fmt.Sprintf("bidder %d", i)
		needles = append(needles, needle{who, whose, b.Party.Name}, needle{who, whose, b.Party.USCC})
	}
	return needles
}

// together runs do for 0 to n-1 in a few goroutines until one fails.
func together(n int, do func(i int) error) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	errs := make([]error, 4)
	for g := range errs {
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

// account is whence every fee here comes; no bidder's name is in it, the payer's is.
func account(b *bidder) letter.Account {
	return letter.Account{Name: b.Party.Name, Number: "6222" + signing.Sum([]byte(b.Party.USCC)).String()[:12], Bank: "示例开户行"}
}
