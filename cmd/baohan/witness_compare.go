package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"baohan/signing/tlog"
)

// witnessCompare convicts whoever signed two heads of which one must be false. Two witnesses who were shown two logs
// find out by it, with nothing but their files.
type witnessCompare struct {
	First   string   `arg:"" help:"一份日志头（见证人保存的 .note 文件，或从平台取得的）。" type:"existingfile"`
	Second  string   `arg:"" help:"另一份。" type:"existingfile"`
	Log     []string `help:"日志的验证公钥，新旧都写，逗号分隔。" required:"" placeholder:"公钥"`
	Witness []string `help:"见证人的验证公钥，逗号分隔。" placeholder:"公钥"`
}

var errContradiction = errors.New("两份日志头互相矛盾，至多一份是真的；请保存两份文件，交监督部门")

// Run ends with 0 when the two accuse nobody, with 1 when they do, and with 2 when they cannot be compared.
func (c *witnessCompare) Run(out io.Writer) error {
	policy, err := policyOf(c.Log, c.Witness)
	if err != nil {
		return &ExitError{2, err}
	}
	var heads [2]tlog.Checkpoint
	var notes [2][]byte
	for i, file := range []string{c.First, c.Second} {
		if notes[i], err = os.ReadFile(file); err == nil {
			heads[i], _, err = policy.Open(notes[i])
		}
		if err != nil {
			return &ExitError{2, fmt.Errorf("%s 不是这些密钥签的日志头：%w", file, err)}
		}
	}
	for _, x := range policy.Contradicts(notes[0], notes[1]) {
		fmt.Fprintf(out, "%s 对 %d 条签过两个根：\n  %s\n  %s\n", x.By, x.First.Size, x.First.Root, x.Second.Root)
		err = errContradiction
	}
	if err != nil {
		return err
	}
	if heads[0].Size != heads[1].Size {
		_, err = fmt.Fprintf(out, "一份 %d 条，一份 %d 条：叶数不同，单凭两份日志头不能判断；请取两者之间的证明，或让见证人继续跟随\n", heads[0].Size, heads[1].Size)
		return err
	}
	_, err = fmt.Fprintf(out, "两份一致：%d 条，根 %s\n", heads[0].Size, heads[0].Root)
	return err
}

// policyOf is whom the command line says to believe; no witness is asked for.
func policyOf(log, witnesses []string) (p tlog.Policy, err error) {
	if p.Log, err = logKeys("log", log); err != nil {
		return p, err
	}
	p.Witnesses, err = witnessKeys("witness", witnesses)
	return p, err
}
