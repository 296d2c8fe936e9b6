package web

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/tender"
)

// newHall is a life whose openings are watched at a quick beat.
func newHall(t *testing.T, change func(*Config)) *life {
	t.Helper()
	l := newLife(t)
	l.serveWith(func(c *Config) {
		c.Watching = Watching{Beat: 10 * time.Millisecond, Heartbeat: 30 * time.Millisecond}
		change(c)
	})
	return l
}

func (l *life) serveWith(change func(*Config)) {
	l.t.Helper()
	c := l.restarted()
	change(&c)
	l.server = httptest.NewServer(must(New(c)))
	l.t.Cleanup(l.server.Close)
	l.at.Base = l.server.URL
}

func (l *life) hallPath() string { return "/api/v1/lots/" + l.lot.ID + "/progress" }

// closed closes the lot as if enough had bid, and tells it.
func (l *life) closed() {
	l.t.Helper()
	l.clock.Set(deadline)
	l.sql(`UPDATE lot SET state = 'closed', closed_at = platform_now(), version = version + 1 WHERE id = @lot`, nil)
	l.tell(tender.StageClosed, 0, 0)
}

func (l *life) tell(stage tender.Stage, attempt, perCent int) {
	l.t.Helper()
	l.sql(`INSERT INTO opening_progress (lot, seq, attempt, at, stage, per_cent, awaited)
		SELECT @lot, coalesce(max(seq), 0) + 1, @attempt, platform_now(), @stage, @per_cent, CASE WHEN @stage = 'waiting' THEN
			'[{"Custodian":{"name":"测试公证处","uscc":"91110000MA0000004A"},"Reason":"no_answer","Since":"2026-03-22T09:00:00Z"}]'::jsonb END
		FROM opening_progress WHERE lot = @lot`, pgx.NamedArgs{"attempt": attempt, "stage": string(stage), "per_cent": perCent})
}

func (l *life) sql(text string, args pgx.NamedArgs) {
	l.t.Helper()
	if args == nil {
		args = pgx.NamedArgs{}
	}
	args["lot"] = l.lot.ID
	if _, err := l.pool.Exec(l.t.Context(), text, args); err != nil {
		l.t.Fatal(err)
	}
}

// listener is one connection to the hall.
type listener struct {
	t     *testing.T
	res   *http.Response
	lines *bufio.Reader
	stop  context.CancelFunc
}

func (l *life) listen(path string, header ...string) *listener {
	l.t.Helper()
	ctx, stop := context.WithCancel(l.t.Context())
	r := must(http.NewRequestWithContext(ctx, http.MethodGet, l.server.URL+path, http.NoBody))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	in := &listener{l.t, res, bufio.NewReader(res.Body), stop}
	l.t.Cleanup(in.close)
	return in
}

func (in *listener) close() { in.stop(); _ = in.res.Body.Close() }

// next is the next event, with its own lines; io.EOF when the stream has ended.
func (in *listener) next() (event string, p wire.Progress, err error) {
	in.t.Helper()
	for {
		line, err := in.lines.ReadString('\n')
		if err != nil {
			return event, p, err
		}
		switch data, isData := strings.CutPrefix(line, "data: "); {
		case line == "\n" && p.Stage != "":
			return event, p, nil
		case isData:
			if err := json.Unmarshal([]byte(data), &p); err != nil {
				in.t.Fatalf("%s: %v", data, err)
			}
			fallthrough
		case strings.HasPrefix(line, "id: "), strings.HasPrefix(line, "event: "):
			event += line
		}
	}
}

// stages reads until the stream has told n events or ends.
func (in *listener) stages(n int) (out []string) {
	in.t.Helper()
	for range n {
		_, p, err := in.next()
		if err != nil {
			return append(out, "end")
		}
		out = append(out, p.Stage)
	}
	return out
}

