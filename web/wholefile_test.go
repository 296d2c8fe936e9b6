package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"baohan/internal/blobs"
	"baohan/party"
	"baohan/signing"
)

// depot is a server that takes one file and gives it back, over real HTTP.
type depot struct {
	*httptest.Server
	files *blobs.Store
	dir   string
	want  upload
	ref   blobs.Ref
	err   error // of the last put
	took  chan error
	gave  chan error
}

const purposeHere blobs.Purpose = "test/whole"

func newDepot(t *testing.T) *depot {
	t.Helper()
	d := &depot{dir: filepath.Join(t.TempDir(), "files"), took: make(chan error, 8), gave: make(chan error, 8)}
	d.files = must(blobs.Open(t.Context(), d.dir, must(blobs.NewKeys(blobs.NewKey()))))
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			ref, err := takeFile(w, r, d.files, d.want)
			d.ref = ref
			d.took <- err
			return
		}
		if err := giveFile(r.Context(), w, d.files, purposeHere, d.ref, "投标文件 1.pdf"); err != nil {
			w.WriteHeader(http.StatusTeapot)
			d.gave <- err
		}
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *depot) stored() int { return len(must(filepath.Glob(filepath.Join(d.dir, "*", "*")))) }

func (d *depot) put(t *testing.T, body io.Reader, length int64, kind string) {
	t.Helper()
	r := must(http.NewRequestWithContext(t.Context(), http.MethodPut, d.URL, body))
	r.Header.Set("Content-Type", kind)
	r.ContentLength = length
	if resp, err := http.DefaultClient.Do(r); err == nil {
		_ = resp.Body.Close()
	}
	d.err = <-d.took // a client that broke off does not hear the answer
}

func pdfOf(size int) []byte { return append([]byte("%PDF-1.7\n"), signing.Random(size-9)...) }

func TestWholeFileComesAndGoes(t *testing.T) {
	d := newDepot(t)
	for _, size := range []int{10, signing.StreamChunk, signing.StreamChunk + 1, 5 << 20} {
		plain := pdfOf(size)
		d.want = upload{purposeHere, blobs.Rule{Types: blobs.Papers, Max: int64(size)}, "a.pdf", signing.Sum(plain)}
		d.put(t, bytes.NewReader(plain), int64(size), "application/octet-stream")
		if d.err != nil || d.ref.Size != int64(size) {
			t.Fatal(d.ref, d.err)
		}
		resp := must(http.Get(d.URL))
		got, err := io.ReadAll(resp.Body)
		if err != nil || !bytes.Equal(got, plain) || resp.ContentLength != int64(size) {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
		if h := resp.Header; h.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename*=UTF-8''%E6%8A%95") ||
			strings.Contains(h.Get("Content-Disposition"), " 1") {
			t.Errorf("%v", h)
		}
		_ = resp.Body.Close()
	}
}

func TestWholeFileRefuses(t *testing.T) {
	d := newDepot(t)
	plain := pdfOf(300_000)
	good := upload{purposeHere, blobs.Rule{Field: "file", Types: []blobs.Type{blobs.PDF}, Max: 300_000}, "a.pdf", signing.Sum(plain)}
	named := good
	named.name = "a.exe"
	undigested := good
	undigested.digest = signing.Sum([]byte("another"))
	for name, c := range map[string]struct {
		want   upload
		body   io.Reader
		length int64
		kind   string
		code   string
	}{
		"another digest":           {undigested, bytes.NewReader(plain), 300_000, "application/octet-stream", "file.digest"},
		"another type by its name": {named, bytes.NewReader(plain), 300_000, "application/octet-stream", "file.type"},
		"another type by bytes":    {good, bytes.NewReader(make([]byte, 300_000)), 300_000, "application/octet-stream", "file.content"},
		"a byte too long":          {good, bytes.NewReader(append(bytes.Clone(plain), 0)), 300_001, "application/octet-stream", "request.too_large"},
		"JSON":                     {good, bytes.NewReader(plain), 300_000, "application/json", "request.media_type"},
		"no media type":            {good, bytes.NewReader(plain), 300_000, "", "request.media_type"},
		"no length":                {good, iotest.OneByteReader(bytes.NewReader(plain[:100])), -1, "application/octet-stream", "request.length"},
		"nothing":                  {good, http.NoBody, 0, "application/octet-stream", "request.length"},
		"a body that is cut":       {good, io.MultiReader(bytes.NewReader(plain[:200_000]), iotest.ErrReader(errors.New("gone"))), 300_000, "application/octet-stream", "request.incomplete"},
	} {
		d.want = c.want
		d.put(t, c.body, c.length, c.kind)
		code := ""
		if r, ok := party.RefusalOf(d.err); ok {
			code = r.Code
		} else if p := (*problem)(nil); errors.As(d.err, &p) {
			code = p.Code
		}
		if code != c.code || d.ref != (blobs.Ref{}) {
			t.Errorf("%s: %v, want %s", name, d.err, c.code)
		}
		if n := d.stored(); n != 0 {
			t.Errorf("%s: %d files are left", name, n)
		}
	}
}

// A fault after the first bytes breaks the connection: no client takes the part for the whole.
func TestPartOfAFileIsNoFile(t *testing.T) {
	d := newDepot(t)
	plain := pdfOf(3 << 20)
	d.ref = must(d.files.PutBytes(t.Context(), purposeHere, plain))
	path := filepath.Join(d.dir, d.ref.ID[:2], d.ref.ID)
	sealed := must(os.ReadFile(path))
	sealed[len(sealed)-1] ^= 1
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	resp := must(http.Get(d.URL))
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err == nil || len(got) >= len(plain) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	sealed[100] ^= 1
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	early := must(http.Get(d.URL))
	defer early.Body.Close()
	if early.StatusCode != http.StatusTeapot || !errors.Is(<-d.gave, blobs.ErrBroken) || early.Header.Get("Content-Disposition") != "" {
		t.Errorf("before the first byte: %d %v", early.StatusCode, early.Header)
	}
}
