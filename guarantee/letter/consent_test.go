package letter_test

import (
	"errors"
	"strings"
	"testing"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// Every partner has signed, for this lot, these members in this order and this agreement; nothing else will do.
func TestEveryPartnerAgrees(t *testing.T) {
	h := sample.New(present)
	trust, err := h.CA.Trust()
	if err != nil {
		t.Fatal(err)
	}
	believe := func(s signing.SignedData) error { return s.Verify(trust, present) }
	lead, partner, other := h.Bidders[0], h.Bidders[1], h.Bidders[2]
	signed := func(by sample.Member, change func(*letter.Consent), b letter.Bid) []byte {
		c := h.Consent(b)
		change(&c)
		return h.Signed(by, canonicalOf(t, c), h.At)
	}
	same := func(*letter.Consent) {}
	for name, c := range map[string]struct {
		paper func(letter.Bid) []byte
		rule  string // empty: good
	}{
		"as it should be": {func(b letter.Bid) []byte { return signed(partner, same, b) }, ""},
		"another signs":   {func(b letter.Bid) []byte { return signed(other, same, b) }, "signer"},
		"the lead signs":  {func(b letter.Bid) []byte { return signed(lead, same, b) }, "signer"},
		"another lot":     {func(b letter.Bid) []byte { return signed(partner, func(c *letter.Consent) { c.Lot.Code += "2" }, b) }, "lot"},
		"another lead": {func(b letter.Bid) []byte {
			return signed(partner, func(c *letter.Consent) { c.Members = []letter.Party{partner.Party, lead.Party} }, b)
		}, "members"},
		"one member more": {func(b letter.Bid) []byte {
			return signed(partner, func(c *letter.Consent) { c.Members = append(c.Members[:2:2], other.Party) }, b)
		}, "members"},
		"another agreement": {func(b letter.Bid) []byte {
			return signed(partner, func(c *letter.Consent) { c.Agreement = signing.Sum([]byte("另一份")) }, b)
		}, "agreement"},
		"no paper": {func(letter.Bid) []byte { return []byte("x") }, "signed"},
		"a spoilt signature": {func(b letter.Bid) []byte {
			p := signed(partner, same, b)
			p[len(p)-1] ^= 1
			return p
		}, "sign"},
		"another paper": {func(letter.Bid) []byte { return h.Signed(partner, []byte("{}"), h.At) }, "canonical"},
	} {
		b := h.Joint(lead, partner)
		b.Consortium.Consents[0] = c.paper(b)
		err := b.Agreed(believe)
		f, is := letter.FieldOf(err)
		if (err == nil) != (c.rule == "") || is && (!strings.HasPrefix(f.Rule, c.rule) || !strings.HasPrefix(f.Field, "consortium.consents.0")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := h.Joint(lead, partner)
	if err := b.Agreed(func(signing.SignedData) error { return errors.New("revoked") }); err == nil {
		t.Error("a certificate that is not believed was believed")
	}
	if err := h.Bid(lead, "").Agreed(believe); err != nil {
		t.Errorf("one bidder alone: %v", err)
	}
}
