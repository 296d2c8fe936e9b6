package tender

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/signing"
	"baohan/tender/custody"
)

// record is a seal as custodians are asked about it, and what their shares are checked against.
type record struct {
	custody.Record
	head signing.SealedHead
}

// readRecord is of a seal's head and its ciphertext's digest.
func readRecord(r custody.Record) (record, error) {
	head, err := signing.ParseSealedHead(r.Head)
	return record{r, head}, err
}

// named keeps the records that the closing names, with the bytes it names: a letter that was issued
// after an earlier attempt to open came too late to be in it.
func named(c letter.Closing, records map[string]record) map[string]record {
	out := make(map[string]record, len(c.Records))
	for _, r := range c.Records {
		if x, ok := records[r.ID]; ok && x.Digest() == r.Digest {
			out[r.ID] = x
		}
	}
	return out
}

// bidRecords reads the heads of sealed bids. The ciphertexts, long as they are, are not needed before there are shares.
// What does not even have the form of a seal is left out: that bid fails, and no other.
func bidRecords(ctx context.Context, q store.Querier, ids []string) (map[string]record, error) {
	rows, err := q.Query(ctx, `SELECT id, substr(sealed, 1, @most) AS sealed, ciphertext_digest FROM bid WHERE id = ANY(@ids)`,
		pgx.NamedArgs{"ids": ids, "most": signing.MaxHead})
	if err != nil {
		return nil, err
	}
	var (
		id             string
		sealed, digest []byte
	)
	out := make(map[string]record, len(ids))
	_, err = pgx.ForEachRow(rows, []any{&id, &sealed, &digest}, func() error {
		if len(digest) != len(signing.Digest{}) {
			return nil
		}
		head, _ := signing.SplitSealed(sealed)
		if r, err := readRecord(custody.Record{Head: head, Ciphertext: signing.Digest(digest)}); err == nil {
			out[id] = r
		}
		return nil
	})
	return out, err
}

// eachSealed reads whole sealed bids. The bytes are the driver's: they are good as long as do runs.
func eachSealed(ctx context.Context, q store.Querier, ids []string, do func(id string, sealed []byte)) error {
	rows, err := q.Query(ctx, `SELECT id, sealed FROM bid WHERE id = ANY(@ids)`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return err
	}
	var (
		id     string
		sealed pgtype.DriverBytes
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &sealed}, func() error {
		do(id, sealed)
		return nil
	})
	return err
}
