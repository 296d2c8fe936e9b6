package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json"
)

// journal is a file of JSON lines, each on disk before append returns.
type journal struct{ file *os.File }

// openJournal reads what is there and cuts off a last line that a crash left unfinished: nobody was answered for
// it. Any other line that does not read is damage, and the bank does not start.
func openJournal(path string) (*journal, []entry, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	entries, err := replay(file)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("sandbox: journal %s: %w", path, err), file.Close())
	}
	return &journal{file}, entries, nil
}

func replay(file *os.File) ([]entry, error) {
	all, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	whole := bytes.LastIndexByte(all, '\n') + 1
	if err := file.Truncate(int64(whole)); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		return nil, err
	}
	var entries []entry
	for n, line := range bytes.Split(all[:whole], []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var e entry
		if err := json.Unmarshal(line, &e, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// append makes e durable. After an error the file may hold half a line: the bank stops and is started again.
func (j *journal) append(e entry) error {
	line, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

func (j *journal) close() error { return j.file.Close() }
