package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/httpsig"
)

func fileOf(name string, plain []byte) client.FileOf {
	return client.FileOf{Name: name, Size: int64(len(plain)), From: bytes.NewReader(plain)}
}

// Bids with none, one and three files, from the hand-in over a replacement to the download after the read-out, each as itself.
func TestBidFilesFromHandInToDownload(t *testing.T) {
	r := newRemote(t)
	ctx := t.Context()
	one, two, large := []byte("%PDF-1.7 商务标"), signing.Random(300_000), pdfOf(5<<20)
	path := filepath.Join(t.TempDir(), "商务标.pdf")
	if err := os.WriteFile(path, one, 0o600); err != nil {
		t.Fatal(err)
	}
	again := func(i int, also ...client.BidOption) {
		t.Helper()
		r.bids[i] = must(r.bidders[i].ReplaceBid(ctx, r.lot, r.bids[i], "", house.Terms(letter.Fen(1_300_000_000+i)), also...)).ID
	}
	again(0, client.WithPaths(path))
	var sent, total int64
	again(1, client.WithFiles(fileOf("技术标.pdf", two), fileOf("图纸.pdf", large)), client.WithProgress(func(p client.FileProgress) { sent, total = p.Sent, p.Total }))
	if sent != 16<<20 || total != 16<<20 {
		t.Errorf("told of %d of %d bytes", sent, total)
	}
	kept := must(r.bidders[1].OwnFiles(ctx, r.bids[1]))
	again(1, client.KeepingFiles(kept[0].ID, kept[1].ID), client.WithPaths(path))
	own := func() {
		t.Helper()
		all := must(r.bidders[1].OwnFiles(ctx, r.bids[1]))
		for i, want := range [][]byte{two, large, one} {
			var got bytes.Buffer
			if err := r.bidders[1].OwnFile(ctx, r.bids[1], all[i].ID, &got); err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("own file %d: %d bytes, %v", i, got.Len(), err)
			}
		}
		for name, token := range map[string]string{"another bidder": r.signIn(r.people[0], party.Bidder), "the host": r.signIn(r.tenderer, party.Beneficiary)} {
			if got := r.as(token, "GET", "/api/v1/bid-files/"+all[0].ID, nil); got.status != 404 || !bytes.Equal(got.body, absent().bytes()) {
				t.Errorf("%s has a ciphertext: %d", name, got.status)
			}
		}
	}
	own()
	_, err := r.bidders[2].Bid(ctx, r.lot, "", house.Terms(1), client.KeepingFiles(kept[0].ID))
	if err == nil {
		t.Error("a new bid keeps files")
	}
	r.begin()
	must(r.host.OrderDecryption(ctx, r.lot.ID))
	for i, b := range r.bidders {
		must(b.Decrypt(ctx, r.bids[i]))
	}
	for _, s := range []*client.Staff{r.host, r.supervisor, r.centre} {
		_, err := s.BidFiles(ctx, r.bids[0])
		wantCode(t, err, "not_found")
	}
	must(r.host.ReadOut(ctx, r.lot.ID))
	own()
	for _, s := range []*client.Staff{r.host, r.supervisor, r.centre} {
		for i, want := range [][][]byte{{one}, {two, large, one}, {}} {
			all := must(s.BidFiles(ctx, r.bids[i]))
			if len(all) != len(want) {
				t.Fatalf("bid %d has %+v", i, all)
			}
			for n, f := range all {
				var got bytes.Buffer
				if err := s.BidFile(ctx, r.bids[i], f, &got); err != nil || !bytes.Equal(got.Bytes(), want[n]) {
					t.Errorf("file %s: %d bytes, %v", f.Name, got.Len(), err)
				}
			}
		}
	}
	r.refusedDownloads()
	if text := r.log.String(); strings.Contains(text, "商务标") || strings.Contains(text, "upload-bid-file") {
		t.Error("the log tells of a file")
	}
}

// refusedDownloads: who has no part, another bid's file, and a file that the store has changed.
func (r *remote) refusedDownloads() {
	r.t.Helper()
	ctx := r.t.Context()
	f := must(r.host.BidFiles(ctx, r.bids[0]))[0]
	path := "/api/v1/bids/" + r.bids[0] + "/file?file=" + f.ID
	got := r.as(r.signIn(r.tenderer, party.Beneficiary), "GET", path, nil)
	if got.status != 200 || got.header.Get("Content-Type") != octets || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment; filename*=UTF-8''%E5%95%86") ||
		got.header.Get("X-Content-Type-Options") != "nosniff" {
		r.t.Errorf("%d %v", got.status, got.header)
	}
	for name, token := range map[string]string{"its bidder": r.signIn(r.people[0], party.Bidder), "another tenderer": r.signIn(r.admit(r.person("另一家招标人", 91), party.Beneficiary), party.Beneficiary)} {
		if got := r.as(token, "GET", path, nil); got.status != 404 || !bytes.Equal(got.body, absent().bytes()) {
			r.t.Errorf("%s downloads: %d %s", name, got.status, got.body)
		}
	}
	wantCode(r.t, r.host.BidFile(ctx, r.bids[1], f, io.Discard), "not_found")
	stored := filepath.Join(r.filesDir, f.ID[:2], f.ID)
	b := must(os.ReadFile(stored))
	b[len(b)-1] ^= 1
	if err := os.WriteFile(stored, b, 0o600); err != nil {
		r.t.Fatal(err)
	}
	wantCode(r.t, r.host.BidFile(ctx, r.bids[0], f, io.Discard), "bid_file.lost")
}

// ciphertext is a body of any length that is not in memory.
type ciphertext struct{ n, left int64 }

func (c *ciphertext) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), c.left)
	for i := range p[:n] {
		p[i] = byte((c.n - c.left + int64(i)) % 251)
	}
	c.left -= n
	return int(n), nil
}

