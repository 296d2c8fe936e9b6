package jobs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/blobs"
	"baohan/signing"
)

// Each room is asked for its own: a file that its row names stays, whichever room it is, and one that none names goes.
func TestSweepFiles(t *testing.T) {
	keys, err := blobs.NewKeys(blobs.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files, err := blobs.Open(t.Context(), dir, keys)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, Config{Files: files})
	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`); err != nil { // rows without what they belong to
		t.Fatal(err)
	}
	insert := map[blobs.Purpose]string{
		blobs.DemandDocument: `INSERT INTO demand_document (demand, kind, name, digest, blob, size) VALUES ('d', 'k', 'n', @digest, @blob, 1)`,
		blobs.BidFile: `INSERT INTO bid_file (id, size, digest, owner_tag, slot_tag, day)
			VALUES (@blob, 262144, @digest, @digest, @digest, (platform_now() AT TIME ZONE 'Asia/Shanghai')::date)`,
		blobs.IncidentEvidence: `INSERT INTO incident_evidence (incident, name, digest, blob, size, added_at) VALUES ('i', 'n', @digest, @blob, 1, platform_now())`,
	}
	stays := map[string]bool{}
	for purpose, sql := range insert {
		for _, named := range []bool{true, false} {
			ref, err := files.PutBytes(t.Context(), purpose, []byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			stays[ref.ID] = named
			if named {
				if _, err := tx.Exec(t.Context(), sql, pgx.NamedArgs{"digest": signing.Random(32), "blob": ref.ID}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := b.SweepFiles(t.Context()); err != nil || n != 0 {
		t.Errorf("removed %d of today's, %v", n, err)
	}
	for id := range stays {
		yesterday := time.Now().Add(-25 * time.Hour)
		if err := os.Chtimes(filepath.Join(dir, id[:2], id), yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.SweepFiles(t.Context()); err != nil || n != 3 {
		t.Errorf("removed %d, %v", n, err)
	}
	for id, named := range stays {
		if _, err := os.Stat(filepath.Join(dir, id[:2], id)); errors.Is(err, os.ErrNotExist) == named {
			t.Errorf("named %v: %v", named, err)
		}
	}
	// Uploads that no bid names lose their rows after thirty days, and their objects in the same turn.
	if _, err := b.pool.Exec(t.Context(), `UPDATE bid_file SET day = day - 31`); err != nil {
		t.Fatal(err)
	}
	if n, err := b.SweepFiles(t.Context()); err != nil || n != 1 {
		t.Errorf("removed %d uploads that no bid named, %v", n, err)
	}
}
