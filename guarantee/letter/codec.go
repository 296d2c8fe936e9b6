package letter

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/guarantee/calendar"
)

// maxObject is the largest encoding that is read, in bytes; objects have tighter limits of their own.
const maxObject = 4 << 20

// instantLayout is RFC 3339 with as many of six fractional digits as are needed.
const instantLayout = "2006-01-02T15:04:05.999999Z07:00"

// coding is how every object of this package is written and read, whatever the caller's own settings are.
var coding = json.JoinOptions(
	json.RejectUnknownMembers(true),
	json.WithMarshalers(json.MarshalToFunc(writeInstant)),
	json.WithUnmarshalers(json.UnmarshalFromFunc(readInstant)),
)

func writeInstant(out *jsontext.Encoder, t *time.Time) error {
	return out.WriteToken(jsontext.String(t.In(calendar.Shanghai).Format(instantLayout)))
}

func readInstant(in *jsontext.Decoder, t *time.Time) error {
	token, err := in.ReadToken()
	if err != nil {
		return err
	}
	got, err := time.Parse(time.RFC3339Nano, token.String())
	if token.Kind() != '"' || err != nil {
		return errors.New("not an instant of RFC 3339")
	}
	*t = got.In(calendar.Shanghai)
	return nil
}

// encode is RFC 8785: one encoding for one value.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v, coding)
	if err != nil {
		return nil, asField(err)
	}
	out := jsontext.Value(b)
	if err := out.Canonicalize(); err != nil {
		return nil, asField(err)
	}
	return out, nil
}

// decode reads what encode wrote and nothing else: whatever the decoder would let pass, the second encoding shows.
func decode[T any](b []byte) (T, error) { return decodeUpTo[T](b, maxObject) }

func decodeUpTo[T any](b []byte, most int) (T, error) {
	var v, none T
	if len(b) > most {
		return none, fault("", "size", "数据过长；请核对文件")
	}
	if err := json.Unmarshal(b, &v, coding); err != nil {
		return none, asField(err)
	}
	again, err := encode(v)
	if err != nil {
		return none, err
	}
	if !bytes.Equal(again, b) {
		return none, fault(difference(again, b), "canonical", "不是规范编码（RFC 8785）：成员缺失、次序、空白或写法与规范不一致；请用本平台客户端重新生成")
	}
	return v, nil
}

// canonical encodes an object that holds.
func canonical[T any](v T, check func(T) error) ([]byte, error) {
	if err := check(v); err != nil {
		return nil, err
	}
	return encode(v)
}

// parse decodes an object and lets it pass only when it holds.
func parse[T any](b []byte, check func(T) error) (T, error) { return parseUpTo(b, maxObject, check) }

func parseUpTo[T any](b []byte, most int, check func(T) error) (T, error) {
	v, err := decodeUpTo[T](b, most)
	if err == nil {
		err = check(v)
	}
	if err != nil {
		var none T
		return none, err
	}
	return v, nil
}

// asField turns the decoder's error into ours, without the submitted value.
func asField(err error) error {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, new(*FieldError)):
		return err
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		return fault(path(syntactic.JSONPointer), "duplicate", "成员重复；每个成员只能出现一次")
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		return fault(path(semantic.JSONPointer), "unknown", "没有这个成员，或大小写不符；请按接口文档填写")
	case errors.As(err, &semantic):
		return fault(path(semantic.JSONPointer), "type", "类型或格式不符；请按接口文档填写")
	case errors.As(err, &syntactic):
		return fault(path(syntactic.JSONPointer), "syntax", "不是合法的 JSON；请核对文件是否完整")
	}
	return fault("", "syntax", "无法读取；请核对文件是否完整")
}

// path turns a JSON pointer into a path with points. A name that is not ours is cut: it may be anything.
func path(p jsontext.Pointer) string {
	tokens := slices.Collect(p.Tokens())
	for i, t := range tokens {
		if !plain(t) {
			tokens = append(tokens[:i], "?")
			break
		}
	}
	return strings.Join(tokens, ".")
}

func plain(name string) bool {
	return name != "" && len(name) <= 40 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == ""
}

// difference names the first member in which two encodings of an object differ, as far as that can be said.
func difference(want, got []byte) string {
	var a, b any
	if json.Unmarshal(want, &a) != nil || json.Unmarshal(got, &b) != nil {
		return ""
	}
	return strings.TrimPrefix(differs(a, b), ".")
}

func differs(want, got any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return ""
		}
		for _, name := range sortedNames(w) {
			if one, there := g[name]; !there || differs(w[name], one) != "" || fmt.Sprint(w[name]) != fmt.Sprint(one) {
				return "." + name + differs(w[name], one)
			}
		}
	case []any:
		g, ok := got.([]any)
		for i := range w {
			if ok && i < len(g) && fmt.Sprint(w[i]) != fmt.Sprint(g[i]) {
				return fmt.Sprintf(".%d", i) + differs(w[i], g[i])
			}
		}
	}
	return ""
}

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
