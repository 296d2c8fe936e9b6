package paper

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// SheetName is the file that a document of KindSheet carries: the sheet itself, in canonical JSON (RFC 8785).
const SheetName = "sheet.json"

// Other is a sheet of any kind that has no signed bytes of its own, as 拒付通知, with its file.
func (s Sheet) Other() ([]Attachment, error) {
	b, err := s.canonical()
	return []Attachment{{SheetName, "本文件的文字（规范化 JSON）", b}}, err
}

func (s Sheet) canonical() ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	v := jsontext.Value(b)
	err = v.Canonicalize()
	return v, err
}

func readSheet(b []byte) (Sheet, error) {
	var s Sheet
	if err := json.Unmarshal(b, &s, json.RejectUnknownMembers(true)); err != nil {
		return Sheet{}, fmt.Errorf("%w: sheet", errForm)
	}
	if again, err := s.canonical(); err != nil || !bytes.Equal(again, b) {
		return Sheet{}, fmt.Errorf("%w: sheet", errForm)
	}
	return s, nil
}
