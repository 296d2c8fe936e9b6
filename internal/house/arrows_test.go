package house

// letters are the bytes of a guarantee and the calendar they count by: values that every room but
// signing may hold.
var letters = []string{"guarantee/letter", "guarantee/calendar"}

// arrows says for each package which other packages of this module it may import. A package that
// is not named may import none and is itself a fault; internal/clock is open to all.
var arrows = map[string][]string{
	"signing":          {},
	"signing/httpsig":  {"signing"},
	"signing/devca":    {"signing"},
	"signing/tlog":     {"signing"},
	"signing/translog": {"internal/store", "signing", "signing/tlog"},

	"guarantee/calendar": {},
	"guarantee/letter":   {"guarantee/calendar", "signing", "signing/tlog"},

	// A PDF is checked by paper, which has neither fonts nor layout; it is made by page.
	"guarantee/letter/paper":     with(letters, "signing"),
	"guarantee/letter/verify":    with(letters, "guarantee/letter/paper", "signing", "signing/tlog"), // all that anybody asks of a file
	"guarantee/letter/page":      {"guarantee/letter/page/font", "guarantee/letter/paper", "signing"},
	"guarantee/letter/page/font": {},

	"party":     {"internal/store", "signing"},
	"guarantee": with(letters, "internal/blobs", "internal/store", "party", "signing", "signing/tlog", "signing/translog"),
	"banks": with(letters, "internal/store", "guarantee", "party", "signing", "signing/httpsig",
		"client/wire"), // the bodies of messages, said once for both ends
	"tender":         with(letters, "internal/blobs", "internal/store", "guarantee", "party", "signing", "signing/tlog", "signing/translog", "tender/custody"),
	"tender/custody": with(letters, "signing", "signing/httpsig"), // an agent on other premises

	"jobs": with(letters, "banks", "internal/blobs", "tender", "guarantee", "party", "signing",
		"client/wire"), // it alone decides what an institution is told, so it fills the bodies
	"web": with(letters, "tender", "guarantee", "banks", "party", "signing", "signing/httpsig", "signing/tlog", "signing/translog",
		"internal/blobs",
		"guarantee/letter/page",      // the letter as people print it
		"web/view", "tender/custody", // the officer's page, served on a custodian's own machine
		"internal/texts", "internal/texts/markup",
		"client/wire"), // the JSON bodies, said once for both ends
	"web/view": with(letters, "internal/texts", "tender", "tender/custody", "guarantee", "banks", "party", "signing", "client/wire"),

	"client":      with(letters, "client/wire", "signing", "signing/httpsig", "signing/tlog"),
	"client/wire": with(letters, "signing"),
	"client/acts": with(letters, "client", "client/wire", "signing"), // what a person does on a page
	// A sandbox institution knows of the platform what a real one does: the SDK.
	"banks/sandbox": with(letters, "client", "client/wire", "signing", "signing/httpsig"),

	"migrations":              {},
	"internal/bench":          {everything},         // a whole platform, to be measured
	"internal/blobs":          {"party", "signing"}, // it refuses files as every room refuses
	"internal/canary":         {},
	"internal/clock":          {},
	"internal/clock/sqlclock": {},
	"internal/devpg":          {},
	"internal/drawn":          {},
	"internal/foundry":        {"guarantee/letter/page/font"},
	"internal/health":         {"migrations"},
	"internal/house":          {},
	"internal/heap":           {},
	"internal/pack":           {},
	"internal/store":          {},
	"internal/secrecy":        {everything}, // a whole platform, to be searched for who bids
	"internal/texts":          {},
	"internal/texts/gather":   {"internal/texts", "internal/texts/markup"},
	"internal/texts/markup":   {"internal/texts"},
	"internal/testdb":         {"internal/clock/sqlclock", "internal/devpg", "migrations"},
	"internal/testlog":        {"signing", "signing/tlog", "signing/translog"},
	"internal/testdb/cmd":     {"internal/devpg", "internal/testdb"},
	"internal/sample":         with(letters, "client/wire", "guarantee", "party", "signing", "signing/devca", "signing/tlog", "tender"),

	// The story acts as its parties do, through the SDK, with certificates of its own making.
	"internal/story": with(letters, "client", "client/wire", "signing", "signing/httpsig", "guarantee/letter/paper", "signing/devca", "signing/tlog", "internal/devpg"),

	"cmd/baohan": {everything},
	"cmd/verify": {"guarantee/letter/verify", "internal/texts"},       // what the browser runs
	"cmd/key":    {"client", "client/acts", "client/wire", "signing"}, // and what signs there
}

// inTests says what tests may import beyond the arrows of their package.
var inTests = map[string][]string{
	everything:                {"internal/blobs", "internal/drawn", "internal/testdb", "internal/testlog", "internal/sample", "internal/clock/sqlclock", "internal/devpg", "signing/devca"},
	"web":                     {"client", "client/acts", "banks/sandbox", "tender/custody", "guarantee/letter/page", "guarantee/letter/paper"}, // drive the server as its users do
	"jobs":                    {"client", "banks/sandbox"},
	"banks":                   {"client", "banks/sandbox"},
	"client":                  {"banks/sandbox"},
	"guarantee/letter/page":   {"guarantee/letter"},                      // letters to be set
	"guarantee/letter/verify": {"internal/texts"},                        // its answers in English
	"migrations":              {"guarantee", "tender", "party", "banks"}, // states that the database holds a second time
}

