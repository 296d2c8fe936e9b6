package web

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/andybalholm/brotli"

	"baohan/guarantee/letter/page"
	"baohan/guarantee/letter/paper"
	house "baohan/internal/sample"
	"baohan/signing"
)

// counter is a public place where a letter is checked: the real edge with the page, and nothing behind it.
type counter struct {
	*house.House
	handler http.Handler
	asked   atomic.Int64
	offers  map[string][]byte // what the platform publishes beside the page, by path; the rest of its API answers 404
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{House: house.New(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))}
	s := describe()
	s.meter = newMeter(nil)
	s.pages(must(newVerifyPage(files, Published{Roots: []signing.Certificate{c.CA.Root}, Centre: c.Centre.Party}, c.Platform.Sign.Certificate().Subject())))
	edge := s.edge(s.echo)
	c.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.asked.Add(1)
		if strings.HasPrefix(r.URL.Path, "/api/v1/") {
			c.offer(w, r)
			return
		}
		edge.ServeHTTP(w, r)
	})
	return c
}

func (c *counter) offer(w http.ResponseWriter, r *http.Request) {
	if b, ok := c.offers[r.URL.Path]; ok {
		_, _ = w.Write(b)
		return
	}
	http.NotFound(w, r)
}

// pdf is the document of a letter, with a code that opens the page.
func (c *counter) pdf(t *testing.T, i house.Issued) []byte {
	t.Helper()
	by := page.Signatory{Key: c.Platform.Sign.Key, Chain: c.Platform.Sign.Chain, Verify: "https://bh.example.cn/verify"}
	return must(page.Guarantee(t.Context(), must(i.File().Canonical()), by, c.At.Add(time.Hour)))
}

// scanOf is what the code on the document says behind the #.
func scanOf(i house.Issued) string {
	s, _, err := paper.Guarantee(must(i.File().Canonical()))
	if err != nil {
		panic(err)
	}
	for _, b := range s.Blocks {
		if b.Close != nil {
			return b.Close.Scan.Fragment()
		}
	}
	return ""
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return serve(h, r)
}

var loads = regexp.MustCompile(`(?:src|href)="([^"#]+)"`)

// The page loads our own files and nobody else's, runs no script of its own text, and says so to the browser.
func TestVerifyPageLoadsNothingFromElsewhere(t *testing.T) {
	c := newCounter(t)
	got := get(c.handler, "/verify")
	html := got.Body.String()
	if got.Code != 200 || got.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatal(got.Code, got.Header())
	}
	policy := got.Header().Get("Content-Security-Policy")
	for _, word := range []string{"unsafe-inline", "'unsafe-eval'", "http:", "https:", "data:", "*"} {
		if strings.Contains(policy, word) {
			t.Errorf("policy has %s: %s", word, policy)
		}
	}
	if !strings.Contains(policy, "default-src 'none'") || got.Header().Get("X-Frame-Options") != "DENY" {
		t.Error(policy, got.Header())
	}
	if strings.Contains(html, "<style") || regexp.MustCompile(`<script(>|[^>]*>[^<])| on[a-z]+=| style=`).MatchString(html) {
		t.Error("the page holds script or style of its own text")
	}
	found := loads.FindAllStringSubmatch(html, -1)
	for _, m := range found {
		if strings.HasPrefix(m[1], "/api/v1/") {
			continue // a download that the visitor asks for
		}
		if one := get(c.handler, m[1]); !strings.HasPrefix(m[1], "/") || strings.HasPrefix(m[1], "//") || one.Code != 200 {
			t.Errorf("loads %s: %d", m[1], one.Code)
		}
	}
	if len(found) < 1 || !strings.Contains(html, c.Centre.Party.USCC) || !strings.Contains(html, c.Platform.Party.USCC) {
		t.Error("the page does not name platform and centre")
	}
	if roots := get(c.handler, "/roots.pem"); !bytes.Equal(roots.Body.Bytes(), c.CA.Root.PEM()) {
		t.Error("roots.pem are not the roots")
	}
}

