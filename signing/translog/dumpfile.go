package translog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"baohan/signing/tlog"
)

// ErrDump says that a file is not a dump that can be read. The text says to people what to do.
var ErrDump = errors.New("不是能读的转储")

// DumpFile is a dump as pg_dump writes it in plain text, read where it lies: nothing is restored. It may be read any
// number of times at once. Rows stand in it in any order, as they do in a table.
type DumpFile struct {
	file                *os.File
	leaves, tiles, head *table
}

// OpenDump looks through the whole file once and finds the log's tables in it. ErrDump for what is no dump in plain
// text, is cut short, or has not the log's tables.
func OpenDump(path string) (*DumpFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	d := &DumpFile{file: file,
		leaves: &table{name: "log_leaf", key: "position", wants: []string{"position", "leaf"}},
		tiles:  &table{name: "log_tile", key: "index", wants: []string{"index", "level", "nodes"}},
		head:   &table{name: "log_head", key: "size", wants: []string{"size", "root", "note"}}}
	if err := d.index(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return d, nil
}

// Close closes the file.
func (d *DumpFile) Close() error { return d.file.Close() }

func (d *DumpFile) tables() []*table { return []*table{d.leaves, d.tiles, d.head} }

const (
	dumpEnd  = "-- PostgreSQL database dump complete"
	rowsEnd  = `\.`
	encoding = "SET client_encoding = "
)

// index reads statement by statement. Between them are the rows of tables; a row can look like anything, a statement
// even, so that rows are passed over as rows.
func (d *DumpFile) index() error {
	in, complete := newLines(io.NewSectionReader(d.file, 0, 1<<62)), false
	if err := plain(in.in.Peek(16)); err != nil {
		return err
	}
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch text := string(line[:min(len(line), 1<<12)]); {
		case strings.HasPrefix(text, encoding) && text != encoding+"'UTF8';":
			return fmt.Errorf("%w：编码不是 UTF8；请用 pg_dump --encoding=UTF8 重新导出", ErrDump)
		case strings.HasPrefix(text, "INSERT INTO") && strings.Contains(text, "log_"):
			return fmt.Errorf("%w：行写成了 INSERT；请不加 --inserts 重新导出", ErrDump)
		case strings.HasPrefix(text, "COPY ") && strings.HasSuffix(text, " FROM stdin;"):
			if err := d.rows(text, in); err != nil {
				return err
			}
		case text == dumpEnd:
			complete = true
		}
	}
	return d.whole(complete)
}

// plain refuses, by their first bytes, the other things that people call a dump.
func plain(line []byte, _ error) error {
	switch {
	case bytes.HasPrefix(line, []byte("PGDMP")):
		return fmt.Errorf("%w：这是 pg_dump 的自定义格式；请用 pg_restore -f 转储.sql 转成文本，或以 pg_dump --format=plain 重新导出", ErrDump)
	case bytes.HasPrefix(line, []byte{0x1f, 0x8b}), bytes.HasPrefix(line, []byte{0x28, 0xb5, 0x2f, 0xfd}), bytes.HasPrefix(line, []byte("PK")):
		return fmt.Errorf("%w：文件是压缩的；请先解压", ErrDump)
	case bytes.ContainsRune(line, 0):
		return fmt.Errorf("%w：不是文本；请以 pg_dump --format=plain 导出", ErrDump)
	}
	return nil
}

// whole refuses a dump from which something is missing that no audit would miss.
func (d *DumpFile) whole(complete bool) error {
	for _, t := range d.tables() {
		if t.columns == nil {
			return fmt.Errorf("%w：没有表 %s 的行；请导出整个数据库，或至少 log_leaf、log_tile、log_head 三张表", ErrDump, t.name)
		}
	}
	if !complete {
		return fmt.Errorf("%w：没有结尾的一行“%s”，文件不完整；请重新导出或重新传输", ErrDump, dumpEnd)
	}
	return nil
}

// rows goes through the rows of one table, and remembers where they are if it is one of the log's.
func (d *DumpFile) rows(statement string, in *lines) error {
	t := d.tableOf(statement)
	if t != nil {
		if err := t.open(statement, in.offset); err != nil {
			return err
		}
	}
	for n := 1; ; n++ {
		line, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w：在 %.80s 的第 %d 行处中断，文件不完整；请重新导出或重新传输", ErrDump, statement, n)
		case err != nil:
			return err
		case string(line) == rowsEnd:
			if t != nil {
				t.end = in.before
			}
			return nil
		}
		if t == nil {
			continue
		}
		if err := t.saw(line); err != nil {
			return fmt.Errorf("%w：表 %s 的第 %d 行%w", ErrDump, t.name, n, err)
		}
	}
}

func (d *DumpFile) tableOf(statement string) *table {
	name, _, _ := strings.Cut(strings.TrimPrefix(statement, "COPY "), " ")
	name = name[strings.LastIndexByte(name, '.')+1:]
	for _, t := range d.tables() {
		if t.name == strings.Trim(name, `"`) {
			return t
		}
	}
	return nil
}

// Dump is the log in the file, for tlog.Audit. It believes nothing that it reads.
func (d *DumpFile) Dump() tlog.Dump {
	return tlog.Dump{Leaves: d.leafEntries(), Hashes: d.hashEntries(), Heads: d.headNotes()}
}

func (d *DumpFile) leafEntries() iter.Seq2[tlog.Entry, error] {
	return func(yield func(tlog.Entry, error) bool) {
		for r, err := range d.leaves.each(d.file) {
			if !yield(tlog.Entry{Position: r.key, Hash: digestOf(r.bytea(1))}, err) || err != nil {
				return
			}
		}
	}
}

func (d *DumpFile) hashEntries() iter.Seq2[tlog.Entry, error] {
	return func(yield func(tlog.Entry, error) bool) {
		for t, err := range d.Tiles() {
			if err != nil {
				yield(tlog.Entry{}, err)
				return
			}
			if t.Level == 0 && !bottomOf(t, yield) {
				return
			}
		}
	}
}

// Tiles are the tiles of the stored tree, by index.
func (d *DumpFile) Tiles() iter.Seq2[Tile, error] {
	return func(yield func(Tile, error) bool) {
		for r, err := range d.tiles.each(d.file) {
			t := Tile{Index: r.key}
			if err == nil {
				t.Level, err = number(r.fields[1])
				t.Nodes = r.bytea(2)
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

func (d *DumpFile) headNotes() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for r, err := range d.head.each(d.file) {
			if err == nil && string(r.fields[2]) == null {
				continue // an intent
			}
			var note []byte
			if err == nil {
				note = asRow(r.key, r.bytea(1), unescape(r.fields[2]))
			}
			if !yield(note, err) || err != nil {
				return
			}
		}
	}
}
