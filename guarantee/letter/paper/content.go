package paper

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxInflated is the most that one stream may become, in bytes: no file makes its checker run out of memory.
const maxInflated = 24 << 20

// inflate undoes the compression of a stream; bytes behind its end are refused.
func inflate(deflated []byte, most int64) ([]byte, error) {
	from := bytes.NewReader(deflated)
	z, err := zlib.NewReader(from)
	if err != nil {
		return nil, fmt.Errorf("%w: compression", errForm)
	}
	b, err := io.ReadAll(io.LimitReader(z, most+1))
	if err != nil || int64(len(b)) > most || from.Len() > 0 {
		return nil, fmt.Errorf("%w: compression", errForm)
	}
	return b, nil
}

// operators are all that a page may do: lines, areas, colours, and text that is seen.
var operators = strings.Fields("q Q cm w RG rg m l c h re S f f* BT ET Tf Tm Tc TJ BMC EMC")

// pageText is the text of one page: its body, and what is marked as an artifact, each by itself.
type pageText struct {
	body      string
	artifacts []string
}

// readPage reads the text of a page by the tables of its fonts, as any other program does.
func (d *Document) readPage(i int) (pageText, error) {
	content, err := inflate(d.Pages[i], maxInflated)
	if err != nil {
		return pageText{}, err
	}
	r := pageReader{fonts: d.Fonts, content: string(content)}
	if err := r.run(); err != nil {
		return pageText{}, fmt.Errorf("page %d: %w", i+1, err)
	}
	text := pageText{body: r.body.String()}
	for _, a := range r.artifacts {
		if a != "" {
			text.artifacts = append(text.artifacts, a)
		}
	}
	return text, nil
}

type pageReader struct {
	fonts     []Font
	content   string
	font      *Font
	inside    bool // an artifact
	body      strings.Builder
	artifacts []string
}

// run goes through the operators; operands are on the same line as their operator.
func (r *pageReader) run() error {
	for line := range strings.Lines(r.content) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		operator, operands := fields[len(fields)-1], fields[:len(fields)-1]
		if !slices.Contains(operators, operator) {
			return fmt.Errorf("%w: operator", errForm)
		}
		if err := r.do(operator, operands); err != nil {
			return err
		}
	}
	return nil
}

func (r *pageReader) do(operator string, operands []string) error {
	switch operator {
	case "BMC":
		if r.inside || len(operands) != 1 || operands[0] != "/Artifact" {
			return fmt.Errorf("%w: mark", errForm)
		}
		r.inside, r.artifacts = true, append(r.artifacts, "")
		return nil
	case "EMC":
		r.inside = false
		return nil
	case "Tf":
		return r.choose(operands)
	case "TJ":
		return r.show(strings.Join(operands, " "))
	}
	for _, o := range operands {
		if _, err := strconv.ParseFloat(o, 64); err != nil {
			return fmt.Errorf("%w: operand", errForm)
		}
	}
	return nil
}

func (r *pageReader) choose(operands []string) error {
	if len(operands) != 2 || len(operands[0]) != 3 || operands[0][:2] != "/F" {
		return fmt.Errorf("%w: font", errForm)
	}
	if i := int(operands[0][2]) - '0'; i >= 0 && i < len(r.fonts) {
		r.font = &r.fonts[i]
		return nil
	}
	return fmt.Errorf("%w: font", errForm)
}

// show reads [<0001>-500<0002>]: glyphs, and numbers that move them.
func (r *pageReader) show(array string) error {
	inner, ok := strings.CutPrefix(array, "[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	if !ok || !ok2 || r.font == nil {
		return fmt.Errorf("%w: text", errForm)
	}
	for inner != "" {
		shift, rest, _ := strings.Cut(inner, "<")
		if _, err := strconv.Atoi(shift); err != nil && shift != "" {
			return fmt.Errorf("%w: text", errForm)
		}
		codes, after, _ := strings.Cut(rest, ">")
		raw, err := hex.DecodeString(codes)
		if err != nil || len(raw)%2 != 0 {
			return fmt.Errorf("%w: text", errForm)
		}
		if err := r.glyphs(raw); err != nil {
			return err
		}
		inner = after
	}
	return nil
}

func (r *pageReader) glyphs(raw []byte) error {
	for i := 0; i < len(raw); i += 2 {
		glyph := int(raw[i])<<8 | int(raw[i+1])
		if glyph >= len(r.font.Runes) || r.font.Runes[glyph] == 0 {
			return fmt.Errorf("%w: a glyph without a character", errForm)
		}
		if c := r.font.Runes[glyph]; r.inside {
			r.artifacts[len(r.artifacts)-1] += string(c)
		} else {
			r.body.WriteRune(c)
		}
	}
	return nil
}

// checkText holds the text on the pages against what must stand there. The error names the first place where they part.
func (d *Document) checkText(s Sheet) error {
	var body strings.Builder
	for i := range d.Pages {
		page, err := d.readPage(i)
		if err != nil {
			return err
		}
		body.WriteString(page.body)
		want := append(s.Head(i+1), s.Foot(i+1, len(d.Pages))...)
		page.artifacts = s.withoutGridHead(page.artifacts, len(s.Head(i+1)))
		if len(want) != len(page.artifacts) {
			return fmt.Errorf("%w：第 %d 页的页眉、页脚有增减", errText, i+1)
		}
		for n, text := range want {
			if Squeezed(text) != Squeezed(page.artifacts[n]) {
				return fmt.Errorf("%w：第 %d 页的页眉、页脚应为“%s”", errText, i+1, text)
			}
		}
	}
	return sameText(s.Text(), Squeezed(body.String()))
}

// withoutGridHead takes away the head of a grid that stands again on a page, behind the page's own head: no other text
// may be repeated, and no more than one a page.
func (s Sheet) withoutGridHead(artifacts []string, at int) []string {
	for _, b := range s.Blocks {
		if b.Table != nil && b.Table.Grid && at < len(artifacts) && at > 0 && Squeezed(artifacts[at]) == Squeezed(strings.Join(b.Table.Columns, "")) {
			return slices.Delete(slices.Clone(artifacts), at, at+1)
		}
	}
	return artifacts
}

func sameText(want, got string) error {
	if want == got {
		return nil
	}
	w, g := []rune(want), []rune(got)
	at := 0
	for at < len(w) && at < len(g) && w[at] == g[at] {
		at++
	}
	show := func(r []rune) string { return string(r[max(0, at-8):min(len(r), at+8)]) }
	return fmt.Errorf("%w：应为“…%s…”，实为“…%s…”", errText, show(w), show(g))
}
