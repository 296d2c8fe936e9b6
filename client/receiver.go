package client

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/internal/clock"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// Receiver is the institution's end of POST /baohan/v1/messages: it believes nothing that the platform did not
// sign, and answers with a signed acknowledgement once Handle has made the message durable.
//
// Handle is given each message at least once and, for one guarantee, in the order of Seq. It must be done when it
// returns nil; it may see a message again after a lost answer and must then do nothing and return nil. An error
// makes the platform send again, so that "not yet" and "never" are the same to it: what will never be right should
// be stored and refused by a later call of the institution, not answered with an error.
type Receiver struct {
	Me           Identity
	Certificates []signing.Certificate // the platform's, pinned
	Clock        clock.Clock
	Handle       func(ctx context.Context, m wire.ToIssuer) error
	Log          *slog.Logger

	mu     sync.Mutex
	nonces map[string]time.Time
}

// maxMessage is more than a demand with its documents.
const maxMessage = 32 << 20

var errReplayed = errors.New("nonce used before")

// ServeHTTP verifies, reads, hands over, and acknowledges; of a stranger's message it reads no byte. A refusal says nothing of why: that is in the log.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		http.Error(w, "", http.StatusMethodNotAllowed)
		return
	}
	now := time.Now()
	head, err := httpsig.VerifyHead(req, pinned(r.Certificates), now)
	if err != nil {
		r.refuse(w, req, http.StatusUnauthorized, err)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxMessage))
	if err != nil {
		r.refuse(w, req, http.StatusRequestEntityTooLarge, err)
		return
	}
	if err := r.authentic(head, body, now); err != nil {
		r.refuse(w, req, http.StatusUnauthorized, err)
		return
	}
	var m wire.ToIssuer
	if err := wire.Read(body, &m); err != nil {
		r.refuse(w, req, http.StatusBadRequest, err)
		return
	}
	if err := r.Handle(req.Context(), m); err != nil {
		r.refuse(w, req, http.StatusServiceUnavailable, err)
		return
	}
	r.acknowledge(w, req, m)
}

// authentic holds the very bytes that arrived against the signed digest, and sees that the nonce is new. Nonces are kept
// in memory: after a restart a replay inside its five minutes reaches Handle again, which has seen the message.
func (r *Receiver) authentic(head httpsig.Head, body []byte, now time.Time) error {
	v, err := head.Body(body)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for nonce, until := range r.nonces {
		if now.After(until) {
			delete(r.nonces, nonce)
		}
	}
	if _, seen := r.nonces[v.Nonce]; seen {
		return errReplayed
	}
	if r.nonces == nil {
		r.nonces = map[string]time.Time{}
	}
	r.nonces[v.Nonce] = v.Expires
	return nil
}

func (r *Receiver) acknowledge(w http.ResponseWriter, req *http.Request, m wire.ToIssuer) {
	body, err := wire.Write(wire.Ack{Message: m.Message, ReceivedAt: r.Clock.Now().In(calendar.Shanghai).Truncate(time.Microsecond)})
	if err == nil {
		err = httpsig.SignResponse(w.Header(), http.StatusOK, body, req, r.Me.Chain[0].Fingerprint().String(), r.Me.Sign, time.Now())
	}
	if err != nil {
		r.refuse(w, req, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // a lost answer is sent again
}

func (r *Receiver) refuse(w http.ResponseWriter, req *http.Request, status int, cause error) {
	log := r.Log
	if log == nil {
		log = slog.Default()
	}
	log.WarnContext(req.Context(), "message refused", "status", status, "error", cause)
	http.Error(w, "", status)
}
