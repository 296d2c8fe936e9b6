package main

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// The parts of a call that are signatures or encryption, in their order.
var signatureParts = []string{
	"bank: sign the request",
	"platform: verify the request",
	"platform: letter, parse and verify by both libraries",
	"platform: seal the letter to its record",
	"platform: sign the receipt",
	"platform: sign the answer",
	"bank: verify the answer",
}

const riverPart = "a message and its job (River)"

// signatures does each of signatureParts on c by itself.
func (p *platform) signatures(ctx context.Context, b *bank, c call) ([]op, error) {
	h, answer := p.house, signing.Random(2048)
	platform := h.Platform.Sign
	req, err := b.request(ctx, c)
	if err != nil {
		return nil, err
	}
	record, err := signing.GenerateKey()
	if err != nil {
		return nil, err
	}
	res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}}
	do := []func() error{
		func() error { return httpsig.Sign(req, c.body, b.member.Sign.KeyID(), b.member.Sign.Key, now()) },
		func() error { _, err := httpsig.Verify(req, c.body, b.own, now()); return err },
		func() error {
			signed, err := signing.ParseSignedData(c.p7s)
			if err != nil {
				return err
			}
			return signed.Verify(h.Trust, now())
		},
		func() error { return seal(c, record.Public()) },
		func() error {
			_, err := signing.SignData(ctx, platform.Key, platform.Chain, answer[:512], now())
			return err
		},
		func() error {
			return httpsig.SignResponse(res.Header, res.StatusCode, answer, req, platform.KeyID(), platform.Key, now())
		},
		func() error { _, err := httpsig.VerifyResponse(res, answer, req, b.pinned, now()); return err },
	}
	ops := make([]op, len(do))
	for i := range do {
		ops[i] = op{signatureParts[i], do[i]}
	}
	return ops, nil
}

// own finds the bank's key as the platform does: from the certificate on record.
func (b *bank) own(string) (signing.PublicKey, error) {
	certificate, err := signing.ParseCertificate(b.member.Sign.Certificate().Raw())
	return certificate.PublicKey(), err
}

func seal(c call, to signing.PublicKey) error {
	key, err := signing.ParsePublicKey(to.Bytes())
	if err != nil {
		return err
	}
	padded, err := letter.Pad(c.p7s, letter.LetterSize)
	if err != nil {
		return err
	}
	_, err = signing.SealTo(padded, letter.PartAAD(c.id, "undertaking"), key)
	return err
}

// river hands one fact that has a consequence to the outbox, in a transaction that is then given up.
func (p *platform) river(ctx context.Context, c call) (took time.Duration, err error) {
	tx, err := p.pool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	fact := disclosed(guarantee.Event{Guarantee: c.id, Seq: 1000, At: now(), Guarantor: p.house.Bank.Party.USCC})
	return wall(func() error { return p.publish(ctx, tx, fact) })
}

func (p *platform) publish(ctx context.Context, tx pgx.Tx, fact guarantee.Event) error {
	return p.outbox.PublishTx(ctx, tx, []guarantee.Event{fact})
}
