package sandbox

import (
	"context"
	"errors"
	"fmt"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// number is the n-th number of this bank's own series.
func (b *Bank) number(n int) string { return fmt.Sprintf("%s-%08d", b.Prefix, n) }

// compose writes a letter from the offer and keeps it before a word of it is said.
func (b *Bank) compose(ctx context.Context, id string, offer wire.ToIssuer, number string) error {
	o, err := b.say.OpenOffer(ctx, offer)
	if err != nil {
		return err
	}
	l, err := b.author(&o).Write(ctx, o, number, b.Place)
	if err != nil {
		return err
	}
	return b.write(written, id, "", l)
}

// author is who writes the letter: the bank, unless it is told to do wrong.
func (b *Bank) author(o *client.Offered) *client.Institution {
	switch b.behaviour().Fault {
	case "changed_amount":
		o.Application.Ceiling = letter.LadderCeiling(o.Application.Ceiling + 1)
	case "wrong_key":
		if other, err := b.stranger(); err == nil {
			return other
		}
		b.Log.Error("sandbox: no stranger's key is set for the fault wrong_key")
	}
	return b.second
}

func (b *Bank) stranger() (*client.Institution, error) {
	if b.Stranger == nil {
		return nil, errors.New("no stranger")
	}
	return client.NewInstitution(b.Platform, *b.Stranger, b.Certificates...)
}
