package font

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"sync"
)

// Under the SIL Open Font License 1.1; data/OFL-*.txt stand beside them.
var (
	//go:embed data/serif.ttf.gz
	serifPacked []byte
	//go:embed data/bold.ttf.gz
	boldPacked []byte
	//go:embed data/rare.ttf.gz
	rarePacked []byte
)

// Serif is Noto Serif SC, regular: 30,000 characters, the text of all documents.
func Serif() *Font { return serif() }

// Bold is Noto Serif SC, bold, in the common characters only: titles and labels.
func Bold() *Font { return bold() }

// Rare has Han characters that Serif lacks and names have: 𠮷. It is cut from LXGW WenKai.
func Rare() *Font { return rare() }

var (
	serif = sync.OnceValue(func() *Font { return unpack("NotoSerifSC-Regular", serifPacked) })
	bold  = sync.OnceValue(func() *Font { return unpack("NotoSerifSC-Bold", boldPacked) })
	rare  = sync.OnceValue(func() *Font { return unpack("LXGWWenKai-Regular", rarePacked) })
)

// unpack reads what this binary carries; it cannot fail but by a fault of the build.
func unpack(name string, packed []byte) *Font {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("font: " + name + ": " + err.Error())
	}
	b, err := io.ReadAll(z)
	if err != nil {
		panic("font: " + name + ": " + err.Error())
	}
	f, err := Parse(name, b)
	if err != nil {
		panic(err)
	}
	return f
}
