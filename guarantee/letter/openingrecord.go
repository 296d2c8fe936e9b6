package letter

import (
	"slices"
	"time"

	"baohan/signing"
)

// RemotePlace is where a lot is opened whose bidders decrypt at home.
const RemotePlace = "不见面开标"

// The states of a bid in a record.
const (
	BidDecrypted  = "decrypted"  // 解密成功
	BidRevoked    = "revoked"    // 撤销: not decrypted, the bidder's cause (电子招标投标办法31)
	BidWithdrawn  = "withdrawn"  // 撤回: not decrypted, not the bidder's cause (the same)
	BidPending    = "pending"    // 责任待认定: not decrypted, the supervisor has not confirmed whose cause
	BidUnreadable = "unreadable" // 无法读取: its outer half could not be read, so that nobody knows whose it is
)

var bidStates = map[string]string{BidDecrypted: "解密成功", BidRevoked: "未解密，视为撤销", BidWithdrawn: "未解密，视为撤回", BidPending: "未解密，责任待认定", BidUnreadable: "投标文件无法读取"}

// The kinds of changes to an opening's clocks.
const (
	ChangeExtended = "extended" // 延长, with the supervisor's consent
	ChangePaused   = "paused"   // 暂停
	ChangeResumed  = "resumed"  // 恢复
	ChangeOutage   = "outage"   // 平台中断: the time lost is given back
)

var changeKinds = map[string]string{ChangeExtended: "延长", ChangePaused: "暂停", ChangeResumed: "恢复", ChangeOutage: "平台中断补时"}

// OpeningRecord (开标记录表, 招标投标法36, 电子招标投标办法32) is what was read out at a remote opening and how it came to
// it. Host and bidders sign the same bytes, each by itself. What is found later makes a new edition, which names the one
// before; no edition is ever changed.
type OpeningRecord struct {
	Version      int               `json:"version"`
	Edition      int               `json:"edition"`  // 1, 2, …
	Previous     signing.Digest    `json:"previous"` // Digest of the edition before; zero for the first
	Lot          Lot               `json:"lot"`
	Deadline     time.Time         `json:"deadline"`
	OpenedAt     time.Time         `json:"opened_at"`
	Place        string            `json:"place"`      // RemotePlace
	Host         Party             `json:"host"`       // 主持: the tenderee or its agent
	Supervisor   Party             `json:"supervisor"` // zero if none acted
	Sheet        signing.Digest    `json:"sheet"`      // SheetDigest of the verification sheet
	Rules        RecordRules       `json:"rules"`
	DecryptFrom  time.Time         `json:"decrypt_from"`
	DecryptUntil time.Time         `json:"decrypt_until"` // when decrypting ended: the window's end, or earlier when every bid was decrypted
	Bids         []RecordBid       `json:"bids"`          // in ascending order of their ids, as in the sheet
	Objections   []RecordObjection `json:"objections"`    // as they came
	Changes      []RecordChange    `json:"changes"`       // as they came
	Note         string            `json:"note"`          // remarks; of a later edition, why there is one
	At           time.Time         `json:"at"`            // when this edition was made
}

// RecordRules are the windows that the notice stated, in minutes.
type RecordRules struct {
	DecryptMinutes   int `json:"decrypt_minutes"`
	ObjectionMinutes int `json:"objection_minutes"`
	SignMinutes      int `json:"sign_minutes"`
}

// RecordBid is one line of the record. One whose outer half could not be read names nobody.
type RecordBid struct {
	Bid         string         `json:"bid"`
	Bidders     []Party        `json:"bidders"`     // the lead first; none: not readable
	ReceivedAt  time.Time      `json:"received_at"` // as its receipt says; zero where that cannot be read
	Security    RecordSecurity `json:"security"`
	State       string         `json:"state"`                 // decrypted | revoked | withdrawn | pending | unreadable
	DecryptedAt time.Time      `json:"decrypted_at,omitzero"` // when the platform took the form; only of a decrypted bid
	Form        signing.Digest `json:"form"`                  // FormDigest, as the bid's outer half carries it; zero: not readable
	Terms       *BidTerms      `json:"terms"`                 // null unless decrypted
	Note        string         `json:"note"`                  // 备注; of a bid that was not decrypted, why
}

// RecordSecurity is the bid's security as the verification sheet found it: in cash, only the form is set (and the amount
// where it is known); of a letter that could not be opened, only the result; of a bid that is not readable, nothing.
type RecordSecurity struct {
	Form      Form   `json:"form,omitzero"`
	Number    string `json:"number,omitzero"`
	Guarantor Party  `json:"guarantor,omitzero"`
	Amount    Fen    `json:"amount,omitzero"`
	Result    string `json:"result,omitzero"` // passed | doubtful | unknown
}

// RecordObjection is what a bidder objected, and the host's answer. One that came when the window was over is refused.
type RecordObjection struct {
	Bidder     Party     `json:"bidder"`
	At         time.Time `json:"at"`
	Text       string    `json:"text"`
	Refused    bool      `json:"refused"`
	Answer     string    `json:"answer"`               // empty when refused
	AnsweredAt time.Time `json:"answered_at,omitzero"` // unless refused
}

// RecordChange is an extension, a pause, its end, or time that an outage of the platform took.
type RecordChange struct {
	Kind   string    `json:"kind"` // extended | paused | resumed | outage
	At     time.Time `json:"at"`
	By     Party     `json:"by,omitzero"` // zero: the platform, of an outage
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"` // the window's new end; none of a pause
}

// maxOpeningRecord bounds a record, in bytes, as maxSheet does a sheet.
const maxOpeningRecord = maxSheet

// Canonical is what host and bidders sign.
func (r OpeningRecord) Canonical() ([]byte, error) { return canonical(r, OpeningRecord.Check) }

// ParseOpeningRecord reads what Canonical wrote.
func ParseOpeningRecord(b []byte) (OpeningRecord, error) {
	return parseUpTo(b, maxOpeningRecord, OpeningRecord.Check)
}

// Digest names the record, whoever signed it: RecordContentDigest of its bytes; zero for one that does not hold.
func (r OpeningRecord) Digest() signing.Digest { return digestOf(openingRecordTag, r.Canonical) }

// Signers are the parties whose signatures belong under the record: the host, the supervisor if it acted, the bidders.
func (r OpeningRecord) Signers() []Party {
	out := []Party{r.Host}
	add := func(p Party) {
		if !slices.ContainsFunc(out, func(q Party) bool { return q.USCC == p.USCC }) {
			out = append(out, p)
		}
	}
	if r.Supervisor != (Party{}) {
		add(r.Supervisor)
	}
	for _, b := range r.Bids {
		for _, p := range b.Bidders {
			add(p)
		}
	}
	return out
}

// Role is what a signer was at the opening, in Chinese; empty for a stranger.
func (r OpeningRecord) Role(uscc string) string {
	has := func(p Party) bool { return p.USCC == uscc }
	switch {
	case uscc == "":
	case has(r.Host):
		return "招标人代表（主持）"
	case has(r.Supervisor):
		return "监督"
	case slices.ContainsFunc(r.Bids, func(b RecordBid) bool { return slices.ContainsFunc(b.Bidders, has) }):
		return "投标人"
	}
	return ""
}

// Chinese is the bid's state for people.
func (b RecordBid) Chinese() string { return bidStates[b.State] }

// Chinese is the change's kind for people.
func (c RecordChange) Chinese() string { return changeKinds[c.Kind] }
