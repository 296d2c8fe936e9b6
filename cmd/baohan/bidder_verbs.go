package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

type bidderLots struct {
	After string `help:"上一页末尾的游标。" placeholder:"游标"`
}

func (c *bidderLots) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) { return b.Lots(ctx, c.After) })
}

type bidderQuotes struct {
	Lot string `arg:"" help:"标段在平台的编号。"`
}

func (c *bidderQuotes) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) { return b.Quotes(ctx, c.Lot) })
}

type bidderApply struct {
	Lot     string `arg:"" help:"标段在平台的编号。"`
	Product string `arg:"" help:"报价中的 product。"`
}

// Run keeps the application before it hands it in: after a lost answer it is handed in again, not made again.
func (c *bidderApply) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) {
		lot, err := b.Lot(ctx, c.Lot)
		if err != nil {
			return nil, err
		}
		quote, err := c.quote(ctx, b)
		if err != nil {
			return nil, err
		}
		warn(os.Stderr, quote)
		draft, err := b.Prepare(ctx, lot, quote)
		if err != nil {
			return nil, err
		}
		a, err := b.Resume(ctx, draft.ID)
		if err != nil {
			err = fmt.Errorf("%w\n申请已存底；再提交一次请执行 baohan bidder resume %s", err, draft.ID)
		}
		return a, err
	})
}

func (c *bidderApply) quote(ctx context.Context, b *client.Bidder) (wire.Quote, error) {
	quotes, err := b.Quotes(ctx, c.Lot)
	if err != nil {
		return wire.Quote{}, err
	}
	i := slices.IndexFunc(quotes, func(q wire.Quote) bool { return q.Product == c.Product })
	if i < 0 {
		return wire.Quote{}, errors.New("该标段没有这个产品的报价；请先执行 baohan bidder quotes")
	}
	return quotes[i], nil
}

// bidderOne is a verb on one application of one's own.
type bidderOne struct {
	ID string `arg:"" help:"申请编号。"`
}

type bidderResume struct{ bidderOne }

func (c *bidderResume) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) { return b.Resume(ctx, c.ID) })
}

type bidderShow struct{ bidderOne }

func (c *bidderShow) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) { return b.Application(ctx, c.ID) })
}

type bidderAgree struct {
	bidderOne
	Fee string `arg:"" help:"同意的保费（元），须与机构报出的一致。"`
}

func (c *bidderAgree) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	fee, err := letter.ParseYuan(c.Fee)
	if err != nil {
		return err
	}
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) {
		if err := b.AcceptFee(ctx, c.ID, fee); err != nil {
			return nil, err
		}
		return b.Application(ctx, c.ID)
	})
}

type bidderCancel struct{ bidderOne }

func (c *bidderCancel) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) {
		if err := b.Cancel(ctx, c.ID); err != nil {
			return nil, err
		}
		return b.Application(ctx, c.ID)
	})
}

type bidderLetter struct {
	bidderOne
	Dir string `help:"写入的目录：保函编号.json 和 .p7s。开标前请勿给他人。" default:"." placeholder:"目录"`
}

// Run writes the letter in clear: from here on the bidder keeps the secret itself.
func (c *bidderLetter) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) {
		file, err := b.Letter(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		name, err := writeLetter(c.Dir, file)
		return map[string]string{"number": file.Undertaking.Number, "file": name + ".json", "signed": name + ".p7s"}, err
	})
}

type bidderOpening struct {
	Lot string `arg:"" help:"标段在平台的编号。"`
}

func (c *bidderOpening) Run(ctx context.Context, p *bidderCommand, s *Settings, out io.Writer) error {
	return p.ask(ctx, s, out, func(b *client.Bidder) (any, error) { return b.Opening(ctx, c.Lot) })
}
