package tender

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/blobs"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// How much evidence one incident takes.
const (
	mostEvidence    = 20
	largestEvidence = 8 << 20 // bytes of one file
)

var evidenceRule = blobs.Rule{Field: "content", Types: blobs.Papers, Max: largestEvidence}

// errNoFile says that a file was to be named by a row before it was stored: a fault of ours.
var errNoFile = errors.New("tender: a file was not stored before its row")

// AddEvidence keeps one file with an incident that is not decided. The same bytes twice are one file. The file is stored
// first and is durable; then its row, under the incident's lock. A crash between the two leaves a file that no row names,
// and the centre sends it again.
func (d *Desk) AddEvidence(ctx context.Context, cmd party.Command, id, name string, content []byte) (Answer, error) {
	switch {
	case !cmd.Actor.Is(party.Centre):
		return Answer{}, ErrIncidentNotFound
	case !validText(name, 1, 200):
		return Answer{}, party.Invalid("evidence.name", "name", "文件名须为 1 至 200 个字，不含不可见字符")
	}
	if err := evidenceRule.Check(name, content); err != nil {
		return Answer{}, err
	}
	ref, err := d.storeEvidence(ctx, id, content)
	if err != nil {
		return Answer{}, err
	}
	return d.changeIncident(ctx, cmd, id, func(t *incidentTurn) error { return t.addEvidence(ctx, name, signing.Sum(content), ref) })
}

// storeEvidence stores nothing that the rule would not name: of an incident that is decided, or bytes that are there. What
// it sees may be older than the lock, but neither of the two is ever taken back.
func (d *Desk) storeEvidence(ctx context.Context, id string, content []byte) (blobs.Ref, error) {
	in, err := readIncident(ctx, d.Pool, id, "")
	if err != nil {
		return blobs.Ref{}, err
	}
	has, n, err := evidenceThere(ctx, d.Pool, id, signing.Sum(content))
	if err != nil || has || n >= mostEvidence || in.State != IncidentReported {
		return blobs.Ref{}, err
	}
	return d.Files.PutBytes(ctx, blobs.IncidentEvidence, content)
}

func evidenceThere(ctx context.Context, q store.Querier, incident string, digest signing.Digest) (has bool, n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*), coalesce(bool_or(digest = @digest), false) FROM incident_evidence WHERE incident = @id`,
		pgx.NamedArgs{"id": incident, "digest": digest[:]}).Scan(&n, &has)
	return has, n, err
}

func (t *incidentTurn) addEvidence(ctx context.Context, name string, digest signing.Digest, ref blobs.Ref) error {
	if t.in.State != IncidentReported {
		return errDecided
	}
	has, n, err := evidenceThere(ctx, t.tx, t.in.ID, digest)
	if err != nil || has {
		return err
	}
	if n >= mostEvidence {
		return party.Conflict("evidence.count", "证据文件最多 20 份；请合并后重传")
	}
	if ref.ID == "" {
		return errNoFile
	}
	if err := t.happened("add_evidence", map[string]any{"name": name, "digest": digest}); err != nil {
		return err
	}
	_, err = t.tx.Exec(ctx, `INSERT INTO incident_evidence (incident, digest, name, blob, size, added_at)
		VALUES (@id, @digest, @name, @blob, @size, @at)`, pgx.NamedArgs{"id": t.in.ID, "digest": digest[:], "name": name,
		"blob": ref.ID, "size": ref.Size, "at": t.now})
	return translate(err)
}

func evidenceList(ctx context.Context, q store.Querier, incident string) ([]EvidenceRef, error) {
	rows, err := store.Many[struct {
		Digest  []byte
		Name    string
		Size    int
		AddedAt time.Time
	}](ctx, q, `SELECT digest, name, coalesce(size, octet_length(bytes)) AS size, added_at FROM incident_evidence
		WHERE incident = @id ORDER BY digest`, pgx.NamedArgs{"id": incident})
	out := make([]EvidenceRef, len(rows))
	for i, r := range rows {
		out[i] = EvidenceRef{[32]byte(r.Digest), r.Name, r.Size, r.AddedAt}
	}
	return out, err
}

// EvidenceFile is one file of an incident, for those who decide and those who run the hall, held against the digest that
// a decision names. What was stored before there was a store for files is in the row itself.
func (d *Desk) EvidenceFile(ctx context.Context, by party.Actor, id string, digest signing.Digest) (name string, content []byte, err error) {
	in, _, s, err := d.visible(ctx, by, id)
	if err != nil {
		return "", nil, err
	}
	if s == ownPart {
		return "", nil, ErrIncidentNotFound
	}
	f, err := store.One[struct {
		Name  string
		Bytes []byte
		Blob  string
		Size  int64
	}](ctx, d.Pool, ErrIncidentNotFound, `SELECT name, bytes, coalesce(blob, '') AS blob, coalesce(size, 0) AS size
		FROM incident_evidence WHERE incident = @id AND digest = @digest`, pgx.NamedArgs{"id": in.ID, "digest": digest[:]})
	if err != nil || f.Blob == "" {
		return f.Name, f.Bytes, err
	}
	content, err = d.Files.Read(ctx, blobs.IncidentEvidence, blobs.Ref{ID: f.Blob, Digest: digest, Size: f.Size})
	return f.Name, content, err
}

// NamedFiles says which of these files the incidents name; the sweep leaves them alone.
func (d *Desk) NamedFiles(ctx context.Context, ids []string) ([]string, error) {
	rows, err := d.Pool.Query(ctx, `SELECT blob FROM incident_evidence WHERE blob = ANY(@ids)`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
