package wire

import "baohan/signing"

// LogKeys is GET /log/keys: who signs and countersigns the transparency log, and its rhythm. It is told, not proved: a
// reader trusts the keys that it was given by somebody else than the platform.
type LogKeys struct {
	Log       string   `json:"log"`       // verifier key: name+id+key
	Old       []string `json:"old"`       // of earlier heads
	Witnesses []string `json:"witnesses"` // whose lines are taken
	Quorum    int      `json:"quorum"`    // so many make a head better than a newer one, in a proof
	Batch     int      `json:"batch"`     // leaves a beat, neither more nor less
	Every     int64    `json:"every"`     // seconds from beat to beat
	Within    int64    `json:"within"`    // seconds from a leaf's minute to what its receipt promises
}

// LogLeaves is GET /log/leaves: leaves from a position on, of those under the newest signed head. A full page never
// changes again.
type LogLeaves struct {
	From   uint64           `json:"from"`
	Leaves []signing.Digest `json:"leaves"`
}

// LogPage is the most leaves of one answer.
const LogPage = 1024

// LogCosignature is POST /log/cosignatures: a witness's line on the head of that size. The line is signed by itself, so
// it needs neither a session nor an Idempotency-Key; the same line again changes nothing.
type LogCosignature struct {
	Size uint64 `json:"size"`
	Line string `json:"line"` // with its newline
}
