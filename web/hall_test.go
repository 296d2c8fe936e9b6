package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// remote is a life whose lot is opened remotely, with everybody who has a place there.
type remote struct {
	*life
	host, supervisor, centre *client.Staff
	bidders                  []*client.Bidder
	people                   []person
	bids                     []string
	kept                     []byte // what the first bidder keeps of a letter that was spoilt
}

// newRemote publishes a lot with a session, and three bid for it.
func newRemote(t *testing.T) *remote {
	t.Helper()
	r := &remote{life: newHall(t, func(*Config) {})}
	ctx := t.Context()
	r.host = r.staff(r.tenderer, "beneficiary")
	p := must(r.host.CreateProject(ctx, wire.CreateProject{Code: "CS-2026-03", Name: "湘江路绿化工程", Regime: "招投标", Beneficiary: []letter.Party{r.tenderer.party()}}))
	lot := wire.AddLot{Code: "01", Name: "一标段", Base: 50_000_000_00, Amount: 800_000_00, Forms: []letter.Form{letter.FormIndependent, letter.FormCash},
		End: letter.EndRule{Deadline: deadline, ValidityDays: 90, ExtraDays: 30}, Hall: &wire.HallRules{Decrypt: 9}}
	_, err := r.host.AddLot(ctx, p.ID, lot)
	wantCode(t, err, "lot.hall")
	lot.Hall.Decrypt = 20
	draft := must(r.host.AddLot(ctx, p.ID, lot))
	must(r.host.Publish(ctx, draft.ID))
	r.lot = must(r.host.Lot(ctx, draft.ID))
	if r.lot.Hall == nil || *r.lot.Hall != (wire.HallRules{Decrypt: 20, Objection: 10, Sign: 15}) {
		t.Fatalf("the notice says %+v", r.lot.Hall)
	}
	for i := range 3 {
		r.people = append(r.people, r.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i))
		r.bidders = append(r.bidders, r.bidder(r.people[i]))
		r.bids = append(r.bids, must(r.bidders[i].Bid(ctx, r.lot, "", house.Terms(letter.Fen(1_200_000_000+i)))).ID)
	}
	r.supervisor = r.staff(r.admit(r.person("测试行政监督处", 81), party.Supervisor), "supervisor")
	return r
}

// begin opens the lot; everybody signs in anew, because the clock has moved on.
func (r *remote) begin() {
	r.t.Helper()
	ctx := r.t.Context()
	r.open()
	r.centre = r.staff(r.life.centre, "centre")
	for _, s := range []*client.Staff{r.host, r.supervisor} {
		role := map[*client.Staff]string{r.host: "beneficiary", r.supervisor: "supervisor"}[s]
		must(s.SignIn(ctx, role))
	}
	for _, b := range r.bidders {
		must(b.SignIn(ctx))
	}
}

func (r *remote) hall(who interface {
	HallOf(context.Context, string) (wire.Hall, error)
}) wire.Hall {
	r.t.Helper()
	return must(who.HallOf(r.t.Context(), r.lot.ID))
}

