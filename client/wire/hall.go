package wire

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// HallRules are the rules of a remote opening (不见面开标), in minutes, as the notice states them. Of a new lot a zero takes
// the default: 30, 10 and 15.
type HallRules struct {
	Decrypt   int `json:"decrypt,omitzero"`   // 10 to 120
	Objection int `json:"objection,omitzero"` // 5 to 240, from the read-out
	Sign      int `json:"sign,omitzero"`      // 5 to 60
}

// Hall is GET /lots/{lot}/hall: the session of a remote opening, for its host, the centre, the supervisor and the bidders
// of the lot, the same for all of them but for Own. It is there when the opening is published, and not before.
type Hall struct {
	Lot          string            `json:"lot"`
	Stage        string            `json:"stage"` // listed | decrypting | paused | decrypted | read | objecting | signing | ended | terminated
	Words        string            `json:"words"` // Chinese, for people
	Version      int64             `json:"version"`
	Rules        HallRules         `json:"rules"`
	Now          time.Time         `json:"now"` // the platform's clock: the only one that counts
	Deadline     time.Time         `json:"deadline,omitzero"`
	RemainingUS  int64             `json:"remaining_us"` // microseconds of the window, at Now; of a pause what it keeps
	PausedIn     string            `json:"paused_in,omitzero"`
	BegunAt      time.Time         `json:"begun_at"`
	DecryptFrom  time.Time         `json:"decrypt_from,omitzero"`
	DecryptUntil time.Time         `json:"decrypt_until,omitzero"`
	ReadAt       time.Time         `json:"read_at,omitzero"`
	EndedAt      time.Time         `json:"ended_at,omitzero"`
	Own          string            `json:"own,omitzero"` // the caller's bid, if it leads one
	Bids         []HallBid         `json:"bids"`
	Objections   []HallObjection   `json:"objections"`
	Attributions []HallAttribution `json:"attributions"`
	Extension    *HallExtension    `json:"extension,omitzero"` // that waits for the supervisor's consent
	Attendance   []HallAttendance  `json:"attendance"`
	Record       *HallRecordHead   `json:"record,omitzero"`
}

// HallBid is one bid of a session. Terms stand from the read-out on, all at once; null of a bid that was not decrypted.
type HallBid struct {
	Bid         string           `json:"bid"`
	Bidders     []letter.Party   `json:"bidders"` // the lead first; none: its outer half is unreadable
	Letter      string           `json:"letter,omitzero"`
	Result      string           `json:"result,omitzero"` // of the letter: passed | doubtful | unknown
	State       string           `json:"state"`           // waiting | decrypted | unreadable | pending | revoked | withdrawn
	Failure     string           `json:"failure,omitzero"`
	DecryptedAt time.Time        `json:"decrypted_at,omitzero"`
	Terms       *letter.BidTerms `json:"terms"`
	ConfirmedAt time.Time        `json:"confirmed_at,omitzero"` // by its bidder: the figures agree
}

