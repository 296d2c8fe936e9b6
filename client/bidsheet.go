package client

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// SheetColumns are the columns of a bid sheet, in this order, with these names in its first line.
var SheetColumns = [5]string{"投标编号", "密封投标文件", "投标人", "统一社会信用代码", "保函申请编号"}

const (
	columnID = iota
	columnFile
	columnNames
	columnCodes
	columnLetter
)

const (
	maxSheet  = 8 << 20
	maxFaults = 20 // that are told at once
)

// SheetError says which cell of a bid sheet is wrong, as people count: the first line is 1.
type SheetError struct {
	Line   int
	Column string // one of SheetColumns; empty: the line as a whole
	Words  string
}

func (e *SheetError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("第 %d 行：%s", e.Line, e.Words)
	}
	return fmt.Sprintf("第 %d 行“%s”栏：%s", e.Line, e.Column, e.Words)
}

// ReadBidSheet reads the bids of a lot out of a CSV file that any bid system can export (docs/bid-system.md): UTF-8, with
// or without a byte order mark, or GB18030. An empty id is derived from lot and bid, so that the same sheet gives the
// same list; a file that is named by a path is looked for beside the sheet. Every wrong cell is named, twenty at most.
func ReadBidSheet(file, lot string) ([]letter.OutsideBid, error) {
	text, err := sheetText(file)
	if err != nil {
		return nil, err
	}
	s := sheet{lot: lot, dir: filepath.Dir(file), csv: csv.NewReader(strings.NewReader(text)), ids: map[string]int{}, leads: map[string]int{}}
	s.csv.FieldsPerRecord = -1
	if err := s.header(); err != nil {
		return nil, err
	}
	for more := true; more; {
		more = s.next()
	}
	if len(s.faults) > 0 {
		return nil, errors.Join(s.faults...)
	}
	return inOrder(s.bids), nil
}

// inOrder is as a list has it.
func inOrder(bids []letter.OutsideBid) []letter.OutsideBid {
	return slices.SortedFunc(slices.Values(bids), func(a, b letter.OutsideBid) int { return strings.Compare(a.ID, b.ID) })
}

func sheetText(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxSheet+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxSheet {
		return "", fmt.Errorf("%s：文件超过 %d 字节；一份清单至多 10000 份投标", file, maxSheet)
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if utf8.Valid(b) {
		return string(b), nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", fmt.Errorf("%s：既不是 UTF-8 也不是 GB18030 编码；请重新导出", file)
	}
	return string(text), nil
}

// sheet is a bid sheet being read.
type sheet struct {
	lot, dir string
	csv      *csv.Reader
	bids     []letter.OutsideBid
	ids      map[string]int // the line of each
	leads    map[string]int
	faults   []error
}

func (s *sheet) header() error {
	row, err := s.csv.Read()
	if err != nil || !slices.Equal(row, SheetColumns[:]) {
		return &SheetError{1, "", "表头须依次为：" + strings.Join(SheetColumns[:], ",")}
	}
	return nil
}

// next reads one line; false: there is none, or too much is wrong to go on.
func (s *sheet) next() bool {
	row, err := s.csv.Read()
	if errors.Is(err, io.EOF) || len(s.faults) >= maxFaults {
		return false
	}
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		s.faults = append(s.faults, &SheetError{p.StartLine, "", "引号不配对或位置不对；请按 CSV 格式重新导出"})
		return false
	}
	if err != nil {
		s.faults = append(s.faults, err)
		return false
	}
	line, _ := s.csv.FieldPos(0)
	bid, fault := s.bid(row, line)
	if fault != nil {
		s.faults = append(s.faults, fault)
		return true
	}
	s.bids = append(s.bids, bid)
	return true
}

func (s *sheet) bid(row []string, line int) (letter.OutsideBid, error) {
	if len(row) != len(SheetColumns) {
		return letter.OutsideBid{}, &SheetError{line, "", fmt.Sprintf("有 %d 栏，应为 %d 栏", len(row), len(SheetColumns))}
	}
	b := letter.OutsideBid{ID: row[columnID], Letter: row[columnLetter]}
	var words string
	if b.Bidders, words = bidders(row[columnNames], row[columnCodes]); words != "" {
		return b, &SheetError{line, SheetColumns[columnCodes], words}
	}
	if b.Digest, words = s.digest(row[columnFile]); words != "" {
		return b, &SheetError{line, SheetColumns[columnFile], words}
	}
	if b.ID == "" {
		b.ID = signing.TaggedSum("baohan/bid-sheet/1", []byte(s.lot), b.Digest[:], []byte(b.Bidders[0].USCC)).String()[:32]
	}
	if f, ok := letter.FieldOf(b.Check()); ok {
		return b, &SheetError{line, columnOf(f.Field), f.Message}
	}
	return b, s.once(b, line)
}

// bidders pairs the names with the codes; the members of a consortium are separated by ；, the lead first.
func bidders(names, codes string) ([]letter.Party, string) {
	n, c := members(names), members(codes)
	if len(n) != len(c) {
		return nil, fmt.Sprintf("有 %d 个代码，“%s”栏有 %d 个单位；联合体成员之间用“；”分隔，次序一致", len(c), SheetColumns[columnNames], len(n))
	}
	out := make([]letter.Party, len(n))
	for i := range n {
		out[i] = letter.Party{Name: n[i], USCC: c[i]}
	}
	return out, ""
}

func members(cell string) []string { return strings.Split(strings.ReplaceAll(cell, ";", "；"), "；") }

// digest is the SM3 that the sheet gives, or of the file that it names.
func (s *sheet) digest(cell string) (d signing.Digest, words string) {
	if cell == "" {
		return d, "请填写密封投标文件的 SM3（64 位小写十六进制），或文件路径"
	}
	if d.UnmarshalText([]byte(cell)) == nil {
		return d, ""
	}
	name := cell
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.dir, name)
	}
	if is, err := os.Stat(name); err != nil || !is.Mode().IsRegular() {
		return d, "不是 SM3（64 位小写十六进制），也没有这个文件"
	}
	f, err := os.Open(name)
	if err != nil {
		return d, "文件不能打开；请检查权限，或改填其 SM3"
	}
	defer func() { _ = f.Close() }()
	h := signing.NewSM3()
	if _, err := io.Copy(h, f); err != nil {
		return d, "文件不能读取；请检查权限，或改填其 SM3"
	}
	copy(d[:], h.Sum(nil))
	return d, ""
}

// columnOf is the column that gives a member of the bid.
func columnOf(field string) string {
	switch {
	case field == "id":
		return SheetColumns[columnID]
	case field == "digest":
		return SheetColumns[columnFile]
	case field == "letter":
		return SheetColumns[columnLetter]
	case strings.HasSuffix(field, ".name"):
		return SheetColumns[columnNames]
	}
	return SheetColumns[columnCodes]
}

// once refuses the second line of a bid or of a bidder.
func (s *sheet) once(b letter.OutsideBid, line int) error {
	if first, there := s.leads[b.Bidders[0].USCC]; there {
		return &SheetError{line, SheetColumns[columnCodes], fmt.Sprintf("与第 %d 行是同一投标人（联合体以牵头人计）；清单只列其最后递交且未撤回的一份", first)}
	}
	if first, there := s.ids[b.ID]; there {
		return &SheetError{line, SheetColumns[columnID], fmt.Sprintf("与第 %d 行相同；投标编号不得重复", first)}
	}
	s.ids[b.ID], s.leads[b.Bidders[0].USCC] = line, line
	return nil
}
