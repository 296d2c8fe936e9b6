package page

import (
	"bytes"
	"compress/zlib"
	"strconv"
	"sync"
)

// canvas is the content of a page: one operator a line.
type canvas struct{ bytes.Buffer }

// colour is red, green, blue in thousandths.
type colour [3]int

var (
	ink       = colour{90, 80, 80}
	vermilion = colour{745, 130, 95} // 朱红
	grey      = colour{470, 450, 450}
	hairline  = colour{800, 640, 600}
	tint      = colour{988, 958, 945}
	white     = colour{1000, 1000, 1000}
	bright    = colour{850, 330, 270}
)

// op writes numbers and an operator.
func (c *canvas) op(operator string, numbers ...float64) {
	for _, n := range numbers {
		c.number(n)
		c.WriteByte(' ')
	}
	c.WriteString(operator)
	c.WriteByte('\n')
}

// number is written with at most two decimals, which is finer than any printer.
func (c *canvas) number(n float64) {
	hundredths := int64(n*100 + 0.5)
	if n < 0 {
		hundredths = int64(n*100 - 0.5)
	}
	if hundredths < 0 {
		c.WriteByte('-')
		hundredths = -hundredths
	}
	var b [24]byte
	c.Write(strconv.AppendInt(b[:0], hundredths/100, 10))
	if part := hundredths % 100; part != 0 {
		c.WriteByte('.')
		c.WriteByte('0' + byte(part/10))
		if part%10 != 0 {
			c.WriteByte('0' + byte(part%10))
		}
	}
}

func (c *canvas) fill(k colour)   { c.op("rg", k.parts()...) }
func (c *canvas) stroke(k colour) { c.op("RG", k.parts()...) }

func (k colour) parts() []float64 {
	return []float64{float64(k[0]) / 1000, float64(k[1]) / 1000, float64(k[2]) / 1000}
}

func (c *canvas) box(x, y, w, h float64, k colour) {
	c.fill(k)
	c.op("re", x, y, w, h)
	c.op("f")
}

func (c *canvas) frame(x, y, w, h, thick float64, k colour) {
	c.stroke(k)
	c.op("w", thick)
	c.op("re", x, y, w, h)
	c.op("S")
}

func (c *canvas) rule(x1, y1, x2, y2, thick float64, k colour) {
	c.stroke(k)
	c.op("w", thick)
	c.op("m", x1, y1)
	c.op("l", x2, y2)
	c.op("S")
}

const digits = "0123456789ABCDEF"

// text sets a line with its left end at x on the base line y, its characters spread by extra points each.
func (c *canvas) text(l []glyph, x, y, size, extra float64, k colour) {
	if len(l) == 0 {
		return
	}
	c.fill(k)
	c.op("BT")
	c.op("Tc", extra)
	c.op("Tm", 1, 0, 0, 1, x, y)
	for len(l) > 0 {
		n := 1
		for n < len(l) && l[n].cut == l[0].cut {
			n++
		}
		c.WriteString("/F" + strconv.Itoa(l[0].cut) + " ")
		c.op("Tf", size)
		c.show(l[:n], n == len(l))
		l = l[n:]
	}
	c.op("ET")
}

func (c *canvas) show(l []glyph, last bool) {
	c.WriteString("[<")
	for i, g := range l {
		n := g.number
		c.Write([]byte{digits[n>>12], digits[n>>8&15], digits[n>>4&15], digits[n&15]})
		if g.squeeze != 0 && (!last || i < len(l)-1) {
			c.WriteString(">" + strconv.Itoa(g.squeeze) + "<")
		}
	}
	c.WriteString(">] TJ\n")
}

// artifact is what is no part of the text: what is repeated on every page.
func (c *canvas) artifact(draw func()) {
	c.WriteString("/Artifact BMC\n")
	draw()
	c.op("EMC")
}

// Text and lines shrink to a fifth, fast; outlines shrink little however long one tries, so they are only written with
// fewer bits.
var (
	linesPool    = writers(zlib.BestSpeed)
	outlinesPool = writers(zlib.HuffmanOnly)
)

func writers(level int) *sync.Pool {
	return &sync.Pool{New: func() any {
		z, err := zlib.NewWriterLevel(nil, level)
		if err != nil {
			panic(err) // a level that does not exist
		}
		return z
	}}
}

func deflate(b []byte, pool *sync.Pool) []byte {
	var out bytes.Buffer
	out.Grow(len(b))
	z, _ := pool.Get().(*zlib.Writer)
	defer pool.Put(z)
	z.Reset(&out)
	_, _ = z.Write(b) // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}
