package web

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// How large a body an operation takes, in bytes.
const (
	lineBody   = 4 << 10   // one signed line
	smallBody  = 64 << 10  // facts
	letterBody = 256 << 10 // one signed or sealed letter with its certificates
	bidBody    = 512 << 10
	filesBody  = 12 << 20 // a demand with its documents
	listBody   = 6 << 20  // a signed bid list: 4 MiB of list in base64
)

// nothing is the body of an operation that says all in its path: no bytes, or {}.
type nothing struct{}

// answered is what a handler returns to huma.
type answered[A any] struct{ Body A }

// query registers a read. P holds the path and query parameters.
func query[P, A any](s *server, id, path, summary string, handle func(context.Context, *P) (A, error)) {
	op := operation(http.MethodGet, id, path, summary)
	huma.Register(s.api, op, func(ctx context.Context, in *P) (*answered[A], error) {
		a, err := handle(ctx, in)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return &answered[A]{a}, nil
	})
}

// publication registers a read whose answer is for everybody, byte for byte as it is checked; form is an example of it.
func publication[P any](s *server, id, path, summary, kind string, form any, handle func(context.Context, *P) (*published, error)) {
	op := operation(http.MethodGet, id, path, summary)
	op.Errors = []int{http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusInternalServerError}
	if rationed[id] != nil {
		op.Errors = append(op.Errors, http.StatusTooManyRequests)
	}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "原样字节", Content: map[string]*huma.MediaType{kind: {Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(form), true, "")}}},
		"304": {Description: "没有变化（If-None-Match）"},
	}
	huma.Register(s.api, op, func(ctx context.Context, in *P) (*published, error) {
		p, err := handle(ctx, in)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return p, nil
	})
}

// verb registers a change. B is its body, read strictly from the bytes that the gate has verified.
func verb[P, B, A any](s *server, id, path, summary string, limit int64, handle func(context.Context, *P, *B) (A, error)) {
	op := operation(http.MethodPost, id, path, summary)
	op.MaxBodyBytes = limit
	if changes(&op) {
		op.Parameters = []*huma.Param{{Name: "Idempotency-Key", In: "header", Required: true, Schema: keySchema,
			Description: "1 至 64 个可见 ASCII 字符；重发同一请求用同一键"}}
	}
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[B](), true, "")
	huma.Register(s.api, op, func(ctx context.Context, in *P) (*answered[A], error) {
		var body B
		if err := s.bodyInto(ctx, &body, schema); err != nil {
			return nil, s.problemOf(ctx, err)
		}
		a, err := handle(ctx, in, &body)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return &answered[A]{a}, nil
	})
	if reflect.TypeFor[B]() != reflect.TypeFor[nothing]() {
		s.documentBody(path, schema)
	}
}

func (s *server) bodyInto(ctx context.Context, body any, schema *huma.Schema) error {
	raw := exchangeOf(ctx).body
	if _, empty := body.(*nothing); empty && len(raw) == 0 {
		return nil
	}
	return s.decode(raw, body, schema)
}

var keySchema = &huma.Schema{Type: huma.TypeString, MinLength: ptr(1), MaxLength: ptr(64), Pattern: "^[!-~]+$"}

func ptr[T any](v T) *T { return &v }

func operation(method, id, path, summary string) huma.Operation {
	return huma.Operation{Method: method, OperationID: id, Path: prefix + path, Summary: summary,
		MaxBodyBytes: smallBody, RejectUnknownQueryParameters: true,
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict, http.StatusInternalServerError}}
}

// prefix is where the API lives.
const prefix = "/api/v1"

// documentBody adds the body to the published contract after huma has registered the operation, because huma would
// otherwise read and decode it by its own, laxer rules.
func (s *server) documentBody(path string, schema *huma.Schema) {
	s.api.OpenAPI().Paths[prefix+path].Post.RequestBody = &huma.RequestBody{Required: true,
		Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
}
