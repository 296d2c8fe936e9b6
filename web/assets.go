package web

import (
	"bytes"
	"embed"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/labstack/echo/v4"

	"baohan/signing"
)

// files are the pages and what they load. Under built stands what `make wasm` makes and nobody commits: the modules,
// compressed, and Go's own script that starts them.
//
//go:embed assets
var files embed.FS

// asset is one file as it is sent. Its address holds the digest of all of them, so it may be kept for ever.
type asset struct {
	kind   string // Content-Type
	policy string // Content-Security-Policy; empty: the page's
	body   []byte
	packed bool          // body is compressed (brotli)
	plain  func() []byte // of a packed one, unpacked once, when the first browser asks for it so; nil: it does not unpack
}

// assets are all files that pages load, by name, under one edition: pages and scripts of different builds never meet.
type assets struct {
	edition string
	byName  map[string]asset
	spoken  map[string]string // a script's English edition; itself when it says nothing
}

const (
	script = "text/javascript; charset=utf-8"
	style  = "text/css; charset=utf-8"

	moduleName    = "verify.wasm"
	workerName    = "verify-worker.js"
	keyModuleName = "key.wasm"
	keyWorkerName = "key-worker.js"
)

// loaded are the files that pages load, and what each is.
var loaded = map[string]string{
	"site.css": style, "icon.svg": "image/svg+xml", "verify.js": script, workerName: script,
	"key.js": script, keyWorkerName: script, "pages.css": style, "pages.js": script, "demo.js": script, "bidder.js": script, "idle.js": script, "leave.js": script, "built/htmx.js": script,
}

// A page runs our scripts and modules, and loads nothing from anywhere else.
const pagePolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// modules are what make wasm builds, each for a worker of its own policy; the browser sees to that.
var modules = []struct{ module, worker, policy string }{
	// This worker alone reads the visitor's file: it can load nothing and send nothing to anybody, us included.
	{moduleName, workerName, "default-src 'none'; script-src 'wasm-unsafe-eval'"},
	// This one has the visitor's key: it can ask the platform, which it has to, and nobody else.
	{keyModuleName, keyWorkerName, "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'self'"},
}

// loadAssets reads what was built in. Without its module there is no worker either, and the page says so.
func loadAssets(from fs.FS) (a assets, err error) {
	a.byName = map[string]asset{}
	for name, kind := range loaded {
		body, err := fs.ReadFile(from, path.Join("assets", name))
		if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(name, "built/") {
			continue
		}
		if err != nil {
			return a, err
		}
		a.byName[path.Base(name)] = asset{kind: kind, body: body}
	}
	for _, m := range modules {
		if err := a.module(from, m.module, m.worker, m.policy); err != nil {
			return a, err
		}
	}
	a.speak()
	sum := signing.NewSM3()
	for _, name := range slices.Sorted(maps.Keys(a.byName)) {
		part := signing.TaggedSum("baohan/asset/1", []byte(name), a.byName[name].body)
		sum.Write(part[:])
	}
	a.edition = signing.Digest(sum.Sum(nil)).String()[:16]
	return a, nil
}

// module adds a module, and puts the script that starts it before the worker's: the worker may load none.
func (a assets) module(from fs.FS, name, worker, policy string) error {
	packed, err := fs.ReadFile(from, "assets/built/"+name+".br")
	start, missing := fs.ReadFile(from, "assets/built/wasm_exec.js")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(missing, fs.ErrNotExist) {
		delete(a.byName, worker)
		return nil
	}
	if err := errors.Join(err, missing); err != nil {
		return err
	}
	a.byName[name] = asset{kind: "application/wasm", body: packed, packed: true, plain: sync.OnceValue(func() []byte { return unpacked(packed) })}
	a.byName[worker] = asset{kind: script, policy: policy, body: bytes.Join([][]byte{start, a.byName[worker].body}, []byte("\n"))}
	return nil
}

func (a assets) built() bool { return a.byName[moduleName].body != nil }

// serve answers /assets/:edition/:name.
func (a assets) serve(c echo.Context) error {
	one, ok := a.byName[c.Param("name")]
	if !ok || c.Param("edition") != a.edition {
		return echo.ErrNotFound
	}
	body, h := one.body, c.Response().Header()
	if one.packed {
		h.Set("Vary", "Accept-Encoding")
		if takesBrotli(c.Request().Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "br")
		} else if body = one.plain(); body == nil {
			return errors.New("web: an asset does not unpack")
		}
	}
	policy := one.policy
	if policy == "" {
		policy = pagePolicy
	}
	still(c, one.kind, policy, "public, max-age=31536000, immutable", body)
	return nil
}

// takesBrotli reads Accept-Encoding: br, and not with a weight of nought.
func takesBrotli(accepts string) bool {
	for part := range strings.SplitSeq(accepts, ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if name == "br" {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

func unpacked(b []byte) []byte {
	out, err := io.ReadAll(brotli.NewReader(bytes.NewReader(b)))
	if err != nil {
		return nil
	}
	return out
}

// still answers with bytes that are the same for everybody: they are lent to the answer, not copied into it.
func still(c echo.Context, kind, policy, cache string, body []byte) {
	h := c.Response().Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", cache)
	exchangeOf(c.Request().Context()).held.lent = body
	c.Response().WriteHeader(http.StatusOK)
}
