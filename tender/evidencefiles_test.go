package tender

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/internal/blobs"
	"baohan/party"
	"baohan/signing"
)

func TestEvidenceIsStoredOnce(t *testing.T) {
	e := missed(t)
	dir := filepath.Join(t.TempDir(), "files")
	e.Files = must(blobs.Open(e.ctx, dir, must(blobs.NewKeys(blobs.NewKey()))))
	count := func() int { return len(must(filepath.Glob(filepath.Join(dir, "*", "*")))) }
	id := e.report()
	add := func(name string, content []byte) error {
		_, err := e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), id, name, content)
		return err
	}
	for name, c := range map[string]struct {
		content string
		code    string
	}{"x.exe": {"MZ", "file.type"}, "x.pdf": {"日志", "file.content"}, "x.txt": {"", "file.empty"}} {
		err := add(name, []byte(c.content))
		e.refused(err, c.code)
		if r, _ := party.RefusalOf(err); r.Field != "content" {
			t.Errorf("%s: field %q", name, r.Field)
		}
	}
	e.refused(add("x.txt", make([]byte, largestEvidence+1)), "file.size")
	_, err := e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), "00000000000000000000000000000000", "x.txt", []byte("日志"))
	e.refused(err, "incident.not_found")
	if n := count(); n != 0 {
		t.Errorf("%d files of what was refused", n)
	}
	content := []byte("系统日志")
	for range 3 {
		if err := add("日志.txt", content); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(); n != 1 {
		t.Errorf("%d files, want 1", n)
	}
	centre := e.centre.actor(party.Centre)
	list := must(e.Incident(e.ctx, centre, id)).Evidence
	if len(list) != 1 || list[0].Size != len(content) || list[0].Digest != signing.Sum(content) {
		t.Errorf("%+v", list)
	}
	if name, got, err := e.EvidenceFile(e.ctx, centre, id, signing.Sum(content)); err != nil || name != "日志.txt" || string(got) != string(content) {
		t.Errorf("%s %q %v", name, got, err)
	}
	e.oldEvidence(id)
	stored := filepath.Base(must(filepath.Glob(filepath.Join(dir, "*", "*")))[0])
	if named := must(e.NamedFiles(e.ctx, []string{"0123456789abcdef0123456789abcdef", stored})); !slices.Equal(named, []string{stored}) {
		t.Errorf("names %v", named)
	}
	e.tells(e.WithdrawIncident(e.ctx, e.by(e.centre, party.Centre), id))
	e.refused(add("迟.txt", []byte("迟到的")), "incident.decided")
	if n := count(); n != 1 {
		t.Errorf("%d files after a refusal, want 1", n)
	}
	if err := os.Remove(filepath.Join(dir, stored[:2], stored)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.EvidenceFile(e.ctx, centre, id, signing.Sum(content)); !errors.Is(err, blobs.ErrNotFound) {
		t.Errorf("a file that is lost: %v", err)
	}
}

// oldEvidence is read from its row, where it was stored before there was a store for files; no row has both or neither.
func (e *emergency) oldEvidence(id string) {
	e.t.Helper()
	old := []byte("旧的证据")
	insert := func(columns, values string, digest signing.Digest) error {
		_, err := e.pool.Exec(e.ctx, `INSERT INTO incident_evidence (incident, name, added_at, digest, `+columns+`) VALUES (@id, 'old.bin', platform_now(), @digest, `+values+`)`,
			pgx.NamedArgs{"id": id, "digest": digest[:], "bytes": old, "blob": "0123456789abcdef0123456789abcdef"})
		return err
	}
	if err := insert("bytes", "@bytes", signing.Sum(old)); err != nil {
		e.t.Fatal(err)
	}
	centre := e.centre.actor(party.Centre)
	if _, got, err := e.EvidenceFile(e.ctx, centre, id, signing.Sum(old)); err != nil || string(got) != string(old) {
		e.t.Errorf("%q %v", got, err)
	}
	if !slices.ContainsFunc(must(e.Incident(e.ctx, centre, id)).Evidence, func(r EvidenceRef) bool { return r.Size == len(old) && r.Digest == signing.Sum(old) }) {
		e.t.Error("its size is not told")
	}
	for name, c := range map[string][2]string{"in both places": {"bytes, blob, size", "@bytes, @blob, 1"}, "of no size": {"blob", "@blob"}, "nowhere": {"size", "1"}} {
		if err := insert(c[0], c[1], signing.Sum([]byte(name))); err == nil {
			e.t.Errorf("evidence %s was let through", name)
		}
	}
}
