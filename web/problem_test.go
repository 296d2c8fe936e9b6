package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"baohan/guarantee"
	"baohan/party"
	"baohan/tender"
)

func TestEveryKindOfRefusalHasAStatus(t *testing.T) {
	for _, k := range party.Kinds() {
		status, ok := statusOf[k]
		if !ok || titleOf[status] == "" || status < 400 || status > 499 {
			t.Errorf("%s: status %d, title %q", k, status, titleOf[status])
		}
	}
	if len(statusOf) != len(party.Kinds()) {
		t.Errorf("%d kinds in the table, %d in party", len(statusOf), len(party.Kinds()))
	}
}

func TestNotFoundIsOneAnswer(t *testing.T) {
	s, ctx := describe(), newExchange().within(t.Context())
	want := absent().bytes()
	for name, err := range map[string]error{
		"guarantee":    guarantee.ErrNotFound,
		"demand":       guarantee.ErrDemandNotFound,
		"another code": party.NotFound("lot.not_found", "没有找到该标段"),
		"wrapped":      fmt.Errorf("reading: %w", guarantee.ErrNotFound),
		"guard":        absent(),
	} {
		if got := s.problemOf(ctx, err).bytes(); !bytes.Equal(got, want) {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
}

// A paper that waits for an earlier one has arrived: whoever sent it must not think that it was lost.
func TestPaperThatWaits(t *testing.T) {
	p := describe().problemOf(newExchange().within(t.Context()), fmt.Errorf("demand: %w", guarantee.ErrEarlierPaper))
	if p.Status != 503 || p.Code != "paper.earlier" || !strings.Contains(p.Detail, "已经收到") {
		t.Errorf("%+v", p)
	}
}

// A custodian that is missing is nobody's fault here: the caller hears for whom to wait, and whether to ask again.
func TestMissingCustodians(t *testing.T) {
	s, ctx := describe(), newExchange().within(t.Context())
	absent := &tender.CustodianError{Holder: 2, Cause: errors.New("connection refused by 甲")}
	for _, c := range []struct {
		err         error
		code, words string
	}{
		{fmt.Errorf("%w: %w", tender.ErrCustodians, errors.Join(absent)), "custodians_awaited", "无需重复操作"},
		{fmt.Errorf("publish: %w", absent), "custodian_absent", "第 2 个"},
	} {
		p := s.problemOf(ctx, c.err)
		if p.Status != 503 || p.Code != c.code || !strings.Contains(p.Detail, c.words) || strings.Contains(p.Detail, "甲") {
			t.Errorf("%v: %+v", c.err, p)
		}
	}
}

// sqlError looks like the database's own error, whose text may carry a bidder's name.
type sqlError struct{}

func (sqlError) Error() string    { return "duplicate key: (lot, bidder)=(L1, 甲公司) already exists" }
func (sqlError) SQLState() string { return "23505" }

func TestUnknownErrorsAreSilent(t *testing.T) {
	var log bytes.Buffer
	s := describe()
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	x := newExchange()
	x.operation = "apply"
	for _, err := range []error{errors.New("甲公司 went wrong"), fmt.Errorf("apply: %w", sqlError{}), errors.New("the outcome is not known")} {
		p := s.problemOf(x.within(t.Context()), err)
		if p.Status != 500 || p.Code != "internal" || !strings.Contains(p.Detail, x.id) || !strings.Contains(p.Detail, "Idempotency-Key") {
			t.Errorf("%+v", p)
		}
		if strings.Contains(string(p.bytes()), "甲") || strings.Contains(string(p.bytes()), "duplicate") {
			t.Errorf("the answer prints the cause: %s", p.bytes())
		}
	}
	if !strings.Contains(log.String(), x.id) || !strings.Contains(log.String(), "23505") {
		t.Errorf("the log does not say what happened: %s", log.String())
	}
	if strings.Contains(log.String(), "lot, bidder") {
		t.Errorf("the log repeats the database's detail: %s", log.String())
	}
	if p := s.problemOf(x.within(t.Context()), context.DeadlineExceeded); p.Status != 503 {
		t.Errorf("a deadline is %d", p.Status)
	}
}

func TestFieldsArePointers(t *testing.T) {
	s, ctx := describe(), newExchange().within(t.Context())
	for given, want := range map[string]string{"amount": "/amount", "end.validity_days": "/end/validity_days", "/x/0": "/x/0",
		"Idempotency-Key": "Idempotency-Key", "": "", "keys[2].public": "/keys/2/public"} {
		if got := s.problemOf(ctx, party.Invalid("x", given, "错")).Field; got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}
