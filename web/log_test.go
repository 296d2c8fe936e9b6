package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/client"
	"baohan/client/wire"
	"baohan/internal/clock"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// logged is a world with a transparency log behind its API, and two witnesses that are known to it.
type logged struct {
	*world
	log       *translog.Log
	clock     *clock.Manual
	key       tlog.Key
	witnesses []*tlog.Witness
	sdk       *client.Log
}

func newLogged(t *testing.T) *logged {
	t.Helper()
	w := newWorld(t)
	signer := must(signing.GenerateKey())
	l := &logged{world: w, clock: clock.NewManual(start), key: must(tlog.LogKey("log.example.cn/2026", signer.Public()))}
	c := translog.Config{Pool: w.pool, Clock: l.clock, Key: l.key, Signer: signer, Batch: 5, Every: time.Minute, Within: 15 * time.Minute,
		Quorum: 1, Log: slog.New(slog.DiscardHandler)}
	for i := range 2 {
		key := must(signing.GenerateKey())
		k := must(tlog.WitnessKey(fmt.Sprintf("witness.example.cn/%d", i), key.Public()))
		c.Witnesses = append(c.Witnesses, k)
		l.witnesses = append(l.witnesses, &tlog.Witness{Key: k, Signer: key, Log: []tlog.Key{l.key}, Clock: l.clock,
			File: filepath.Join(t.TempDir(), "last.note")})
	}
	l.log = must(translog.New(c))
	config := w.restarted()
	config.Translog = l.log
	w.server = httptest.NewServer(must(New(config)))
	t.Cleanup(w.server.Close)
	l.sdk = must(client.NewLog(client.Platform{Base: w.server.URL, Attempts: 1}))
	return l
}

func (l *logged) beat() {
	l.t.Helper()
	l.clock.Advance(time.Minute)
	if !must(l.log.Step(l.t.Context())) {
		l.t.Fatal("nothing was appended")
	}
}

func (l *logged) enqueue(fact string) tlog.Leaf {
	l.t.Helper()
	leaf := tlog.NewLeaf("baohan/test/1", []byte(fact))
	if err := pgx.BeginFunc(l.t.Context(), l.pool, func(tx pgx.Tx) error { return translog.EnqueueTx(l.t.Context(), tx, leaf) }); err != nil {
		l.t.Fatal(err)
	}
	return leaf
}

// witness has a witness follow over HTTP and hand its line in.
func (l *logged) witness(w *tlog.Witness) (tlog.Checkpoint, error) {
	l.t.Helper()
	c, line, err := w.Follow(l.t.Context(), l.sdk)
	if err != nil {
		return c, err
	}
	return c, l.sdk.Countersign(l.t.Context(), c.Size, line)
}

// TestLogOverHTTP: a stranger who has the keys from somebody else follows the log by its API alone, and believes it
// only as far as it proves.
func TestLogOverHTTP(t *testing.T) {
	l := newLogged(t)
	if _, err := l.sdk.Head(t.Context()); problemCode(err) != "log.empty" {
		t.Fatalf("a log without a head: %v", err)
	}
	leaf := l.enqueue("fact")
	receipt := must(tlog.OpenReceipt(must(l.sdk.Receipt(t.Context(), leaf.Commitment)), l.key))
	if receipt.Leaf != leaf.Commitment || receipt.By.Sub(start) < 10*time.Minute {
		t.Errorf("%+v", receipt)
	}
	if _, err := l.sdk.Inclusion(t.Context(), leaf.Commitment); problemCode(err) != "log.waiting" {
		t.Errorf("a leaf that waits: %v", err)
	}
	var heads []tlog.Checkpoint
	for range 3 {
		l.beat()
		for _, w := range l.witnesses {
			heads = append(heads, must(l.witness(w)))
		}
	}
	policy := tlog.Policy{Log: []tlog.Key{l.key}, Witnesses: l.log.Witnesses, Quorum: 2}
	head, seen, err := policy.Open(must(l.sdk.Head(t.Context())))
	if err != nil || len(seen) != 2 || head != heads[5] || head.Size != 15 {
		t.Fatalf("%v, seen by %v: %v", head, seen, err)
	}
	proof := must(l.sdk.Inclusion(t.Context(), leaf.Commitment))
	if _, _, err := proof.Verify(leaf.Commitment, policy); err != nil {
		t.Error(err)
	}
	if err := must(l.sdk.Consistency(t.Context(), 5, 15)).Verify(heads[0], head); err != nil {
		t.Error(err)
	}
	l.mirrored(head)
	keys := must(l.sdk.Keys(t.Context()))
	if keys.Log != l.key.String() || len(keys.Witnesses) != 2 || keys.Batch != 5 || keys.Every != 60 || keys.Within != 900 || keys.Quorum != 1 {
		t.Errorf("%+v", keys)
	}
}

