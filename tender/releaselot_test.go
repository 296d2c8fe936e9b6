package tender

import (
	"slices"
	"testing"
)

// Who may still become the winner before a contract: after an award that was set aside nobody is named any more, and every
// letter is held; after a contract nobody is left.
func TestCandidatesForTheRelease(t *testing.T) {
	aside := "objection"
	award := AwardView{Winner: "w", Candidates: []string{"a", "b", "c", "d"}}
	void := award
	void.SetAside = &aside
	for name, c := range map[string]struct {
		state State
		all   []AwardView
		want  []string
	}{
		"nobody is named":      {Opened, nil, nil},
		"awarded":              {Awarded, []AwardView{award}, []string{"a", "b", "c", "w"}},
		"set aside":            {Opened, []AwardView{void}, nil},
		"set aside, then anew": {Awarded, []AwardView{void, award}, []string{"a", "b", "c", "w"}},
		"a contract":           {Contracted, []AwardView{award}, []string{}},
	} {
		if got := candidates(c.state, c.all); !slices.Equal(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
