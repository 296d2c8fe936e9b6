package blobs

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"baohan/party"
)

const (
	pdf = "%PDF-1.7\n1 0 obj"
	jpg = "\xff\xd8\xff\xe0\x00\x10JFIF"
	png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	zip = "PK\x03\x04\x14\x00\x00\x00\x08\x00"
	ofd = zip + "\x00\x00\x00\x00Doc_0/Document.xml ... OFD.xml ..."
	gm  = "\x30\x0e\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02\x05\x00"
	cms = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x00\x00\x00\x00"
)

func TestTypes(t *testing.T) {
	all := Rule{Field: "documents", Types: Papers, Max: 1 << 20}
	long := strings.Repeat("汉", 50_000)
	for _, c := range []struct{ name, content, code string }{
		{"a.pdf", pdf, ""}, {"说明.PDF", pdf, ""}, {"a.pdf", "\n" + pdf, "file.content"}, {"a.pdf", "%PD", "file.content"}, {"a.pdf", jpg, "file.content"},
		{"a.jpg", jpg, ""}, {"a.jpeg", jpg, ""}, {"a.jpg", png, "file.content"}, {"a.png", png, ""}, {"a.png", png[:7], "file.content"}, {"a.png", pdf, "file.content"},
		{"a.zip", zip, ""}, {"a.zip", "PK\x05\x06" + strings.Repeat("\x00", 18), ""}, {"a.zip", "MZ\x90\x00", "file.content"},
		{"a.ofd", ofd, ""}, {"a.ofd", zip + strings.Repeat(" ", 100), "file.content"}, {"a.ofd", "OFD.xml", "file.content"}, {"a.ofd", pdf, "file.content"},
		{"a.txt", "情况说明\r\n\t一、", ""}, {"a.txt", "\ufeffx", ""}, {"a.txt", long, ""}, {"a.txt", "a\x00b", "file.content"}, {"a.txt", "\xc7\xe9\xbf\xf6", "file.content"}, // GBK
		{"a.txt", "汉"[:2], "file.content"}, {"a.txt", long + "\x1b[31m", "file.content"}, {"a.txt", jpg, "file.content"}, {"a.txt", "\x7f", "file.content"},
		{"a.xml", "<?xml version=\"1.0\"?><a/>", ""}, {"a.xml", "\ufeff\n<a>汉</a>", ""}, {"a.xml", "a<b/>", "file.content"}, {"a.xml", "<a>\xff</a>", "file.content"},
		{"a.xml", strings.Repeat(" ", 100) + "a", "file.content"},
		{"a.p7s", gm, ""}, {"a.p7s", cms, ""}, {"a.p7s", gm + "\x00", "file.content"}, {"a.p7s", gm[:len(gm)-1], "file.content"}, {"a.p7s", "\x30", "file.content"},
		{"a.p7s", "\x30\x85\x00\x00\x00\x00\x01" + gm[2:], "file.content"}, {"a.p7s", "\x30\x81\x0e" + gm[2:], ""}, {"a.p7s", "\x31" + gm[1:], "file.content"},
		{"a.p7s", "-----BEGIN PKCS7-----", "file.content"},
		{"a.exe", "MZ", "file.type"}, {"a.docx", zip, "file.type"}, {"a", pdf, "file.type"}, {"pdf", pdf, "file.type"}, {"a.pdf.exe", pdf, "file.type"}, {"", pdf, "file.type"},
		{"a.pdf", "", "file.empty"}, {"a.txt", "", "file.empty"}, {"a.ofd", "", "file.empty"},
	} {
		check := func(how string, err error) {
			t.Helper()
			r, refused := party.RefusalOf(err)
			switch {
			case c.code == "" && err != nil, c.code != "" && (!refused || r.Code != c.code):
				t.Errorf("%s, %s, %.20q: %v, want %q", how, c.name, c.content, err, c.code)
			case refused && (r.Kind != party.KindInvalid || r.Field != "documents" || strings.Contains(r.Message, "a.")):
				t.Errorf("%s: %+v", c.name, r)
			}
		}
		check("at once", all.Check(c.name, []byte(c.content)))
		x, err := all.Inspect(c.name)
		if err == nil {
			if _, err = io.Copy(x, iotest.OneByteReader(strings.NewReader(c.content))); err == nil {
				err = x.Finish()
			}
		}
		check("byte by byte", err)
	}
}

func TestRuleOfOnePlace(t *testing.T) {
	r := Rule{Field: "content", Types: []Type{PDF}, Max: 100}
	exact := append([]byte(pdf), make([]byte, 100-len(pdf))...)
	if err := r.Check("a.pdf", exact); err != nil {
		t.Errorf("as large as allowed: %v", err)
	}
	for name, c := range map[string]struct {
		file    string
		content []byte
		code    string
		words   string
	}{
		"a byte too large": {"a.pdf", append(bytes.Clone(exact), 0), "file.size", "100 字节"},
		"of another type":  {"a.png", []byte(png), "file.type", "PDF"},
	} {
		err := r.Check(c.file, c.content)
		if got, ok := party.RefusalOf(err); !ok || got.Code != c.code || got.Field != "content" || !strings.Contains(got.Message, c.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if sizeWords(8<<20) != "8 MB" {
		t.Error(sizeWords(8 << 20))
	}
}

// Whoever streams learns of a fault before the rest of the file has come.
func TestInspectionRefusesEarly(t *testing.T) {
	r := Rule{Types: Papers, Max: 1 << 30}
	for name, first := range map[string]string{"a.pdf": strings.Repeat("x", headLength), "a.txt": "a\x00", "a.p7s": strings.Repeat("\x30", headLength)} {
		x, err := r.Inspect(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Write([]byte(first)); err == nil {
			t.Errorf("%s: goes on", name)
		}
		if _, err := x.Write([]byte(pdf)); err == nil || x.Finish() == nil {
			t.Errorf("%s: forgets", name)
		}
	}
}
