package web

import (
	"io"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// contract is how huma is set up: one JSON format, ours; no links or pages of huma's own.
func contract() huma.Config {
	format := huma.Format{
		Marshal: func(w io.Writer, v any) error { return json.MarshalWrite(w, v, jsontext.EscapeForHTML(true)) },
		Unmarshal: func(b []byte, v any) error {
			return json.Unmarshal(b, v, json.RejectUnknownMembers(true))
		},
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "电子投标保函平台接口", Version: "1", Description: "说明见 docs/api-guide.md。错误一律为 application/problem+json（RFC 9457）。"},
			Components: &huma.Components{
				Schemas:         schemas(),
				SecuritySchemes: schemes,
			},
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
	}
}

// schemas is the registry of what the API speaks of. JSON that is carried as it is is an object of any shape.
func schemas() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", schemaName)
	r.RegisterTypeAlias(reflect.TypeFor[jsontext.Value](), reflect.TypeFor[map[string]any]())
	return r
}

var schemes = map[string]*huma.SecurityScheme{
	"session":   {Type: "http", Scheme: "bearer", Description: "登录所得的会话；浏览器用 __Host-baohan Cookie"},
	"signature": {Type: "http", Scheme: "signature", Description: "RFC 9421 请求签名（sm2-sm3），标签 baohan；应答由平台签名"},
}

// schemaName keeps the wire's own names and puts the package before the others': two packages have an Application.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	path := t.PkgPath()
	at := path[strings.LastIndex(path, "/")+1:]
	if t.Name() == "" || at == "wire" || at == "web" || at == "" {
		return name
	}
	return strings.ToUpper(at[:1]) + at[1:] + name
}

// Contract returns the OpenAPI 3.1 document of the API, as it is checked in at docs/openapi.yaml.
func Contract() ([]byte, error) {
	return describe().api.OpenAPI().YAML()
}
