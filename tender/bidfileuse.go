package tender

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/party"
)

// looseDays is how long an upload waits for a bid that names it.
const looseDays = 30

// errFileMissing is one answer for what is not there, what is another bidder's, and what has another digest or size.
func errFileMissing(i int) error {
	return party.Invalid("bid.file_missing", fmt.Sprintf("bid.files.%d", i),
		fmt.Sprintf("第 %d 个投标文件没有本单位上传的密文，或摘要、长度与上传时不符；请重新上传后再递交", i+1))
}

func errFileUsed(i int) error {
	return party.Invalid("bid.file_used", fmt.Sprintf("bid.files.%d", i),
		fmt.Sprintf("第 %d 个投标文件的密文已用于本单位的另一份投标；请重新加密上传后再递交", i+1))
}

// filesThere looks before the transaction whether the store has lost one. A store that does not answer keeps nobody from
// handing in: that the object was durable stands in its row, and the row decides.
func (d *Desk) filesThere(ctx context.Context, b letter.Bid) error {
	for i, f := range b.Files {
		if err := d.Files.Has(ctx, blobs.BidFile, f.ID); errors.Is(err, blobs.ErrNotFound) || errors.Is(err, blobs.ErrBroken) {
			return errFileMissing(i)
		}
	}
	return nil
}

// useFiles ties the files that a bid names to it, under the lock of its bidder. Each is that bidder's own, with this digest
// and size, and no other bid's; a bid that replaces another may name what that one did. From here on they are never removed:
// until the opening nobody knows which bid they belong to, and one that was withdrawn stays sealed with its files.
func (d *Desk) useFiles(ctx context.Context, tx pgx.Tx, bidder string, row bidRow) error {
	for i, f := range row.files {
		owner, use := d.fileOwner(bidder, f.Digest), d.fileUse(row.ID, f.ID)
		var before []byte // NULL: no bid's
		if row.replaces != "" {
			tag := d.fileUse(row.replaces, f.ID)
			before = tag[:]
		}
		args := pgx.NamedArgs{"id": f.ID, "owner": owner[:], "size": f.Size, "use": use[:], "before": before}
		done, err := tx.Exec(ctx, `UPDATE bid_file SET use_tag = @use, slot_tag = NULL
			WHERE id = @id AND owner_tag = @owner AND size = @size AND (use_tag IS NULL OR use_tag = @before)`, args)
		if err != nil {
			return translate(err)
		}
		if done.RowsAffected() == 1 {
			continue
		}
		var used bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM bid_file WHERE id = @id AND owner_tag = @owner AND size = @size)`, args).Scan(&used); err != nil {
			return err
		}
		if used {
			return errFileUsed(i)
		}
		return errFileMissing(i)
	}
	return nil
}

// DropLooseFiles takes the rows of uploads away that no bid has named for thirty days; the sweep removes their objects
// afterwards. It says how many. An upload that a bid names at the same time stays, or the bid is refused: the row decides.
func (d *Desk) DropLooseFiles(ctx context.Context) (int, error) {
	done, err := d.Pool.Exec(ctx, `DELETE FROM bid_file WHERE use_tag IS NULL
		AND day < (platform_now() AT TIME ZONE 'Asia/Shanghai')::date - @days::int`, pgx.NamedArgs{"days": looseDays})
	return int(done.RowsAffected()), translate(err)
}

// NamedBidFiles says which of these files have a row; the sweep leaves them alone.
func (d *Desk) NamedBidFiles(ctx context.Context, ids []string) ([]string, error) {
	rows, err := d.Pool.Query(ctx, `SELECT id FROM bid_file WHERE id = ANY(@ids)`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
