package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/party"
)

// Session is a remote opening in progress, as its row says it.
type Session struct {
	Lot          string
	Version      int64 // number of events so far
	Stage        HallStage
	PausedIn     HallStage     // the stage that is paused; else empty
	Left         time.Duration // of its window, whole in microseconds
	Deadline     *time.Time    // of the window that runs: what comes at it is late
	BegunAt      time.Time
	DecryptFrom  *time.Time
	DecryptUntil *time.Time
	ReadAt       *time.Time
	EndedAt      *time.Time
}

// Remaining is what is left of the window at an instant, as the platform counts it; of a pause what it keeps.
func (s *Session) Remaining(at time.Time) time.Duration {
	switch {
	case s.Stage == HallPaused:
		return s.Left
	case s.Deadline == nil || !at.Before(*s.Deadline):
		return 0
	}
	return s.Deadline.Sub(at)
}

// in tells whether the window of a stage runs at an instant. The deadline is exclusive, as that of a tender is.
func (s *Session) in(stage HallStage, at time.Time) bool {
	return s.Stage == stage && s.Deadline != nil && at.Before(*s.Deadline)
}

// dueOf is what the clock owes a session, and nothing when it owes nothing: a window of decrypting ends with its time or
// with the last bid (OPEN-07), a session when its record is signed by the host and the time to sign is over or nobody is
// left to sign (OPEN-14).
func dueOf(s *Session, at time.Time, waiting int, signed, all bool) HallVerb {
	switch {
	case s.Stage == HallDecrypting && (waiting == 0 || !s.in(HallDecrypting, at)):
		return HallClose
	case s.Stage == HallSigning && signed && (all || !s.in(HallSigning, at)):
		return HallEnd
	}
	return ""
}

// apply makes one legal move. It keeps of a window what is left of it when it is paused (OPEN-08).
func (s *Session) apply(verb HallVerb, at time.Time, rules HallRules) error {
	to, err := nextHall(s.Stage, s.PausedIn, verb)
	if err != nil {
		return err
	}
	if verb == HallPause {
		if !s.in(s.Stage, at) {
			return errWindowOver
		}
		s.PausedIn, s.Left, s.Deadline, s.Stage = s.Stage, s.Deadline.Sub(at), nil, HallPaused
		return nil
	}
	left := s.Left
	if verb != HallResume {
		left = rules.window(to)
	}
	s.Stage, s.PausedIn, s.Left, s.Deadline = to, "", 0, nil
	if to.timed() {
		until := at.Add(left)
		s.Deadline = &until
	}
	s.stamp(verb, at)
	return nil
}

// stamp writes down when a part of the session began or ended, once.
func (s *Session) stamp(verb HallVerb, at time.Time) {
	if when := map[HallVerb]**time.Time{HallOrder: &s.DecryptFrom, HallClose: &s.DecryptUntil, HallReadOut: &s.ReadAt,
		HallEnd: &s.EndedAt, HallTerminate: &s.EndedAt}[verb]; when != nil {
		*when = &at
	}
}

// errWindowOver: what depends on a window came at its end or later.
var errWindowOver = party.TooLate("hall.window_over", "本阶段的时间已到，不能再执行此操作；请刷新后查看最新状态")

type sessionRow struct {
	Lot          string
	Version      int64
	Stage        HallStage
	PausedIn     HallStage
	LeftUs       int64
	Deadline     *time.Time
	BegunAt      time.Time
	DecryptFrom  *time.Time
	DecryptUntil *time.Time
	ReadAt       *time.Time
	EndedAt      *time.Time
}

// readSession reads a session; how may lock it. None is there for a lot that is opened on the spot, or not yet.
func readSession(ctx context.Context, q store.Querier, lot, how string) (*Session, error) {
	r, err := store.One[sessionRow](ctx, q, ErrNotFound, `SELECT lot, version, stage, coalesce(paused_in, '') AS paused_in, coalesce(left_us, 0) AS left_us,
		deadline, begun_at, decrypt_from, decrypt_until, read_at, ended_at FROM hall_session WHERE lot = @lot`+how, pgx.NamedArgs{"lot": lot})
	if err != nil {
		return nil, err
	}
	return &Session{Lot: r.Lot, Version: r.Version, Stage: r.Stage, PausedIn: r.PausedIn, Left: time.Duration(r.LeftUs) * time.Microsecond,
		Deadline: r.Deadline, BegunAt: r.BegunAt, DecryptFrom: r.DecryptFrom, DecryptUntil: r.DecryptUntil, ReadAt: r.ReadAt, EndedAt: r.EndedAt}, nil
}

func insertSession(ctx context.Context, tx pgx.Tx, s *Session) error {
	_, err := tx.Exec(ctx, `INSERT INTO hall_session (lot, version, stage, begun_at) VALUES (@lot, @version, @stage, @at)`,
		pgx.NamedArgs{"lot": s.Lot, "version": s.Version, "stage": s.Stage, "at": s.BegunAt})
	return translate(err)
}

// updateSession writes what a rule may change. The database refuses an illegal move a second time.
func updateSession(ctx context.Context, tx pgx.Tx, s *Session) error {
	var paused *HallStage
	var left *int64
	if s.Stage == HallPaused {
		us := s.Left.Microseconds()
		paused, left = &s.PausedIn, &us
	}
	_, err := tx.Exec(ctx, `UPDATE hall_session SET version = @version, stage = @stage, paused_in = @paused, left_us = @left, deadline = @deadline,
		decrypt_from = @from, decrypt_until = @until, read_at = @read, ended_at = @ended WHERE lot = @lot`, pgx.NamedArgs{
		"lot": s.Lot, "version": s.Version, "stage": s.Stage, "paused": paused, "left": left, "deadline": s.Deadline,
		"from": s.DecryptFrom, "until": s.DecryptUntil, "read": s.ReadAt, "ended": s.EndedAt})
	return translate(err)
}
