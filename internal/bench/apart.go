package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// apart collects how long a whole call and its parts took, each many times.
type apart struct {
	whole, sql []time.Duration
	parts      map[string][]time.Duration
	statements [][]statement
}

// takeApart sends calls one at a time. Between two of them it does each of their parts by itself, so that all see
// the same machine; the time in the database is taken within the call.
func (p *platform) takeApart(ctx context.Context, calls []call, list bool, out io.Writer) error {
	b, a := p.newBank(1), &apart{parts: map[string][]time.Duration{}}
	defer b.http.CloseIdleConnections()
	for _, c := range calls {
		if err := p.whole(ctx, b, c, a); err != nil {
			return err
		}
		ops, err := p.signatures(ctx, b, c)
		if err != nil {
			return err
		}
		for _, o := range append(ops, op{riverPart, nil}) {
			took, err := p.part(ctx, o, c)
			if err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
			a.parts[o.name] = append(a.parts[o.name], took)
		}
	}
	a.print(out, list)
	return nil
}

func (p *platform) part(ctx context.Context, o op, c call) (time.Duration, error) {
	if o.do == nil {
		return p.river(ctx, c)
	}
	return wall(o.do)
}

func (p *platform) whole(ctx context.Context, b *bank, c call, a *apart) error {
	p.spy.on.Store(true)
	took, err := wall(func() error { return b.issue(ctx, c) })
	p.spy.on.Store(false)
	seen := p.spy.take()
	sql := time.Duration(0)
	for _, s := range seen {
		sql += s.took
	}
	a.whole, a.sql, a.statements = append(a.whole, took), append(a.sql, sql), append(a.statements, seen)
	return err
}

func (a *apart) print(out io.Writer, list bool) {
	whole, sql, sm2 := median(a.whole), median(a.sql), time.Duration(0)
	for _, name := range signatureParts {
		sm2 += median(a.parts[name])
	}
	last := a.statements[len(a.statements)-1]
	share(out, "one issue, 1 client: SM2, SM3, SM4 : whole call", sm2, whole)
	for _, name := range signatureParts {
		share(out, "  "+name, median(a.parts[name]), whole)
	}
	share(out, fmt.Sprintf("one issue: SQL, %d round trips : whole call", len(last)), sql, whole)
	share(out, "one issue: the rest (HTTP, JSON, checks) : whole call", whole-sm2-sql, whole)
	share(out, "not in it: "+riverPart+" : whole call", median(a.parts[riverPart]), whole)
	if list {
		a.list(out)
	}
}

// list prints the statements of a call in their order, with the median of each place.
func (a *apart) list(out io.Writer) {
	for i, s := range a.statements[len(a.statements)-1] {
		var took []time.Duration
		for _, seen := range a.statements {
			if i < len(seen) && seen[i].sql == s.sql {
				took = append(took, seen[i].took)
			}
		}
		text := strings.Join(strings.Fields(s.sql), " ")
		fmt.Fprintf(out, "  %2d %8.3f ms  %.100s\n", i+1, ms(median(took)), text)
	}
}
