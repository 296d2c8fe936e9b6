package tlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"baohan/internal/clock"
	"baohan/signing"
)

// Witness follows one log from outside of its administration: it countersigns a head only when the log has grown into
// it from the last head that it countersigned, which it keeps on its own disk. It is run by a bank or a supervisor.
type Witness struct {
	Key    Key            // of the witness
	Signer signing.Signer // holds Key
	Log    []Key          // of the log that is followed
	Clock  clock.Clock
	File   string // the last head countersigned, a signed note; it must outlive everything else. One witness a file

	mu sync.Mutex
}

// Refusal says why a head was not countersigned although the log signed it: the log contradicts itself, and both notes
// prove it. They are kept beside the witness's file.
type Refusal struct {
	Why     error // ErrShrinks or ErrForks
	Last    Checkpoint
	Offered Checkpoint
	Kept    string // the file with the offered note
}

var (
	// ErrShrinks says that a log has fewer leaves than it had.
	ErrShrinks = errors.New("日志的条目比上次见证时少，可能被回滚；没有见证，请向日志运营者和监督部门核实")
	// ErrForks says that a log is not the one that it was.
	ErrForks = errors.New("日志与上次见证的内容不一致，可能被改写或分叉；没有见证，请向日志运营者和监督部门核实")
)

func (r *Refusal) Error() string {
	return fmt.Sprintf("%v（上次 %d 条，这次 %d 条，证据存于 %s）", r.Why, r.Last.Size, r.Offered.Size, r.Kept)
}

func (r *Refusal) Unwrap() error { return r.Why }

// Source is the log as a witness reads it.
type Source interface {
	// Head is the newest signed head, as its note.
	Head(ctx context.Context) ([]byte, error)
	// Consistency proves that the log grew from one size to another.
	Consistency(ctx context.Context, from, to uint64) (Consistency, error)
}

// Last is the head that was countersigned last; the zero Checkpoint before the first.
func (w *Witness) Last() (Checkpoint, error) {
	note, err := os.ReadFile(w.File)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, err
	}
	c, _, err := Open(note, w.Log...)
	return c, err // a file that does not read is no reason to begin anew
}

// Follow reads the log's head, checks it and countersigns it: the line is for the log. The same head is countersigned
// again with the new time: that nothing newer was seen is a statement too.
func (w *Witness) Follow(ctx context.Context, log Source) (Checkpoint, Line, error) {
	last, err := w.Last()
	if err != nil {
		return Checkpoint{}, Line{}, err
	}
	note, err := log.Head(ctx)
	if err != nil {
		return Checkpoint{}, Line{}, err
	}
	offered, _, err := Open(note, w.Log...)
	if err != nil {
		return Checkpoint{}, Line{}, err
	}
	var path []signing.Digest
	if 0 < last.Size && last.Size < offered.Size {
		proof, err := log.Consistency(ctx, last.Size, offered.Size)
		if err != nil {
			return Checkpoint{}, Line{}, err
		}
		path = proof.Path
	}
	line, err := w.Countersign(ctx, note, last.Size, path)
	if errors.Is(err, ErrProof) { // the log itself has no better one
		err = w.refuse(ErrForks, last, offered, note)
	}
	return offered, line, err
}

// Countersign is C2SP tlog-witness, add-checkpoint: a note of the log, and the proof that it grew from the last head,
// of that size. ErrStale when that is not the last size: ask Last and prove from there. ErrProof for a proof that does
// not hold, which convicts nobody: anyone can send one. The new head is on disk before the line is made, so that no two
// lines of this witness ever contradict each other, whenever it dies.
func (w *Witness) Countersign(ctx context.Context, note []byte, from uint64, path []signing.Digest) (Line, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	offered, _, err := Open(note, w.Log...)
	if err != nil {
		return Line{}, err
	}
	last, err := w.Last()
	if err != nil {
		return Line{}, err
	}
	if err := w.follows(last, offered, note, from, path); err != nil {
		return Line{}, err
	}
	if err := replaceFile(w.File, note); err != nil {
		return Line{}, err
	}
	return Cosign(ctx, offered, w.Key, w.Signer, w.Clock.Now())
}

// ErrStale says that a proof does not begin at the witness's last head.
var ErrStale = errors.New("tlog: the proof does not begin at the last head of the witness")

// follows decides. A smaller head, or another root for the same size, is signed by the log and convicts it.
func (w *Witness) follows(last, offered Checkpoint, note []byte, from uint64, path []signing.Digest) error {
	switch {
	case last.Size == 0: // the first head is taken as it is
		return nil
	case offered.Size < last.Size:
		return w.refuse(ErrShrinks, last, offered, note)
	case offered.Size == last.Size && offered.Root != last.Root:
		return w.refuse(ErrForks, last, offered, note)
	case from != last.Size:
		return ErrStale
	}
	return CheckConsistency(last, offered, path)
}

func (w *Witness) refuse(why error, last, offered Checkpoint, note []byte) error {
	kept := fmt.Sprintf("%s.refused-%d-%.16s", w.File, offered.Size, offered.Root)
	if err := replaceFile(kept, note); err != nil {
		return errors.Join(why, err)
	}
	return &Refusal{why, last, offered, kept}
}

// replaceFile writes a file in one step: after a crash it is the old one or the new one, whole and on disk.
func replaceFile(path string, b []byte) error {
	if err := writeSynced(path+".new", b); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func writeSynced(path string, b []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(b); err != nil {
		return err
	}
	return f.Sync()
}
