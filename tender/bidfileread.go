package tender

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

var (
	errNoBidFile    = party.NotFound("bid_file.not_found", "没有找到这个投标文件；请核对编号，或确认您有权查看")
	errNotDecrypted = party.Conflict("bid_file.not_decrypted", "这份投标没有解密，没有可以下载的投标文件；原因见开标会状态")
	// Whose fault: the ciphertext is the one that the bid was handed in with, or it is not.
	errFileLost  = party.Conflict("bid_file.lost", "平台保存的密文已丢失或损坏，与投标人递交时的摘要不符；这不是投标人的原因，请联系平台运营人员从备份恢复")
	errFileFault = party.Conflict("bid_file.unreadable", "密文与投标人递交的完全一致，但用其投标函所写的密钥、长度和摘要解不出文件；这是投标人自己的文件有误，请在开标、评标记录中写明")
)

// ReadOutFile is a file of a bid that was read out, as its form names it.
type ReadOutFile struct {
	letter.BidFile
	ref   blobs.Ref
	files *blobs.Store
}

// readOutBid finds a bid of a session after its read-out, for those who run the lot, the centre and the supervisor. To
// everybody else, and before, and of a lot that is opened on the spot, whose forms stay with their bidders, it does not exist.
func (d *Desk) readOutBid(ctx context.Context, by party.Actor, bid string) (b hallBid, l *Lot, err error) {
	if b, err = readHallBid(ctx, d.Pool, bid); err != nil {
		return b, nil, err
	}
	s, err := readSession(ctx, d.Pool, b.Lot, "")
	if err != nil {
		return b, nil, err
	}
	if l, err = readLot(ctx, d.Pool, b.Lot); err != nil {
		return b, nil, err
	}
	if s.ReadAt == nil || by.Is(party.Bidder) || d.seesHall(ctx, by, l) != nil {
		return b, nil, errNoBid
	}
	return b, l, nil
}

// SeesBidFiles tells whether the caller may have files of this bid.
func (d *Desk) SeesBidFiles(ctx context.Context, by party.Actor, bid string) error {
	_, _, err := d.readOutBid(ctx, by, bid)
	return err
}

// readOutForm is the form of a bid that was read out, checked again, beside its outer half.
func (d *Desk) readOutForm(ctx context.Context, by party.Actor, bid string) (f letter.BidForm, o outer, err error) {
	b, l, err := d.readOutBid(ctx, by, bid)
	if err != nil {
		return f, o, err
	}
	if b.State != BidDecrypted {
		return f, o, errNotDecrypted
	}
	p7s, err := d.Forms.open(b.Lot, b.Bid, b.Sealed)
	if err != nil {
		return f, o, err
	}
	if o, err = d.outerOf(ctx, d.Pool, l, bid); err != nil {
		return f, o, err
	}
	f, err = d.readForm(o, p7s, signing.SignedData.VerifyAgain)
	return f, o, err
}

// BidFiles lists the files of a bid that was read out, in the order of its form. Their keys are left out.
func (d *Desk) BidFiles(ctx context.Context, by party.Actor, bid string) ([]letter.BidFile, error) {
	form, _, err := d.readOutForm(ctx, by, bid)
	for i := range form.Files {
		form.Files[i].Key = nil
	}
	return form.Files, err
}

// BidFile finds one of them.
func (d *Desk) BidFile(ctx context.Context, by party.Actor, bid, file string) (ReadOutFile, error) {
	form, o, err := d.readOutForm(ctx, by, bid)
	if err != nil {
		return ReadOutFile{}, err
	}
	for i, f := range form.Files { // form and bid name the same, in one order
		if f.ID == file {
			sealed := o.Files[i]
			return ReadOutFile{f, blobs.Ref{ID: f.ID, Digest: sealed.Digest, Size: sealed.Size}, d.Files}, nil
		}
	}
	return ReadOutFile{}, errNoBidFile
}

// Open gives the plain file, decrypted on the way; its last bytes come when all agrees with the form.
func (f ReadOutFile) Open(ctx context.Context) (io.ReadCloser, error) {
	sealed, err := f.files.Open(ctx, blobs.BidFile, f.ref)
	if err != nil {
		return nil, fileFault(err)
	}
	clear, err := letter.OpenBidFile(sealed, f.BidFile)
	if err != nil {
		return nil, errors.Join(errFileFault, sealed.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{clear, sealed}, nil
}

// Verify reads all of it and says in words whose fault it is when it does not agree: of a file that does not open, the
// ciphertext is read to its end, to know whether it is the one that was handed in.
func (f ReadOutFile) Verify(ctx context.Context) error {
	r, err := f.Open(ctx)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	if err = errors.Join(err, r.Close()); err == nil {
		return nil
	}
	if errors.Is(err, letter.ErrBidFile) {
		err = f.sealedAgrees(ctx)
		if err == nil {
			return errFileFault
		}
	}
	return fileFault(err)
}

func (f ReadOutFile) sealedAgrees(ctx context.Context) error {
	r, err := f.files.Open(ctx, blobs.BidFile, f.ref)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// fileFault puts what the store lost into words; a store that does not answer is an incident like any other.
func fileFault(err error) error {
	if errors.Is(err, blobs.ErrBroken) || errors.Is(err, blobs.ErrNotFound) {
		return errFileLost
	}
	return err
}

// OwnBidFile is a bidder's own ciphertext, at any time; to anybody else it does not exist.
func (d *Desk) OwnBidFile(ctx context.Context, by party.Actor, id string) (blobs.Ref, error) {
	if !by.Is(party.Bidder) {
		return blobs.Ref{}, errNoBidFile
	}
	r, err := store.One[struct {
		Digest   []byte
		Size     int64
		OwnerTag []byte
	}](ctx, d.Pool, errNoBidFile, `SELECT digest, size, owner_tag FROM bid_file WHERE id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return blobs.Ref{}, err
	}
	digest := signing.Digest(r.Digest)
	if d.fileOwner(by.USCC, digest) != signing.Digest(r.OwnerTag) {
		return blobs.Ref{}, errNoBidFile
	}
	return blobs.Ref{ID: id, Digest: digest, Size: r.Size}, nil
}

// FileFault is what a caller is told of a ciphertext that the store does not give whole.
func FileFault(err error) error { return fileFault(err) }
