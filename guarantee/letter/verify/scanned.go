package verify

import (
	"baohan/guarantee/letter"
	"baohan/guarantee/letter/paper"
	"baohan/signing"
)

// Scanned says whether a file is the document whose code was scanned.
type Scanned string

const (
	Same       Scanned = "same"
	Other      Scanned = "other"
	Incomplete Scanned = "incomplete" // the number is the same, and the file does not hold what the digest is of
	Unclear    Scanned = "unclear"    // the file says nothing by which to tell
	Unreadable Scanned = "unreadable" // the scan is none of ours
)

var scannedWords = map[Scanned]string{
	Same:       "这个文件就是您扫描的那一份：编号和摘要都相同",
	Other:      "这个文件不是您扫描的那一份：编号或者摘要不同。请勿以本结果代替对所扫文件的核对",
	Incomplete: "编号与您扫描的相同；这个文件不足以比对摘要，请用保函文件（.json）或者 PDF 再核对一次",
	Unclear:    "读不出这个文件的编号和摘要，不能认定它就是您扫描的那一份",
	Unreadable: "地址中的扫描内容不完整，不能与文件比对；请重新扫描",
}

// document is what a file says of itself. Whether to believe it is for the report.
type document struct {
	scan  *paper.Scan
	facts []paper.Fact
}

func documentOf(k Kind, b []byte) document {
	switch k {
	case PDF:
		d, _, err := paper.Parse(b)
		if err != nil {
			return document{}
		}
		s, err := d.Sheet()
		return of(s, err)
	case File:
		s, _, err := paper.Guarantee(b)
		return of(s, err)
	case Paper:
		s, _, err := paper.Release(b)
		if err != nil {
			s, _, err = paper.Demand(b)
		}
		if err != nil {
			s, _, err = paper.Refusal(b)
		}
		return of(s, err)
	case Signature:
		return bare(b)
	case Sheet, Record, Status:
	}
	return document{}
}

// of takes the first table of facts of a sheet, and what its code says.
func of(s paper.Sheet, err error) (d document) {
	if err != nil {
		return d
	}
	for _, block := range s.Blocks {
		if d.facts == nil {
			d.facts = block.Facts
		}
		if block.Close != nil {
			d.scan = block.Close.Scan
		}
	}
	return d
}

// bare is of a signed undertaking without its file. The digest of a letter in full needs the salt, which is in the file.
func bare(p7s []byte) (d document) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return d
	}
	u, err := letter.ParseUndertaking(signed.Content)
	if err != nil {
		return d
	}
	d.scan = &paper.Scan{Number: u.Number}
	if u.Application.Mode == letter.ModeBlind {
		d.scan.Digest = letter.UndertakingDigest(p7s)
	}
	d.facts = []paper.Fact{{Label: "保函编号", Value: u.Number}, {Label: "开立人", Value: u.Guarantor.String()},
		{Label: "最高金额", Value: u.MaxAmount.String() + " 元（" + u.MaxAmount.Capital() + "）"}}
	return d
}

// against compares with the fragment of a scan; both are empty when nothing was scanned.
func (d document) against(fragment string) (s Scanned, words string) {
	if fragment == "" {
		return "", ""
	}
	want, err := paper.ParseScan(fragment)
	switch {
	case err != nil:
		s = Unreadable
	case d.scan == nil:
		s = Unclear
	case d.scan.Number != want.Number:
		s = Other
	case d.scan.Digest.IsZero():
		s = Incomplete
	case d.scan.Digest != want.Digest:
		s = Other
	default:
		s = Same
	}
	return s, scannedWords[s]
}
