package web

import (
	"bytes"
	"cmp"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/client/wire"
	"baohan/party"
)

// decode reads one JSON value into v by the contract: exact names, each once, nothing after it, integers for
// money; then holds it to the schema that docs/openapi.yaml publishes. What it refuses it names by JSON pointer
// (RFC 6901), and it repeats nothing that was submitted.
func (s *server) decode(body []byte, v any, schema *huma.Schema) error {
	if err := json.Unmarshal(body, v, json.RejectUnknownMembers(true)); err != nil {
		return malformed(body, err)
	}
	var plain any
	if err := json.Unmarshal(body, &plain); err != nil {
		return malformed(body, err)
	}
	res := &huma.ValidateResult{}
	path := huma.NewPathBuffer([]byte{}, 0)
	huma.Validate(s.api.OpenAPI().Components.Schemas, schema, path, huma.ModeWriteToServer, plain, res)
	return invalid(res.Errors)
}

// malformed says which member the decoder stopped at, and why, without the decoder's own words: those quote.
func malformed(body []byte, err error) error {
	var syntax *jsontext.SyntacticError
	var meaning *json.SemanticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return party.Invalid("request.duplicate_member", known(syntax.JSONPointer), "同一字段出现了两次；每个字段只能出现一次，请改正后重发")
	case errors.As(err, &syntax):
		return party.Invalid("request.not_json", known(cmp.Or(syntax.JSONPointer, lastRead(body))), "请求体不是规范的 JSON（UTF-8、单个值、其后无多余字节、数字用半角）；请检查后重发")
	case errors.As(err, &meaning) && errors.Is(meaning.Err, json.ErrUnknownName):
		return party.Invalid("request.unknown_member", known(meaning.JSONPointer), "请求体含有接口文档没有的字段（字段名区分大小写）；请删去或改正字段名后重发")
	case errors.As(err, &meaning):
		return party.Invalid("request.value", known(meaning.JSONPointer), wanted(meaning.GoType))
	}
	return party.Invalid("request.not_json", "", "请求体不是一个完整的 JSON 值；请检查后重发")
}

// lastRead points at the last member that could be read: 0800, 1,000 and 0x10 break off after a number of theirs.
func lastRead(body []byte) (at jsontext.Pointer) {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		if _, err := d.ReadToken(); err != nil {
			return at
		}
		at = d.StackPointer()
	}
}

// wanted says what belongs in a member of type t.
func wanted(t reflect.Type) string {
	if t == nil {
		return "该字段的值不符合接口文档；请改正后重发"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64:
		return "该字段须为整数（金额以分为单位；不得含小数点、指数、千分位逗号、引号或全角数字）；请改正后重发"
	case reflect.String:
		return "该字段须为字符串；请改正后重发"
	case reflect.Bool:
		return "该字段须为 true 或 false；请改正后重发"
	case reflect.Slice, reflect.Array:
		return "该字段须为列表或带填充的标准 base64；请对照接口文档改正后重发"
	default:
		return "该字段的值不符合接口文档；请改正后重发"
	}
}

// invalid turns the schema's findings into one refusal with a fault for each member.
func invalid(found []error) error {
	faults := make([]wire.Fault, 0, len(found))
	for _, err := range found {
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			faults = append(faults, fault(d))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &refusals{Refusal: party.Refusal{Kind: party.KindInvalid, Code: "request.schema", Field: faults[0].Field, Message: faults[0].Detail}, faults: faults}
}

// refusals is a refusal that found several members wrong.
type refusals struct {
	party.Refusal
	faults []wire.Fault
}

// Unwrap lets the one table of refusals see it.
func (r *refusals) Unwrap() error { return &r.Refusal }

// fault drops the submitted value and the English words, and points at the member itself.
func fault(d *huma.ErrorDetail) wire.Fault {
	at := pointer(d.Location)
	before, after, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	switch {
	case strings.HasPrefix(d.Message, before) && strings.HasSuffix(d.Message, after):
		name := strings.TrimSuffix(strings.TrimPrefix(d.Message, before), after)
		return wire.Fault{Field: at + "/" + name, Detail: "缺少必填字段；请补上后重发"}
	case d.Message == validation.MsgUnexpectedProperty:
		return wire.Fault{Field: at, Detail: "接口文档没有该字段；请删去后重发"}
	}
	return wire.Fault{Field: at, Detail: "该字段的类型、长度或取值不符合接口文档；请改正后重发"}
}

// pointer turns huma's a.b[3].c into /a/b/3/c.
func pointer(location string) string {
	if location == "" || location == "body" {
		return ""
	}
	location = strings.TrimPrefix(location, "body.")
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(location)
}

// known cuts a pointer at the first name that is not spelt like one of ours: such a name is a submitted value.
func known(p jsontext.Pointer) string {
	out := ""
	for token := range p.Tokens() {
		if !ours(token) {
			break
		}
		out += "/" + token
	}
	return out
}

func ours(name string) bool {
	if _, err := strconv.ParseUint(name, 10, 16); err == nil {
		return true
	}
	letters := func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' }
	return len(name) > 0 && len(name) <= 40 && !strings.ContainsFunc(name, letters)
}
