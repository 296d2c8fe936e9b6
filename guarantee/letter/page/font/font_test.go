package font_test

import (
	"errors"
	"testing"

	"baohan/guarantee/letter/page/font"
)

func TestEmbeddedFonts(t *testing.T) {
	serif, bold, rare := font.Serif(), font.Bold(), font.Rare()
	for _, r := range "投标保函壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整零¥￥（）〔〕《》“”‘’，。、；：·—…№§0123456789abcXYZ-/䶮𬭚" {
		if !serif.Has(r) {
			t.Errorf("the serif lacks %c", r)
		}
	}
	for _, r := range "投标保函独立解除通知书面付款核验结果表担金额受益人" {
		if !bold.Has(r) {
			t.Errorf("the bold lacks %c", r)
		}
	}
	if serif.Has('𠮷') || !rare.Has('𠮷') || rare.Has('保') {
		t.Error("𠮷 is to come from the font of rare characters, and nothing that the serif has")
	}
	if w := serif.Width(serif.Glyph('保')); w != 1000 {
		t.Errorf("保 is %d wide", w)
	}
	if len(serif.Outline('保')) < 5 || len(serif.Outline(' ')) != 0 {
		t.Error("outlines")
	}
}

// What is cut out is read again: the same characters, widths and shapes.
func TestSubset(t *testing.T) {
	serif := font.Serif()
	cut := serif.NewSubset()
	const text = "保函é½保"
	for _, r := range text {
		if cut.Glyph(r) == 0 {
			t.Fatalf("no %c", r)
		}
	}
	if cut.Glyph('𠮷') != 0 {
		t.Error("a character that the font lacks has a glyph")
	}
	again, err := font.Parse("cut", cut.TrueType(true))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range text {
		if again.Width(again.Glyph(r)) != serif.Width(serif.Glyph(r)) {
			t.Errorf("%c has another width", r)
		}
		a, b := again.Outline(r), serif.Outline(r)
		if len(a) == 0 || len(a) != len(b) {
			t.Fatalf("%c has %d contours, not %d", r, len(a), len(b))
		}
		for i := range a {
			if len(a[i]) != len(b[i]) || a[i][0] != b[i][0] {
				t.Errorf("%c has another shape", r)
			}
		}
	}
	if again.Has('甲') || len(again.Characters()) != 4 {
		t.Errorf("%d characters", len(again.Characters()))
	}
}

func FuzzParse(f *testing.F) {
	cut := font.Serif().NewSubset()
	for _, r := range "保函é" {
		cut.Glyph(r)
	}
	whole := cut.TrueType(true)
	f.Add(whole)
	f.Add(whole[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := font.Parse("x", b); err != nil && !errors.Is(err, font.ErrFont) {
			t.Error(err)
		}
	})
}
