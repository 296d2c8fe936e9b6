package page

import "math"

// border is the double frame of every page.
func (f format) border(c *canvas) {
	c.frame(edge, edge, f.pageWidth-2*edge, f.pageHeight-2*edge, 1.1, vermilion)
	c.frame(edge+3.2, edge+3.2, f.pageWidth-2*edge-6.4, f.pageHeight-2*edge-6.4, 0.35, vermilion)
}

// ornament is the red band with a guilloche of fine waves in it.
func (f format) ornament(c *canvas) {
	x, w := edge+8.0, f.pageWidth-2*edge-16
	y := f.bandTop - f.bandHeight
	c.box(x, y, w, f.bandHeight, vermilion)
	c.stroke(bright)
	c.op("w", 0.3)
	for k := range 9 {
		wave(c, x+6, w-12, y+f.bandHeight/2, 6+2.9*float64(k), float64(k)*math.Pi/9)
	}
	c.frame(x+3, y+3, w-6, f.bandHeight-6, 0.6, bright)
}

// wave is a sine in cubic curves, one a quarter of its period.
func wave(c *canvas, x, w, y, height, phase float64) {
	const quarters = 36
	step := w / quarters
	at := func(i int) (float64, float64, float64) {
		a := phase + float64(i)*math.Pi/2
		return x + float64(i)*step, y + height*math.Sin(a), height * math.Cos(a) * math.Pi / 2 / step
	}
	px, py, slope := at(0)
	c.op("m", px, py)
	for i := 1; i <= quarters; i++ {
		nx, ny, next := at(i)
		c.op("c", px+step/3, py+slope*step/3, nx-step/3, ny-next*step/3, nx, ny)
		px, py, slope = nx, ny, next
	}
	c.op("S")
}
