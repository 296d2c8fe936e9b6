package banks

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"baohan/guarantee/letter"
	"baohan/internal/drawn"
)

func product() Product {
	return Product{Institution: "x", Wording: "independent-bid", WordingVersion: 1, Form: letter.FormIndependent, Mode: letter.ModeBlind,
		MinFee: 30_000, MaxCeiling: 1_000_000_000, AnswerWithin: 3600,
		Tiers: []Tier{{UpTo: 10_000_000, Rates: []int64{5000, 6000}}, {UpTo: 1_000_000_000, Rates: []int64{3000, 3500, 4000}}}}
}

func TestFees(t *testing.T) {
	p := product()
	for _, c := range []struct {
		ceiling letter.Fen
		want    []letter.Fen
	}{
		{0, nil},
		{1, []letter.Fen{30_000, 30_000}}, // never below the minimum
		{10_000_000, []letter.Fen{50_000, 60_000}}, // the tier ends at its limit
		{10_000_001, []letter.Fen{30_000, 35_000, 40_000}},
		{100_000_000, []letter.Fen{300_000, 350_000, 400_000}},
		{1_000_000_000, []letter.Fen{3_000_000, 3_500_000, 4_000_000}},
		{1_000_000_001, nil}, // beyond the product
	} {
		if got := p.Fees(c.ceiling); !slices.Equal(got, c.want) {
			t.Errorf("Fees(%d) = %v, want %v", c.ceiling, got, c.want)
		}
	}
	if _, ok := p.Quote(1_000_000_001); ok {
		t.Error("a ceiling beyond the product was quoted")
	}
}

// The fee is compared with arbitrary-precision arithmetic: half a fen counts as one.
func TestFeeIsExact(t *testing.T) {
	drawn.Check(t, func(t *rapid.T) {
		ceiling := rapid.Int64Range(1, int64(letter.MaxFen)).Draw(t, "ceiling")
		ppm := rapid.Int64Range(0, 100_000).Draw(t, "ppm")
		want := new(big.Int).Mul(big.NewInt(ceiling), big.NewInt(ppm))
		want.Add(want, big.NewInt(500_000)).Div(want, big.NewInt(1_000_000))
		if got := fee(letter.Fen(ceiling), ppm); int64(got) != want.Int64() {
			t.Fatalf("fee(%d, %d) = %d, want %s", ceiling, ppm, got, want)
		}
	})
}

func TestProductRefusals(t *testing.T) {
	bank := Institution{Kind: Bank}
	independent, err := letter.WordingOf(letter.WordingRef{ID: "independent-bid", Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	insurance, err := letter.WordingOf(letter.WordingRef{ID: "insurance-bid", Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := product().check(bank, independent); err != nil {
		t.Fatalf("a good product is refused: %v", err)
	}
	for name, c := range map[string]struct {
		i     Institution
		w     letter.Wording
		spoil func(*Product)
	}{
		"a guarantee company issues no independent letter": {Institution{Kind: GuaranteeCompany}, independent, nil},
		"a bank issues no policy":                          {bank, insurance, nil},
		"a policy names its beneficiary: never blind":      {Institution{Kind: Insurer}, insurance, nil},
		"unknown mode":              {bank, independent, func(p *Product) { p.Mode = "open" }},
		"no minimum":                {bank, independent, func(p *Product) { p.MinFee = 0 }},
		"maximum below minimum":     {bank, independent, func(p *Product) { p.MaxCeiling = 29_999 }},
		"beyond the limit":          {bank, independent, func(p *Product) { p.MaxCeiling = letter.MaxFen + 1 }},
		"answers in no time":        {bank, independent, func(p *Product) { p.AnswerWithin = 59 }},
		"answers in eight days":     {bank, independent, func(p *Product) { p.AnswerWithin = 8 * 24 * 3600 }},
		"no tiers":                  {bank, independent, func(p *Product) { p.Tiers = nil }},
		"tiers end below the limit": {bank, independent, func(p *Product) { p.Tiers[1].UpTo-- }},
		"tiers fall":                {bank, independent, func(p *Product) { p.Tiers[1].UpTo = 10_000_000 }},
		"a tier without a rate":     {bank, independent, func(p *Product) { p.Tiers[0].Rates = nil }},
		"rates fall":                {bank, independent, func(p *Product) { p.Tiers[0].Rates = []int64{6000, 5000} }},
		"a negative rate":           {bank, independent, func(p *Product) { p.Tiers[0].Rates = []int64{-1} }},
		"a rate above ten per cent": {bank, independent, func(p *Product) { p.Tiers[0].Rates = []int64{100_001} }},
	} {
		t.Run(name, func(t *testing.T) {
			p := product()
			if c.spoil != nil {
				c.spoil(&p)
			}
			if err := p.check(c.i, c.w); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}
