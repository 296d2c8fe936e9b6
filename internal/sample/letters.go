package sample

import (
	"time"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// The wordings that the institutions of the house use.
var (
	Independent = letter.WordingRef{ID: "independent-bid", Version: 1}
	ExtendOrPay = letter.WordingRef{ID: "independent-bid", Version: 2} // independent too, and it can be extended instead of paid
	Accessory   = letter.WordingRef{ID: "accessory-bid", Version: 1}
	Insurance   = letter.WordingRef{ID: "insurance-bid", Version: 1}
)

// Place is the designated system that letters name.
const Place = "示例电子保函平台 https://baohan.example.cn"

// Draft is what a bidder's client makes before it hands in.
type Draft struct {
	Bidder, Guarantor Member
	Reveal            letter.Reveal
	RevealBytes       []byte
	Application       letter.Application
	Signed            []byte              // p7s of the application
	Key               *signing.PrivateKey // fresh, made for this record
}

// Draft makes an application of a bidder to a guarantor under the house's requirement. The fee is half a per cent of
// the ceiling.
func (h *House) Draft(bidder, guarantor Member, wording letter.WordingRef, mode letter.Mode) Draft {
	id := signing.Sum(signing.Random(16)).String()[:32]
	req := h.Requirement
	d := Draft{Bidder: bidder, Guarantor: guarantor, Key: must(signing.GenerateKey())}
	d.Reveal = letter.Reveal{Version: 1, Random: signing.Random(32), Application: id, Guarantor: guarantor.Party,
		Applicants: []letter.Party{bidder.Party}, Lot: req.Lot, Beneficiaries: req.Beneficiaries,
		Requirement: req.Digest(), Amount: req.Amount, End: req.End, Custodians: req.Custodians}
	d.RevealBytes = must(d.Reveal.Canonical())
	ceiling := letter.LadderCeiling(req.Amount)
	d.Application = letter.Application{Version: 1, Application: id, Guarantor: guarantor.Party, Applicants: d.Reveal.Applicants,
		Wording: wording, Mode: mode, Ceiling: ceiling, LatestExpiry: letter.LadderExpiry(req.End.Expiry()), Fee: ceiling / 200,
		Commitment: letter.Commitment(d.RevealBytes)}
	d.Signed = h.Signed(bidder, must(d.Application.Canonical()), h.At)
	return d
}

// Blind and Full are drafts of the first bidder to the bank.
func (h *House) Blind() Draft { return h.Draft(h.Bidders[0], h.Bank, Independent, letter.ModeBlind) }

// Full is a draft that the bank issues in full.
func (h *House) Full() Draft { return h.Draft(h.Bidders[0], h.Bank, Independent, letter.ModeFull) }

// Undertaking is what the guarantor writes on a draft.
func (h *House) Undertaking(d Draft, number string) letter.Undertaking {
	var reveal *letter.Reveal
	if d.Application.Mode == letter.ModeFull {
		reveal = &d.Reveal
	}
	return must(letter.NewUndertaking(d.Application, letter.ApplicationDigest(d.Signed), number, Place, reveal))
}

// Issued is a letter and what belongs to it.
type Issued struct {
	Draft       Draft
	Undertaking letter.Undertaking
	Signed      []byte // p7s
	Salt        []byte // full letters only
	Receipt     letter.Receipt
	ReceiptP7S  []byte
}

// Issue is a letter signed by its guarantor at the house's present and receipted by the platform a minute later.
func (h *House) Issue(d Draft, number string) Issued {
	u := h.Undertaking(d, number)
	i := Issued{Draft: d, Undertaking: u, Signed: h.Signed(d.Guarantor, must(u.Canonical()), h.At)}
	digest := letter.UndertakingDigest(i.Signed)
	if d.Application.Mode == letter.ModeFull {
		i.Salt = signing.Random(32)
		digest = letter.SaltedDigest(i.Salt, i.Signed)
	}
	return h.Receive(i, digest, h.At.Add(time.Minute))
}

// Receive is the platform's receipt for a letter at an instant.
func (h *House) Receive(i Issued, digest signing.Digest, at time.Time) Issued {
	app := i.Draft.Application
	i.Receipt = letter.Receipt{Version: 1, Application: app.Application, Guarantor: app.Guarantor.USCC, Number: i.Undertaking.Number,
		Mode: app.Mode, Commitment: app.Commitment, Digest: digest, AcceptedAt: at}
	i.ReceiptP7S = h.Signed(h.Platform, must(i.Receipt.Canonical()), at)
	return i
}

// File is the letter's file as it is published at the opening.
func (i Issued) File() letter.File {
	return letter.File{Format: letter.FileFormat, Undertaking: i.Undertaking, Reveal: i.Draft.Reveal, Salt: i.Salt, Signed: i.Signed, Receipt: i.ReceiptP7S}
}
