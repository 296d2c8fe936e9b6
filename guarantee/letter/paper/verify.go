package paper

import (
	"bytes"
	"errors"
	"fmt"

	"baohan/guarantee/letter"
	"baohan/signing"
)

var (
	errSignature  = errors.New("paper: signature")
	errText       = errors.New("版面文字与随附文件不符")
	errAttachment = errors.New("随附文件与保函文件不符")
)

// Magic is how a PDF begins.
const Magic = "%PDF-"

// Verify checks a PDF offline: that it has the one form and not a byte beside it, the platform's signature over all of
// it, the attached files, that the text on its pages is what they say, and then those files as letter.VerifyFile does.
// The report is OK only when every line passes.
func Verify(b []byte, trust *signing.Trust, options ...letter.Option) letter.Report {
	d, signed, err := Parse(b)
	if err != nil {
		return refused("page_form", suspicion(b, err))
	}
	lines := []letter.Line{pass("page_form", "文件结构唯一：一个签名覆盖全部字节，没有追加、脚本或者多余的内容")}
	sheet, err := d.Sheet()
	if err != nil {
		return refused("page_attachments", err.Error(), lines...)
	}
	lines = append(lines, pass("page_attachments", "随附文件齐全，彼此一致"))
	if err := d.checkText(sheet); err != nil {
		return refused("page_text", err.Error(), lines...)
	}
	lines = append(lines, pass("page_text", "版面上的文字与随附文件逐字一致"))
	r := d.verify(signed, trust, options)
	r.Lines = append(lines, r.Lines...)
	return r
}

func (d Document) verify(signed signing.SignedData, trust *signing.Trust, options []letter.Option) letter.Report {
	options = append(options[:len(options):len(options)], letter.Rendered(signed))
	switch d.Kind {
	case KindGuarantee:
		return letter.VerifyFile(d.Attachment(FileName), trust, options...)
	case KindRelease:
		return letter.VerifyPaper(d.Attachment(ReleaseName), trust, options...)
	case KindDemand:
		return letter.VerifyPaper(d.Attachment(DemandName), trust, options...)
	case KindRefusal:
		return letter.VerifyPaper(d.Attachment(RefusalName), trust, options...)
	case KindVerification:
		_, r := letter.VerifySheet(d.Attachment(VerificationName), trust, options...)
		return r
	case KindRecord:
		return letter.VerifyOpeningRecords(d.signatures(), trust, options...)
	}
	return letter.VerifyRendering(signed, trust, options...)
}

// signatures are the signed bytes that a record carries.
func (d Document) signatures() [][]byte {
	all := make([][]byte, len(d.Attachments))
	for i, a := range d.Attachments {
		all[i] = a.Data
	}
	return all
}

// Sheet is the text that the attached files demand. It makes the attachments anew from the one that holds everything,
// so that one that was exchanged, added or taken away is seen.
func (d Document) Sheet() (Sheet, error) {
	if d.Version != Rendering {
		return Sheet{}, fmt.Errorf("不支持的版面版本 %d；请用新版本的验证程序", d.Version)
	}
	s, attachments, err := d.source()
	if err != nil {
		return Sheet{}, fmt.Errorf("随附文件无法读取：%s", words(err))
	}
	if s.Title != d.Title {
		return Sheet{}, fmt.Errorf("%w：标题", errAttachment)
	}
	if len(attachments) != len(d.Attachments) {
		return Sheet{}, fmt.Errorf("%w：有增减", errAttachment)
	}
	for i, a := range attachments {
		got := d.Attachments[i]
		if a.Name != got.Name || a.Description != got.Description || !bytes.Equal(a.Data, got.Data) {
			return Sheet{}, fmt.Errorf("%w：%s 被替换或者改动", errAttachment, a.Name)
		}
	}
	return s, nil
}

func (d Document) source() (s Sheet, a []Attachment, err error) {
	switch d.Kind {
	case KindGuarantee:
		return Guarantee(d.Attachment(FileName))
	case KindRelease:
		return Release(d.Attachment(ReleaseName))
	case KindDemand:
		return Demand(d.Attachment(DemandName))
	case KindRefusal:
		return Refusal(d.Attachment(RefusalName))
	case KindVerification:
		return Verification(d.Attachment(VerificationName))
	case KindRecord:
		return OpeningRecord(d.signatures())
	case KindSheet:
		if s, err = readSheet(d.Attachment(SheetName)); err == nil {
			a, err = s.Other()
		}
		return s, a, err
	}
	return s, nil, fmt.Errorf("%w: kind", errForm)
}

func words(err error) string {
	if f, ok := letter.FieldOf(err); ok {
		return f.Message
	}
	return "不是规范的格式，或者被改动"
}

func pass(name, text string) letter.Line {
	return letter.Line{Name: name, Result: letter.ResultPass, Words: text}
}

func refused(name, text string, before ...letter.Line) letter.Report {
	lines := append(before, letter.Line{Name: name, Result: letter.ResultDoubtful, Words: text})
	return letter.Report{Words: "PDF 文件：核对不通过，请勿接受；原因见逐项结果，有疑问请联系开立机构或者平台", Lines: lines}
}
