package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"baohan/guarantee/letter/page"
	"baohan/signing/devca"
)

// print leaves each exported letter as a PDF too, signed with the platform's key as `baohan pdf` signs it.
func (w *theatre) print(ctx context.Context, dir string) error {
	platform, err := devca.LoadIdentity(w.path("keys"), platformName, []byte(w.passphrase))
	if err != nil {
		return err
	}
	by := page.Signatory{Key: platform.Key, Chain: platform.Chain}
	letters, err := filepath.Glob(filepath.Join(dir, "*-TB-*.json"))
	if err != nil {
		return err
	}
	for _, name := range letters {
		file, err := readBounded(name)
		if err != nil {
			return err
		}
		made, err := page.Guarantee(ctx, file, by, w.clock.Now())
		if err != nil {
			return err
		}
		if err := os.WriteFile(strings.TrimSuffix(name, ".json")+".pdf", made, 0o644); err != nil { // #nosec G306 -- to be handed on
			return err
		}
	}
	return nil
}
