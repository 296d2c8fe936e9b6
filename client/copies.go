package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"baohan/signing"
)

// Copies is where a bidder keeps its own papers: the emergency path (应急) when no service answers at opening. Put
// returns when the bytes are durable. Get of what is not there is fs.ErrNotExist.
type Copies interface {
	Put(name string, b []byte) error
	Get(name string) ([]byte, error)
	Names() ([]string, error)
}

// Folder keeps copies as files of one directory that only its owner reads.
type Folder string

var _ Copies = Folder("")

var copyName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,99}$`)

// Put replaces a file whole: after a crash there is the old one or the new one.
func (f Folder) Put(name string, b []byte) (err error) {
	if !copyName.MatchString(name) {
		return fmt.Errorf("client: %q is not the name of a copy", name)
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(string(f), ".new-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeLeft(tmp.Name())) }()
	if err := errors.Join(write(tmp, b), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), filepath.Join(string(f), name)); err != nil {
		return err
	}
	return syncDir(string(f))
}

func write(to *os.File, b []byte) error {
	_, err := to.Write(b)
	return errors.Join(err, to.Sync())
}

func removeLeft(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get reads one file.
func (f Folder) Get(name string) ([]byte, error) {
	if !copyName.MatchString(name) {
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(filepath.Join(string(f), name))
}

// Names lists the copies, sorted.
func (f Folder) Names() ([]string, error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// keep encrypts a copy to its owner's own key, and to the recovery key if there is one, before it is written.
func (b *Bidder) keep(name string, plain []byte) error {
	sealed, err := signing.SealTo(plain, copyAAD(name), b.me.own()...)
	if err != nil {
		return err
	}
	return b.copies.Put(name, sealed)
}

func (b *Bidder) kept(ctx context.Context, name string) ([]byte, error) {
	sealed, err := b.copies.Get(name)
	if err != nil {
		return nil, err
	}
	return OpenCopy(ctx, name, sealed, b.me.Open)
}

// OpenCopy opens a paper that a bidder's client kept, with its encryption key or its recovery key. Name is the paper's
// name in its folder: under another name it does not open.
func OpenCopy(ctx context.Context, name string, sealed []byte, key signing.Decrypter) ([]byte, error) {
	return signing.OpenEnvelope(ctx, key, sealed, copyAAD(name))
}

func copyAAD(name string) []byte { return []byte("baohan/own-copy/1/" + name) }
