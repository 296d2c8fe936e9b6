package letter_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

var update = flag.Bool("update", false, "make new goldens: the bytes are final, so only before the first release or for a new type")

// kind is one type of object: how its bytes are read and written again.
type kind struct {
	name  string
	again func([]byte) ([]byte, error)
}

func kindOf[T canon](name string, parse func([]byte) (T, error)) kind {
	return kind{name, func(b []byte) ([]byte, error) {
		v, err := parse(b)
		if err != nil {
			return nil, err
		}
		return v.Canonical()
	}}
}

// kinds are all types with an encoding. Undertakings and files come in several.
var kinds = []kind{
	kindOf("requirement", letter.ParseRequirement), kindOf("keyset", letter.ParseKeySet), kindOf("reveal", letter.ParseReveal),
	kindOf("application", letter.ParseApplication), kindOf("undertaking-blind", letter.ParseUndertaking),
	kindOf("undertaking-full", letter.ParseUndertaking), kindOf("undertaking-accessory", letter.ParseUndertaking),
	kindOf("undertaking-insurance", letter.ParseUndertaking), kindOf("receipt", letter.ParseReceipt),
	kindOf("sealed-issue", letter.ParseSealedIssue), kindOf("deposit", letter.ParseDeposit), kindOf("closing-bids", letter.ParseClosing), kindOf("closing-letters", letter.ParseClosing),
	kindOf("bid-list", letter.ParseBidList),
	kindOf("release", letter.ParseRelease), kindOf("lot-release", letter.ParseLotRelease), kindOf("demand", letter.ParseDemand), kindOf("completion", letter.ParseCompletion),
	kindOf("withdrawal", letter.ParseWithdrawal), kindOf("record", letter.ParseRecord), kindOf("full-letter", letter.ParseFullLetter),
	kindOf("bid-joint", letter.ParseBid), kindOf("consent", letter.ParseConsent), kindOf("cash-list", letter.ParseCashList),
	kindOf("bid", letter.ParseBid), kindOf("rewrapping", letter.ParseRewrapping), kindOf("assurance", letter.ParseAssurance), kindOf("sheet", letter.ParseSheet), kindOf("file-blind", letter.ParseFile), kindOf("file-full", letter.ParseFile),
	kindOf("refusal", letter.ParseRefusal), kindOf("objection", letter.ParseObjection), kindOf("opening-record", letter.ParseOpeningRecord),
	kindOf("status-list", letter.ParseStatusList), kindOf("evaluation", letter.ParseEvaluation),
	kindOf("amendment", letter.ParseAmendment), kindOf("amendment-receipt", letter.ParseAmendmentReceipt),
	kindOf("extension-answer", letter.ParseExtensionAnswer), kindOf("file-extended", letter.ParseFile),
	kindOf("incident-decision", letter.ParseIncidentDecision), kindOf("incident-closing", letter.ParseIncidentClosing),
}

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The bytes of every type are what they were: they read, hold, and are written again byte for byte.
func TestGoldenBytes(t *testing.T) {
	if *update {
		makeGoldens(t)
	}
	for _, k := range kinds {
		b := golden(t, k.name+".json")
		again, err := k.again(b)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: %v\n%s\n%s", k.name, err, b, again)
		}
	}
}

// The digests of those bytes are what they were.
func TestGoldenDigests(t *testing.T) {
	if got, want := digests(t), string(golden(t, "digests.txt")); got != want {
		t.Errorf("digests are now\n%s\nwant\n%s", got, want)
	}
}

