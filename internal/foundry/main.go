// Command foundry cuts the fonts that the documents carry out of the whole fonts, and writes them to
// guarantee/letter/page/font/data. It is run by hand, when a font is exchanged; a build needs nothing of it.
//
//	npm pack @expo-google-fonts/noto-serif-sc@0.4.3     (400Regular, 700Bold)
//	apt-get install fonts-lxgw-wenkai                   (LXGWWenKai-Regular.ttf 1.250)
//	go run ./internal/foundry -serif NotoSerifSC_400Regular.ttf -bold NotoSerifSC_700Bold.ttf -rare LXGWWenKai-Regular.ttf
//
// Whole fonts of other bytes than those named here are refused: what the documents look like is decided in one place.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/text/encoding/simplifiedchinese"

	"baohan/guarantee/letter/page/font"
)

// SHA-256 of the whole fonts.
const (
	serifBytes = "c358a69de3df5f423a8946a7b03e3126fb6ba116f1130a463455b4e39e1f0742"
	boldBytes  = "9c6a2ba736e4b499c84f65ce366bd3625c0401885fd3e585ace50fb738b96ff6"
	rareBytes  = "bbf534b0ca093928f94d1782855e65a19a32cde82b075d495d072025521953c8"
)

func main() {
	serif := flag.String("serif", "", "Noto Serif SC, regular")
	bold := flag.String("bold", "", "Noto Serif SC, bold")
	rare := flag.String("rare", "", "LXGW WenKai, regular")
	into := flag.String("into", "guarantee/letter/page/font/data", "where the cut fonts go")
	flag.Parse()
	if err := run(*serif, *bold, *rare, *into); err != nil {
		fmt.Fprintln(os.Stderr, "foundry:", err)
		os.Exit(1)
	}
}

// run keeps of the serif every character; of the bold, which stands in titles and labels, those that are common; of the
// third the Han characters that the first lacks.
func run(serif, bold, rare, into string) error {
	body, err := whole(serif, serifBytes)
	if err != nil {
		return err
	}
	heads, err := whole(bold, boldBytes)
	if err != nil {
		return err
	}
	names, err := whole(rare, rareBytes)
	if err != nil {
		return err
	}
	for name, cut := range map[string][]byte{
		"serif.ttf.gz": keep(body, func(rune) bool { return true }),
		"bold.ttf.gz":  keep(heads, common),
		"rare.ttf.gz":  keep(names, func(r rune) bool { return han(r) && !body.Has(r) }),
	} {
		if err := write(filepath.Join(into, name), cut); err != nil {
			return err
		}
	}
	return nil
}

func whole(name, digest string) (*font.Font, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("%s: not the font that is named here", name)
	}
	return font.Parse(name, b)
}

func keep(f *font.Font, wanted func(rune) bool) []byte {
	all := f.Characters()
	slices.Sort(all)
	cut := f.NewSubset()
	for _, r := range all {
		if wanted(r) {
			cut.Glyph(r)
		}
	}
	return cut.TrueType(true)
}

// common are the first level and the signs of GB/T 2312, and ASCII.
func common(r rune) bool {
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(string(r)))
	return err == nil && (len(b) == 1 || b[0] >= 0xA1 && b[0] < 0xD8 && b[1] >= 0xA1)
}

// han are the ideographs: extension A, the first block, and the planes behind the first.
func han(r rune) bool { return r >= 0x3400 && r < 0xA000 || r >= 0x20000 }

func write(name string, b []byte) error {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(b); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes, %d packed\n", name, len(b), packed.Len())
	return os.WriteFile(name, packed.Bytes(), 0o644) //nolint:gosec // it is published with the source
}
