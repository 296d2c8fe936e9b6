package custody

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/signing"
	"baohan/signing/httpsig"
)

// maxRequest bounds what is read of one request; the client sends less (batchBytes).
const maxRequest = 32 << 20

// Server is the door of an agent: it hears the platform alone, and signs what it answers. A request without the
// platform's signature gets an empty 401 and nothing is learnt from it.
type Server struct {
	agent    *Agent
	platform []signing.Certificate
	seen     *nonces
	log      *slog.Logger
}

// NewServer lets the holders of these certificates ask the agent.
func NewServer(a *Agent, platform []signing.Certificate, log *slog.Logger) (*Server, error) {
	seen, err := openNonces(a.Dir, time.Now())
	return &Server{agent: a, platform: platform, seen: seen, log: log}, err
}

// ServeHTTP verifies, asks the agent, and signs its answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == PathReady {
		w.WriteHeader(http.StatusOK)
		return
	}
	body, err := s.authentic(w, req)
	if err != nil {
		s.log.WarnContext(req.Context(), "request without a right signature", "path", req.URL.Path, "error", err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer, status := s.answer(req, body)
	if err := httpsig.SignResponse(w.Header(), status, answer, req, s.agent.Chain[0].Fingerprint().String(), s.agent.Signer, time.Now()); err != nil {
		s.log.ErrorContext(req.Context(), "answer not signed", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(answer) // a lost answer is asked for again
}

// answer does what is asked. The log says which rule refused; what was asked about is the platform's to tell.
func (s *Server) answer(req *http.Request, body []byte) ([]byte, int) {
	answer, err := s.dispatch(req, body)
	status := http.StatusOK
	if err != nil {
		var f fault
		f.Code, status = codeOf(err)
		answer = f
		s.log.WarnContext(req.Context(), "refused", "path", req.URL.Path, "code", f.Code, "error", err)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		return nil, http.StatusInternalServerError
	}
	return b, status
}

func (s *Server) dispatch(req *http.Request, body []byte) (any, error) {
	if req.Method != http.MethodPost {
		return nil, ErrMalformed
	}
	ctx := req.Context()
	switch req.URL.Path {
	case pathKey:
		return ask(ctx, body, func(ctx context.Context, in keyRequest) (any, error) {
			return s.agent.Key(ctx, in.Project, in.Lot, in.NotBefore)
		})
	case pathRehearse:
		return ask(ctx, body, func(ctx context.Context, in rehearseRequest) (any, error) {
			plain, err := s.agent.Rehearse(ctx, in.Project, in.Lot, in.Wrapped)
			return rehearseAnswer{plain}, err
		})
	case pathShares:
		return ask(ctx, body, func(ctx context.Context, in sharesRequest) (any, error) {
			shares, err := s.agent.Shares(ctx, in.Closing, in.Previous, in.Records)
			return sharesAnswer{shares}, err
		})
	case pathPostpone:
		return ask(ctx, body, func(ctx context.Context, in Order) (any, error) { return done{}, s.agent.Postpone(ctx, in) })
	}
	return nil, ErrMalformed
}

func ask[T any](ctx context.Context, body []byte, do func(context.Context, T) (any, error)) (any, error) {
	var in T
	if err := readJSON(body, &in); err != nil {
		return nil, err
	}
	return do(ctx, in)
}

var errStranger = errors.New("custody: not the platform's key")

// authentic reads the body of a request whose head the platform signed, and of no other; verifies that these are the
// very bytes that were signed, and that they are new.
func (s *Server) authentic(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	now := time.Now()
	head, err := httpsig.VerifyHead(req, pinned(s.platform), now)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxRequest))
	if err != nil {
		return nil, err
	}
	v, err := head.Body(body)
	if err != nil {
		return nil, err
	}
	return body, s.seen.use(v.Nonce, v.Expires, now)
}

// pinned finds a key among certificates that were exchanged beforehand.
func pinned(certs []signing.Certificate) httpsig.Lookup {
	return func(keyid string) (signing.PublicKey, error) {
		for _, c := range certs {
			if c.Fingerprint().String() == keyid {
				return c.PublicKey(), nil
			}
		}
		return signing.PublicKey{}, errStranger
	}
}
