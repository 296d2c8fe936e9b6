package web

import (
	"strings"
	"testing"
)

func TestContractIsCheckedIn(t *testing.T) {
	got, err := Contract()
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../docs/openapi.yaml", got)
	if !strings.Contains(string(got), "openapi: 3.1.0") {
		t.Error("the contract is not OpenAPI 3.1")
	}
}

func TestEveryChangeIsDescribed(t *testing.T) {
	s := describe()
	for id, op := range everyOperation(s) {
		if op.Summary == "" {
			t.Errorf("%s says nothing in Chinese", id)
		}
		if op.Method != "POST" || !changes(op) {
			continue
		}
		if len(op.Parameters) == 0 || op.Parameters[0].Name != "Idempotency-Key" && op.Parameters[len(op.Parameters)-1].Name != "Idempotency-Key" {
			t.Errorf("%s does not say that it needs an Idempotency-Key", id)
		}
	}
}
