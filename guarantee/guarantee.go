package guarantee

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// Guarantee is one row: everything that is known of a guarantee without opening it, and after the opening its
// revealed amount and end.
type Guarantee struct {
	ID                string
	Version           int64 // number of events so far
	Channel           Channel
	Guarantor         string
	Mode              letter.Mode
	Form              letter.Form
	Wording           string
	WordingVersion    int
	ApplicationState  State
	FeeState          State
	InstrumentState   State
	DisclosureState   State
	VerificationState State
	ReleaseState      State
	Ceiling           letter.Fen
	LatestExpiry      time.Time   // date, UTC midnight; see latestExpiry
	FirstLatest       time.Time   // as the letter itself states it, before any amendment
	QuotedFee         letter.Fen  // 0 = sold at a counter: the platform knows of no fee
	Fee               *letter.Fen // agreed
	FeeOffered        *letter.Fen // the guarantor's real fee, while the applicant has not agreed to it
	ApplicationDigest []byte
	Commitment        []byte
	RecordKey         []byte
	Number            *string
	LetterDigest      []byte
	Receipt           []byte
	SubmittedAt       time.Time
	FeeDueAt          *time.Time
	IssuedAt          *time.Time
	Amount            *letter.Fen
	Expiry            *time.Time
	OpenDemands       int
	Honoured          letter.Fen
	ReleaseDueBy      *time.Time // date; nil while its year is not published
	ReleaseReason     *string
	ReleaseLaw        *string // with the three below: the clock as it was started; nil for one older than that
	ReleaseFrom       *time.Time
	ReleaseDays       *int
	ReleaseUnit       *string
	TwoPeople         bool   // whoever decided does not issue
	DecidedBy         []byte // fingerprint of the certificate; nil: not decided, or before it was kept
	PreparedBy        []byte
	IssuedBy          []byte
}

// lastInstant is the last instant at which a presentation is in time: 24:00 Asia/Shanghai of the last day of
// validity; the latest expiry as long as the letter is sealed, the revealed end after that.
func (g *Guarantee) lastInstant() time.Time {
	day := g.LatestExpiry
	if g.Expiry != nil {
		day = *g.Expiry
	}
	return calendar.DateOf(day).EndOfDay()
}

// state points at the state of one machine.
func (g *Guarantee) state(p Part) *State {
	switch p {
	case PartApplication:
		return &g.ApplicationState
	case PartFee:
		return &g.FeeState
	case PartInstrument:
		return &g.InstrumentState
	case PartDisclosure:
		return &g.DisclosureState
	case PartVerification:
		return &g.VerificationState
	case PartRelease:
		return &g.ReleaseState
	case PartDemand: // has rows of its own
	}
	panic("guarantee: no such machine: " + string(p))
}

// move makes one legal move of one machine, or refuses.
func (g *Guarantee) move(p Part, verb Verb) error {
	s := g.state(p)
	to, err := next(p, *s, verb)
	if err != nil {
		return err
	}
	*s = to
	return nil
}

// ErrNotFound is the answer for every guarantee that is not there or not the caller's.
var ErrNotFound = party.NotFound("guarantee.not_found", "没有找到这份保函；请核对编号，或确认您有权查看")

// of refuses everyone but the guarantor of the row, with the answer for what does not exist.
func (g *Guarantee) of(a party.Actor) error {
	if a.Role != party.Guarantor || a.USCC != g.Guarantor {
		return ErrNotFound
	}
	return nil
}
