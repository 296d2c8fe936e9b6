package guarantee

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

// ForApplicant is a published letter that stands for the caller; before the opening, and to everyone else, there is none.
func (d *Desk) ForApplicant(ctx context.Context, by party.Actor, id string) (*Guarantee, error) {
	x, err := d.disclosed(ctx, d.Pool, id)
	if err != nil {
		return nil, err
	}
	if by.Role != party.Bidder || !slices.Contains(x.Applicants, by.USCC) {
		return nil, ErrNotFound
	}
	return readGuarantee(ctx, d.Pool, id)
}

// DemandDocument is a document of a demand by its name: what an applicant sees of it.
type DemandDocument struct {
	Kind letter.DocumentKind
	Name string
}

// DemandStory is a demand with all that has happened to it.
type DemandStory struct {
	Demand    *Demand
	Documents []DemandDocument
	Events    []Event
}

// DemandStories are the demands against an applicant's letter, oldest first, with every step (法释〔2016〕24号 art. 12
// needs an applicant that knows what was demanded, and by which documents).
func (d *Desk) DemandStories(ctx context.Context, by party.Actor, id string) (*Guarantee, []DemandStory, error) {
	g, err := d.ForApplicant(ctx, by, id)
	if err != nil {
		return nil, nil, err
	}
	demands, err := d.Demands(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	events, err := d.EventsSince(ctx, id, 0)
	if err != nil {
		return nil, nil, err
	}
	all := make([]DemandStory, len(demands))
	for i, dm := range demands {
		all[i].Demand = dm
		for _, e := range events {
			if e.Demand == dm.ID {
				all[i].Events = append(all[i].Events, e)
			}
		}
		if all[i].Documents, err = store.Many[DemandDocument](ctx, d.Pool, `SELECT kind, name FROM demand_document WHERE demand = @id ORDER BY kind, digest`,
			pgx.NamedArgs{"id": dm.ID}); err != nil {
			return nil, nil, err
		}
	}
	return g, all, nil
}

// Role is who acted, without a name.
func (e Event) Role() string {
	role, _, _ := strings.Cut(e.Actor, ":")
	return role
}

// Pauses are the times in which a demand's clocks stood, in their order.
func (d *Desk) Pauses(ctx context.Context, demand string) ([]Pause, error) {
	all, err := pausesOf(ctx, d.Pool, demand)
	return all[demand], err
}

// LastRequest is what the guarantor asked for last; nil if it asked for nothing.
func (d *Desk) LastRequest(ctx context.Context, dm *Demand) (*DocumentRequest, time.Time, error) {
	if dm.RequestedAt == nil {
		return nil, time.Time{}, nil
	}
	var data []byte
	if err := d.Pool.QueryRow(ctx, `SELECT data FROM guarantee_event WHERE guarantee = @guarantee AND demand = @demand AND kind = 'demand_requested'
		ORDER BY seq DESC LIMIT 1`, pgx.NamedArgs{"guarantee": dm.Guarantee, "demand": dm.ID}).Scan(&data); err != nil {
		return nil, time.Time{}, err
	}
	var r struct {
		Documents []letter.DocumentKind `json:"documents"`
		Words     string                `json:"words"`
	}
	err := json.Unmarshal(data, &r)
	return &DocumentRequest{r.Documents, r.Words}, *dm.RequestedAt, err
}
