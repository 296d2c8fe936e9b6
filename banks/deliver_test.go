package banks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/banks"
	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/httpsig"
)

func TestDeliveryIsSignedOrderedAndProved(t *testing.T) {
	w := newWorld(t)
	ids := []string{
		w.owe(one, wire.Offered, wire.OfferedBody{}),
		w.owe(one, wire.FeeAccepted, wire.FeeAcceptedBody{Fee: 400_000, Due: started}),
		w.owe(one, wire.Cancelled, wire.EndedBody{Reason: "cancelled", On: calendar.DateOf(started)}),
	}
	for n, id := range ids {
		if o := w.deliver(one); o.Delivered != id || o.Waiting != (n < 2) {
			t.Fatalf("message %d: %+v", n+1, o)
		}
	}
	heard := w.messages()
	for n, m := range heard {
		if m.Message != ids[n] || m.Seq != int64(n+1) || m.Guarantee != one {
			t.Errorf("message %d arrived as %+v", n+1, m)
		}
	}
	var offered wire.OfferedBody
	if err := wire.Read(heard[0].Body, &offered); err != nil || string(offered.Envelope) != "envelope" {
		t.Errorf("the offer arrived without its papers: %v", err)
	}
	if o := w.deliver(one); o.Delivered != "" || o.Waiting {
		t.Errorf("nothing is left, and yet: %+v", o)
	}
	if n := w.text(`SELECT count(*)::text FROM delivery WHERE state = 'delivered' AND ack_signed LIKE 'baohan=(%' AND ack IS NOT NULL AND lease IS NULL`); n != "3" {
		t.Errorf("%s of 3 deliveries keep the institution's signed answer", n)
	}
}

func TestNothingIsSentOfWhatRolledBack(t *testing.T) {
	w := newWorld(t)
	back := errors.New("rolled back")
	err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
		if _, err := w.EnqueueTx(t.Context(), tx, banks.Message{Guarantor: w.bank.Party.USCC, Guarantee: one, Kind: wire.Offered, At: started, Body: wire.OfferedBody{}}); err != nil {
			return err
		}
		return back
	})
	if !errors.Is(err, back) {
		t.Fatal(err)
	}
	if o := w.deliver(one); o.Waiting || len(w.messages()) != 0 {
		t.Fatalf("%+v, %d messages", o, len(w.messages()))
	}
	if w.owe(one, wire.Offered, wire.OfferedBody{}); w.text(`SELECT seq::text FROM delivery`) != "1" {
		t.Error("the count has a gap")
	}
}

