package tender

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Project is 招标项目: one or more lots of the same beneficiaries under one regime.
type Project struct {
	ID            string
	Code          string
	Name          string
	Regime        string
	Owner         string // USCC of the tenderer or agent that runs it
	Beneficiaries []letter.Party
	CreatedAt     time.Time
}

// Place is where the bids of a lot are handed in.
type Place string

// The places. A lot says so from its draft on, and it is frozen when the lot is published.
const (
	Here    Place = "here"
	Outside Place = "outside" // the bid system (开评标系统) that the centre already has
)

// Lot is 标段: what is bid for, and what security it asks.
type Lot struct {
	ID            string
	Version       int64 // number of events so far
	State         State
	Project       Project
	Lot           letter.Lot
	Base          letter.Fen // 估算价 (招投标) or 预算 (政府采购)
	Amount        letter.Fen
	Forms         []letter.Form
	End           letter.EndRule
	Bids          Place
	Consortium    bool       // whether a consortium may bid (招标投标法31)
	Hall          *HallRules // of a remote opening; nil: on the spot
	PublishedAt   *time.Time
	ClosedAt      *time.Time
	OpenedAt      *time.Time
	Postponed     []Postponement     // in their order
	Evaluated     int                // the newest edition of the committee's result here; 0: none
	Ended         *Termination       // nil unless the tender was called off
	RetenderOf    string             // the failed or terminated lot that this one repeats; "" for none
	Requirement   letter.Requirement // frozen, but for its deadline; zero in a draft
	Custodians    letter.KeySet      // zero in a draft
	frozen        signing.Digest     // of the requirement
	requirement   []byte
	custodianKeys []byte
}

// RequirementDigest is the digest that the notice carries; zero in a draft.
func (l *Lot) RequirementDigest() signing.Digest { return l.frozen }

// takesCash tells whether the notice lets bidders give their security in cash.
func (l *Lot) takesCash() bool { return slices.Contains(l.Forms, letter.FormCash) }

// ErrNotFound is the answer for every lot that is not there, not published, or not the caller's.
var ErrNotFound = party.NotFound("lot.not_found", "没有找到该标段；请核对编号，或确认您有权查看")

// runBy refuses everyone but who runs the project, with the answer for what does not exist.
func (p Project) runBy(a party.Actor) error {
	mine := a.USCC == p.Owner || slices.ContainsFunc(p.Beneficiaries, func(b letter.Party) bool { return b.USCC == a.USCC })
	if !a.Is(party.Beneficiary, party.Agent) || !mine {
		return ErrNotFound
	}
	return nil
}

// lotRow is a lot joined with its project, as SQL gives it.
type lotRow struct {
	ID            string        `db:"id"`
	Version       int64         `db:"version"`
	State         State         `db:"state"`
	Code          string        `db:"code"`
	Name          string        `db:"name"`
	Base          letter.Fen    `db:"base"`
	Amount        letter.Fen    `db:"amount"`
	Forms         []letter.Form `db:"forms"`
	Deadline      time.Time     `db:"deadline"`
	ValidityDays  int           `db:"validity_days"`
	ExtraDays     int           `db:"extra_days"`
	Bids          Place         `db:"bids"`
	Consortium    bool          `db:"consortium"`
	Requirement   []byte        `db:"requirement"`
	Custodians    []byte        `db:"custodians"`
	PublishedAt   *time.Time    `db:"published_at"`
	ClosedAt      *time.Time    `db:"closed_at"`
	OpenedAt      *time.Time    `db:"opened_at"`
	Project       string        `db:"project"`
	ProjectCode   string        `db:"project_code"`
	ProjectName   string        `db:"project_name"`
	Regime        string        `db:"regime"`
	Owner         string        `db:"owner"`
	Beneficiaries []byte        `db:"beneficiaries"`
	Postponed     []byte        `db:"postponed"`
	hallRow
	CreatedAt    time.Time  `db:"created_at"`
	Evaluated    int        `db:"evaluated"`
	TerminatedAt *time.Time `db:"terminated_at"`
	Ground       *Ground    `db:"terminated_ground"`
	EndWords     *string    `db:"terminated_words"`
	RetenderOf   *string    `db:"retender_of"`
}

func (r lotRow) lot() (*Lot, error) {
	l := &Lot{ID: r.ID, Version: r.Version, State: r.State, Base: r.Base, Amount: r.Amount, Forms: r.Forms,
		Project: Project{ID: r.Project, Code: r.ProjectCode, Name: r.ProjectName, Regime: r.Regime, Owner: r.Owner, CreatedAt: r.CreatedAt},
		Lot:     letter.Lot{Project: r.ProjectCode, ProjectName: r.ProjectName, Code: r.Code, Name: r.Name},
		End:     letter.EndRule{Deadline: r.Deadline.In(calendar.Shanghai), ValidityDays: r.ValidityDays, ExtraDays: r.ExtraDays},
		Bids:    r.Bids, Consortium: r.Consortium, Hall: r.rules(),
		PublishedAt: r.PublishedAt, ClosedAt: r.ClosedAt, OpenedAt: r.OpenedAt,
		Evaluated: r.Evaluated, requirement: r.Requirement, custodianKeys: r.Custodians}
	if r.TerminatedAt != nil {
		l.Ended = &Termination{Ground: *r.Ground, Words: *r.EndWords, At: *r.TerminatedAt}
	}
	if r.RetenderOf != nil {
		l.RetenderOf = *r.RetenderOf
	}
	if err := json.Unmarshal(r.Beneficiaries, &l.Project.Beneficiaries); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(r.Postponed, &l.Postponed); err != nil {
		return nil, err
	}
	return l, l.thaw()
}

// thaw reads the frozen bytes back. Their digest is what every submission was made for.
func (l *Lot) thaw() (err error) {
	if l.requirement == nil {
		return nil
	}
	if l.Requirement, err = letter.ParseRequirement(l.requirement); err != nil {
		return err
	}
	if l.Custodians, err = letter.ParseKeySet(l.custodianKeys); err != nil {
		return err
	}
	l.frozen = l.Requirement.Digest()
	return nil
}
