package guarantee

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/party"
	"baohan/signing"
)

// stored counts the files in the store, its mark left out, and breaks the store when it is told to.
type stored struct {
	t   *testing.T
	dir string
}

func (w *world) filesIn(t *testing.T) stored {
	t.Helper()
	s := stored{t, filepath.Join(t.TempDir(), "files")}
	keys, err := blobs.NewKeys(blobs.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	if w.Files, err = blobs.Open(w.ctx, s.dir, keys); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s stored) count() int {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.dir, "*", "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(found)
}

// away makes the store unreachable until back is called.
func (s stored) away() (back func()) {
	move := func(from, to string) {
		s.t.Helper()
		if err := os.Rename(from, to); err != nil {
			s.t.Fatal(err)
		}
	}
	move(s.dir, s.dir+".away")
	if err := os.WriteFile(s.dir, nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return func() { move(s.dir+".away", s.dir+".back"); move(s.dir, s.dir+".gone"); move(s.dir+".back", s.dir) }
}

func sameFiles(a, b []Attachment) bool {
	key := func(f Attachment) string { return string(f.Kind) + "\x00" + f.Name + "\x00" + string(f.Bytes) }
	set := map[string]bool{}
	for _, f := range a {
		set[key(f)] = true
	}
	return len(a) == len(b) && !slices.ContainsFunc(b, func(f Attachment) bool { return !set[key(f)] })
}

func TestDocumentsAreStoredOnce(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	s := w.filesIn(t)
	l := w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001")
	files := w.files(l)
	if len(files) == 0 {
		t.Fatal("the wording asks for no document")
	}
	d := w.demandOf(l, w.tenderees[0], 100, files)
	b, err := d.Canonical()
	body, cmd := w.presentation(w.tenderees[0], b, err, files), w.by(w.tenderees[0], party.Beneficiary)
	for range 3 { // the same command again, and again
		if _, _, err := w.Present(w.ctx, cmd, IntakeDemand, l.id, body); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count(); n != len(files) {
		t.Errorf("%d files in the store, want %d", n, len(files))
	}
	var inRow int
	if err := w.Pool.QueryRow(w.ctx, `SELECT count(*) FROM demand_document WHERE bytes IS NOT NULL OR blob IS NULL OR size IS NULL`).Scan(&inRow); err != nil || inRow != 0 {
		t.Errorf("%d documents in their rows, %v", inRow, err)
	}
	_, got, err := w.DemandPapers(w.ctx, d.ID)
	if err != nil || !sameFiles(got, files) {
		t.Errorf("read %d documents, %v", len(got), err)
	}
	ids := []string{got[0].ref.ID, "0123456789abcdef0123456789abcdef"}
	if named, err := w.NamedFiles(w.ctx, ids); err != nil || !slices.Equal(named, ids[:1]) {
		t.Errorf("names %v, %v", named, err)
	}
}

// I6: the store of files is a second place that may be away. The receipt does not need it, and the paper is in time.
func TestTimelyDemandWhileTheStoreIsAway(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	s := w.filesIn(t)
	l := w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001")
	end := time.Date(2027, 4, 21, 0, 0, 0, 0, calendar.Shanghai)
	w.clock.Set(end)
	back := s.away()
	files := w.files(l)
	d := w.demandOf(l, w.tenderees[0], 100, files)
	_, in, err := w.present(l, w.tenderees[0], d, files)
	if _, refused := party.RefusalOf(err); err == nil || refused || in.ID == "" || !in.ReceivedAt.Equal(end) {
		t.Fatalf("receipt %s of %s, %v; want one, and a fault that is no refusal", in.ID, in.ReceivedAt, err)
	}
	w.clock.Set(end.Add(time.Hour))
	_, err = w.Expire(w.ctx, l.id)
	refused(t, err, "expire.papers_waiting")
	if err := w.Process(w.ctx, in.ID); err == nil {
		t.Fatal("processed without a place for its documents")
	}
	back()
	w.clock.Set(end.Add(2 * time.Hour))
	if err := w.Process(w.ctx, in.ID); err != nil {
		t.Fatal(err)
	}
	dm, got, err := w.DemandPapers(w.ctx, d.ID)
	if err != nil || !dm.PresentedAt.Equal(end) || !sameFiles(got, files) {
		t.Errorf("%+v, %d documents, %v", dm, len(got), err)
	}
}

// Who withdraws or completes does not wait for the store.
func TestDemandIsSeenWhileTheStoreIsAway(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	s := w.filesIn(t)
	l := w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001")
	d := w.demandOf(l, w.tenderees[0], 100, w.files(l))
	if _, _, err := w.present(l, w.tenderees[0], d, w.files(l)); err != nil {
		t.Fatal(err)
	}
	defer s.away()()
	if _, err := w.DemandFor(w.ctx, w.tenderees[0].actor(party.Beneficiary), d.ID); err != nil {
		t.Error(err)
	}
	if _, _, err := w.DemandPapers(w.ctx, d.ID); err == nil {
		t.Error("its documents were read from nowhere")
	}
}

func TestRefusedDemandStoresNothing(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	s := w.filesIn(t)
	l := w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001")
	for name, c := range map[string]struct {
		change func(*Attachment)
		code   string
	}{
		"nothing":                       {func(f *Attachment) { f.Bytes = nil }, "file.empty"},
		"another file than was signed":  {func(f *Attachment) { f.Bytes = []byte("另一份") }, "demand.documents"},
		"one that names another person": {func(f *Attachment) { f.Name = "另一份.txt" }, "demand.documents"},
	} {
		files := w.files(l)
		c.change(&files[0])
		d := w.demandOf(l, w.tenderees[0], 100, files)
		if c.code == "demand.documents" {
			d.Documents = named(w.files(l))
		}
		_, in, err := w.present(l, w.tenderees[0], d, files)
		r, ok := party.RefusalOf(err)
		if !ok || r.Code != c.code || r.Field != "documents" {
			t.Errorf("%s: %v", name, err)
		}
		if in.ID == "" {
			t.Errorf("%s: no receipt", name)
		}
	}
	if n := s.count(); n != 0 {
		t.Errorf("%d files in the store", n)
	}
}

// A demand in time is not refused for the form of a file; its examiner is told that nobody recognised it.
func TestUnrecognisedDocumentIsTaken(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	w.filesIn(t)
	for i, change := range []func(*Attachment){
		func(f *Attachment) { f.Name = "说明.exe" },
		func(f *Attachment) { f.Bytes = []byte("\x89PNG\r\n\x1a\n") },
		func(f *Attachment) { f.Name = "说明.pdf" },
	} {
		l := w.disclosedLetter(w.bidders[i%len(w.bidders)], w.insurer, fmt.Sprintf("HNPIC-0000000%d", i+1))
		files := w.files(l)
		change(&files[0])
		d := w.demandOf(l, w.tenderees[0], 100, files)
		if _, _, err := w.present(l, w.tenderees[0], d, files); err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		_, kept, err := w.DemandPapers(w.ctx, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range kept {
			if f.Unrecognised != (f.Kind == files[0].Kind) {
				t.Errorf("case %d: %s is unrecognised: %v", i, f.Name, f.Unrecognised)
			}
		}
	}
}

// What was stored before there was a store for files is read from its row; what a row says is held against the file.
func TestDocumentsOfBefore(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	w.filesIn(t)
	l := w.disclosedLetter(w.bidders[0], w.insurer, "HNPIC-00000001")
	d := w.demandOf(l, w.tenderees[0], 100, w.files(l))
	if _, _, err := w.present(l, w.tenderees[0], d, w.files(l)); err != nil {
		t.Fatal(err)
	}
	old := []byte("存在库里的旧文件")
	insert := func(columns, values string, digest signing.Digest) error {
		_, err := w.Pool.Exec(w.ctx, `INSERT INTO demand_document (demand, kind, name, digest, `+columns+`) VALUES (@demand, @kind, 'old.pdf', @digest, `+values+`)`,
			pgx.NamedArgs{"demand": d.ID, "kind": letter.LossStatement, "digest": digest[:], "bytes": old, "blob": "0123456789abcdef0123456789abcdef"})
		return err
	}
	if err := insert("bytes", "@bytes", signing.Sum(old)); err != nil {
		t.Fatal(err)
	}
	_, got, err := w.DemandPapers(w.ctx, d.ID)
	if err != nil || !sameFiles(got, append(w.files(l), Attachment{Kind: letter.LossStatement, Name: "old.pdf", Bytes: old})) {
		t.Errorf("%d documents, %v", len(got), err)
	}
	for name, c := range map[string][2]string{"in both places": {"bytes, blob, size", "@bytes, @blob, 1"}, "of no size": {"blob", "@blob"}, "of a size below zero": {"blob, size", "@blob, -1"},
		"of a name that is none": {"blob, size", "'../x', 1"}, "nowhere, with a size": {"size", "1"}} {
		if err := insert(c[0], c[1], signing.Sum([]byte(name))); err == nil {
			t.Errorf("a document %s was let through", name)
		}
	}
	if err := insert("blob, size", "@blob, 1", signing.Sum([]byte("lost"))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.DemandPapers(w.ctx, d.ID); !errors.Is(err, blobs.ErrNotFound) {
		t.Errorf("a document that is lost: %v", err)
	}
}
