package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/devpg"
	"baohan/migrations"
)

// start runs a server with the settings of a demonstration, except for what o says. Its files are
// made without waiting for the disk.
func start(t *testing.T, o devpg.Options) *devpg.Server {
	t.Helper()
	if !o.Ephemeral {
		durable := map[string]string{"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
		maps.Copy(durable, o.Settings)
		o.Ephemeral, o.Settings = true, durable
	}
	dir, err := os.MkdirTemp("", "baohan-settings-") // unlike t.TempDir open to the server's account
	if err != nil {
		t.Fatal(err)
	}
	o.Dir = dir
	s, err := devpg.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Crash(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// faults returns the names of the settings that err complains of.
func faults(err error) []string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var names []string
	for _, e := range joined.Unwrap() {
		if s, ok := errors.AsType[*migrations.SettingError](e); ok {
			names = append(names, s.Name)
		}
	}
	return names
}

func wantFault(t *testing.T, url, name string) {
	t.Helper()
	err := migrations.CheckSettings(t.Context(), connect(t, url))
	if got := fmt.Sprint(faults(err)); got != "["+name+"]" {
		t.Errorf("complains of %s, want %s: %v", got, name, err)
	}
	if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "处理：") {
		t.Errorf("the message does not say what to do: %v", err)
	}
}

// alter sets name, by a value as SQL writes it, for the whole server while it runs, and undoes it with the test.
func alter(t *testing.T, conn *pgx.Conn, name, value string) {
	t.Helper()
	before := setting(t, conn, name)
	exec(t, conn, "alter system set "+name+" = "+value)
	exec(t, conn, "select pg_reload_conf()")
	waitForChange(t, conn, name, before)
	t.Cleanup(func() {
		now := setting(t, conn, name)
		exec(t, conn, "alter system reset "+name)
		exec(t, conn, "select pg_reload_conf()")
		waitForChange(t, conn, name, now)
	})
}

func setting(t *testing.T, conn *pgx.Conn, name string) (value string) {
	t.Helper()
	err := conn.QueryRow(context.Background(), "select setting from pg_settings where name = $1", name).Scan(&value)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// waitForChange returns once the reload has reached this session; the server has then reloaded as
// well, so that every later session has the new value.
func waitForChange(t *testing.T, conn *pgx.Conn, name, before string) {
	t.Helper()
	for range 500 {
		if setting(t, conn, name) != before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s is still %q after a reload", name, before)
}

func TestCheckSettingsOnARunningServer(t *testing.T) {
	t.Parallel()
	s := start(t, devpg.Options{})
	conn := connect(t, s.URL)
	if err := migrations.CheckSettings(t.Context(), conn); err != nil {
		t.Fatalf("refuses a server that devpg has set up: %v", err)
	}
	for _, c := range []struct{ name, value string }{
		{"fsync", "off"},
		{"full_page_writes", "off"},
		{"synchronous_commit", "off"},
		{"synchronous_commit", "local"},
		{"synchronous_commit", "remote_write"},
		{"ignore_checksum_failure", "on"},
		{"zero_damaged_pages", "on"},
		{"log_error_verbosity", "'default'"},
		{"log_error_verbosity", "verbose"},
		{"log_min_error_statement", "error"},
		{"log_min_error_statement", "fatal"},
		{"log_parameter_max_length", "-1"},
		{"log_parameter_max_length", "8"},
		{"log_parameter_max_length_on_error", "-1"},
		{"log_parameter_max_length_on_error", "8"},
		{"log_statement", "ddl"},
		{"log_statement", "mod"},
		{"log_statement", "'all'"},
		{"log_min_duration_statement", "0"},
		{"log_min_duration_statement", "60000"},
		{"log_min_duration_sample", "100"},
		{"log_transaction_sample_rate", "0.1"},
		{"debug_print_parse", "on"},
		{"debug_print_rewritten", "on"},
		{"debug_print_plan", "on"},
		{"session_preload_libraries", "auto_explain"},
		{"session_preload_libraries", "plpgsql, '$libdir/auto_explain.so'"},
	} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			alter(t, conn, c.name, c.value)
			wantFault(t, s.URL, c.name)
		})
	}
	for _, where := range []string{"database", "role"} {
		t.Run("overridden for the "+where, func(t *testing.T) {
			exec(t, conn, "alter "+where+" "+devpg.User+" set synchronous_commit = off")
			wantFault(t, s.URL, "synchronous_commit")
			exec(t, conn, "alter "+where+" "+devpg.User+" reset synchronous_commit")
		})
	}
	if err := migrations.CheckSettings(t.Context(), connect(t, s.URL)); err != nil {
		t.Fatalf("a case was not undone: %v", err)
	}
}

func TestCheckSettingsOfAServersStart(t *testing.T) {
	for _, c := range []struct {
		name    string
		options devpg.Options
	}{
		{"data_checksums", devpg.Options{WithoutChecksums: true}},
		{"data_sync_retry", devpg.Options{Settings: map[string]string{"data_sync_retry": "on"}}},
		{"track_activity_query_size", devpg.Options{Settings: map[string]string{"track_activity_query_size": "1024"}}},
		{"shared_preload_libraries", devpg.Options{Settings: map[string]string{"shared_preload_libraries": "pg_stat_statements"}}},
		{"shared_preload_libraries", devpg.Options{Settings: map[string]string{"shared_preload_libraries": "auto_explain"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wantFault(t, start(t, c.options).URL, c.name)
		})
	}
}

func TestCheckSettingsNamesEveryFault(t *testing.T) {
	t.Parallel()
	err := migrations.CheckSettings(t.Context(), connect(t, start(t, devpg.Options{Ephemeral: true}).URL))
	if got := strings.Join(faults(err), " "); got != "fsync full_page_writes synchronous_commit" {
		t.Errorf("of a throw-away server it names %q: %v", got, err)
	}
}

func TestCheckSettingsSeesWhatASessionLoads(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, devpg.Options{}).URL)
	exec(t, conn, "load 'auto_explain'")
	if got := strings.Join(faults(migrations.CheckSettings(t.Context(), conn)), " "); !strings.HasPrefix(got, "auto_explain.") {
		t.Errorf("auto_explain was loaded; the check names %q", got)
	}
}

func TestCheckSettingsRefusesWhatItCannotSee(t *testing.T) {
	t.Parallel()
	s := start(t, devpg.Options{})
	exec(t, connect(t, s.URL), "create role clerk login password 'clerk'")
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("clerk", "clerk")
	got := faults(migrations.CheckSettings(t.Context(), connect(t, u.String())))
	if !slices.Contains(got, "shared_preload_libraries") {
		t.Errorf("a role that cannot read shared_preload_libraries passes; faults: %v", got)
	}
	exec(t, connect(t, s.URL), "grant pg_read_all_settings to clerk")
	if err := migrations.CheckSettings(t.Context(), connect(t, u.String())); err != nil {
		t.Errorf("a role that may read all is refused: %v", err)
	}
}
