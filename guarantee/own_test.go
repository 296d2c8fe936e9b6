package guarantee

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// columns are all encrypted bytes of a row, and those that stand in it in clear.
func (w *world) columns(id string) map[string][]byte {
	w.t.Helper()
	cols := map[string][]byte{"offer": nil, "sealed": nil, "letter": nil, "fee_evidence": nil, "owner_record": nil, "owner_letter": nil}
	for name := range cols {
		var b []byte
		if err := w.Pool.QueryRow(w.ctx, `SELECT `+name+` FROM guarantee WHERE id = $1`, id).Scan(&b); err != nil {
			w.t.Fatal(err)
		}
		cols[name] = b
	}
	return cols
}

// opens tries one key on bytes in every way in which anything here is encrypted: as an envelope of any part, as the
// owner and as each custodian of a two-of-three seal, and as a bare wrapping.
func (w *world) opens(id string, b []byte, key *signing.PrivateKey) bool {
	for _, part := range []string{"offer", "undertaking", "fee"} {
		if _, err := signing.OpenEnvelope(w.ctx, key, b, letter.PartAAD(id, part)); err == nil {
			return true
		}
	}
	var s signing.Sealed
	if err := s.UnmarshalBinary(b); err == nil {
		for _, aad := range [][]byte{letter.RecordAAD(id, 1), letter.LetterAAD(id)} {
			if _, err := s.OpenOwn(w.ctx, key, aad); err == nil {
				return true
			}
		}
		// One custodian's share is two of three parts; the third is in nobody's hands but the other custodians'.
		for i := range 3 {
			share, err := s.GiveShare(w.ctx, key, i)
			if err != nil {
				continue
			}
			if _, err := s.Open(letter.RecordAAD(id, 1), share, share); err == nil {
				return true
			}
			again := share
			again.Holder = (i + 1) % 3 // the same parts under another's number
			if _, err := s.Open(letter.RecordAAD(id, 1), share, again); err == nil {
				return true
			}
		}
	}
	_, err := key.Unwrap(w.ctx, b)
	return err == nil
}

// The platform cannot read back what it keeps: no key of its own, of the centre's, of the guarantor's or of any one
// custodian opens the record or the letter of a row. The guarantor opens its own offer and nothing else, the owner its
// record, and any two custodians the record: so the attempts are not made in vain.
func TestNoOneKeyReadsARowBack(t *testing.T) {
	w := newWorld(t)
	centre := w.org("测试公共资源交易中心", 40)
	for n, mode := range []letter.Mode{letter.ModeBlind, letter.ModeFull} {
		institution := []org{w.bank, w.insurer}[n]
		h := w.apply(w.bidders[n], institution)
		w.issued(h, "BH-"+strings.ToUpper(string(mode))+"-0001")
		cols := w.columns(h.id)
		keys := map[string]*signing.PrivateKey{"platform signing": w.platform.sign.Key, "platform encryption": w.platform.encrypt.Key,
			"centre signing": centre.sign.Key, "centre encryption": centre.encrypt.Key, "guarantor signing": institution.sign.Key,
			"guarantor encryption": institution.encrypt.Key, "another bidder": w.bidders[2].encrypt.Key,
			"custodian 0": w.custodians[0], "custodian 1": w.custodians[1], "custodian 2": w.custodians[2]}
		for who, key := range keys {
			for column, b := range cols {
				if b == nil || column == "offer" && who == "guarantor encryption" {
					continue
				}
				if w.opens(h.id, b, key) {
					t.Errorf("%s: %s opens %s", mode, who, column)
				}
			}
		}
		if !w.opens(h.id, cols["offer"], institution.encrypt.Key) || !w.opens(h.id, cols["sealed"], h.bidder.encrypt.Key) {
			t.Errorf("%s: those who may cannot open theirs: the attempts prove nothing", mode)
		}
		offer, err := letter.OpenOffer(w.ctx, h.id, cols["offer"], institution.encrypt.Key)
		if told := offer.Reveal != nil || offer.Custodians != nil; err != nil || told != (mode == letter.ModeFull) {
			t.Errorf("%s: the guarantor is told the lot: %v, %v", mode, told, err)
		}
		w.openByTwo(h)
	}
}

