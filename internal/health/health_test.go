package health_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"baohan/internal/health"
	"baohan/internal/testdb"
)

func get(h http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	return w
}

func TestLive(t *testing.T) {
	w := get(health.Live())
	if w.Code != http.StatusOK || w.Body.String() != `{"status":"ok"}` {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

func TestReadyNamesWhatFailsAndKeepsTheReason(t *testing.T) {
	var log bytes.Buffer
	w := get(health.Ready(slog.New(slog.NewTextHandler(&log, nil)),
		health.Check{Name: "fine", Run: func(context.Context) error { return nil }},
		health.Check{Name: "broken", Run: func(context.Context) error { return errors.New("host db-7 refuses") }}))
	if w.Code != http.StatusServiceUnavailable || w.Body.String() != `{"status":"unavailable","failed":["broken"]}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "db-7") {
		t.Errorf("the log does not give the reason: %s", &log)
	}
}

func TestReadyAnswersThoughACheckHangs(t *testing.T) {
	began := time.Now()
	w := get(health.Ready(slog.New(slog.DiscardHandler), health.Check{Name: "hangs", Run: func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}}))
	if took := time.Since(began); w.Code != http.StatusServiceUnavailable || took > 5*time.Second {
		t.Fatalf("%d after %v", w.Code, took)
	}
}

func TestReadyFollowsTheDatabase(t *testing.T) {
	pool := testdb.New(t)
	ready := health.Ready(slog.New(slog.DiscardHandler), health.Database(pool)...)
	if w := get(ready); w.Code != http.StatusOK {
		t.Fatalf("a migrated database: %d %s", w.Code, w.Body)
	}
	if _, err := pool.Exec(t.Context(), `delete from goose_db_version where version_id = 1`); err != nil {
		t.Fatal(err)
	}
	if w := get(ready); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `["schema"]`) {
		t.Errorf("a database that is behind: %d %s", w.Code, w.Body)
	}
	pool.Close()
	if w := get(ready); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"database"`) {
		t.Errorf("no database: %d %s", w.Code, w.Body)
	}
}

// An alarm is shown and keeps nobody out; beside a failure it is shown too.
func TestAlarm(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	broken := func(context.Context) error { return errors.New("bit 9") }
	alarm := health.Check{Name: "log", Run: broken, Alarm: true}
	if w := get(health.Ready(log, alarm)); w.Code != http.StatusOK || w.Body.String() != `{"status":"ok","alarms":["log"]}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w := get(health.Ready(log, alarm, health.Check{Name: "database", Run: broken}))
	if w.Code != http.StatusServiceUnavailable || w.Body.String() != `{"status":"unavailable","failed":["database"],"alarms":["log"]}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
