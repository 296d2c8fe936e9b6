package verify

import (
	"bytes"
	"errors"
	"io"
	"time"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/paper"
	"baohan/signing"
)

// Kind is what a file calls itself.
type Kind string

const (
	PDF       Kind = "pdf"
	File      Kind = "file"      // a guarantee file, JSON
	Signature Kind = "signature" // the guarantor's signed bytes alone, without receipt and reveal record
	Paper     Kind = "paper"     // a signed release, demand, refusal, amendment or answer
	Sheet     Kind = "sheet"     // a signed verification sheet
	Record    Kind = "record"    // a signed opening record
	Status    Kind = "status"    // a status list
)

// Outcome is what a verification found.
type Outcome struct {
	Kind   Kind
	Report letter.Report
	Sheet  letter.SignedSheet  // to be shown only when the report is OK: nothing forged is printed as a sheet
	Record letter.SignedRecord // the same
}

// Verify checks a file. An error means that what was given to check with cannot be read, in Chinese; whatever is wrong
// with the file itself stands in the report. now is for revocation lists and the status list.
func Verify(b []byte, g Given, now time.Time) (Outcome, error) {
	if len(g.Roots.Data) == 0 {
		return Outcome{}, errors.New("没有根证书：请指明您信任的根证书（PEM，可以有多张）")
	}
	trust, err := g.anchors(g.Roots)
	if err != nil {
		return Outcome{}, err
	}
	options, err := g.options(now)
	if err != nil {
		return Outcome{}, err
	}
	o := Outcome{Kind: kindOf(b)}
	switch o.Kind {
	case PDF:
		o.Report = paper.Verify(b, trust, options...)
	case File:
		o.Report = letter.VerifyFile(b, trust, options...)
	case Sheet:
		o.Sheet, o.Report = letter.VerifySheet(b, trust, options...)
	case Record:
		o.Record, o.Report = letter.VerifyOpeningRecord(b, trust, options...)
	case Status:
		_, o.Report = letter.VerifyStatusList(b, trust, now, options...)
	case Paper:
		o.Report = letter.VerifyPaper(b, trust, options...)
	case Signature:
		o.Report = letter.VerifyP7S(b, trust, options...)
	}
	return o, nil
}

// kindOf goes by how a file begins, or by what was signed. What is none of all this is refused as signed bytes.
func kindOf(b []byte) Kind {
	switch {
	case bytes.HasPrefix(b, []byte(paper.Magic)):
		return PDF
	case bytes.HasPrefix(b, []byte("{")):
		return File
	case letter.IsStatusList(b):
		return Status
	case letter.IsSheet(b):
		return Sheet
	case letter.IsOpeningRecord(b):
		return Record
	case isPaper(b):
		return Paper
	}
	return Signature
}

// Print writes what a verification sheet or an opening record says, when the report is OK; nothing for any other kind.
func (o Outcome) Print(to io.Writer) error {
	switch {
	case !o.Report.OK:
	case o.Kind == Sheet:
		return o.Sheet.Print(to)
	case o.Kind == Record:
		return o.Record.Print(to)
	}
	return nil
}

func isPaper(p7s []byte) bool {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return false
	}
	_, release := letter.ParseRelease(signed.Content)
	_, ofLot := letter.ParseLotRelease(signed.Content)
	_, demand := letter.ParseDemand(signed.Content)
	_, refusal := letter.ParseRefusal(signed.Content)
	_, amendment := letter.ParseAmendment(signed.Content)
	_, answer := letter.ParseExtensionAnswer(signed.Content)
	return amendment == nil || answer == nil || release == nil || ofLot == nil || demand == nil || refusal == nil
}
