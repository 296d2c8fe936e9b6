package party

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/signing"
)

// A paper's signer acts only by a certificate that an operator admitted, for an organisation that is active and has the
// role now.
func TestWhoActs(t *testing.T) {
	w := newWorld(t)
	admitted, clerk, foreign := w.issue(guaranteeing, bankName, signing.UseSign), w.issue(guaranteeing, bankName, signing.UseSign),
		w.issue(bidderCode, "甲公司", signing.UseSign)
	sealing := w.issue(guaranteeing, bankName, signing.UseEncrypt)
	w.bankWith([]Role{Supervisor}, admitted.cert, sealing.cert)
	_, _, err := w.signIn(clerk, Bidder)
	must(t, err)
	acts := func(h holder, uscc string, role Role) error {
		return pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
			return ActsTx(t.Context(), tx, uscc, role, h.cert.Fingerprint(), w.clock.Now())
		})
	}
	must(t, acts(admitted, guaranteeing, Supervisor))
	for name, err := range map[string]error{
		"a clerk's own certificate": acts(clerk, guaranteeing, Supervisor), "a role that was not given": acts(admitted, guaranteeing, Centre),
		"another organisation's": acts(foreign, guaranteeing, Supervisor), "an organisation that nobody knows": acts(admitted, bidderCode, Supervisor),
		"a certificate for sealing": acts(sealing, guaranteeing, Supervisor),
	} {
		if !errors.Is(err, ErrMayNotAct) {
			t.Errorf("%s: %v", name, err)
		}
	}
	operator := Actor{USCC: bidderCode, Role: Operator}
	must(t, w.Suspend(t.Context(), operator, guaranteeing))
	if err := acts(admitted, guaranteeing, Supervisor); !errors.Is(err, ErrMayNotAct) {
		t.Errorf("suspended: %v", err)
	}
	must(t, w.Resume(t.Context(), operator, guaranteeing))
	must(t, acts(admitted, guaranteeing, Supervisor))
	must(t, w.RemoveCertificate(t.Context(), operator, admitted.cert.Fingerprint()))
	if err := acts(admitted, guaranteeing, Supervisor); !errors.Is(err, ErrMayNotAct) {
		t.Errorf("a certificate out of use: %v", err)
	}
}
