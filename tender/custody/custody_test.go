package custody

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/signing"
	"baohan/signing/devca"
)

var (
	published = time.Date(2026, 11, 23, 9, 0, 0, 0, calendar.Shanghai)
	deadline  = time.Date(2026, 12, 21, 10, 0, 0, 0, calendar.Shanghai)
)

const project, lot = "CSRC2026-01", "CSRC2026-01-01"

// world is three custodians with a lot, and a centre that may close it.
type world struct {
	t       *testing.T
	ctx     context.Context
	clock   *clock.Manual
	ca      *devca.CA
	dir     string
	holders [3]DevHolder
	centre  devca.Identity
	agent   *DevAgent
	keys    letter.KeySet

	bids     map[string]signing.Sealed // of ask
	closingA []byte
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), clock: clock.NewManual(published), dir: t.TempDir()}
	w.ca = must(devca.New("测试", published.AddDate(-1, 0, 0), 5))
	w.centre = w.identity("交易中心", 1)
	for i, name := range []string{"保管人甲", "保管人乙", "保管人丙"} {
		id := w.identity(name, 10+i)
		w.holders[i] = DevHolder{Party: letter.Party{Name: name, USCC: code(10 + i)}, Signer: id.Key, Chain: id.Chain}
	}
	w.start()
	w.keys = letter.KeySet{Version: 1, Project: project, Lot: lot}
	for i, c := range w.agent.Custodians() {
		w.keys.Keys[i] = must(c.Key(w.ctx, project, lot, deadline))
	}
	return w
}

// start opens the custodians' directory, as after a restart.
func (w *world) start() {
	w.t.Helper()
	w.agent = must(NewDevAgent(w.dir, []byte("pass"), w.holders, w.clock, must(w.ca.Trust()), code(1), signing.WithIterations(1000)))
}

func code(n int) string { return must(letter.CompleteUSCC(fmt.Sprintf("9143010076071%04d", n))) }

func (w *world) identity(name string, n int) devca.Identity {
	return must(w.ca.Issue(signing.Name{CommonName: name, Organization: name, OrganizationID: code(n)}, signing.UseSign, published.AddDate(0, -1, 0), published.AddDate(3, 0, 0)))
}

func newID() string { return hex.EncodeToString(signing.Random(16)) }

// seal seals something as a record of a stage.
func (w *world) seal(stage, id string) signing.Sealed {
	w.t.Helper()
	return must(signing.SealTwoOfThree([]byte("明文"+id), RecordAAD(stage, id), 1024, w.keys.Public(), signing.PublicKey{}))
}

// asked is what a custodian is told of them.
func asked(records map[string]signing.Sealed) map[string]Record {
	out := make(map[string]Record, len(records))
	for id, s := range records {
		out[id] = RecordOf(must(s.MarshalBinary()))
	}
	return out
}

func (w *world) closing(stage string, previous []byte, records map[string]signing.Sealed) letter.Closing {
	w.t.Helper()
	c := letter.Closing{Version: 1, Stage: stage, Project: project, Lot: lot, Deadline: deadline, ClosedAt: deadline, Custodians: w.keys.Digest()}
	if previous != nil {
		c.Previous = letter.ClosingDigest(previous)
	}
	for id, s := range records {
		c.Records = append(c.Records, letter.RecordRef{ID: id, Digest: letter.SealedDigest(must(s.MarshalBinary()))})
	}
	slices.SortFunc(c.Records, func(a, b letter.RecordRef) int { return strings.Compare(a.ID, b.ID) })
	return c
}

func (w *world) sign(by devca.Identity, c letter.Closing) []byte {
	w.t.Helper()
	return must(signing.SignData(w.ctx, by.Key, by.Chain, must(c.Canonical()), w.clock.Now()))
}

func TestOpeningInTwoRounds(t *testing.T) {
	w := newWorld(t)
	if err := w.keys.Check(must(w.ca.Trust()), published); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(deadline)
	id, full := newID(), newID()
	bids := map[string]signing.Sealed{id: w.seal(letter.StageBids, id)}
	a := w.sign(w.centre, w.closing(letter.StageBids, nil, bids))
	w.opens(a, nil, letter.StageBids, bids)
	letters := map[string]signing.Sealed{full: w.seal(letter.StageLetters, full), full + LetterSuffix: w.seal(letter.StageLetters, full+LetterSuffix)}
	b := w.sign(w.centre, w.closing(letter.StageLetters, a, letters))
	w.start() // what was served is remembered on disk
	w.opens(b, a, letter.StageLetters, letters)
	w.opens(a, nil, letter.StageBids, bids) // again: the same
}

