package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// understand parses as main does, with the given settings file and nothing but the given variables.
func understand(t *testing.T, file string, environ map[string]string, args ...string) (Settings, error) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "BAOHAN_") || name == "DATABASE_URL" {
			t.Setenv(name, "") // so that it is put back
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, value := range environ {
		t.Setenv(name, value)
	}
	if file != "" {
		path := filepath.Join(t.TempDir(), "settings.json")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"--config", path}, args...)
	}
	var c commands
	source := &settingsFile{}
	var out bytes.Buffer
	parser, err := newParser(&c, source, &out, &out, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	_, err = parse(parser, source, append(args, "version"), os.Environ())
	return c.Settings, err
}

func TestSourcesInTheirOrder(t *testing.T) {
	file := `{"listen": "file:1", "sweep_every": "5s", "hosts": ["a.example", "b.example"], "database_max": 7}`
	env := map[string]string{"BAOHAN_LISTEN": "env:1", "DATABASE_URL": "postgres://db"}
	s, err := understand(t, file, env, "--data", "flag")
	if err != nil {
		t.Fatal(err)
	}
	if s.Data != "flag" || s.Listen != "env:1" || s.DatabaseURL != "postgres://db" || s.SweepEvery != 5*time.Second ||
		!slices.Equal(s.Hosts, []string{"a.example", "b.example"}) || s.DatabaseMax != 7 || s.LogFormat != "text" {
		t.Fatalf("%+v", s)
	}
	if s, err = understand(t, file, env, "--listen", "flag:1"); err != nil || s.Listen != "flag:1" {
		t.Fatalf("listen %q (%v), want the flag's", s.Listen, err)
	}
	if s, err = understand(t, file, nil); err != nil || s.Listen != "file:1" {
		t.Fatalf("listen %q (%v), want the file's", s.Listen, err)
	}
}

func TestUnknownNamesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		env  map[string]string
		args []string
		says string
	}{
		"key in the file":      {file: `{"lisen": "x"}`, says: `"lisen"`},
		"flag's name in it":    {file: `{"database-url": "x"}`, says: `"database-url"`},
		"file in the file":     {file: `{"config": "x"}`, says: `"config"`},
		"key twice":            {file: `{"listen": "x", "listen": "y"}`, says: "listen"},
		"no JSON":              {file: `listen = x`, says: "settings.json"},
		"variable":             {env: map[string]string{"BAOHAN_LISEN": "x"}, says: "BAOHAN_LISEN"},
		"flag":                 {args: []string{"--lisen", "x"}, says: "--lisen"},
		"missing file":         {args: []string{"--config", "/nonexistent"}, says: "/nonexistent"},
		"value of a choice":    {file: `{"log_format": "xml"}`, says: "xml"},
		"value of a duration":  {env: map[string]string{"BAOHAN_SWEEP_EVERY": "soon"}, says: "soon"},
		"number out of bounds": {file: `{"database_max": 3000000000}`, says: "database-max"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := understand(t, c.file, c.env, c.args...); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v, want an error that says %s", err, c.says)
			}
		})
	}
}

// Every setting has its three names, and all of them follow from one.
func TestNamesFollowFromOne(t *testing.T) {
	var c commands
	parser, err := newParser(&c, &settingsFile{}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range settingFlags(parser.Model) {
		want := "BAOHAN_" + strings.ToUpper(fileKey(f.Name))
		if len(f.Envs) == 0 || f.Envs[0] != want {
			t.Errorf("--%s is read from %v, want %s", f.Name, f.Envs, want)
		}
		if f.Help == "" {
			t.Errorf("--%s is not explained", f.Name)
		}
	}
}

var update = flag.Bool("update", false, "rewrite the files that tests compare with")

func TestReferenceIsCurrent(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"settings"}, &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	const file = "../../docs/settings.md"
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(written) {
		t.Error("docs/settings.md is not what baohan settings prints: run make generate")
	}
}

func TestExitCodes(t *testing.T) {
	for want, args := range map[int][]string{0: {"version"}, 2: {"no-such-command"}} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, &out, &errs); code != want {
			t.Errorf("%v ends with %d, want %d (%s)", args, code, want, &errs)
		}
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, &out, &errs); code != 0 || !strings.Contains(out.String(), "settings") {
		t.Errorf("--help ends with %d and prints %s", code, &out)
	}
}

// A cover that is no number of rows is refused before anything is opened.
func TestCoverHasBounds(t *testing.T) {
	for _, n := range []int{-1, mostCover + 1} {
		if _, err := new(node).open(t.Context(), &Settings{Cover: n}, "work", nil); err == nil || !strings.Contains(err.Error(), "cover") {
			t.Errorf("a cover of %d: %v", n, err)
		}
	}
}
