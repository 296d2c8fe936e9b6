package web

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"baohan/internal/blobs"
	"baohan/party"
	"baohan/signing"
)

// slowestFile is how many bytes a second a sender or a receiver of a large file must manage, after a minute to begin. Whoever
// is slower holds a connection for nothing.
const slowestFile = 64 << 10

var (
	errLength    = party.Invalid("request.length", "Content-Length", "请求体须写明长度，且不为空；请写明 Content-Length 后重发")
	errOctets    = newProblem(http.StatusUnsupportedMediaType, "request.media_type", "Content-Type", "请求体须为未压缩的 application/octet-stream；请改正 Content-Type 后重发")
	errNotDigest = party.Invalid("file.digest", "digest", "文件内容与所报的 SM3 摘要不一致；请重新计算摘要并重发")
)

// upload is a file that comes as the body of a request, raw.
type upload struct {
	purpose blobs.Purpose
	rule    blobs.Rule
	name    string         // whose extension declares the type; empty: the bytes are a ciphertext, and nothing is looked for
	digest  signing.Digest // SM3 that the sender, already proved, said the bytes have
}

// takeFile stores the body of a request while it comes: bounded, its type and its digest looked at in passing, encrypted
// before it touches a disk, never whole in memory. It is called when the sender is proved and permitted, and before the
// transaction that names the file. A refusal, a body that is cut and a sender that is too slow leave nothing.
func takeFile(w http.ResponseWriter, r *http.Request, files *blobs.Store, u upload) (blobs.Ref, error) {
	switch kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); {
	case err != nil || kind != "application/octet-stream" || r.Header.Get("Content-Encoding") != "":
		return blobs.Ref{}, errOctets
	case r.ContentLength <= 0:
		return blobs.Ref{}, errLength
	case r.ContentLength > u.rule.Max:
		return blobs.Ref{}, errTooLarge
	}
	body, err := u.watch(r.Body)
	if err != nil {
		return blobs.Ref{}, err
	}
	if err := waitFor(w, r.ContentLength); err != nil {
		return blobs.Ref{}, err
	}
	return files.Put(r.Context(), u.purpose, body, u.rule.Max)
}

func (u upload) watch(body io.Reader) (*watchedBody, error) {
	b := &watchedBody{from: body, sum: signing.NewSM3(), digest: u.digest}
	if u.name == "" {
		return b, nil
	}
	look, err := u.rule.Inspect(u.name)
	b.look = look
	return b, err
}

// waitFor gives a large body, and the answer after it, the time that it may take.
func waitFor(w http.ResponseWriter, size int64) error {
	control, until := http.NewResponseController(w), patience(size)
	err := errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until.Add(time.Minute)))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("web: %w", err)
	}
	return nil
}

// watchedBody ends well only when all that must hold of the whole file holds: the store keeps nothing of one that ends
// otherwise.
type watchedBody struct {
	from   io.Reader
	look   *blobs.Inspection // nil: nothing is looked for
	sum    hash.Hash
	digest signing.Digest
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.look != nil {
		if _, refused := b.look.Write(p[:n]); refused != nil {
			return 0, refused
		}
	}
	b.sum.Write(p[:n])
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return 0, errCut
	}
	if b.look != nil {
		if refused := b.look.Finish(); refused != nil {
			return 0, refused
		}
	}
	if signing.Digest(b.sum.Sum(nil)) != b.digest {
		return 0, errNotDigest
	}
	return n, io.EOF
}

// giveFile sends a stored file while it is read. What its reader gets is authentic up to where it ends, and it is whole
// when it is as long as Content-Length says; a fault on the way breaks the connection, so that no client takes a part for
// the whole. Before the first byte a fault is an error like any other, and w is untouched.
func giveFile(ctx context.Context, w http.ResponseWriter, files *blobs.Store, purpose blobs.Purpose, ref blobs.Ref, name string) error {
	f, err := files.Open(ctx, purpose, ref)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	return give(w, f, ref.Size, name)
}

// give is giveFile of what is read from elsewhere.
func give(w http.ResponseWriter, f io.Reader, size int64, name string) error {
	first := make([]byte, min(size, signing.StreamChunk))
	if _, err := io.ReadFull(f, first); err != nil {
		return err
	}
	if err := http.NewResponseController(w).SetWriteDeadline(patience(size)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("web: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream") // never what a browser would run or show
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
	h.Set("Content-Length", fmt.Sprint(size))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(first)
	if err == nil {
		_, err = io.Copy(w, f)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// patience is until when a transfer of so many bytes may take, in real time.
func patience(size int64) time.Time {
	return time.Now().Add(time.Minute + time.Duration(size/slowestFile)*time.Second)
}
