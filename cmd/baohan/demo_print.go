package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"baohan/guarantee/letter/page"
	"baohan/signing/devca"
)

// print leaves each exported letter, and each opening record, as a PDF too, signed with the platform's key as `baohan pdf` signs it.
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
	return w.printRecords(ctx, dir, by)
}

// printRecords sets each opening record with all its signatures: the host's lies in …-0.p7s, the bidders' behind it.
func (w *theatre) printRecords(ctx context.Context, dir string, by page.Signatory) error {
	hosts, err := filepath.Glob(filepath.Join(dir, "record-*-0.p7s"))
	if err != nil {
		return err
	}
	for _, host := range hosts {
		base := strings.TrimSuffix(host, "-0.p7s")
		var signatures [][]byte
		for i := 0; ; i++ {
			one, err := readBounded(fmt.Sprintf("%s-%d.p7s", base, i))
			if errors.Is(err, os.ErrNotExist) {
				break
			}
			if err != nil {
				return err
			}
			signatures = append(signatures, one)
		}
		made, err := page.OpeningRecord(ctx, signatures, by, w.clock.Now())
		if err != nil {
			return err
		}
		if err := os.WriteFile(base+".pdf", made, 0o644); err != nil { // #nosec G306 -- to be handed on
			return err
		}
	}
	return nil
}
