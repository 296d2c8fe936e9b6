package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"baohan/client/wire"
	"baohan/web"
)

// silence asks every operation that names an object, reading or changing, as everybody who has no part in it: about what
// exists and about what does not. The answers must be one, byte for byte, and are searched like all others.
func (e *examination) silence(ctx context.Context) (surface, error) {
	all := surface{name: "answers to every operation as who has no part in it"}
	list, err := operations()
	if err != nil {
		return all, err
	}
	asked := 0
	for _, o := range list {
		if !parameter.MatchString(o.path) {
			continue
		}
		for _, c := range slices.DeleteFunc(slices.Clone(e.asking), e.hasPart) {
			n, err := e.silent(ctx, o, c, &all)
			if asked += n; err != nil {
				return all, err
			}
		}
	}
	e.say("silence: %d answers about what exists compared with those about what does not", asked)
	return all, nil
}

// hasPart tells the institutions whose letters these are.
func (e *examination) hasPart(c caller) bool {
	return strings.HasSuffix(c.role, e.house.Bank.Party.Name) || strings.HasSuffix(c.role, e.house.Insurer.Party.Name)
}

func (e *examination) silent(ctx context.Context, o operation, c caller, all *surface) (asked int, err error) {
	path := func(id string) string { return parameter.ReplaceAllLiteralString(o.path, id) }
	nothing, err := e.ask(ctx, c, o.method, path(freshID()))
	if err != nil {
		return 0, err
	}
	for _, id := range []string{e.bidders[0].letter, e.bidders[1].letter, e.bidders[0].bid, e.bidders[1].bid} {
		a, err := e.ask(ctx, c, o.method, path(id))
		if err != nil {
			return asked, err
		}
		asked++
		all.text = append(append(all.text, fmt.Sprintf("%s %s %d %v\n", o.method, c.role, a.status, a.header)...), a.body...)
		one, other := web.Steady(a.body), web.Steady(nothing.body)
		if a.status != nothing.status || len(a.header) != len(nothing.header) || !bytes.Equal(one, other) {
			at := firstDifference(one, other)
			e.fault(fmt.Sprintf("%s %s as %s: %d about what exists, %d about what does not, %q and %q", o.method, o.path, c.role, a.status, nothing.status, around(one, at), around(other, at)))
		}
	}
	return asked, nil
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// around is what stands about a place.
func around(text []byte, at int) []byte { return text[max(0, at-80):min(len(text), at+80)] }

// newcomers apply and bid with the same data for a lot for which many have bid, and for one for which nobody has. What
// they are told may differ in nothing but the lot.
func (e *examination) newcomers(ctx context.Context) error {
	var told [2]string
	for i, lot := range []wire.Lot{e.lots[0], e.quiet} {
		var err error
		if told[i], err = e.told(ctx, e.late[i], lot); err != nil {
			return err
		}
	}
	if told[0] != told[1] {
		e.fault(fmt.Sprintf("who comes later is told %q where others have bid, %q where nobody has", told[0], told[1]))
	}
	e.say("a newcomer is told the same where others have bid and where nobody has: %t", told[0] == told[1])
	return nil
}

// told is everything that a newcomer is answered, without the lot's own name, and then leaves no trace that counts.
func (e *examination) told(ctx context.Context, b *bidder, lot wire.Lot) (string, error) {
	quotes, err := e.get(ctx, e.asking[1], "/api/v1/lots/"+lot.ID+"/quotes")
	if err != nil {
		return "", err
	}
	draft, err := b.apply(ctx, lot, e.institutions[2])
	if err != nil {
		return "", err
	}
	application, err := b.Application(ctx, draft.ID)
	if err != nil {
		return "", err
	}
	bid, err := b.Bid(ctx, lot, "", terms("报价人"))
	if err != nil {
		return "", err
	}
	_, refusal := b.Bid(ctx, lot, "", terms("报价人"))
	words := strings.ReplaceAll(fmt.Sprint(refusal), lot.ID, "")
	_, err = b.WithdrawBid(ctx, bid.ID)
	return fmt.Sprint(quotes.status, len(quotes.body), application.Ceiling, application.Fee, application.Instrument, bid.State, len(bid.Receipt) > 0, words), err
}