func (w *world) openByTwo(h handed) {
	w.t.Helper()
	rows, err := w.SealedLetters(w.ctx, []string{h.id})
	if err != nil {
		w.t.Fatal(err)
	}
	if u := w.unseal(rows[0]); !bytes.Equal(u.RevealBytes, h.submission.Reveal) {
		w.t.Error("two custodians do not open the record")
	}
}

// rewrapped is what the owner's client hands in for a renewed key.
func (w *world) rewrapped(h handed, to signing.PublicKey) letter.Rewrapping {
	w.t.Helper()
	own, err := w.OwnCopy(w.ctx, h.bidder.actor(party.Bidder), h.id)
	if err != nil {
		w.t.Fatal(err)
	}
	r := letter.Rewrapping{Version: 1, Application: h.id, At: w.clock.Now().In(calendar.Shanghai)}
	r.Record, r.Owner = w.anew(own.Sealed, h, letter.RecordAAD(h.id, 1), to)
	if h.draft.application.Mode == letter.ModeFull && own.Letter != nil {
		r.Letter, r.LetterOwner = w.anew(own.Letter, h, letter.LetterAAD(h.id), to)
	}
	return r
}

func (w *world) anew(blob []byte, h handed, aad []byte, to signing.PublicKey) (signing.Digest, []byte) {
	w.t.Helper()
	var s signing.Sealed
	if err := s.UnmarshalBinary(blob); err != nil {
		w.t.Fatal(err)
	}
	owner, err := s.RewrapOwner(w.ctx, h.bidder.encrypt.Key, aad, to)
	if err != nil {
		w.t.Fatal(err)
	}
	return letter.SealedDigest(blob), owner
}

func (w *world) rewrap(by org, h handed, r letter.Rewrapping) (Answer, error) {
	b, err := r.Canonical()
	return w.Rewrap(w.ctx, w.by(by, party.Bidder), h.id, w.p7s(by, b, err))
}

func TestRewrapForTheRenewedCertificate(t *testing.T) {
	w := newWorld(t)
	for n, institution := range []org{w.bank, w.insurer} {
		number := []string{"CSB-2026-000001", "HNPIC-00000001"}[n]
		h := w.apply(w.bidders[n], institution)
		was := w.issued(h, number)
		before := w.columns(h.id)
		renewed := w.org(h.bidder.party.Name, 50)
		is := w.must(w.rewrap(h.bidder, h, w.rewrapped(h, renewed.encrypt.Key.Public())))
		if is.Version != was.Version+1 || is.Instrument != was.Instrument {
			t.Errorf("%s: version %d after %d", number, is.Version, was.Version)
		}
		after := w.columns(h.id)
		if !bytes.Equal(before["sealed"], after["sealed"]) || !bytes.Equal(before["letter"], after["letter"]) {
			t.Errorf("%s: what is sealed changed; a closing would name other bytes", number)
		}
		var s signing.Sealed
		if err := s.UnmarshalBinary(after["sealed"]); err != nil {
			t.Fatal(err)
		}
		moved, err := s.WithOwner(after["owner_record"])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := moved.OpenOwn(w.ctx, renewed.encrypt.Key, letter.RecordAAD(h.id, 1)); err != nil {
			t.Errorf("%s: the renewed key does not open the record: %v", number, err)
		}
		for _, secret := range []string{h.bidder.party.Name, h.bidder.party.USCC} {
			if strings.Contains(everything(t, w), secret) {
				t.Errorf("%s: the statement left %s in the database", number, secret)
			}
		}
		w.openByTwo(h)
		w.open(h.id)
		if _, err := w.rewrap(h.bidder, h, w.rewrapped(h, renewed.encrypt.Key.Public())); !errors.Is(err, errRewrapOpen) {
			t.Errorf("%s: a published letter was rewrapped: %v", number, err)
		}
	}
}