// A whole opening, watched with the SDK from before the deadline to the publication: the stages in their order, no name and
// no number in any of them, and no byte that differs before the deadline because somebody has bid.
func TestOpeningIsWatched(t *testing.T) {
	l := newHall(t, func(*Config) {})
	before := l.firstBytes()
	for i := range 3 {
		b := l.bidder(l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i))
		must(b.Bid(t.Context(), l.lot, "", house.Terms(1_200_000_000)))
	}
	if after := l.firstBytes(); after != before {
		t.Errorf("before the deadline, without bids\n%q\nwith bids\n%q", before, after)
	}
	var told []wire.Progress
	stranger := must(client.NewStaff(l.at, l.tenderer.identity()))
	done := make(chan error, 1)
	go func() {
		done <- stranger.Watch(t.Context(), l.lot.ID, 0, func(p wire.Progress) { told = append(told, p) })
	}()
	l.open()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the stream did not end")
	}
	var stages []string
	for _, p := range told {
		if p.Stage == wire.BeforeDeadline {
			if !p.Deadline.Equal(deadline) || p.Seq != 0 || p.PerCent != 0 {
				t.Errorf("%+v", p)
			}
			continue
		}
		stages = append(stages, p.Stage)
		if p.Words == "" || p.At.IsZero() || p.PerCent%10 != 0 || p.Final != (p.Stage == "published") {
			t.Errorf("%+v", p)
		}
	}
	if got := strings.Join(stages, " "); got != "closed asking bids letters verifying published" {
		t.Errorf("told: %s", got)
	}
	if s := fmt.Sprint(told); strings.Contains(s, "投标人第") || strings.Contains(s, uscc(61)) {
		t.Errorf("somebody is named: %s", s)
	}
	l.signedSheet()
}

// firstBytes is what the hall is told before the deadline, up to the second sign of life, with its head.
func (l *life) firstBytes() string {
	in := l.listen(l.hallPath())
	defer in.close()
	var b strings.Builder
	for !strings.Contains(b.String(), "data: ") || strings.Count(b.String(), ":\n\n") < 2 {
		b.WriteString(must(in.lines.ReadString('\n')))
	}
	h := in.res.Header.Clone()
	h.Del("X-Request-Id")
	h.Del("Date")
	return fmt.Sprint(in.res.StatusCode, h, strings.TrimRight(strings.ReplaceAll(b.String(), ":\n\n", ""), ":\n"))
}