// A remote opening over HTTP with the SDK, each as itself: sign-in, order, extension, decrypting, one bid that is not
// decrypted, attribution, read-out, objection, record, signatures.
func TestRemoteOpening(t *testing.T) {
	r := newRemote(t)
	ctx, id := t.Context(), r.lot.ID
	_, err := r.bidders[0].Attend(ctx, id)
	wantCode(t, err, "attendance.too_early")
	r.clock.Set(deadline.Add(-time.Hour))
	for _, b := range r.bidders {
		must(b.SignIn(ctx))
	}
	if in := must(r.bidders[0].Attend(ctx, id)); in.Recorded || len(in.Statement) == 0 || !in.At.Equal(deadline.Add(-time.Hour)) {
		t.Errorf("signed in: %+v", in)
	}
	stranger := r.bidder(r.person("没有投标的建设公司", 71))
	if in := must(stranger.Attend(ctx, id)); in.Recorded || len(in.Statement) == 0 {
		t.Errorf("whoever has not bid is answered otherwise: %+v", in)
	}
	r.begin()
	must(stranger.SignIn(ctx))
	if in := must(r.bidders[0].Attend(ctx, id)); !in.Recorded || !in.At.Equal(deadline.Add(-time.Hour)) {
		t.Errorf("recorded: %+v", in)
	}
	_, err = stranger.Attend(ctx, id)
	wantCode(t, err, "not_found")
	for who, err := range map[string]error{
		"a stranger reads": failure(stranger.HallOf(ctx, id)), "a bidder orders": failure(r.host2(r.people[0]).OrderDecryption(ctx, id)),
		"the centre orders": failure(r.centre.OrderDecryption(ctx, id)), "the supervisor orders": failure(r.supervisor.OrderDecryption(ctx, id)),
		"another's bid": failure(r.bidders[1].Decrypt(ctx, r.bids[0])), "the offer comes early": failure(r.bidders[0].HandInForm(ctx, r.bids[1], []byte("x")))} {
		if p, ok := client.Refused(err); !ok || p.Status != http.StatusNotFound && p.Code != "form.too_early" {
			t.Errorf("%s: %v", who, err)
		}
	}
	if got := must(r.host.OrderDecryption(ctx, id)); got.Stage != "decrypting" {
		t.Fatalf("ordered: %+v", got)
	}
	must(r.bidders[0].Decrypt(ctx, r.bids[0]))
	_, err = r.bidders[1].HandInForm(ctx, r.bids[1], []byte("not a form"))
	wantCode(t, err, "form.digest")
	asked := must(r.host.AskExtension(ctx, id, 10, "一家投标人网络中断"))
	if h := r.hall(r.supervisor); h.Extension == nil || h.Extension.Seq != asked.Seq || h.RemainingUS != (20*time.Minute).Microseconds() {
		t.Errorf("asked: %+v", h)
	}
	_, err = r.host.ConsentExtension(ctx, id, asked.Seq)
	wantCode(t, err, "not_found")
	must(r.supervisor.ConsentExtension(ctx, id, asked.Seq))
	must(r.host.Pause(ctx, id, "核实网络情况"))
	must(r.host.Resume(ctx, id, "网络恢复"))
	must(r.bidders[1].Decrypt(ctx, r.bids[1]))
	if h := r.hall(r.bidders[0]); h.RemainingUS != (30*time.Minute).Microseconds() || h.Own != r.bids[0] || len(h.Attendance) != 1 {
		t.Errorf("extended: %+v", h)
	}
	r.clock.Advance(30 * time.Minute)
	if h := r.hall(r.centre); h.Stage != "decrypted" || stateOf(h, r.bids[2]) != "pending" || stateOf(h, r.bids[0]) != "decrypted" {
		t.Fatalf("the window is over: %+v", h)
	}
	_, err = r.bidders[2].Decrypt(ctx, r.bids[2])
	wantCode(t, err, "form.too_late")
	said := must(r.host.Attribute(ctx, id, wire.Attribute{Bid: r.bids[2], Cause: "bidder", Evidence: "投标人未在规定时间内解密", Digest: signing.Sum([]byte("日志"))}))
	must(r.supervisor.ConfirmAttribution(ctx, id, said.Seq))
	r.noTerms()
	must(r.host.ReadOut(ctx, id))
	h := r.hall(r.bidders[2])
	if h.Stage != "objecting" || stateOf(h, r.bids[2]) != "revoked" {
		t.Errorf("read out: %+v", h)
	}
	for _, b := range h.Bids {
		if (b.Terms == nil) != (b.Bid == r.bids[2]) {
			t.Errorf("read out: %+v", b)
		}
	}
	must(r.bidders[0].ConfirmLine(ctx, id))
	o := must(r.bidders[2].ObjectInHall(ctx, id, "我方解密失败系平台原因"))
	must(r.host.AnswerInHall(ctx, id, o.Seq, "经核查平台日志，平台运行正常"))
	r.clock.Advance(10 * time.Minute)
	_, err = r.bidders[1].ObjectInHall(ctx, id, "逾期的异议也要记录")
	wantCode(t, err, "objection.too_late")
	must(r.host.MakeRecord(ctx, id, ""))
	r.signedByAll()
	for _, s := range []*client.Staff{r.host, r.supervisor, r.centre} {
		if h := r.hall(s); h.Stage != "ended" || h.Record == nil || len(h.Record.Signed) != 4 || len(h.Objections) != 2 || !h.Objections[1].Refused {
			t.Errorf("in the end: %+v", h)
		}
	}
	if strings.Contains(r.log.String(), "12000000") {
		t.Error("a price is in the log")
	}
}

func stateOf(h wire.Hall, bid string) string {
	for _, b := range h.Bids {
		if b.Bid == bid {
			return b.State
		}
	}
	return ""
}

// host2 is a bidder's own certificate used as if it ran tenders.
func (r *remote) host2(p person) *client.Staff {
	r.t.Helper()
	s := must(client.NewStaff(r.at, p.identity()))
	_, _ = s.SignIn(r.t.Context(), "bidder")
	return s
}

