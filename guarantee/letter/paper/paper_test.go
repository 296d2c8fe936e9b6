package paper

import (
	"bytes"
	"compress/zlib"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baohan/guarantee/letter"
	"baohan/signing"
)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func anchors(t testing.TB) *signing.Trust {
	t.Helper()
	roots, err := signing.ParseCertificatesPEM(golden(t, "root-1.pem"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := signing.NewTrust(roots...)
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

// A PDF of version 1 is genuine for ever: neither its form nor a word of its text may change any more.
func TestGolden(t *testing.T) {
	if r := Verify(golden(t, "guarantee-1.pdf"), anchors(t)); !r.OK {
		t.Errorf("%+v", r)
	}
}

// What is read is written again byte for byte: reading and writing are one description.
func TestWrittenAgain(t *testing.T) {
	b := golden(t, "guarantee-1.pdf")
	d, signed, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Unsigned(signed.Chain)
	if err != nil {
		t.Fatal(err)
	}
	copy(again[HoleAt+1:], d.signature)
	if !bytes.Equal(again, b) {
		t.Error("written again the file has other bytes")
	}
	if !bytes.HasSuffix(b[:HoleAt], []byte("/Contents")) || b[HoleAt] != '<' {
		t.Error("the signature does not stand where the printed commands look for it")
	}
}

func deflated(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A page does nothing but what is listed: whatever could hide or exchange text is refused.
func TestPageContent(t *testing.T) {
	fonts := []Font{{Runes: []rune{0, '甲', '乙', 0}}}
	for content, want := range map[string]string{
		"BT\n/F0 10 Tf\n[<00010002>] TJ\nET\n":                             "甲乙",
		"/F0 10 Tf\n[<0001>500<0002>] TJ\n":                                "甲乙",
		"/F0 10 Tf\n/Artifact BMC\n[<0001>] TJ\nEMC\n[<0002>] TJ\n":        "乙",
		"/F0 10 Tf\n[<0001>] TJ\n3 Tr\n":                                   "!", // invisible
		"/F0 10 Tf\n[<0003>] TJ\n":                                         "!", // a glyph that is no character
		"/F0 10 Tf\n[<0004>] TJ\n":                                         "!", // a glyph that is none
		"/F1 10 Tf\n[<0001>] TJ\n":                                         "!", // a font that is none
		"[<0001>] TJ\n":                                                    "!", // no font
		"/F0 10 Tf\n(\\000\\001) Tj\n":                                     "!", // text in another way
		"/F0 10 Tf\n[<00>] TJ\n":                                           "!", // half a glyph
		"/X0 Do\n":                                                         "!", // an object from elsewhere
		"BI /W 1 /H 1 ID x EI\n":                                           "!", // an image
		"/Span <</ActualText(x)>> BDC\n":                                   "!", // other text for the reader
		"/F0 10 Tf\n/Artifact BMC\n/Artifact BMC\n[<0001>] TJ\nEMC\nEMC\n": "!",
		"/Hidden BMC\nEMC\n":                                               "!",
		"0 0 m 10 10 l S\n":                                                "!", // several on a line
	} {
		d := Document{Fonts: fonts, Pages: [][]byte{deflated(t, content)}}
		page, err := d.readPage(0)
		switch {
		case want == "!" && !errors.Is(err, errForm):
			t.Errorf("%q: %q, %v", content, page.body, err)
		case want != "!" && (err != nil || page.body != want):
			t.Errorf("%q: %q, %v", content, page.body, err)
		}
	}
	d := Document{Fonts: fonts, Pages: [][]byte{append(deflated(t, "q\nQ\n"), 'x')}}
	if _, err := d.readPage(0); !errors.Is(err, errForm) {
		t.Errorf("bytes behind a compressed stream: %v", err)
	}
	if _, err := inflate(deflated(t, strings.Repeat("a", 1000)), 999); !errors.Is(err, errForm) {
		t.Errorf("a stream that grows: %v", err)
	}
}

func TestToUnicode(t *testing.T) {
	f := Font{Runes: []rune{0, '甲', '𠮷', 0, '·'}}
	for range 300 {
		f.Runes = append(f.Runes, '乙')
	}
	table := f.toUnicode()
	if !bytes.Contains(table, []byte("<0002><D842DFB7>")) {
		t.Errorf("𠮷 is not a pair of surrogates:\n%s", table)
	}
	if got := string(readToUnicode(table, len(f.Runes))); got != string(f.Runes) {
		t.Errorf("%q", got)
	}
}

func TestSheetIsCanonical(t *testing.T) {
	s := Sheet{Title: "核验结果表", Number: "n", Mark: "m", Blocks: []Block{{Heading: "h"}, {Facts: []Fact{{Label: "l", Value: "v", Big: true}}},
		{Table: &Table{Columns: []string{"a"}, Shares: []int{1}, Rows: [][]string{{"b"}}}}, {Close: &Close{Under: []string{"u"}, Signatory: []string{"s"}}}}}
	attached, err := s.Other()
	if err != nil {
		t.Fatal(err)
	}
	again, err := readSheet(attached[0].Data)
	if err != nil || again.Text() != s.Text() || s.Text() != "核验结果表hlvabus" {
		t.Errorf("%v: %q", err, again.Text())
	}
	for _, bad := range []string{"", "{}", `{"title":"a"} `, `{"blocks":null,"mark":"","number":"","title":"","x":1}`} {
		if _, err := readSheet([]byte(bad)); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

// The head of a grid may stand once more on a page, behind the page's own head; nothing else may be repeated.
func TestGridHead(t *testing.T) {
	s := Sheet{Blocks: []Block{{Table: &Table{Columns: []string{"甲 乙", "丙"}}}, {Table: &Table{Grid: true, Columns: []string{"序\n号", "投标人"}}}}}
	for name, c := range map[string]struct {
		artifacts []string
		at, want  int
	}{
		"again":            {[]string{"h", "n", "序号投标人", "f"}, 2, 3},
		"with a space":     {[]string{"h", "n", "序号 投标人", "f"}, 2, 3},
		"twice":            {[]string{"h", "n", "序号投标人", "序号投标人", "f"}, 2, 4},
		"on the first":     {[]string{"序号投标人", "f"}, 0, 2},
		"at another place": {[]string{"h", "序号投标人", "n", "f"}, 2, 4},
		"another text":     {[]string{"h", "n", "序号中标人", "f"}, 2, 4},
		"of no grid":       {[]string{"h", "n", "甲乙丙", "f"}, 2, 4},
		"none":             {[]string{"h", "n"}, 2, 2},
	} {
		if got := s.withoutGridHead(c.artifacts, c.at); len(got) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Whatever the bytes: no panic, and nothing passes but the genuine file.
func FuzzVerify(f *testing.F) {
	b, trust := golden(f, "guarantee-1.pdf"), anchors(f)
	f.Add(b)
	f.Add(b[:3000])
	f.Add([]byte("%PDF-1.7\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if r := Verify(file, trust); r.OK && !bytes.Equal(file, b) {
			t.Error("another file passes")
		} else if !r.OK && why(r) == "" {
			t.Error("refused without a reason")
		}
	})
}

func why(r letter.Report) string {
	for _, l := range r.Lines {
		if l.Result == letter.ResultDoubtful {
			return l.Words
		}
	}
	return ""
}

// Whatever stands on a page: no panic, and text only of the characters that its fonts have.
func FuzzPage(f *testing.F) {
	f.Add("BT\n/F0 10 Tf\n[<00010002>] TJ\nET\n")
	f.Add("/Artifact BMC\nEMC\n")
	f.Fuzz(func(t *testing.T, content string) {
		r := pageReader{fonts: []Font{{Runes: []rune{0, '甲', '乙'}}}, content: content}
		if err := r.run(); err == nil && strings.Trim(r.body.String(), "甲乙") != "" {
			t.Errorf("%q", r.body.String())
		}
	})
}
