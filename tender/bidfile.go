package tender

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// What one bidder may have uploaded that no bid of its own names yet: three bids full of files, and as many bytes as eight
// of the longest.
const (
	mostLoose      = 60
	mostLooseBytes = 2 << 30
)

// BidFileReceipt is what the platform signs for an uploaded ciphertext: it is here, durable, with this digest. It is not
// handed in by that: a bid has to name it before the deadline. It names no lot and no bidder.
type BidFileReceipt struct {
	Version int            `json:"version"`
	File    string         `json:"file"`
	Digest  signing.Digest `json:"digest"` // SM3 of the ciphertext
	Size    int64          `json:"size"`   // bytes of the ciphertext
	At      time.Time      `json:"at"`
}

// UploadedFile answers an upload.
type UploadedFile struct {
	letter.SealedFile
	Receipt []byte
	At      time.Time
}

var (
	errLooseFiles = party.Conflict("bid_file.quota", "本单位已上传而尚未写入投标的文件过多；请先递交投标，或等待未用的文件到期清理（30 天）")
	errFileStep   = party.Invalid("bid_file.step", "Content-Length", "密文长度须为规定的档次之一（256 KiB、1、4、16、64、256 MiB）；请用客户端加密后上传")
)

// fileOwner is the keyed name of one bidder's one ciphertext.
func (d *Desk) fileOwner(bidder string, digest signing.Digest) signing.Digest {
	return d.Tags.Owner("file/"+bidder+"/"+digest.String(), 0)
}

// fileUse is the keyed name of a bid's use of a file.
func (d *Desk) fileUse(bid, file string) signing.Digest {
	return d.Tags.Owner("file-use/"+bid+"/"+file, 0)
}

// ExpectBidFile says before a byte is read whether an upload is worth it: its length is a step, and the bidder has room.
// Has: the same bytes of the same bidder are here already, and need not be stored again.
func (d *Desk) ExpectBidFile(ctx context.Context, by party.Actor, digest signing.Digest, size int64) (has bool, err error) {
	if !letter.IsFileStep(size) {
		return false, errFileStep
	}
	_, has, err = d.uploaded(ctx, d.Pool, by.USCC, digest)
	if err != nil || has {
		return has, err
	}
	_, err = d.freeSlot(ctx, d.Pool, by.USCC, size)
	return false, err
}

// KeepBidFile gives a stored ciphertext its row. The object is durable before; a crash between the two leaves one that no
// row names, and the bidder uploads again. The same bytes of the same bidder are one file: kept says whether this object
// is the one that its row names.
func (d *Desk) KeepBidFile(ctx context.Context, by party.Actor, ref blobs.Ref) (up UploadedFile, kept bool, err error) {
	up.Size, up.Digest = ref.Size, ref.Digest
	err = d.within(ctx, func(tx pgx.Tx) (err error) {
		if up.ID, err = d.keepFileTx(ctx, tx, by.USCC, ref); err != nil {
			return err
		}
		up.At, err = store.Now(ctx, tx)
		return err
	})
	if err != nil {
		return UploadedFile{}, false, err
	}
	up.Receipt, err = d.fileReceipt(ctx, up)
	return up, up.ID == ref.ID, err
}

func (d *Desk) fileReceipt(ctx context.Context, up UploadedFile) ([]byte, error) {
	content, err := canonical(BidFileReceipt{Version: 1, File: up.ID, Digest: up.Digest, Size: up.Size, At: up.At.In(calendar.Shanghai)})
	if err != nil {
		return nil, err
	}
	return signing.SignData(ctx, d.Platform, d.PlatformChain, content, up.At)
}

// keepFileTx has the uploads of one bidder take turns, on a lock whose name stands in no row.
func (d *Desk) keepFileTx(ctx context.Context, tx pgx.Tx, bidder string, ref blobs.Ref) (id string, err error) {
	lock := lockKey(d.Tags.Owner("file-lock/"+bidder, 0))
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@key)`, pgx.NamedArgs{"key": lock}); err != nil {
		return "", err
	}
	id, has, err := d.uploaded(ctx, tx, bidder, ref.Digest)
	if err != nil {
		return "", err
	}
	if has {
		_, err := tx.Exec(ctx, `UPDATE bid_file SET day = (platform_now() AT TIME ZONE 'Asia/Shanghai')::date WHERE id = @id AND use_tag IS NULL`,
			pgx.NamedArgs{"id": id})
		return id, translate(err)
	}
	if ref.ID == "" { // it was here a moment ago, and was swept: the sender says it again
		return "", errNoFile
	}
	slot, err := d.freeSlot(ctx, tx, bidder, ref.Size)
	if err != nil {
		return "", err
	}
	owner := d.fileOwner(bidder, ref.Digest)
	_, err = tx.Exec(ctx, `INSERT INTO bid_file (id, size, digest, owner_tag, slot_tag, day)
		VALUES (@id, @size, @digest, @owner, @slot, (platform_now() AT TIME ZONE 'Asia/Shanghai')::date)`, pgx.NamedArgs{
		"id": ref.ID, "size": ref.Size, "digest": ref.Digest[:], "owner": owner[:], "slot": slot[:]})
	return ref.ID, translate(err)
}

// uploaded finds a bidder's own upload of these bytes.
func (d *Desk) uploaded(ctx context.Context, q store.Querier, bidder string, digest signing.Digest) (id string, has bool, err error) {
	owner := d.fileOwner(bidder, digest)
	err = q.QueryRow(ctx, `SELECT id FROM bid_file WHERE owner_tag = @owner`, pgx.NamedArgs{"owner": owner[:]}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, err
}

// freeSlot is the first number under which the bidder has no loose upload, if there is room for one more of this size.
func (d *Desk) freeSlot(ctx context.Context, q store.Querier, bidder string, size int64) (slot signing.Digest, err error) {
	slots := make([][]byte, mostLoose)
	for i := range slots {
		tag := d.Tags.Owner("file-slot/"+bidder, i)
		slots[i] = tag[:]
	}
	rows, err := store.Many[struct {
		SlotTag []byte
		Size    int64
	}](ctx, q, `SELECT slot_tag, size FROM bid_file WHERE slot_tag = ANY(@slots)`, pgx.NamedArgs{"slots": slots})
	if err != nil {
		return slot, err
	}
	taken := map[signing.Digest]bool{}
	for _, r := range rows {
		taken[signing.Digest(r.SlotTag)] = true
		size += r.Size
	}
	for _, tag := range slots {
		if slot = signing.Digest(tag); !taken[slot] && size <= mostLooseBytes {
			return slot, nil
		}
	}
	return slot, errLooseFiles
}