func TestRewrapRefuses(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	to := w.org("新", 50).encrypt.Key.Public()
	for code, spoil := range map[string]func(*letter.Rewrapping){
		"rewrap.record":       func(r *letter.Rewrapping) { r.Record[0] ^= 1 },
		"rewrap.record, id":   func(r *letter.Rewrapping) { r.Application = strings.Repeat("f", 32) },
		"rewrap.record, full": func(r *letter.Rewrapping) { r.Letter, r.LetterOwner = r.Record, r.Owner },
		"rewrap.owner":        func(r *letter.Rewrapping) { r.Owner = r.Owner[:len(r.Owner)-1] },
		"rewrap.at":           func(r *letter.Rewrapping) { r.At = r.At.Add(-time.Hour) },
		"rewrap.at, ahead":    func(r *letter.Rewrapping) { r.At = r.At.Add(time.Hour) },
	} {
		t.Run(code, func(t *testing.T) {
			r := w.rewrapped(h, to)
			spoil(&r)
			_, err := w.rewrap(h.bidder, h, r)
			want, _, _ := strings.Cut(code, ",")
			refused(t, err, want)
		})
	}
	good := w.rewrapped(h, to)
	b, err := good.Canonical()
	if _, err := w.Rewrap(w.ctx, w.by(h.bidder, party.Bidder), h.id, w.p7s(w.bidders[1], b, err)); err == nil {
		t.Error("another's signature was accepted")
	}
	if _, err := w.rewrap(w.bidders[1], h, good); !errors.Is(err, ErrNotFound) {
		t.Errorf("to another bidder the row exists: %v", err)
	}
	if c := w.columns(h.id); c["owner_record"] != nil {
		t.Error("a refused rewrapping was kept")
	}
	if _, err := w.Pool.Exec(w.ctx, `UPDATE guarantee SET sealed = sealed || '\x00' WHERE id = $1`, h.id); err == nil {
		t.Error("the database let a seal be changed")
	}
}

func (w *world) assured(h handed) letter.Assurance {
	w.t.Helper()
	p7s, err := w.Assure(w.ctx, h.bidder.actor(party.Bidder), h.id)
	if err != nil {
		w.t.Fatal(err)
	}
	signed, err := signing.ParseSignedData(p7s)
	if err != nil || signed.Signer().Subject().OrganizationID != w.platform.party.USCC || signed.Verify(w.Trust, w.clock.Now()) != nil {
		w.t.Fatalf("not the platform's word: %v", err)
	}
	a, err := letter.ParseAssurance(signed.Content)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// The owner gets the platform's signed word at every stage; to anyone else there is nothing to be assured of.
func TestAssure(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	if a := w.assured(h); a.InForce() || a.States.Application != "submitted" || a.Number != "" || !a.AcceptedAt.IsZero() {
		t.Errorf("handed in: %+v", a)
	}
	w.issued(h, "CSB-2026-000001")
	a := w.assured(h)
	if !a.InForce() || a.Number != "CSB-2026-000001" || a.AcceptedAt.IsZero() || a.Commitment != letter.Commitment(h.submission.Reveal) {
		t.Errorf("in force: %+v", a)
	}
	if cols := w.columns(h.id); a.Record != letter.SealedDigest(cols["sealed"]) {
		t.Error("another record's digest")
	}
	a.At = a.LatestExpiry.EndOfDay().Add(time.Microsecond)
	if a.InForce() {
		t.Error("in force after its latest expiry")
	}
	for name, by := range map[string]party.Actor{"another bidder": w.bidders[1].actor(party.Bidder), "the bank": w.bank.actor(party.Guarantor),
		"the tenderee": w.tenderees[0].actor(party.Beneficiary)} {
		if _, err := w.Assure(context.Background(), by, h.id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
