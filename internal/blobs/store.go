package blobs

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"baohan/signing"
)

// Largest is how long a file can be, in bytes. Who puts one may set a smaller limit.
const Largest = 256 << 20

// Purpose says what an object is for. It is bound into the object and stands nowhere: a file of one purpose does not
// open as another's, and whoever reads the directory cannot tell them apart.
type Purpose string

// What files there are. Each has a room that says which of them its rows name; Sweep removes none of a purpose for which
// nobody answers.
const (
	DemandDocument   Purpose = "demand/document"
	IncidentEvidence Purpose = "incident/evidence"
	BidFile          Purpose = "bid/file" // the ciphertext that the bidder sent
)

// Ref is what a row keeps of a file.
type Ref struct {
	ID     string         // 32 hexadecimal digits, random
	Digest signing.Digest // SM3 of the plain bytes
	Size   int64          // bytes, plain
}

var (
	// ErrNotFound says that no object has this name.
	ErrNotFound = errors.New("blobs: no such object")
	// ErrTooLong says that what was to be put is longer than its limit. Nothing was kept.
	ErrTooLong = errors.New("blobs: longer than the limit")

	idForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// Store keeps files. It is safe for concurrent use.
type Store struct {
	place
	keys Keys
}

// Open opens the store at a directory or a URL. The first to open it leaves a mark under its key; ErrKeyUnknown, with
// the key's id, when the mark is of a key that is not among keys: then the files would not open either.
func Open(ctx context.Context, location string, keys Keys) (*Store, error) {
	if len(keys.byID) == 0 {
		return nil, ErrNoKey
	}
	p, err := openPlace(ctx, location)
	if err != nil {
		return nil, err
	}
	s := &Store{p, keys}
	if err := s.mark(ctx); err != nil {
		return nil, errors.Join(err, p.bucket.Close())
	}
	return s, nil
}

// Close lets the store go.
func (s *Store) Close() error { return s.bucket.Close() }

// mark reads the object that says whose store this is, or writes it into an empty one. Two who write it at once write
// the same.
func (s *Store) mark(ctx context.Context) error {
	own := object{"store", "mark"}
	err := s.readTo(ctx, own, "mark", io.Discard)
	if errors.Is(err, ErrNotFound) {
		err = s.write(ctx, own, "mark", bytes.NewReader(nil))
	}
	if errors.Is(err, ErrBroken) {
		err = fmt.Errorf("文件库的标记已损坏，不能确认是本平台的文件库：%w", err)
	}
	return err
}

// keyOf spreads the objects over 256 directories.
func keyOf(id string) string { return id[:2] + "/" + id }

// Put keeps what r gives, up to limit bytes, and returns when it is durable. ErrTooLong beyond; whatever the error is,
// r's own included, nothing can be read of it. It holds no more than some chunks in memory.
func (s *Store) Put(ctx context.Context, purpose Purpose, r io.Reader, limit int64) (Ref, error) {
	o := object{purpose, hex.EncodeToString(signing.Random(16))}
	sum, in := signing.NewSM3(), &limited{from: r, left: min(limit, Largest)}
	if err := s.write(ctx, o, keyOf(o.id), io.TeeReader(in, sum)); err != nil {
		return Ref{}, err
	}
	return Ref{o.id, signing.Digest(sum.Sum(nil)), in.read}, nil
}

// PutBytes is Put of what is in memory.
func (s *Store) PutBytes(ctx context.Context, purpose Purpose, b []byte) (Ref, error) {
	return s.Put(ctx, purpose, bytes.NewReader(b), int64(len(b)))
}

// write makes one object. Until it is complete it has no name: a process that ends before leaves nothing that reads.
func (s *Store) write(ctx context.Context, o object, key string, r io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h, own, err := s.keys.wrap(o)
	if err != nil {
		return err
	}
	var file *os.File
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream",
		BeforeWrite: func(as func(any) bool) error { as(&file); return nil }})
	if err != nil {
		return fmt.Errorf("blobs: %w", err)
	}
	if err = seal(w, h, own, o, r); err == nil && file != nil {
		err = file.Sync()
	}
	if err != nil {
		cancel() // what Close then closes is thrown away
		_ = w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("blobs: %w", err)
	}
	return s.settle(key)
}

func seal(w io.Writer, h header, own []byte, o object, r io.Reader) error {
	if _, err := w.Write(h.bytes()); err != nil {
		return fmt.Errorf("blobs: %w", err)
	}
	sealer, err := signing.SealStream(w, own, o.data(h.key))
	if err != nil {
		return err
	}
	if _, err := io.Copy(sealer, r); err != nil {
		return err
	}
	return sealer.Close()
}

// Delete removes an object. Sweep and tests do, and who has just put one that no row is to name: a row never loses its file.
func (s *Store) Delete(ctx context.Context, id string) error {
	if !idForm.MatchString(id) {
		return ErrNotFound
	}
	return translate(s.bucket.Delete(ctx, keyOf(id)))
}

func translate(err error) error {
	if err == nil {
		return nil
	}
	if gcerrors.Code(err) == gcerrors.NotFound {
		return ErrNotFound
	}
	return fmt.Errorf("blobs: %w", err)
}

// limited is an error beyond its limit, where io.LimitReader would be an end.
type limited struct {
	from       io.Reader
	left, read int64
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.from.Read(p)
	if int64(n) > l.left {
		return 0, ErrTooLong
	}
	l.left, l.read = l.left-int64(n), l.read+int64(n)
	return n, err
}
