package web

import (
	"encoding/base64"
	"net/http"
	"time"

	"baohan/party"
	"baohan/signing"
	"baohan/tender"
	"baohan/web/view"
)

// attendanceCookie holds what a sign-in before the deadline was answered with, in the bidder's own browser: of who signs in
// the platform keeps nothing until the list is published. It is sealed by a key that the platform makes anew for this bidder
// and lot each time: it outlives the session, and whoever comes to that machine later must not read who bids.
const attendanceCookie = "attendance"

// attendHere signs a bidder in. Before the list is published the answer is put into the browser; after it, that is handed in.
func (v *visit) attendHere() error {
	l, err := v.hallLot()
	if err != nil {
		return err
	}
	statement := v.statement()
	if v.signedIn(l) == nil { // none, or another bidder's who used this browser
		statement = nil
	}
	got, err := v.tender.SignIn(v.ctx, v.x.actor, v.id, statement)
	switch {
	case err != nil:
		return err
	case got.Recorded:
		v.keepStatement("", -1)
	case statement == nil:
		sealed, err := signing.SealGCM(v.attendanceKey(), got.Statement, nil)
		if err != nil {
			return err
		}
		v.keepStatement(base64.RawURLEncoding.EncodeToString(sealed), int((30 * 24 * time.Hour).Seconds()))
	}
	return nil
}

func (v *visit) keepStatement(value string, age int) {
	v.SetCookie(&http.Cookie{Name: attendanceCookie, Value: value, Path: "/halls/" + v.id, MaxAge: age,
		Secure: v.cookies.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

func (v *visit) attendanceKey() []byte {
	k := signing.MAC(v.commandKey, "baohan/attendance-cookie/1", []byte(v.x.actor.USCC), []byte(v.id))
	return k[:16]
}

// statement is what this browser keeps for this lot; nil: nothing.
func (v *visit) statement() []byte {
	c, err := v.Cookie(attendanceCookie)
	if err != nil || !v.x.actor.Is(party.Bidder) {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return nil
	}
	statement, err := signing.OpenGCM(v.attendanceKey(), b, nil)
	if err != nil || len(statement) == 0 { // another bidder's who used this browser, or of before a change of keys: it signs in anew
		return nil
	}
	return statement
}

// signedIn is when this browser signed its bidder in, as its statement says; nil: it did not.
func (v *visit) signedIn(l *tender.Lot) *time.Time {
	if v.statement() == nil {
		return nil
	}
	at, err := v.tender.AttendedAt(v.x.actor, l, v.statement())
	if err != nil {
		return nil
	}
	return &at
}

// waiting is an opening that is not published yet, as anybody in this role sees it.
func (v *visit) waiting(l *tender.Lot) (view.Waiting, error) { return v.waitingOf(l, v.x.actor.Role) }

func (v *visit) waitingOf(l *tender.Lot, as party.Role) (view.Waiting, error) {
	w := view.Waiting{Lot: l, Now: v.clock.Now(), As: as, Form: v.hallForms(l.ID)}
	told, err := v.tender.Hall(v.ctx, l.ID, 0)
	w.News = told.News
	if as == party.Bidder {
		w.SignedIn = v.signedIn(l)
	}
	return w, err
}
