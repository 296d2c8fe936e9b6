package paper

import (
	"strings"
	"testing"

	"baohan/signing"
)

func TestScan(t *testing.T) {
	s := Scan{Number: "XJSL-2026-000001", Amount: "800000.00", Digest: signing.Sum([]byte("x"))}
	text := s.Fragment()
	if got, err := ParseScan(text); err != nil || got != s {
		t.Errorf("%+v %v", got, err)
	}
	short := Scan{Number: "X&y=1#", Digest: s.Digest}
	if got, err := ParseScan(short.Fragment()); err != nil || got != short || strings.ContainsAny(short.Fragment(), "# ") {
		t.Errorf("%+v %v %s", got, err, short.Fragment())
	}
	for _, bad := range []string{"", "main", text + "&a=b", text[1:], strings.ToUpper(text), strings.Replace(text, "amount", "Amount", 1),
		"sm3=" + s.Digest.String(), text + "&" + text, "number=%4&sm3=" + s.Digest.String()} {
		if got, err := ParseScan(bad); err == nil {
			t.Errorf("%s: read as %+v", bad, got)
		}
	}
}
