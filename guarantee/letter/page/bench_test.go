package page_test

import (
	"testing"
	"time"

	"baohan/guarantee/letter/page"
	"baohan/internal/sample"
)

func BenchmarkGuarantee(b *testing.B) {
	h := sample.New(present)
	by := page.Signatory{Key: h.Platform.Sign.Key, Chain: h.Platform.Sign.Chain}
	file, err := h.Issue(h.Blind(), "XJSL-2026-000001").File().Canonical()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := page.Guarantee(b.Context(), file, by, present.Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
}
