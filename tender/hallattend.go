package tender

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Attendance is what the platform signs when a bidder signs in (签到): this bidder, for this lot, at this instant. Before
// the opening nothing of it stays here: who signs in bids.
type Attendance struct {
	Version int       `json:"version"`
	Lot     string    `json:"lot"`
	Bidder  string    `json:"bidder"` // 统一社会信用代码
	At      time.Time `json:"at"`
}

// attendanceKind keeps a statement from being taken for anything else that the platform signs.
const attendanceKind = "baohan/attendance/1"

type attendancePaper struct {
	Kind string `json:"kind"`
	Attendance
}

var (
	errSignInEarly = party.TooEarly("attendance.too_early", "签到自投标截止前 60 分钟开始；请届时再签到")
	errStatement   = party.Invalid("attendance.statement", "statement", "签到回执不是本平台为本单位、本标段签发的；请提交签到时收到的原件，或不带回执重新签到")
)

// SignedIn is the answer of SignIn. Statement is nil once the attendance is on record.
type SignedIn struct {
	At        time.Time
	Statement []byte // SignedData by the platform
	Recorded  bool
}

// SignIn signs a bidder in. Until the opening is published it writes nothing: it answers with a signed statement, the same
// for whoever asks, and the bidder's client hands that in when there is a session, which then has it with its own instant.
// A missing sign-in voids nothing (OPEN-02).
func (d *Desk) SignIn(ctx context.Context, by party.Actor, lot string, statement []byte) (SignedIn, error) {
	if !by.Is(party.Bidder) {
		return SignedIn{}, ErrNotFound
	}
	l, err := d.published(ctx, lot)
	if err != nil {
		return SignedIn{}, err
	}
	if l.Hall == nil || l.State == Failed {
		return SignedIn{}, ErrNotFound
	}
	if l.OpenedAt == nil {
		return d.stateAttendance(ctx, by, l)
	}
	if err := d.seesHall(ctx, by, l); err != nil {
		return SignedIn{}, err
	}
	return d.recordAttendance(ctx, by, l, statement)
}

func (d *Desk) stateAttendance(ctx context.Context, by party.Actor, l *Lot) (SignedIn, error) {
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return SignedIn{}, err
	}
	if now.Before(l.End.Deadline.Add(-SignInFrom)) {
		return SignedIn{}, errSignInEarly
	}
	content, err := canonical(attendancePaper{attendanceKind, Attendance{Version: 1, Lot: l.ID, Bidder: by.USCC, At: now.In(calendar.Shanghai)}})
	if err != nil {
		return SignedIn{}, err
	}
	p7s, err := signing.SignData(ctx, d.Platform, d.PlatformChain, content, now)
	return SignedIn{At: now, Statement: p7s}, err
}

// readStatement believes our own signature, for this lot and bidder.
func (d *Desk) readStatement(by party.Actor, l *Lot, p7s []byte) (time.Time, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil || signed.VerifyAgain(d.Trust, time.Time{}) != nil || signed.Signer().Subject().OrganizationID != d.ours() {
		return time.Time{}, errStatement
	}
	var a attendancePaper
	if json.Unmarshal(signed.Content, &a, json.RejectUnknownMembers(true)) != nil || a.Kind != attendanceKind || a.Version != 1 ||
		a.Lot != l.ID || a.Bidder != by.USCC {
		return time.Time{}, errStatement
	}
	return a.At, nil
}

// AttendedAt is when a statement of ours says that a bidder signed in for a lot.
func (d *Desk) AttendedAt(by party.Actor, l *Lot, statement []byte) (time.Time, error) {
	return d.readStatement(by, l, statement)
}

// recordAttendance keeps the first sign-in of a bidder; another changes nothing.
func (d *Desk) recordAttendance(ctx context.Context, by party.Actor, l *Lot, statement []byte) (SignedIn, error) {
	var at *time.Time
	if statement != nil {
		t, err := d.readStatement(by, l, statement)
		if err != nil {
			return SignedIn{}, err
		}
		at = &t
	}
	out := SignedIn{Recorded: true}
	_, err := d.changeHall(ctx, party.Command{Actor: party.System()}, l.ID, "hall_attended", func(ctx context.Context, h *hallTurn) error {
		h.actor = by
		err := h.tx.QueryRow(ctx, `SELECT at FROM hall_attendance WHERE lot = @lot AND bidder = @bidder`,
			pgx.NamedArgs{"lot": l.ID, "bidder": by.USCC}).Scan(&out.At)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if h.s.Stage.Final() {
			return errWindowOver
		}
		if out.At = h.now; at != nil {
			out.At = *at
		}
		if err := h.note(HallAttended, map[string]any{"bidder": by.USCC, "signed_in": out.At}); err != nil {
			return err
		}
		_, err = h.tx.Exec(ctx, `INSERT INTO hall_attendance (lot, bidder, at, statement, kept_at) VALUES (@lot, @bidder, @at, @statement, @now)`,
			pgx.NamedArgs{"lot": l.ID, "bidder": by.USCC, "at": out.At, "statement": statement, "now": h.now})
		return translate(err)
	})
	return out, err
}
