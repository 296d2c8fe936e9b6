package story

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Search reads every row of every table as text, with the bytes of its binary columns beside it, and looks in both for
// each needle: as it is, in base64 at any alignment, in hexadecimal. It returns "needle@table" for each find outside
// the needle's own tables.
func Search(ctx context.Context, pool *pgxpool.Pool, needles []Needle) (found []string, err error) {
	tables, err := tablesOf(ctx, pool)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		text, err := dump(ctx, pool, table)
		if err != nil {
			return nil, err
		}
		for _, n := range needles {
			if !slices.Contains(n.Except, table) && occurs(text, n.Text) {
				found = append(found, n.Name+"@"+table)
			}
		}
	}
	return found, nil
}

// SearchFiles is Search in files: what a process wrote into its log.
func SearchFiles(files []string, needles []Needle) (found []string, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, n := range needles {
			if occurs(text, n.Text) {
				found = append(found, n.Name+"@"+filepath.Base(file))
			}
		}
	}
	return found, nil
}

func tablesOf(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	rows, err := pool.Query(ctx, `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

var binary = regexp.MustCompile(`\\x((?:[0-9a-f]{2})+)`)

// dump is a table's rows as text, each followed by the decoded bytes of its binary columns.
func dump(ctx context.Context, pool *pgxpool.Pool, table string) ([]byte, error) {
	name := pgx.Identifier{table}.Sanitize()
	rows, err := pool.Query(ctx, fmt.Sprintf(`SELECT t::text FROM %s t`, name))
	if err != nil {
		return nil, fmt.Errorf("dump %s: %w", table, err)
	}
	var all bytes.Buffer
	var row string
	_, err = pgx.ForEachRow(rows, []any{&row}, func() error {
		all.WriteString(row)
		all.WriteByte('\n')
		for _, m := range binary.FindAllStringSubmatch(row, -1) {
			raw, err := hex.DecodeString(m[1])
			if err != nil {
				return err
			}
			all.Write(raw)
			all.WriteByte('\n')
		}
		return nil
	})
	return all.Bytes(), err
}

func occurs(text []byte, needle string) bool {
	for _, form := range forms(needle) {
		if bytes.Contains(text, []byte(form)) {
			return true
		}
	}
	return false
}

// forms are the ways in which a text may stand somewhere. Base64 of a text depends on where in its group of three it
// begins: of each of the three the characters are taken that its neighbours cannot change.
func forms(needle string) []string {
	plain := hex.EncodeToString([]byte(needle))
	all := []string{needle, plain, strings.ToUpper(plain)}
	for offset := range 3 {
		padded := append(make([]byte, offset), needle...)
		first, last := (offset*8+5)/6, len(padded)*8/6
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if s := e.EncodeToString(padded); last > first {
				all = append(all, s[first:last])
			}
		}
	}
	return all
}
