package acts

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
)

func form(pairs ...string) *fields {
	f := &fields{in: Input{Fields: map[string][]string{}, Files: map[string][]File{}}}
	for i := 0; i < len(pairs); i += 2 {
		f.in.Fields[pairs[i]] = append(f.in.Fields[pairs[i]], pairs[i+1])
	}
	return f
}

func TestYuan(t *testing.T) {
	for text, want := range map[string]letter.Fen{"800000": 80_000_000, "800,000.00": 80_000_000, "¥800,000.5": 80_000_050, " ￥ 1,000 元 ": 100_000, "0.01": 1,
		"80,00": 0, "8,0000": 0, "１２": 0, "-1": 0, "1e3": 0, "1.234": 0, "": 0, "100000000000000": 0, "1,000,00": 0, ",100": 0} {
		f := form("price", text)
		if got := f.yuan("price"); got != want || (f.err == nil) != (want != 0) {
			t.Errorf("%q is %d, %v", text, got, f.err)
		}
	}
}

func TestFields(t *testing.T) {
	id, uscc := sample.ID(3), sample.New(time.Date(2026, 11, 23, 9, 0, 0, 0, calendar.Shanghai)).Bank.Party.USCC
	for name, c := range map[string]struct {
		form *fields
		read func(*fields) any
		want any // nil: refused
	}{
		"an id":             {form("x", id), func(f *fields) any { return f.id("x") }, id},
		"an id in capitals": {form("x", strings.ToUpper(id)[:31]+"F"), func(f *fields) any { return f.id("x") }, nil},
		"no id":             {form(), func(f *fields) any { return f.id("x") }, nil},
		"an id that may be": {form("x", " "), func(f *fields) any { return f.optionalID("x") }, ""},
		"ids":               {form("x", id, "x", "", "x", id), func(f *fields) any { return len(f.ids("x")) }, 2},
		"two for one":       {form("x", "a", "x", "b"), func(f *fields) any { return f.optional("x") }, nil},
		"too short":         {form("x", "合"), func(f *fields) any { return f.text("x", 2, 5) }, nil},
		"just right":        {form("x", "合同已签"), func(f *fields) any { return f.text("x", 2, 5) }, "合同已签"},
		"a count":           {form("x", "36500"), func(f *fields) any { return f.count("x", 36_500) }, 36_500},
		"too many":          {form("x", "36501"), func(f *fields) any { return f.count("x", 36_500) }, nil},
		"a date":            {form("x", "2026-11-30"), func(f *fields) any { return f.date("x").String() }, "2026-11-30"},
		"no date":           {form("x", "2026-02-30"), func(f *fields) any { return f.date("x").String() }, nil},
		"an instant":        {form("x", "2026-11-30T14:05"), func(f *fields) any { return f.instant("x").UTC().Format(time.RFC3339) }, "2026-11-30T06:05:00Z"},
		"with seconds":      {form("x", "2026-11-30T14:05:09"), func(f *fields) any { return f.instant("x").UTC().Format(time.RFC3339) }, "2026-11-30T06:05:09Z"},
		"no instant":        {form("x", "30.11.2026"), func(f *fields) any { return f.instant("x") }, nil},
		"a party":           {form("p-name", "银行", "p-uscc", uscc, "p-name", "", "p-uscc", ""), func(f *fields) any { return fmt.Sprint(f.parties("p")) }, fmt.Sprint([]letter.Party{{Name: "银行", USCC: uscc}})},
		"a wrong code":      {form("p-name", "银行", "p-uscc", uscc[:17]+"0"), func(f *fields) any { return len(f.parties("p")) }, nil},
		"no name":           {form("p-name", "", "p-uscc", uscc), func(f *fields) any { return len(f.parties("p")) }, nil},
		"not paired":        {form("p-name", "银行"), func(f *fields) any { return len(f.parties("p")) }, nil},
	} {
		got := c.read(c.form)
		var own *FieldError
		if c.want == nil && !errors.As(c.form.err, &own) || c.want != nil && (got != c.want || c.form.err != nil) {
			t.Errorf("%s: %v, %v", name, got, c.form.err)
		}
	}
}

func TestContent(t *testing.T) {
	gone := memory("没了.pdf", []byte("x"))
	gone.Open = func() (Opened, error) { return nil, errors.New("gone") }
	shrunk := File{Name: "变短.pdf", Size: 5, Open: memory("变短.pdf", []byte("four")).Open}
	for name, c := range map[string]struct {
		files []File
		want  string
		said  string
	}{
		"none":         {nil, "", ""},
		"left empty":   {[]File{{}}, "", ""},
		"one":          {[]File{memory("a", []byte("four"))}, "four", ""},
		"two":          {[]File{memory("a", []byte("four")), memory("b", []byte("b"))}, "", "只能选择一个"},
		"empty":        {[]File{memory("a", nil)}, "", "是空的"},
		"too long":     {[]File{memory("a", []byte("fives"))}, "", "超过 4 字节"},
		"gone":         {[]File{gone}, "", "打不开"},
		"changed":      {[]File{{Name: shrunk.Name, Size: 3, Open: shrunk.Open}}, "", "有改动"},
		"shorter than": {[]File{{Name: shrunk.Name, Size: 4, Open: memory("", []byte("abc")).Open}}, "", "有改动"},
	} {
		f := form()
		f.in.Files["x"] = c.files
		if got := f.content("x", 4); string(got) != c.want || (f.err == nil) != (c.said == "") || f.err != nil && !strings.Contains(f.err.Error(), c.said) {
			t.Errorf("%s: %q %v", name, got, f.err)
		}
	}
}

func TestWords(t *testing.T) {
	unknown := fmt.Errorf("%w", client.ErrUnknown)
	for name, c := range map[string]struct {
		err  error
		want Trouble
	}{
		"the platform's own": {wire.Problem{Status: 422, Code: "lot.closed", Detail: "标段已经截止", Field: "/lot"}, Trouble{Says: "标段已经截止", Field: "/lot", Code: "lot.closed"}},
		"several": {wire.Problem{Status: 422, Code: "x", Detail: "两处有误", Errors: []wire.Fault{{Field: "/a", Detail: "甲有误"}, {Field: "/b", Detail: "乙有误"}}},
			Trouble{Says: "两处有误；甲有误；乙有误", Code: "x"}},
		"unknown":             {unknown, Trouble{Says: unknownWords, Unknown: true}},
		"refused and unknown": {errors.Join(unknown, wire.Problem{Status: 503, Detail: "忙"}), Trouble{Says: unknownWords, Unknown: true}},
		"a field":             {&FieldError{"price", "请填写"}, Trouble{Says: "请填写", Field: "price"}},
		"a paper's field":     {letter.BidTerms{Price: 1, PriceCapital: "x"}.Check(), Trouble{Says: "大写报价与小写报价不一致；大写应为壹分", Field: "price_capital"}},
		"a wrong PIN":         {client.ErrPIN, Trouble{Says: client.ErrPIN.Error()}},
		"another certificate": {fmt.Errorf("x: %w", client.ErrWrongKey), Trouble{Says: known[1].says}},
	} {
		if got := Words(c.err); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := Words(errors.New("client: a thing")).Says; !strings.Contains(got, "a thing") || strings.Contains(got, "client:") || !strings.Contains(got, "告诉平台") {
		t.Error(got)
	}
}

func TestMoney(t *testing.T) {
	for fen, want := range map[letter.Fen]string{1: "¥0.01", 80_000_000: "¥800,000.00", 123_456_789_012: "¥1,234,567,890.12", 99_900: "¥999.00"} {
		if got := money(fen); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