// What is not a signed acknowledgement of this very message is no delivery, and stays at the head of its queue.
func TestAnswersThatDoNotCount(t *testing.T) {
	ack := func(w *world, rw http.ResponseWriter, r *http.Request, by client.Identity, message string) {
		body, err := wire.Write(wire.Ack{Message: message, ReceivedAt: started})
		if err == nil {
			err = httpsig.SignResponse(rw.Header(), http.StatusOK, body, r, by.Chain[0].Fingerprint().String(), by.Sign, time.Now())
		}
		if err != nil {
			w.t.Error(err)
		}
		_, _ = rw.Write(body)
	}
	for name, c := range map[string]struct {
		answer func(*world, http.ResponseWriter, *http.Request, http.Handler)
		words  string
	}{
		"status 500": {func(_ *world, rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
			http.Error(rw, "秘密-in-the-answer", http.StatusInternalServerError)
		}, "HTTP 500"},
		"status 204": {func(_ *world, rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
			rw.WriteHeader(http.StatusNoContent)
		}, "HTTP 204"},
		"redirect": {func(_ *world, rw http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(rw, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, "HTTP 307"},
		"unsigned": {func(_ *world, rw http.ResponseWriter, r *http.Request, _ http.Handler) {
			_, _ = io.WriteString(rw, `{"message":"`+r.Header.Get("Idempotency-Key")+`","received_at":"2026-11-23T09:00:00+08:00"}`)
		}, "未签名或签名不符"},
		"signed by another institution": {func(w *world, rw http.ResponseWriter, r *http.Request, _ http.Handler) {
			ack(w, rw, r, w.insurer, r.Header.Get("Idempotency-Key"))
		}, "未签名或签名不符"},
		"signed by a key that nobody knows": {func(w *world, rw http.ResponseWriter, r *http.Request, _ http.Handler) {
			ack(w, rw, r, org(w.t, w.ca, w.bank.Party.Name, w.bank.Party.USCC[:17]), r.Header.Get("Idempotency-Key"))
		}, "未签名或签名不符"},
		"of another message": {func(w *world, rw http.ResponseWriter, r *http.Request, _ http.Handler) {
			ack(w, rw, r, w.bank, one)
		}, "与所发报文不符"},
		"too long": {func(_ *world, rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
			_, _ = io.WriteString(rw, strings.Repeat("秘密", 1<<20))
		}, "过长"},
		"an answer that was recorded": {func(w *world, rw http.ResponseWriter, r *http.Request, next http.Handler) {
			rec := httptest.NewRecorder() // the answer to another request under the same message id
			again := r.Clone(r.Context())
			body, _ := io.ReadAll(r.Body)
			again.Body = io.NopCloser(strings.NewReader(string(body)))
			if err := httpsig.Sign(again, body, w.platform.Chain[0].Fingerprint().String(), w.platform.Sign, time.Now()); err != nil {
				w.t.Error(err)
			}
			next.ServeHTTP(rec, again)
			for k, v := range rec.Header() {
				rw.Header()[k] = v
			}
			rw.WriteHeader(rec.Code)
			_, _ = rw.Write(rec.Body.Bytes())
		}, "未签名或签名不符"},
		"never": {func(_ *world, _ http.ResponseWriter, r *http.Request, _ http.Handler) {
			_, _ = io.Copy(io.Discard, r.Body)
			select {
			case <-r.Context().Done():
			case <-time.After(3 * time.Second):
			}
		}, "时限内没有应答"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.owe(one, wire.Offered, wire.OfferedBody{})
			w.answers(func(rw http.ResponseWriter, r *http.Request, next http.Handler) { c.answer(w, rw, r, next) })
			if o := w.deliver(one); o.Delivered != "" || !o.Waiting || !o.Again.After(time.Now().Add(-time.Minute)) {
				t.Fatalf("%+v", o)
			}
			got := w.text(`SELECT state || ' ' || attempts || ' ' || last_error FROM delivery`)
			if !strings.HasPrefix(got, "waiting 1 ") || !strings.Contains(got, c.words) {
				t.Errorf("%s; want %q", got, c.words)
			}
			if all := got + w.logs.String(); strings.Contains(all, "秘密") {
				t.Errorf("what the institution answered is kept: %s", all)
			}
			w.answers(nil)
			w.hurry()
			if o := w.deliver(one); o.Delivered != id {
				t.Fatalf("not delivered when the institution was well again: %+v", o)
			}
		})
	}
}

func TestGivenUpIsSeenAndRetried(t *testing.T) {
	w := newWorld(t)
	first, second := w.owe(one, wire.Offered, wire.OfferedBody{}), w.owe(one, wire.Cancelled, wire.EndedBody{Reason: "cancelled"})
	w.answers(func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) { rw.WriteHeader(http.StatusBadGateway) })
	for range 3 {
		w.hurry()
		w.deliver(one)
	}
	dead, err := w.DeadLetters(t.Context())
	if err != nil || len(dead) != 1 {
		t.Fatalf("%v, %v", dead, err)
	}
	if d := dead[0]; d.ID != first || d.Attempts != 3 || d.Behind != 1 || d.State != "dead" || !strings.Contains(d.LastError, "HTTP 502") || d.TriedAt.IsZero() {
		t.Errorf("%+v", d)
	}
	w.answers(nil)
	w.hurry()
	if o := w.deliver(one); o.Delivered != "" || !o.Waiting || !o.Again.IsZero() {
		t.Errorf("what stands behind a dead letter was sent: %+v", o)
	}
	if due, err := w.Due(t.Context(), 10); err != nil || len(due) != 0 {
		t.Errorf("due: %v, %v", due, err)
	}
	retry := func(key string) (string, error) {
		return w.Retry(t.Context(), party.Command{Actor: operator, Key: key, Digest: signing.Sum([]byte(first))}, first)
	}
	for range 2 { // the answer was lost, and the operator's browser asks again
		if g, err := retry("once"); err != nil || g != one {
			t.Fatalf("%s, %v", g, err)
		}
	}
	if _, err := retry("twice"); err == nil {
		t.Error("a letter that is not dead was retried")
	}
	if due, err := w.Due(t.Context(), 10); err != nil || !slices.Equal(due, []string{one}) {
		t.Errorf("due: %v, %v", due, err)
	}
	if a, b := w.deliver(one).Delivered, w.deliver(one).Delivered; a != first || b != second {
		t.Errorf("delivered %s, %s; want %s, %s", a, b, first, second)
	}
}

