package translog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// lines reads a file line by line, of whatever length. A line is good until the next one.
type lines struct {
	in     *bufio.Reader
	long   []byte
	before int64 // where the line began
	offset int64 // where the next one begins
}

func newLines(r io.Reader) *lines { return &lines{in: bufio.NewReaderSize(r, 1<<18)} }

// next is a line without its newline; io.EOF after the last. A last line without a newline was cut short, and is none.
func (l *lines) next() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = l.in.ReadSlice('\n')
			l.long = append(l.long, line...)
		}
		line = l.long
	}
	if err != nil {
		return nil, err
	}
	l.before, l.offset = l.offset, l.offset+int64(len(line))
	return line[:len(line)-1], nil
}

// table is where the rows of one table are in a file.
type table struct {
	name  string
	key   string   // the column by whose number they are wanted in order
	wants []string // the columns that are read, the key first

	columns    []int // where these stand in a row; nil: not found yet
	width      int
	begin, end int64

	rows    int
	last    uint64
	jumbled bool // they do not stand in order: then they are looked up one by one
}

// open reads the statement before the rows.
func (t *table) open(statement string, begin int64) error {
	if t.columns != nil {
		return fmt.Errorf("%w：表 %s 出现了两次；请只导出一个数据库", ErrDump, t.name)
	}
	_, list, _ := strings.Cut(statement, "(")
	list, _, _ = strings.Cut(list, ")")
	names := strings.Split(strings.ReplaceAll(list, `"`, ""), ", ")
	t.columns, t.width, t.begin = make([]int, len(t.wants)), len(names), begin
	for i, want := range t.wants {
		if t.columns[i] = slices.Index(names, want); t.columns[i] < 0 {
			return fmt.Errorf("%w：表 %s 没有 %s 列；请用同一版本的平台导出", ErrDump, t.name, want)
		}
	}
	return nil
}

var (
	errWidth  = errors.New("的列数不对")
	errNumber = errors.New("有一列不是数字")
	errHex    = errors.New("有一列不是十六进制的 bytea；请以 bytea_output = hex 重新导出")
)

// saw looks at a row in passing.
func (t *table) saw(line []byte) error {
	r, err := t.parse(line)
	if err != nil {
		return err
	}
	for i, want := range t.wants {
		if (want == "leaf" || want == "nodes" || want == "root") && !bytes.HasPrefix(r.fields[i], hexMark) {
			return errHex
		}
	}
	t.jumbled = t.jumbled || t.rows > 0 && r.key < t.last
	t.rows, t.last = t.rows+1, r.key
	return nil
}

// row is one row: the wanted columns, as they stand in the file. It is good until the next one.
type row struct {
	key    uint64
	fields [3][]byte
}

const null = `\N`

var hexMark = []byte(`\\x`)

func (t *table) parse(line []byte) (r row, err error) {
	n := 0
	for rest, more := line, true; more; n++ {
		var field []byte
		field, rest, more = bytes.Cut(rest, []byte{'\t'})
		if i := slices.Index(t.columns, n); i >= 0 {
			r.fields[i] = field
		}
	}
	if n != t.width {
		return r, errWidth
	}
	r.key, err = number(r.fields[0])
	return r, err
}

func number(text []byte) (uint64, error) {
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || n > math.MaxInt64 {
		return 0, errNumber
	}
	return n, nil
}

// each gives the rows by their keys; of two with one key the first in the file comes first.
func (t *table) each(file *os.File) iter.Seq2[row, error] {
	if t.jumbled {
		return func(yield func(row, error) bool) { t.lookUp(file, yield) }
	}
	return func(yield func(row, error) bool) {
		for line, err := range t.scan(file) {
			r := row{}
			if err == nil {
				r, err = t.parse(line)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (t *table) scan(file *os.File) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		in := newLines(io.NewSectionReader(file, t.begin, t.end-t.begin))
		for range t.rows {
			line, err := in.next()
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// lookUp sorts the rows by their keys, of which it holds 24 bytes each, and reads them one by one.
func (t *table) lookUp(file *os.File, yield func(row, error) bool) {
	type place struct {
		key    uint64
		offset int64
		length int
	}
	places, at := make([]place, 0, t.rows), t.begin
	for line, err := range t.scan(file) {
		var r row
		if err == nil {
			r, err = t.parse(line)
		}
		if err != nil {
			yield(row{}, err)
			return
		}
		places = append(places, place{r.key, at, len(line)})
		at += int64(len(line)) + 1
	}
	slices.SortStableFunc(places, func(a, b place) int {
		if a.key < b.key {
			return -1
		}
		return map[bool]int{true: 1}[a.key > b.key]
	})
	var line []byte
	for _, p := range places {
		line = slices.Grow(line[:0], p.length)[:p.length]
		_, err := file.ReadAt(line, p.offset)
		r := row{}
		if err == nil {
			r, err = t.parse(line)
		}
		if !yield(r, err) || err != nil {
			return
		}
	}
}
