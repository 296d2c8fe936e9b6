package letter

import (
	"regexp"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"baohan/signing"
	"baohan/signing/tlog"
)

// What a Fact is about.
const (
	OfGuarantee = "guarantee"
	OfLot       = "lot"
)

// The facts by which a letter enters into force, as their Kind.
const (
	FactIssued    = "issued"
	FactDeposited = "deposited" // sold at a counter
)

// factTag is of the leaf that commits to a fact.
const factTag = "baohan/fact/1"

// Fact is one fact of the life of a guarantee or of a lot, word for word as its row has it. A leaf of the transparency
// log commits to it: whoever changes the row, or takes it away, contradicts the log.
type Fact struct {
	Version int            `json:"version"` // 1
	Of      string         `json:"of"`      // OfGuarantee or OfLot
	Subject string         `json:"subject"` // its id
	Seq     int64          `json:"seq"`     // 1, 2, 3 … of the subject
	Kind    string         `json:"kind"`
	At      time.Time      `json:"at"`
	Actor   string         `json:"actor"`
	Demand  string         `json:"demand,omitzero"` // the demand's id, where the fact is about one
	Data    jsontext.Value `json:"data"`            // what the fact says, with the digests of what was signed
}

// InForce is the Data of the facts by which a letter enters into force.
type InForce struct {
	Number string         `json:"number"`
	Letter signing.Digest `json:"letter"` // UndertakingDigest; of a letter in full SaltedDigest
}

var factWord = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)

// Check holds for a fact that is complete.
func (f Fact) Check() error {
	return firstOf(
		checkVersion(f.Version),
		need(f.Of == OfGuarantee || f.Of == OfLot, "of", "of", "日志所记事项的类别有误"),
		checkID("subject", f.Subject),
		need(f.Seq >= 1, "seq", "seq", "日志所记事项的序号有误"),
		need(factWord.MatchString(f.Kind), "kind", "kind", "日志所记事项的名称有误"),
		checkInstant("at", f.At),
		checkText("actor", f.Actor, 1, 100),
		need(f.Data.Kind() == '{', "data", "data", "日志所记事项缺少内容"),
	)
}

// Canonical is what the leaf commits to.
func (f Fact) Canonical() ([]byte, error) { return canonical(f, Fact.Check) }

// Leaf commits to the fact with a fresh salt.
func (f Fact) Leaf() (tlog.Leaf, error) {
	b, err := f.Canonical()
	if err != nil {
		return tlog.Leaf{}, err
	}
	return tlog.NewLeaf(factTag, b), nil
}

// Commitment is the leaf of the fact under a salt that is known.
func (f Fact) Commitment(salt tlog.Salt) (signing.Digest, error) {
	b, err := f.Canonical()
	if err != nil {
		return signing.Digest{}, err
	}
	return tlog.Commit(salt, factTag, b), nil
}

// LogProof shows to anyone, offline, that a fact stands in the transparency log.
type LogProof struct {
	Version   int            `json:"version"` // 1
	Fact      Fact           `json:"fact"`
	Salt      tlog.Salt      `json:"salt"`
	Inclusion tlog.Inclusion `json:"inclusion"`
}

// Check holds for a proof that is complete. Whether it proves anything is for Verify.
func (p LogProof) Check() error {
	return firstOf(checkVersion(p.Version), within("fact", p.Fact.Check()),
		need(p.Salt != tlog.Salt{}, "salt", "salt", "日志证明缺少盐值"),
		need(p.Inclusion.Version == 1 && p.Inclusion.Checkpoint != "", "inclusion", "inclusion", "日志证明不完整"))
}

// Canonical is the proof as a file of its own.
func (p LogProof) Canonical() ([]byte, error) { return canonical(p, LogProof.Check) }

// ParseLogProof reads what Canonical wrote. It verifies nothing.
func ParseLogProof(b []byte) (LogProof, error) { return parse(b, LogProof.Check) }

// Verify checks the proof against a log and witnesses that the reader trusts, and tells the head that holds the fact and
// who saw it when.
func (p LogProof) Verify(trust tlog.Policy) (tlog.Checkpoint, []tlog.Sighting, error) {
	leaf, err := p.Fact.Commitment(p.Salt)
	if err != nil {
		return tlog.Checkpoint{}, nil, err
	}
	return p.Inclusion.Verify(leaf, trust)
}

// LogEntry is what the platform tells those who may know a fact: the proof, or, until a head holds it, the log's signed
// promise of when one will.
type LogEntry struct {
	Fact      Fact            `json:"fact"`
	Salt      tlog.Salt       `json:"salt"`
	Inclusion *tlog.Inclusion `json:"inclusion,omitzero"`
	Receipt   string          `json:"receipt,omitzero"` // a signed note (tlog.Receipt)
}

// Proof is the entry's proof; false as long as the log has only promised.
func (e LogEntry) Proof() (LogProof, bool) {
	if e.Inclusion == nil {
		return LogProof{}, false
	}
	return LogProof{Version: 1, Fact: e.Fact, Salt: e.Salt, Inclusion: *e.Inclusion}, true
}
