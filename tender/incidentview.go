package tender

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// IncidentView is an incident as one party may see it.
type IncidentView struct {
	Incident
	Project  letter.Lot // whose lot it is, by its codes and names
	Evidence []EvidenceRef
	Letters  []PresentedLetter
	Events   []IncidentEvent // for the centre and the supervisor
}

// Alarm tells that a letter of it is not what the platform has: people must see to it.
func (v IncidentView) Alarm() bool {
	return slices.ContainsFunc(v.Letters, func(x PresentedLetter) bool { return x.State == LetterContradicted })
}

// EvidenceRef is one file of an incident.
type EvidenceRef struct {
	Digest  signing.Digest
	Name    string
	Size    int
	AddedAt time.Time
}

// PresentedLetter is one copy that a bidder showed, and what became of it. State is empty while it is not accepted.
type PresentedLetter struct {
	ID          string
	File        signing.Digest
	Presenter   string
	PresentedAt time.Time
	Here        bool
	Result      string
	Summary     LetterSummary
	Lines       []letter.Line
	State       AcceptedState
	Moved       bool
	Why         string
	CheckedAt   *time.Time
}

// IncidentEvent is one fact of an incident's history.
type IncidentEvent struct {
	Seq   int64
	Kind  string
	At    time.Time
	Actor string
	Data  []byte
}

// sight is how much of an incident a party sees.
type sight int

const (
	nothing sight = iota
	ownPart       // a bidder: the copies that it showed itself
	hall          // who runs the tender: what was decided, and after the opening all
	all           // the centre and the supervisor
)

