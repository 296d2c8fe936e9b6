package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// FileOf is a file to hand in with a bid. It is read once, from beginning to end, and must not change meanwhile.
type FileOf struct {
	Name string // as the evaluation is to see it
	Size int64  // bytes
	From io.ReaderAt
	path string
}

// FileProgress says how far an upload has come. Sent counts bytes of the ciphertext, which is longer than the file.
type FileProgress struct {
	Name        string
	Sent, Total int64
}

// WithFiles hands files in with the bid, in this order after those of options before: each is encrypted here under a key of
// its own, padded to one of a few sizes, and uploaded before the bid is made. Whoever runs the lot can read them after the
// read-out of a remote opening.
func WithFiles(files ...FileOf) BidOption {
	return func(p *bidParts) { p.files = append(p.files, files...) }
}

// WithPaths is WithFiles of files by their paths; each goes by the last element of its path.
func WithPaths(paths ...string) BidOption {
	return func(p *bidParts) {
		for _, path := range paths {
			p.files = append(p.files, FileOf{Name: filepath.Base(path), path: path})
		}
	}
}

// KeepingFiles hands files of the bid that is replaced in again, by their ids (Bidder.OwnFiles), without uploading them anew.
// It is for ReplaceBid alone: every other bid has files of its own.
func KeepingFiles(ids ...string) BidOption {
	return func(p *bidParts) { p.again = append(p.again, ids...) }
}

// WithProgress is told how the uploads get on.
func WithProgress(told func(FileProgress)) BidOption { return func(p *bidParts) { p.told = told } }

// bidFiles are the two halves of what a bid says of its files.
type bidFiles struct {
	inner []letter.BidFile
	outer []letter.SealedFile
}

func (f *bidFiles) add(inner letter.BidFile, outer letter.SealedFile) {
	f.inner, f.outer = append(f.inner, inner), append(f.outer, outer)
}

// filesOf takes the files of the bid that is replaced, and uploads the others. An upload that stays unknown leaves no bid:
// nothing was handed in, and the same may be done again.
func (b *Bidder) filesOf(ctx context.Context, parts bidParts) (bidFiles, error) {
	all := bidFiles{inner: []letter.BidFile{}, outer: []letter.SealedFile{}}
	if err := b.keepFiles(ctx, parts, &all); err != nil {
		return all, err
	}
	for _, f := range parts.files {
		inner, outer, err := b.sendFile(ctx, f, parts.told)
		if err != nil {
			if errors.Is(err, ErrUnknown) {
				err = errors.Unwrap(err)
			}
			return all, fmt.Errorf("client: %s was not uploaded, and nothing was handed in: %w", f.Name, err)
		}
		all.add(inner, outer)
	}
	return all, nil
}

func (b *Bidder) keepFiles(ctx context.Context, parts bidParts, all *bidFiles) error {
	if len(parts.again) == 0 {
		return nil
	}
	bid, form, err := b.ownForm(ctx, parts.replaces)
	if err != nil {
		return err
	}
	for _, id := range parts.again {
		i, err := fileIn(form, id)
		if err != nil {
			return err
		}
		all.add(form.Files[i], bid.Files[i])
	}
	return nil
}

func fileIn(form letter.BidForm, id string) (int, error) {
	for i, f := range form.Files {
		if f.ID == id {
			return i, nil
		}
	}
	return 0, fmt.Errorf("client: the bid %s has no file %s", form.Bid, id)
}

// sendFile encrypts a file into a spool, because its digest goes ahead of it, and uploads that. What lies there meanwhile is
// ciphertext, and it is taken away.
func (b *Bidder) sendFile(ctx context.Context, f FileOf, told func(FileProgress)) (inner letter.BidFile, outer letter.SealedFile, err error) {
	if f.path != "" {
		file, err := os.Open(f.path)
		if err != nil {
			return inner, outer, err
		}
		defer func() { _ = file.Close() }() // it was only read
		info, err := file.Stat()
		if err != nil {
			return inner, outer, err
		}
		f.From, f.Size = file, info.Size()
	}
	inner = letter.BidFile{Name: f.Name, Size: f.Size, Key: signing.Random(16)}
	place, err := b.spool()
	if err != nil {
		return inner, outer, err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	sum := signing.NewSM3()
	if inner.Digest, err = letter.SealBidFile(io.MultiWriter(place, sum), io.NewSectionReader(f.From, 0, f.Size), f.Size, inner.Key); err != nil {
		return inner, outer, err
	}
	if outer.Size, err = letter.FileStep(f.Size); err != nil {
		return inner, outer, err
	}
	outer.Digest = signing.Digest(sum.Sum(nil))
	outer.ID, err = b.upload(ctx, place, outer, func(sent int64) {
		if told != nil {
			told(FileProgress{f.Name, sent, outer.Size})
		}
	})
	inner.ID = outer.ID
	return inner, outer, err
}

// upload succeeds on the platform's signed receipt for these very bytes. It may be said again: the same bytes are one upload.
func (b *Bidder) upload(ctx context.Context, from Spool, f letter.SealedFile, told func(sent int64)) (id string, err error) {
	var answer wire.UploadedFile
	err = b.persist(ctx, &answer, func() ([]byte, error) {
		ctx, done := context.WithTimeout(ctx, filePatience(f.Size))
		defer done()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"/bid-files", from.Body(told))
		if err != nil {
			return nil, err
		}
		req.ContentLength = f.Size
		req.Header.Set("Accept", "application/json, "+wire.ProblemType)
		req.Header.Set("Content-Type", "application/octet-stream")
		req.Header.Set("Content-Digest", httpsig.DigestField(f.Digest))
		req.Header.Set("Expect", "100-continue") // what is refused is refused before it is sent
		if err := b.sign(req, nil); err != nil {
			return nil, err
		}
		return b.answer(b.patient(), req)
	})
	if err != nil {
		return "", err
	}
	return answer.ID, b.uploaded(answer, f)
}

// uploaded holds an answer against the ciphertext.
func (p Platform) uploaded(a wire.UploadedFile, f letter.SealedFile) error {
	var r wire.BidFileReceipt
	if err := p.readReceipt(a.Receipt, &r, func() time.Time { return r.At }); err != nil {
		return fmt.Errorf("client: the upload's receipt: %w", err)
	}
	if r.Version != 1 || r.File != a.ID || r.Digest != f.Digest || r.Size != f.Size || a.Digest != f.Digest || a.Size != f.Size || !a.At.Equal(r.At) {
		return errors.New("client: the receipt is for another upload")
	}
	return nil
}

// filePatience is how long a transfer of so many bytes may take: the platform's own measure, and a little more.
func filePatience(size int64) time.Duration {
	return 3*time.Minute + time.Duration(size/(64<<10))*time.Second
}

// patient is the client for transfers, which have a limit of their own.
func (c *conn) patient() *http.Client {
	p := *c.http
	p.Timeout = 0
	return &p
}

// fetch copies a file to w as it comes. What was written is worth nothing when it fails.
func (c *conn) fetch(ctx context.Context, path string, size int64, w io.Writer) error {
	ctx, done := context.WithTimeout(ctx, filePatience(cmp.Or(size, letter.LargestFile)))
	defer done()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/octet-stream, "+wire.ProblemType)
	if err := c.who.sign(req, nil); err != nil {
		return err
	}
	res, err := c.patient().Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		body, _ := io.ReadAll(io.LimitReader(res.Body, maxEvent))
		return refusal(res, body)
	}
	_, err = io.Copy(w, res.Body)
	return err
}
