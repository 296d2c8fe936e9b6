package letter

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"baohan/signing"
)

// CashSlip (缴款说明) is what a bidder says of the cash that it paid as its security. The platform never holds money: what
// arrived, the bank of whoever keeps it says, after the opening (CashList).
type CashSlip struct {
	Payer     Account   `json:"payer"` // 基本账户 of the bidder that paid (招标投标法实施条例26)
	Amount    Fen       `json:"amount"`
	Reference string    `json:"reference"` // by which the bank's record finds it: the virtual sub-account, or the transfer's own number
	PaidAt    time.Time `json:"paid_at"`
}

// Check holds for a slip that can be compared with a bank's record.
func (d CashSlip) Check() error {
	return firstOf(
		within("payer", d.Payer.Check()),
		d.Amount.checkPositive("amount"),
		checkReference("reference", d.Reference),
		checkInstant("paid_at", d.PaidAt),
	)
}

func checkReference(field, s string) error {
	return need(referenceShape.MatchString(s), field, "reference", "缴款识别号须为 4 至 64 位字母、数字或连字符（虚拟子账号，或银行流水号）")
}

var referenceShape = regexp.MustCompile(`^[0-9A-Za-z-]{4,64}$`)

// Basic is what a bank says of the account that a deposit came from.
type Basic string

// Whether it is the payer's 基本账户 (招标投标法实施条例26).
const (
	BasicYes     Basic = "yes"
	BasicNo      Basic = "no"
	BasicUnknown Basic = "unknown" // the bank does not say
)

// ReceivedCash is one payment that arrived, as the bank's record has it.
type ReceivedCash struct {
	ID         string    `json:"id"`            // the bank's own serial number (银行流水号)
	Reference  string    `json:"reference"`     // the virtual sub-account or the transfer's number; empty: neither
	Payer      string    `json:"payer"`         // name of the account
	USCC       string    `json:"uscc,omitzero"` // of the payer, where the bank knows it
	Account    string    `json:"account"`       // number that it came from
	Basic      Basic     `json:"basic"`
	Amount     Fen       `json:"amount"`
	ReceivedAt time.Time `json:"received_at"`
}

// Check holds for a payment that can be compared with a bid.
func (r ReceivedCash) Check() error {
	digits := strings.Trim(r.Account, "0123456789-") == ""
	return firstOf(
		checkReference("id", r.ID),
		need(r.Reference == "" || referenceShape.MatchString(r.Reference), "reference", "reference", "缴款识别号须为空，或 4 至 64 位字母、数字或连字符"),
		checkText("payer", r.Payer, 1, 100),
		need(r.USCC == "" || CheckUSCC(r.USCC) == nil, "uscc", "uscc", "付款人的统一社会信用代码须为空或正确的 18 位代码"),
		need(digits && len(r.Account) >= 6 && len(r.Account) <= 34, "account", "account", "付款账号须为 6 至 34 位数字"),
		need(r.Basic == BasicYes || r.Basic == BasicNo || r.Basic == BasicUnknown, "basic", "basic", "是否基本账户须为 yes、no 或 unknown"),
		r.Amount.checkPositive("amount"),
		checkInstant("received_at", r.ReceivedAt),
	)
}

// CashList is 保证金到账清单: what the centre signs of the deposits in cash that arrived for one lot, after its bids
// were closed. A later edition names the one before and takes its place; none is ever changed.
type CashList struct {
	Version  int            `json:"version"`
	Edition  int            `json:"edition"`  // 1, 2, …
	Previous signing.Digest `json:"previous"` // CashListDigest of the edition before; zero for the first
	Lot      Lot            `json:"lot"`
	Deadline time.Time      `json:"deadline"`
	Entries  []ReceivedCash `json:"entries"` // in ascending order of their ids; empty: nothing arrived
	At       time.Time      `json:"at"`      // up to when the bank's record was read, not before the deadline
}

// Check holds for a list that a lot's opening can be compared with.
func (l CashList) Check() error {
	return firstOf(
		checkVersion(l.Version),
		need(l.Edition >= 1 && l.Edition <= 9999, "edition", "edition", "版次须为 1 至 9999"),
		need(l.Previous.IsZero() == (l.Edition == 1), "previous", "previous", "第一版不得指明前一版，其后各版须指明"),
		within("lot", l.Lot.Check()),
		checkInstant("deadline", l.Deadline),
		checkInstant("at", l.At),
		need(!l.At.Before(l.Deadline), "at", "too_early", "到账清单的截取时间不得早于投标截止时间"),
		need(len(l.Entries) <= maxRecords, "entries", "count", "到账记录过多；一份清单至多 10000 笔"),
		checkEach("entries", l.Entries, ReceivedCash.Check),
		need(ordered(l.Entries, func(r ReceivedCash) string { return r.ID }), "entries", "order", "到账记录须按流水号升序且不重复"),
		need(!slices.ContainsFunc(l.Entries, func(r ReceivedCash) bool { return r.ReceivedAt.After(l.At) }), "entries", "too_late", "到账时间不得晚于清单的截取时间"),
	)
}

// Canonical is what the centre signs.
func (l CashList) Canonical() ([]byte, error) { return canonical(l, CashList.Check) }

// ParseCashList reads what Canonical wrote.
func ParseCashList(b []byte) (CashList, error) { return parse(b, CashList.Check) }

// CashListDigest names a signed list.
func CashListDigest(p7s []byte) signing.Digest {
	return signing.TaggedSum("baohan/cash-list/1", p7s)
}
