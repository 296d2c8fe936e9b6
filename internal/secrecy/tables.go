package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// dump is every row of a table, or of a view, as text.
func (p *platform) dump(ctx context.Context, relation, condition string) ([]byte, error) {
	rows, err := p.pool.Query(ctx, fmt.Sprintf(`SELECT t::text FROM %s t %s`, relation, condition))
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	var row string
	_, err = pgx.ForEachRow(rows, []any{&row}, func() error {
		all.WriteString(strings.ReplaceAll(row, "\n", " "))
		all.WriteByte('\n')
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", relation, err)
	}
	return all.Bytes(), nil
}

var binaryColumn = regexp.MustCompile(`\\x((?:[0-9a-f]{2})+)`)

// decoded adds to rows the bytes of their binary columns, so that a name inside them is found in every spelling.
func decoded(rows []byte) []byte {
	all := bytes.Clone(rows)
	for _, m := range binaryColumn.FindAllSubmatch(rows, -1) {
		raw := make([]byte, len(m[1])/2)
		if _, err := hex.Decode(raw, m[1]); err == nil {
			all = append(append(all, raw...), '\n')
		}
	}
	return all
}

// tables are all tables of the database, ours and the queue's.
func (p *platform) tables(ctx context.Context) ([]string, error) {
	rows, err := p.pool.Query(ctx, `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm', 'v') ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// baseline is every table before the first bidder hands anything in.
func (p *platform) baseline(ctx context.Context) (map[string]map[string]bool, error) {
	tables, err := p.tables(ctx)
	before := map[string]map[string]bool{}
	for _, table := range tables {
		var text []byte
		if err == nil {
			text, err = p.dump(ctx, pgx.Identifier{table}.Sanitize(), "")
		}
		before[table] = linesOf(text)
	}
	return before, err
}

// tableSurfaces are the tables. For bidders every row counts; for lots those that were written since the baseline: a
// published lot stands in its own tables, but nothing that came after it may name it.
func (p *platform) tableSurfaces(ctx context.Context, before map[string]map[string]bool) (all []surface, err error) {
	tables, err := p.tables(ctx)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		text, err := p.dump(ctx, pgx.Identifier{table}.Sanitize(), "")
		if err != nil {
			return nil, err
		}
		rows := surface{name: "table " + table, text: decoded(text), free: map[kind]string{where: "searched apart, in new rows"}}
		if slices.Contains(registry, table) {
			rows.free[who] = "who has registered, not who bids"
		}
		all = append(all, rows, surface{name: "table " + table + ", new rows", text: decoded(newIn(text, before[table])), free: map[kind]string{who: "searched in all rows"}})
	}
	return all, nil
}

// catalogue are the views in which PostgreSQL tells about itself, with what of them is left out.
var catalogue = map[string]string{
	"pg_stats":                      "WHERE schemaname <> 'pg_catalog' AND tablename NOT IN ('organisation', 'certificate', 'project', 'lot', 'lot_event')",
	"pg_stats_ext":                  "",
	"pg_stat_activity":              "",
	"pg_locks":                      "",
	"pg_prepared_statements":        "",
	"pg_cursors":                    "",
	"pg_stat_user_tables":           "",
	"pg_stat_user_indexes":          "",
	"pg_stat_user_functions":        "",
	"pg_stat_database":              "",
	"pg_stat_replication":           "",
	"pg_replication_slots":          "",
	"pg_largeobject_metadata":       "",
	"pg_description":                "",
	"pg_shdescription":              "",
	"pg_db_role_setting":            "",
	"pg_file_settings":              "",
	"pg_settings":                   "",
	"pg_roles":                      "",
	"pg_policies":                   "",
	"pg_sequences":                  "",
	"pg_class":                      "",
	"pg_notification_queue_usage()": "",
}

func (p *platform) catalogueSurfaces(ctx context.Context) (all []surface, err error) {
	for view, condition := range catalogue {
		text, err := p.dump(ctx, view, condition)
		if err != nil {
			return nil, err
		}
		all = append(all, surface{name: "view " + view, text: text})
	}
	return all, nil
}

// readable has the database keep every value as it is from now on: compressed, a name would hide from this search,
// though not from a reader.
func (p *platform) readable(ctx context.Context) error {
	rows, err := p.pool.Query(ctx, `SELECT format('ALTER TABLE %I ALTER COLUMN %I SET STORAGE EXTERNAL', c.relname, a.attname)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attstorage IN ('x', 'm')`)
	if err != nil {
		return err
	}
	return p.doAll(ctx, rows, err)
}

// nameless has the database gather no statistics of the registry, from before its first row: they hold names, and go through
// the WAL whenever a page of statistics is copied whole, whoever was the one to write to it.
func (p *platform) nameless(ctx context.Context) error {
	rows, err := p.pool.Query(ctx, `SELECT format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS 0', c.relname, a.attname)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY($1) AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL SELECT format('ALTER TABLE %I SET (autovacuum_enabled = false)', t) FROM unnest($1::text[]) t`, registry)
	return p.doAll(ctx, rows, err)
}

func (p *platform) doAll(ctx context.Context, rows pgx.Rows, err error) error {
	if err != nil {
		return err
	}
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil {
		_, err = p.pool.Exec(ctx, strings.Join(statements, ";"))
	}
	return err
}