// noTerms: no answer of the API holds a price before the read-out.
func (r *remote) noTerms() {
	r.t.Helper()
	for _, token := range []string{r.signIn(r.tenderer, party.Beneficiary), r.signIn(r.people[0], party.Bidder)} {
		for _, path := range []string{"/hall", "/opening", "/sheet", ""} {
			got := r.as(token, "GET", "/api/v1/lots/"+r.lot.ID+path, nil)
			if got.status != 200 || bytes.Contains(got.body, []byte("120000000")) || bytes.Contains(got.body, []byte("壹仟贰佰万")) {
				r.t.Errorf("%s before the read-out: %d %s", path, got.status, got.body)
			}
		}
	}
}

// signedByAll: host and bidders sign the same bytes, which anybody can check.
func (r *remote) signedByAll() {
	r.t.Helper()
	ctx := r.t.Context()
	rec := must(r.host.Record(ctx, r.lot.ID, 0))
	spoilt := rec
	spoilt.Content = bytes.Replace(rec.Content, []byte("不见面开标"), []byte("不见面开會"), 1)
	if _, err := r.host.SignRecord(ctx, spoilt); err == nil {
		r.t.Error("a record that does not hold was signed")
	}
	must(r.host.SignRecord(ctx, rec))
	for _, b := range r.bidders {
		must(b.SignRecord(ctx, must(b.Record(ctx, r.lot.ID, 1))))
	}
	rec = must(r.centre.Record(ctx, r.lot.ID, 0))
	if len(rec.Signatures) != 4 || !rec.Signatures[0].Host {
		r.t.Errorf("signed by %+v", rec.Signatures)
	}
	for _, s := range rec.Signatures {
		p7s := must(signing.ParseSignedData(s.Signed))
		if !bytes.Equal(p7s.Content, rec.Content) || p7s.Verify(r.trust, r.clock.Now()) != nil || p7s.Signer().Subject().OrganizationID != s.Signer {
			r.t.Errorf("the signature of %s does not hold", s.Signer)
		}
	}
}

// Before the opening is published there is no session: not for the host, not for a bidder, not for the supervisor, and the
// bytes of the answer are those for a lot that is opened on the spot, or that is not there.
func TestNoSessionBeforeTheOpening(t *testing.T) {
	r := newRemote(t)
	spot := r.lot.ID
	r.publishSpot(&spot)
	r.clock.Set(deadline.Add(-time.Microsecond))
	tokens := []string{"", r.signIn(r.tenderer, party.Beneficiary), r.signIn(r.people[0], party.Bidder), r.signIn(r.life.centre, party.Centre)}
	for _, at := range []time.Time{deadline.Add(-time.Microsecond), deadline} {
		r.clock.Set(at)
		for i, token := range tokens {
			for _, path := range []string{"/hall", "/hall/events", "/hall/record"} {
				var first said
				for n, id := range []string{r.lot.ID, spot, nowhere} {
					got := r.as(token, "GET", "/api/v1/lots/"+id+path, nil)
					if n == 0 {
						first = got
					}
					if got.status != first.status || !bytes.Equal(got.body, first.body) || got.status != 404 && token != "" {
						t.Errorf("caller %d, %s of lot %d at %s: %d %s", i, path, n, at, got.status, got.body)
					}
				}
			}
		}
	}
}

func (r *remote) publishSpot(id *string) {
	r.t.Helper()
	ctx := r.t.Context()
	p := must(r.host.CreateProject(ctx, wire.CreateProject{Code: "CS-2026-04", Name: "湘江路照明工程", Regime: "招投标", Beneficiary: []letter.Party{r.tenderer.party()}}))
	draft := must(r.host.AddLot(ctx, p.ID, wire.AddLot{Code: "01", Name: "一标段", Base: 50_000_000_00, Amount: 800_000_00, Forms: []letter.Form{letter.FormIndependent},
		End: letter.EndRule{Deadline: deadline, ValidityDays: 90, ExtraDays: 30}}))
	must(r.host.Publish(ctx, draft.ID))
	*id = draft.ID
}

