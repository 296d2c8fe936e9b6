package custody

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// nonces remembers which requests were seen, on disk, until they could not come again.
type nonces struct {
	path string
	mu   sync.Mutex
	seen map[string]time.Time // until when
	file *os.File
}

var errReplayed = errors.New("custody: this request was seen before")

// openNonces reads what is still to be remembered and forgets the rest. A torn last line belongs to a request that
// was not answered.
func openNonces(dir string, now time.Time) (*nonces, error) {
	n := &nonces{path: filepath.Join(dir, "nonces"), seen: map[string]time.Time{}}
	text, err := os.ReadFile(n.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		stamp, nonce, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		until, err := time.Parse(time.RFC3339, stamp)
		if ok && err == nil && until.After(now) {
			n.seen[nonce] = until
		}
	}
	return n, n.rewrite()
}

func (n *nonces) rewrite() (err error) {
	var text bytes.Buffer
	for nonce, until := range n.seen {
		text.WriteString(entry(nonce, until))
	}
	if err := replace(n.path, text.Bytes()); err != nil {
		return err
	}
	n.file, err = os.OpenFile(n.path, os.O_WRONLY|os.O_APPEND, 0o600)
	return err
}

func entry(nonce string, until time.Time) string {
	return until.UTC().Format(time.RFC3339) + " " + nonce + "\n"
}

// use notes a nonce, once: it is on disk before the request that bears it is heard. Until is rounded up, so that it is
// remembered long enough.
func (n *nonces) use(nonce string, until, now time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for old, end := range n.seen {
		if now.After(end) {
			delete(n.seen, old)
		}
	}
	if _, seen := n.seen[nonce]; seen {
		return errReplayed
	}
	until = until.Add(time.Second)
	if _, err := n.file.WriteString(entry(nonce, until)); err != nil {
		return err
	}
	if err := n.file.Sync(); err != nil {
		return err
	}
	n.seen[nonce] = until
	return nil
}
