package page_test

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/page"
	"baohan/guarantee/letter/paper"
	"baohan/internal/sample"
)

// Every kind of document verifies: its structure, its signature, and that the text on its pages is the text of its
// source, read back by the fonts' own tables.
func TestEveryKindVerifies(t *testing.T) {
	w, papers := allPapers(t)
	for name, p := range papers {
		if r := paper.Verify(p.pdf, w.Trust, letter.Platform(w.Platform.Party.USCC)); !r.OK {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// Another program extracts the same text.
func TestPDFToTextEqualsTheSource(t *testing.T) {
	program := tool(t, "pdftotext")
	_, papers := allPapers(t)
	for name, p := range papers {
		out, err := exec.CommandContext(t.Context(), program, "-raw", "-enc", "UTF-8", saved(t, "a.pdf", p.pdf), "-").CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		if got, want := bodyOf(t, p.sheet, string(out)), p.sheet.Text(); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// bodyOf takes what is repeated on every page off the pages of a text.
func bodyOf(t *testing.T, s paper.Sheet, text string) string {
	t.Helper()
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	var body strings.Builder
	for i, p := range pages {
		p = paper.Squeezed(p)
		head, foot := paper.Squeezed(strings.Join(s.Head(i+1), "")), paper.Squeezed(strings.Join(s.Foot(i+1, len(pages)), ""))
		if !strings.HasPrefix(p, head) || !strings.HasSuffix(p, foot) {
			t.Errorf("page %d has not its head and foot: %q", i+1, p)
		}
		p = strings.TrimSuffix(strings.TrimPrefix(p, head), foot)
		for _, b := range s.Blocks {
			if b.Table != nil && b.Table.Grid { // its head stands again
				columns := paper.Squeezed(strings.Join(b.Table.Columns, ""))
				if strings.Contains(body.String(), columns) {
					p = strings.TrimPrefix(p, columns)
				}
			}
		}
		body.WriteString(p)
	}
	return body.String()
}

// Names as people really have them: beyond the first plane, beyond the first font.
func TestRareNames(t *testing.T) {
	w := newWorld()
	const name = "𠮷林𬭚业·阿布都热西提䶮建设（集团）有限公司"
	bidder := w.Member(name, 77)
	i := w.Issue(w.Draft(bidder, w.Bank, sample.Independent, letter.ModeBlind), "XJSL-2026-000001")
	b := w.guarantee(t, i.File())
	if r := paper.Verify(b, w.Trust); !r.OK {
		t.Errorf("%+v", r)
	}
	d, _, err := paper.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	found := map[rune]string{}
	for _, f := range d.Fonts {
		for _, r := range f.Runes {
			found[r] = f.Name
		}
	}
	if found['𠮷'] != "LXGWWenKai-Regular" || found['𬭚'] != "NotoSerifSC-Regular" || found['·'] != "NotoSerifSC-Regular" {
		t.Errorf("𠮷 in %q, 𬭚 in %q, · in %q", found['𠮷'], found['𬭚'], found['·'])
	}
	out, err := exec.CommandContext(t.Context(), tool(t, "pdftotext"), "-raw", saved(t, "a.pdf", b), "-").Output()
	if err != nil || !strings.Contains(paper.Squeezed(string(out)), name) {
		t.Errorf("%v: the name is not in\n%s", err, out)
	}
}

// What no font has is an error that names it, never a blank.
func TestMissingGlyph(t *testing.T) {
	w := newWorld()
	for _, r := range []rune{'𪚥', '😀', 'ཀ'} {
		bidder := w.Member("示例"+string(r)+"建设有限公司", 77)
		i := w.Issue(w.Draft(bidder, w.Bank, sample.Independent, letter.ModeBlind), "XJSL-2026-000001")
		_, err := page.Guarantee(t.Context(), canonical(t, i.File()), w.by, w.at)
		missing, ok := errors.AsType[*page.MissingGlyphError](err)
		if !ok || missing.Rune != r || !strings.Contains(err.Error(), string(r)) {
			t.Errorf("%c: %v", r, err)
		}
	}
}

// The same file, proof and time give the same bytes, but for the signature.
func TestSameBytes(t *testing.T) {
	w := newWorld()
	file := canonical(t, w.Issue(w.Blind(), "XJSL-2026-000001").File())
	var first []byte
	for range 3 {
		s, attached, err := paper.Guarantee(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := w.by.Render(paper.KindGuarantee, s, attached, w.at)
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.Unsigned(w.by.Chain)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		if !bytes.Equal(first, b) {
			t.Error("the same document has other bytes")
		}
	}
}

func TestQPDFIsClean(t *testing.T) {
	program := tool(t, "qpdf")
	_, papers := allPapers(t)
	for name, p := range papers {
		out, err := exec.CommandContext(t.Context(), program, "--check", saved(t, "a.pdf", p.pdf)).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "No syntax or stream encoding errors") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// Another program takes out the files that the guarantee carries, as they are.
func TestAttachmentsComeOut(t *testing.T) {
	program := tool(t, "qpdf")
	w := newWorld()
	file := canonical(t, sample.NewLog("log.example.cn").Logged(w.Issue(w.Blind(), "XJSL-2026-000001")))
	_, attached, err := paper.Guarantee(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := page.Guarantee(t.Context(), file, w.by, w.at)
	if err != nil {
		t.Fatal(err)
	}
	path := saved(t, "a.pdf", b)
	for _, a := range attached {
		out, err := exec.CommandContext(t.Context(), program, "--show-attachment="+a.Name, path).Output()
		if err != nil || !bytes.Equal(out, a.Data) {
			t.Errorf("%s: %v, %d bytes of %d", a.Name, err, len(out), len(a.Data))
		}
	}
	if len(attached) != 5 {
		t.Errorf("%d files", len(attached))
	}
}