// signedSheet reads the sheet of the opening over HTTP and verifies it as anybody can.
func (l *life) signedSheet() {
	l.t.Helper()
	reader := must(client.NewStaff(l.at, l.tenderer.identity()))
	s := must(reader.Sheet(l.t.Context(), l.lot.ID, 0))
	if same := must(reader.Sheet(l.t.Context(), l.lot.ID, 1)); !bytes.Equal(same.Signed, s.Signed) || s.Edition != 1 || s.Newest != 1 {
		l.t.Errorf("edition 1: %+v", same)
	}
	signed, r := letter.VerifySheet(s.Signed, l.trust, letter.Centre(uscc(2)))
	if !r.OK || len(signed.Sheet.Bids) != 3 || len(signed.Sheet.Doubtful) != 0 || signed.Sheet.Lot != l.lot.Lot {
		l.t.Errorf("%+v %+v", r, signed)
	}
	for path, status := range map[string]int{"/sheet?edition=2": 404, "/sheet?edition=0": 400, "/sheet?edition=x": 400} {
		if got := l.as("", "GET", "/api/v1/lots/"+l.lot.ID+path, nil); got.status != status {
			l.t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// Whoever comes back hears what it has missed and nothing twice; after the end, the end.
func TestReplay(t *testing.T) {
	l := newHall(t, func(*Config) {})
	if got := l.as("", "GET", "/api/v1/lots/"+l.lot.ID+"/sheet", nil); !bytes.Equal(got.body, absent().bytes()) {
		t.Errorf("a sheet before the opening: %d %s", got.status, got.body)
	}
	l.closed()
	l.tell(tender.StageAsking, 1, 10)
	first := l.listen(l.hallPath())
	if event, _, err := first.next(); err != nil || !strings.HasPrefix(event, "id: 1\nevent: closed\ndata: {") {
		t.Fatalf("%q %v", event, err)
	}
	if got := first.stages(1); got[0] != "asking" {
		t.Errorf("told %v", got)
	}
	l.tell(tender.StageWaiting, 1, 10)
	if event, p, _ := first.next(); p.Stage != "waiting" || len(p.Awaited) != 1 || p.Awaited[0].Custodian.Name != "测试公证处" || p.Awaited[0].Words == "" {
		t.Errorf("waiting: %s", event)
	}
	first.close()
	l.tell(tender.StageAgain, 2, 0)
	l.tell(tender.StageAsking, 2, 10)
	for path, header := range map[string][]string{l.hallPath(): {"Last-Event-ID", "3"}, l.hallPath() + "?after=3": nil, l.hallPath() + "?after=1": {"Last-Event-ID", "3"}} {
		if got := l.listen(path, header...).stages(2); !slices.Equal(got, []string{"again", "asking"}) {
			t.Errorf("%s %v: %v", path, header, got)
		}
	}
	second := l.listen(l.hallPath(), "Last-Event-ID", "5")
	l.tell(tender.StagePublished, 2, 100)
	if got := second.stages(9); !slices.Equal(got, []string{"published", "end"}) {
		t.Errorf("told %v", got)
	}
	for _, last := range []string{"6", "7", "9999999"} {
		if got := l.listen(l.hallPath(), "Last-Event-ID", last).stages(9); !slices.Equal(got, []string{"published", "end"}) {
			t.Errorf("after the end, %s: %v", last, got)
		}
	}
	for _, bad := range []string{"x", "-1", "1.5", "99999999999999999999"} {
		if res := l.listen(l.hallPath(), "Last-Event-ID", bad).res; res.StatusCode != 400 || res.Header.Get("Content-Type") != wire.ProblemType {
			t.Errorf("Last-Event-ID %s: %d", bad, res.StatusCode)
		}
	}
}

// What is not public has no hall, and is the one 404; a signed request is refused, because the answer could not be signed.
func TestWhoMayWatch(t *testing.T) {
	l := newHall(t, func(*Config) {})
	token := l.signIn(l.tenderer, party.Beneficiary)
	l.sql(`INSERT INTO lot (id, project, code, name, version, state, base, amount, forms, deadline, validity_days, extra_days)
		SELECT @draft, project, '02', '二标段', 1, 'draft', base, amount, forms, deadline, validity_days, extra_days FROM lot WHERE id = @lot`, pgx.NamedArgs{"draft": strings.Repeat("d", 32)})
	for _, id := range []string{nowhere, strings.Repeat("d", 32), "x"} {
		for _, who := range []string{"", token} {
			if got := l.as(who, "GET", "/api/v1/lots/"+id+"/progress", nil); got.status != 404 || !bytes.Equal(got.body, absent().bytes()) {
				t.Errorf("%s: %d %s", id, got.status, got.body)
			}
		}
	}
	for _, id := range []string{l.lot.ID, nowhere} {
		if got := l.send(l.signed(l.bank, "GET", "/api/v1/lots/"+id+"/progress", nil)); got.status != 400 || got.problem(t).Code != "progress.signed" {
			t.Errorf("a signed request: %d %s", got.status, got.body)
		}
	}
	in := l.listen(l.hallPath())
	h := in.res.Header
	if h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || len(h.Get("X-Request-Id")) != 32 {
		t.Errorf("%v", h)
	}
}

// Who signs out, or is suspended, hears nothing more, also where he listens already; a stranger beside him goes on.
func TestStreamEndsWithItsSession(t *testing.T) {
	l := newHall(t, func(*Config) {})
	bearer := func(token string) *listener { return l.listen(l.hallPath(), "Authorization", "Bearer "+token) }
	out, stays := l.signIn(l.tenderer, party.Beneficiary), l.listen(l.hallPath())
	leaving, suspended := bearer(out), bearer(l.signIn(l.centre, party.Centre))
	if err := l.desks.Party.SignOut(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if err := l.desks.Party.Suspend(t.Context(), party.Actor{USCC: "91430100000000099X", Role: party.Operator}, l.centre.uscc); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]*listener{"signed out": leaving, "suspended": suspended} {
		heard := make(chan []string, 1)
		go func() { heard <- in.stages(2) }()
		select {
		case got := <-heard:
			if !slices.Equal(got, []string{wire.BeforeDeadline, "end"}) {
				t.Errorf("%s: %v", name, got)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: and still listens", name)
		}
	}
	l.closed()
	if got := stays.stages(2); !slices.Equal(got, []string{wire.BeforeDeadline, "closed"}) {
		t.Errorf("the stranger is told %v", got)
	}
}

// Two operations stream. Another that tried would be stopped before its first byte.
func TestOnlyTheHallStreams(t *testing.T) {
	for _, x := range []*exchange{{operation: "read-opening"}, {}, {operation: "watch-opening", signed: true}, {operation: "watch-hall", signed: true}} {
		out := httptest.NewRecorder()
		a := &answer{header: out.Header(), out: out}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was let through", x.operation)
				}
			}()
			a.open(x)
		}()
		if _, _ = a.Write([]byte("held")); a.opened || out.Body.Len() > 0 || out.Flushed {
			t.Error("something was sent")
		}
	}
}

// There is a limit for an address and one for the process, each with its own answer, and who leaves makes room.
func TestTooManyWatch(t *testing.T) {
	l := newHall(t, func(c *Config) {
		c.Watching.PerAddress, c.Watching.Most = 2, 3
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	from := func(address string) *listener { return l.listen(l.hallPath(), "X-Forwarded-For", address) }
	first := from("192.0.2.1")
	from("192.0.2.1")
	third := from("192.0.2.1")
	if p := (said{body: must(io.ReadAll(third.res.Body))}).problem(t); third.res.StatusCode != 429 || p.Code != "progress.too_many" {
		t.Errorf("the third of one address: %d %+v", third.res.StatusCode, p)
	}
	from("192.0.2.2")
	fourth := from("192.0.2.3")
	if p := (said{body: must(io.ReadAll(fourth.res.Body))}).problem(t); fourth.res.StatusCode != 503 || p.Code != "progress.full" {
		t.Errorf("the fourth of all: %d %+v", fourth.res.StatusCode, p)
	}
	first.close()
	l.eventually("room", func() bool { return from("192.0.2.3").res.StatusCode == 200 })
}

func (w *world) eventually(what string, so func() bool) {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("not in a minute: %s", what)
		}
	}
}

// blocked is a reader that takes nothing until it is let go.
type blocked struct {
	*httptest.ResponseRecorder
	begun, free chan struct{}
	once        sync.Once
}

func (b *blocked) Write(p []byte) (int, error) {
	b.once.Do(func() { close(b.begun) })
	<-b.free
	return b.ResponseRecorder.Write(p)
}

// A reader that does not read holds up neither the others nor what is told: the lot is read on, once a beat.
func TestSlowReaderHoldsNobodyUp(t *testing.T) {
	l := newHall(t, func(*Config) {})
	h := must(New(l.restarted()))
	slow := &blocked{ResponseRecorder: httptest.NewRecorder(), begun: make(chan struct{}), free: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		h.ServeHTTP(slow, httptest.NewRequestWithContext(ctx, "GET", l.hallPath(), nil))
		close(gone)
	}()
	<-slow.begun
	l.closed()
	l.tell(tender.StageAsking, 1, 10)
	l.tell(tender.StagePublished, 1, 100)
	got := serve(h, httptest.NewRequest("GET", l.hallPath(), nil))
	if n := strings.Count(got.Body.String(), "\nevent: "); n < 3 || !strings.Contains(got.Body.String(), "event: published") {
		t.Errorf("the other heard %s", got.Body)
	}
	stop()
	close(slow.free)
	<-gone
}

// The server's own time limits, for answers that end, do not cut a stream off; a stream's own life does, and its reader
// comes back and misses nothing.
func TestStreamOutlivesTheServersLimits(t *testing.T) {
	l := newHall(t, func(*Config) {})
	c := l.restarted()
	c.Watching = Watching{Beat: 10 * time.Millisecond, Heartbeat: 30 * time.Millisecond, Life: 600 * time.Millisecond}
	server := httptest.NewUnstartedServer(must(New(c)))
	server.Config.ReadTimeout, server.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	l.server, l.at.Base, l.at.Pause = server, server.URL, time.Millisecond
	begun := time.Now()
	in := l.listen(l.hallPath())
	if got, took := in.stages(2), time.Since(begun); !slices.Equal(got, []string{wire.BeforeDeadline, "end"}) || took < 500*time.Millisecond {
		t.Errorf("%v after %s", got, took)
	}
	var connections atomic.Int32
	told := make(chan string, 20)
	go func() {
		err := must(client.NewStaff(l.at, l.tenderer.identity())).Watch(t.Context(), l.lot.ID, 0, func(p wire.Progress) {
			if p.Stage == wire.BeforeDeadline {
				connections.Add(1)
				return
			}
			told <- p.Stage
		})
		if err != nil {
			t.Error(err)
		}
		close(told)
	}()
	l.eventually("a second connection", func() bool { return connections.Load() >= 2 })
	l.closed()
	l.tell(tender.StageAsking, 1, 10)
	time.Sleep(800 * time.Millisecond)
	l.tell(tender.StagePublished, 1, 100)
	var all []string
	for s := range told {
		all = append(all, s)
	}
	if !slices.Equal(all, []string{"closed", "asking", "published"}) {
		t.Errorf("told %v", all)
	}
}

// A process that is to end lets go of those who watch, and need not wait for them.
func TestStreamsEndWithTheProcess(t *testing.T) {
	l := newHall(t, func(*Config) {})
	stopping := make(chan struct{})
	c := l.restarted()
	c.Stopping, c.Watching = stopping, Watching{Beat: 10 * time.Millisecond}
	server := &http.Server{Handler: must(New(c)), ReadHeaderTimeout: time.Second}
	at := must(net.Listen("tcp", "127.0.0.1:0"))
	go func() { _ = server.Serve(at) }()
	l.server = &httptest.Server{URL: "http://" + at.Addr().String()}
	in := l.listen(l.hallPath())
	if got := in.stages(1); got[0] != wire.BeforeDeadline {
		t.Fatal(got)
	}
	close(stopping)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("the server waits for a stream: %v", err)
	}
	if got := in.stages(1); got[0] != "end" {
		t.Errorf("told %v", got)
	}
}
