package web

import (
	"context"
	"strings"
	"testing"

	"baohan/client/wire"
	"baohan/party"
)

// ledger is a list of jobs that notes what it was told to do.
type ledger struct {
	failed []wire.Job
	told   []party.Command
}

func (l *ledger) Failed(context.Context) ([]wire.Job, error) { return l.failed, nil }

// NoticesFor gives each who asks one notice that says who it was.
func (l *ledger) NoticesFor(_ context.Context, by party.Actor, limit int) ([]wire.Notice, error) {
	return []wire.Notice{{Due: "release", Words: string(by.Role), Guarantee: nowhere, Day: "2026-11-23", RaisedAt: start}}, nil
}

func (l *ledger) Retry(_ context.Context, cmd party.Command, id int64) error {
	if id != l.failed[0].ID {
		return party.NotFound("job.unknown", "没有这条失败的任务")
	}
	l.told = append(l.told, cmd)
	return nil
}

// TestJobsAreSeenByOperatorsAlone: what gave up is listed, and is run again under the operator's own command.
func TestJobsAreSeenByOperatorsAlone(t *testing.T) {
	w := newWorld(t)
	jobs := &ledger{failed: []wire.Job{{ID: 7, Kind: "deliver", About: map[string]string{"guarantee": nowhere}, Attempts: 20, LastError: "refused: x", FailedAt: start}}}
	c := w.restarted()
	c.Jobs = jobs
	w.server.Config.Handler = must(New(c))
	operator := w.admit(w.person("平台运营部", 31), party.Operator)
	token, other := w.signIn(operator, party.Operator), w.signIn(w.admit(w.person("测试交易中心", 32), party.Centre), party.Centre)
	var list wire.JobList
	w.as(token, "GET", "/api/v1/ops/jobs", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].About["guarantee"] != nowhere || !list.Items[0].FailedAt.Equal(start) {
		t.Errorf("listed: %+v", list)
	}
	if got := w.as(other, "GET", "/api/v1/ops/jobs", nil); got.status != 404 {
		t.Errorf("to the centre: %d", got.status)
	}
	var done RetriedJob
	w.as(token, "POST", "/api/v1/ops/jobs/7/retry", nil).into(t, &done)
	if done.ID != 7 || len(jobs.told) != 1 || jobs.told[0].Actor.USCC != operator.uscc || jobs.told[0].Key == "" || jobs.told[0].Digest.IsZero() {
		t.Errorf("retried: %+v, %+v", done, jobs.told)
	}
	var notices wire.NoticeList
	w.as(token, "GET", "/api/v1/notices", nil).into(t, &notices)
	if len(notices.Items) != 1 || notices.Items[0].Words != string(party.Operator) {
		t.Errorf("notices: %+v", notices)
	}
	if got := w.as(other, "GET", "/api/v1/notices", nil); got.status != 404 {
		t.Errorf("notices to the centre: %d", got.status)
	}
	for _, id := range []string{"8", "0", "-7", "x", strings.Repeat("9", 30)} {
		if got := w.as(token, "POST", "/api/v1/ops/jobs/"+id+"/retry", nil); got.status != 404 {
			t.Errorf("job %s: %d %s", id, got.status, got.body)
		}
	}
}

// TestRetriedDeliveryIsSaidTwice: an operator whose answer was lost asks again with the same key and hears the same,
// although the letter is no longer dead.
func TestRetriedDeliveryIsSaidTwice(t *testing.T) {
	l := newLife(t)
	id := l.deadLetter()
	token := l.signIn(l.admit(l.person("平台运营部", 31), party.Operator), party.Operator)
	for _, c := range []struct {
		key    string
		status int
	}{{"one", 200}, {"one", 200}, {"two", 404}} {
		r := l.request("POST", "/api/v1/ops/deliveries/"+id+"/retry", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Idempotency-Key", c.key)
		if got := l.send(r); got.status != c.status {
			t.Errorf("under key %s: %d %s, want %d", c.key, got.status, got.body, c.status)
		}
	}
}

// deadLetter leaves a message to the bank as one that was given up.
func (l *life) deadLetter() string {
	l.t.Helper()
	const id = "00112233445566778899aabbccddeeff"
	if _, err := l.pool.Exec(l.t.Context(), `INSERT INTO delivery (id, guarantor, guarantee, seq, kind, at, body, state, attempts)
		VALUES ($1, $2, $1, 1, 'offered', clock_timestamp(), '{}', 'dead', 12)`, id, l.bank.uscc); err != nil {
		l.t.Fatal(err)
	}
	return id
}