// sight tells it of one lot. Whoever sees nothing gets the answer for what does not exist.
func (d *Desk) sight(ctx context.Context, by party.Actor, l *Lot) (sight, error) {
	switch {
	case by.Is(party.Centre, party.Supervisor):
		return all, nil
	case by.Is(party.Beneficiary, party.Agent):
		if l.Project.runBy(by) == nil {
			return hall, nil
		}
	case by.Is(party.Bidder):
		var showed bool
		err := d.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM incident_copy c JOIN incident i ON i.id = c.incident
			WHERE i.lot = @lot AND c.presenter = @by)`, pgx.NamedArgs{"lot": l.ID, "by": by.USCC}).Scan(&showed)
		if showed {
			return ownPart, err
		}
		return nothing, err
	}
	return nothing, nil
}

// SeesIncidentsOf refuses everybody whom the incidents of a lot do not concern.
func (d *Desk) SeesIncidentsOf(ctx context.Context, by party.Actor, lot string) error {
	_, _, err := d.concerned(ctx, by, lot)
	return err
}

// SeesIncident refuses everybody whom an incident does not concern.
func (d *Desk) SeesIncident(ctx context.Context, by party.Actor, id string) error {
	_, _, _, err := d.visible(ctx, by, id)
	return err
}

func (d *Desk) concerned(ctx context.Context, by party.Actor, lot string) (*Lot, sight, error) {
	l, err := d.published(ctx, lot)
	if err != nil {
		return nil, nothing, err
	}
	s, err := d.sight(ctx, by, l)
	if err == nil && (s == nothing || !pastOpening(l.State) && (l.State != Terminated || l.ClosedAt == nil)) {
		err = ErrNotFound
	}
	return l, s, err
}

// Incidents lists what a party may see of a lot's incidents, the latest first.
func (d *Desk) Incidents(ctx context.Context, by party.Actor, lot string) ([]IncidentView, error) {
	l, s, err := d.concerned(ctx, by, lot)
	if err != nil {
		return nil, err
	}
	rows, err := store.Many[Incident](ctx, d.Pool, `SELECT `+incidentColumns+` FROM incident WHERE lot = @lot ORDER BY reported_at DESC, id`,
		pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	out := make([]IncidentView, len(rows))
	for i, in := range rows {
		if out[i], err = d.view(ctx, by, l, in, s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Incident reads one.
func (d *Desk) Incident(ctx context.Context, by party.Actor, id string) (IncidentView, error) {
	in, l, s, err := d.visible(ctx, by, id)
	if err != nil {
		return IncidentView{}, err
	}
	return d.view(ctx, by, l, *in, s)
}

func (d *Desk) visible(ctx context.Context, by party.Actor, id string) (*Incident, *Lot, sight, error) {
	in, err := readIncident(ctx, d.Pool, id, "")
	if err != nil {
		return nil, nil, nothing, err
	}
	l, err := readLot(ctx, d.Pool, in.Lot)
	if err != nil {
		return nil, nil, nothing, err
	}
	s, err := d.sight(ctx, by, l)
	if err == nil && s == nothing {
		err = ErrIncidentNotFound
	}
	return in, l, s, err
}

func (d *Desk) view(ctx context.Context, by party.Actor, l *Lot, in Incident, s sight) (v IncidentView, err error) {
	v = IncidentView{Incident: in, Project: l.Lot}
	if s == ownPart && l.OpenedAt == nil {
		v.Decision = nil // it names the others' letters
	}
	if v.Letters, err = presented(ctx, d.Pool, in.ID); err != nil {
		return v, err
	}
	v.Letters = slices.DeleteFunc(v.Letters, func(x PresentedLetter) bool {
		sealed := l.OpenedAt == nil && x.State == ""
		return s == ownPart && x.Presenter != by.USCC || s == hall && sealed
	})
	if s == ownPart {
		return v, nil
	}
	if v.Evidence, err = evidenceList(ctx, d.Pool, in.ID); err != nil || s != all {
		return v, err
	}
	v.Events, err = store.Many[IncidentEvent](ctx, d.Pool, `SELECT seq, kind, at, actor, data::text::bytea AS data FROM incident_event
		WHERE incident = @id ORDER BY seq`, pgx.NamedArgs{"id": in.ID})
	return v, err
}

type presentedRow struct {
	Letter      string
	Digest      []byte
	Presenter   string
	PresentedAt time.Time
	Here        bool
	Result      string
	Summary     []byte
	Lines       []byte
	State       AcceptedState
	Moved       bool
	Why         string
	CheckedAt   *time.Time
}

// presented are the copies of an incident; of an accepted one the lines are those of its acceptance.
func presented(ctx context.Context, q store.Querier, incident string) ([]PresentedLetter, error) {
	rows, err := store.Many[presentedRow](ctx, q, `SELECT c.letter, c.digest, c.presenter, c.presented_at, c.here,
		coalesce(a.result, c.result) AS result, c.summary::text::bytea AS summary, coalesce(a.lines, c.lines)::text::bytea AS lines,
		coalesce(a.state, '') AS state, coalesce(a.moved, false) AS moved, coalesce(a.why, '') AS why, a.checked_at
		FROM incident_copy c LEFT JOIN accepted_letter a ON a.incident = c.incident AND a.letter = c.letter
		WHERE c.incident = @id ORDER BY c.letter`, pgx.NamedArgs{"id": incident})
	if err != nil {
		return nil, err
	}
	out := make([]PresentedLetter, len(rows))
	for i, r := range rows {
		x := &out[i]
		*x = PresentedLetter{ID: r.Letter, File: [32]byte(r.Digest), Presenter: r.Presenter, PresentedAt: r.PresentedAt, Here: r.Here,
			Result: r.Result, State: r.State, Moved: r.Moved, Why: r.Why, CheckedAt: r.CheckedAt}
		if err := json.Unmarshal(r.Summary, &x.Summary); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(r.Lines, &x.Lines); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CopyFile is one copy as it was shown: whoever sees the letter may verify it offline.
func (d *Desk) CopyFile(ctx context.Context, by party.Actor, id, of string) ([]byte, error) {
	v, err := d.Incident(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(v.Letters, func(x PresentedLetter) bool { return x.ID == of }) {
		return nil, ErrIncidentNotFound
	}
	f, err := store.One[struct{ File []byte }](ctx, d.Pool, ErrIncidentNotFound,
		`SELECT file FROM incident_copy WHERE incident = @id AND letter = @letter`, pgx.NamedArgs{"id": id, "letter": of})
	return f.File, err
}

// EmergencyView is what was decided about one letter, as it stands in public beside the opening. Presented is nil when
// the supervisor did not accept it.
type EmergencyView struct {
	Letter    string
	Incident  string
	Cause     letter.Cause
	Accepted  bool
	DecidedBy string
	DecidedAt time.Time
	Decision  []byte // SignedData over letter.IncidentDecision: anyone can check it
	Presented *PresentedLetter
}

// emergencies lists what was decided about letters of an opened lot, in the order of the decisions.
func (d *Desk) emergencies(ctx context.Context, lot string) ([]EmergencyView, error) {
	decided, err := store.Many[Incident](ctx, d.Pool, `SELECT `+incidentColumns+` FROM incident WHERE lot = @lot AND decision IS NOT NULL
		ORDER BY decided_at, id`, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	var out []EmergencyView
	for _, in := range decided {
		signed, err := signing.ParseSignedData(in.Decision)
		if err != nil {
			return nil, err
		}
		dec, err := letter.ParseIncidentDecision(signed.Content)
		if err != nil {
			return nil, err
		}
		shown, err := presented(ctx, d.Pool, in.ID)
		if err != nil {
			return nil, err
		}
		for _, x := range dec.Letters {
			v := EmergencyView{Letter: x.ID, Incident: in.ID, Cause: in.Cause, DecidedBy: *in.DecidedBy, DecidedAt: *in.DecidedAt, Decision: in.Decision}
			if i := slices.IndexFunc(shown, func(p PresentedLetter) bool { return p.ID == x.ID && p.State != "" }); i >= 0 {
				v.Accepted, v.Presented = true, &shown[i]
			}
			out = append(out, v)
		}
	}
	return out, nil
}