// mirrored copies the whole log and finds the head's root over it.
func (l *logged) mirrored(head tlog.Checkpoint) {
	l.t.Helper()
	tree := tlog.NewTree()
	for {
		leaves := must(l.sdk.Leaves(l.t.Context(), tree.Size()))
		if len(leaves) == 0 {
			break
		}
		for _, leaf := range leaves {
			tree.Append(tlog.LeafHash(leaf), nil)
		}
	}
	if tree.Size() != head.Size || tree.Root() != head.Root {
		l.t.Errorf("a mirror of %d leaves is not the log", tree.Size())
	}
}

func problemCode(err error) string {
	var p wire.Problem
	errors.As(err, &p)
	return p.Code
}

// TestCountersignTakesKnownWitnesses: nobody else's line, and no line on another head, is kept; the same line again
// changes nothing.
func TestCountersignTakesKnownWitnesses(t *testing.T) {
	l := newLogged(t)
	l.beat()
	head, line, err := l.witnesses[0].Follow(t.Context(), l.sdk)
	if err != nil {
		t.Fatal(err)
	}
	stranger := must(signing.GenerateKey())
	foreign := must(tlog.Cosign(t.Context(), head, must(tlog.WitnessKey(l.witnesses[0].Key.Name(), stranger.Public())), stranger, start))
	other := must(tlog.Cosign(t.Context(), tlog.Checkpoint{Origin: head.Origin, Size: head.Size, Root: signing.Sum([]byte("another"))}, l.witnesses[0].Key, l.witnesses[0].Signer, start))
	_, own, err := l.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		size uint64
		line string
		want string
	}{
		"another's key under its name": {head.Size, foreign.String(), "log.cosignature"},
		"on another root":              {head.Size, other.String(), "log.cosignature"},
		"the log's own line":           {head.Size, own.Lines[0].String(), "log.cosignature"},
		"no line":                      {head.Size, "— x y\n", "log.cosignature"},
		"a size that is no head":       {head.Size - 1, line.String(), "not_found"},
		"a size beyond every number":   {1 << 63, line.String(), "not_found"},
	} {
		if got := l.as("", "POST", "/api/v1/log/cosignatures", wire.LogCosignature{Size: c.size, Line: c.line}); got.problem(t).Code != c.want {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if n := l.count(`SELECT count(*) FROM log_cosignature`); n != 0 {
		t.Fatalf("%d lines are kept", n)
	}
	for range 2 {
		if err := l.sdk.Countersign(t.Context(), head.Size, line); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.count(`SELECT count(*) FROM log_cosignature`); n != 1 {
		t.Errorf("%d lines are kept", n)
	}
}

func (l *logged) count(sql string) (n int) {
	l.t.Helper()
	if err := l.pool.QueryRow(l.t.Context(), sql).Scan(&n); err != nil {
		l.t.Fatal(err)
	}
	return n
}

// TestLogSaysNothingOfWhatIsNotThere: whatever is not in the log, in whatever spelling, is one answer; a platform
// without a log gives the same.
func TestLogSaysNothingOfWhatIsNotThere(t *testing.T) {
	l := newLogged(t)
	l.beat()
	unknown := signing.Sum([]byte("nobody's")).String()
	var bodies [][]byte
	for _, path := range []string{"/log/leaves/" + unknown + "/proof", "/log/leaves/" + unknown + "/receipt", "/log/leaves/" + strings.ToUpper(unknown) + "/proof",
		"/log/leaves/x/receipt", "/log/consistency?from=1&to=5", "/log/consistency?from=0&to=6", "/log/consistency?from=5&to=4"} {
		got := l.as("", "GET", "/api/v1"+path, nil)
		if got.status != http.StatusNotFound || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
		bodies = append(bodies, got.body)
	}
	bare := newWorld(t)
	for _, path := range []string{"/log/head", "/log/keys", "/log/leaves", "/log/leaves/" + unknown + "/proof", "/log/consistency?from=0&to=5"} {
		bodies = append(bodies, bare.as("", "GET", "/api/v1"+path, nil).body)
	}
	if n := len(slices.CompactFunc(bodies, func(a, b []byte) bool { return string(a) == string(b) })); n != 1 {
		t.Errorf("%d different answers for what is not there", n)
	}
}

// TestLogSaysNothingOfHowMany: two logs of one age, of which one had facts and the other none, answer alike.
func TestLogSaysNothingOfHowMany(t *testing.T) {
	seen := func(facts int) (all []int) {
		l := newLogged(t)
		for i := range 3 {
			for j := range facts {
				l.enqueue(fmt.Sprint(i, j))
			}
			if i == 2 {
				break // what waits is not to be seen either
			}
			l.beat()
		}
		for _, path := range []string{"/log/head", "/log/leaves", "/log/keys", "/log/consistency?from=5&to=10"} {
			all = append(all, len(l.as("", "GET", "/api/v1"+path, nil).body))
		}
		return all
	}
	if none, many := seen(0), seen(5); !slices.Equal(none, many) {
		t.Errorf("answers of %v bytes with facts, of %v without", many, none)
	}
}

// TestLogIsCachedWhereItStays: a proof between two heads and a full page never change; the rest is asked again.
func TestLogIsCachedWhereItStays(t *testing.T) {
	l := newLogged(t)
	l.beat()
	l.beat()
	leaf := must(l.sdk.Leaves(t.Context(), 0))[0].String()
	for path, want := range map[string]string{"/log/head": freshly, "/log/consistency?from=5&to=10": forEver, "/log/leaves": freshly,
		"/log/leaves/" + leaf + "/proof": freshly, "/log/leaves/" + leaf + "/receipt": never, "/log/keys": freshly} {
		got := l.as("", "GET", "/api/v1"+path, nil)
		tag := got.header.Get("ETag")
		if got.status != http.StatusOK || got.header.Get("Cache-Control") != want || (tag == "") != (want == never) {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
		if tag == "" {
			continue
		}
		again := l.request("GET", "/api/v1"+path, nil)
		again.Header.Set("If-None-Match", tag)
		if got := l.send(again); got.status != http.StatusNotModified || len(got.body) != 0 {
			t.Errorf("%s again: %d, %d bytes", path, got.status, len(got.body))
		}
	}
	signed := l.send(l.signed(l.bank(21), "GET", "/api/v1/log/head", nil))
	if signed.status != http.StatusOK || signed.header.Get("Signature") == "" || signed.header.Get("Cache-Control") != "no-store" {
		t.Errorf("an answer signed for one: %d %v", signed.status, signed.header)
	}
}

// TestWhoAsksForALeafIsNotNamed: before an opening it is most likely a bidder, so our own log says of it what it says of
// all that bidders do.
func TestWhoAsksForALeafIsNotNamed(t *testing.T) {
	l := newLogged(t)
	l.beat()
	leaf := must(l.sdk.Leaves(t.Context(), 0))[0]
	must(l.sdk.Inclusion(t.Context(), leaf))
	must(l.sdk.Receipt(t.Context(), leaf))
	said := l.world.log.String()
	if strings.Contains(said, "log-proof") || strings.Contains(said, "log-receipt") || strings.Contains(said, leaf.String()) {
		t.Errorf("the log tells of one who asked for a leaf:\n%s", said)
	}
	if !strings.Contains(said, "operation=log-leaves") || strings.Count(said, "operation=bidder") != 2 {
		t.Errorf("the requests are not in the log:\n%s", said)
	}
}
