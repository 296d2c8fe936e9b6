package letter_test

import (
	"os"
	"strings"
	"testing"

	"baohan/guarantee/letter"
)

// The vectors on the page of bytes are the goldens, and the tags on it are those in use.
func TestPageVectors(t *testing.T) {
	b, err := os.ReadFile("../../docs/blind-guarantee.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, name := range []string{"reveal.json", "digests.txt"} {
		if !strings.Contains(page, strings.TrimSpace(string(golden(t, name)))) {
			t.Errorf("the page does not show %s as it is", name)
		}
	}
	var source []byte
	for _, name := range []string{"digest.go", "lot.go", "keyset.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	for i, tag := range strings.Split(string(source), `"`) {
		if i%2 == 1 && strings.HasPrefix(tag, "baohan/") && strings.ContainsAny(tag[len(tag)-1:], "12") && !strings.Contains(page, "`"+tag+"`") {
			t.Errorf("the page does not name the tag %s", tag)
		}
	}
	for _, aad := range [][]byte{letter.RecordAAD("<id>", 1), letter.LetterAAD("<id>"), letter.BidAAD("<id>"),
		letter.PartAAD("<id>", "undertaking"), letter.PartAAD("<id>", "offer")} {
		if !strings.Contains(page, "`"+string(aad)+"`") {
			t.Errorf("the page does not show %s", aad)
		}
	}
}
