package party

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/signing"
)

type onceRow struct {
	Digest []byte `db:"digest"`
	Answer []byte `db:"answer"`
}

func insertOnce(ctx context.Context, tx pgx.Tx, id, digest signing.Digest) (fresh bool, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO once (id, digest) VALUES (@id, @digest) ON CONFLICT (id) DO NOTHING`,
		pgx.NamedArgs{"id": id[:], "digest": digest[:]})
	return tag.RowsAffected() == 1, err
}

func readOnce(ctx context.Context, tx pgx.Tx, id signing.Digest) (onceRow, error) {
	rows, err := tx.Query(ctx, `SELECT digest, answer FROM once WHERE id = @id`, pgx.NamedArgs{"id": id[:]})
	if err != nil {
		return onceRow{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[onceRow])
}

func answerOnce(ctx context.Context, tx pgx.Tx, id signing.Digest, answer []byte) error {
	tag, err := tx.Exec(ctx, `UPDATE once SET answer = @answer WHERE id = @id AND answer IS NULL`,
		pgx.NamedArgs{"id": id[:], "answer": answer})
	if err == nil && tag.RowsAffected() != 1 {
		return errAnsweredTwice
	}
	return err
}