// A closing over bids that are sealed elsewhere has no share to ask for. It is served all the same, once and not before
// the deadline, and the letters are served on it alone.
func TestClosingOverBidsElsewhere(t *testing.T) {
	w := newWorld(t)
	listed := func() []byte {
		c := w.closing(letter.StageBids, nil, nil)
		for i := range 3 {
			c.Records = append(c.Records, letter.RecordRef{ID: fmt.Sprintf("%032x", i), Digest: signing.Sum(signing.Random(8))})
		}
		return w.sign(w.centre, c)
	}
	id, a := newID(), listed()
	letters := map[string]signing.Sealed{id: w.seal(letter.StageLetters, id)}
	b := w.sign(w.centre, w.closing(letter.StageLetters, a, letters))
	one := w.agent.Custodians()[0]
	_, err := one.Shares(w.ctx, a, nil, nil)
	wants(t, err, ErrTooEarly)
	w.clock.Set(deadline)
	_, err = one.Shares(w.ctx, b, a, asked(letters))
	wants(t, err, ErrPrevious)
	for _, c := range w.agent.Custodians() {
		if shares, err := c.Shares(w.ctx, a, nil, nil); err != nil || len(shares) != 0 {
			t.Errorf("%d shares of nothing: %v", len(shares), err)
		}
	}
	_, err = one.Shares(w.ctx, listed(), nil, nil)
	wants(t, err, ErrChanged)
	w.opens(b, a, letter.StageLetters, letters)
}

// opens asks each pair of custodians and opens every record with it.
func (w *world) opens(closing, previous []byte, stage string, records map[string]signing.Sealed) {
	w.t.Helper()
	var given [3]map[string]signing.Share
	for i, c := range w.agent.Custodians() {
		given[i] = must(c.Shares(w.ctx, closing, previous, asked(records)))
	}
	for id, s := range records {
		for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
			plain, err := s.Open(RecordAAD(stage, id), given[pair[0]][id], given[pair[1]][id])
			if err != nil || string(plain) != "明文"+id {
				w.t.Errorf("%s with %v: %q %v", id, pair, plain, err)
			}
		}
	}
}

// Everything that must make a custodian give nothing.
func TestRefusals(t *testing.T) {
	id, other := newID(), newID()
	stranger := func(w *world) devca.Identity { return w.identity("另一单位", 50) }
	for name, c := range map[string]struct {
		want error
		ask  func(w *world, records map[string]signing.Sealed) (closing, previous []byte)
	}{
		"a microsecond early": {ErrTooEarly, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			w.clock.Set(deadline.Add(-time.Microsecond))
			return w.sign(w.centre, w.closing(letter.StageBids, nil, r)), nil
		}},
		"an earlier deadline": {ErrDeadline, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			c := w.closing(letter.StageBids, nil, r)
			c.Deadline = published
			return w.sign(w.centre, c), nil
		}},
		"not the centre": {ErrNotCentre, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			return w.sign(stranger(w), w.closing(letter.StageBids, nil, r)), nil
		}},
		"another authority's centre": {ErrNotCentre, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			w.ca = must(devca.New("另一机构", published.AddDate(-1, 0, 0), 5))
			return w.sign(w.identity("交易中心", 1), w.closing(letter.StageBids, nil, r)), nil
		}},
		"spoilt": {ErrNotCentre, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			p7s := w.sign(w.centre, w.closing(letter.StageBids, nil, r))
			p7s[len(p7s)-5] ^= 1
			return p7s, nil
		}},
		"another lot": {ErrNoKey, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			c := w.closing(letter.StageBids, nil, r)
			c.Lot = "CSRC2026-01-02"
			return w.sign(w.centre, c), nil
		}},
		"not named": {ErrUnnamed, func(w *world, _ map[string]signing.Sealed) ([]byte, []byte) {
			return w.sign(w.centre, w.closing(letter.StageBids, nil, map[string]signing.Sealed{other: w.seal(letter.StageBids, other)})), nil
		}},
		"other bytes": {ErrDigest, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			p7s := w.sign(w.centre, w.closing(letter.StageBids, nil, r))
			r[id] = w.seal(letter.StageBids, id)
			return p7s, nil
		}},
		"another ciphertext": {ErrDigest, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			p7s := w.sign(w.centre, w.closing(letter.StageBids, nil, r))
			r[id].Ciphertext[100] ^= 1
			return p7s, nil
		}},
		"a record of another id": {ErrUnnamed, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			r[id] = w.seal(letter.StageBids, other)
			return w.sign(w.centre, w.closing(letter.StageBids, nil, r)), nil
		}},
		"a letter as a bid": {ErrUnnamed, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			r[id] = w.seal(letter.StageLetters, id)
			return w.sign(w.centre, w.closing(letter.StageBids, nil, r)), nil
		}},
		"a second list": {ErrChanged, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			first := map[string]signing.Sealed{other: w.seal(letter.StageBids, other)}
			must(w.agent.Custodians()[0].Shares(w.ctx, w.sign(w.centre, w.closing(letter.StageBids, nil, first)), nil, asked(first)))
			return w.sign(w.centre, w.closing(letter.StageBids, nil, r)), nil
		}},
		"letters before bids": {ErrPrevious, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			r[id] = w.seal(letter.StageLetters, id)
			a := w.sign(w.centre, w.closing(letter.StageBids, nil, nil))
			return w.sign(w.centre, w.closing(letter.StageLetters, a, r)), a
		}},
		"letters after other bids": {ErrPrevious, func(w *world, r map[string]signing.Sealed) ([]byte, []byte) {
			r[id] = w.seal(letter.StageLetters, id)
			served := w.sign(w.centre, w.closing(letter.StageBids, nil, nil))
			must(w.agent.Custodians()[0].Shares(w.ctx, served, nil, nil))
			other := w.sign(w.centre, w.closing(letter.StageBids, nil, nil)) // signed again: other bytes
			return w.sign(w.centre, w.closing(letter.StageLetters, other, r)), other
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.clock.Set(deadline)
			records := map[string]signing.Sealed{id: w.seal(letter.StageBids, id)}
			closing, previous := c.ask(w, records)
			got, err := w.agent.Custodians()[0].Shares(w.ctx, closing, previous, asked(records))
			if !errors.Is(err, c.want) || got != nil {
				t.Fatalf("got %v %v, want %v", got, err, c.want)
			}
		})
	}
}

