package page

import (
	"fmt"

	"baohan/guarantee/letter/paper"
)

// A4, and where things stand on it, in points from the lower left corner.
const (
	shortSide, longSide = 595.276, 841.89

	edge   = 30.0 // of the outer frame
	bottom = 74.0
	footY  = 50.0
)

// format is a way to lay A4.
type format struct {
	pageWidth, pageHeight float64
	left, right, width    float64
	bandTop, bandHeight   float64
	headY, tablesPad      float64 // tablesPad is the room at either side of a cell
}

var (
	upright = format{pageWidth: shortSide, pageHeight: longSide, left: 64, right: shortSide - 64, width: shortSide - 2*64,
		bandTop: longSide - 46, bandHeight: 74, headY: longSide - 54, tablesPad: 7}
	wide = format{pageWidth: longSide, pageHeight: shortSide, left: 46, right: longSide - 46, width: longSide - 2*46,
		bandTop: shortSide - 46, bandHeight: 62, headY: shortSide - 54, tablesPad: 3.5}
)

// style is how a paragraph is set: sizes in points.
type style struct {
	face      face
	size      float64
	leading   float64 // from base line to base line
	indent    float64 // of the first line, in ems
	after     float64
	pad       float64 // above and below it in a table
	justified bool
	colour    colour
}

// press sets one document, from the top of the first page to the bottom of the last.
type press struct {
	format
	sheet  paper.Sheet
	verify string // address of the page that checks documents; may be empty
	types  *types
	pages  []*canvas
	y      float64 // what is set next stands below it
	err    error
}

func newPress(kind string, s paper.Sheet, verify string) *press {
	p := &press{format: upright, sheet: s, verify: verify, types: newTypes()}
	if paper.Wide(kind) {
		p.format = wide
	}
	p.newPage()
	p.band(s.Title)
	return p
}

func (p *press) page() *canvas { return p.pages[len(p.pages)-1] }

func (p *press) newPage() {
	p.pages = append(p.pages, &canvas{})
	p.y = p.headY - 22
}

// room begins a new page when less than this height is left.
func (p *press) room(height float64) {
	if p.y-height < bottom {
		p.newPage()
	}
}

// glyphs is a text in a face; the first error of a document stays.
func (p *press) glyphs(text string, f face) []glyph {
	all, err := p.types.set(text, f)
	if err != nil && p.err == nil {
		p.err = err
	}
	return all
}

func (p *press) body() style {
	return style{face: p.types.body, size: 10.2, leading: 16.6, indent: 2, after: 2, justified: true, colour: ink}
}

func (p *press) small() style {
	return style{face: p.types.body, size: 8, leading: 11.8, after: 1, colour: ink}
}

func (p *press) block(b paper.Block) {
	switch {
	case b.NewPage:
		p.newPage()
	case b.Heading != "":
		p.heading(b.Heading)
	case b.Facts != nil:
		p.facts(b.Facts)
	case b.Table != nil:
		p.table(*b.Table)
	case b.Close != nil:
		p.close(*b.Close)
	}
	for _, text := range b.Clauses {
		p.paragraph(text, p.body())
	}
	for _, text := range b.Notes {
		p.paragraph(text, p.small())
	}
}

// paragraph sets a text across the page; a page does not begin with its last line nor end with its first where that can
// be avoided.
func (p *press) paragraph(text string, s style) {
	lines := broken(p.glyphs(text, s.face), perMille(p.width, s.size), int(s.indent*1000))
	for i, l := range lines {
		need := s.leading
		if len(lines) > 2 && (i == 0 || i == len(lines)-2) {
			need = 2 * s.leading
		}
		p.room(need)
		p.y -= s.leading
		x, w := p.left, p.width
		if i == 0 {
			x, w = p.left+s.indent*s.size, p.width-s.indent*s.size
		}
		p.line(l, x, p.y+s.leading*0.28, w, s)
	}
	p.y -= s.after
}

// line sets one line; a full one is spread to the width.
func (p *press) line(l line, x, y, w float64, s style) {
	extra := 0.0
	if n := len(l.glyphs); s.justified && l.full && n > 1 {
		extra = (w - points(l.width(), s.size)) / float64(n-1)
	}
	if extra > s.size/4 {
		extra = 0
	}
	p.page().text(l.glyphs, x, y, s.size, extra, s.colour)
}

func perMille(w, size float64) int       { return int(w / size * 1000) }
func points(w int, size float64) float64 { return float64(w) * size / 1000 }

// keep begins a new page where a heading would stand at the foot of one and the grid that it heads on the next.
func (p *press) keep(blocks []paper.Block) {
	if len(blocks) > 1 && blocks[0].Heading != "" && blocks[1].Table != nil && blocks[1].Table.Grid {
		p.room(headingHeight + p.gridStart(*blocks[1].Table))
	}
}

const headingHeight = 21.0

// heading stands with at least some lines of what it heads.
func (p *press) heading(text string) {
	p.room(60)
	p.y -= 16
	p.page().box(p.left, p.y+0.6, 3, 10.5, vermilion)
	p.page().text(p.glyphs(text, p.types.bold), p.left+8, p.y+2, 10.5, 0, vermilion)
	p.y -= 5
}

// band is the title in white on red.
func (p *press) band(title string) {
	c := p.page()
	c.artifact(func() { p.ornament(c) })
	text := p.glyphs(title, p.types.bold)
	size, spread := 27.0, 5.0
	for size > 12 && points(line{glyphs: text}.width(), size)+spread*float64(len(text)) > p.width-60 {
		size, spread = size-1, max(spread-0.5, 0)
	}
	w := points(line{glyphs: text}.width(), size) + spread*float64(max(len(text)-1, 0))
	c.text(text, (p.pageWidth-w)/2, p.bandTop-p.bandHeight/2-size*0.36, size, spread, white)
	p.y = p.bandTop - p.bandHeight - 14
}

// finish draws what stands on every page, now that their number is known, and packs them.
func (p *press) finish() [][]byte {
	all := make([][]byte, len(p.pages))
	for i, body := range p.pages {
		var c canvas
		c.artifact(func() { p.border(&c) })
		if head := p.sheet.Head(i + 1); len(head) == 2 {
			c.artifact(func() { p.margin(&c, head[0], p.left, p.headY, 0) })
			c.artifact(func() { p.margin(&c, head[1], p.right, p.headY, 1) })
			c.rule(p.left, p.headY-7, p.right, p.headY-7, 0.5, vermilion)
		}
		c.Write(body.Bytes())
		foot := p.sheet.Foot(i+1, len(p.pages))
		for n, at := range []struct{ x, y, share float64 }{{p.left, footY, 0}, {p.right, footY, 1}, {p.left, footY - 9.5, 0}} {
			c.artifact(func() { p.margin(&c, foot[n], at.x, at.y, at.share) })
		}
		all[i] = deflate(c.Bytes(), linesPool)
	}
	return all
}

// margin sets a line of a head or foot from x, or, with share 1, up to x.
func (p *press) margin(c *canvas, text string, x, y, share float64) {
	const size = 7.5
	l := p.glyphs(text, p.types.body)
	c.text(l, x-share*points(line{glyphs: l}.width(), size), y, size, 0, grey)
}

func (p *press) fail(format string, a ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("page: "+format, a...)
	}
}
