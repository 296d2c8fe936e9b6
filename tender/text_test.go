package tender

import "testing"

// What a stranger chose is stored and shown, and hides nothing.
func TestVisible(t *testing.T) {
	for in, want := range map[string]string{"某银行": "某银行", "某\x00银行": "某\ufffd银行", "某\u202e银行\n": "某\ufffd银行\ufffd", "坏\xff字": "坏\ufffd字"} {
		if got := visible(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