// The key of a lot is made once, for one deadline, and it comes back after a restart.
func TestKey(t *testing.T) {
	w := newWorld(t)
	c := w.agent.Custodians()[0]
	if k := must(c.Key(w.ctx, project, lot, deadline)); !k.Public.Equal(w.keys.Keys[0].Public) {
		t.Fatal("a second key")
	}
	if _, err := c.Key(w.ctx, project, lot, deadline.Add(-time.Second)); !errors.Is(err, ErrDeadline) {
		t.Fatalf("an earlier deadline: %v", err)
	}
	if _, err := c.Key(w.ctx, project, lot, deadline.Add(time.Hour)); !errors.Is(err, ErrDeadline) {
		t.Fatalf("a later deadline, ordered by nobody: %v", err)
	}
	w.start()
	c = w.agent.Custodians()[0]
	if k := must(c.Key(w.ctx, project, lot, deadline)); !k.Public.Equal(w.keys.Keys[0].Public) {
		t.Fatal("another key after the restart")
	}
}

// Rehearsing opens a rehearsal and never a share.
func TestRehearse(t *testing.T) {
	w := newWorld(t)
	c := w.agent.Custodians()[1]
	message := Rehearsal()
	got, err := c.Rehearse(w.ctx, project, lot, must(signing.Wrap(w.keys.Keys[1].Public, message)))
	if err != nil || !bytes.Equal(got, message) {
		t.Fatalf("%x %v", got, err)
	}
	sealed := w.seal(letter.StageBids, newID())
	if got, err := c.Rehearse(w.ctx, project, lot, sealed.Shares[1]); !errors.Is(err, ErrRehearsal) || got != nil {
		t.Fatalf("a share was opened: %v", err)
	}
	if _, err := c.Rehearse(w.ctx, project, "another", nil); !errors.Is(err, ErrNoKey) {
		t.Fatalf("another lot: %v", err)
	}
}

// A record whose share is spoilt is left out; the others are given.
func TestSpoiltShareIsLeftOut(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(deadline)
	good, bad := newID(), newID()
	records := map[string]signing.Sealed{good: w.seal(letter.StageBids, good), bad: w.seal(letter.StageBids, bad)}
	spoilt := records[bad]
	spoilt.Shares[0] = records[good].Shares[0]
	records[bad] = spoilt
	got := must(w.agent.Custodians()[0].Shares(w.ctx, w.sign(w.centre, w.closing(letter.StageBids, nil, records)), nil, asked(records)))
	if _, ok := got[bad]; ok || len(got) != 1 {
		t.Fatalf("given %d", len(got))
	}
}

// What lies on the disk holds no private key in clear, and nothing opens without the passphrase.
func TestNothingInClearOnDisk(t *testing.T) {
	w := newWorld(t)
	_, key, err := w.agent.agents[0].open(w.ctx, project, lot)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b := must(os.ReadFile(path))
		for _, secret := range [][]byte{key.Bytes(), []byte(hex.EncodeToString(key.Bytes()))} {
			if bytes.Contains(b, secret) {
				t.Errorf("%s holds a private key", path)
			}
		}
		if mode := must(d.Info()).Mode().Perm(); mode != 0o600 {
			t.Errorf("%s is %v", path, mode)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewDevAgent(w.dir, []byte("wrong"), w.holders, w.clock, must(w.ca.Trust()), code(1)); err == nil {
		t.Fatal("another passphrase opened the keys")
	}
}
