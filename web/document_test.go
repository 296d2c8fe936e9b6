package web

import (
	"fmt"
	"strings"
	"testing"

	"baohan/guarantee/letter/page"
	"baohan/party"
)

// A character that no font has is no fault of the service: the reader is told which, and what to do.
func TestUnprintable(t *testing.T) {
	err := unprintable(fmt.Errorf("page 1: %w", &page.MissingGlyphError{Rune: '\U00030edd'}))
	r, ok := party.RefusalOf(err)
	if !ok || r.Code != "document.glyph" || !strings.Contains(r.Error(), "U+30EDD") {
		t.Errorf("%v", err)
	}
	if err := unprintable(nil); err != nil {
		t.Error(err)
	}
}