// HallObjection is an objection with its answer. One that came too late is refused: what is left is a complaint (投诉,
// 招标投标法实施条例60).
type HallObjection struct {
	Seq        int64     `json:"seq"`
	Bidder     string    `json:"bidder"` // 统一社会信用代码
	Text       string    `json:"text"`
	At         time.Time `json:"at"`
	Refused    bool      `json:"refused"`
	Answer     string    `json:"answer,omitzero"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
}

// HallAttribution is why a bid was not decrypted (电子招标投标办法31), in force with the supervisor's confirmation.
type HallAttribution struct {
	Seq         int64          `json:"seq"`
	Bid         string         `json:"bid"`
	Cause       string         `json:"cause"` // bidder | not_bidder
	Evidence    string         `json:"evidence"`
	Digest      signing.Digest `json:"digest,omitzero"`   // SM3 of a file of evidence
	Previous    int64          `json:"previous,omitzero"` // the one that this corrects
	SaidAt      time.Time      `json:"said_at"`
	ConfirmedBy string         `json:"confirmed_by,omitzero"`
	ConfirmedAt time.Time      `json:"confirmed_at,omitzero"`
}

// HallExtension is more time that the host has asked for.
type HallExtension struct {
	Seq     int64     `json:"seq"`
	Minutes int       `json:"minutes"`
	Reason  string    `json:"reason"`
	AskedAt time.Time `json:"asked_at"`
}

// HallAttendance is a bidder that had signed in (签到).
type HallAttendance struct {
	Bidder string    `json:"bidder"`
	At     time.Time `json:"at"`
}

// HallRecordHead is the newest edition of the record, without its bytes.
type HallRecordHead struct {
	Edition int            `json:"edition"`
	Digest  signing.Digest `json:"digest"`
	At      time.Time      `json:"at"`
	Signed  []string       `json:"signed"` // 统一社会信用代码 of who has signed it
}

// HallState is the answer of a verb of a session: where it stood after it, and the event that it made. The same command
// gets the same answer for ever.
type HallState struct {
	Lot     string    `json:"lot"`
	Stage   string    `json:"stage"`
	Version int64     `json:"version"`
	Seq     int64     `json:"seq,omitzero"` // names an objection, an extension or an attribution in what follows; absent: it had been done before
	At      time.Time `json:"at"`           // when it took effect
}

// HallReason is POST /lots/{lot}/hall/pause and /resume.
type HallReason struct {
	Reason string `json:"reason"`
}

// AskExtension is POST /lots/{lot}/hall/extensions: the host asks for more time to decrypt, for all bidders at once.
type AskExtension struct {
	Minutes int    `json:"minutes"`
	Reason  string `json:"reason"`
}

// HallConsent is POST /lots/{lot}/hall/consents, by the supervisor, before the window's end.
type HallConsent struct {
	Extension int64 `json:"extension"` // seq
}

// BidOffer is GET /bids/{id}/offer: the bidder's own sealed form, from the order to decrypt on.
type BidOffer struct {
	Offer []byte `json:"offer"`
}

// HandInForm is POST /bids/{id}/form: the signed form that the bidder has decrypted, exactly as it was sealed.
type HandInForm struct {
	Form []byte `json:"form"`
}

// HallText is POST /lots/{lot}/hall/objections.
type HallText struct {
	Text string `json:"text"`
}

// HallReply is POST /lots/{lot}/hall/answers.
type HallReply struct {
	Objection int64  `json:"objection"` // seq
	Text      string `json:"text"`
}

// Attribute is POST /lots/{lot}/hall/attributions, by the host, after the window to decrypt.
type Attribute struct {
	Bid      string         `json:"bid"`
	Cause    string         `json:"cause"` // bidder | not_bidder
	Evidence string         `json:"evidence"`
	Digest   signing.Digest `json:"digest,omitzero"`
}

// ConfirmAttribution is POST /lots/{lot}/hall/confirmations, by the supervisor.
type ConfirmAttribution struct {
	Attribution int64 `json:"attribution"` // seq
}

// MakeRecord is POST /lots/{lot}/hall/record: the host closes the objections and has the record made.
type MakeRecord struct {
	Note string `json:"note,omitzero"`
}

// HallRecord is GET /lots/{lot}/hall/record?edition=. Content is letter.OpeningRecord in its canonical form: host and
// bidders sign these bytes.
type HallRecord struct {
	Lot        string           `json:"lot"`
	Edition    int              `json:"edition"`
	Newest     int              `json:"newest"`
	Digest     signing.Digest   `json:"digest"`
	Content    []byte           `json:"content"`
	At         time.Time        `json:"at"`
	Signatures []HallSignedLine `json:"signatures"`
}

// HallSignedLine is who signed. Without Signed it had not signed when the time was over: 未签，视为无异议.
type HallSignedLine struct {
	Signer string    `json:"signer"` // 统一社会信用代码
	Host   bool      `json:"host"`
	Signed []byte    `json:"signed,omitzero"` // SignedData
	At     time.Time `json:"at"`
}

// SignRecord is POST /lots/{lot}/hall/signatures: SignedData over the content of the newest edition.
type SignRecord struct {
	Record []byte `json:"record"`
}

// Attend is POST /lots/{lot}/attendance. Statement is what an earlier sign-in was answered with; without it the bidder
// signs in now.
type Attend struct {
	Statement []byte `json:"statement,omitzero"`
}

// SignedIn answers Attend. Before the opening is published the platform keeps nothing: hand Statement in when there is a
// session. Recorded tells that it has been.
type SignedIn struct {
	At        time.Time `json:"at"`
	Statement []byte    `json:"statement,omitzero"` // SignedData by the platform
	Recorded  bool      `json:"recorded"`
}

// HallEvent is one event of GET /lots/{lot}/hall/events (text/event-stream). The event's name is Kind and its id is Seq;
// there is no gap between one and the next. It never names a price: what was read out stands in Hall.
type HallEvent struct {
	Seq   int64          `json:"seq"`
	Kind  string         `json:"kind"`
	Words string         `json:"words"` // Chinese, for people
	At    time.Time      `json:"at"`
	Actor string         `json:"actor"` // role, or role:统一社会信用代码
	Data  jsontext.Value `json:"data"`
	Final bool           `json:"final,omitzero"` // ended or terminated: close the stream
}
