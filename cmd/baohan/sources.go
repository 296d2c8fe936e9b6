package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/go-json-experiment/json"
)

// settingsFile gives settings from the JSON file that --config names. An environment variable goes
// before it; the command line does so by itself.
type settingsFile struct {
	read   bool
	values map[string]any
	fault  error // of the file as a whole, for which no one flag is to blame
}

// Validate is called before the command line is known, when there is nothing to check yet.
func (*settingsFile) Validate(*kong.Application) error { return nil }

// Resolve returns what the file says of the flag, nil if nothing.
func (f *settingsFile) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !f.read {
		f.read = true
		f.fault = f.load(ctx)
	}
	if slices.ContainsFunc(flag.Envs, isSet) || !slices.Contains(settingFlags(ctx.Model), flag) {
		return nil, nil //nolint:nilnil // kong's way of saying: not here
	}
	return f.values[fileKey(flag.Name)], nil
}

func isSet(variable string) bool { return os.Getenv(variable) != "" }

func (f *settingsFile) load(ctx *kong.Context) error {
	known := map[string]bool{}
	var path string
	for _, flag := range settingFlags(ctx.Model) {
		if flag.Name == "config" {
			path, _ = ctx.FlagValue(flag).(string)
			continue // a file does not name another one
		}
		known[fileKey(flag.Name)] = true
	}
	if path == "" {
		return nil
	}
	return f.parse(path, known)
}

func (f *settingsFile) parse(path string, known map[string]bool) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("设置文件：%w", err)
	}
	if err := json.Unmarshal(text, &f.values); err != nil {
		return fmt.Errorf("设置文件 %s：%w", path, err)
	}
	for key := range f.values {
		if !known[key] {
			return fmt.Errorf("设置文件 %s：不认识的键 %q；可用的键见 baohan settings", path, key)
		}
	}
	return nil
}

// unknownVariable refuses a variable in our name space that no flag reads.
func unknownVariable(app *kong.Application, environ []string) error {
	known := map[string]bool{}
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			for _, name := range flag.Envs {
				known[name] = true
			}
		}
		return next(nil)
	})
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "BAOHAN_") && !known[name] {
			return fmt.Errorf("不认识的环境变量 %s；可用的变量见 baohan settings", name)
		}
	}
	return nil
}
