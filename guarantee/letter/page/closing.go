package page

import (
	"math"
	"unicode/utf8"

	"rsc.io/qr"

	"baohan/guarantee/letter/page/font"
	"baohan/guarantee/letter/paper"
)

const (
	codeSide   = 88.0
	sealRadius = 56.0
)

// close sets the code at the left, and who signed at the right over the picture of the seal.
func (p *press) close(b paper.Close) {
	const height = 128.0
	p.room(height)
	p.y -= 8
	top := p.y
	c := p.page()
	p.code(p.scanned(b), p.left+4, top-codeSide)
	y := top - codeSide - 12
	for _, text := range b.Under {
		c.text(p.glyphs(text, p.types.body), p.left+4, y, 7.5, 0, grey)
		y -= 10.5
	}
	s := p.body()
	longest := 0.0
	for _, text := range b.Signatory {
		longest = max(longest, points(line{glyphs: p.glyphs(text, s.face)}.width(), s.size))
	}
	x := min(p.left+150, p.right-longest)
	middle := min(x+longest+sealRadius-34, p.right-sealRadius)
	c.artifact(func() { seal(c, b.Seal, b.Words, middle, top-sealRadius) })
	y = top - sealRadius + 17
	for _, text := range b.Signatory {
		c.text(p.glyphs(text, s.face), x, y, s.size, 0, ink)
		y -= 19
	}
	p.y = top - height + 8
}

// scanned is what the code says: the address of the page that checks this document, if the platform has one.
func (p *press) scanned(b paper.Close) string {
	if p.verify == "" || b.Scan == nil {
		return b.Code
	}
	return p.verify + "#" + b.Scan.Fragment()
}

// code draws a QR code, its dark cells joined along the rows.
func (p *press) code(text string, x, y float64) {
	q, err := qr.Encode(text, qr.M)
	if err != nil {
		p.fail("the code does not hold its text: %v", err)
		return
	}
	c := p.page()
	c.fill(ink)
	cell := codeSide / float64(q.Size)
	for row := range q.Size {
		for from := 0; from < q.Size; from++ {
			n := 0
			for from+n < q.Size && q.Black(from+n, row) {
				n++
			}
			if n > 0 {
				c.op("re", x+float64(from)*cell, y+codeSide-float64(row+1)*cell, float64(n)*cell, cell)
				from += n
			}
		}
	}
	c.op("f")
}

// seal draws the picture of a seal: a ring, the name along it, a star, and words across. It is no text and proves
// nothing; the signature does.
func seal(c *canvas, name, words string, x, y float64) {
	c.fill(vermilion)
	c.stroke(vermilion)
	circle(c, x, y, sealRadius, 2.2)
	star(c, x, y+3, 15)
	n := utf8.RuneCountInString(name)
	size := min(13.0, 2*math.Pi*(sealRadius-11)*0.78/float64(max(n, 1)))
	span := min(1.52*math.Pi, float64(n)*size*1.12/(sealRadius-11))
	i := 0
	for _, r := range name {
		a := math.Pi/2 + span/2 - span*(float64(i)+0.5)/float64(n)
		radius := sealRadius - 5 - size*0.88
		sign(c, r, x+radius*math.Cos(a), y+radius*math.Sin(a), size, a-math.Pi/2)
		i++
	}
	across := utf8.RuneCountInString(words)
	at := x - float64(across)*9.2/2
	for _, r := range words {
		sign(c, r, at+4.6, y-33, 9, 0)
		at += 9.2
	}
}

// sign draws a character's outline, turned, with the middle of its base line at x, y.
func sign(c *canvas, r rune, x, y, size, turn float64) {
	f := font.Bold()
	if !f.Has(r) {
		f = font.Serif()
	}
	if !f.Has(r) {
		f = font.Rare()
	}
	contours := f.Outline(r)
	if len(contours) == 0 {
		return
	}
	half := float64(f.Width(f.Glyph(r))) / 2
	k, sin, cos := size/1000, math.Sin(turn), math.Cos(turn)
	place := func(p font.Point) (float64, float64) {
		px, py := (p.X-half)*k, p.Y*k
		return x + px*cos - py*sin, y + px*sin + py*cos
	}
	for _, contour := range contours {
		sx, sy := place(contour[0].From)
		c.op("m", sx, sy)
		for _, q := range contour {
			ax, ay := place(font.Point{X: (q.From.X + 2*q.Control.X) / 3, Y: (q.From.Y + 2*q.Control.Y) / 3})
			bx, by := place(font.Point{X: (q.To.X + 2*q.Control.X) / 3, Y: (q.To.Y + 2*q.Control.Y) / 3})
			ex, ey := place(q.To)
			if q.Straight() {
				c.op("l", ex, ey)
				continue
			}
			c.op("c", ax, ay, bx, by, ex, ey)
		}
		c.op("h")
	}
	c.op("f")
}

func circle(c *canvas, x, y, r, thick float64) {
	const k = 0.5523
	c.op("w", thick)
	c.op("m", x+r, y)
	c.op("c", x+r, y+k*r, x+k*r, y+r, x, y+r)
	c.op("c", x-k*r, y+r, x-r, y+k*r, x-r, y)
	c.op("c", x-r, y-k*r, x-k*r, y-r, x, y-r)
	c.op("c", x+k*r, y-r, x+r, y-k*r, x+r, y)
	c.op("S")
}

func star(c *canvas, x, y, r float64) {
	for i := range 10 {
		reach := r
		if i%2 == 1 {
			reach = r * 0.382
		}
		a := math.Pi/2 + float64(i)*math.Pi/5
		operator := "l"
		if i == 0 {
			operator = "m"
		}
		c.op(operator, x+reach*math.Cos(a), y+reach*math.Sin(a))
	}
	c.op("h")
	c.op("f")
}
