package font

// Point is a place on a glyph's outline, in thousandths of the font's size.
type Point struct{ X, Y float64 }

// Curve is a quadratic Bézier curve of an outline; a straight line has its control point in its middle.
type Curve struct{ From, Control, To Point }

// Outline is a character's shape as closed contours of curves, for pictures that are no text. It is empty for a space
// and for a character that the font lacks.
func (f *Font) Outline(r rune) [][]Curve { return f.contours(f.Glyph(r), 0) }

// maxDepth is how deep glyphs are composed of composed glyphs.
const maxDepth = 4

func (f *Font) contours(glyph uint16, depth int) [][]Curve {
	o := f.outline(glyph)
	switch {
	case len(o) == 0 || depth > maxDepth:
		return nil
	case i16(o, 0) < 0:
		return f.composed(o, depth)
	}
	var all [][]Curve
	for _, c := range f.simple(o) {
		all = append(all, closed(c))
	}
	return all
}

// composed sets components where they stand; those that are also turned or scaled are set as they are.
func (f *Font) composed(o []byte, depth int) (all [][]Curve) {
	for at := 10; ; {
		flags, glyph := u16(o, at), u16(o, at+2)
		var dx, dy float64
		if flags&wordArguments != 0 {
			dx, dy = float64(i16(o, at+4)), float64(i16(o, at+6))
			at += 8
		} else {
			dx, dy = float64(int8(o[at+4])), float64(int8(o[at+5]))
			at += 6
		}
		for flag, size := range map[uint16]int{oneScale: 2, twoScales: 4, twoByTwo: 8} {
			if flags&flag != 0 {
				at += size
			}
		}
		by := Point{f.scaled(dx), f.scaled(dy)}
		for _, contour := range f.contours(glyph, depth+1) {
			all = append(all, moved(contour, by))
		}
		if flags&moreComponents == 0 {
			return all
		}
	}
}

func (f *Font) scaled(units float64) float64 { return units * 1000 / float64(f.unitsPerEm) }

func moved(contour []Curve, by Point) []Curve {
	add := func(p Point) Point { return Point{p.X + by.X, p.Y + by.Y} }
	for i, c := range contour {
		contour[i] = Curve{add(c.From), add(c.Control), add(c.To)}
	}
	return contour
}

// A knot is a point as the font states it: on the outline, or pulling it.
type knot struct {
	Point
	on bool
}

func (f *Font) simple(o []byte) [][]knot {
	ends := make([]int, i16(o, 0))
	for i := range ends {
		ends[i] = int(u16(o, 10+2*i))
	}
	if len(ends) == 0 {
		return nil
	}
	n := ends[len(ends)-1] + 1
	at := 10 + 2*len(ends)
	at += 2 + int(u16(o, at))
	flags, at := flagsOf(o, at, n)
	xs, at := coordinates(o, at, flags, 0x02, 0x10)
	ys, _ := coordinates(o, at, flags, 0x04, 0x20)
	var all [][]knot
	from := 0
	for _, end := range ends {
		var contour []knot
		for i := from; i <= end; i++ {
			contour = append(contour, knot{Point{f.scaled(float64(xs[i])), f.scaled(float64(ys[i]))}, flags[i]&1 != 0})
		}
		all, from = append(all, contour), end+1
	}
	return all
}

func flagsOf(o []byte, at, n int) ([]byte, int) {
	flags := make([]byte, 0, n)
	for len(flags) < n {
		flag := o[at]
		at++
		flags = append(flags, flag)
		if flag&0x08 != 0 {
			for range o[at] {
				flags = append(flags, flag)
			}
			at++
		}
	}
	return flags[:n], at
}

// coordinates reads one axis: differences of one byte, of two, or none.
func coordinates(o []byte, at int, flags []byte, short, same byte) ([]int, int) {
	all, v := make([]int, len(flags)), 0
	for i, flag := range flags {
		switch {
		case flag&short != 0 && flag&same != 0:
			v += int(o[at])
			at++
		case flag&short != 0:
			v -= int(o[at])
			at++
		case flag&same == 0:
			v += int(i16(o, at))
			at += 2
		}
		all[i] = v
	}
	return all, at
}

// closed makes curves of knots: between two pulling knots lies one on the outline.
func closed(knots []knot) []Curve {
	var full []knot
	for i, k := range knots {
		if last := knots[(i+len(knots)-1)%len(knots)]; !k.on && !last.on {
			full = append(full, knot{middle(k.Point, last.Point), true})
		}
		full = append(full, k)
	}
	for len(full) > 0 && !full[0].on {
		full = append(full[1:], full[0])
	}
	var curves []Curve
	for i := 0; i < len(full); {
		next := full[(i+1)%len(full)]
		if next.on {
			curves = append(curves, Curve{full[i].Point, middle(full[i].Point, next.Point), next.Point})
			i++
			continue
		}
		curves = append(curves, Curve{full[i].Point, next.Point, full[(i+2)%len(full)].Point})
		i += 2
	}
	return curves
}

func middle(a, b Point) Point { return Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2} }

// Straight tells a curve that is a line.
func (c Curve) Straight() bool { return c.Control == middle(c.From, c.To) }
