package custody

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// lotFile is all that a custodian keeps of one lot. The private key is encrypted to the custodian's storage key.
type lotFile struct {
	Project   string              `json:"project"`
	Lot       string              `json:"lot"`
	NotBefore time.Time           `json:"not_before"`
	Key       letter.CustodianKey `json:"key"`
	Private   []byte              `json:"private"`
	Bids      signing.Digest      `json:"bids"`    // the closing that was served, zero as long as none was
	Letters   signing.Digest      `json:"letters"` //

	Veto      *Veto     `json:"veto,omitzero"`      // of the officer
	ByHand    time.Time `json:"by_hand,omitzero"`   // when the officer gave this lot by hand
	Orders    []Order   `json:"orders,omitzero"`    // the postponements that were obeyed, in their order
	Destroyed []byte    `json:"destroyed,omitzero"` // SignedData over Destruction; Private is gone then
}

func makeDir(dir string) error { return os.MkdirAll(dir, 0o700) }

func fileAAD(project, lot string) []byte {
	d := signing.TaggedSum("baohan/custodian-file/1", []byte(project), []byte(lot))
	return d[:]
}

// path names the file by a digest: codes come from outside and may hold anything.
func (a *Agent) path(project, lot string) string {
	return filepath.Join(a.Dir, signing.TaggedSum("baohan/custodian-file/1", []byte(project), []byte(lot)).String()+".json")
}

// load reads a lot's file; nil when there is none.
func (a *Agent) load(project, lot string) (*lotFile, error) {
	f, err := readLot(a.path(project, lot))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if f.Project != project || f.Lot != lot {
		return nil, errors.New("custody: a lot's file is another lot's")
	}
	return f, nil
}

func readLot(path string) (*lotFile, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := new(lotFile)
	if err := json.Unmarshal(b, f, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("custody: a lot's file does not read: %w", err)
	}
	return f, nil
}

// save replaces the file in one step: after a crash it is the old one or the new one, whole and on disk.
func (a *Agent) save(f *lotFile) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return replace(a.path(f.Project, f.Lot), b)
}

// lots reads every lot's file, the latest deadline first.
func (a *Agent) lots() ([]*lotFile, error) {
	entries, err := os.ReadDir(a.Dir)
	if err != nil {
		return nil, err
	}
	var all []*lotFile
	for _, e := range entries {
		name, isLot := strings.CutSuffix(e.Name(), ".json")
		if !isLot || len(name) != 2*len(signing.Digest{}) {
			continue
		}
		f, err := readLot(filepath.Join(a.Dir, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(x, y *lotFile) int {
		return cmp.Or(y.NotBefore.Compare(x.NotBefore), strings.Compare(x.Project, y.Project), strings.Compare(x.Lot, y.Lot))
	})
	return all, nil
}

func replace(path string, b []byte) error {
	if err := writeSynced(path+".new", b); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
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

func syncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