// Many workers on many guarantees: each message arrives once here, in the order of its guarantee.
func TestManyWorkersKeepTheOrder(t *testing.T) {
	w := newWorld(t)
	var all []string
	for g := range 4 {
		id := fmt.Sprintf("%032x", g+1)
		all = append(all, id)
		for range 5 {
			w.owe(id, wire.Offered, wire.OfferedBody{})
		}
	}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			for i := 0; i < 400; i++ {
				g := all[(n+i)%len(all)]
				if o, err := w.DeliverNext(context.Background(), g); err != nil {
					t.Error(err)
				} else if !o.Waiting && i > 40 {
					return
				}
			}
		})
	}
	group.Wait()
	last := map[string]int64{}
	for _, m := range w.messages() {
		if m.Seq != last[m.Guarantee]+1 {
			t.Fatalf("guarantee %s: message %d after %d", m.Guarantee[28:], m.Seq, last[m.Guarantee])
		}
		last[m.Guarantee] = m.Seq
	}
	for _, g := range all {
		if last[g] != 5 {
			t.Errorf("guarantee %s: %d of 5 messages", g[28:], last[g])
		}
	}
}

// A sender that died after the message arrived and before it noted so: when its lease is over the same message is
// sent again, and nothing is sent before.
func TestADeadSendersMessageIsSentAgain(t *testing.T) {
	w := newWorld(t)
	id := w.owe(one, wire.Offered, wire.OfferedBody{})
	w.exec(`UPDATE delivery SET attempts = 1, lease = 'someone', leased_until = clock_timestamp() + interval '1 hour'`)
	if o := w.deliver(one); o.Delivered != "" || time.Until(o.Again) < 50*time.Minute || len(w.messages()) != 0 {
		t.Fatalf("sent while another sender holds it: %+v", o)
	}
	w.exec(`UPDATE delivery SET leased_until = clock_timestamp() - interval '1 second'`)
	if o := w.deliver(one); o.Delivered != id {
		t.Fatalf("%+v", o)
	}
}

// No transaction, and no connection, is held while the institution is asked.
func TestNothingIsHeldWhileTheInstitutionIsAsked(t *testing.T) {
	w := newWorld(t)
	w.owe(one, wire.Offered, wire.OfferedBody{})
	asked := make(chan string, 1)
	w.answers(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		var n string
		err := w.pool.QueryRow(context.Background(), `SELECT count(*)::text FROM pg_stat_activity
			WHERE datname = current_database() AND state LIKE 'idle in transaction%'`).Scan(&n)
		asked <- fmt.Sprint(n, " ", w.pool.Stat().AcquiredConns(), " ", err)
		next.ServeHTTP(rw, r)
	})
	w.deliver(one)
	if got := <-asked; got != "0 0 <nil>" {
		t.Errorf("open transactions, held connections, error: %s", got)
	}
}

func TestTheQueueIsNotRewritten(t *testing.T) {
	w := newWorld(t)
	w.owe(one, wire.Offered, wire.OfferedBody{})
	for _, sql := range []string{
		`UPDATE delivery SET body = 'x'`, `UPDATE delivery SET seq = 2`, `UPDATE delivery SET kind = 'ended'`, `DELETE FROM delivery`,
		`UPDATE delivery SET guarantor = '` + w.insurer.Party.USCC + `'`,
	} {
		if _, err := w.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("done: %s", sql)
		}
	}
	w.deliver(one)
	if _, err := w.pool.Exec(t.Context(), `UPDATE delivery SET state = 'waiting', delivered_at = NULL`); err == nil {
		t.Error("a delivered message was put back")
	}
}

func TestASuspendedInstitutionsKeyDoesNotCount(t *testing.T) {
	w := newWorld(t)
	w.owe(one, wire.Offered, wire.OfferedBody{})
	if err := w.party.Suspend(t.Context(), party.Actor{Role: party.Operator}, w.bank.Party.USCC); err != nil {
		t.Fatal(err)
	}
	if o := w.deliver(one); o.Delivered != "" {
		t.Fatal("an answer signed by a suspended institution was believed")
	}
}

// An objection is sent as its applicant signed it, with its files, and an institution hears its kind.
func TestAnObjectionArrivesWithItsPapers(t *testing.T) {
	w := newWorld(t)
	w.owe(one, wire.DemandObjected, wire.DemandObjectedBody{Demand: one, Objection: one})
	w.owe(one, wire.DemandClockMoved, wire.DemandClockMovedBody{Demand: one, Why: "calendar", ExamineBy: calendar.DateOf(started), At: started})
	w.deliver(one)
	w.deliver(one)
	heard := w.messages()
	var b wire.DemandObjectedBody
	if len(heard) != 2 || wire.Read(heard[0].Body, &b) != nil || string(b.Signed) != "signed" || len(b.Files) != 1 || string(b.Files[0].Content) != "确认函" {
		t.Errorf("heard %d: %+v", len(heard), b)
	}
}
