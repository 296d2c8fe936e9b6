package main

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/client/wire"
	"baohan/tender"
)

// outcome is all that stands of a lot in the end, part by part, as text in which ids, instants, digests and signatures
// have given place to what they are of.
type outcome struct {
	parts map[string]string
}

// compare names each part that is not as it is without a kill, by its first difference.
func (o *outcome) compare(t *testing.T, want *outcome) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want.parts)) {
		got, want := alarm.ReplaceAllString(o.parts[name], ""), want.parts[name]
		if got != want {
			g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
			i := 0
			for i < len(g) && i < len(w) && g[i] == w[i] {
				i++
			}
			t.Errorf("%s, line %d of %d (%d without a kill):\n got: %s\nwant: %s", name, i+1, len(g), len(w), near(g, i), near(w, i))
		}
	}
}

// alarm says for which custodian an opening waited, or went on without it; that stays, whoever was killed.
var alarm = regexp.MustCompile(`(?m)^\.awaited\[\].*\n`)

func near(lines []string, i int) string {
	return strings.Join(lines[max(0, min(i-2, len(lines))):min(i+3, len(lines))], "\n      ")
}

func (h *killHouse) outcome(l *killLot) *outcome {
	h.t.Helper()
	ctx := h.t.Context()
	opening, sheet := sure(h.host.Opening(ctx, l.ID))(h), sure(h.host.Sheet(ctx, l.ID, 0))(h)
	hall, record := sure(h.host.HallOf(ctx, l.ID))(h), sure(h.host.Record(ctx, l.ID, 0))(h)
	names := l.names()
	for _, x := range opening.Letters {
		if x.Number != "" {
			names = append(names, x.Number, "<number>")
		}
	}
	n := normaliser{h, strings.NewReplacer(names...)}
	o := &outcome{map[string]string{}}
	for name, v := range map[string]any{"lot": sure(h.host.Lot(ctx, l.ID))(h), "opening": opening, "sheet": sheet, "hall": hall,
		"record": jsontext.Value(record.Content), "signatures": record.Signatures, "letter": sure(h.bidders[2].Application(ctx, l.letter))(h)} {
		o.parts[name] = n.text(v)
	}
	for name, sql := range map[string]string{
		"events of the lot":        `SELECT jsonb_build_array(seq, kind, actor, data) FROM lot_event WHERE lot = $1 ORDER BY seq`,
		"events of the session":    `SELECT jsonb_build_array(seq, kind, actor, data) FROM hall_event WHERE lot = $1 ORDER BY seq`,
		"closings":                 `SELECT jsonb_build_array(stage, signed IS NOT NULL) FROM closing WHERE lot = $1 ORDER BY stage`,
		"what the hall was told":   `SELECT jsonb_build_array(stage, count(*)) FROM opening_progress WHERE lot = $1 AND stage IN ('closed', 'published') GROUP BY stage ORDER BY stage`,
		"events of the letter":     `SELECT jsonb_build_array(seq, kind, actor, data) FROM guarantee_event WHERE guarantee = $1 ORDER BY seq`,
		"messages of the letter":   `SELECT jsonb_build_array(kind, count(*)) FROM delivery WHERE guarantee = $1 GROUP BY kind ORDER BY kind`,
		"the letter's own machine": `SELECT jsonb_build_array(version, application_state, fee_state, instrument_state, disclosure_state, verification_state, release_state) FROM guarantee WHERE id = $1`,
	} {
		of := l.ID
		if strings.Contains(name, "letter") {
			of = l.letter
		}
		o.parts[name] = n.rows(sql, of)
	}
	h.timeIsKept(l, hall.Rules)
	return o
}

func (l *killLot) names() []string {
	out := []string{l.ID, "<lot>", l.Project, "<project>", l.Lot.Lot.Code, "<code>", l.letter, "<letter>"}
	for i, b := range l.bids {
		out = append(out, b, "<bid of "+string(rune('A'+i))+">")
	}
	return out
}

// normaliser makes texts of two lots comparable.
type normaliser struct {
	h     *killHouse
	names *strings.Replacer
}

func (n normaliser) rows(sql, of string) string {
	n.h.t.Helper()
	rows, err := n.h.pool.Query(n.h.t.Context(), sql, of)
	n.h.must(err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var text string
		n.h.must(rows.Scan(&text))
		out = append(out, n.text(jsontext.Value(text)))
	}
	n.h.must(rows.Err())
	return strings.Join(out, "\n")
}

