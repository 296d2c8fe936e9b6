package paper

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// The kinds of documents.
const (
	KindGuarantee    = "guarantee"    // 保函: its text follows from the attached guarantee file
	KindRelease      = "release"      // 解除通知: from the attached signed data
	KindDemand       = "demand"       // 书面付款通知: from the attached signed data
	KindRefusal      = "refusal"      // 拒付通知: from the attached signed data
	KindVerification = "verification" // 核验结果表: from the attached data that the centre signed
	KindRecord       = "record"       // 开标记录表: from the attached signatures under it
	KindSheet        = "sheet"        // any other: its text is attached as sheet.json
)

// Rendering is the version of what the documents say. A file of an earlier version is checked by the text of that
// version, for ever; whoever changes a word of a kind's text adds a version.
const Rendering = 1

// Wide tells the kinds that lie on their long side.
func Wide(kind string) bool { return kind == KindRecord }

// Limits of a document.
const (
	maxPages       = 60
	maxFonts       = 6
	maxAttachments = 400 // a record has one for each signature
	maxGlyphs      = 20_000
)

// Document is everything that varies in a PDF of ours. Streams stand in it as they stand in the file.
type Document struct {
	Kind        string
	Version     int // Rendering when it was made
	Title       string
	Author      string    // who signs the rendering
	At          time.Time // when, whole seconds
	Fonts       []Font
	Pages       [][]byte // content streams, deflated
	Attachments []Attachment

	signature []byte // those digits
	spans     [4]int // ByteRange
}

// Font is a subset of a font whose glyphs are numbered from 1.
type Font struct {
	Name            string
	Ascent, Descent int
	Box             [4]int
	Runes           []rune // character of each glyph; 0 for one that stands for none
	Widths          []int  // thousandths of the size, for glyph 0 too
	Size            int    // of the font file, in bytes
	File            []byte // TrueType, deflated
}

// Attachment is one file that the document carries, as it is.
type Attachment struct {
	Name        string
	Description string
	Data        []byte
}

// Attachment finds an attachment by its name; nil when there is none.
func (d Document) Attachment(name string) []byte {
	for _, a := range d.Attachments {
		if a.Name == name {
			return a.Data
		}
	}
	return nil
}

// Fixed object numbers; the signature comes first, so that it stands at the same place in every file and the commands
// that cut it out can be printed.
const (
	objSignature = 1
	objCatalog   = 2
	objPages     = 3
	objInfo      = 4
	objField     = 5
	objFonts     = 6 // four a font
)

func (d *Document) pageObject(i int) int { return objFonts + 4*len(d.Fonts) + 2*i }
func (d *Document) attachmentObject(i int) int {
	return objFonts + 4*len(d.Fonts) + 2*len(d.Pages) + 2*i
}

