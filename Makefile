# `make` alone prints what can be made.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo build wasm pages texts test test-long check format vet tidy lint generate picture screenshots bench secrecy canaries clean

GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
# How hard the modules are compressed; while you work on them, make wasm PACK=5.
PACK := 9
# Starts one throw-away PostgreSQL and names it in TEST_DATABASE_URL.
WITH_DB := go run ./internal/testdb/cmd

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: wasm ## the whole story on this machine: platform, institutions, bidders (needs nothing but Go)
	go run ./cmd/baohan demo

build: wasm ## the binary, bin/baohan
	go build -trimpath -o bin/baohan ./cmd/baohan

# Built every time and linked anew only when something changed: go build compares what is there. Without inlining (-l) what is
# sent is a tenth smaller.
wasm: web/assets/built/htmx.js ## the modules of the pages, for checking and for signing, embedded in the binary; without them the pages say so
	@mkdir -p bin web/assets/built
	GOOS=js GOARCH=wasm go build -trimpath -buildvcs=false -gcflags=all=-l -ldflags='-s -w' -o bin/verify.wasm ./cmd/verify
	GOOS=js GOARCH=wasm go build -tags nethttpomithttp2 -trimpath -buildvcs=false -gcflags=all=-l -ldflags='-s -w' -o bin/key.wasm ./cmd/key
	@cmp -s "$$(go env GOROOT)/lib/wasm/wasm_exec.js" web/assets/built/wasm_exec.js || cp "$$(go env GOROOT)/lib/wasm/wasm_exec.js" web/assets/built/
	@for m in verify key; do [ web/assets/built/$$m.wasm.br -nt bin/$$m.wasm ] || go run ./internal/pack bin/$$m.wasm web/assets/built/$$m.wasm.br $(PACK) || exit 1; done

# The longest first, so that two cores end together.
test: wasm ## all tests on a real PostgreSQL, which is found or fetched
	$(WITH_DB) go test -timeout 15m ./web ./tender ./cmd/baohan ./...

test-long: wasm ## the same, and what is tried many times there: kills at every point of an opening, 100 000 steps against a model; hours
	BAOHAN_LONG=1 BAOHAN_MODEL_STEPS=$${BAOHAN_MODEL_STEPS:-100000} $(WITH_DB) go test -timeout 6h ./...

check: wasm format vet tidy lint ## everything that must hold before a change is handed in, races included
	$(WITH_DB) go test -race -timeout 30m ./...

format:
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt -w these files:"; echo "$$unformatted"; exit 1; fi

vet:
	go vet ./...

tidy:
	go mod tidy -diff

lint:
	go run $(GOLANGCI) run ./...

TEMPL := github.com/a-h/templ/cmd/templ@v0.3.977

pages: ## the pages' Go from their templates (web/view/*.templ); what it makes is checked in
	go run $(TEMPL) generate -path web

texts: ## the catalogue of every text of the pages (docs/texts.md) from the sources; what it makes is checked in
	go test ./internal/texts/gather -count 1 -update

# What pages load that others keep. Without npm the pages do without: live parts are replaced whole.
web/assets/built/htmx.js: web/npm/package-lock.json
	@mkdir -p web/assets/built
	@if command -v npm >/dev/null 2>&1; then \
		cd web/npm && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && cp node_modules/htmx.org/dist/htmx.min.js ../assets/built/htmx.js; \
	else echo "npm is not installed: pages are built without htmx, and axe-core checks none (apt-get install npm)"; fi

generate: ## rewrite what is generated and checked in (OpenAPI, drawings, docs/settings.md); tests compare it
	$(WITH_DB) go test $$(git grep -l 'flag.Bool("update"' -- '*_test.go' | xargs -n 1 dirname | sort -u | sed 's|^|./|') -update

picture: ## docs/guarantee.png anew, from the demonstration's first letter (needs pdftoppm and ImageMagick)
	d=$$(mktemp -d) && go run ./cmd/baohan demo --once --out $$d && pdftoppm -r 72 -png $$d/XJYH-TB-00000001.pdf $$d/page && \
		montage $$d/page-*.png -tile x1 -geometry +8+4 -background '#e6e6e6' -strip -colors 48 PNG8:docs/guarantee.png; rm -rf $$d

screenshots: wasm ## every page in every state that a test sees, at desktop and phone width, in .baohan/screenshots (needs Chromium)
	@mkdir -p .baohan/screenshots
	BAOHAN_SHOTS=$(CURDIR)/.baohan/screenshots $(WITH_DB) go test ./web -count 1 -run 'Page|Opening|Verify|Dialog|Day'

bench: ## signatures, an issue and an opening against their yardsticks, as ratios (docs/benchmarks.md); some minutes
	go run ./internal/bench
	go run ./internal/bench -part log

secrecy: ## search a running platform for who bids, before the opening, and plant leaks that it must find; a quarter of an hour
	go run ./internal/secrecy

canaries: ## take each guard out in turn; the test that watches over it must fail
	$(WITH_DB) go run ./internal/canary

clean: ## remove what was built; demonstration data stay in .baohan
	rm -rf bin web/assets/built
