package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

const (
	segment = 16 << 20 // bytes of WAL in a file
	walPage = 8 << 10
)

// relations maps each file of a table or index to the table's name, its TOAST included.
func (p *platform) relations(ctx context.Context) (map[string]string, error) {
	rows, err := p.pool.Query(ctx, `
		WITH own AS (SELECT c.oid, c.relname::text AS name, c.reltoastrelid FROM pg_class c WHERE c.relkind IN ('r', 'S')),
		heap AS (SELECT oid, name FROM own UNION ALL SELECT reltoastrelid, name FROM own WHERE reltoastrelid <> 0)
		SELECT pg_relation_filepath(oid), name FROM heap WHERE pg_relation_filepath(oid) IS NOT NULL
		UNION ALL SELECT pg_relation_filepath(i.indexrelid), heap.name FROM pg_index i JOIN heap ON heap.oid = i.indrelid
		WHERE pg_relation_filepath(i.indexrelid) IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	var path, name string
	_, err = pgx.ForEachRow(rows, []any{&path, &name}, func() error { of[path] = name; return nil })
	return of, err
}

// fileSurfaces are all files of the data directory but the WAL, one surface for each table and one for the rest, and
// their names. A statistic of the registry's columns is a copy of the registry.
func (p *platform) fileSurfaces(ctx context.Context, when string) ([]surface, error) {
	of, err := p.relations(ctx)
	if err != nil {
		return nil, err
	}
	data, err := p.data(ctx)
	if err != nil {
		return nil, err
	}
	files, names := map[string][]byte{}, bytes.Buffer{}
	err = filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return gone(err)
		}
		name := strings.TrimPrefix(path, data+"/")
		fmt.Fprintln(&names, name)
		if strings.HasPrefix(name, "pg_wal/") {
			return nil
		}
		text, err := os.ReadFile(path)
		files[ownerOf(name, of)] = append(files[ownerOf(name, of)], text...)
		return gone(err)
	})
	all := []surface{{name: "file names " + when, text: names.Bytes()}}
	for owner, text := range files {
		s := surface{name: "files of " + owner + " " + when, text: text, free: map[kind]string{where: "where lots are published; what came later is searched in the WAL"}}
		if owner == "organisation" || owner == "certificate" || owner == "pg_statistic" {
			s.free[who] = "who has registered, not who bids"
		}
		all = append(all, s)
	}
	return all, err
}

// gone forgives a file that PostgreSQL has taken away under our hands.
func gone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// ownerOf is the table to which a file belongs: base/16384/24576, and with it 24576_vm, 24576_fsm, 24576.1.
func ownerOf(name string, of map[string]string) string {
	dir, file := filepath.Split(name)
	if i := strings.IndexAny(file, "_."); i > 0 && strings.HasPrefix(dir, "base/") {
		file = file[:i]
	}
	if owner := of[dir+file]; owner != "" {
		return owner
	}
	return "the server"
}

// lsn is the place up to which the WAL is written.
func (p *platform) lsn(ctx context.Context) (at int64, err error) {
	return at, p.pool.QueryRow(ctx, `SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint`).Scan(&at)
}

// wal is what was written to the WAL between two places, without the headers of its pages, which would cut a text.
// Beyond the end lie files that are kept for reuse, with old content.
func (p *platform) wal(ctx context.Context, from, to int64) ([]byte, error) {
	data, err := p.data(ctx)
	if err != nil {
		return nil, err
	}
	var all []byte
	for at := from / segment * segment; at < to; at += segment {
		text, err := os.ReadFile(filepath.Join(data, "pg_wal", fmt.Sprintf("%08X%08X%08X", 1, at>>32, (at&0xffffffff)/segment)))
		if err != nil {
			return nil, err
		}
		for page := int64(0); page < segment && at+page < to; page += walPage {
			header := int64(24)
			if page == 0 {
				header = 40
			}
			first, last := max(page+header, from-at), min(page+walPage, to-at)
			if first < last {
				all = append(all, text[first:last]...)
			}
		}
	}
	return all, nil
}

// folder is every file below a directory of the platform's own: names and bytes.
func (p *platform) folder(name string) (all surface, err error) {
	all.name = "folder " + name
	err = filepath.WalkDir(p.path(name), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return gone(err)
		}
		text, err := os.ReadFile(path)
		all.text = append(append(all.text, path+"\n"...), text...)
		return err
	})
	return all, err
}

// serverLog is what PostgreSQL logs: it stands beside the data.
func (p *platform) serverLog(ctx context.Context) ([]byte, error) {
	data, err := p.data(ctx)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(data), "postgres.log"))
	if err == nil && len(text) == 0 {
		err = errors.New("PostgreSQL has logged nothing at all: this is not its log")
	}
	return text, err
}

// data is the directory in which PostgreSQL keeps everything.
func (p *platform) data(ctx context.Context) (dir string, err error) {
	return dir, p.pool.QueryRow(ctx, `SHOW data_directory`).Scan(&dir)
}
