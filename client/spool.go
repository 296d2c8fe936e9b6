package client

import (
	"errors"
	"io"
	"os"
)

// Spool keeps the ciphertext of one file between its making and its sending: it is written once, from beginning to end, and
// then sent as often as it takes. Close takes it away.
type Spool interface {
	io.WriteCloser
	// Body is all that was written, from its beginning; told learns how much of it has been taken.
	Body(told func(sent int64)) io.Reader
}

func (p Platform) spool() (Spool, error) {
	if p.Spool != nil {
		return p.Spool()
	}
	f, err := os.CreateTemp("", "baohan-upload-*")
	return &fileSpool{File: f}, err
}

// fileSpool is a file that nobody else reads.
type fileSpool struct {
	*os.File
	size int64
}

func (s *fileSpool) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	s.size += int64(n)
	return n, err
}

func (s *fileSpool) Body(told func(sent int64)) io.Reader {
	return &counted{Reader: io.NewSectionReader(s.File, 0, s.size), told: told}
}

func (s *fileSpool) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }

// counted tells how much of a body has been taken.
type counted struct {
	io.Reader
	sent int64
	told func(int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if n > 0 {
		c.sent += int64(n)
		c.told(c.sent)
	}
	return n, err
}
