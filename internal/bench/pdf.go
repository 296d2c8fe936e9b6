package main

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"baohan/guarantee/letter/page"
	"baohan/guarantee/letter/paper"
	"baohan/internal/sample"
	"baohan/signing"
)

// benchPDF compares the making of a signed PDF with the least that one could cost: its bytes compressed as everybody
// compresses them, hashed once, and one signature.
func benchPDF(ctx context.Context, out io.Writer) error {
	ops, size, err := pdfOps(ctx)
	if err != nil {
		return err
	}
	rates := map[string][]float64{}
	if err := cpuRates(7, ops, rates); err != nil {
		return err
	}
	rate := func(name string) float64 { return median(rates[name]) }
	note(out, "a blind guarantee of three pages, %d bytes; rates per second of processor time", size)
	line(out, "signed PDF : zlib of its bytes, SM3 and SM2 sign", rate("make"), rate("yardstick"), "≥ 0.5, ≥ 60/s")
	line(out, "PDF verified, text and letter included : the same", rate("verify"), rate("yardstick"), "")
	return nil
}

func pdfOps(ctx context.Context) ([]op, int, error) {
	h := sample.New(now().Add(-time.Hour))
	by := page.Signatory{Key: h.Platform.Sign.Key, Chain: h.Platform.Sign.Chain}
	file, err := h.Issue(h.Blind(), "XJSL-2026-000001").File().Canonical()
	if err != nil {
		return nil, 0, err
	}
	pdf, err := page.Guarantee(ctx, file, by, h.At)
	if err != nil {
		return nil, 0, err
	}
	streams, err := inflated(pdf)
	if err != nil {
		return nil, 0, err
	}
	return []op{
		{"make", func() error { _, err := page.Guarantee(ctx, file, by, h.At); return err }},
		{"verify", func() error {
			if r := paper.Verify(pdf, h.Trust); !r.OK {
				return errors.New(r.Words)
			}
			return nil
		}},
		{"yardstick", func() error {
			for _, s := range streams {
				z := zlib.NewWriter(io.Discard)
				if _, err := z.Write(s); err != nil {
					return err
				}
				if err := z.Close(); err != nil {
					return err
				}
			}
			digest := signing.Sum(pdf)
			_, err := by.Key.Sign(ctx, digest[:])
			return err
		}},
	}, len(pdf), nil
}

// inflated are the streams of a document before they were compressed.
func inflated(pdf []byte) ([][]byte, error) {
	d, _, err := paper.Parse(pdf)
	if err != nil {
		return nil, err
	}
	packed := d.Pages
	for _, f := range d.Fonts {
		packed = append(packed, f.File)
	}
	all := make([][]byte, len(packed))
	for i, p := range packed {
		z, err := zlib.NewReader(bytes.NewReader(p))
		if err != nil {
			return nil, fmt.Errorf("stream %d: %w", i, err)
		}
		if all[i], err = io.ReadAll(z); err != nil {
			return nil, fmt.Errorf("stream %d: %w", i, err)
		}
	}
	return all, nil
}
