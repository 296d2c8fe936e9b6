package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"baohan/guarantee/letter/verify"
	"baohan/internal/clock"
	"baohan/signing"
)

// A new revocation list is in force here this long after its file was replaced, at the latest.
const listsWithin = time.Minute

// lists are the revocation lists (证书吊销列表) of the accepted authorities, in files that somebody else replaces when
// an authority publishes: whoever fetches them needs no access to our keys, and we need no way out to the network.
type lists struct {
	trust *signing.Trust
	log   *slog.Logger
	every time.Duration
	files []string
	seen  map[string]edition
}

// edition tells one state of a file from the next.
type edition struct {
	at   time.Time
	size int64
}

// openLists takes every list that the settings name. At the start a list that cannot be had is an error: nobody would
// notice that nothing is ever revoked.
func openLists(s *Settings, trust *signing.Trust, log *slog.Logger) (*lists, error) {
	l := &lists{trust: trust, log: log, every: listsWithin, files: s.CRL, seen: map[string]edition{}}
	if 0 < s.SweepEvery && s.SweepEvery < l.every {
		l.every = s.SweepEvery
	}
	for _, file := range l.files {
		if err := l.take(file); err != nil {
			return nil, fmt.Errorf("crl：%w", err)
		}
	}
	return l, nil
}

// take reads a file that has changed since it was read last. Its edition is noted first, so that a file that is replaced
// meanwhile is read again; one that is half written fails here, and its other half is another edition.
func (l *lists) take(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	now := edition{info.ModTime(), info.Size()}
	if l.seen[file] == now {
		return nil
	}
	l.seen[file] = now
	return addLists(l.trust, file)
}

// watch looks again until ctx ends. What was revoked stays so, whatever becomes of a file. Chain is our own: when no
// list in force covers its issuers the lists are not being renewed, and the log says so once.
func (l *lists) watch(ctx context.Context, clk clock.Clock, chain []signing.Certificate) {
	if len(l.files) == 0 {
		return
	}
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	for covered := true; ; {
		for _, file := range l.files {
			if err := l.take(file); err != nil {
				l.log.ErrorContext(ctx, "revocation list not taken; those before it stay in force", "error", err)
			}
		}
		err := l.trust.RevocationKnown(chain, clk.Now())
		if err != nil && covered {
			l.log.WarnContext(ctx, "revocation lists do not cover today; put newer ones into the files of crl", "error", err)
		}
		covered = err == nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// addLists puts the lists of one file, one in DER or any number in PEM, under the anchors.
func addLists(trust *signing.Trust, file string) error {
	text, err := os.ReadFile(file) // AddCRL limits each list
	if err != nil {
		return err
	}
	return verify.AddLists(trust, verify.Source{Name: file, Data: text})
}
