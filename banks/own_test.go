package banks_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/banks"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/party"
)

// An institution that listens nowhere is owed no message; what it asks of two people is asked in a transaction.
func TestAnInstitutionWithoutASystem(t *testing.T) {
	w := newWorld(t)
	i := w.institution(w.bank, banks.Bank)
	i.Base, i.TwoPeople = "", true
	if err := w.Admit(t.Context(), party.System(), i); err != nil {
		t.Fatal(err)
	}
	i.Cashier = "http://elsewhere.test/"
	if err := w.Admit(t.Context(), party.System(), i); err == nil {
		t.Error("its cashier is not looked at")
	}
	w.owe(one, wire.Offered, wire.OfferedBody{})
	if o := w.deliver(one); o.Waiting || w.text(`SELECT count(*)::text FROM delivery`) != "0" {
		t.Errorf("something is sent to nowhere: %+v", o)
	}
	err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
		for uscc, want := range map[string]bool{w.bank.Party.USCC: true, w.insurer.Party.USCC: false, "nobody": false} {
			if asked, err := banks.TwoPeople(t.Context(), tx, uscc); err != nil || asked != want {
				t.Errorf("%s asks for two people: %v, %v", uscc, asked, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An institution sees what did not reach it, and nobody else's.
func TestUndelivered(t *testing.T) {
	w := newWorld(t)
	w.answers(func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
		rw.WriteHeader(http.StatusServiceUnavailable)
	})
	w.owe(one, wire.Offered, wire.OfferedBody{})
	w.owe(one, wire.Cancelled, wire.EndedBody{Reason: "cancelled"})
	bank := party.Actor{USCC: w.bank.Party.USCC, Role: party.Guarantor}
	if all, err := w.Undelivered(t.Context(), bank); err != nil || len(all) != 0 {
		t.Errorf("before anything failed: %+v, %v", all, err)
	}
	w.deliver(one)
	all, err := w.Undelivered(t.Context(), bank)
	if err != nil || len(all) != 1 || all[0].State != "waiting" || all[0].Behind != 1 || all[0].LastError == "" {
		t.Errorf("after a failure: %+v, %v", all, err)
	}
	if all, err := w.Undelivered(t.Context(), party.Actor{USCC: w.insurer.Party.USCC, Role: party.Guarantor}); err != nil || len(all) != 0 {
		t.Errorf("another institution sees it: %+v, %v", all, err)
	}
}

// The times that are read at once are those that are read one by one, and the fees are the price list's.
func TestAnswerTimes(t *testing.T) {
	w := newWorld(t)
	ref := letter.WordingRef{ID: "independent-bid", Version: 1}
	w.offer(w.bank, ref, letter.ModeBlind, 4000, 6000)
	times, err := w.AnswerTimes(t.Context(), w.bank.Party.USCC)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{w.clock.Now().Add(-time.Second), w.clock.Now(), w.clock.Now().Add(time.Hour)} {
		alone, err := w.AnswerBy(t.Context(), w.bank.Party.USCC, ref, letter.ModeBlind, at)
		if got := times.By(ref, letter.ModeBlind, at); err != nil || !got.Equal(alone) {
			t.Errorf("handed in at %s: %s, alone %s (%v)", at, got, alone, err)
		}
	}
	fees, err := w.PublishedFees(t.Context(), w.bank.Party.USCC, ref, letter.ModeBlind, 1_000_000_00)
	if err != nil || len(fees) != 2 || fees[0] != 4_000_00 || fees[1] != 6_000_00 {
		t.Errorf("the price list: %v, %v", fees, err)
	}
}
