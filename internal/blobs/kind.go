package blobs

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"baohan/party"
)

// Type is a kind of file that the platform takes, named by the extension that declares it.
type Type string

// The types. What a file is is told by its own bytes, and held against its name: nobody is to open as a picture what is
// a program.
const (
	PDF  Type = "pdf"
	OFD  Type = "ofd" // GB/T 33190-2016
	JPEG Type = "jpg"
	PNG  Type = "png"
	Text Type = "txt" // UTF-8, without control characters
	XML  Type = "xml" // UTF-8
	ZIP  Type = "zip"
	P7S  Type = "p7s" // SignedData, GB/T 35275 or RFC 5652, DER or BER
)

// Papers are the types that an institution or a court can be shown: of demands and of evidence.
var Papers = []Type{PDF, OFD, JPEG, PNG, Text, XML, ZIP, P7S}

var extensions = map[string]Type{".pdf": PDF, ".ofd": OFD, ".jpg": JPEG, ".jpeg": JPEG, ".png": PNG, ".txt": Text,
	".xml": XML, ".zip": ZIP, ".p7s": P7S}

// Rule is what one place takes: which types, and how long, in bytes. Field is the member of the request that is wrong
// when a file is.
type Rule struct {
	Field string
	Types []Type
	Max   int64
}

// Check holds a file in memory against the rule: its type by its name and by its bytes, and its size. The refusals are
// file.type, file.empty, file.size and file.content, and name the field.
func (r Rule) Check(name string, content []byte) error {
	x, err := r.Inspect(name)
	if err != nil {
		return err
	}
	if _, err := x.Write(content); err != nil {
		return err
	}
	return x.Finish()
}

// Inspect begins the check of a file that streams: what is written to the inspection is looked at, and nothing of it
// kept. A Write that fails has seen what no more bytes make right.
func (r Rule) Inspect(name string) (*Inspection, error) {
	t, known := extensions[strings.ToLower(path.Ext(name))]
	if !known || !slices.Contains(r.Types, t) {
		return nil, party.Invalid("file.type", r.Field, "文件类型不在受理范围内（按扩展名）；请转换为 "+r.types()+" 之一后重新提交")
	}
	return &Inspection{rule: r, sort: t}, nil
}

func (r Rule) types() string {
	names := make([]string, len(r.Types))
	for i, t := range r.Types {
		names[i] = strings.ToUpper(string(t))
	}
	return strings.Join(names, "、")
}

// sizeWords is a limit as people read it.
func sizeWords(n int64) string {
	if n%(1<<20) == 0 {
		return strconv.FormatInt(n>>20, 10) + " MB"
	}
	return strconv.FormatInt(n, 10) + " 字节"
}
