package main

import (
	"fmt"
	"io"
	"time"
)

func heading(out io.Writer) {
	fmt.Fprintf(out, "%-64s %11s %11s %8s  %s\n", "name", "ours", "yardstick", "ratio", "aim")
}

// line prints one figure against its yardstick, both per second.
func line(out io.Writer, name string, ours, yardstick float64, aim string) {
	fmt.Fprintf(out, "%-64s %9.0f/s %9.0f/s %8.3f  %s\n", name, ours, yardstick, ours/yardstick, aim)
}

// share prints one part of a whole.
func share(out io.Writer, name string, part, whole time.Duration) {
	fmt.Fprintf(out, "%-64s %8.2f ms %8.2f ms %8.3f\n", name, ms(part), ms(whole), part.Seconds()/whole.Seconds())
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

func note(out io.Writer, format string, a ...any) { fmt.Fprintf(out, "# "+format+"\n", a...) }
