package blobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash"
	"io"

	"baohan/signing"
)

// Open gives the plain bytes of a file. It gives only what is authentic, and io.EOF only after all of it, with the
// digest and the size of ref; ErrBroken for everything else. Who must not act on a part reads to io.EOF first.
// ErrNotFound when there is no such object; ErrKeyUnknown when it is of a key that is gone.
func (s *Store) Open(ctx context.Context, purpose Purpose, ref Ref) (io.ReadCloser, error) {
	if !idForm.MatchString(ref.ID) {
		return nil, ErrNotFound
	}
	r, err := s.open(ctx, object{purpose, ref.ID}, keyOf(ref.ID))
	if err != nil {
		return nil, err
	}
	return &checked{r, ref, signing.NewSM3(), 0}, nil
}

// Has says whether the object is there: its header alone is read. ErrNotFound and ErrBroken say that it is not.
func (s *Store) Has(ctx context.Context, purpose Purpose, id string) error {
	if !idForm.MatchString(id) {
		return ErrNotFound
	}
	r, err := s.bucket.NewRangeReader(ctx, keyOf(id), 0, int64(headerSize), nil)
	if err != nil {
		return translate(err)
	}
	h, err := readHeader(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	_, err = s.keys.unwrap(h, object{purpose, id})
	return err
}

// Read is Open for a file that fits into memory: all of it, verified, or nothing.
func (s *Store) Read(ctx context.Context, purpose Purpose, ref Ref) ([]byte, error) {
	r, err := s.Open(ctx, purpose, ref)
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	all.Grow(int(min(ref.Size, Largest)) + bytes.MinRead)
	_, err = all.ReadFrom(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	return all.Bytes(), nil
}

func (s *Store) open(ctx context.Context, o object, key string) (io.ReadCloser, error) {
	sealed, err := s.bucket.NewReader(ctx, key, nil)
	if err != nil {
		return nil, translate(err)
	}
	clear, err := s.unseal(o, sealed)
	if err != nil {
		return nil, errors.Join(err, sealed.Close())
	}
	return &opened{clear, sealed}, nil
}

func (s *Store) unseal(o object, sealed io.Reader) (io.Reader, error) {
	h, err := readHeader(sealed)
	if err != nil {
		return nil, err
	}
	own, err := s.keys.unwrap(h, o)
	if err != nil {
		return nil, err
	}
	return signing.OpenStream(sealed, own, o.data(h.key))
}

func readHeader(r io.Reader) (header, error) {
	var b [headerSize]byte
	_, err := io.ReadFull(r, b[:])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return header{}, ErrBroken
	}
	if err != nil {
		return header{}, fmt.Errorf("blobs: %w", err)
	}
	return parseHeader(b[:])
}

func (s *Store) readTo(ctx context.Context, o object, key string, w io.Writer) error {
	r, err := s.open(ctx, o, key)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, r.Close())
}

// opened reads the plain bytes and closes what they are read from.
type opened struct {
	clear  io.Reader
	sealed io.Closer
}

func (o *opened) Read(p []byte) (int, error) {
	n, err := o.clear.Read(p)
	if errors.Is(err, signing.ErrOpen) {
		err = fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return n, err
}

func (o *opened) Close() error { return o.sealed.Close() }

// checked holds what is read against what the row says.
type checked struct {
	io.ReadCloser
	ref  Ref
	sum  hash.Hash
	size int64
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	c.size += int64(n)
	if c.size > c.ref.Size || (errors.Is(err, io.EOF) && (c.size != c.ref.Size || signing.Digest(c.sum.Sum(nil)) != c.ref.Digest)) {
		return 0, ErrBroken
	}
	return n, err
}