// A connection that breaks at every event loses none, and tells none twice.
func TestHallEventsSurviveEveryBreak(t *testing.T) {
	r := newRemote(t)
	ctx, id := t.Context(), r.lot.ID
	r.begin()
	must(r.host.OrderDecryption(ctx, id))
	var broken atomic.Int32
	proxy := r.breakingAfterOne(&broken)
	at := r.at
	at.Base, at.Pause = proxy.URL, time.Millisecond
	watcher := must(client.NewBidder(at, r.people[0].identity(), client.Folder(t.TempDir())))
	must(watcher.SignIn(ctx))
	var mu sync.Mutex
	var told []wire.HallEvent
	done := make(chan error, 1)
	go func() {
		done <- watcher.WatchHall(ctx, id, 0, func(e wire.HallEvent) { mu.Lock(); told = append(told, e); mu.Unlock() })
	}()
	for i, b := range r.bidders {
		must(b.Decrypt(ctx, r.bids[i]))
	}
	must(r.host.ReadOut(ctx, id))
	r.clock.Advance(10 * time.Minute)
	must(r.host.MakeRecord(ctx, id, ""))
	must(r.host.SignRecord(ctx, must(r.host.Record(ctx, id, 0))))
	for _, b := range r.bidders {
		must(b.SignRecord(ctx, must(b.Record(ctx, id, 0))))
	}
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the stream did not end")
	}
	var kinds []string
	for i, e := range told {
		if e.Seq != int64(i+1) || e.Words == "" || e.Final != (i == len(told)-1) {
			t.Errorf("event %d: %+v", i+1, e)
		}
		kinds = append(kinds, e.Kind)
	}
	want := []string{"begun", "decrypt_ordered", "bid_decrypted", "bid_decrypted", "bid_decrypted", "decrypt_closed", "read_out", "objections_heard",
		"record_made", "record_signed", "record_signed", "record_signed", "record_signed", "ended"}
	if !slices.Equal(kinds, want) || int(broken.Load()) < len(want)-1 {
		t.Errorf("told %v over %d connections", kinds, broken.Load())
	}
}

// breakingAfterOne is a way to the server that is cut after each event of a stream.
func (r *remote) breakingAfterOne(broken *atomic.Int32) *httptest.Server {
	target := must(url.Parse(r.server.URL))
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) {}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasSuffix(req.URL.Path, "/events") {
			proxy.ServeHTTP(w, req)
			return
		}
		ctx, cut := context.WithCancel(req.Context())
		defer cut()
		defer func() {
			if p := recover(); p != nil && !errors.Is(p.(error), http.ErrAbortHandler) { //nolint:errcheck // what the proxy panics with
				panic(p)
			}
		}()
		proxy.ServeHTTP(&cutter{ResponseWriter: w, cut: func() { broken.Add(1); cut() }}, req.WithContext(ctx))
	}))
	r.t.Cleanup(server.Close)
	return server
}

// cutter lets one event through.
type cutter struct {
	http.ResponseWriter
	cut  func()
	over bool
}

func (c *cutter) Write(b []byte) (int, error) {
	if c.over {
		return 0, errors.New("cut")
	}
	if i := bytes.Index(b, []byte("data: ")); i >= 0 {
		end := i + bytes.Index(b[i:], []byte("\n\n")) + 2
		c.over = true
		_, err := c.ResponseWriter.Write(b[:end])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		c.cut()
		return len(b), err
	}
	return c.ResponseWriter.Write(b)
}

func (c *cutter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// From the answer of a verb to the reader of the stream it takes a third of a second at most, on a quiet machine; the test
// allows a busy one more, and says what it took.
func TestEventsArriveSoon(t *testing.T) {
	r := newRemote(t)
	r.serveWith(func(c *Config) { c.Watching = Watching{} })
	ctx, id := t.Context(), r.lot.ID
	r.host = r.staff(r.tenderer, "beneficiary")
	r.open()
	r.host = r.staff(r.tenderer, "beneficiary")
	must(r.host.OrderDecryption(ctx, id))
	arrived := make(chan time.Time, 100)
	go func() {
		_ = r.host.WatchHall(ctx, id, 2, func(wire.HallEvent) { arrived <- time.Now() })
	}()
	time.Sleep(300 * time.Millisecond)
	var took []time.Duration
	for i := range 10 {
		if i%2 == 0 {
			must(r.host.Pause(ctx, id, "核实情况"))
		} else {
			must(r.host.Resume(ctx, id, "继续开标"))
		}
		answered := time.Now()
		took = append(took, max(0, (<-arrived).Sub(answered)))
	}
	slices.Sort(took)
	t.Logf("from commit to reader: median %s, most %s", took[len(took)/2], took[len(took)-1])
	if took[len(took)/2] > time.Second {
		t.Errorf("half of the events took longer than %s", took[len(took)/2])
	}
}

// The committee, an operator, a guarantor and a custodian have no place in a session (87号令40).
func TestWhoHasNoPlaceInASession(t *testing.T) {
	r := newRemote(t)
	r.begin()
	for role, p := range map[party.Role]person{party.Guarantor: r.bank, party.Operator: r.admit(r.person("平台运营值班室", 91), party.Operator)} {
		token := r.signIn(p, role)
		for _, path := range []string{"/hall", "/hall/events", "/hall/record"} {
			if got := r.as(token, "GET", "/api/v1/lots/"+r.lot.ID+path, nil); got.status != 404 {
				t.Errorf("%s at %s: %d", role, path, got.status)
			}
		}
	}
}

func failure[T any](_ T, err error) error { return err }
