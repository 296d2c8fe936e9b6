package tender

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
)

// The desk refuses everyone who is not the host, whoever it is.
func TestOnlyTheHostRuns(t *testing.T) {
	h := newSession(t)
	for name, cmd := range map[string]party.Command{"centre": h.by(h.centre, party.Centre), "supervisor": h.supervisor(), "bidder": h.bidder(0),
		"another tenderer": h.by(h.bidders[3], party.Beneficiary), "another agent": h.by(h.bidders[3], party.Agent)} {
		for verb, do := range map[string]func() error{
			"order":     func() error { _, err := h.OrderDecryption(h.ctx, cmd, h.l.ID); return err },
			"pause":     func() error { _, err := h.Pause(h.ctx, cmd, h.l.ID, "原因如下"); return err },
			"resume":    func() error { _, err := h.Resume(h.ctx, cmd, h.l.ID, "原因如下"); return err },
			"extend":    func() error { _, err := h.AskExtension(h.ctx, cmd, h.l.ID, 5, "原因如下"); return err },
			"read":      func() error { _, err := h.ReadOut(h.ctx, cmd, h.l.ID); return err },
			"answer":    func() error { _, err := h.AnswerInHall(h.ctx, cmd, h.l.ID, 1, "答复"); return err },
			"record":    func() error { _, err := h.MakeRecord(h.ctx, cmd, h.l.ID, ""); return err },
			"attribute": func() error { _, err := h.Attribute(h.ctx, cmd, h.l.ID, NewAttribution{}); return err },
		} {
			if err := do(); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s as %s: %v", verb, name, err)
			}
		}
	}
}

// The database refuses by itself what the code would never ask.
func TestDatabaseHoldsASession(t *testing.T) {
	h := newSession(t)
	h.order()
	h.does(h.decrypt(0))
	for name, sql := range map[string]string{
		"backwards":              `UPDATE hall_session SET stage = 'listed', deadline = NULL, version = version + 1 WHERE lot = @lot`,
		"without an event":       `UPDATE hall_session SET deadline = deadline + interval '1 minute' WHERE lot = @lot`,
		"a shorter window":       `UPDATE hall_session SET deadline = deadline - interval '1 minute', version = version + 1 WHERE lot = @lot`,
		"an early end":           `UPDATE hall_session SET stage = 'decrypted', deadline = NULL, decrypt_until = platform_now(), version = version + 1 WHERE lot = @lot`,
		"a pause elsewhere":      `UPDATE hall_session SET stage = 'paused', deadline = NULL, paused_in = 'signing', left_us = 1, version = version + 1 WHERE lot = @lot`,
		"gone":                   `DELETE FROM hall_session WHERE lot = @lot`,
		"terms before the time":  `UPDATE hall_bid SET terms = '{}' WHERE lot = @lot AND state = 'decrypted'`,
		"another form":           `UPDATE hall_bid SET sealed = '\x00' WHERE lot = @lot AND state = 'decrypted'`,
		"a form too late":        `UPDATE hall_bid SET state = 'decrypted', sealed = '\x00', decrypted_at = (SELECT deadline FROM hall_session WHERE lot = @lot) WHERE lot = @lot AND state = 'waiting'`,
		"an event with a gap":    `INSERT INTO hall_event (lot, seq, at, kind, actor, data) VALUES (@lot, 99, platform_now(), 'begun', 'system', '{}')`,
		"an event changed":       `UPDATE hall_event SET kind = 'x' WHERE lot = @lot`,
		"the rules":              `UPDATE lot SET hall_decrypt = 31, version = version + 1 WHERE id = @lot`,
		"a second session":       `INSERT INTO hall_session (lot, version, stage, begun_at) VALUES (@lot, 1, 'listed', platform_now())`,
		"a session too far":      `UPDATE hall_session SET stage = 'ended', deadline = NULL, ended_at = platform_now(), version = version + 1 WHERE lot = @lot`,
		"the instant of a start": `UPDATE hall_session SET decrypt_from = decrypt_from + interval '1 second', version = version + 1 WHERE lot = @lot`,
	} {
		if _, err := h.pool.Exec(h.ctx, sql, pgx.NamedArgs{"lot": h.l.ID}); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
}

// The rules stand in the notice's fact, and a platform without a key for forms publishes no such lot.
func TestRulesAreFrozenAtPublication(t *testing.T) {
	w := newWorld(t)
	l := w.remote("H1")
	if l.Hall == nil || *l.Hall != (HallRules{30, 10, 15}) {
		t.Fatalf("rules %+v", l.Hall)
	}
	var minutes int
	if err := w.pool.QueryRow(w.ctx, `SELECT (data->'hall'->>'decrypt')::int FROM lot_event WHERE lot = @lot AND kind = 'publish'`,
		pgx.NamedArgs{"lot": l.ID}).Scan(&minutes); err != nil || minutes != 30 {
		t.Errorf("in the fact stand %d: %v", minutes, err)
	}
	id := w.draftLot(letter.RegimeTendering, "H2", func(n *NewLot) { n.Hall = &HallRules{Decrypt: 60} })
	keep := w.Forms
	w.Forms = FormKey{}
	_, err := w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id)
	w.refused(err, "lot.hall_key")
	w.Forms = keep
	if spot := w.published(letter.RegimeTendering, "S1"); spot.Hall != nil {
		t.Errorf("a lot on the spot has rules %+v", spot.Hall)
	}
}

// A lot on the spot has no session, and every verb of one says that there is nothing.
func TestOnTheSpotThereIsNoSession(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "S1")
	w.three(l)
	w.open(l)
	_, err := w.OrderDecryption(w.ctx, w.by(w.tenderer, party.Beneficiary), l.ID)
	w.refused(err, "lot.not_found")
	_, err = w.HallOf(w.ctx, w.tenderer.actor(party.Beneficiary), l.ID)
	w.refused(err, "lot.not_found")
	if a := must(w.Attribution(w.ctx, newID())); a != "" {
		t.Errorf("attribution %q", a)
	}
}
