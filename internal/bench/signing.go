package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"baohan/internal/sample"
	"baohan/signing"
)

// benchSigning compares package signing with OpenSSL's SM2 and with the standard library's P-256.
func benchSigning(ctx context.Context, out io.Writer) error {
	ops, err := signingOps(ctx)
	if err != nil {
		return err
	}
	rates, tool := map[string][]float64{}, newOpenSSL(ctx)
	for range 3 {
		if tool != nil {
			if err := tool.measure(ctx); err != nil {
				note(out, "no OpenSSL to compare with: %v", err)
				tool = nil
			}
		}
		if err := cpuRates(3, ops, rates); err != nil {
			return err
		}
	}
	signingLines(out, rates, tool)
	return nil
}

func signingLines(out io.Writer, rates map[string][]float64, tool *openSSL) {
	rate := func(name string) float64 { return median(rates[name]) }
	if tool != nil {
		line(out, "SM2 verify : "+tool.version+" verify", rate("SM2 verify"), median(tool.verify), "≥ 3")
		line(out, "SM2 sign, checked before it leaves : "+tool.version+" sign", rate("SM2 sign"), median(tool.sign), "")
	}
	line(out, "SM2 verify : Go P-256 verify", rate("SM2 verify"), rate("P-256 verify"), "≥ 0.8")
	line(out, "SM2 verify by both libraries : Go P-256 verify", rate("SM2 verify by both"), rate("P-256 verify"), "")
	line(out, "SM2 sign, checked before it leaves : Go P-256 sign", rate("SM2 sign"), rate("P-256 sign"), "")
	for _, name := range []string{"wrap 32 bytes", "unwrap 32 bytes", "seal 8 KiB two of three", "signed data, parse", "signed data, parse and verify by both"} {
		line(out, name+" : Go P-256 verify", rate(name), rate("P-256 verify"), "")
	}
}

var errYardstick = errors.New("the yardstick refuses its own signature")

func signingOps(ctx context.Context) ([]op, error) {
	key, err := signing.GenerateKey()
	if err != nil {
		return nil, err
	}
	msg := signing.Random(256)
	sig, err := key.Sign(ctx, msg)
	if err != nil {
		return nil, err
	}
	wrapped, err := signing.Wrap(key.Public(), signing.Random(32))
	if err != nil {
		return nil, err
	}
	ops := []op{
		{"SM2 verify", func() error { return signing.Verify(key.Public(), msg, sig) }},
		{"SM2 verify by both", func() error { return signing.VerifyBoth(key.Public(), msg, sig) }},
		{"SM2 sign", func() error { _, err := key.Sign(ctx, msg); return err }},
		{"wrap 32 bytes", func() error { _, err := signing.Wrap(key.Public(), msg[:32]); return err }},
		{"unwrap 32 bytes", func() error { _, err := key.Unwrap(ctx, wrapped); return err }},
	}
	yardsticks, err := p256Ops(msg)
	return append(append(ops, documentOps()...), yardsticks...), err
}

// p256Ops hash and sign what the others do.
func p256Ops(msg []byte) ([]op, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	sign := func() ([]byte, error) {
		digest := sha256.Sum256(msg)
		return ecdsa.SignASN1(rand.Reader, key, digest[:])
	}
	sig, err := sign()
	if err != nil {
		return nil, err
	}
	return []op{
		{"P-256 sign", func() error { _, err := sign(); return err }},
		{"P-256 verify", func() error {
			if digest := sha256.Sum256(msg); !ecdsa.VerifyASN1(&key.PublicKey, digest[:], sig) {
				return errYardstick
			}
			return nil
		}},
	}, nil
}

// documentOps are about a letter of 4 KiB with its signer's chain, and about a record of 8 KiB and its custodians.
func documentOps() []op {
	h := sample.New(now().Add(-time.Hour))
	der := h.Signed(h.Bank, signing.Random(4096), h.At)
	var holders [3]signing.PublicKey
	for i, k := range h.Keys.Keys {
		holders[i] = k.Public
	}
	owner, record := h.Bidders[0].Encrypt.Key.Public(), make([]byte, 4096)
	return []op{
		{"seal 8 KiB two of three", func() error {
			_, err := signing.SealTwoOfThree(record, nil, 8192, holders, owner)
			return err
		}},
		{"signed data, parse", func() error { _, err := signing.ParseSignedData(der); return err }},
		{"signed data, parse and verify by both", func() error {
			d, err := signing.ParseSignedData(der)
			if err != nil {
				return fmt.Errorf("own document: %w", err)
			}
			return d.Verify(h.Trust, h.At)
		}},
	}
}
