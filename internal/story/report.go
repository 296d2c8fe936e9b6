package story

import (
	"fmt"
	"io"
	"strings"

	"baohan/guarantee/letter"
)

// Summary is what a told story comes to.
type Summary struct {
	Steps      int         `json:"steps"`
	Checks     int         `json:"checks"`
	Failed     int         `json:"failed"`
	Guarantees []Guarantee `json:"guarantees"`
}

// Guarantee is one letter at the end of the story.
type Guarantee struct {
	Number    string     `json:"number"`
	Guarantor string     `json:"guarantor"`
	Lot       string     `json:"lot"`
	Amount    letter.Fen `json:"amount_fen"`
	State     string     `json:"state"`
}

// report prints one line per step: what was done, and what of it was checked.
type report struct {
	out     io.Writer
	summary Summary

	held []string // checks of the step in progress that held
	fell []string // and those that did not
}

// check notes one thing that must hold, in words that say what holds.
func (r *report) check(holds bool, format string, args ...any) {
	r.summary.Checks++
	words := fmt.Sprintf(format, args...)
	if holds {
		r.held = append(r.held, words)
		return
	}
	r.summary.Failed++
	r.fell = append(r.fell, words)
}

// skip says why a step checked nothing here.
func (r *report) skip(why string) { r.held = append(r.held, "略过："+why) }

// step runs one step and prints its line. An error ends the story: what comes after stands on it.
func (r *report) step(title string, do func() error) error {
	r.summary.Steps++
	r.held, r.fell = nil, nil
	err := do()
	mark := "✓"
	if err != nil || len(r.fell) > 0 {
		mark = "✗"
	}
	fmt.Fprintf(r.out, "%s %02d %s：%s\n", mark, r.summary.Steps, title, strings.Join(r.held, "；"))
	for _, words := range r.fell {
		fmt.Fprintf(r.out, "     不成立：%s\n", words)
	}
	if err != nil {
		r.summary.Failed++
		return fmt.Errorf("第 %d 步“%s”：%w", r.summary.Steps, title, err)
	}
	return nil
}
