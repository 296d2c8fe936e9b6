package web

import (
	"reflect"
	"strings"
	"testing"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// sample has one member of every kind that the wire uses.
type sample struct {
	Amount letter.Fen     `json:"amount"`
	Count  int            `json:"count"`
	Name   string         `json:"name"`
	Sure   bool           `json:"sure"`
	Digest signing.Digest `json:"digest,omitzero"`
	Bytes  []byte         `json:"bytes,omitzero"`
	Inner  inner          `json:"inner"`
	List   []inner        `json:"list,omitzero"`
}

type inner struct {
	Fee letter.Fen `json:"fee"`
}

func TestDecodeNamesTheField(t *testing.T) {
	good := `{"amount":80000000,"count":1,"name":"张三建设","sure":true,"inner":{"fee":1}}`
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for name, c := range map[string]struct{ body, field, code string }{
		"decimal":              {with("80000000", "1.005"), "/amount", "request.value"},
		"whole decimal":        {with("80000000", "80000000.0"), "/amount", "request.value"},
		"exponent":             {with("80000000", "1e3"), "/amount", "request.value"},
		"full-width digit":     {with("80000000", "５"), "/amount", "request.not_json"},
		"full-width in quotes": {with("80000000", `"５"`), "/amount", "request.value"},
		"thousands":            {with("80000000", "1,000"), "/amount", "request.not_json"},
		"thousands in quotes":  {with("80000000", `"1,000"`), "/amount", "request.value"},
		"leading zero":         {with("80000000", "0800"), "/amount", "request.not_json"},
		"plus":                 {with("80000000", "+8"), "/amount", "request.not_json"},
		"hexadecimal":          {with("80000000", "0x10"), "/amount", "request.not_json"},
		"not a number":         {with("80000000", "NaN"), "/amount", "request.not_json"},
		"negative":             {with("80000000", "-1"), "/amount", "request.value"},
		"beyond 64 bits":       {with("80000000", "9223372036854775808"), "/amount", "request.value"},
		"text for money":       {with("80000000", `"80000000"`), "/amount", "request.value"},
		"null for money":       {with("80000000", "null"), "/amount", ""},
		"duplicate":            {with(`"count":1`, `"count":1,"amount":2`), "/amount", "request.duplicate_member"},
		"duplicate inside":     {with(`{"fee":1}`, `{"fee":1,"fee":2}`), "/inner/fee", "request.duplicate_member"},
		"case variant":         {with(`"count":1`, `"count":1,"Amount":2`), "/Amount", "request.unknown_member"},
		"case variant alone":   {with(`"amount"`, `"AMOUNT"`), "/AMOUNT", "request.unknown_member"},
		"unknown":              {with(`"count":1`, `"count":1,"state":"issued"`), "/state", "request.unknown_member"},
		"unknown, a value":     {with(`"count":1`, `"count":1,"91110000MA01K3QX8H 甲公司":1`), "", "request.unknown_member"},
		"missing":              {with(`"count":1,`, ``), "/count", "request.schema"},
		"missing inside":       {with(`{"fee":1}`, `{}`), "/inner/fee", "request.schema"},
		"null object":          {with(`{"fee":1}`, `null`), "/inner", "request.schema"},
		"in a list":            {with(`"sure":true`, `"sure":true,"list":[{"fee":1},{"fee":1.5}]`), "/list/1/fee", "request.value"},
		"text for bool":        {with("true", `"true"`), "/sure", "request.value"},
		"number for text":      {with(`"张三建设"`, "7"), "/name", "request.value"},
		"lone surrogate":       {with("张三建设", `\ud800`), "/name", "request.not_json"},
		"not UTF-8":            {with("张三建设", "\xff"), "/name", "request.not_json"},
		"digest in capitals":   {with(`"sure"`, `"digest":"`+strings.Repeat("AB", 32)+`","sure"`), "/digest", "request.value"},
		"unpadded base64":      {with(`"sure"`, `"bytes":"YQ","sure"`), "/bytes", "request.value"},
		"url base64":           {with(`"sure"`, `"bytes":"-_-_","sure"`), "/bytes", "request.value"},
		"trailing value":       {good + `{}`, "", "request.not_json"},
		"trailing byte":        {good + `x`, "", "request.not_json"},
		"byte-order mark":      {"\ufeff" + good, "", "request.not_json"},
		"empty":                {"", "", "request.not_json"},
		"cut":                  {good[:20], "/amount", "request.not_json"},
		"a list":               {"[" + good + "]", "", "request.value"},
		"comment":              {with(`{"amount"`, `{/*x*/"amount"`), "", "request.not_json"},
		"deep":                 {with(`{"fee":1}`, strings.Repeat("[", 20000)), "/inner", "request."},
	} {
		t.Run(name, func(t *testing.T) { refusedAt(t, c.body, c.field, c.code) })
	}
	s := describe()
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[sample](), true, "")
	var v sample
	if err := s.decode([]byte(good), &v, schema); err != nil || v.Amount != 80000000 || v.Name != "张三建设" {
		t.Fatalf("the good body: %v %+v", err, v)
	}
}

func refusedAt(t *testing.T, body, field, code string) {
	t.Helper()
	s := describe()
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[sample](), true, "")
	var v sample
	err := s.decode([]byte(body), &v, schema)
	if err == nil {
		t.Fatalf("accepted as %+v", v)
	}
	p := s.problemOf(newExchange().within(t.Context()), err)
	if p.Status != 400 || p.Field != field || !strings.HasPrefix(p.Code, code) {
		t.Errorf("status %d, field %q, code %q; want 400, %q, %q…", p.Status, p.Field, p.Code, field, code)
	}
	for _, secret := range []string{"1.005", "甲公司", "张三", "91110000", "AB", "5"} {
		if strings.Contains(string(p.bytes()), secret) && strings.Contains(body, secret) {
			t.Errorf("the refusal repeats what was submitted: %s", p.bytes())
		}
	}
}
