package story

import (
	"errors"
	"strings"
	"testing"
)

// TestAFalseCheckIsSeen: one check that does not hold marks its step, is named, and is counted.
func TestAFalseCheckIsSeen(t *testing.T) {
	var out strings.Builder
	r := report{out: &out}
	if err := r.step("第一步", func() error {
		r.check(true, "成立的")
		r.check(false, "不成立的 %d", 7)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if r.summary.Failed != 1 || r.summary.Checks != 2 || r.summary.Steps != 1 {
		t.Errorf("summary %+v, want one step, two checks, one failed", r.summary)
	}
	if s := out.String(); !strings.HasPrefix(s, "✗") || !strings.Contains(s, "不成立：不成立的 7") || !strings.Contains(s, "成立的") {
		t.Errorf("printed %q", s)
	}
}

// TestAStepThatCannotBeDoneEndsTheStory and counts as failed, though none of its checks was made.
func TestAStepThatCannotBeDoneEndsTheStory(t *testing.T) {
	var out strings.Builder
	r, down := report{out: &out}, errors.New("down")
	if err := r.step("第一步", func() error { return down }); !errors.Is(err, down) {
		t.Errorf("%v, want the step's error", err)
	}
	if r.summary.Failed != 1 || !strings.HasPrefix(out.String(), "✗") {
		t.Errorf("summary %+v, printed %q", r.summary, out.String())
	}
}

func TestCodesAreWellFormedAndDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{PlatformName, CentreName, SupervisorName, "甲", "乙"} {
		p := Named(name)
		if err := p.Check(); err != nil && len([]rune(name)) > 1 {
			t.Errorf("%s: %v", name, err)
		}
		if other, taken := seen[p.USCC]; taken {
			t.Errorf("%s and %s have the same code", name, other)
		}
		seen[p.USCC] = name
	}
}