// walk is the description of the format, for writing and for reading.
func (d *Document) walk(w *walker) {
	w.lit("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	d.walkSignature(w)
	d.walkCatalog(w)
	d.walkPagesAndInfo(w)
	for i := range d.Fonts {
		d.Fonts[i].walk(w, objFonts+4*i)
	}
	for i := range d.Pages {
		d.walkPage(w, i)
	}
	for i := range d.Attachments {
		d.Attachments[i].walk(w, d.attachmentObject(i))
	}
	w.end(objCatalog, objInfo, d.id())
}

// HoleAt is where the signature's string begins in every file, its angle bracket included.
const HoleAt = len("%PDF-1.7\n%xxxx\n1 0 obj\n<</Type/Sig/Filter/GM.PKILite/SubFilter/GM.SM2/ByteRange[0 0000000000 0000000000 0000000000]/Contents")

func (d *Document) walkSignature(w *walker) {
	w.object()
	w.lit("<</Type/Sig/Filter/GM.PKILite/SubFilter/GM.SM2/ByteRange[0 ")
	for i := 1; i < 4; i++ {
		w.lit(spanText(d.spans[i], i))
	}
	w.lit("/Contents<")
	if w.reading {
		d.signature = []byte(w.until('>', 1<<20))
	} else {
		w.b = append(w.b, d.signature...)
	}
	w.lit(">/M(")
	d.walkTime(w)
	w.lit(")/Name")
	w.text(&d.Author)
	w.lit(">>\nendobj\n")
}

// spanText is a number of the ByteRange and what stands behind it.
func spanText(n, i int) string { return fmt.Sprintf("%010d%c", n, " ]"[i/3]) }

// walkTime is an instant of Beijing.
func (d *Document) walkTime(w *walker) {
	const layout = "D:20060102150405+08'00'"
	if w.reading && d.At.IsZero() {
		text := w.until(')', 30)
		at, err := time.ParseInLocation(layout, text, calendar.Shanghai)
		if err != nil || at.Format(layout) != text {
			w.fail()
		}
		d.At = at
		return
	}
	w.lit(d.At.In(calendar.Shanghai).Format(layout))
}

func (d *Document) walkCatalog(w *walker) {
	fonts, pages, attachments := len(d.Fonts), len(d.Pages), len(d.Attachments)
	w.object()
	w.lit("<</Type/Catalog/Lang(zh-CN)/BAOHAN<</Kind/")
	w.name(&d.Kind, '/')
	w.lit("Version ")
	w.few(&d.Version, 99, '/')
	w.lit("Fonts ")
	w.few(&fonts, maxFonts, '/')
	w.lit("Pages ")
	w.few(&pages, maxPages, '/')
	w.lit("Attachments ")
	w.few(&attachments, maxAttachments, '>')
	if w.reading {
		d.Fonts, d.Pages, d.Attachments = make([]Font, fonts), make([][]byte, pages), make([]Attachment, attachments)
	}
	w.lit(fmt.Sprintf(">/Pages %d 0 R/AcroForm<</Fields[%d 0 R]/SigFlags 3>>/Names<</EmbeddedFiles<</Names[", objPages, objField))
	for i := range d.Attachments {
		w.lit("(")
		w.name(&d.Attachments[i].Name, ')')
		w.lit(fmt.Sprintf("%d 0 R", d.attachmentObject(i)))
	}
	w.lit("]>>>>/ViewerPreferences<</DisplayDocTitle true>>>>\nendobj\n")
}

func (d *Document) walkPagesAndInfo(w *walker) {
	w.object()
	box := "595.276 841.89"
	if Wide(d.Kind) {
		box = "841.89 595.276"
	}
	w.lit("<</Type/Pages/MediaBox[0 0 " + box + "]/Resources<</Font<<")
	for i := range d.Fonts {
		w.lit(fmt.Sprintf("/F%d %d 0 R", i, objFonts+4*i))
	}
	kids := make([]string, len(d.Pages))
	for i := range kids {
		kids[i] = strconv.Itoa(d.pageObject(i)) + " 0 R"
	}
	w.lit(fmt.Sprintf(">>>>/Count %d/Kids[%s]>>\nendobj\n", len(kids), strings.Join(kids, " ")))
	w.object()
	w.lit("<</Title")
	w.text(&d.Title)
	w.lit("/Author")
	w.text(&d.Author)
	w.lit("/Producer(baohan)/CreationDate(")
	d.walkTime(w)
	w.lit(")>>\nendobj\n")
	w.object()
	w.lit(fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(baohan)/V %d 0 R/P %d 0 R/Rect[0 0 0 0]/F 132>>\nendobj\n", objSignature, d.pageObject(0)))
}

func (d *Document) walkPage(w *walker, i int) {
	w.object()
	w.lit(fmt.Sprintf("<</Type/Page/Parent %d 0 R/Contents %d 0 R", objPages, d.pageObject(i)+1))
	if i == 0 {
		w.lit(fmt.Sprintf("/Annots[%d 0 R]", objField))
	}
	w.lit(">>\nendobj\n")
	w.stream("/Filter/FlateDecode", &d.Pages[i])
}

func (f *Font) walk(w *walker, first int) {
	w.object()
	w.lit("<</Type/Font/Subtype/Type0/Encoding/Identity-H/BaseFont/BAOHAN+")
	w.name(&f.Name, '/')
	w.lit(fmt.Sprintf("DescendantFonts[<</Type/Font/Subtype/CIDFontType2/CIDToGIDMap/Identity/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/BaseFont/BAOHAN+%s/FontDescriptor %d 0 R/W[0[", f.Name, first+1))
	glyphs := len(f.Widths)
	f.walkWidths(w, &glyphs)
	w.lit(fmt.Sprintf("]]>>]/ToUnicode %d 0 R>>\nendobj\n", first+3))
	w.object()
	w.lit("<</Type/FontDescriptor/Flags 4/ItalicAngle 0/StemV 80/FontName/BAOHAN+" + f.Name + "/Ascent ")
	w.num(&f.Ascent, '/')
	w.lit("CapHeight ")
	w.lit(strconv.Itoa(f.Ascent) + "/Descent ")
	w.num(&f.Descent, '/')
	w.lit("FontBBox[")
	for i, stop := range []byte("   ]") {
		w.num(&f.Box[i], stop)
	}
	w.lit(fmt.Sprintf("/FontFile2 %d 0 R>>\nendobj\n", first+2))
	w.object()
	w.lit("<</Filter/FlateDecode/Length1 ")
	w.num(&f.Size, '/')
	w.lit("Length ")
	n := len(f.File)
	w.num(&n, '>')
	w.lit(">stream\n")
	w.data(&f.File, n)
	w.lit("\nendstream\nendobj\n")
	f.walkCharacters(w)
}

// walkWidths is the number of glyphs, which nothing else states, and their widths.
func (f *Font) walkWidths(w *walker, glyphs *int) {
	if w.reading {
		fields := strings.Split(w.until(']', 6*maxGlyphs), " ")
		*glyphs = len(fields)
		f.Widths = make([]int, len(fields))
		for i, text := range fields {
			v, err := strconv.Atoi(text)
			if err != nil || strconv.Itoa(v) != text || v < 0 {
				w.fail()
			}
			f.Widths[i] = v
		}
		return
	}
	for i, v := range f.Widths {
		if i > 0 {
			w.b = append(w.b, ' ')
		}
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	}
}

// walkCharacters is ToUnicode: the character of every glyph that stands for one.
func (f *Font) walkCharacters(w *walker) {
	if w.reading {
		w.object()
		w.lit("<</Length ")
		n := 0
		w.num(&n, '>')
		w.lit(">stream\n")
		var table []byte
		w.data(&table, n)
		w.lit("\nendstream\nendobj\n")
		f.Runes = readToUnicode(table, len(f.Widths))
		if w.err == nil && string(f.toUnicode()) != string(table) {
			w.fail()
		}
		return
	}
	table := f.toUnicode()
	w.stream("", &table)
}

func (a *Attachment) walk(w *walker, first int) {
	w.object()
	w.lit("<</Type/Filespec/F(" + a.Name + ")/UF(" + a.Name + ")/Desc")
	w.text(&a.Description)
	w.lit(fmt.Sprintf("/AFRelationship/Source/EF<</F %d 0 R/UF %d 0 R>>>>\nendobj\n", first+1, first+1))
	w.stream("/Type/EmbeddedFile/Subtype/application#2Foctet-stream", &a.Data)
}

// id follows from the attachments: the same guarantee has the same.
func (d *Document) id() string {
	var parts [][]byte
	for _, a := range d.Attachments {
		parts = append(parts, []byte(a.Name), a.Data)
	}
	digest := signing.TaggedSum("baohan/paper/1", parts...)
	return strings.ToUpper(digest.String()[:32])
}
