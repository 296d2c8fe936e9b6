package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"baohan/internal/story"
	"baohan/tender/custody"
)

// own is a custodian's directory: nothing of it is the platform's.
func (w *theatre) own(holder int, elements ...string) string {
	return w.path(append([]string{fmt.Sprintf("custodian-%d", holder+1)}, elements...)...)
}

// dealKeys takes each custodian's long-term key out of the platform's key directory into its own. The certificate
// stays: by it the platform knows the custodian.
func (w *theatre) dealKeys() error {
	for i, name := range custodianNames {
		certificate, err := os.ReadFile(w.path("keys", name+".pem"))
		if err != nil {
			return err
		}
		if err := errors.Join(os.MkdirAll(w.own(i), 0o700), os.WriteFile(w.own(i, "sign.pem"), certificate, 0o600),
			os.Rename(w.path("keys", name+".key"), w.own(i, "sign.key"))); err != nil {
			return err
		}
	}
	return nil
}

// pins are the three as every party of the demonstration was told beforehand, not by the platform.
func (w *theatre) pins() string {
	var all []string
	for _, h := range w.house.holders() {
		all = append(all, h.USCC)
	}
	return strings.Join(all, ",")
}

// startCustodians starts the three agents, and has each officer authorise the days of all openings.
func (w *theatre) startCustodians(ctx context.Context) error {
	for i := range w.addresses {
		address, err := freePort(ctx)
		if err != nil {
			return err
		}
		w.addresses[i] = address
		w.custodians = append(w.custodians, w.child(fmt.Sprintf("custodian-%d", i+1), address, "http://"+address+custody.PathReady, w.custodianEnv(i),
			"custodian", "serve", "--holder", fmt.Sprint(i+1), "--platform-cert", w.path("keys", platformName+".pem"),
			"--centre", w.house.Centre.USCC, "--supervisor", w.house.Supervisor.USCC, "--light"))
	}
	if err := raiseAll(ctx, w.custodians); err != nil {
		return err
	}
	return together(w.authorise(ctx, 0), w.authorise(ctx, 1), w.authorise(ctx, 2))
}

func (w *theatre) custodianEnv(holder int) []string {
	return []string{"BAOHAN_DATA=" + w.own(holder), "BAOHAN_KEYS=" + w.own(holder), "BAOHAN_TRUST=" + w.path("keys", "root.pem")}
}

// authorise is the officer's act before the days of opening.
func (w *theatre) authorise(ctx context.Context, holder int) func() error {
	return func() error {
		c := w.child(fmt.Sprintf("officer-%d", holder+1), "", "", w.custodianEnv(holder), "custodian", "authorise", "--day", strings.Join(w.plot.Openings, ","))
		return c.run(ctx)
	}
}

// custodianList is where the platform finds them and how it knows them.
func (w *theatre) custodianList() string {
	var all []string
	for i, address := range w.addresses {
		all = append(all, "http://"+address+"="+w.path("keys", custodianNames[i]+".pem"))
	}
	return strings.Join(all, ",")
}

// custodianIs ends a custodian's process, or starts it again.
func (w *theatre) custodianIs(ctx context.Context, holder int, up bool) error {
	return w.custodians[holder].be(ctx, up)
}

// institutionIs does the same with an institution's.
func (w *theatre) institutionIs(ctx context.Context, m story.Member, up bool) error {
	for i, o := range w.institutionMembers() {
		if o.Party == m.Party {
			return w.institutions[i].be(ctx, up)
		}
	}
	return fmt.Errorf("没有机构 %s", m.Party.Name)
}

// killPlatform ends the platform as a power cut would, starts it again and waits until it answers.
func (w *theatre) killPlatform(ctx context.Context) error {
	return errors.Join(w.platform.be(ctx, false), w.platform.be(ctx, true))
}

// be ends the child at once, or starts it again and waits until it answers.
func (c *child) be(ctx context.Context, up bool) error {
	if !up {
		c.kill()
		return nil
	}
	if err := c.start(ctx); err != nil {
		return err
	}
	return c.await(ctx)
}
