package story

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
)

// proofs verify exported letters with OpenSSL and a script alone, beside the story: it takes its time.
type proofs struct {
	script string // empty: there is nothing to do it with
	root   string
	seats  chan struct{}
	all    sync.WaitGroup

	mu      sync.Mutex
	results map[string]error // by file
}

func newProofs(s Stage) (*proofs, error) {
	p := &proofs{root: filepath.Join(s.Out, "root.pem"), seats: make(chan struct{}, 2), results: map[string]error{}}
	if _, err := exec.LookPath("openssl"); err == nil {
		p.script = s.Script
	}
	var root []byte
	for _, a := range s.Trust.Anchors() {
		root = append(root, a.PEM()...)
	}
	return p, os.WriteFile(p.root, root, 0o644)
}

// begin verifies one file, when its turn comes.
func (p *proofs) begin(ctx context.Context, file string) {
	if p.script == "" {
		return
	}
	p.all.Go(func() {
		p.seats <- struct{}{}
		defer func() { <-p.seats }()
		said, err := exec.CommandContext(ctx, "sh", p.script, file, p.root).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, said)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.results[file] = err
	})
}

// export leaves a letter behind for anyone to verify: the file with everything, and the guarantor's signed data alone.
func (t *tale) export(ctx context.Context, h *held) error {
	base := filepath.Join(t.Out, h.file.Undertaking.Number)
	if err := os.WriteFile(base+".p7s", h.file.Signed, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(base+".json", h.bytes, 0o644); err != nil {
		return err
	}
	t.proofs.begin(ctx, base+".json")
	return nil
}

// openssl waits for the proofs.
func (t *tale) openssl() error {
	t.proofs.all.Wait()
	if t.proofs.script == "" {
		t.skip("本机没有 openssl，或不在源码目录中运行")
		return nil
	}
	for _, file := range slices.Sorted(maps.Keys(t.proofs.results)) {
		err := t.proofs.results[file]
		t.check(err == nil, "%s", filepath.Base(file))
		if err != nil {
			return fmt.Errorf("%s：%w", filepath.Base(file), err)
		}
	}
	t.check(len(t.proofs.results) == len(t.letters)+t.papers, "每份保函和每张核验结果表都复核过")
	return nil
}
