package guarantee

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/party"
)

// Mine picks from ids those that a party has to do with: the guarantor's own, and a beneficiary's and an
// applicant's once they are published. To everyone else, and to these before the opening, there is nothing.
func (d *Desk) Mine(ctx context.Context, by party.Actor, ids []string) ([]string, error) {
	var sql string
	switch by.Role {
	case party.Guarantor:
		sql = `SELECT id FROM guarantee WHERE id = ANY(@ids) AND guarantor = @uscc ORDER BY id`
	case party.Beneficiary:
		sql = `SELECT guarantee FROM disclosure WHERE guarantee = ANY(@ids) AND @uscc = ANY(beneficiaries) ORDER BY guarantee`
	case party.Bidder:
		sql = `SELECT guarantee FROM disclosure WHERE guarantee = ANY(@ids) AND @uscc = ANY(applicants) ORDER BY guarantee`
	default:
		return nil, nil
	}
	rows, err := d.Pool.Query(ctx, sql, pgx.NamedArgs{"ids": ids, "uscc": by.USCC})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
