package letter_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// incidentDecision accepts one letter on two files of evidence.
func incidentDecision(id string) letter.IncidentDecision {
	evidence := []signing.Digest{signing.Sum([]byte("系统日志")), signing.Sum([]byte("现场照片"))}
	slices.SortFunc(evidence, func(a, b signing.Digest) int { return bytes.Compare(a[:], b[:]) })
	return letter.IncidentDecision{Version: 1, Incident: sample.ID(9), Project: "CSRC-2019-01", Lot: "CSRC-2019-01-YH", Cause: letter.CauseClearLetter,
		Evidence: evidence, Letters: []letter.IncidentLetter{{ID: id, File: signing.Sum([]byte("副本"))}}, Decision: letter.DecisionAccept,
		Words: "副本载明平台在投标截止前签收，同意继续开标", At: present}
}

func incidentClosing() letter.IncidentClosing {
	return letter.IncidentClosing{Version: 1, Incident: sample.ID(9), Project: "CSRC-2019-01", Lot: "CSRC-2019-01-YH",
		Reason: "封存数据已不能修复，副本与登记的摘要一致", At: present}
}

// Each member that does not hold is named.
func TestIncidentObjectsAreChecked(t *testing.T) {
	for field, spoil := range map[string]func(*letter.IncidentDecision){
		"version":            func(d *letter.IncidentDecision) { d.Version = 2 },
		"incident":           func(d *letter.IncidentDecision) { d.Incident = "x" },
		"project":            func(d *letter.IncidentDecision) { d.Project = "" },
		"lot":                func(d *letter.IncidentDecision) { d.Lot = " " },
		"cause":              func(d *letter.IncidentDecision) { d.Cause = "flood" },
		"evidence":           func(d *letter.IncidentDecision) { slices.Reverse(d.Evidence) },
		"evidence, repeated": func(d *letter.IncidentDecision) { d.Evidence[1] = d.Evidence[0] },
		"evidence.0":         func(d *letter.IncidentDecision) { d.Evidence[0] = signing.Digest{} },
		"letters":            func(d *letter.IncidentDecision) { d.Letters = nil },
		"letters, repeated":  func(d *letter.IncidentDecision) { d.Letters = append(d.Letters, d.Letters[0]) },
		"letters, descending": func(d *letter.IncidentDecision) {
			d.Letters = append(d.Letters, letter.IncidentLetter{ID: sample.ID(0), File: d.Letters[0].File})
		},
		"letters.0.id":   func(d *letter.IncidentDecision) { d.Letters[0].ID = "x" },
		"letters.0.file": func(d *letter.IncidentDecision) { d.Letters[0].File = signing.Digest{} },
		"decision":       func(d *letter.IncidentDecision) { d.Decision = "maybe" },
		"words":          func(d *letter.IncidentDecision) { d.Words = "同意" },
		"at":             func(d *letter.IncidentDecision) { d.At = time.Time{} },
	} {
		d := incidentDecision(sample.ID(1))
		spoil(&d)
		named(t, field, d.Check())
	}
	nothing := incidentDecision(sample.ID(1))
	nothing.Letters, nothing.Decision = nil, letter.DecisionDismiss
	if err := nothing.Check(); err != nil {
		t.Errorf("an incident in which nothing was shown cannot be dismissed: %v", err)
	}
	for field, spoil := range map[string]func(*letter.IncidentClosing){
		"version":  func(c *letter.IncidentClosing) { c.Version = 0 },
		"incident": func(c *letter.IncidentClosing) { c.Incident = "" },
		"project":  func(c *letter.IncidentClosing) { c.Project = "" },
		"lot":      func(c *letter.IncidentClosing) { c.Lot = "" },
		"reason":   func(c *letter.IncidentClosing) { c.Reason = "无" },
		"at":       func(c *letter.IncidentClosing) { c.At = time.Time{} },
	} {
		c := incidentClosing()
		spoil(&c)
		named(t, field, c.Check())
	}
	for _, cause := range []letter.Cause{letter.CauseClearLetter, letter.CauseSoftware, letter.CauseHardware, letter.CauseAttack, letter.CauseOther} {
		if cause.Chinese() == "" || cause.Check() != nil {
			t.Errorf("%s has no words", cause)
		}
	}
}
