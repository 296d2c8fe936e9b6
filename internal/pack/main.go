// Command pack compresses a file for the pages: brotli, which every browser of the last years unpacks.
//
//	go run ./internal/pack FROM TO
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/andybalholm/brotli"
)

// quality is where more effort gains less than two hundredths and costs minutes.
const quality = 9

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "pack FROM TO")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pack replaces the target whole: what was cut off in the middle would be newer than its source for ever.
func pack(from, to string) error {
	plain, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w := brotli.NewWriterOptions(&packed, brotli.WriterOptions{Quality: quality, LGWin: 24})
	if _, err := w.Write(plain); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := os.WriteFile(to+".new", packed.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}
