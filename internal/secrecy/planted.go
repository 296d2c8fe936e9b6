package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
)

// leak is a fault that is planted in a copy of the code. The same examination must find it, in these words.
type leak struct {
	what  string
	edits []edit
	flags []string
	finds []string // each in a line of its own
}

// edit replaces what stands exactly once in a file.
type edit struct{ file, old, new string }

var leaks = []leak{
	{
		what: "a bid's row names its lot",
		edits: []edit{
			{"migrations/0004_tender.sql", "    state      text  NOT NULL CHECK (state IN ('received','withdrawn','unsealed','unreadable')),\n", "    state      text  NOT NULL CHECK (state IN ('received','withdrawn','unsealed','unreadable')),\n    lot        text,\n"},
			{"tender/bidstore.go", "	ID                        string\n", "	ID, Lot                   string\n"},
			{"tender/bidstore.go", "INSERT INTO bid (id, state,", "INSERT INTO bid (lot, id, state,"},
			{"tender/bidstore.go", "VALUES (@id, 'received',", "VALUES (@clear, @id, 'received',"},
			{"tender/bidstore.go", `pgx.NamedArgs{
		"id": r.ID, "uniq": r.UniqTag[:],`, `pgx.NamedArgs{"clear": r.Lot,
		"id": r.ID, "uniq": r.UniqTag[:],`},
			{"tender/bid.go", "return bidRow{ID: id,", "return bidRow{ID: id, Lot: c,"},
		},
		finds: []string{"LEAK table bid, new rows holds lot", "LEAK WAL since the first bidder holds lot"},
	},
	{
		what:  "bids are numbered in a row",
		edits: []edit{{"migrations/0004_tender.sql", "CREATE TABLE bid (\n", "CREATE TABLE bid (\n    n bigserial,\n"}},
		finds: []string{"LEAK sequence bid_n_seq counts rows"},
	},
	{
		what:  "PostgreSQL logs statements with their values",
		flags: []string{"-loud"},
		finds: []string{"LEAK log of PostgreSQL holds bidder", "LEAK log of PostgreSQL since the first bidder holds"},
	},
	{
		what: "a metric has a label with the address that was asked",
		edits: []edit{
			{"web/edge.go", "done(r.Method, x, held.status())", "done(r.URL.Path, x, held.status())"},
			{"web/meter.go", "m.took.WithLabelValues(kind(method, x),", "m.took.WithLabelValues(method,"},
		},
		finds: []string{"LEAK answers of GET /metrics holds lot"},
	},
	{
		what: "what exists is forbidden, what does not is not found",
		edits: []edit{
			{"guarantee/view.go", "	if i < 0 {\n		return nil, ErrNotFound\n	}", "	if i < 0 {\n		if _, err := readGuarantee(ctx, d.Pool, id); err == nil {\n			return nil, party.Forbidden(\"not.yours\", \"这不是本单位的申请\")\n		}\n		return nil, ErrNotFound\n	}"},
			{"web/relation.go", "refused && (r.Kind == party.KindNotFound || r.Kind == party.KindForbidden)", "refused && r.Kind == party.KindNotFound"},
		},
		finds: []string{"LEAK GET /api/v1/applications/%s: "},
	},
	{
		what:  "handing in locks the lot's row",
		edits: []edit{{"tender/apply.go", "	if l, err = readLot(ctx, tx, id); err != nil {\n", "	if _, err := lockLotRow(ctx, tx, id); err != nil {\n		return nil, now, err\n	}\n	if l, err = readLot(ctx, tx, id); err != nil {\n"}},
		finds: []string{"LEAK rows of lots were touched"},
	},
	{
		what: "a lock is named by the tag of a row",
		edits: []edit{
			{"tender/bidstore.go", `d.Tags.Owner("bidder-lock/"+bidder, 0)`, `d.Tags.Owner(bidder, 0)`},
			{"guarantee/apply.go", `d.Tags.Owner("bidder-lock/"+p.applicant, 0)`, `d.Tags.Owner(p.applicant, 0)`},
		},
		finds: []string{"LEAK pg_locks: "},
	},
	{
		what:  "a bid's ciphertext is as long as the bid",
		edits: []edit{{"tender/bid.go", "custody.RecordAAD(letter.StageBids, id), letter.BidSize,", "custody.RecordAAD(letter.StageBids, id), len(plain)+4,"}},
		flags: []string{"-plays=30"},
		finds: []string{"LEAK bid.sealed differs by ", "LEAK distinguishing game: the bidder is guessed"},
	},
	{
		what:  "a row for cover keeps no answer",
		edits: []edit{{"tender/cover.go", "return f.desk.keepBid(ctx, tx, cmd, n.who.Party.USCC, row, answer)", "_, row.OwnerTag = cmd, row.UniqTag\n		return insertBid(ctx, tx, row)"}},
		flags: []string{"-crowds=40"},
		finds: []string{"LEAK how many bid is guessed under a cover"},
	},
}

// plantAll plants each leak in turn. A leak that is not found is an error: then a run without finds means nothing.
func plantAll(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "baohan-leaks-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	missed := make([]error, len(leaks))
	begun := now()
	_ = together(len(leaks), func(i int) error { // each says for itself what it missed
		missed[i] = leaks[i].plant(ctx, filepath.Join(dir, fmt.Sprint(i)))
		return nil
	})
	count := 0
	for i, l := range leaks {
		if missed[i] != nil {
			count++
			fmt.Fprintf(out, "MISSED %s: %v\n", l.what, missed[i])
			continue
		}
		fmt.Fprintf(out, "found  %s\n", l.what)
	}
	fmt.Fprintf(out, "%d of %d planted leaks found in %.0f s\n", len(leaks)-count, len(leaks), now().Sub(begun).Seconds())
	if count > 0 {
		return fmt.Errorf("%d planted leaks were not found", count)
	}
	return nil
}

// plant builds this program over the changed files, runs it on a few bidders, and returns nil when it finds the leak.
func (l leak) plant(ctx context.Context, dir string) error {
	overlay, err := l.overlay(dir)
	if err != nil {
		return err
	}
	program := filepath.Join(dir, "secrecy")
	if out, err := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", program, "./internal/secrecy").CombinedOutput(); err != nil {
		return fmt.Errorf("it does not compile: %w\n%s", err, out)
	}
	flags := append([]string{"-bidders=12", "-plays=0", "-crowds=0", "-probes=20", "-open=false", "-leaks=false"}, l.flags...)
	out, err := exec.CommandContext(ctx, program, flags...).CombinedOutput()
	if err == nil {
		return fmt.Errorf("nothing was found")
	}
	for _, words := range l.finds {
		if !strings.Contains(string(out), "\n"+words) {
			return fmt.Errorf("%q is not found:\n%s", words, out)
		}
	}
	return nil
}

// overlay writes the changed files, and the file that tells the compiler of them.
func (l leak) overlay(dir string) (path string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	texts, replace := map[string]string{}, map[string]string{}
	for _, e := range l.edits {
		text, begun := texts[e.file]
		if !begun {
			b, err := os.ReadFile(e.file)
			if err != nil {
				return "", fmt.Errorf("run this from the top of the repository: %w", err)
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return "", fmt.Errorf("%.60q stands %d times in %s; bring the leak up to date", e.old, n, e.file)
		}
		texts[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	for file, text := range texts {
		changed := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		original, err := filepath.Abs(file)
		if err == nil {
			err = os.WriteFile(changed, []byte(text), 0o600)
		}
		if err != nil {
			return "", err
		}
		replace[original] = changed
	}
	b, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, b, 0o600)
}
