package web

import (
	"bytes"
	"compress/gzip"
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

	"github.com/labstack/echo/v4"

	"baohan/signing"
)

// files are the pages and what they load. Under built stands what `make wasm` makes and nobody commits: the checking
// module, compressed, and Go's own script that starts it.
//
//go:embed assets
var files embed.FS

// asset is one file as it is sent. Its address holds the digest of all of them, so it may be kept for ever.
type asset struct {
	kind   string // Content-Type
	policy string // Content-Security-Policy; empty: the page's
	body   []byte
	packed bool          // body is compressed (gzip)
	plain  func() []byte // of a packed one, unpacked once, when the first browser asks for it so; nil: it does not unpack
}

// assets are all files that pages load, by name, under one edition: pages and scripts of different builds never meet.
type assets struct {
	edition string
	byName  map[string]asset
}

const (
	moduleName = "verify.wasm"
	workerName = "verify-worker.js"
)

// A page runs our scripts and the checking module, and loads nothing from anywhere else.
const pagePolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// workerPolicy is the worker's, which alone reads the visitor's file: it can load nothing and send nothing to anybody,
// us included. The browser sees to that.
const workerPolicy = "default-src 'none'; script-src 'wasm-unsafe-eval'"

// loadAssets reads what was built in. Without the checking module there is no worker either, and the page says so.
func loadAssets(from fs.FS) (a assets, err error) {
	a.byName = map[string]asset{}
	for name, kind := range map[string]string{"site.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml", "verify.js": script, workerName: script,
		"pages.css": "text/css; charset=utf-8", "pages.js": script, "built/htmx.js": script} {
		body, err := fs.ReadFile(from, path.Join("assets", name))
		if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(name, "built/") {
			continue
		}
		if err != nil {
			return a, err
		}
		a.byName[path.Base(name)] = asset{kind: kind, body: body}
	}
	if err := a.module(from); err != nil {
		return a, err
	}
	sum := signing.NewSM3()
	for _, name := range slices.Sorted(maps.Keys(a.byName)) {
		part := signing.Sum(a.byName[name].body)
		sum.Write(part[:])
	}
	a.edition = signing.Digest(sum.Sum(nil)).String()[:16]
	return a, nil
}

const script = "text/javascript; charset=utf-8"

// module adds the checking module, and puts the script that starts it before the worker's: the worker may load none.
func (a assets) module(from fs.FS) error {
	packed, err := fs.ReadFile(from, "assets/built/"+moduleName+".gz")
	start, missing := fs.ReadFile(from, "assets/built/wasm_exec.js")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(missing, fs.ErrNotExist) {
		delete(a.byName, workerName)
		return nil
	}
	if err := errors.Join(err, missing); err != nil {
		return err
	}
	a.byName[moduleName] = asset{kind: "application/wasm", body: packed, packed: true, plain: sync.OnceValue(func() []byte { return unpacked(packed) })}
	a.byName[workerName] = asset{kind: script, policy: workerPolicy, body: bytes.Join([][]byte{start, a.byName[workerName].body}, []byte("\n"))}
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
		if strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
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

func unpacked(b []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	out, err := io.ReadAll(r)
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
