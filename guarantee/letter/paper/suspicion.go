package paper

import (
	"bytes"
	"errors"
)

// A sign is something that is seen in a file that was refused, and what it means for whoever holds the file. That the
// file is refused does not depend on it: only the words do.
type sign struct {
	seen  func(b []byte) bool
	words string
}

func has(names ...string) func([]byte) bool {
	return func(b []byte) bool {
		for _, n := range names {
			if bytes.Contains(b, []byte(n)) {
				return true
			}
		}
		return false
	}
}

func times(name string, most int) func([]byte) bool {
	return func(b []byte) bool { return bytes.Count(b, []byte(name)) > most }
}

// signs in the order of what is worth telling; the first that is seen counts.
var signs = []sign{
	{func(b []byte) bool { return !bytes.HasPrefix(b, []byte(Magic)) }, "不是 PDF 文件"},
	{has("/Encrypt"), "文件被加密，无法核对；请向出具方索取原文件"},
	{has("/JavaScript", "/JS"), "文件中含有脚本（JavaScript）：原文件没有，是他人加入的"},
	{has("/OpenAction", "/AA", "/Launch", "/SubmitForm", "/ImportData", "/RichMedia", "/GoToE", "/URI"), "文件中含有打开时自动执行的动作或者外部链接：原文件没有，是他人加入的"},
	{times("/ByteRange", 1), "文件中有不止一个签名：在平台签名之外又被他人签名"},
	{times("startxref", 1), "文件在签名之后又被追加过内容（增量更新）"},
	{behindEnd, "文件末尾之后还有多余的字节"},
	{func(b []byte) bool { return !bytes.HasSuffix(b, []byte("%%EOF\n")) }, "文件不完整：末尾缺失"},
	{func(b []byte) bool { return !has("/BAOHAN<<")(b) }, "不是本平台生成的保函文件；可能是打印后扫描的，或者由其他程序另存过"},
}

// behindEnd tells bytes after the last end mark.
func behindEnd(b []byte) bool {
	i := bytes.LastIndex(b, []byte("%%EOF\n"))
	return i >= 0 && i+len("%%EOF\n") < len(b)
}

// gap tells a ByteRange that is not the one that the file must have.
func gap(b []byte) bool {
	const head = "/ByteRange[0 "
	var d Document
	d.readSpans(b)
	at := HoleAt - len("/Contents]") - 32
	if len(b) < HoleAt || !bytes.HasPrefix(b[at-len(head):], []byte(head)) {
		return false
	}
	var want Document
	want.spans = d.spans
	w := &walker{reading: true, b: b, at: at}
	for i := 1; i < 4; i++ {
		w.lit(spanText(want.spans[i], i))
	}
	return w.err != nil
}

// withoutStreams leaves out what stands in streams, where any letters may stand by chance.
func withoutStreams(b []byte) []byte {
	var out []byte
	for {
		from := bytes.Index(b, []byte(">stream\n"))
		to := bytes.Index(b[max(from, 0):], []byte("\nendstream"))
		if from < 0 || to < 0 {
			return append(out, b...)
		}
		out = append(out, b[:from+len(">stream\n")]...)
		b = b[from+to:]
	}
}

// suspicion is why a file was refused, in words.
func suspicion(b []byte, err error) string {
	seen := withoutStreams(b)
	for _, s := range signs {
		if s.seen(seen) {
			return s.words
		}
	}
	if gap(b) {
		return "签名没有覆盖整个文件（ByteRange 有缺口，或者文件被改动）"
	}
	if errors.Is(err, errSwapped) {
		return "随附文件被替换或者改动"
	}
	if errors.Is(err, errSignature) {
		return "平台对本文件的签名不成立：文件内容或者签名被改动"
	}
	return "文件结构被改动，或者不是本平台生成的原文件"
}
