package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// counted are the sequences that may stand in the database: the queue's and the migrations' own. They count facts of
// the whole platform, which docs/secrecy.md admits.
var counted = []string{"river_job_id_seq", "river_notification_id_seq", "goose_db_version_id_seq"}

// ordered are the columns that may rise from row to row: times of facts that name neither lot nor bidder, numbers that an
// institution gives, the status lists, of which there is one an hour, and the transparency log, which grows by one batch at
// each beat whatever happens, in the order of its leaves' random bytes. The queue's own tables and the migrations' are left out.
var ordered = []string{
	"guarantee.submitted_at", "guarantee.fee_due_at", "guarantee.issued_at", "guarantee.number", "guarantee_event.at",
	"calendar_day.day", // the State Council's, the same for everybody
	"bid_file.day", "status_list.sequence", "status_list.beat", "status_list.next_at",
	"delivery.at", "delivery.created_at", "delivery.next_at", "delivery.tried_at", "delivery.delivered_at",
	"session.expires", "session.used", "challenge.expires", "nonce.until",
	"log_leaf.position", "log_leaf.leaf", "log_salt.leaf", "log_head.size", "log_head.tick",
}

// varying is by how many bytes the DER of a few wrapped keys differs, by chance; what is wrapped has one size.
const varying = 40

// shape looks at what rows tell without a word in clear: how many, in which order, how long.
func (p *platform) shape(ctx context.Context) (faults []string, err error) {
	for _, look := range []func(context.Context) ([]string, error){p.sequences, p.rising, p.sizes, p.sameTags} {
		found, err := look(ctx)
		if err != nil {
			return nil, err
		}
		faults = append(faults, found...)
	}
	return faults, nil
}

func (p *platform) sequences(ctx context.Context) (faults []string, err error) {
	rows, err := p.pool.Query(ctx, `SELECT relname::text FROM pg_class WHERE relkind = 'S'`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, s := range all {
		if !slices.Contains(counted, s) {
			faults = append(faults, "sequence "+s+" counts rows")
		}
	}
	return faults, err
}

// column is one column of a table of ours, with its type.
type column struct{ Table, Name, Type string }

func (p *platform) columns(ctx context.Context) ([]column, error) {
	rows, err := p.pool.Query(ctx, `SELECT c.relname::text AS table, a.attname::text AS name, a.atttypid::regtype::text AS type
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[column])
}

// rising looks for columns that grow from row to row in the order in which rows were written.
func (p *platform) rising(ctx context.Context) (faults []string, err error) {
	all, err := p.columns(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		name := c.Table + "." + c.Name
		if strings.HasPrefix(c.Table, "river_") || strings.HasPrefix(c.Table, "goose_") || slices.Contains(ordered, name) || slices.Contains(registry, c.Table) {
			continue
		}
		var up, pairs int
		if err := p.pool.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FILTER (WHERE v::text > before::text AND length(v::text) >= length(before::text)), count(before)
			FROM (SELECT %[1]s AS v, lag(%[1]s) OVER (ORDER BY age(xmin) DESC) AS before FROM %[2]s) x`,
			pgx.Identifier{c.Name}.Sanitize(), pgx.Identifier{c.Table}.Sanitize())).Scan(&up, &pairs); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if pairs >= 8 && up*10 > pairs*8 {
			faults = append(faults, fmt.Sprintf("%s rises in %d of %d steps: it counts", name, up, pairs))
		}
	}
	return faults, nil
}

// sizes holds every sealed column to one size. What bidders hand in differs in length by their names; no row may.
func (p *platform) sizes(ctx context.Context) (faults []string, err error) {
	for _, c := range []string{"guarantee.sealed", "guarantee.offer", "guarantee.letter", "guarantee.fee_evidence", "bid.sealed", "bid.withdrawal"} {
		table, name := cut(c)
		rows, err := p.pool.Query(ctx, fmt.Sprintf(`SELECT max(octet_length(%[1]s)) - min(octet_length(%[1]s)) FROM %[2]s t
			WHERE %[1]s IS NOT NULL GROUP BY %[3]s`, name, table, map[bool]string{true: "mode", false: "state IS NULL"}[table == "guarantee"]))
		if err != nil {
			return nil, err
		}
		spans, err := pgx.CollectRows(rows, pgx.RowTo[int])
		if err != nil {
			return nil, err
		}
		if len(spans) > 0 && slices.Max(spans) > varying {
			faults = append(faults, fmt.Sprintf("%s differs by %d bytes from row to row", c, slices.Max(spans)))
		}
	}
	return faults, nil
}

// lotRows are the places and transactions of the rows that lots and projects have. A hand-in that locked or touched one
// would leave its mark there, without a word for the search to find.
func (p *platform) lotRows(ctx context.Context) (string, error) {
	var all string
	return all, p.pool.QueryRow(ctx, `SELECT string_agg(x, ' ' ORDER BY x) FROM (
		SELECT format('lot %s %s %s %s', id, ctid, xmin, xmax) AS x FROM lot UNION ALL SELECT format('project %s %s %s %s', id, ctid, xmin, xmax) FROM project
		UNION ALL SELECT format('lot_event %s/%s %s %s %s', lot, seq, ctid, xmin, xmax) FROM lot_event) rows`).Scan(&all)
}

func cut(c string) (table, name string) {
	i := slices.Index([]byte(c), '.')
	return c[:i], c[i+1:]
}

// sameTags looks for a keyed tag that stands twice: then two rows belong together.
func (p *platform) sameTags(ctx context.Context) (faults []string, err error) {
	var twice int
	err = p.pool.QueryRow(ctx, `WITH tags AS (SELECT unnest(ARRAY[uniq_tag, lot_tag, owner_tag]) t FROM guarantee WHERE application_state IN ('submitted', 'underwriting', 'approved')
		UNION ALL SELECT unnest(ARRAY[uniq_tag, lot_tag, owner_tag]) FROM bid)
		SELECT count(t) - count(DISTINCT t) FROM tags`).Scan(&twice)
	if twice > 0 {
		faults = append(faults, fmt.Sprintf("%d tags stand in two rows", twice))
	}
	return faults, err
}
