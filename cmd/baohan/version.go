package main

import (
	"fmt"
	"io"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints which commit this binary was built from, and with what.
func (versionCommand) Run(out io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("这个程序不带构建信息")
	}
	from := map[string]string{}
	for _, s := range info.Settings {
		from[s.Key] = s.Value
	}
	_, err := fmt.Fprintf(out, "baohan %s %s %s\n", info.Main.Version, from["vcs.revision"], info.GoVersion)
	return err
}