// A build without the checking module is whole, and its page says what to do.
func TestVerifyPageWithoutItsModule(t *testing.T) {
	from := fstest.MapFS{}
	for name := range loaded {
		from["assets/"+name] = &fstest.MapFile{Data: []byte(name)}
	}
	a := must(loadAssets(from))
	if _, worker := a.byName[workerName]; a.built() || worker || len(a.edition) != 16 {
		t.Errorf("%+v", a)
	}
	page := string(must(newVerifyPage(from, Published{}, signing.Name{})).html)
	if !strings.Contains(page, "make build") || strings.Contains(page, "<script") || strings.Contains(page, "<form") {
		t.Errorf("the page does not say what is missing: %s", page)
	}
	from["assets/built/verify.wasm.br"], from["assets/built/wasm_exec.js"] = &fstest.MapFile{Data: []byte("m")}, &fstest.MapFile{Data: []byte("s")}
	with := must(loadAssets(from))
	if !with.built() || with.edition == a.edition || !strings.HasPrefix(string(with.byName[workerName].body), "s\n") {
		t.Errorf("%+v", with)
	}
	if _, worker := with.byName[keyWorkerName]; worker {
		t.Error("a worker without its module")
	}
	if policy := with.byName[workerName].policy; policy != "default-src 'none'; script-src 'wasm-unsafe-eval'" {
		t.Errorf("the worker, which reads the file, may do more than it needs: %s", policy)
	}
}

// TestModuleIsUnpackedOnce: however often the module is asked for by who takes nothing compressed.
func TestModuleIsUnpackedOnce(t *testing.T) {
	var packed bytes.Buffer
	z := brotli.NewWriter(&packed)
	must(z.Write([]byte("module")))
	a := assets{byName: map[string]asset{}}
	if err := errors.Join(z.Close(), a.module(fstest.MapFS{"assets/built/verify.wasm.br": {Data: packed.Bytes()}, "assets/built/wasm_exec.js": {}}, moduleName, workerName, "")); err != nil {
		t.Fatal(err)
	}
	first, second := a.byName[moduleName].plain(), a.byName[moduleName].plain()
	if string(first) != "module" || &first[0] != &second[0] {
		t.Errorf("%q, and unpacked again", first)
	}
}

// built skips where the module was not made; `make test` makes it.
func built(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("assets/built/verify.wasm.br"); err != nil {
		t.Skip("the checking module is not built here: make wasm")
	}
}

// The module arrives compressed, once for ever, and also where nobody unpacks; the worker may connect to nothing.
func TestVerifyModuleIsServed(t *testing.T) {
	built(t)
	c := newCounter(t)
	a := must(loadAssets(files))
	at := "/assets/" + a.edition + "/"
	packed := get(c.handler, at+moduleName, "Accept-Encoding", "gzip, br")
	h := packed.Header()
	if h.Get("Content-Type") != "application/wasm" || h.Get("Content-Encoding") != "br" || h.Get("Vary") != "Accept-Encoding" ||
		h.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Error(h)
	}
	for _, name := range []string{moduleName, keyModuleName} {
		if size := get(c.handler, at+name, "Accept-Encoding", "gzip, br").Body.Len(); size < 1_000_000 || size > 3_000_000 {
			t.Errorf("%s has %d bytes: it is to stay below 3 MB", name, size)
		}
	}
	plain := get(c.handler, at+moduleName)
	if plain.Header().Get("Content-Encoding") != "" || !bytes.HasPrefix(plain.Body.Bytes(), []byte("\x00asm")) {
		t.Error("whoever cannot unpack gets no module")
	}
	if policy := get(c.handler, at+keyWorkerName).Header().Get("Content-Security-Policy"); policy != "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'self'" {
		t.Errorf("the worker that has the key may do more than it needs: %s", policy)
	}
	for accepts, want := range map[string]string{"br": "br", "gzip, deflate, br, zstd": "br", "gzip;q=1.0, br;q=0.5": "br", "br;q=0": "", "br; q=0.0": "", "gzip": "", "brotli": "", "": ""} {
		if got := get(c.handler, at+moduleName, "Accept-Encoding", accepts).Header().Get("Content-Encoding"); got != want {
			t.Errorf("to whoever accepts %q it comes as %q", accepts, got)
		}
	}
	if policy := get(c.handler, at+workerName).Header().Get("Content-Security-Policy"); policy != "default-src 'none'; script-src 'wasm-unsafe-eval'" {
		t.Errorf("the worker may do more than it needs: %s", policy)
	}
	for _, path := range []string{"/assets/0000000000000000/" + moduleName, at + "verify.html", at + "..%2fverify.html", at, at + "built"} {
		if got := get(c.handler, path); got.Code != 404 {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
}
