package letter_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// breach is one change that makes an object not hold, and what the refusal must name.
type breach[T any] struct {
	field, rule string
	change      func(*T)
}

func breaches[T canon](t *testing.T, make func() T, all []breach[T]) {
	t.Helper()
	if _, err := make().Canonical(); err != nil {
		t.Fatalf("%T does not hold to begin with: %v", make(), err)
	}
	for _, b := range all {
		v := make()
		b.change(&v)
		_, err := v.Canonical()
		if f, ok := letter.FieldOf(err); !ok || f.Field != b.field || f.Rule != b.rule {
			t.Errorf("%T: %v; want %s (%s)", v, err, b.field, b.rule)
		}
	}
}

func TestPartyBreaches(t *testing.T) {
	good := letter.Party{Name: "湘江示例银行股份有限公司", USCC: sample.USCC(1)}
	for name, p := range map[string]letter.Party{
		"short": {"行", good.USCC}, "long": {strings.Repeat("行", 101), good.USCC}, "space before": {" 湘江银行", good.USCC},
		"space behind": {"湘江银行 ", good.USCC}, "wide space": {"湘江\u3000银行", good.USCC}, "newline": {"湘江\n银行", good.USCC},
		"bidi": {"湘江\u202e银行", good.USCC}, "zero width": {"湘江\u200b银行", good.USCC}, "not NFC": {"e\u0301 bank", good.USCC},
		"byte order mark": {"\ufeff湘江银行", good.USCC}, "private use": {"湘江\ue000银行", good.USCC}, "selector": {"湘江\ufe0f银行", good.USCC},
		"filler": {"湘江\u3164银行", good.USCC}, "invalid": {"湘江\xff银行", good.USCC}, "check digit": {good.Name, good.USCC[:17] + "*"}, "no code": {good.Name, ""},
	} {
		if err := p.Check(); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	for _, name := range []string{good.Name, "Bank of Xiangjiang (China) Ltd.", "𠮷田𬭚工程有限公司", "中铁五局（集团）·第一公司", "é bank"} {
		if err := (letter.Party{Name: name, USCC: good.USCC}).Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRequirementBreaches(t *testing.T) {
	h := sample.New(present)
	breaches(t, func() letter.Requirement {
		r := h.Requirement
		r.Beneficiaries, r.Forms = slices.Clone(r.Beneficiaries), slices.Clone(r.Forms)
		return r
	}, []breach[letter.Requirement]{
		{"version", "version", func(r *letter.Requirement) { r.Version = 2 }},
		{"lot.code", "text", func(r *letter.Requirement) { r.Lot.Code = "" }},
		{"lot.project_name", "text", func(r *letter.Requirement) { r.Lot.ProjectName = "养护\t工程" }},
		{"regime", "regime", func(r *letter.Requirement) { r.Regime = "拍卖" }},
		{"beneficiaries", "count", func(r *letter.Requirement) { r.Beneficiaries = nil }},
		{"beneficiaries.1.uscc", "uscc", func(r *letter.Requirement) { r.Beneficiaries[1].USCC = "91430100000000001" }},
		{"beneficiaries", "repeated", func(r *letter.Requirement) { r.Beneficiaries[1].USCC = r.Beneficiaries[0].USCC }},
		{"amount", "amount", func(r *letter.Requirement) { r.Amount = 0 }},
		{"amount", "amount", func(r *letter.Requirement) { r.Amount = -1 }},
		{"amount", "amount", func(r *letter.Requirement) { r.Amount = letter.MaxFen + 1 }},
		{"forms", "forms", func(r *letter.Requirement) { r.Forms = nil }},
		{"forms", "forms", func(r *letter.Requirement) { r.Forms = append(r.Forms, letter.FormCash) }},
		{"forms", "forms", func(r *letter.Requirement) { r.Forms = []letter.Form{"cheque"} }},
		{"end.deadline", "instant", func(r *letter.Requirement) { r.End.Deadline = time.Time{} }},
		{"end.deadline", "instant", func(r *letter.Requirement) { r.End.Deadline = r.End.Deadline.Add(time.Nanosecond) }},
		{"end.validity_days", "days", func(r *letter.Requirement) { r.End.ValidityDays = 0 }},
		{"end.validity_days", "days", func(r *letter.Requirement) { r.End.ValidityDays = 731 }},
		{"end.extra_days", "days", func(r *letter.Requirement) { r.End.ExtraDays = -1 }},
		{"custodians", "digest", func(r *letter.Requirement) { r.Custodians = signing.Digest{} }},
	})
	if d := (letter.Requirement{}).Digest(); !d.IsZero() {
		t.Errorf("a requirement that does not hold has the digest %s", d)
	}
}

// The same instant in another zone, or read from a database, gives the same bytes.
func TestInstantsHaveOneSpelling(t *testing.T) {
	h := sample.New(present)
	want := h.Requirement.Digest()
	for _, zone := range []*time.Location{time.UTC, time.Local, time.FixedZone("elsewhere", -5*3600), calendar.Shanghai} {
		r := h.Requirement
		r.End.Deadline = r.End.Deadline.In(zone)
		if got := r.Digest(); got != want {
			t.Errorf("in %s the digest is %s", zone, got)
		}
	}
}

func TestEndRule(t *testing.T) {
	e := letter.EndRule{Deadline: time.Date(2019, 12, 27, 10, 0, 0, 0, calendar.Shanghai), ValidityDays: 90}
	if got := e.Expiry().String(); got != "2020-03-26" {
		t.Errorf("ends on %s", got)
	}
	e.ExtraDays = 30
	if got := e.Expiry().String(); got != "2020-04-25" {
		t.Errorf("with 30 days more it ends on %s", got)
	}
	e.Deadline = time.Date(2019, 12, 26, 16, 0, 0, 0, time.UTC) // 27 December 00:00 in Shanghai
	if got := e.Expiry().String(); got != "2020-04-25" {
		t.Errorf("of a deadline in UTC it ends on %s", got)
	}
}

func TestRevealAndApplicationBreaches(t *testing.T) {
	h := sample.New(present)
	d := h.Blind()
	breaches(t, func() letter.Reveal { return d.Reveal }, []breach[letter.Reveal]{
		{"random", "random", func(r *letter.Reveal) { r.Random = r.Random[:31] }},
		{"random", "random", func(r *letter.Reveal) { r.Random = make([]byte, 32) }},
		{"application", "id", func(r *letter.Reveal) { r.Application = strings.ToUpper(r.Application) }},
		{"guarantor.name", "text", func(r *letter.Reveal) { r.Guarantor.Name = "" }},
		{"applicants", "count", func(r *letter.Reveal) { r.Applicants = nil }},
		{"requirement", "digest", func(r *letter.Reveal) { r.Requirement = signing.Digest{} }},
		{"amount", "amount", func(r *letter.Reveal) { r.Amount = 0 }},
		{"", "size", func(r *letter.Reveal) {
			long := strings.Repeat("名", 100)
			r.Applicants, r.Beneficiaries = nil, nil
			for i := range 8 {
				r.Applicants = append(r.Applicants, letter.Party{Name: long, USCC: sample.USCC(100 + i)})
			}
			for i := range 4 {
				r.Beneficiaries = append(r.Beneficiaries, letter.Party{Name: long, USCC: sample.USCC(200 + i)})
			}
			r.Lot.ProjectName, r.Lot.Name, r.Guarantor.Name = long+long, long+long, long
		}},
	})
	breaches(t, func() letter.Application { return d.Application }, []breach[letter.Application]{
		{"application", "id", func(a *letter.Application) { a.Application = "1" }},
		{"wording", "wording", func(a *letter.Application) { a.Wording.Version = 99 }},
		{"mode", "mode", func(a *letter.Application) { a.Wording = sample.Accessory }},
		{"mode", "mode", func(a *letter.Application) { a.Mode = "open" }},
		{"ceiling", "ladder", func(a *letter.Application) { a.Ceiling = 80_000_000 }},
		{"ceiling", "ladder", func(a *letter.Application) { a.Ceiling = 0 }},
		{"latest_expiry", "ladder", func(a *letter.Application) { a.LatestExpiry = a.LatestExpiry.AddDays(-1) }},
		{"latest_expiry", "ladder", func(a *letter.Application) { a.LatestExpiry = calendar.Date{} }},
		{"fee", "amount", func(a *letter.Application) { a.Fee = -1 }},
		{"fee", "amount", func(a *letter.Application) { a.Fee = a.Ceiling + 1 }},
		{"commitment", "digest", func(a *letter.Application) { a.Commitment = signing.Digest{} }},
	})
}

func TestUndertakingBreaches(t *testing.T) {
	h := sample.New(present)
	blind, full := h.Undertaking(h.Blind(), "XJSL-2026-000001"), h.Undertaking(h.Full(), "XJSL-2026-000002")
	if full.MaxAmount != h.Requirement.Amount || full.MaxAmountCapital != "捌拾万元整" || blind.MaxAmount != 100_000_000 {
		t.Errorf("maximum amounts %s, %s", full.MaxAmount, blind.MaxAmount)
	}
	text := strings.Join(blind.Clauses, "")
	for _, secret := range []string{h.Requirement.Lot.Code, h.Requirement.Lot.ProjectName, h.Tenderees[0].Party.Name, h.Tenderees[1].Party.USCC, "800000.00", "捌拾万"} {
		if strings.Contains(text, secret) {
			t.Errorf("the blind letter says %q", secret)
		}
	}
	if strings.Contains(text+strings.Join(full.Clauses, ""), "{") {
		t.Error("a slot was not filled")
	}
	cases := []breach[letter.Undertaking]{
		{"version", "version", func(u *letter.Undertaking) { u.Version = 2 }},
		{"number", "number", func(u *letter.Undertaking) { u.Number = "abc" }},
		{"guarantor", "differs", func(u *letter.Undertaking) { u.Guarantor = h.OtherBank.Party }},
		{"application.fee", "amount", func(u *letter.Undertaking) { u.Application.Fee = -1 }},
		{"application_digest", "digest", func(u *letter.Undertaking) { u.ApplicationDigest = signing.Digest{} }},
		{"title", "wording", func(u *letter.Undertaking) { u.Title = "投标保函" }},
		{"max_amount", "amount", func(u *letter.Undertaking) { u.MaxAmount-- }},
		{"max_amount_capital", "capital", func(u *letter.Undertaking) { u.MaxAmountCapital += "正" }},
		{"latest_expiry", "latest_expiry", func(u *letter.Undertaking) { u.LatestExpiry = u.LatestExpiry.AddDays(1) }},
		{"place_of_presentation", "text", func(u *letter.Undertaking) { u.PlaceOfPresentation = "" }},
		{"documents", "wording", func(u *letter.Undertaking) { u.Documents = u.Documents[:0] }},
		{"documents", "wording", func(u *letter.Undertaking) { u.Documents = append(slices.Clone(u.Documents), letter.AwardNotice) }},
		{"clauses", "wording", func(u *letter.Undertaking) { u.Clauses = u.Clauses[1:] }},
		{"clauses", "wording", func(u *letter.Undertaking) {
			u.Clauses = slices.Clone(u.Clauses)
			u.Clauses[4] += "。"
		}},
	}
	breaches(t, func() letter.Undertaking { return blind }, append(cases,
		breach[letter.Undertaking]{"reveal", "reveal", func(u *letter.Undertaking) { u.Reveal = full.Reveal }}))
	breaches(t, func() letter.Undertaking { return full }, append(cases,
		breach[letter.Undertaking]{"reveal", "reveal", func(u *letter.Undertaking) { u.Reveal = nil }},
		breach[letter.Undertaking]{"reveal", "commitment", func(u *letter.Undertaking) {
			r := *u.Reveal
			r.Amount++
			u.Reveal = &r
		}}))
}

// A full letter whose reveal record commits to more than the application asked for is none, though the commitment opens.
func TestUndertakingOpens(t *testing.T) {
	h := sample.New(present)
	for name, c := range map[string]struct {
		field  string
		change func(*letter.Reveal)
	}{
		"amount":      {"reveal.amount", func(r *letter.Reveal) { r.Amount = 100_000_001 }},
		"end":         {"reveal.end", func(r *letter.Reveal) { r.End.ValidityDays = 300 }},
		"guarantor":   {"reveal.guarantor", func(r *letter.Reveal) { r.Guarantor = h.OtherBank.Party }},
		"applicants":  {"reveal.applicants", func(r *letter.Reveal) { r.Applicants = []letter.Party{h.Bidders[1].Party} }},
		"application": {"reveal.application", func(r *letter.Reveal) { r.Application = sample.ID(1) }},
	} {
		d := h.Full()
		c.change(&d.Reveal)
		d.Application.Commitment = letter.Commitment(canonicalOf(t, d.Reveal))
		_, err := letter.NewUndertaking(d.Application, letter.ApplicationDigest(d.Signed), "XJSL-2026-000001", sample.Place, &d.Reveal)
		if f, ok := letter.FieldOf(err); !ok || f.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPaperBreaches(t *testing.T) {
	h := sample.New(present)
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	breaches(t, func() letter.Demand {
		return h.Demand(i, h.Tenderees[0], 80_000_000, sample.Document(letter.AwardNotice, "1"), sample.Document(letter.AwardNotice, "2"))
	}, []breach[letter.Demand]{
		{"id", "id", func(d *letter.Demand) { d.ID = "" }},
		{"amount", "amount", func(d *letter.Demand) { d.Amount = 0 }},
		{"amount_capital", "capital", func(d *letter.Demand) { d.AmountCapital = "捌拾万圆整" }},
		{"reason", "reason", func(d *letter.Demand) { d.Reason = "because" }},
		{"statement", "text", func(d *letter.Demand) { d.Statement = "违约" }},
		{"payee.number", "account", func(d *letter.Demand) { d.Payee.Number = "４３００" }},
		{"payee.bank", "text", func(d *letter.Demand) { d.Payee.Bank = "" }},
		{"documents", "repeated", func(d *letter.Demand) { d.Documents[1] = d.Documents[0] }},
		{"documents.0.kind", "document", func(d *letter.Demand) { d.Documents[0].Kind = "photo" }},
		{"documents.1.digest", "digest", func(d *letter.Demand) { d.Documents[1].Digest = signing.Digest{} }},
		{"at", "instant", func(d *letter.Demand) { d.At = time.Time{} }},
	})
	breaches(t, func() letter.Release { return h.Release(i, h.Tenderees[1]) }, []breach[letter.Release]{
		{"beneficiary.uscc", "uscc", func(r *letter.Release) { r.Beneficiary.USCC = "" }},
		{"undertaking", "digest", func(r *letter.Release) { r.Undertaking = signing.Digest{} }},
		{"reason", "text", func(r *letter.Release) { r.Reason = "" }},
	})
	breaches(t, func() letter.Receipt { return i.Receipt }, []breach[letter.Receipt]{
		{"guarantor.uscc", "uscc", func(r *letter.Receipt) { r.Guarantor = "1" }},
		{"mode", "mode", func(r *letter.Receipt) { r.Mode = "" }},
		{"digest", "digest", func(r *letter.Receipt) { r.Digest = signing.Digest{} }},
	})
	breaches(t, func() letter.Bid { return h.Bid(h.Bidders[0], "") }, []breach[letter.Bid]{
		{"random", "random", func(b *letter.Bid) { b.Random = nil }},
		{"letter", "id", func(b *letter.Bid) { b.Letter = "cash" }},
		{"form", "digest", func(b *letter.Bid) { b.Form = signing.Digest{} }},
		{"offer", "size", func(b *letter.Bid) { b.Offer = make([]byte, 24<<10+1) }},
		{"files.0.size", "size", func(b *letter.Bid) { b.Files = []letter.SealedFile{{ID: sample.ID(1), Digest: signing.Sum(nil)}} }},
		{"files", "repeated", func(b *letter.Bid) {
			f := letter.SealedFile{ID: sample.ID(1), Size: 1, Digest: signing.Sum(nil)}
			b.Files = []letter.SealedFile{f, f}
		}},
	})
	breaches(t, func() letter.Bid { return h.Joint(h.Bidders[0], h.Bidders[1]) }, []breach[letter.Bid]{
		{"replaces", "id", func(b *letter.Bid) { b.Replaces = b.ID }},
		{"replaces", "id", func(b *letter.Bid) { b.Replaces = "1" }},
		{"cash", "cash", func(b *letter.Bid) { b.Letter = sample.ID(1) }},
		{"cash.payer.number", "account", func(b *letter.Bid) { b.Cash.Payer.Number = "1" }},
		{"cash.amount", "amount", func(b *letter.Bid) { b.Cash.Amount = 0 }},
		{"cash.reference", "reference", func(b *letter.Bid) { b.Cash.Reference = "识别号" }},
		{"cash.paid_at", "instant", func(b *letter.Bid) { b.Cash.PaidAt = time.Time{} }},
		{"consortium", "consortium", func(b *letter.Bid) { b.Consortium = nil }},
		{"consortium", "consortium", func(b *letter.Bid) { b.Bidders = b.Bidders[:1] }},
		{"consortium.agreement", "digest", func(b *letter.Bid) { b.Consortium.Agreement = signing.Digest{} }},
		{"consortium.consents", "count", func(b *letter.Bid) { b.Consortium.Consents = nil }},
		{"consortium.consents", "size", func(b *letter.Bid) { b.Consortium.Consents[0] = make([]byte, 6<<10+1) }},
	})
	breaches(t, func() letter.Consent { return h.Consent(h.Joint(h.Bidders[0], h.Bidders[1])) }, []breach[letter.Consent]{
		{"members", "count", func(c *letter.Consent) { c.Members = c.Members[:1] }},
		{"agreement", "digest", func(c *letter.Consent) { c.Agreement = signing.Digest{} }},
		{"at", "instant", func(c *letter.Consent) { c.At = time.Time{} }},
	})
	breaches(t, func() letter.CashList { return h.CashList(h.Bidders[0]) }, []breach[letter.CashList]{
		{"edition", "edition", func(l *letter.CashList) { l.Edition = 0 }},
		{"previous", "previous", func(l *letter.CashList) { l.Previous = signing.Sum(nil) }},
		{"previous", "previous", func(l *letter.CashList) { l.Edition = 2 }},
		{"at", "too_early", func(l *letter.CashList) { l.At = l.Deadline.Add(-time.Microsecond) }},
		{"entries", "order", func(l *letter.CashList) { l.Entries = append(l.Entries, l.Entries[0]) }},
		{"entries", "too_late", func(l *letter.CashList) { l.Entries[0].ReceivedAt = l.At.Add(time.Microsecond) }},
		{"entries.0.id", "reference", func(l *letter.CashList) { l.Entries[0].ID = "" }},
		{"entries.0.reference", "reference", func(l *letter.CashList) { l.Entries[0].Reference = "x" }},
		{"entries.0.payer", "text", func(l *letter.CashList) { l.Entries[0].Payer = "" }},
		{"entries.0.uscc", "uscc", func(l *letter.CashList) { l.Entries[0].USCC = "1" }},
		{"entries.0.account", "account", func(l *letter.CashList) { l.Entries[0].Account = "abc" }},
		{"entries.0.basic", "basic", func(l *letter.CashList) { l.Entries[0].Basic = "" }},
		{"entries.0.amount", "amount", func(l *letter.CashList) { l.Entries[0].Amount = -1 }},
	})
	breaches(t, func() letter.BidForm { return h.Form(h.Bidders[0], sample.ID(1)) }, []breach[letter.BidForm]{
		{"random", "random", func(f *letter.BidForm) { f.Random = f.Random[1:] }},
		{"bid", "id", func(f *letter.BidForm) { f.Bid = "" }},
		{"terms.price", "amount", func(f *letter.BidForm) { f.Terms.Price = 0 }},
		{"terms.price_capital", "capital", func(f *letter.BidForm) { f.Terms.Price++ }},
		{"terms.period_days", "count", func(f *letter.BidForm) { f.Terms.PeriodDays = 0 }},
		{"terms.leader", "text", func(f *letter.BidForm) { f.Terms.Leader = " 张" }},
		{"terms.fields", "repeated", func(f *letter.BidForm) {
			f.Terms.Fields = []letter.BidField{{Name: "费率", Value: "3%"}, {Name: "费率", Value: "4%"}}
		}},
		{"files.0.key", "key", func(f *letter.BidForm) {
			f.Files = []letter.BidFile{{ID: sample.ID(1), Name: "商务标.pdf", Size: 1, Digest: signing.Sum(nil), Key: []byte("short")}}
		}},
	})
}

func TestClosingBreaches(t *testing.T) {
	h := sample.New(present)
	d := letter.SealedDigest([]byte("x"))
	a, b := letter.RecordRef{ID: sample.ID(1), Digest: d}, letter.RecordRef{ID: sample.ID(1) + ".letter", Digest: d}
	breaches(t, func() letter.Closing { return h.Closing([]byte("A"), a, b) }, []breach[letter.Closing]{
		{"stage", "stage", func(c *letter.Closing) { c.Stage = "" }},
		{"closed_at", "too_early", func(c *letter.Closing) { c.ClosedAt = c.Deadline.Add(-time.Microsecond) }},
		{"previous", "previous", func(c *letter.Closing) { c.Previous = signing.Digest{} }},
		{"records.0.id", "id", func(c *letter.Closing) { c.Records[0].ID = "x" }},
		{"records", "order", func(c *letter.Closing) { c.Records = []letter.RecordRef{b, a} }},
		{"records", "order", func(c *letter.Closing) { c.Records = []letter.RecordRef{a, a} }},
	})
	breaches(t, func() letter.Closing { return h.Closing(nil, a) }, []breach[letter.Closing]{
		{"previous", "previous", func(c *letter.Closing) { c.Previous = d }},
		{"records.0.id", "id", func(c *letter.Closing) { c.Records[0].ID += ".letter" }},
	})
}

func TestBidListBreaches(t *testing.T) {
	h := sample.New(present)
	breaches(t, func() letter.BidList { return h.BidList(sample.ID(7)) }, []breach[letter.BidList]{
		{"project", "text", func(l *letter.BidList) { l.Project = "" }},
		{"requirement", "digest", func(l *letter.BidList) { l.Requirement = signing.Digest{} }},
		{"deadline", "instant", func(l *letter.BidList) { l.Deadline = time.Time{} }},
		{"closed_at", "too_early", func(l *letter.BidList) { l.ClosedAt = l.Deadline.Add(-time.Microsecond) }},
		{"bids.1.id", "id", func(l *letter.BidList) { l.Bids[1].ID = "TB-002" }},
		{"bids.1.digest", "digest", func(l *letter.BidList) { l.Bids[1].Digest = signing.Digest{} }},
		{"bids.1.letter", "id", func(l *letter.BidList) { l.Bids[1].Letter = "BH-2026-0001" }},
		{"bids.1.bidders", "count", func(l *letter.BidList) { l.Bids[1].Bidders = nil }},
		{"bids.1.bidders.0.uscc", "uscc", func(l *letter.BidList) { l.Bids[1].Bidders[0].USCC = sample.USCC(1)[:17] + "?" }},
		{"bids.1.bidders", "repeated", func(l *letter.BidList) { l.Bids[1].Bidders[1] = l.Bids[1].Bidders[0] }},
		{"bids", "order", func(l *letter.BidList) { l.Bids[0], l.Bids[1] = l.Bids[1], l.Bids[0] }},
		{"bids", "order", func(l *letter.BidList) { l.Bids[1].ID = l.Bids[0].ID }},
		{"bids", "repeated", func(l *letter.BidList) { l.Bids[1].Bidders[0] = l.Bids[0].Bidders[0] }},
		{"bids", "count", func(l *letter.BidList) { l.Bids = manyBids(10_001) }},
	})
	most := h.BidList("")
	most.Bids = manyBids(10_000)
	if b, err := most.Canonical(); err != nil || len(b) > 4<<20 {
		t.Errorf("ten thousand bids: %d bytes, %v", len(b), err)
	}
	most.Bids = nil // nobody bid: the lot fails
	if b, err := most.Canonical(); err != nil || !bytes.Contains(b, []byte(`"bids":[]`)) {
		t.Errorf("no bids: %s, %v", b, err)
	}
}

func manyBids(n int) []letter.OutsideBid {
	out := make([]letter.OutsideBid, n)
	for i := range out {
		out[i] = letter.OutsideBid{ID: sample.ID(i + 1), Digest: signing.Sum([]byte{1}), Letter: sample.ID(i + 1),
			Bidders: []letter.Party{{Name: "某某某某某某某某建设工程有限公司", USCC: sample.USCC(i + 1)}}}
	}
	return out
}

func TestKeySet(t *testing.T) {
	h := sample.New(present)
	for name, c := range map[string]struct {
		field  string
		change func(*letter.KeySet)
	}{
		"another lot":           {"keys.0.signature", func(s *letter.KeySet) { s.Lot += "1" }},
		"keys changed places":   {"keys.0.signature", func(s *letter.KeySet) { s.Keys[0].Public, s.Keys[1].Public = s.Keys[1].Public, s.Keys[0].Public }},
		"another's certificate": {"keys.1.custodian", func(s *letter.KeySet) { s.Keys[1].Certificate = s.Keys[2].Certificate }},
		"one custodian twice":   {"keys", func(s *letter.KeySet) { s.Keys[1] = s.Keys[0] }},
		"one key twice":         {"keys", func(s *letter.KeySet) { s.Keys[1].Public = s.Keys[0].Public }},
		"no certificate":        {"keys.2.certificate", func(s *letter.KeySet) { s.Keys[2].Certificate = nil }},
		"a leaf alone":          {"keys.2.certificate", func(s *letter.KeySet) { s.Keys[2].Certificate = h.Platform.Sign.Chain[0].Raw() }},
		"bytes after the chain": {"keys.2.certificate", func(s *letter.KeySet) { s.Keys[2].Certificate = append(slices.Clone(s.Keys[2].Certificate), 0) }},
		"an encryption certificate": {"keys.2.certificate", func(s *letter.KeySet) {
			s.Keys[2].Certificate = letter.ChainBytes(h.Platform.Encrypt.Chain)
		}},
	} {
		s := h.Keys
		c.change(&s)
		if f, ok := letter.FieldOf(s.Check(h.Trust, h.At)); !ok || f.Field != c.field {
			t.Errorf("%s: %v", name, s.Check(h.Trust, h.At))
		}
	}
	if err := h.Keys.Check(h.Trust, h.At.AddDate(15, 0, 0)); err == nil {
		t.Error("certificates that have ended pass")
	}
	if d := (letter.KeySet{}).Digest(); !d.IsZero() {
		t.Error("an empty set has a digest")
	}
}

// What is sealed fits its seal at its largest, or is refused before.
func TestSealSizes(t *testing.T) {
	fits := func(size int, b []byte, err error) {
		t.Helper()
		if err == nil {
			_, err = letter.Pad(b, size)
		}
		if err != nil {
			t.Errorf("%d bytes for a seal of %d: %v", len(b), size, err)
		}
	}
	b, err := letter.Record{Reveal: make([]byte, 6000), Key: make([]byte, 32)}.Canonical()
	fits(letter.RecordSize, b, err)
	b, err = letter.FullLetter{Salt: make([]byte, 32), Undertaking: make([]byte, 24_000)}.Canonical()
	fits(letter.LetterSize, b, err)
	if _, err := (letter.FullLetter{Salt: make([]byte, 32), Undertaking: make([]byte, 24_001)}).Canonical(); err == nil {
		t.Error("a letter that does not fit passes")
	}
}

func TestRequired(t *testing.T) {
	h := sample.New(present)
	surety := h.Undertaking(h.Draft(h.Bidders[1], h.Surety, sample.Accessory, letter.ModeFull), "YLSL-2026-000001")
	got, err := surety.Required("refused_contract")
	if want := []letter.DocumentKind{letter.PaymentNotice, letter.DefaultStatement, letter.AwardNotice}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if missing := letter.Missing(got, []letter.Document{sample.Document(letter.AwardNotice, "x")}); !slices.Equal(missing, []letter.DocumentKind{letter.DefaultStatement}) {
		t.Errorf("missing %v", missing)
	}
	bank := h.Undertaking(h.Blind(), "XJSL-2026-000001")
	got, err = bank.Required("collusion")
	if want := []letter.DocumentKind{letter.PaymentNotice, letter.RevealRecord}; err != nil || !slices.Equal(got, want) || letter.Missing(got, nil) != nil {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := bank.Required("because"); err == nil {
		t.Error("an unknown reason passes")
	}
}
