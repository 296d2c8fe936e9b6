package letter

import (
	"errors"
	"hash"
	"io"
	"slices"

	"baohan/signing"
)

// FileSteps are the lengths that the ciphertext of a bid's file can have, in bytes. They are few and far apart, so that a
// length tells little of the file.
var FileSteps = []int64{256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20}

// LargestFile is how long a file of a bid can be, in bytes: what the last step holds.
var LargestFile = signing.StreamRoom(FileSteps[len(FileSteps)-1])

// IsFileStep tells whether a ciphertext of a bid's file can be so long.
func IsFileStep(n int64) bool { return slices.Contains(FileSteps, n) }

// FileStep is the step of a file of so many bytes. The fault is the bidder's to read: empty, or longer than LargestFile.
func FileStep(size int64) (int64, error) {
	if size <= 0 {
		return 0, fault("size", "size", "文件是空的；请重新选择文件")
	}
	for _, step := range FileSteps {
		if size <= signing.StreamRoom(step) {
			return step, nil
		}
	}
	return 0, fault("size", "size", "文件过大：每个文件至多约 256 MB；请拆分或压缩后重新选择")
}

// ErrBidFile says that a ciphertext is not the file that its form says: another key, another length, another digest, or
// something beside it in the padding.
var ErrBidFile = errors.New("letter: the file is not the one of its form")

// errLength says that a file changed while it was read.
var errLength = errors.New("letter: the file is not as long as it was said to be")

// bidFileAAD: a file's key seals nothing else, and the signed form binds key, ciphertext and plain file to one another.
var bidFileAAD = []byte("baohan/bid-file/1")

// SealBidFile encrypts size bytes of from under a key that seals nothing else, with zeros behind them up to the step, and
// gives the SM3 of the plain file. It holds one chunk in memory. What it writes is exactly as long as FileStep says.
func SealBidFile(to io.Writer, from io.Reader, size int64, key []byte) (digest signing.Digest, err error) {
	step, err := FileStep(size)
	if err != nil {
		return digest, err
	}
	s, err := signing.SealStream(to, key, bidFileAAD)
	if err != nil {
		return digest, err
	}
	sum := signing.NewSM3()
	n, err := io.Copy(io.MultiWriter(s, sum), io.LimitReader(from, size+1))
	if err == nil && n != size {
		err = errLength
	}
	if err != nil {
		return digest, err
	}
	if _, err := io.CopyN(s, zeros{}, signing.StreamRoom(step)-size); err != nil {
		return digest, err
	}
	return signing.Digest(sum.Sum(nil)), s.Close()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// OpenBidFile gives the plain bytes of a ciphertext. Its last chunk comes only when all has been held against the form:
// length, digest, and nothing but zeros behind. ErrBidFile when it does not agree; an error of from's own as it is.
func OpenBidFile(from io.Reader, f BidFile) (io.Reader, error) {
	clear, err := signing.OpenStream(from, f.Key, bidFileAAD)
	return &bidFileOpener{from: clear, digest: f.Digest, sum: signing.NewSM3(), left: f.Size, chunk: make([]byte, signing.StreamChunk)}, err
}

type bidFileOpener struct {
	from   io.Reader
	digest signing.Digest
	sum    hash.Hash
	left   int64 // of the plain file
	chunk  []byte
	give   []byte // opened, and not given yet
	err    error
}

func (o *bidFileOpener) Read(p []byte) (int, error) {
	if len(o.give) == 0 && o.err == nil {
		o.give, o.err = o.next()
	}
	n := copy(p, o.give)
	o.give = o.give[n:]
	if n > 0 || len(p) == 0 {
		return n, nil
	}
	return 0, o.err
}

// next opens a chunk; with the last, which waits for all the rest to be checked, comes io.EOF.
func (o *bidFileOpener) next() ([]byte, error) {
	part := o.chunk[:min(int64(len(o.chunk)), o.left)]
	if _, err := io.ReadFull(o.from, part); err != nil {
		return nil, unlike(err)
	}
	o.sum.Write(part)
	if o.left -= int64(len(part)); o.left > 0 {
		return part, nil
	}
	if signing.Digest(o.sum.Sum(nil)) != o.digest {
		return nil, ErrBidFile
	}
	if _, err := io.Copy(onlyZeros{}, o.from); err != nil {
		return nil, unlike(err)
	}
	return part, io.EOF
}

// unlike tells what is wrong with the file from what is wrong with the way to it.
func unlike(err error) error {
	if errors.Is(err, signing.ErrOpen) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.Join(ErrBidFile, err)
	}
	return err
}

type onlyZeros struct{}

func (onlyZeros) Write(p []byte) (int, error) {
	for _, b := range p {
		if b != 0 {
			return 0, ErrBidFile
		}
	}
	return len(p), nil
}
