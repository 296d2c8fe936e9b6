package letter_test

import (
	"testing"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// depositOf is the statement with which a letter in full is handed in from the counter.
func depositOf(i sample.Issued) letter.Deposit {
	app := i.Draft.Application
	return letter.Deposit{Version: 1, Application: app.Application, Number: i.Undertaking.Number, Form: letter.FormIndependent, Wording: app.Wording,
		Ceiling: app.Ceiling, LatestExpiry: app.LatestExpiry, Commitment: app.Commitment, ApplicationDigest: i.Undertaking.ApplicationDigest,
		Digest: i.Receipt.Digest, Record: letter.SealedDigest([]byte("record")), Sealed: letter.SealedDigest([]byte("sealed")),
		RecordKey: i.Draft.Key.Public()}
}

func TestDepositBreaches(t *testing.T) {
	h := sample.New(present)
	full := h.Issue(h.Full(), "XJSL-2026-000001")
	breaches(t, func() letter.Deposit { return depositOf(full) }, []breach[letter.Deposit]{
		{"version", "version", func(d *letter.Deposit) { d.Version = 2 }},
		{"application", "id", func(d *letter.Deposit) { d.Application = "7E" }},
		{"number", "number", func(d *letter.Deposit) { d.Number = "xjsl-1" }},
		{"wording", "wording", func(d *letter.Deposit) { d.Wording.Version = 9 }},
		{"form", "differs", func(d *letter.Deposit) { d.Form = letter.FormInsurance }},
		{"form", "differs", func(d *letter.Deposit) { d.Form = letter.FormCash }},
		{"ceiling", "ladder", func(d *letter.Deposit) { d.Ceiling-- }},
		{"ceiling", "ladder", func(d *letter.Deposit) { d.Ceiling = 0 }},
		{"latest_expiry", "ladder", func(d *letter.Deposit) { d.LatestExpiry = d.LatestExpiry.AddDays(1) }},
		{"latest_expiry", "ladder", func(d *letter.Deposit) { d.LatestExpiry = calendar.Date{} }},
		{"commitment", "digest", func(d *letter.Deposit) { d.Commitment = signing.Digest{} }},
		{"application_digest", "digest", func(d *letter.Deposit) { d.ApplicationDigest = signing.Digest{} }},
		{"digest", "digest", func(d *letter.Deposit) { d.Digest = signing.Digest{} }},
		{"record", "digest", func(d *letter.Deposit) { d.Record = signing.Digest{} }},
		{"sealed", "digest", func(d *letter.Deposit) { d.Sealed = signing.Digest{} }},
		{"record_key", "key", func(d *letter.Deposit) { d.RecordKey = signing.PublicKey{} }},
	})
}
