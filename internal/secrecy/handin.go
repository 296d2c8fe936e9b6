package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"baohan/banks/sandbox"
	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// lots are published by an agent: same rung of every ladder, other names, codes and amounts. For one more nobody bids.
const lots = 4

// publish makes the lots, so far ahead that the law's days are kept.
func (p *platform) publish(ctx context.Context) (all []wire.Lot, err error) {
	agent, err := client.NewStaff(p.known(), identity(p.house.Agent))
	if err != nil {
		return nil, err
	}
	if _, err := agent.SignIn(ctx, "agent"); err != nil {
		return nil, err
	}
	project, err := agent.CreateProject(ctx, wire.CreateProject{Code: "MMJ-2026-0007", Name: "密密江堤防加固与管护用房工程", Regime: "招投标",
		Beneficiary: []letter.Party{p.house.Tenderees[0].Party, p.house.Tenderees[1].Party}})
	if err != nil {
		return nil, err
	}
	for i := range lots + 1 {
		lot, err := agent.AddLot(ctx, project.ID, wire.AddLot{Code: fmt.Sprintf("MMJ-2026-0007-BD%02d", i+1), Name: fmt.Sprintf("密密江堤防加固第%d标段施工", i+1),
			Base: 4_680_000_000, Amount: 80_000_000 - letter.Fen(i)*1_234_567, Forms: []letter.Form{letter.FormIndependent, letter.FormInsurance},
			End: letter.EndRule{Deadline: p.deadline(), ValidityDays: 120, ExtraDays: 28}})
		if err != nil {
			return nil, err
		}
		if _, err := agent.Publish(ctx, lot.ID); err != nil {
			return nil, err
		}
		if lot, err = agent.Lot(ctx, lot.ID); err != nil {
			return nil, err
		}
		all = append(all, lot)
	}
	return all, nil
}

func (p *platform) deadline() time.Time {
	day := calendar.DateOf(p.house.At).AddDays(30)
	return time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, calendar.Shanghai)
}

// lotNeedles are the texts that name a lot, its digests among them.
func lotNeedles(all []wire.Lot) (needles []needle) {
	needles = append(needles, needle{where, "the project", all[0].Project}, needle{where, "the project", all[0].Lot.ProjectName})
	for i, l := range all {
		whose := fmt.Sprintf("lot %d", i+1)
		custodians := l.Requirement.Custodians
		for _, text := range []string{l.ID, l.Lot.Code, l.Lot.Name, l.RequirementDigest.String(), string(l.RequirementDigest[:]), custodians.String(), string(custodians[:])} {
			needles = append(needles, needle{where, whose, text})
		}
	}
	return needles
}

// handIn takes one bidder from the quote to its bid, as real ones do: with a mistake here and there.
func (p *platform) handIn(ctx context.Context, b *bidder, lot wire.Lot, i *institution, stumbles bool) error {
	draft, err := b.apply(ctx, lot, i)
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	b.letter = draft.ID
	if stumbles {
		if err := p.refused(b.apply(ctx, lot, i)); err != nil {
			return err
		}
	}
	if err := p.pay(ctx, b, i); err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	if err := b.until(ctx, func(a wire.Application) bool { return a.Instrument == "issued" }); err != nil {
		return fmt.Errorf("the letter: %w", err)
	}
	bid, err := b.Bid(ctx, lot, b.letter, terms("报价 "+b.Party.Name))
	if err != nil {
		return fmt.Errorf("bid: %w", err)
	}
	b.bid = bid.ID
	_, _ = p.receipts.Write(bid.Receipt)
	if stumbles {
		if err := p.refused(b.Bid(ctx, lot, b.letter, terms("重复"))); err != nil {
			return err
		}
		if _, err := b.WithdrawBid(ctx, bid.ID); err != nil {
			return err
		}
		if bid, err = b.Bid(ctx, lot, b.letter, terms("改价 "+b.Party.Name)); err != nil {
			return err
		}
		_, _ = p.receipts.Write(bid.Receipt)
		bid, err = b.ReplaceBid(ctx, lot, bid.ID, b.letter, terms("再改价 "+b.Party.Name))
		b.bid = bid.ID
		_, _ = p.receipts.Write(bid.Receipt)
	}
	return err
}

// refused keeps the words of a refusal, to be searched; what should have been refused and was not is an error.
func (p *platform) refused(_ any, err error) error {
	if err == nil {
		return errors.New("a second one for the same lot was taken")
	}
	_, err = fmt.Fprintln(&p.refusals, err)
	return err
}

func (b *bidder) apply(ctx context.Context, lot wire.Lot, i *institution) (client.Draft, error) {
	quotes, err := b.Quotes(ctx, lot.ID)
	if err != nil {
		return client.Draft{}, err
	}
	at := slices.IndexFunc(quotes, func(q wire.Quote) bool { return q.Guarantor == i.Party })
	if at < 0 {
		return client.Draft{}, fmt.Errorf("no quote of %s", i.Party.Name)
	}
	draft, _, err := b.Apply(ctx, lot, quotes[at])
	return draft, err
}

// pay settles the fee at the institution's own cashier.
func (p *platform) pay(ctx context.Context, b *bidder, i *institution) error {
	var fee letter.Fen
	if err := b.until(ctx, func(a wire.Application) bool { fee = a.FeeDue; return a.Fee == "pending" }); err != nil {
		return err
	}
	body, err := wire.Write(sandbox.Pay{Amount: fee, Payer: account(b)})
	if err != nil {
		return err
	}
	return soon(ctx, func() (bool, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, i.base+"/cashier/"+b.letter+"/pay", bytes.NewReader(body))
		if err != nil {
			return false, err
		}
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return false, err
		}
		return answer.StatusCode == http.StatusOK, answer.Body.Close()
	})
}

func (b *bidder) until(ctx context.Context, so func(wire.Application) bool) error {
	return soon(ctx, func() (bool, error) {
		a, err := b.Application(ctx, b.letter)
		return err == nil && so(a), err
	})
}

// soon asks again until it is so, for a minute.
func soon(ctx context.Context, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if ok, err := so(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it does not come about: %w", ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// delivered waits until nothing is on its way to an institution. The queue itself may still be tidying up, which takes
// it as long as everything else: what it writes meanwhile falls into the next run of the game, whatever its coins.
func (p *platform) delivered(ctx context.Context) error {
	return soon(ctx, func() (idle bool, err error) {
		err = p.pool.QueryRow(ctx, `SELECT NOT EXISTS (SELECT 1 FROM delivery WHERE state = 'waiting')`).Scan(&idle)
		return idle, err
	})
}

// settled waits until nothing is on its way to an institution and no job is left to do.
func (p *platform) settled(ctx context.Context) error {
	return soon(ctx, func() (idle bool, err error) {
		err = p.pool.QueryRow(ctx, `SELECT NOT EXISTS (SELECT 1 FROM delivery WHERE state = 'waiting')
			AND NOT EXISTS (SELECT 1 FROM river_job WHERE state IN ('available', 'running', 'retryable'))`).Scan(&idle)
		return idle, err
	})
}

// terms are an offer whose leader is a text to search for.
func terms(leader string) letter.BidTerms {
	const price = letter.Fen(1_200_000_000)
	return letter.BidTerms{Price: price, PriceCapital: price.Capital(), PeriodDays: 365, Quality: "合格", Leader: leader, Fields: []letter.BidField{}}
}
