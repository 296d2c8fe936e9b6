package letter

// FileFormat names the format of a guarantee file.
const FileFormat = "baohan.guarantee/1"

// File is a disclosed guarantee as anyone may hold it: what was signed, what was revealed, and the platform's receipt.
// The undertaking and the reveal record stand in it in clear beside the signed bytes; verification holds both against
// each other.
type File struct {
	Format      string      `json:"format"`
	Undertaking Undertaking `json:"undertaking"`
	Reveal      Reveal      `json:"reveal"`
	Salt        []byte      `json:"salt,omitzero"`       // full letters only
	Signed      []byte      `json:"signed"`              // p7s of the undertaking
	Receipt     []byte      `json:"receipt"`             // p7s of the Receipt
	Log         *LogProof   `json:"log,omitzero"`        // that the letter's entry into force stands in the transparency log
	Amendments  []Amended   `json:"amendments,omitzero"` // in their order; nil: none
}

// Check holds for a complete file whose parts agree in shape. Whether it is genuine is for VerifyFile.
func (f File) Check() error {
	if f.Log != nil {
		if err := within("log", f.Log.Check()); err != nil {
			return err
		}
	}
	return firstOf(
		f.checkShape(),
		within("undertaking", f.Undertaking.Check()),
		within("reveal", f.Reveal.Check()),
		f.checkAmendments(),
	)
}

func (f File) checkShape() error {
	full := f.Undertaking.Application.Mode == ModeFull
	return firstOf(
		need(f.Format == FileFormat, "format", "format", "不是保函文件，或版本不受支持；请用新版本的验证程序"),
		need(!full && len(f.Salt) == 0 || full && len(f.Salt) == 32, "salt", "salt", "全文密封的保函须有 32 字节盐值，密文保函不得有"),
		need(len(f.Signed) > 0, "signed", "missing", "缺少保函签名数据"),
		need(len(f.Receipt) > 0, "receipt", "missing", "缺少平台回执"),
	)
}

// Bare is the file without the log's proof and without what came later: what all copies of one letter have in common,
// whenever each was fetched.
func (f File) Bare() File {
	f.Log, f.Amendments = nil, nil
	return f
}

// Canonical is the file's bytes.
func (f File) Canonical() ([]byte, error) { return canonical(f, File.Check) }

// ParseFile reads what Canonical wrote.
func ParseFile(b []byte) (File, error) { return parse(b, File.Check) }
