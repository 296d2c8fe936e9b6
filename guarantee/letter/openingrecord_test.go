package letter_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// openingRecord is of four bids: a letter that could not be opened, a bid that could not be read, a passed letter, and the
// last, not decrypted.
func openingRecord(h *sample.House) letter.OpeningRecord {
	return h.OpeningRecord(signedSheet(h))
}

func signedSheet(h *sample.House) []byte {
	b, err := sheetOf(h).Canonical()
	if err != nil {
		panic(err)
	}
	return h.Signed(h.Centre, b, h.Requirement.End.Deadline.Add(2*time.Second))
}

const µs = time.Microsecond

// Each member that does not hold is named.
func TestOpeningRecordBreaches(t *testing.T) {
	h := sample.New(present)
	base := openingRecord(h)
	made := func() letter.OpeningRecord {
		b, err := base.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		r, err := letter.ParseOpeningRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	type r = letter.OpeningRecord
	long := func(n int) string { return strings.Repeat("长", n) }
	breaches(t, made, []breach[r]{
		{"version", "version", func(r *r) { r.Version = 2 }},
		{"edition", "edition", func(r *r) { r.Edition = 0 }},
		{"edition", "edition", func(r *r) { r.Edition = 10_000 }},
		{"previous", "previous", func(r *r) { r.Previous = r.Sheet }},
		{"previous", "previous", func(r *r) { r.Edition, r.Note = 2, "责任认定更正" }},
		{"note", "note", func(r *r) { r.Edition, r.Previous = 2, r.Sheet }},
		{"note", "text", func(r *r) { r.Note = long(501) }},
		{"note", "text", func(r *r) { r.Note = "两\n行" }},
		{"lot.code", "text", func(r *r) { r.Lot.Code = "" }},
		{"place", "place", func(r *r) { r.Place = "某某开标室" }},
		{"host.uscc", "uscc", func(r *r) { r.Host = letter.Party{Name: "示例代理"} }},
		{"supervisor.name", "text", func(r *r) { r.Supervisor.Name = "" }},
		{"sheet", "digest", func(r *r) { r.Sheet = signing.Digest{} }},
		{"rules.decrypt_minutes", "minutes", func(r *r) { r.Rules.DecryptMinutes = 9 }},
		{"rules.decrypt_minutes", "minutes", func(r *r) { r.Rules.DecryptMinutes = 121 }},
		{"rules.objection_minutes", "minutes", func(r *r) { r.Rules.ObjectionMinutes = 4 }},
		{"rules.objection_minutes", "minutes", func(r *r) { r.Rules.ObjectionMinutes = 1441 }},
		{"rules.sign_minutes", "minutes", func(r *r) { r.Rules.SignMinutes = 4 }},
		{"rules.sign_minutes", "minutes", func(r *r) { r.Rules.SignMinutes = 61 }},
		{"deadline", "instant", func(r *r) { r.Deadline = time.Time{} }},
		{"opened_at", "too_early", func(r *r) { r.OpenedAt = r.Deadline.Add(-µs) }},
		{"opened_at", "instant", func(r *r) { r.OpenedAt = r.OpenedAt.Add(time.Nanosecond) }},
		{"decrypt_from", "too_early", func(r *r) { r.DecryptFrom = r.OpenedAt.Add(-µs) }},
		{"decrypt_from", "instant", func(r *r) { r.DecryptFrom = time.Time{} }},
		{"decrypt_until", "too_early", func(r *r) { r.DecryptUntil = r.DecryptFrom.Add(-µs) }},
		{"at", "too_early", func(r *r) { r.At = r.DecryptUntil.Add(-µs) }},
		{"at", "instant", func(r *r) { r.At = time.Time{} }},
		{"bids", "count", func(r *r) { r.Bids = nil }},
		{"bids", "order", func(r *r) { slices.Reverse(r.Bids) }},
		{"bids", "order", func(r *r) { r.Bids[1].Bid = r.Bids[0].Bid }},
		{"bids.0.bid", "id", func(r *r) { r.Bids[0].Bid = "1" }},
		{"bids.0.bidders", "bidders", func(r *r) { r.Bids[0].Bidders = nil }},
		{"bids.0.bidders", "repeated", func(r *r) { r.Bids[0].Bidders = append(r.Bids[0].Bidders, r.Bids[0].Bidders[0]) }},
		{"bids.0.bidders.0.uscc", "uscc", func(r *r) { r.Bids[0].Bidders[0].USCC = "" }},
		{"bids.1.bidders", "bidders", func(r *r) { r.Bids[1].Bidders = r.Bids[0].Bidders }},
		{"bids.0.received_at", "too_late", func(r *r) { r.Bids[0].ReceivedAt = r.Deadline }},
		{"bids.0.received_at", "instant", func(r *r) { r.Bids[0].ReceivedAt = time.Time{} }},
		{"bids.0.state", "state", func(r *r) { r.Bids[0].State = "rejected" }},
		{"bids.1.security", "security", func(r *r) { r.Bids[1].Security.Form = letter.FormCash }},
		{"bids.0.security", "security", func(r *r) { r.Bids[0].Security.Amount = 1 }},
		{"bids.0.security", "security", func(r *r) { r.Bids[0].Security.Result = letter.LetterPassed }},
		{"bids.0.security", "security", func(r *r) { r.Bids[0].Security = letter.RecordSecurity{} }},
		{"bids.0.security", "security", func(r *r) {
			r.Bids[0].Security = letter.RecordSecurity{Form: letter.FormCash, Result: letter.LetterPassed}
		}},
		{"bids.0.security", "security", func(r *r) {
			r.Bids[0].Security = letter.RecordSecurity{Form: letter.FormCash, Number: "XJSL-2026-000001"}
		}},
		{"bids.0.security", "security", func(r *r) { r.Bids[0].Security = letter.RecordSecurity{Form: letter.FormCash, Amount: -1} }},
		{"bids.2.security.form", "form", func(r *r) { r.Bids[2].Security.Form = "bond" }},
		{"bids.2.security.number", "number", func(r *r) { r.Bids[2].Security.Number = "" }},
		{"bids.2.security.guarantor.name", "text", func(r *r) { r.Bids[2].Security.Guarantor = letter.Party{} }},
		{"bids.2.security.amount", "amount", func(r *r) { r.Bids[2].Security.Amount = 0 }},
		{"bids.2.security.result", "result", func(r *r) { r.Bids[2].Security.Result = "" }},
		{"bids.0.decrypted_at", "decrypted_at", func(r *r) { r.Bids[0].DecryptedAt = time.Time{} }},
		{"bids.0.decrypted_at", "window", func(r *r) { r.Bids[0].DecryptedAt = r.DecryptFrom.Add(-µs) }},
		{"bids.0.decrypted_at", "window", func(r *r) { r.Bids[0].DecryptedAt = r.DecryptUntil.Add(µs) }},
		{"bids.0.decrypted_at", "window", func(r *r) { r.Bids[0].DecryptedAt = r.DecryptFrom.Add(time.Nanosecond) }},
		{"bids.3.decrypted_at", "decrypted_at", func(r *r) { r.Bids[3].DecryptedAt = r.DecryptFrom }},
		{"bids.0.form", "digest", func(r *r) { r.Bids[0].Form = signing.Digest{} }},
		{"bids.1.form", "form", func(r *r) { r.Bids[1].Form = r.Bids[0].Form }},
		{"bids.0.terms", "terms", func(r *r) { r.Bids[0].Terms = nil }},
		{"bids.3.terms", "terms", func(r *r) { r.Bids[3].Terms = r.Bids[0].Terms }},
		{"bids.0.terms.price_capital", "capital", func(r *r) { r.Bids[0].Terms.Price++ }},
		{"bids.0.terms.period_days", "count", func(r *r) { r.Bids[0].Terms.PeriodDays = 0 }},
		{"bids.3.note", "note", func(r *r) { r.Bids[3].Note = "" }},
		{"bids.0.note", "text", func(r *r) { r.Bids[0].Note = long(501) }},
		{"objections.0.bidder", "bidder", func(r *r) { r.Objections[0].Bidder = h.Bank.Party }},
		{"objections.0.bidder.uscc", "uscc", func(r *r) { r.Objections[0].Bidder.USCC = "" }},
		{"objections.0.at", "window", func(r *r) { r.Objections[0].At = r.DecryptUntil.Add(-µs) }},
		{"objections.1.at", "window", func(r *r) { r.Objections[1].At = r.At.Add(µs) }},
		{"objections.0.at", "instant", func(r *r) { r.Objections[0].At = time.Time{} }},
		{"objections.0.text", "text", func(r *r) { r.Objections[0].Text = long(4) }},
		{"objections.0.text", "text", func(r *r) { r.Objections[0].Text = long(2001) }},
		{"objections.0.answer", "answer", func(r *r) { r.Objections[0].Answer, r.Objections[0].AnsweredAt = "", time.Time{} }},
		{"objections.0.answer", "answer", func(r *r) { r.Objections[0].Refused = true }},
		{"objections.0.answer", "text", func(r *r) { r.Objections[0].Answer = long(2001) }},
		{"objections.1.answer", "answer", func(r *r) { r.Objections[1].Answer = "不予受理" }},
		{"objections.0.answered_at", "answered_at", func(r *r) { r.Objections[0].AnsweredAt = time.Time{} }},
		{"objections.1.answered_at", "answered_at", func(r *r) { r.Objections[1].AnsweredAt = r.At }},
		{"objections.0.answered_at", "window", func(r *r) { r.Objections[0].AnsweredAt = r.Objections[0].At.Add(-µs) }},
		{"objections.0.answered_at", "window", func(r *r) { r.Objections[0].AnsweredAt = r.At.Add(µs) }},
		{"objections", "order", func(r *r) { slices.Reverse(r.Objections) }},
		{"changes.0.kind", "kind", func(r *r) { r.Changes[0].Kind = "shortened" }},
		{"changes.0.at", "window", func(r *r) { r.Changes[0].At = r.OpenedAt.Add(-µs) }},
		{"changes.3.at", "window", func(r *r) { r.Changes[3].At = r.At.Add(µs) }},
		{"changes.0.at", "instant", func(r *r) { r.Changes[0].At = time.Time{} }},
		{"changes.0.by.name", "text", func(r *r) { r.Changes[0].By = letter.Party{} }},
		{"changes.3.by.uscc", "uscc", func(r *r) { r.Changes[3].By.Name = "平台" }},
		{"changes.0.reason", "text", func(r *r) { r.Changes[0].Reason = "" }},
		{"changes.2.reason", "text", func(r *r) { r.Changes[2].Reason = long(501) }},
		{"changes.0.until", "until", func(r *r) { r.Changes[0].Until = time.Time{} }},
		{"changes.1.until", "until", func(r *r) { r.Changes[1].Until = r.At }},
		{"changes.0.until", "too_early", func(r *r) { r.Changes[0].Until = r.Changes[0].At.Add(-µs) }},
		{"changes", "order", func(r *r) { r.Changes[3].At = r.Changes[2].At.Add(-µs) }},
		{"changes", "order", func(r *r) { r.Changes = slices.Delete(r.Changes, 1, 2) }},
		{"changes", "order", func(r *r) { r.Changes = append(r.Changes, r.Changes[1], r.Changes[1]) }},
	})
}

// What may be so, holds: at the edges of the windows, without a supervisor, with every state, in a later edition.
func TestOpeningRecordHolds(t *testing.T) {
	h := sample.New(present)
	for name, change := range map[string]func(*letter.OpeningRecord){
		"as it is":               func(*letter.OpeningRecord) {},
		"nobody supervised":      func(r *letter.OpeningRecord) { r.Supervisor = letter.Party{} },
		"decrypted at the first": func(r *letter.OpeningRecord) { r.Bids[0].DecryptedAt = r.DecryptFrom },
		"decrypted at the last":  func(r *letter.OpeningRecord) { r.Bids[0].DecryptedAt = r.DecryptUntil },
		"received at the last":   func(r *letter.OpeningRecord) { r.Bids[0].ReceivedAt = r.Deadline.Add(-µs) },
		"pending, not explained": func(r *letter.OpeningRecord) { r.Bids[3].State, r.Bids[3].Note = letter.BidPending, "" },
		"withdrawn":              func(r *letter.OpeningRecord) { r.Bids[3].State = letter.BidWithdrawn },
		"unread, withdrawn":      func(r *letter.OpeningRecord) { r.Bids[1].State = letter.BidWithdrawn },
		"remarks in the first":   func(r *letter.OpeningRecord) { r.Note = "开标过程顺利" },
		"nothing happened":       func(r *letter.OpeningRecord) { r.Objections, r.Changes = nil, nil },
		"still paused": func(r *letter.OpeningRecord) {
			r.Changes = append(r.Changes, letter.RecordChange{Kind: letter.ChangePaused, At: r.At, By: r.Host, Reason: "核实情况"})
		},
		"form of one not decrypted": func(r *letter.OpeningRecord) { r.Bids[3].Form = r.Bids[0].Form },
		"cash, amount known": func(r *letter.OpeningRecord) {
			r.Bids[0].Security = letter.RecordSecurity{Form: letter.FormCash, Amount: 1}
		},
		"second edition": func(r *letter.OpeningRecord) {
			r.Previous = r.Digest()
			r.Edition, r.Note = 2, "监督部门确认责任认定"
		},
	} {
		r := openingRecord(h)
		change(&r)
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The content has one digest, whoever signed it; each signed copy has its own.
func TestOpeningRecordDigests(t *testing.T) {
	h := sample.New(present)
	r := openingRecord(h)
	content := canonicalOf(t, r)
	if r.Digest() != letter.RecordContentDigest(content) || r.Digest().IsZero() {
		t.Error("a record and its bytes have two digests")
	}
	host, bidder := h.Signed(h.Agent, content, r.At), h.Signed(h.Bidders[0], content, r.At)
	if letter.RecordDigest(host) == letter.RecordDigest(bidder) || letter.RecordDigest(host) == r.Digest() {
		t.Error("two signed copies are not told apart")
	}
	r.Edition = 0
	if !r.Digest().IsZero() {
		t.Error("a record that does not hold has a digest")
	}
}

func TestOpeningRecordAgreesWithItsSheet(t *testing.T) {
	h := sample.New(present)
	s := sheetOf(h)
	p7s := h.Signed(h.Centre, canonicalOf(t, s), s.At)
	good := h.OpeningRecord(p7s)
	if err := good.Agrees(s); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		field  string
		change func(*letter.OpeningRecord)
	}{
		"another lot":       {"bids", func(r *letter.OpeningRecord) { r.Lot.Code = "02" }},
		"another deadline":  {"bids", func(r *letter.OpeningRecord) { r.Deadline = r.Deadline.Add(µs) }},
		"one bid less":      {"bids", func(r *letter.OpeningRecord) { r.Bids = r.Bids[:3] }},
		"another bid":       {"bids.3.bidders", func(r *letter.OpeningRecord) { r.Bids[3].Bid = sample.ID(99) }},
		"another bidder":    {"bids.0.bidders", func(r *letter.OpeningRecord) { r.Bids[0].Bidders = []letter.Party{h.Bank.Party} }},
		"another number":    {"bids.2.security", func(r *letter.OpeningRecord) { r.Bids[2].Security.Number = "XJSL-2026-000009" }},
		"another amount":    {"bids.2.security", func(r *letter.OpeningRecord) { r.Bids[2].Security.Amount++ }},
		"another guarantor": {"bids.2.security", func(r *letter.OpeningRecord) { r.Bids[2].Security.Guarantor = h.OtherBank.Party }},
		"another result":    {"bids.2.security", func(r *letter.OpeningRecord) { r.Bids[2].Security.Result = letter.LetterUnknown }},
		"a letter for cash": {"bids.2.security", func(r *letter.OpeningRecord) { r.Bids[2].Security = letter.RecordSecurity{Form: letter.FormCash} }},
	} {
		r := h.OpeningRecord(p7s)
		c.change(&r)
		if f, ok := letter.FieldOf(r.Agrees(s)); !ok || f.Field != c.field {
			t.Errorf("%s: %v", name, r.Agrees(s))
		}
	}
}

func TestOpeningRecordRoles(t *testing.T) {
	h := sample.New(present)
	r := openingRecord(h)
	for uscc, want := range map[string]string{
		h.Agent.Party.USCC: "招标人代表（主持）", h.Supervisor.Party.USCC: "监督", h.Bidders[2].Party.USCC: "投标人", h.Bank.Party.USCC: "", "": "",
	} {
		if got := r.Role(uscc); got != want {
			t.Errorf("%s: %s, want %s", uscc, got, want)
		}
	}
	if n := len(r.Signers()); n != 4 {
		t.Errorf("%d signers of host, supervisor and two bidders", n)
	}
	r.Supervisor = letter.Party{}
	if r.Role("") != "" || len(r.Signers()) != 3 {
		t.Error("nobody supervised, and somebody may sign for it")
	}
}