// A library that only the named packages may import, with the reason. Tests of those packages may
// import it too, and so may the packages in tests.
type library struct {
	paths   []string
	only    []string
	inTests []string
	reason  string
}

var libraries = []library{
	{
		paths:  []string{"github.com/labstack/echo", "github.com/danielgtaylor/huma"},
		only:   []string{"web"},
		reason: "HTTP ends at the edge, so that its library can be exchanged",
	},
	{
		paths:  []string{"github.com/riverqueue/river", "riverqueue.com"},
		only:   []string{"jobs", "migrations"},
		reason: "rooms state facts; jobs alone decides what follows",
	},
	{
		paths: []string{"github.com/jackc/pgx"},
		only: []string{
			"party", "guarantee", "tender", "banks", "jobs", "signing/translog", "migrations",
			"internal/bench", "internal/clock/sqlclock", "internal/devpg", "internal/health", "internal/store", "internal/testdb", "internal/testlog", "cmd/baohan",
			"internal/secrecy", "internal/story", // search a dump of all tables for what must not be there
		},
		inTests: []string{"web"},
		reason:  "bytes and their checks work without a database, offline and in a browser",
	},
	{
		paths:  []string{"github.com/a-h/templ"},
		only:   []string{"web", "web/view", "internal/texts/gather"},
		reason: "pages are the edge's",
	},
	{
		paths:  []string{"rsc.io/qr"},
		only:   []string{"guarantee/letter/page"},
		reason: "whoever checks a document needs nothing of what draws it",
	},
	{
		paths:   []string{"github.com/chromedp"},
		inTests: []string{"web"},
		reason:  "a browser is driven by tests, and pages are the edge's",
	},
	{
		paths:  []string{"github.com/pressly/goose"},
		only:   []string{"migrations"},
		reason: "one way to change the schema",
	},
	{
		paths:  []string{"github.com/tjfoc/gmsm", "github.com/emmansun/gmsm"},
		only:   []string{"signing"},
		reason: "their traps are known, and guarded, in one place",
	},
	{
		paths:  []string{"gocloud.dev"},
		only:   []string{"internal/blobs"},
		reason: "nothing reaches a directory or a bucket unencrypted",
	},
	{
		paths:  []string{"github.com/transparency-dev/merkle"},
		only:   []string{"signing/tlog"},
		reason: "proofs are made and checked in one place",
	},
	{
		paths:  []string{"github.com/alecthomas/kong"},
		only:   []string{"cmd/baohan"},
		reason: "settings are between the operator and the command",
	},
	{
		paths:   []string{"pgregory.net/rapid", "github.com/anishathalye/porcupine", "go.uber.org/goleak", "testing"},
		only:    []string{"internal/drawn", "internal/testdb", "internal/testlog", "internal/sample"},
		inTests: []string{everything},
		reason:  "what serves tests stays out of the binary",
	},
	{
		paths:  []string{"encoding/json"},
		only:   []string{"internal/canary"}, // it writes one file, for the compiler
		reason: "it accepts duplicate names and any case; go-json-experiment/json does not",
	},
}

// detached packages are used where there is no database and no server: offline, in a browser, on a
// custodian's premises. Nothing that they import, however far down, brings one in.
var detached = []string{
	"signing", "signing/httpsig", "signing/tlog", "guarantee/calendar", "guarantee/letter", "guarantee/letter/paper", "guarantee/letter/verify", "client/wire", "client",
	"client/acts", "cmd/verify", "cmd/key",
}

var notDetached = []string{"github.com/jackc/pgx", "github.com/labstack/echo", "github.com/danielgtaylor/huma", "github.com/riverqueue/river"}

// realTime names the files that may read the machine's clock, and why the injected one would be
// wrong there.
var realTime = map[string]string{
	"internal/clock/clock.go":       "this is the clock",
	"internal/bench/stopwatch.go":   "it measures, and signs messages",
	"internal/blobs/sweep.go":       "the age of a file is by the clock of its store",
	"internal/secrecy/stopwatch.go": "it measures answers, and its lots are of today",
	"banks/deliver.go":              "freshness of signed messages",
	"client/machine.go":             "freshness of signed messages",
	"client/receiver.go":            "freshness of signed messages",
	"tender/custody/client.go":      "freshness of signed messages",
	"tender/custody/server.go":      "freshness of signed messages",
	"web/caller.go":                 "freshness of signed messages",
	"web/meter.go":                  "how long an answer took",
	"web/wholefile.go":              "how long a sender of a file may take",
	"web/stream.go":                 "how long a reader of a stream may take",
}

const everything = "*"

func with(base []string, more ...string) []string {
	return append(append([]string{}, base...), more...)
}