func digests(t testing.TB) string {
	t.Helper()
	requirement, err := letter.ParseRequirement(golden(t, "requirement.json"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := letter.ParseKeySet(golden(t, "keyset.json"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := letter.ParseFile(golden(t, "file-full.json"))
	if err != nil {
		t.Fatal(err)
	}
	key := keys.Keys[0].Public
	var b strings.Builder
	for _, d := range []struct {
		name string
		is   any
	}{
		{"requirement.json Requirement.Digest", requirement.Digest()},
		{"keyset.json KeySet.Digest", keys.Digest()},
		{"keyset.json CustodianKeyBytes of key 0", signing.Digest(letter.CustodianKeyBytes(keys.Project, keys.Lot, key))},
		{"reveal.json Commitment", letter.Commitment(golden(t, "reveal.json"))},
		{"application.p7s ApplicationDigest", letter.ApplicationDigest(golden(t, "application.p7s"))},
		{"undertaking-blind.p7s UndertakingDigest", letter.UndertakingDigest(golden(t, "undertaking-blind.p7s"))},
		{"file-full.json SaltedDigest", letter.SaltedDigest(file.Salt, file.Signed)},
		{"sealed.bin SealedDigest", letter.SealedDigest(golden(t, "sealed.bin"))},
		{"application.p7s ClosingDigest", letter.ClosingDigest(golden(t, "application.p7s"))},
		{"application.p7s SheetDigest", letter.SheetDigest(golden(t, "application.p7s"))},
		{"application.p7s CashListDigest", letter.CashListDigest(golden(t, "application.p7s"))},
		{"application.p7s BidListDigest", letter.BidListDigest(golden(t, "application.p7s"))},
		{"application.p7s RecordDigest", letter.RecordDigest(golden(t, "application.p7s"))},
		{"opening-record.json RecordContentDigest", letter.RecordContentDigest(golden(t, "opening-record.json"))},
		{"RecordAAD(0…1, 1)", string(letter.RecordAAD(sample.ID(1), 1))},
		{"LetterAAD(0…1)", string(letter.LetterAAD(sample.ID(1)))},
		{"BidAAD(0…1)", string(letter.BidAAD(sample.ID(1)))},
		{"PartAAD(0…1, offer)", string(letter.PartAAD(sample.ID(1), "offer"))},
	} {
		fmt.Fprintf(&b, "%v  %s\n", d.is, d.name)
	}
	return b.String()
}

// Letters that were genuine on the day of the goldens are genuine for ever.
func TestGoldenVerify(t *testing.T) {
	roots, err := signing.ParseCertificatesPEM(golden(t, "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := signing.NewTrust(roots...)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file-blind.json", "file-full.json"} {
		if r := letter.VerifyFile(golden(t, name), trust); !r.OK {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := letter.VerifyP7S(golden(t, "undertaking-blind.p7s"), trust); !r.OK {
		t.Errorf("%+v", r)
	}
	keys, err := letter.ParseKeySet(golden(t, "keyset.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Check(trust, present); err != nil {
		t.Error(err)
	}
}

func makeGoldens(t *testing.T) {
	h := sample.New(present)
	blind, full := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Full(), "XJSL-2026-000002")
	surety := h.Issue(h.Draft(h.Bidders[1], h.Surety, sample.Accessory, letter.ModeFull), "YLSL-2026-000001")
	policy := h.Issue(h.Draft(h.Bidders[2], h.Insurer, sample.Insurance, letter.ModeFull), "HSSL-2026-000001")
	id, award := blind.Draft.Application.Application, sample.Document(letter.AwardNotice, "中标通知书")
	statement := letter.SealedIssue{Version: 1, Application: full.Draft.Application.Application, Number: full.Undertaking.Number,
		Digest: full.Receipt.Digest, Sealed: letter.SealedDigest([]byte("sealed"))}
	refs := []letter.RecordRef{{ID: id, Digest: letter.SealedDigest([]byte("record"))}, {ID: id + ".letter", Digest: letter.SealedDigest([]byte("letter"))}}
	makeAmendedGoldens(t)
	for name, v := range map[string]canon{
		"requirement": h.Requirement, "keyset": h.Keys, "reveal": blind.Draft.Reveal, "application": blind.Draft.Application,
		"undertaking-blind": blind.Undertaking, "undertaking-full": full.Undertaking, "undertaking-accessory": surety.Undertaking,
		"undertaking-insurance": policy.Undertaking, "receipt": blind.Receipt, "sealed-issue": statement, "deposit": depositOf(full),
		"closing-bids": h.Closing(nil, refs[0]), "closing-letters": h.Closing([]byte("p7s"), refs...),
		"bid-list": h.BidList(id),
		"release":  h.Release(blind, h.Tenderees[0]), "lot-release": h.LotRelease(h.Tenderees[0], blind, full), "demand": h.Demand(blind, h.Tenderees[0], 80_000_000, award),
		"completion":  letter.Completion{Version: 1, Demand: sample.ID(7), Guarantee: id, Documents: []letter.Document{award}, At: h.At},
		"withdrawal":  letter.Withdrawal{Version: 1, Demand: sample.ID(7), Guarantee: id, Reason: "双方已就合同签订达成一致", At: h.At.Add(time.Microsecond)},
		"objection":   objectionTo(h, blind, award),
		"record":      letter.Record{Reveal: blind.Draft.RevealBytes, Key: blind.Draft.Key.Bytes()},
		"full-letter": letter.FullLetter{Salt: full.Salt, Undertaking: full.Signed},
		"rewrapping":  rewrapping(blind.Receipt), "assurance": assurance(blind.Receipt, blind.Draft.Application),
		"incident-decision": incidentDecision(id), "incident-closing": incidentClosing(),
		"bid-joint": h.Joint(h.Bidders[0], h.Bidders[1]), "consent": h.Consent(h.Joint(h.Bidders[0], h.Bidders[1])), "cash-list": h.CashList(h.Bidders[0]),
		"bid": h.Bid(h.Bidders[0], id), "file-blind": blind.File(), "file-full": full.File(),
		"sheet": h.Sheet(full, blind), "opening-record": openingRecord(h), "refusal": h.Refusal(h.Signed(h.Tenderees[0], canonicalOf(t, h.Demand(blind, h.Tenderees[0], 80_000_000, award)), h.At)), "status-list": h.StatusList(h.At, letter.EndReleased, full), "evaluation": h.Evaluation(h.Sheet(full, blind)),
	} {
		write(t, name+".json", canonicalOf(t, v))
	}
	write(t, "application.p7s", blind.Draft.Signed)
	write(t, "undertaking-blind.p7s", blind.Signed)
	write(t, "root.pem", h.CA.Root.PEM())
	write(t, "digests.txt", []byte(digests(t)))
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join("testdata", name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// objectionTo is the applicant's fraud objection to a demand under its letter.
func objectionTo(h *sample.House, l sample.Issued, proof letter.Document) letter.Objection {
	return letter.Objection{Version: 1, ID: sample.ID(9), Demand: sample.ID(7), DemandDigest: letter.DemandDigest([]byte("p7s")),
		Guarantee: l.Draft.Application.Application, Number: l.Undertaking.Number, Guarantor: l.Undertaking.Guarantor, Applicant: l.Draft.Application.Applicants[0],
		Ground: "acknowledged", Statement: "受益人已书面确认本单位没有违约", Documents: []letter.FileDigest{{Name: proof.Name, Digest: proof.Digest}}, At: h.At}
}
