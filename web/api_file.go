package web

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"baohan/guarantee/letter"
)

// fileAnswer is a guarantee file, byte for byte: it is canonical, and whoever checks it hashes these very bytes.
type fileAnswer struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// file registers the letter as anyone may take it away; it exists from the opening on, when letters are read out.
func (s *server) file() {
	op := operation(http.MethodGet, "read-file", "/guarantees/{id}/file", "下载保函文件（开标后公开）")
	op.Responses = map[string]*huma.Response{"200": {Description: "保函文件，RFC 8785 规范形式", Content: map[string]*huma.MediaType{
		"application/json": {Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[letter.File](), true, "")}}}}
	huma.Register(s.api, op, func(ctx context.Context, in *object) (*fileAnswer, error) {
		b, err := s.guarantee.File(ctx, in.ID)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return &fileAnswer{Type: "application/json", Disposition: `attachment; filename="` + in.ID + `.json"`, Body: b}, nil
	})
}
