package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// mailbox is an institution that listens.
func (w *world) mailbox() (*client.Receiver, *[]wire.ToIssuer) {
	var heard []wire.ToIssuer
	return &client.Receiver{Me: identity(w.Bank), Certificates: w.Platform.Sign.Chain[:1], Clock: w.clock, Log: quiet,
		Handle: func(_ context.Context, m wire.ToIssuer) error { heard = append(heard, m); return nil }}, &heard
}

func (w *world) posted(body []byte, by sample.Member, at time.Time) *http.Request {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://bank.example.cn"+wire.MessagesPath, bytes.NewReader(body))
	r.Header.Set("Idempotency-Key", sample.ID(7))
	if err := httpsig.Sign(r, body, by.Sign.KeyID(), by.Sign.Key, at); err != nil {
		w.t.Fatal(err)
	}
	return r
}

func deliver(r *client.Receiver, req *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	return rec
}

func (w *world) ended() []byte {
	body, err := wire.Write(w.message(wire.Ended, sample.ID(1), wire.EndedBody{Reason: "expired"}))
	if err != nil {
		w.t.Fatal(err)
	}
	return body
}

func TestAcknowledgementsAreSigned(t *testing.T) {
	w := newWorld(t)
	box, heard := w.mailbox()
	req := w.posted(w.ended(), w.Platform, time.Now())
	rec := deliver(box, req)
	if rec.Code != http.StatusOK || len(*heard) != 1 || (*heard)[0].Kind != wire.Ended {
		t.Fatalf("%d, %+v", rec.Code, *heard)
	}
	lookup := func(string) (signing.PublicKey, error) { return w.Bank.Sign.Key.Public(), nil }
	if _, err := httpsig.VerifyResponse(rec.Result(), rec.Body.Bytes(), req, lookup, time.Now()); err != nil {
		t.Fatal(err)
	}
	var ack wire.Ack
	if err := wire.Read(rec.Body.Bytes(), &ack); err != nil || ack.Message != sample.ID(7) {
		t.Fatalf("%+v, %v", ack, err)
	}
}

func TestMessagesThatAreNotTakenIn(t *testing.T) {
	for name, c := range map[string]struct {
		req    func(*world) *http.Request
		status int
	}{
		"signed by another": {func(w *world) *http.Request { return w.posted(w.ended(), w.Centre, time.Now()) }, 401},
		"old":               {func(w *world) *http.Request { return w.posted(w.ended(), w.Platform, time.Now().Add(-10*time.Minute)) }, 401},
		"unsigned": {func(w *world) *http.Request {
			return httptest.NewRequest(http.MethodPost, wire.MessagesPath, bytes.NewReader(w.ended()))
		}, 401},
		"another body": {func(w *world) *http.Request {
			r := w.posted(w.ended(), w.Platform, time.Now())
			r.Body = http.NoBody
			return r
		}, 401},
		"to another bank": {func(w *world) *http.Request {
			r := w.posted(w.ended(), w.Platform, time.Now())
			r.Host = "other.example.cn"
			return r
		}, 401},
		"unknown member": {func(w *world) *http.Request {
			return w.posted(bytes.Replace(w.ended(), []byte(`"kind"`), []byte(`"extra":1,"kind"`), 1), w.Platform, time.Now())
		}, 400},
		"a member twice": {func(w *world) *http.Request {
			return w.posted(bytes.Replace(w.ended(), []byte(`"kind"`), []byte(`"seq":1,"kind"`), 1), w.Platform, time.Now())
		}, 400},
		"another spelling": {func(w *world) *http.Request {
			return w.posted(bytes.Replace(w.ended(), []byte(`"seq"`), []byte(`"Seq"`), 1), w.Platform, time.Now())
		}, 400},
		"trailing bytes": {func(w *world) *http.Request { return w.posted(append(w.ended(), "{}"...), w.Platform, time.Now()) }, 400},
		"GET":            {func(*world) *http.Request { return httptest.NewRequest(http.MethodGet, wire.MessagesPath, nil) }, 405},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			box, heard := w.mailbox()
			rec := deliver(box, c.req(w))
			if rec.Code != c.status || len(*heard) != 0 || strings.TrimSpace(rec.Body.String()) != "" {
				t.Errorf("%d %q, %d taken in", rec.Code, rec.Body, len(*heard))
			}
		})
	}
}

// counted is a body that never ends; it counts what was read of it.
type counted struct{ read int }

func (c *counted) Read(p []byte) (int, error) { c.read += len(p); return len(p), nil }

// Anybody can reach an institution's address: only who is known to it makes it hold bytes.
func TestAStrangersMessageIsNotRead(t *testing.T) {
	w := newWorld(t)
	box, _ := w.mailbox()
	for name, by := range map[string]sample.Member{"a stranger": w.Centre, "the platform": w.Platform} {
		body := &counted{}
		req := w.posted(w.ended(), by, time.Now())
		req.Body, req.ContentLength = io.NopCloser(body), -1
		rec := deliver(box, req)
		if known := by.Party == w.Platform.Party; known != (body.read > 0) || known != (rec.Code == http.StatusRequestEntityTooLarge) {
			t.Errorf("%s: %d, %d bytes were read", name, rec.Code, body.read)
		}
	}
}

func TestAReplayIsRefused(t *testing.T) {
	w := newWorld(t)
	box, heard := w.mailbox()
	req := w.posted(w.ended(), w.Platform, time.Now())
	again := req.Clone(req.Context())
	again.Body = http.NoBody
	if rec := deliver(box, req); rec.Code != http.StatusOK {
		t.Fatal(rec.Code)
	}
	again.Body = httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(w.ended())).Body
	if rec := deliver(box, again); rec.Code != http.StatusUnauthorized || len(*heard) != 1 {
		t.Fatalf("%d, %d taken in", rec.Code, len(*heard))
	}
}

// What could not be stored is not acknowledged: the platform sends again.
func TestNotStoredIsNotAcknowledged(t *testing.T) {
	w := newWorld(t)
	box, _ := w.mailbox()
	box.Handle = func(context.Context, wire.ToIssuer) error { return errors.New("disk full") }
	if rec := deliver(box, w.posted(w.ended(), w.Platform, time.Now())); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Signature") != "" {
		t.Fatalf("%d", rec.Code)
	}
}
