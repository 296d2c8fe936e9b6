package main

import (
	"encoding/hex"
	"errors"
	"io"
	"syscall/js"

	"baohan/client"
	"baohan/client/acts"
	"baohan/signing"
)

// window is how much of a chosen file is in this memory at a time, and of a spool before it is handed to the browser.
const window = 1 << 20 // bytes

func fileOf(blob js.Value) acts.File {
	size := int64(blob.Get("size").Float())
	return acts.File{Name: blob.Get("name").String(), Size: size, Open: func() (acts.Opened, error) {
		return opened{io.NewSectionReader(&blobReader{blob: blob, size: size}, 0, size)}, nil
	}}
}

var errUnread = errors.New("文件没有读完整，它可能正被别的程序改动；请重新选择")

// digest is the SM3 digest of a file that stays where it is, whatever its size.
func digest(blob js.Value) (js.Value, error) {
	size := int64(blob.Get("size").Float())
	h := signing.NewSM3()
	if n, err := io.Copy(h, io.NewSectionReader(&blobReader{blob: blob, size: size}, 0, size)); err != nil || n != size {
		return js.Value{}, errUnread
	}
	return object(map[string]any{"digest": hex.EncodeToString(h.Sum(nil))}), nil
}

// opened is a file of the person's, read in slices.
type opened struct{ *io.SectionReader }

func (opened) Close() error { return nil }

// blobReader reads a Blob through one window.
type blobReader struct {
	blob  js.Value
	size  int64
	from  int64
	slice []byte
}

func (r *blobReader) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && off < r.size {
		if off < r.from || off >= r.from+int64(len(r.slice)) {
			if err := r.look(off); err != nil {
				return n, err
			}
		}
		k := copy(p[n:], r.slice[off-r.from:])
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// look moves the window. A file that was changed or taken away after it was chosen cannot be read.
func (r *blobReader) look(off int64) error {
	end := min(off+window, r.size)
	buffer, err := try(js.Global().Get("FileReaderSync").New(), "readAsArrayBuffer", r.blob.Call("slice", float64(off), float64(end)))
	if err != nil {
		return err
	}
	a := js.Global().Get("Uint8Array").New(buffer)
	if int64(a.Length()) != end-off {
		return io.ErrUnexpectedEOF
	}
	r.from, r.slice = off, make([]byte, end-off)
	js.CopyBytesToGo(r.slice, a)
	return nil
}

// spool gives ciphertext to the browser, which keeps as much of it as it likes on the disk.
type spool struct {
	parts   js.Value // of Blob
	pending []byte
}

func newSpool() (client.Spool, error) {
	return &spool{parts: js.Global().Get("Array").New()}, nil
}

func (s *spool) Write(p []byte) (int, error) {
	s.pending = append(s.pending, p...)
	if len(s.pending) >= window {
		s.flush()
	}
	return len(p), nil
}

func (s *spool) flush() {
	s.parts.Call("push", js.Global().Get("Blob").New([]any{toJS(s.pending)}))
	s.pending = s.pending[:0]
}

func (s *spool) Close() error {
	s.parts, s.pending = js.Undefined(), nil
	return nil
}

func (s *spool) Body(told func(int64)) io.Reader {
	if len(s.pending) > 0 {
		s.flush()
	}
	return &blobBody{js.Global().Get("Blob").New(s.parts), told}
}

// blobBody is a request's body that the browser sends by itself (way): none of it passes through here.
type blobBody struct {
	blob js.Value
	told func(int64)
}

func (*blobBody) Read([]byte) (int, error) {
	return 0, errors.New("key: a body of the browser's is not read here")
}
func (*blobBody) Close() error { return nil }
