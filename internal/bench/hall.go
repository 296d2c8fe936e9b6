package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/internal/clock/sqlclock"
	"baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
	"baohan/tender"
	"baohan/tender/custody"
)

// hall is where lots are opened: a database in which their bids and letters were handed in by the service's own
// verbs, and of which every opening gets a copy, with copies of the custodians' files.
type hall struct {
	*platform
	clock    *clock.Manual
	holders  [3]custody.DevHolder
	deadline time.Time
	copies   int
}

// newHall stands half an hour ahead of the machine, so that what is signed meanwhile is never later than the clock.
func newHall(ctx context.Context, dir string) (h *hall, err error) {
	p := &platform{house: sample.New(now().Add(-time.Hour)), spy: &spy{}, master: signing.Random(32)}
	h = &hall{platform: p, clock: clock.NewManual(now().Add(30 * time.Minute))}
	h.wall, h.deadline = h.clock, p.house.Requirement.End.Deadline
	if p.dir, err = os.MkdirTemp(dir, "baohan-bench-"); err != nil {
		return nil, err
	}
	for i, m := range []sample.Member{p.house.Centre, p.house.Supervisor, p.house.Platform} {
		h.holders[i] = custody.DevHolder{Party: m.Party, Signer: m.Sign.Key, Chain: m.Sign.Chain}
	}
	for _, step := range []func(context.Context) error{p.openDatabase, h.installClock, h.appoint, p.openDesks, p.admitBank, h.admitTenderer} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return h, nil
}

func (h *hall) installClock(ctx context.Context) error {
	return sqlclock.InstallFixed(ctx, h.pool, h.clock.Now())
}

func (h *hall) custodyDir() string { return filepath.Join(h.dir, fmt.Sprint("custody-", h.copies)) }

// appoint opens the three custodians over their files, in this process.
func (h *hall) appoint(context.Context) error {
	if err := os.MkdirAll(h.custodyDir(), 0o700); err != nil {
		return err
	}
	agents, err := custody.NewDevAgent(h.custodyDir(), []byte("bench"), h.holders, h.clock, h.house.Trust, h.house.Centre.Party.USCC, signing.WithIterations(1000))
	if err == nil {
		h.custodians = agents.Custodians()
	}
	return err
}

func (h *hall) admitTenderer(ctx context.Context) error {
	t := h.house.Tenderees[0]
	return h.party.Admit(ctx, party.System(), party.Organisation{USCC: t.Party.USCC, Name: t.Party.Name,
		Roles: []party.Role{party.Beneficiary}}, t.Sign.Certificate())
}

// publish makes a lot and publishes it: the custodians make their keys for it.
func (h *hall) publish(ctx context.Context, code string) (*tender.Lot, error) {
	by, req := h.house.Tenderees[0], h.house.Requirement
	project, err := h.tenders.CreateProject(ctx, command(by, party.Beneficiary), tender.NewProject{Code: code, Name: "开标测量工程" + code,
		Regime: letter.RegimeTendering, Beneficiaries: []letter.Party{by.Party}})
	if err != nil {
		return nil, err
	}
	a, err := h.tenders.AddLot(ctx, command(by, party.Beneficiary), project.ID, tender.NewLot{Code: code + "-01", Name: "一标段" + code,
		Base: 4_000_000_000, Amount: req.Amount, Forms: req.Forms, End: req.End})
	if err != nil {
		return nil, err
	}
	if _, err := h.tenders.Publish(ctx, command(by, party.Beneficiary), a.ID); err != nil {
		return nil, err
	}
	return h.tenders.Lot(ctx, party.Actor{}, a.ID)
}

// copy opens a copy of the database, a second before the deadline, and of the custodians' files. The hall's own pool is
// closed: a database that is copied has no guests.
func (h *hall) copy(ctx context.Context) (*hall, error) {
	h.pool.Close()
	h.copies++
	c := &hall{platform: &platform{house: h.house, server: h.server, dir: h.dir, spy: h.spy, wall: h.clock, master: h.master},
		clock: h.clock, holders: h.holders, deadline: h.deadline, copies: h.copies}
	name := fmt.Sprint("opening_", h.copies)
	if err := h.createCopy(ctx, name); err != nil {
		return nil, err
	}
	at, err := url.Parse(h.server.URL)
	if err != nil {
		return nil, err
	}
	at.Path = name
	if err := c.connect(ctx, at.String()); err != nil {
		return nil, err
	}
	if err := os.CopyFS(c.custodyDir(), os.DirFS(filepath.Join(h.dir, "custody-0"))); err != nil {
		return nil, err
	}
	return c, errors.Join(c.appoint(ctx), c.openDesks(ctx))
}

func (h *hall) createCopy(ctx context.Context, name string) error {
	at, err := url.Parse(h.server.URL)
	if err != nil {
		return err
	}
	source := pgx.Identifier{at.Path[1:]}.Sanitize()
	at.Path = "postgres"
	conn, err := pgx.Connect(ctx, at.String())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err = conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize()+` TEMPLATE `+source); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `CHECKPOINT`) // no opening pays for writing the copy down
	return err
}

// strike moves both clocks to the deadline.
func (h *hall) strike(ctx context.Context) error {
	h.clock.Set(h.deadline)
	return sqlclock.SetFixed(ctx, h.pool, h.deadline)
}
