package verify

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/paper"
	"baohan/signing"
)

// Answer is an outcome as a page shows it. Every text is Chinese and ready for people.
type Answer struct {
	Error string `json:"error,omitzero"` // what was given to check with cannot be read; nothing else is set then

	Verdict Verdict      `json:"verdict,omitzero"`
	Title   string       `json:"title,omitzero"` // the verdict's word
	Words   string       `json:"words,omitzero"`
	Kind    Kind         `json:"kind,omitzero"`
	SM3     string       `json:"sm3,omitzero"` // of the file's bytes
	Lines   []Line       `json:"lines,omitzero"`
	Facts   []paper.Fact `json:"facts,omitzero"` // what the document says; only of one that is not refused
	Sheet   string       `json:"sheet,omitzero"` // the text of a verification sheet or an opening record that passed
	Scanned Scanned      `json:"scanned,omitzero"`
	Match   string       `json:"match,omitzero"` // Scanned in words

	Untold bool `json:"untold,omitzero"` // asked in another language, which lacks a text of this answer: it is Chinese
}

// Line is one check as it is shown: what was wanted is left out of a line that passes.
type Line struct {
	letter.Line
	Title string `json:"title"`
	Says  string `json:"says"`
}

// Asked is a question in JSON.
type Asked struct {
	Given
	Scan string `json:"scan,omitzero"` // the fragment of the address that the code on a page opened; empty: none
}

// Ask answers a question that came as JSON with an Answer in JSON: the way in and out of the browser's module.
func Ask(b, question []byte, now time.Time, in Language) []byte {
	var asked Asked
	if err := json.Unmarshal(question, &asked, json.RejectUnknownMembers(true)); err != nil {
		return marshal(in.answer(Answer{Error: "核对模块与页面的版本不一致，请刷新页面后再试"}))
	}
	return marshal(in.answer(asked.answer(b, now)))
}

func (a Asked) answer(b []byte, now time.Time) Answer {
	if len(b) > MaxSize {
		return Answer{Error: "文件超过 64 MiB：保函文件没有这么大，请确认选对了文件"}
	}
	o, err := Verify(b, a.Given, now)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	out := Answer{Verdict: o.Verdict(), Words: o.Report.Words, Kind: o.Kind, SM3: signing.Sum(b).String()}
	out.Title = out.Verdict.Chinese()
	if out.Verdict == Open {
		out.Words = "没有发现不符，但有重要的内容没有核对，见下面各行；核实之前请勿据此接受。" + hint(o.Kind)
	}
	for _, l := range o.Report.Lines {
		if l.Result == letter.ResultPass {
			l.Want = ""
		}
		out.Lines = append(out.Lines, Line{l, l.Title(), l.Result.Chinese()})
	}
	document := documentOf(o.Kind, b)
	if out.Verdict != Failed {
		out.Facts = document.facts
		out.Sheet = sheetText(o)
	}
	out.Scanned, out.Match = document.against(a.Scan)
	return out
}

// hint says how to come by what is missing.
func hint(k Kind) string {
	if k == Signature {
		return "这个文件只有开立机构的签名数据：平台是否收到、揭示记录是否相符，请用保函文件（.json）或者 PDF 核对"
	}
	return "缺什么、怎样补，写在各行里"
}

func sheetText(o Outcome) string {
	var b strings.Builder
	if err := o.Print(&b); err != nil {
		return ""
	}
	return b.String()
}

func marshal(a any) []byte {
	b, err := json.Marshal(a)
	if err != nil {
		panic("verify: an answer does not marshal")
	}
	return b
}
