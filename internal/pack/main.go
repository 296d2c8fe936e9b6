// Command pack compresses a file for the pages: brotli, which every browser of the last years unpacks.
//
//	go run ./internal/pack FROM TO QUALITY
//
// Quality is 0 to 11. Eleven takes an eighth off what nine leaves, and twenty times as long.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"github.com/andybalholm/brotli"
)

func main() {
	var quality int
	if len(os.Args) == 4 {
		quality, _ = strconv.Atoi(os.Args[3]) // 0 is refused below
	}
	if quality < brotli.BestSpeed+1 || quality > brotli.BestCompression {
		fmt.Fprintln(os.Stderr, "pack FROM TO QUALITY")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2], quality); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pack replaces the target whole: what was cut off in the middle would be newer than its source for ever.
func pack(from, to string, quality int) error {
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
