package acts

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// FieldError says which field of the form is wrong, and in Chinese what to do about it.
type FieldError struct {
	Field   string // its name in the form
	Message string
}

func (e *FieldError) Error() string { return "acts: " + e.Field + ": " + e.Message }

// fields reads a form. What is wrong with it first stays in err; an act asks for it once, after all fields.
type fields struct {
	in  Input
	err error
}

func (f *fields) fault(name, format string, args ...any) {
	if f.err == nil {
		f.err = &FieldError{name, fmt.Sprintf(format, args...)}
	}
}

// all are the values of a field that may stand several times, without empty ones.
func (f *fields) all(name string) (some []string) {
	for _, v := range f.in.Fields[name] {
		if v = strings.TrimSpace(v); v != "" {
			some = append(some, v)
		}
	}
	return some
}

// optional is a field that may be left empty.
func (f *fields) optional(name string) string {
	some := f.all(name)
	if len(some) > 1 {
		f.fault(name, "此项只能填写一个值；请刷新页面后重试")
	}
	if len(some) == 0 {
		return ""
	}
	return some[0]
}

func (f *fields) needed(name string) string {
	v := f.optional(name)
	if v == "" {
		f.fault(name, "请填写此项")
	}
	return v
}

// text is least to most characters.
func (f *fields) text(name string, least, most int) string {
	v := f.needed(name)
	if n := utf8.RuneCountInString(v); v != "" && (n < least || n > most) {
		f.fault(name, "请填写 %d 至 %d 个字；现在是 %d 个", least, most, n)
	}
	return v
}

// checked is a box that was ticked.
func (f *fields) checked(name string) bool { return f.optional(name) != "" }

var idShape = regexp.MustCompile(`^[0-9a-f]{32}$`)

const notAnID = "编号有误（应为 32 位十六进制数字）；请从本平台的页面重新进入"

func (f *fields) id(name string) string {
	v := f.needed(name)
	if v != "" && !idShape.MatchString(v) {
		f.fault(name, notAnID)
	}
	return v
}

func (f *fields) optionalID(name string) string {
	if f.optional(name) == "" {
		return ""
	}
	return f.id(name)
}

func (f *fields) ids(name string) []string {
	some := f.all(name)
	for _, v := range some {
		if !idShape.MatchString(v) {
			f.fault(name, notAnID)
		}
	}
	return some
}

// yuan is an amount that a person typed, 800000 or 800,000.00 or ¥800,000.00.
func (f *fields) yuan(name string) letter.Fen {
	v := f.needed(name)
	if v == "" {
		return 0
	}
	v = strings.TrimSuffix(strings.TrimLeft(v, "¥￥ "), "元")
	if !groups.MatchString(v) {
		v = strings.TrimSpace(v)
	} else {
		v = strings.ReplaceAll(v, ",", "")
	}
	amount, err := letter.ParseYuan(strings.TrimSpace(v))
	if fault, ok := letter.FieldOf(err); ok {
		f.fault(name, "%s", fault.Message)
	}
	return amount
}

// groups are thousands, rightly parted.
var groups = regexp.MustCompile(`^[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]{1,2})?\s*$`)

// fen is an amount that the page put there, a whole number of fen.
func (f *fields) fen(name string) letter.Fen {
	return letter.Fen(f.whole(name, 0, int64(letter.MaxFen)))
}

func (f *fields) count(name string, most int) int {
	return int(f.whole(name, 1, int64(most)))
}

func (f *fields) whole(name string, least, most int64) int64 {
	v := f.needed(name)
	n, err := strconv.ParseInt(v, 10, 64)
	if v != "" && (err != nil || n < least || n > most) {
		f.fault(name, "请填写 %d 至 %d 的整数", least, most)
	}
	return n
}

// date is what an <input type="date"> gives, 2026-11-30.
func (f *fields) date(name string) calendar.Date {
	v := f.needed(name)
	d, err := calendar.ParseDate(v)
	if v != "" && err != nil {
		f.fault(name, "日期有误；请按 2026-11-30 的样子填写")
	}
	return d
}

// instant is what an <input type="datetime-local"> gives, in Beijing time.
func (f *fields) instant(name string) time.Time {
	v := f.needed(name)
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, v, calendar.Shanghai); err == nil {
			return t
		}
	}
	if v != "" {
		f.fault(name, "时间有误；请按 2026-11-30T14:05 的样子填写（北京时间）")
	}
	return time.Time{}
}

// parties are the rows NAME-name and NAME-uscc, paired in their order; a row that is empty is none.
func (f *fields) parties(name string) (all []letter.Party) {
	names, codes := f.in.Fields[name+"-name"], f.in.Fields[name+"-uscc"]
	if len(names) != len(codes) {
		f.fault(name+"-uscc", "单位名称和统一社会信用代码须成对填写")
		return nil
	}
	for i := range names {
		p := letter.Party{Name: strings.TrimSpace(names[i]), USCC: strings.TrimSpace(codes[i])}
		if p == (letter.Party{}) {
			continue
		}
		if p.Name == "" {
			f.fault(name+"-name", "请填写单位名称")
		}
		if err := letter.CheckUSCC(p.USCC); err != nil {
			f.fault(name+"-uscc", "统一社会信用代码 %s 有误；请对照营业执照填写 18 位代码", p.USCC)
		}
		all = append(all, p)
	}
	return all
}

// page is an address on this site.
func (f *fields) page(name string) string {
	v := f.optional(name)
	if v != "" && (!strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//") || strings.ContainsAny(v, "\\\r\n\t")) {
		f.fault(name, "不是本平台的页面")
		return ""
	}
	return v
}

// files are the files that were chosen, without those of an input that was left empty.
func (f *fields) files(name string) (some []File) {
	for _, x := range f.in.Files[name] {
		if x.Name != "" || x.Size > 0 {
			some = append(some, x)
		}
	}
	for _, x := range some {
		if x.Size == 0 {
			f.fault(name, "文件“%s”是空的；请重新选择", x.Name)
		}
	}
	return some
}

// content is one small file, whole; nil: none was chosen.
func (f *fields) content(name string, most int64) []byte {
	some := f.files(name)
	switch {
	case f.err != nil || len(some) == 0:
		return nil
	case len(some) > 1:
		f.fault(name, "只能选择一个文件")
		return nil
	}
	b, err := some[0].Read(most)
	if err != nil {
		f.fault(name, "%s", err.Error())
	}
	return b
}

// Read reads a file whole. Its errors are Chinese.
func (x File) Read(most int64) ([]byte, error) {
	if x.Size > most {
		return nil, fmt.Errorf("文件“%s”有 %d 字节，超过 %d 字节；请确认选对了文件", x.Name, x.Size, most)
	}
	from, err := x.Open()
	if err != nil {
		return nil, fmt.Errorf("文件“%s”打不开；请重新选择", x.Name)
	}
	b, err := io.ReadAll(io.LimitReader(from, most+1))
	if err = errors.Join(err, from.Close()); err != nil || int64(len(b)) != x.Size {
		return nil, fmt.Errorf("文件“%s”读不出来，或者在选择之后有改动；请重新选择", x.Name)
	}
	return b, nil
}
