package guarantee

import (
	"testing"

	"baohan/signing"
)

// What an applicant hands in against a demand is opened by people of the bank: a name that looks like another, or a program, is
// not taken.
func TestPapersAreNamedPlainly(t *testing.T) {
	content := []byte("%PDF-1.7 民事裁定书")
	for name, code := range map[string]string{"民事裁定书.pdf": "", "裁定.OFD": "", "裁定书\u202efdp.exe": "demand.paper_name", "裁定书\u202egpj.pdf": "demand.paper_name",
		"裁定\x00书.pdf": "demand.paper_name", "裁定\n书.pdf": "demand.paper_name", "裁定书.pdf.exe": "file.type", "裁定书.hta": "file.type", "裁定书": "file.type", "": "demand.paper"} {
		err := Paper{Name: name, Bytes: content}.check("file", signing.Sum(content))
		if code == "" && err == nil {
			continue
		}
		refused(t, err, code)
	}
}
