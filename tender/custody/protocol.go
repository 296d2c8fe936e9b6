package custody

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// The protocol: POST with a JSON body, signed by the platform; every answer to such a request is signed by the
// custodian's long-term key. Each question may be asked again.
const (
	pathKey      = "/baohan/v1/custody/key"
	pathRehearse = "/baohan/v1/custody/rehearse"
	pathShares   = "/baohan/v1/custody/shares"
	pathPostpone = "/baohan/v1/custody/postpone"
	// PathReady answers 200 without a signature: the agent listens. It says nothing else.
	PathReady = "/readyz"
)

type keyRequest struct {
	Project   string    `json:"project"`
	Lot       string    `json:"lot"`
	NotBefore time.Time `json:"not_before"`
}

type rehearseRequest struct {
	Project string `json:"project"`
	Lot     string `json:"lot"`
	Wrapped []byte `json:"wrapped"`
}

type rehearseAnswer struct {
	Plain []byte `json:"plain"`
}

type sharesRequest struct {
	Closing  []byte            `json:"closing"`
	Previous []byte            `json:"previous,omitzero"`
	Records  map[string]Record `json:"records"`
}

type sharesAnswer struct {
	Shares map[string]signing.Share `json:"shares"`
}

type done struct{}

// fault is a refusal. Its code tells which rule; nothing of the request is repeated.
type fault struct {
	Code string `json:"code"`
}

// refusals are the rules that may refuse, by the code that travels.
var refusals = []struct {
	code string
	err  error
}{
	{"too_early", ErrTooEarly}, {"deadline", ErrDeadline}, {"not_centre", ErrNotCentre}, {"no_key", ErrNoKey},
	{"changed", ErrChanged}, {"previous", ErrPrevious}, {"unnamed", ErrUnnamed}, {"digest", ErrDigest},
	{"rehearsal", ErrRehearsal}, {"veto", ErrVeto}, {"by_hand", ErrByHand}, {"order", ErrOrder}, {"destroyed", ErrDestroyed},
}

// Errors of the way between platform and custodian.
var (
	// ErrNoAnswer says that no answer came which can be believed. What was asked may have been done: ask again.
	ErrNoAnswer = errors.New("custody: the custodian did not answer")
	// ErrRefused is a refusal for a reason that this build does not know, or none at all.
	ErrRefused = errors.New("custody: the custodian refused")
	// ErrForeignKey says that the key is not by the custodian that was asked.
	ErrForeignKey = errors.New("custody: the key is not this custodian's for this lot")
)

// ErrMalformed refuses a body that is not exactly a request.
var ErrMalformed = errors.New("custody: malformed request")

func codeOf(err error) (code string, status int) {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.code, http.StatusConflict
		}
	}
	if errors.Is(err, ErrMalformed) {
		return "malformed", http.StatusBadRequest
	}
	return "internal", http.StatusInternalServerError
}

func errorOf(code string) error {
	for _, r := range refusals {
		if r.code == code {
			return r.err
		}
	}
	return fmt.Errorf("%w (%q)", ErrRefused, code)
}

func readJSON(b []byte, to any) error {
	if err := json.Unmarshal(b, to, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// belongs tells whether a key is what its custodian was asked for: by the pinned certificate, signed for this lot.
func belongs(k letter.CustodianKey, pinned signing.Certificate, project, lot string) error {
	chain, err := k.Chain()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForeignKey, err)
	}
	if !chain[0].Equal(pinned) || k.Custodian.USCC != pinned.Subject().OrganizationID {
		return ErrForeignKey
	}
	if err := signing.Verify(pinned.PublicKey(), letter.CustodianKeyBytes(project, lot, k.Public), k.Signature); err != nil {
		return fmt.Errorf("%w: %w", ErrForeignKey, err)
	}
	return nil
}
