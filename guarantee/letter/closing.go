package letter

import (
	"regexp"
	"strings"
	"time"

	"baohan/signing"
)

// The two closings of an opening.
const (
	StageBids    = "bids"    // A: the bids received and not withdrawn
	StageLetters = "letters" // B: the letters that those bids name
)

// RecordRef names one sealed record by its id and by its bytes.
type RecordRef struct {
	ID     string         `json:"id"`     // a bid; or a guarantee: its reveal record, and with .letter its full letter
	Digest signing.Digest `json:"digest"` // SealedDigest
}

// Closing is what the centre signs after the deadline; on it custodians give their shares of exactly these records.
type Closing struct {
	Version    int            `json:"version"`
	Stage      string         `json:"stage"`
	Project    string         `json:"project"`
	Lot        string         `json:"lot"`
	Deadline   time.Time      `json:"deadline"`
	ClosedAt   time.Time      `json:"closed_at"`
	Custodians signing.Digest `json:"custodians"` // KeySet.Digest
	Previous   signing.Digest `json:"previous"`   // B: ClosingDigest of A; A: zero
	Records    []RecordRef    `json:"records"`    // in ascending order of their ids
}

const maxRecords = 10_000

var recordID = regexp.MustCompile(`^[0-9a-f]{32}(\.letter)?$`)

// Check holds for a closing after its deadline with every record once.
func (c Closing) Check() error {
	return firstOf(
		checkVersion(c.Version),
		need(c.Stage == StageBids || c.Stage == StageLetters, "stage", "stage", "截标清单的阶段有误"),
		checkText("project", c.Project, 1, 64),
		checkText("lot", c.Lot, 1, 64),
		checkInstant("deadline", c.Deadline),
		checkInstant("closed_at", c.ClosedAt),
		need(!c.ClosedAt.Before(c.Deadline), "closed_at", "too_early", "截标清单不得早于投标截止时间签署"),
		checkDigest("custodians", c.Custodians.IsZero()),
		need(c.Previous.IsZero() == (c.Stage == StageBids), "previous", "previous", "保函清单须指明投标清单，投标清单不得指明前一清单"),
		need(len(c.Records) <= maxRecords, "records", "count", "记录过多"),
		checkEach("records", c.Records, c.checkRecord),
		need(ordered(c.Records, func(r RecordRef) string { return r.ID }), "records", "order", "记录须按编号升序且不重复"),
	)
}

func (c Closing) checkRecord(r RecordRef) error {
	return firstOf(
		need(recordID.MatchString(r.ID) && (c.Stage == StageLetters || !strings.HasSuffix(r.ID, ".letter")), "id", "id", "记录编号有误"),
		checkDigest("digest", r.Digest.IsZero()),
	)
}

// Canonical is what the centre signs.
func (c Closing) Canonical() ([]byte, error) { return canonical(c, Closing.Check) }

// ParseClosing reads what Canonical wrote.
func ParseClosing(b []byte) (Closing, error) { return parse(b, Closing.Check) }
