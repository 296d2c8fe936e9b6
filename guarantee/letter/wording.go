package letter

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sync"
)

// Wording is a text under which letters are issued: clauses with {slots}, the documents that a demand needs, and the
// periods. A wording that was ever used is never changed; a change is a new version.
type Wording struct {
	ID                 string         `json:"id"`
	Version            int            `json:"version"`
	Form               Form           `json:"form"`
	Title              string         `json:"title"`
	PayWithinDays      int            `json:"pay_within_days"`      // calendar days
	PayFrom            PayFrom        `json:"pay_from"`             // from when they count
	ExamineWorkingDays int            `json:"examine_working_days"` // following the day of presentation
	HoldDays           int            `json:"hold_days,omitzero"`   // calendar days for which an extension may be weighed against payment; 0: not provided for
	Documents          []DocumentKind `json:"documents"`            // with a demand under a full letter
	Clauses            []string       `json:"clauses"`              // the full rendering
	BlindClauses       []string       `json:"blind_clauses"`        // empty: not to be issued blind
}

// PayFrom says from when the days for payment count.
type PayFrom string

const (
	PayFromReceipt  PayFrom = "receipt"  // from the receipt of a complying demand
	PayFromDecision PayFrom = "decision" // from the insurer's agreement with the insured (保险法 art. 23)
)

// Ref names the wording.
func (w Wording) Ref() WordingRef { return WordingRef{w.ID, w.Version} }

// Rendering is what a wording says in one mode.
type Rendering struct {
	Clauses   []string // with {slots}
	Documents []DocumentKind
}

// Rendering is the clauses and documents for a mode. A blind letter is also paid against the reveal record, because it
// says nothing of the lot itself.
func (w Wording) Rendering(m Mode) (Rendering, error) {
	switch {
	case m == ModeFull:
		return Rendering{w.Clauses, w.Documents}, nil
	case m == ModeBlind && len(w.BlindClauses) > 0:
		return Rendering{w.BlindClauses, slices.Insert(slices.Clone(w.Documents), 1, RevealRecord)}, nil
	}
	return Rendering{}, fault("mode", "mode", "该文本不能以这种密封方式开立；请选择文本支持的方式")
}

//go:embed wordings/*.json
var wordingFiles embed.FS

// Wordings are all wordings of this release, by id and version.
func Wordings() []Wording { return slices.Clone(loadWordings()) }

// WordingOf finds a wording.
func WordingOf(ref WordingRef) (Wording, error) {
	for _, w := range loadWordings() {
		if w.Ref() == ref {
			return w, nil
		}
	}
	return Wording{}, fault("wording", "wording", "没有这个文本版本；请从文本库中选择，或升级客户端")
}

// loadWordings reads the embedded files once. One that does not hold stops the program: nothing may be issued on it.
var loadWordings = sync.OnceValue(func() []Wording {
	names, err := fs.Glob(wordingFiles, "wordings/*.json")
	if err != nil {
		panic(err)
	}
	var all []Wording
	for _, name := range names {
		b, err := wordingFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		w, err := parseWording(b)
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		all = append(all, w)
	}
	return all
})
