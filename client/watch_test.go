package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"baohan/client/wire"
)

// A stream that is cut anywhere, or refused for a while, is taken up behind the last event that came whole.
func TestWatchTakesUpWhatWasCut(t *testing.T) {
	answers := []func(w http.ResponseWriter){
		func(w http.ResponseWriter) {
			_, _ = fmt.Fprint(w, "retry: 2000\n\nevent: before_deadline\ndata: {\"stage\":\"before_deadline\"}\n\n:\n\nid: 1\nevent: closed\ndata: {\"seq\":1,\"stage\":\"closed\"}\n\nid: 2\nevent: asking\ndata: {\"seq\":2,\"sta")
		},
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		func(w http.ResponseWriter) {
			_, _ = fmt.Fprint(w, "id: 2\nevent: asking\ndata: {\"seq\":2,\"stage\":\"asking\",\"later\":true}\n\n")
		},
		func(w http.ResponseWriter) {
			_, _ = fmt.Fprint(w, "id: 3\nevent: published\ndata: {\"seq\":3,\"stage\":\"published\",\"final\":true}\n\nid: 4\ndata: {\"seq\":4,\"stage\":\"more\"}\n\n")
		},
	}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Last-Event-ID"))
		answers[min(len(asked), len(answers))-1](w)
	}))
	defer server.Close()
	var told []string
	err := watcher(t, server.URL).Watch(t.Context(), "a", 0, func(p wire.Progress) { told = append(told, p.Stage) })
	if err != nil || !slices.Equal(told, []string{"before_deadline", "closed", "asking", "published"}) || !slices.Equal(asked, []string{"", "1", "1", "2"}) {
		t.Errorf("told %v, asked after %q: %v", told, asked, err)
	}
}

// What is not there is not asked for again, and whoever stops listening hears that it stopped.
func TestWatchEnds(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", wire.ProblemType)
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprint(w, `{"code":"not_found","detail":"没有找到"}`)
	}))
	defer server.Close()
	err := watcher(t, server.URL).Watch(t.Context(), "a", 0, func(wire.Progress) {})
	if p, ok := Refused(err); !ok || p.Status != http.StatusNotFound || p.Code != "not_found" || asked != 1 {
		t.Errorf("%v after %d requests", err, asked)
	}
	ctx, stop := context.WithCancel(t.Context())
	quiet := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "event: before_deadline\ndata: {\"stage\":\"before_deadline\"}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer quiet.Close()
	if err := watcher(t, quiet.URL).Watch(ctx, "a", 0, func(wire.Progress) { stop() }); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func watcher(t *testing.T, base string) *person {
	t.Helper()
	p := &person{}
	c, err := newConn(Platform{Base: base, Pause: time.Millisecond}, p)
	if err != nil {
		t.Fatal(err)
	}
	p.conn = c
	return p
}
