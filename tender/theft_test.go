package tender

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/tender/custody"
)

// stolen is what lies in one custodian's directory, opened with its passphrase: the storage key, and with it every
// lot's key.
func (w *world) stolen(holder int) []*signing.PrivateKey {
	w.t.Helper()
	dir := filepath.Join(w.custodyDir, fmt.Sprintf("custodian-%d", holder+1))
	storage := must(custody.StorageKey(filepath.Join(dir, "storage.pem"), []byte("pass")))
	keys := []*signing.PrivateKey{storage}
	for _, path := range must(filepath.Glob(filepath.Join(dir, "*.json"))) {
		var f struct {
			Project, Lot string
			Private      []byte
		}
		if err := json.Unmarshal(must(os.ReadFile(path)), &f, json.MatchCaseInsensitiveNames(true)); err != nil {
			w.t.Fatal(err)
		}
		aad := signing.TaggedSum("baohan/custodian-file/1", []byte(f.Project), []byte(f.Lot))
		raw := must(signing.OpenEnvelope(w.ctx, storage, f.Private, aad[:]))
		keys = append(keys, must(signing.ParsePrivateKey(raw)))
	}
	if len(keys) < 2 {
		w.t.Fatalf("holder %d has no lot's key", holder)
	}
	return keys
}

// sealedRows are all two-of-three seals of the database, under the associated data of each, and all other sealed
// columns.
func (w *world) sealedRows() (seals map[string]signing.Sealed, aads map[string][]byte, others [][]byte) {
	w.t.Helper()
	seals, aads = map[string]signing.Sealed{}, map[string][]byte{}
	add := func(name string, b, aad []byte) {
		var s signing.Sealed
		if s.UnmarshalBinary(b) != nil {
			others = append(others, b)
			return
		}
		seals[name], aads[name] = s, aad
	}
	w.each(`SELECT id, sealed FROM bid`, func(id string, b []byte) { add("bid "+id, b, letter.BidAAD(id)) })
	w.each(`SELECT id, sealed FROM guarantee`, func(id string, b []byte) { add("record "+id, b, letter.RecordAAD(id, 1)) })
	w.each(`SELECT id, letter FROM guarantee WHERE letter IS NOT NULL`, func(id string, b []byte) { add("letter "+id, b, letter.LetterAAD(id)) })
	return seals, aads, others
}

func (w *world) each(sql string, use func(id string, b []byte)) {
	w.t.Helper()
	rows, err := w.pool.Query(w.ctx, sql)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var b []byte
		if err := rows.Scan(&id, &b); err != nil {
			w.t.Fatal(err)
		}
		use(id, b)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
}

// A superuser with a dump and any one custodian's whole directory, its passphrase too, opens nothing: not with the
// share that the stolen key gives, not with any key that can be put together from its two parts.
func TestDumpAndOneCustodianOpenNothing(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.three(l)
	seals, aads, others := w.sealedRows()
	if len(seals) < 6 || len(others) == 0 {
		t.Fatalf("%d seals, %d others: the dump was not read", len(seals), len(others))
	}
	var shares [3]map[string]signing.Share
	for holder := range 3 {
		shares[holder] = map[string]signing.Share{}
		for _, key := range w.stolen(holder) {
			for name, s := range seals {
				w.tryAlone(key, holder, name, s, aads[name], shares[holder])
			}
			for _, b := range others {
				if plain, err := signing.OpenEnvelope(w.ctx, key, b, nil); err == nil {
					t.Errorf("holder %d opens %x", holder, plain)
				}
			}
		}
		if len(shares[holder]) != len(seals) {
			t.Fatalf("holder %d gives %d of %d shares: the theft tried nothing", holder, len(shares[holder]), len(seals))
		}
	}
	for name, s := range seals { // what any two can do; without this the test could not fail
		if _, err := s.Open(aads[name], shares[0][name], shares[2][name]); err != nil {
			t.Errorf("two holders: %s: %v", name, err)
		}
		a, c := shares[0][name].Parts, shares[2][name].Parts // parts 1, 2 and parts 0, 1
		if !opensWith(xor(a[0], a[1], c[0]), s, aads[name]) {
			t.Errorf("%s: the right key does not open past the checks", name)
		}
	}
}

func (w *world) tryAlone(key *signing.PrivateKey, holder int, name string, s signing.Sealed, aad []byte, shares map[string]signing.Share) {
	w.t.Helper()
	for other := range 3 {
		share, err := s.GiveShare(w.ctx, key, other)
		if err != nil {
			continue
		}
		if other != holder {
			w.t.Errorf("holder %d opens the share of holder %d of %s", holder, other, name)
		}
		shares[name] = share
	}
	if _, err := s.OpenOwn(w.ctx, key, aad); err == nil {
		w.t.Errorf("holder %d opens %s as its owner", holder, name)
	}
	share, ok := shares[name]
	if !ok {
		return
	}
	twin := share
	twin.Holder = (holder + 1) % 3
	if _, err := s.Open(aad, share, twin); err == nil {
		w.t.Errorf("one share given twice opens %s", name)
	}
	for _, k := range [][]byte{share.Parts[0], share.Parts[1], xor(share.Parts[0], share.Parts[1]), make([]byte, 16)} {
		if opensWith(k, s, aad) {
			w.t.Errorf("holder %d opens %s with a key of its parts", holder, name)
		}
	}
}

func xor(all ...[]byte) []byte {
	out := make([]byte, 16)
	for _, b := range all {
		for i := range out {
			out[i] ^= b[i]
		}
	}
	return out
}

// opensWith tries a guessed key on the ciphertext itself, past every check.
func opensWith(key []byte, s signing.Sealed, aad []byte) bool {
	bound := signing.TaggedSum("baohan/two-of-three", []byte{1}, s.Parts[0][:], s.Parts[1][:], s.Parts[2][:], aad)
	_, err := signing.OpenGCM(key, s.Ciphertext, bound[:])
	return err == nil
}
