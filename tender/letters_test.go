package tender

import (
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// drafted is what a bidder's client makes before it hands in; a test may spoil it.
type drafted struct {
	reveal      letter.Reveal
	application letter.Application
	key         *signing.PrivateKey
	by          org
	signed      []byte
}

func (w *world) draft(bidder, guarantor org, l *Lot, partners ...letter.Party) *drafted {
	w.t.Helper()
	g, req, id := w.product(guarantor), l.Requirement, newID()
	r := letter.Reveal{Version: 1, Random: signing.Random(32), Application: id, Guarantor: guarantor.party,
		Applicants: append([]letter.Party{bidder.party}, partners...), Lot: req.Lot, Beneficiaries: req.Beneficiaries,
		Requirement: req.Digest(), Amount: req.Amount, End: req.End, Custodians: req.Custodians}
	ceiling := letter.LadderCeiling(req.Amount)
	return &drafted{reveal: r, key: must(signing.GenerateKey()), by: guarantor, application: letter.Application{Version: 1, Application: id,
		Guarantor: guarantor.party, Applicants: r.Applicants, Wording: g.Wording, Mode: g.Mode, Ceiling: ceiling,
		LatestExpiry: letter.LadderExpiry(req.End.Expiry()), Fee: g.Fee(ceiling)}}
}

func (w *world) submission(bidder org, d *drafted) guarantee.Submission {
	w.t.Helper()
	r := must(d.reveal.Canonical())
	d.application.Commitment = letter.Commitment(r)
	b, err := d.application.Canonical()
	d.signed = w.p7s(bidder, b, err)
	return guarantee.Submission{Reveal: r, Application: d.signed, Key: d.key.Bytes()}
}

func (w *world) apply(bidder, guarantor org, l *Lot, partners ...letter.Party) *drafted {
	w.t.Helper()
	d := w.draft(bidder, guarantor, l, partners...)
	who := guarantee.Applicant{Party: bidder.party, Encryption: bidder.encrypt.Key.Public()}
	if _, err := w.Apply(w.ctx, w.by(bidder, party.Bidder), who, l.ID, w.submission(bidder, d)); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// letterOf takes a bidder from its application to a letter in force and returns the guarantee's id.
func (w *world) letterOf(bidder, guarantor org, l *Lot, partners ...letter.Party) string {
	w.t.Helper()
	d := w.apply(bidder, guarantor, l, partners...)
	w.pay(d, letter.Account{Name: bidder.party.Name, Number: "6222" + bidder.party.USCC[13:17], Bank: "工商银行长沙分行"})
	w.issue(bidder, d, l)
	return d.application.Application
}

func (w *world) ok(_ guarantee.Answer, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) pay(d *drafted, payer letter.Account) {
	w.t.Helper()
	id, fee := d.application.Application, d.application.Fee
	w.ok(w.Guarantees.Decide(w.ctx, w.by(d.by, party.Guarantor), id, guarantee.Decision{Approve: true, Fee: fee}))
	w.ok(w.Guarantees.FeeReceived(w.ctx, w.by(d.by, party.Guarantor), id, guarantee.FeeEvidence{Amount: fee, Reference: "R-" + id,
		Payer: payer, PaidAt: w.clock.Now()}))
}

func (w *world) issue(bidder org, d *drafted, l *Lot) {
	w.t.Helper()
	id, number := d.application.Application, "BH-"+d.application.Application[:10]
	number = upper(number)
	var reveal *letter.Reveal
	if d.application.Mode == letter.ModeFull {
		reveal = &d.reveal
	}
	u := must(letter.NewUndertaking(d.application, letter.ApplicationDigest(d.signed), number, "湖南省公共资源电子保函平台", reveal))
	b, err := u.Canonical()
	p7s := w.p7s(d.by, b, err)
	cmd := w.by(d.by, party.Guarantor)
	if reveal == nil {
		w.ok(w.Guarantees.Prepare(w.ctx, cmd, id, number, letter.UndertakingDigest(p7s)))
		w.ok(w.Guarantees.Issue(w.ctx, w.by(d.by, party.Guarantor), id, guarantee.Issue{Undertaking: p7s}))
		return
	}
	salt := signing.Random(32)
	full := must(letter.FullLetter{Salt: salt, Undertaking: p7s}.Canonical())
	sealed := must(signing.SealTwoOfThree(full, letter.LetterAAD(id), letter.LetterSize, l.Custodians.Public(), bidder.encrypt.Key.Public()))
	digest := letter.SaltedDigest(salt, p7s)
	b, err = letter.SealedIssue{Version: 1, Application: id, Number: number, Digest: digest, Sealed: letter.SealedDigest(must(sealed.MarshalBinary()))}.Canonical()
	w.ok(w.Guarantees.Prepare(w.ctx, cmd, id, number, digest))
	w.ok(w.Guarantees.Issue(w.ctx, w.by(d.by, party.Guarantor), id, guarantee.Issue{Sealed: &sealed, Statement: w.p7s(d.by, b, err)}))
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
	}
	return string(b)
}

// letterRow is a guarantee as its row says.
func (w *world) letterRow(id string) guarantee.Guarantee {
	w.t.Helper()
	rows := must(w.Guarantees.SealedLetters(w.ctx, []string{id}))
	if len(rows) != 1 {
		w.t.Fatalf("no guarantee %s", id)
	}
	return rows[0].Guarantee
}

func today(w *world) calendar.Date { return calendar.DateOf(w.clock.Now()) }
