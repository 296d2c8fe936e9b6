package guarantee

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// PauseReason says why the clocks of a demand stand.
type PauseReason string

const (
	PauseDocuments PauseReason = "documents" // the beneficiary completes
	PauseCourt     PauseReason = "court"     // payment is stopped (法释〔2016〕24号 arts. 13–17)
)

// Pause is a time in which the clocks of a demand stood, or still stand.
type Pause struct {
	Demand    string
	Seq       int
	Why       PauseReason
	FromState State // where the demand stood, and goes back to
	BeganAt   time.Time
	EndedAt   *time.Time
	Court     *string
	Ruling    *string    // its number
	RuledOn   *time.Time // date, UTC midnight
	Lifting   *string    // the number of the paper that ended it
}

func openPause(all []Pause, why PauseReason) *Pause {
	for i := range all {
		if all[i].Why == why && all[i].EndedAt == nil {
			return &all[i]
		}
	}
	return nil
}

// pausesOf lists the pauses of demands, in their order.
func pausesOf(ctx context.Context, q store.Querier, demands ...string) (map[string][]Pause, error) {
	rows, err := store.Many[Pause](ctx, q, `SELECT demand, seq, why, from_state, began_at, ended_at, court, ruling, ruled_on, lifting
		FROM demand_pause WHERE demand = ANY(@ids) ORDER BY demand, seq`, pgx.NamedArgs{"ids": demands})
	all := map[string][]Pause{}
	for _, p := range rows {
		all[p.Demand] = append(all[p.Demand], p)
	}
	return all, err
}

// pause lets the clocks of the turn's demand stand from an instant on.
func (t *turn) pause(ctx context.Context, p Pause) (int, error) {
	var seq int
	err := t.tx.QueryRow(ctx, `INSERT INTO demand_pause (demand, seq, why, from_state, began_at, court, ruling, ruled_on)
		SELECT @demand::text, count(*) + 1, @why::text, @from::text, @began::timestamptz, @court::text, @ruling::text, @ruled::date FROM demand_pause WHERE demand = @demand RETURNING seq`,
		pgx.NamedArgs{"demand": t.demand.ID, "why": p.Why, "from": p.FromState, "began": p.BeganAt, "court": p.Court, "ruling": p.Ruling, "ruled": p.RuledOn}).Scan(&seq)
	return seq, translate(err)
}

// unpause lets them go on.
func (t *turn) unpause(ctx context.Context, why PauseReason, at time.Time, lifting *string) error {
	_, err := t.tx.Exec(ctx, `UPDATE demand_pause SET ended_at = greatest(@at, began_at), lifting = @lifting WHERE demand = @demand AND why = @why AND ended_at IS NULL`,
		pgx.NamedArgs{"demand": t.demand.ID, "why": why, "at": at, "lifting": lifting})
	return translate(err)
}

// facts are what the clocks of the turn's demand follow from, as they stand in this transaction.
func (d *Desk) facts(ctx context.Context, q store.Querier, g *Guarantee, dm *Demand) (demandFacts, error) {
	w, err := letter.WordingOf(letter.WordingRef{ID: g.Wording, Version: g.WordingVersion})
	if err != nil {
		return demandFacts{}, err
	}
	pauses, err := pausesOf(ctx, q, dm.ID)
	day := g.LatestExpiry
	if g.Expiry != nil {
		day = *g.Expiry
	}
	return demandFacts{w, dm, pauses[dm.ID], calendar.DateOf(day), d.Calendar}, err
}

// fixExamination derives the last day of the examination anew: after the presentation, and whenever its clock goes on.
// Where the year's table is not published the day stays unknown, and nobody is precluded.
func (d *Desk) fixExamination(ctx context.Context, t *turn) (calendar.Date, error) {
	f, err := d.facts(ctx, t.tx, t.g, t.demand)
	if err != nil {
		return calendar.Date{}, err
	}
	by, err := f.workingDay(calendar.DateOf(t.demand.PresentedAt), f.wording.ExamineWorkingDays, f.pauses)
	t.demand.ExamineBy = nil
	if !by.IsZero() {
		day := by.Time()
		t.demand.ExamineBy = &day
	}
	return by, err
}

// Clocks are the clocks of a demand as they stand now.
func (d *Desk) Clocks(ctx context.Context, dm *Demand) ([]DemandClock, error) {
	g, err := readGuarantee(ctx, d.Pool, dm.Guarantee)
	if err != nil {
		return nil, err
	}
	f, err := d.facts(ctx, d.Pool, g, dm)
	if err != nil {
		return nil, err
	}
	return demandClocks(f)
}

// Paper is a file that is none of the presentation's documents.
type Paper struct {
	Name  string
	Bytes []byte
}

// The kinds of a demand's further papers.
const (
	paperRuling    = "ruling"
	paperLifting   = "lifting"
	paperObjection = "objection"
)

// maxPaper is more than any court's paper needs, in bytes.
const maxPaper = 8 << 20

// check holds a file against the digest that its sender said, and its name to what a demand's documents are named: whoever
// hands it in chooses the name, and the other side's people see it and open the file by it.
func (p Paper) check(field string, digest signing.Digest) error {
	named := letter.Document{Kind: letter.SupervisorDecision, Name: p.Name, Digest: digest}
	_, kind := blobs.Rule{Field: field, Types: blobs.Papers, Max: maxPaper}.Inspect(p.Name)
	switch {
	case len(p.Bytes) == 0 || len(p.Bytes) > maxPaper || p.Name == "" || len(p.Name) > 200:
		return party.Invalid("demand.paper", field, "请附上文件（不超过 8 MiB）并写明文件名")
	case named.Check() != nil:
		return party.Invalid("demand.paper_name", field, "文件名须为 1 至 200 个字，首尾无空格，不含不可见字符；请改名后重新选择文件")
	case kind != nil:
		return kind
	case signing.Sum(p.Bytes) != digest:
		return party.Invalid("demand.paper_digest", field, "文件与所报摘要不一致；请重新选择文件")
	}
	return nil
}

func insertPaper(ctx context.Context, tx pgx.Tx, demand, kind, of string, at time.Time, p Paper) error {
	digest := signing.Sum(p.Bytes)
	_, err := tx.Exec(ctx, `INSERT INTO demand_paper (demand, kind, of, name, digest, bytes, received_at) VALUES (@demand, @kind, @of, @name, @digest, @bytes, @at)
		ON CONFLICT (demand, kind, of, digest) DO NOTHING`,
		pgx.NamedArgs{"demand": demand, "kind": kind, "of": of, "name": p.Name, "digest": digest[:], "bytes": p.Bytes, "at": at})
	return translate(err)
}
