package page

import (
	"strings"

	"baohan/guarantee/letter/paper"
)

// Tables have hairlines between their rows and no vertical ones but behind the labels.
const labelWidth = 86.0

// cell is text broken for its column.
type cell struct {
	lines []line
	style style
	x     float64
}

func (c cell) height() float64 { return float64(len(c.lines)) * c.style.leading }

func (p *press) cell(text string, x, w float64, s style) cell {
	c := cell{style: s, x: x + p.tablesPad}
	for part := range strings.SplitSeq(text, "\n") {
		c.lines = append(c.lines, broken(p.glyphs(part, s.face), perMille(w-2*p.tablesPad, s.size), 0)...)
	}
	return c
}

// label is as great as what it labels.
func (p *press) label(value style) style {
	size := min(value.size, 9.5)
	return style{face: p.types.bold, size: size, leading: size + 4.8, colour: vermilion, pad: value.pad}
}

// value is the style of a fact: an amount is great, a digest small.
func (p *press) value(f paper.Fact) style {
	switch {
	case f.Big:
		return style{face: p.types.bold, size: 13, leading: 18, colour: ink, pad: 4.4}
	case f.Code:
		return style{face: p.types.body, size: 7.8, leading: 11, colour: ink, pad: 2.6}
	}
	return style{face: p.types.body, size: 9.5, leading: 14.3, colour: ink, pad: 3.8}
}

// facts is the table of two columns. A value longer than a page goes on on the next.
func (p *press) facts(all []paper.Fact) {
	p.tableRule(0.9)
	for _, f := range all {
		s := p.value(f)
		label := p.cell(f.Label, p.left, labelWidth, p.label(s))
		value := p.cell(f.Value, p.left+labelWidth, p.width-labelWidth, s)
		for first := true; first || len(value.lines) > 0; first = false {
			most := int((p.y - bottom - 2*s.pad) / s.leading)
			if whole := int((p.headY - 22 - bottom - 2*s.pad) / s.leading); most < min(len(value.lines), whole) || most < 1 {
				p.newPage()
				p.tableRule(0.9)
				most = whole
			}
			part := value
			part.lines = value.lines[:min(most, len(value.lines))]
			value.lines = value.lines[len(part.lines):]
			p.row([]cell{label, part}, true)
			label.lines = nil
		}
	}
	p.y -= 6
}

// table has a head, and rows that stay whole. A grid has its head again on every page, where it is no part of the text.
func (p *press) table(t paper.Table) {
	rows := p.rows()
	head := p.cells(t, t.Columns, p.label(rows))
	if t.Grid {
		p.room(p.gridStart(t))
	}
	p.tableRule(0.9)
	p.tableRow(t, head)
	for _, row := range t.Rows {
		cells := p.cells(t, row, rows)
		room := p.headY - 22 - bottom
		if t.Grid {
			room -= height(head)
		}
		if height(cells) > room {
			p.fail("a row of the table is longer than a page")
			return
		}
		if p.y-height(cells) < bottom {
			p.newPage()
			p.tableRule(0.9)
			if t.Grid {
				p.page().artifact(func() { p.tableRow(t, head) })
			}
		}
		p.tableRow(t, cells)
	}
	p.y -= 6
}

func (p *press) rows() style {
	return style{face: p.types.body, size: 7.8, leading: 11, colour: ink, pad: 2.6}
}

// gridStart is the height of a grid's head and first row: a head does not stand alone at the foot of a page.
func (p *press) gridStart(t paper.Table) float64 {
	h := height(p.cells(t, t.Columns, p.label(p.rows())))
	if len(t.Rows) > 0 {
		h += height(p.cells(t, t.Rows[0], p.rows()))
	}
	return h
}

// tableRow is a row, between its columns' rules in a grid.
func (p *press) tableRow(t paper.Table, cells []cell) {
	from := p.y
	p.row(cells, false)
	if !t.Grid {
		return
	}
	for _, c := range cells {
		p.page().rule(c.x-p.tablesPad, from, c.x-p.tablesPad, p.y, 0.4, hairline)
	}
	p.page().rule(p.right, from, p.right, p.y, 0.4, hairline)
}

func (p *press) cells(t paper.Table, texts []string, s style) []cell {
	if len(texts) != len(t.Shares) {
		p.fail("a row of the table has %d cells, not %d", len(texts), len(t.Shares))
		return nil
	}
	total, x := 0, p.left
	for _, share := range t.Shares {
		total += share
	}
	cells := make([]cell, len(texts))
	for i, text := range texts {
		w := p.width * float64(t.Shares[i]) / float64(max(total, 1))
		cells[i] = p.cell(text, x, w, s)
		x += w
	}
	return cells
}

func height(cells []cell) float64 {
	h := 0.0
	for _, c := range cells {
		h = max(h, c.height()+2*c.style.pad)
	}
	return h
}

// row sets cells beside each other and the rule below them.
func (p *press) row(cells []cell, labelled bool) {
	h := height(cells)
	c := p.page()
	if labelled {
		c.box(p.left, p.y-h+0.3, labelWidth, h-0.7, tint)
	}
	for _, one := range cells {
		y := p.y - (h-one.height())/2
		for _, l := range one.lines {
			y -= one.style.leading
			p.line(l, one.x, y+one.style.leading*0.28, 0, one.style)
		}
	}
	p.y -= h
	p.tableRule(0.4)
}

func (p *press) tableRule(thick float64) {
	p.page().rule(p.left, p.y, p.right, p.y, thick, hairline)
}
