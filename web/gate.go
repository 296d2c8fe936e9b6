package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"baohan/party"
	"baohan/signing"
	"baohan/signing/httpsig"
)

var (
	errTooLarge   = newProblem(http.StatusRequestEntityTooLarge, "request.too_large", "", "请求体超过此接口的上限；请精简后重发")
	errMedia      = newProblem(http.StatusUnsupportedMediaType, "request.media_type", "Content-Type", "请求体须为未压缩的 application/json；请改正 Content-Type 后重发")
	errHost       = newProblem(http.StatusMisdirectedRequest, "request.host", "", "请求的主机名不是本平台的地址，或者没有经 TLS 到达；请核对接口地址，以 https 访问")
	errOften      = newProblem(http.StatusTooManyRequests, "session.too_often", "", "登录过于频繁；请稍后再试")
	errMany       = newProblem(http.StatusTooManyRequests, "request.too_many", "", "从这一地址请求签名的文件过于频繁；请过几秒再试")
	errStream     = newProblem(http.StatusBadRequest, "progress.signed", "Signature", "这是事件流，没有结尾，应答无法签名；请去掉请求签名后再请求")
	errFileSigned = newProblem(http.StatusBadRequest, "bid_file.signed", "Signature", "文件边收边存、边读边发，不能整体签名；请登录后以会话办理，去掉请求签名")
	errCut        = newProblem(http.StatusBadRequest, "request.incomplete", "", "请求体没有收全；请原样重发")
	errNoKey      = party.Invalid("idempotency.missing", "Idempotency-Key", "缺少 Idempotency-Key；请为每个新请求生成一个随机键，重发时用同一键")
	errTwice      = party.Invalid("request.query", "", "同一查询参数出现了两次；请只保留一个")
)

// gate stands before every operation: prove the caller, read the body once, ask the guard, take the idempotency
// key. No byte of a body is read for a stranger, and nothing is parsed before the signature over it holds.
func (s *server) gate(ctx huma.Context, next func(huma.Context)) {
	op, x := ctx.Operation(), exchangeOf(ctx.Context())
	x.operation, x.pattern = op.OperationID, op.Path
	if err := s.enter(humaecho.Unwrap(ctx).Request(), op, x, ctx.Param(objectIn(op.Path))); err != nil {
		s.refuse(ctx, err)
		return
	}
	next(ctx)
}

func (s *server) enter(r *http.Request, op *huma.Operation, x *exchange, object string) (err error) {
	switch {
	case !s.isHere(r):
		return errHost
	case streams(op.OperationID) && httpsigned(r):
		return errStream
	case (givesFile(op.OperationID) || takesFile(op.OperationID)) && httpsigned(r):
		return errFileSigned
	}
	if err := s.limits.exceeded(op, r); err != nil {
		return err
	}
	x.address, x.authority = neighbour(s.limits.address(r)), httpsig.Authority(r)
	if err := once(r.URL.Query()); err != nil {
		return err
	}
	if httpsigned(r) {
		err = s.enterSigned(r, op, x, object)
	} else {
		err = s.enterPlain(r, op, x, object)
	}
	if err != nil || !changes(op) {
		return err
	}
	return s.command(r, x)
}

// isHere tells whether a request names this platform, and came over TLS where a proxy ends it. A page whose own name was made to
// lead here (DNS rebinding) does not name it.
func (s *server) isHere(r *http.Request) bool {
	if s.tlsProxy && !slices.Equal(r.Header.Values("X-Forwarded-Proto"), []string{"https"}) {
		return false
	}
	return slices.Contains(s.hosts, r.Host) || slices.Contains(s.hosts, "*")
}

// enterSigned reads between the two halves of the proof: the signature over the head first, by a key that we know, then
// the body, whose digest is in the head. The sender is believed, and its nonce spent, only after both.
func (s *server) enterSigned(r *http.Request, op *huma.Operation, x *exchange, object string) error {
	proof, err := s.signedHead(r)
	if err != nil {
		return err
	}
	if x.body, err = receive(r, op.MaxBodyBytes); err != nil {
		return err
	}
	if err := proof.complete(x); err != nil {
		return err
	}
	return s.permit(r.Context(), op.OperationID, x, object)
}

// enterPlain reads last: whoever may not come in does not get its body read.
func (s *server) enterPlain(r *http.Request, op *huma.Operation, x *exchange, object string) error {
	greet := s.identify
	if rules[op.OperationID].open() {
		greet = s.greet
	}
	err := greet(x, r)
	if err == nil {
		err = s.permit(r.Context(), op.OperationID, x, object)
	}
	if err == nil && !takesFile(op.OperationID) { // which reads as it stores
		x.body, err = receive(r, op.MaxBodyBytes)
	}
	return err
}

// greet finds the caller of an operation that asks nobody's name: a tenderer sees its own drafts. A session that is
// over makes a stranger of its holder, no more.
func (s *server) greet(x *exchange, r *http.Request) error {
	if !reads(r.Method) {
		return nil
	}
	err := s.identify(x, r)
	if _, refused := party.RefusalOf(err); refused {
		return nil
	}
	return err
}

// receive reads the body, exactly as it came, up to limit bytes.
func receive(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		return nil, errCut
	case int64(len(body)) > limit:
		return nil, errTooLarge
	case len(body) > 0 && !plainJSON(r.Header):
		return nil, errMedia
	}
	return body, nil
}

func plainJSON(h http.Header) bool {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, given := params["charset"]
	return err == nil && kind == "application/json" && h.Get("Content-Encoding") == "" && (!given || strings.EqualFold(charset, "utf-8"))
}

// once refuses a query parameter that comes twice: two readers could take different ones.
func once(q url.Values) error {
	for _, values := range q {
		if len(values) > 1 {
			return errTwice
		}
	}
	return nil
}

// changes tells the operations that need an Idempotency-Key: every POST but the two that begin a session, which
// are protected by their single-use challenge, and a witness's line and a bidder's ciphertext, which are one however often
// they come.
func changes(op *huma.Operation) bool {
	return op.Method == http.MethodPost && !slices.Contains([]string{"challenge", "sign-in", "countersign", "upload-bid-file"}, op.OperationID)
}

// command binds the key to these very bytes by a keyed digest: a plain digest of sealed content would let whoever
// reads the table test a guess.
func (s *server) command(r *http.Request, x *exchange) error {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) != 1 || keys[0] == "" {
		return errNoKey
	}
	x.command = party.Command{Actor: x.actor, Key: keys[0],
		Digest: signing.MAC(s.commandKey, "baohan/command/1", []byte(r.Method), []byte(r.URL.EscapedPath()), x.body)}
	return nil
}

// objectIn names the path parameter that holds the object; no route has two.
func objectIn(path string) string {
	_, after, _ := strings.Cut(path, "{")
	name, _, _ := strings.Cut(after, "}")
	return name
}

// refuse writes a refusal from the gate.
func (s *server) refuse(ctx huma.Context, err error) {
	p := s.problemOf(ctx.Context(), err)
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_, _ = ctx.BodyWriter().Write(p.bytes())
}

// Error lets a ready problem travel as an error through desks and handlers.
func (p *problem) Error() string { return p.Code }

var errPanic = errors.New("panic")
