package letter

import (
	"slices"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// AmendmentCause says why a letter is amended.
type AmendmentCause string

// The causes. None of them does anything but lengthen a letter.
const (
	CauseExtendOrPay AmendmentCause = "extend_or_pay" // the beneficiary took a later end instead of payment (URDG 758 art. 23)
)

// Amendment (修改函) is what the guarantor signs to let its letter end later. It can only favour the beneficiary, who need
// not agree to it: the wording says so in advance, the demand that it answers asked for it (民法典 art. 543), and a
// guarantor is bound by what it has issued (URDG 758 art. 11(b)). It counts from the platform's receipt.
type Amendment struct {
	Version      int            `json:"version"`
	Guarantee    string         `json:"guarantee"`
	Number       string         `json:"number"` // the letter's, which it keeps
	Guarantor    Party          `json:"guarantor"`
	N            int            `json:"n"`        // 1, 2, … without a gap
	Previous     signing.Digest `json:"previous"` // of what it amends, as signed: UndertakingDigest, or AmendmentDigest of n-1
	Cause        AmendmentCause `json:"cause"`
	Demand       string         `json:"demand"` // whose extension it is, and which is withdrawn by it
	DemandDigest signing.Digest `json:"demand_digest"`
	From         calendar.Date  `json:"from"`          // the last day before it
	Expiry       calendar.Date  `json:"expiry"`        // the last day from now on
	LatestExpiry calendar.Date  `json:"latest_expiry"` // never before Expiry, nor before what it was
	Wording      int            `json:"wording"`       // version of its cause's text
	Title        string         `json:"title"`
	Clauses      []string       `json:"clauses"` // the whole text, rendered
}

// Amends is what an amendment of a letter follows from.
type Amends struct {
	Letter   []byte        // p7s of the undertaking
	Earlier  [][]byte      // p7s of every amendment before, in their order
	Demand   []byte        // p7s of the demand
	LastDay  calendar.Date // of the letter as it stands
	Expiry   calendar.Date // of the letter from now on
	contents amended
}

type amended struct {
	letter Undertaking
	last   *Amendment
	demand Demand
}

func (a *Amends) read() (err error) {
	if a.contents.letter, err = signedContent(a.Letter, ParseUndertaking); err != nil {
		return within("letter", err)
	}
	if n := len(a.Earlier); n > 0 {
		last, err := signedContent(a.Earlier[n-1], ParseAmendment)
		if err != nil {
			return within("earlier", err)
		}
		a.contents.last = &last
	}
	a.contents.demand, err = signedContent(a.Demand, ParseDemand)
	return within("demand", err)
}

// signedContent is what was signed, without asking who signed it.
func signedContent[T any](p7s []byte, parse func([]byte) (T, error)) (v T, err error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return v, signatureFault(err)
	}
	return parse(signed.Content)
}

// NewExtension is the amendment by which a guarantor extends instead of paying: everything in it follows from the letter,
// the amendments before, and the demand that asked for it.
func NewExtension(a Amends) (Amendment, error) {
	if err := a.read(); err != nil {
		return Amendment{}, err
	}
	u, d := a.contents.letter, a.contents.demand
	m := Amendment{Version: 1, Guarantee: u.Application.Application, Number: u.Number, Guarantor: u.Guarantor, N: 1, Previous: UndertakingDigest(a.Letter),
		Cause: CauseExtendOrPay, Demand: d.ID, DemandDigest: DemandDigest(a.Demand), From: a.LastDay, Expiry: a.Expiry, LatestExpiry: u.LatestExpiry, Wording: 1}
	if last := a.contents.last; last != nil {
		m.N, m.Previous, m.LatestExpiry = last.N+1, AmendmentDigest(a.Earlier[len(a.Earlier)-1]), last.LatestExpiry
	}
	if m.Expiry.After(m.LatestExpiry) {
		m.LatestExpiry = m.Expiry
	}
	if err := m.checkFacts(); err != nil {
		return Amendment{}, err
	}
	return m, m.render()
}

// maxAmendments bounds the amendments of one letter.
const maxAmendments = 50

// checkFacts holds what an amendment is made of. That it follows what it amends is for follows.
func (m Amendment) checkFacts() error {
	return firstOf(
		checkVersion(m.Version),
		checkID("guarantee", m.Guarantee),
		checkNumber(m.Number),
		within("guarantor", m.Guarantor.Check()),
		need(m.N >= 1 && m.N <= maxAmendments, "n", "n", "修改函序号有误"),
		checkDigest("previous", m.Previous.IsZero()),
		need(m.Cause == CauseExtendOrPay, "cause", "cause", "不支持的修改事由；请升级客户端"),
		checkID("demand", m.Demand),
		checkDigest("demand_digest", m.DemandDigest.IsZero()),
		need(!m.From.IsZero() && m.Expiry.After(m.From), "expiry", "earlier", "修改只能延长有效期：新的到期日须晚于原到期日"),
		need(!m.Expiry.After(m.LatestExpiry), "latest_expiry", "latest_expiry", "最迟到期日不得早于新的到期日"),
	)
}

// Check renders the amendment anew from its facts and compares its text: it says what its wording says, or it is none.
func (m Amendment) Check() error {
	if err := m.checkFacts(); err != nil {
		return err
	}
	again := m
	if err := again.render(); err != nil {
		return err
	}
	return firstOf(
		need(m.Title == again.Title, "title", "wording", "修改函标题与文本不一致"),
		need(slices.Equal(m.Clauses, again.Clauses), "clauses", "wording", "修改函条款与文本不一致：有改动、增加或缺失"),
	)
}

// Canonical is what the guarantor signs.
func (m Amendment) Canonical() ([]byte, error) { return canonical(m, Amendment.Check) }

// ParseAmendment reads what Canonical wrote.
func ParseAmendment(b []byte) (Amendment, error) { return parse(b, Amendment.Check) }

// AmendmentDigest is of an amendment as signed by the guarantor (p7s).
func AmendmentDigest(p7s []byte) signing.Digest { return signing.TaggedSum("baohan/amendment/1", p7s) }
