package guarantee

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/party"
	"baohan/signing"
)

// documentRule is what a demand's documents should be. A paper that came in time is not refused for the form of a file: what
// the rule does not recognise is kept and handed on as such, and its examiner says what it is worth (法释〔2016〕24号 art. 6).
// The body of a request bounds the size.
var documentRule = blobs.Rule{Field: "documents", Types: blobs.Papers, Max: 12 << 20}

// errNoFile says that a document was to be named by a row before it was stored: a fault of ours.
var errNoFile = errors.New("guarantee: a document was not stored before its row")

// store puts the documents of a presentation where files are kept, before the transaction of its verb. What counts is on
// record already, in the receipt, which holds the documents too: while the store is away the paper waits, and is not
// late. A crash from here to the commit leaves files that no row names; the sweep takes them away, and who processes the
// receipt again stores them again. Of a receipt that is processed, or that its verb refuses, nothing is stored.
func (d *Desk) store(ctx context.Context, in Intake, named []letter.Document, files []Attachment) error {
	if in.ProcessedAt != nil {
		return nil
	}
	if refused := checkDocuments(named, files); refused != nil {
		return nil //nolint:nilerr // its verb refuses it, in words
	}
	for i := range files {
		ref, err := d.Files.PutBytes(ctx, blobs.DemandDocument, files[i].Bytes)
		if err != nil {
			return err
		}
		files[i].ref = ref
	}
	return nil
}

func insertDocuments(ctx context.Context, tx pgx.Tx, demand string, files []Attachment) error {
	for _, f := range files {
		if f.ref.ID == "" {
			return errNoFile
		}
		if _, err := tx.Exec(ctx, `INSERT INTO demand_document (demand, kind, name, digest, blob, size)
			VALUES (@demand, @kind, @name, @digest, @blob, @size) ON CONFLICT (demand, digest) DO NOTHING`, pgx.NamedArgs{
			"demand": demand, "kind": f.Kind, "name": f.Name, "digest": f.ref.Digest[:], "blob": f.ref.ID, "size": f.ref.Size}); err != nil {
			return translate(err)
		}
	}
	return nil
}

// documents reads the documents of a demand, each held against the digest in its row. What was stored before there was a
// store for files is in the row itself.
func (d *Desk) documents(ctx context.Context, demand string) ([]Attachment, error) {
	rows, err := d.Pool.Query(ctx, `SELECT kind, name, digest, bytes, coalesce(blob, '') AS blob, coalesce(size, 0) AS size
		FROM demand_document WHERE demand = @id ORDER BY kind, digest`, pgx.NamedArgs{"id": demand})
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		Kind   letter.DocumentKind
		Name   string
		Digest []byte
		Bytes  []byte
		Blob   string
		Size   int64
	}])
	if err != nil {
		return nil, err
	}
	files := make([]Attachment, len(found))
	for i, f := range found {
		files[i] = Attachment{Kind: f.Kind, Name: f.Name, Bytes: f.Bytes}
		if f.Blob != "" {
			files[i].ref = blobs.Ref{ID: f.Blob, Digest: signing.Digest(f.Digest), Size: f.Size}
			if files[i].Bytes, err = d.Files.Read(ctx, blobs.DemandDocument, files[i].ref); err != nil {
				return nil, err
			}
		}
		files[i].Unrecognised = documentRule.Check(f.Name, files[i].Bytes) != nil
	}
	return files, nil
}

// NamedFiles says which of these files the demands name; the sweep leaves them alone.
func (d *Desk) NamedFiles(ctx context.Context, ids []string) ([]string, error) {
	rows, err := d.Pool.Query(ctx, `SELECT blob FROM demand_document WHERE blob = ANY(@ids)`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// checkDocuments holds the files against the digests in the signed paper.
func checkDocuments(named []letter.Document, files []Attachment) error {
	if len(named) != len(files) {
		return party.Invalid("demand.documents", "documents", "随附文件与签名清单的数量不一致；请核对后重新提交")
	}
	for i, n := range named {
		if n.Kind != files[i].Kind || n.Name != files[i].Name || n.Digest != signing.Sum(files[i].Bytes) {
			return party.Invalid("demand.documents", "documents", "随附文件与签名清单中的摘要不一致；请重新选择文件并签名")
		}
		if len(files[i].Bytes) == 0 {
			return party.Invalid("file.empty", "documents", "随附文件“"+n.Name+"”是空的；请重新选择文件并签名")
		}
	}
	return nil
}
