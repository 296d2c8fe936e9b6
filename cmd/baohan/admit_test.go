package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/go-json-experiment/json"
)

// TestAdmissionExampleIsAccepted reads the example of docs/admission.md as admit reads its file.
func TestAdmissionExampleIsAccepted(t *testing.T) {
	text, err := os.ReadFile("../../docs/admission.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(text)
	if example == nil {
		t.Fatal("docs/admission.md has no example")
	}
	var a admission
	if err := json.Unmarshal(example[1], &a, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	if len(a.Organisations) != 1 || len(a.Institutions) != 1 || len(a.Institutions[0].Products) != 1 {
		t.Fatalf("the example reads as %+v", a)
	}
	for _, p := range []interface{ Check() error }{a.Organisations[0].Party, a.Institutions[0].Party} {
		if err := p.Check(); err != nil {
			t.Error(err)
		}
	}
}