func (n normaliser) text(v any) string {
	n.h.t.Helper()
	raw := sure(json.Marshal(v, json.Deterministic(true)))(n.h)
	var tree any
	n.h.must(json.Unmarshal([]byte(n.names.Replace(string(raw))), &tree))
	return string(plain(tree, ""))
}

var (
	instant = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
	day     = regexp.MustCompile(`\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?(\.\d+)?)?|\d{4} ?年 ?\d+ ?月 ?\d+ ?日( ?\d+[时:]\d+(分|:\d+)?(\d+秒)?)?`)
	digest  = regexp.MustCompile(`[0-9a-f]{32,128}`)
	clockAt = regexp.MustCompile(`\d\d:\d\d:\d\d(\.\d+)?`)
	base64  = regexp.MustCompile(`^[A-Za-z0-9+/]{80,}=*$`)
)

// plain writes a value with one line for each leaf; what has no order of its own is sorted by its text.
func plain(v any, path string) []byte {
	switch v := v.(type) {
	case map[string]any:
		var out []byte
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out = append(out, plain(v[name], path+"."+name)...)
		}
		return out
	case []any:
		parts := make([][]byte, len(v))
		for i, x := range v {
			parts[i] = plain(x, path+"[]")
		}
		if path != "" { // the columns of a row stand in their order
			slices.SortFunc(parts, bytes.Compare)
		}
		return bytes.Join(parts, nil)
	case string:
		for _, r := range []*regexp.Regexp{base64, instant, digest, day, clockAt} {
			v = r.ReplaceAllString(v, "<"+map[*regexp.Regexp]string{base64: "bytes", instant: "instant", digest: "digest", day: "day", clockAt: "clock"}[r]+">")
		}
		return []byte(path + " = " + v + "\n")
	}
	if strings.HasSuffix(path, "left_us") || strings.HasSuffix(path, "remaining_us") { // timeIsKept counts them
		v = "…"
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was read from JSON
	}
	return []byte(path + " = " + string(text) + "\n")
}

// timed is what the events of a session say of its windows.
type timed struct {
	Until    time.Time `json:"until"`
	LeftUS   int64     `json:"left_us"`
	Minutes  int       `json:"minutes"`
	From, To time.Time
}

// timeIsKept counts the windows over again from the events: no microsecond is lost or won, whoever died in between.
func (h *killHouse) timeIsKept(l *killLot, rules wire.HallRules) (outages []timed) {
	h.t.Helper()
	rows, err := h.pool.Query(h.t.Context(), `SELECT kind, at, data FROM hall_event WHERE lot = $1 ORDER BY seq`, l.ID)
	h.must(err)
	defer rows.Close()
	var until, lost time.Time
	var left time.Duration
	for rows.Next() {
		var kind tender.HallVerb
		var at time.Time
		var data []byte
		h.must(rows.Scan(&kind, &at, &data))
		var e timed
		h.must(json.Unmarshal(data, &e, json.MatchCaseInsensitiveNames(true)))
		switch kind { //nolint:exhaustive // the others have no window
		case tender.HallOrder:
			until = at.Add(time.Duration(rules.Decrypt) * time.Minute)
		case tender.HallHear:
			until = at.Add(time.Duration(rules.Objection) * time.Minute)
		case tender.HallRecord:
			until = at.Add(time.Duration(rules.Sign) * time.Minute)
		case tender.HallExtended:
			until = until.Add(time.Duration(e.Minutes) * time.Minute)
		case tender.HallOutage:
			if e.From.Before(lost) || !e.To.After(e.From) {
				h.t.Errorf("an outage from %s counts time that was given back until %s", e.From, lost)
			}
			until, lost = until.Add(e.To.Sub(e.From)), e.To
			outages = append(outages, e)
		case tender.HallPause:
			left, until = until.Sub(at), time.Time{}
			if got := time.Duration(e.LeftUS) * time.Microsecond; got != left {
				h.t.Errorf("the pause keeps %s, and %s was left", got, left)
			}
			continue
		case tender.HallResume:
			until = at.Add(left)
		default:
			continue
		}
		if !e.Until.Equal(until) {
			h.t.Errorf("%s: until %s, want %s", kind, e.Until, until)
		}
	}
	h.must(rows.Err())
	return outages
}