func digestOf(size int64) signing.Digest {
	sum := signing.NewSM3()
	_ = must(io.Copy(sum, &ciphertext{size, size}))
	return signing.Digest(sum.Sum(nil))
}

func (w *world) sends(token string, body io.Reader, length int64, change func(*http.Request)) said {
	w.t.Helper()
	r := must(http.NewRequestWithContext(w.t.Context(), "POST", w.server.URL+"/api/v1/bid-files", body))
	r.ContentLength = length
	r.Header.Set("Content-Type", octets)
	r.Header.Set("Authorization", "Bearer "+token)
	change(r)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return said{}
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return said{status: res.StatusCode, header: res.Header, body: b}
}

func (w *world) objects() int { return len(must(filepath.Glob(filepath.Join(w.filesDir, "*", "*")))) }

// An upload is refused in words, and leaves nothing; the same bytes again are the same upload.
func TestUploadOfABidFile(t *testing.T) {
	w := newWorld(t)
	p := w.person("甲建设有限公司", 61)
	token, step := w.signIn(p, party.Bidder), letter.FileSteps[0]
	digest := digestOf(step)
	whole := func() io.Reader { return &ciphertext{step, step} }
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Content-Digest", httpsig.DigestField(digest))
			if name != "" {
				r.Header.Set(name, value)
			}
		}
	}
	other := digest
	other[0] ^= 1
	for name, c := range map[string]struct {
		body   io.Reader
		length int64
		change func(*http.Request)
		status int
		code   string
	}{
		"no session":       {whole(), step, set("Authorization", ""), 401, "session.missing"},
		"no digest":        {whole(), step, func(*http.Request) {}, 400, "file.digest"},
		"another digest":   {whole(), step, set("Content-Digest", httpsig.DigestField(other)), 400, "file.digest"},
		"no digest's form": {whole(), step, set("Content-Digest", "sm3=:AAAA:"), 400, "file.digest"},
		"no step":          {&ciphertext{step, step - 1}, step - 1, set("", ""), 400, "bid_file.step"},
		"JSON":             {whole(), step, set("Content-Type", "application/json"), 415, "request.media_type"},
		"no length":        {iotest.OneByteReader(&ciphertext{9, 9}), -1, set("", ""), 400, "request.length"},
		"signed":           {whole(), step, set("Signature-Input", "x"), 400, "bid_file.signed"},
		"a body cut":       {io.MultiReader(&ciphertext{9, 9}, iotest.ErrReader(errors.New("gone"))), step, set("", ""), 0, ""},
	} {
		got := w.sends(token, c.body, c.length, c.change)
		if got.status != c.status || !bytes.Contains(got.body, []byte(c.code)) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := w.sends(w.signIn(w.admit(w.person("招标人", 62), party.Beneficiary), party.Beneficiary), whole(), step, set("", "")); got.status != 404 {
		t.Errorf("a tenderer uploads: %d", got.status)
	}
	time.Sleep(50 * time.Millisecond) // the server hears of the cut body after its sender does
	if n := w.objects(); n != 0 {
		t.Fatalf("%d objects are left", n)
	}
	var first, again, others wire.UploadedFile
	w.sends(token, whole(), step, set("", "")).into(t, &first)
	w.sends(token, whole(), step, set("", "")).into(t, &again)
	if first.ID != again.ID || first.Size != step || first.Digest != digest || w.objects() != 1 {
		t.Errorf("%+v, then %+v, %d objects", first, again, w.objects())
	}
	signed := must(signing.ParseSignedData(first.Receipt))
	var receipt wire.BidFileReceipt
	if err := wire.Read(signed.Content, &receipt); err != nil || receipt.File != first.ID || receipt.Digest != digest || signed.Verify(w.trust, w.clock.Now()) != nil {
		t.Errorf("%+v %v", receipt, err)
	}
	w.sends(w.signIn(w.person("乙建设有限公司", 63), party.Bidder), whole(), step, set("", "")).into(t, &others)
	if others.ID == first.ID || w.objects() != 2 {
		t.Error("another bidder's same bytes are one upload")
	}
}

// A large file passes both ways through a part of the memory that it would fill.
func TestBidFilesAreNotWholeInMemory(t *testing.T) {
	w := newWorld(t)
	token, size := w.signIn(w.person("甲建设有限公司", 61), party.Bidder), letter.FileSteps[4]
	digest := digestOf(size)
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	most, stop := w.watchHeap()
	var up wire.UploadedFile
	w.sends(token, &ciphertext{size, size}, size, func(r *http.Request) { r.Header.Set("Content-Digest", httpsig.DigestField(digest)) }).into(t, &up)
	r := must(http.NewRequestWithContext(t.Context(), "GET", fmt.Sprintf("%s/api/v1/bid-files/%s", w.server.URL, up.ID), nil))
	r.Header.Set("Authorization", "Bearer "+token)
	res := must(http.DefaultClient.Do(r))
	defer res.Body.Close()
	sum := signing.NewSM3()
	n, err := io.Copy(sum, res.Body)
	stop()
	if err != nil || n != size || signing.Digest(sum.Sum(nil)) != digest {
		t.Errorf("%d bytes back, %v", n, err)
	}
	if grown := most.Load(); grown > size/3 {
		t.Errorf("the heap grew by %d bytes for a file of %d", grown, size)
	}
}

// watchHeap tells by how much the heap has grown at most.
func (w *world) watchHeap() (most *atomic.Int64, stop func()) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, done, ended := int64(m.HeapAlloc), make(chan struct{}), make(chan struct{})
	most = &atomic.Int64{}
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), int64(m.HeapAlloc)-before))
			}
		}
	}()
	return most, func() { close(done); <-ended }
}
