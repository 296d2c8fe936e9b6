package tender

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
)

// Lot reads one lot. A draft exists for those who run it alone.
func (d *Desk) Lot(ctx context.Context, by party.Actor, id string) (*Lot, error) {
	l, err := readLot(ctx, d.Pool, id)
	if err != nil {
		return nil, err
	}
	if l.State == Draft {
		if err := l.Project.runBy(by); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Lots lists published lots, newest first, up to limit, after the lot with id after ("" for the first page).
func (d *Desk) Lots(ctx context.Context, after string, limit int) ([]*Lot, error) {
	return manyLots(ctx, d.Pool, `SELECT `+lotColumns+` WHERE l.state <> 'draft' AND (@after = '' OR
		(l.published_at, l.id) < (SELECT a.published_at, a.id FROM lot a WHERE a.id = @after))
		ORDER BY l.published_at DESC, l.id DESC LIMIT @limit`, pgx.NamedArgs{"after": after, "limit": limit})
}

// OwnLots lists the lots that an actor runs, drafts too.
func (d *Desk) OwnLots(ctx context.Context, by party.Actor) ([]*Lot, error) {
	if !by.Is(party.Beneficiary, party.Agent) {
		return nil, nil
	}
	all, err := manyLots(ctx, d.Pool, `SELECT `+lotColumns+` WHERE p.owner = @uscc OR
		EXISTS (SELECT 1 FROM jsonb_array_elements(p.beneficiaries) b WHERE b->>'uscc' = @uscc)
		ORDER BY l.deadline DESC, l.id`, pgx.NamedArgs{"uscc": by.USCC})
	return all, err
}

// Requirement is what a published lot demands and the keys to seal to: what a bidder's client builds on.
func (d *Desk) Requirement(ctx context.Context, id string) (letter.Requirement, letter.KeySet, error) {
	l, err := d.published(ctx, id)
	if err != nil {
		return letter.Requirement{}, letter.KeySet{}, err
	}
	return l.Requirement, l.Custodians, nil
}

// published reads a lot that is not a draft.
func (d *Desk) published(ctx context.Context, id string) (*Lot, error) {
	l, err := readLot(ctx, d.Pool, id)
	if err == nil && l.State == Draft {
		return nil, ErrNotFound
	}
	return l, err
}

// Due lists the lots that wait for the clock or for the system: published ones whose deadline has come, closed ones that
// are not opened, and opened ones whose sheet the centre has not signed. A lot whose bids are elsewhere waits for their
// list, which closes it. It is how every job for them is found again after the jobs are lost.
func (d *Desk) Due(ctx context.Context, limit int) ([]string, error) {
	rows, err := d.Pool.Query(ctx, `SELECT id FROM lot
		WHERE (state = 'published' AND bids = 'here' AND deadline <= platform_now()) OR state = 'closed'
			OR id IN (SELECT lot FROM opening_sheet WHERE signed IS NULL)
		ORDER BY deadline, id LIMIT @limit`, pgx.NamedArgs{"limit": limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Deadline is when a lot closes: for whoever keeps the clock's work-list.
func (d *Desk) Deadline(ctx context.Context, id string) (letter.EndRule, error) {
	l, err := d.published(ctx, id)
	if err != nil {
		return letter.EndRule{}, err
	}
	return l.End, nil
}
