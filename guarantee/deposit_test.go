package guarantee

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// bought is a letter that a bidder bought at its guarantor's counter, before it is handed in; a test may spoil it.
type bought struct {
	bidder, guarantor org
	number            string
	reveal            letter.Reveal
	app               letter.Application
	key               *signing.PrivateKey
	statement         letter.Deposit
	record, full      signing.Sealed
	signed            []byte // p7s of the undertaking
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (w *world) buy(bidder, guarantor org, number string) *bought {
	w.t.Helper()
	dr := w.draft(bidder, guarantor)
	b := &bought{bidder: bidder, guarantor: guarantor, number: number, reveal: dr.reveal, app: dr.application, key: dr.key}
	b.app.Mode = letter.ModeFull
	w.write(b)
	return b
}

// write signs and seals what b says.
func (w *world) write(b *bought) {
	w.t.Helper()
	raw := must(b.reveal.Canonical())
	b.app.Commitment = letter.Commitment(raw)
	content, err := b.app.Canonical()
	asked := w.p7s(b.guarantor, content, err)
	u := must(letter.NewUndertaking(b.app, letter.ApplicationDigest(asked), b.number, "湖南省公共资源电子保函平台", &b.reveal))
	content, err = u.Canonical()
	b.signed = w.p7s(b.guarantor, content, err)
	salt, id := signing.Random(32), b.app.Application
	plain := must(letter.Record{Reveal: raw, Key: b.key.Bytes()}.Canonical())
	b.record = must(signing.SealTwoOfThree(plain, letter.RecordAAD(id, 1), letter.RecordSize, w.keys.Public(), b.bidder.encrypt.Key.Public()))
	plain = must(letter.FullLetter{Salt: salt, Undertaking: b.signed}.Canonical())
	b.full = must(signing.SealTwoOfThree(plain, letter.LetterAAD(id), letter.LetterSize, w.keys.Public(), b.bidder.encrypt.Key.Public()))
	form := must(letter.WordingOf(b.app.Wording)).Form
	b.statement = letter.Deposit{Version: 1, Application: id, Number: b.number, Form: form, Wording: b.app.Wording, Ceiling: b.app.Ceiling,
		LatestExpiry: b.app.LatestExpiry, Commitment: b.app.Commitment, ApplicationDigest: letter.ApplicationDigest(asked),
		Digest: letter.SaltedDigest(salt, b.signed), RecordKey: b.key.Public()}
	b.state()
}

// state names the seals as they are now.
func (b *bought) state() {
	b.statement.Record = letter.SealedDigest(must(b.record.MarshalBinary()))
	b.statement.Sealed = letter.SealedDigest(must(b.full.MarshalBinary()))
}

func (w *world) handIn(b *bought) Deposit {
	w.t.Helper()
	content, err := b.statement.Canonical()
	return Deposit{Statement: w.p7s(b.guarantor, content, err), Record: &b.record, Letter: &b.full}
}

// everyForm is an institution that may do everything.
func everyForm(context.Context, letter.WordingRef) error { return nil }

func (w *world) deposit(b *bought) (Answer, error) {
	w.t.Helper()
	return w.Deposit(w.ctx, w.by(b.guarantor, party.Guarantor), w.handIn(b), everyForm)
}

func (w *world) deposited(bidder, guarantor org, number string) *bought {
	w.t.Helper()
	b := w.buy(bidder, guarantor, number)
	w.must(w.deposit(b))
	return b
}

func (w *world) row(id string) *Guarantee {
	w.t.Helper()
	return must(readGuarantee(w.ctx, w.Pool, id))
}

// The receipt comes at once and is for this letter; the row says nothing of lot, bidder and fee; the institution sees it.
func TestDeposit(t *testing.T) {
	w := newWorld(t)
	for n, institution := range []org{w.bank, w.insurer} {
		b := w.buy(w.bidders[n], institution, fmt.Sprint("GUITAI-", n))
		a := w.must(w.deposit(b))
		g := w.row(a.ID)
		want := Guarantee{ApplicationState: Approved, FeeState: FeeNone, InstrumentState: Issued, DisclosureState: Sealed,
			VerificationState: NotVerified, ReleaseState: NoRelease}
		got := Guarantee{ApplicationState: g.ApplicationState, FeeState: g.FeeState, InstrumentState: g.InstrumentState, DisclosureState: g.DisclosureState,
			VerificationState: g.VerificationState, ReleaseState: g.ReleaseState}
		if got.ApplicationState != want.ApplicationState || got.FeeState != want.FeeState || got.InstrumentState != want.InstrumentState ||
			got.DisclosureState != want.DisclosureState || g.Channel != AtCounter || g.QuotedFee != 0 || g.Fee != nil || g.Version != 1 || a.Version != 1 {
			t.Errorf("row: %+v", g)
		}
		signed := must(signing.ParseSignedData(a.Receipt))
		r := must(letter.ParseReceipt(signed.Content))
		if r.Application != b.app.Application || r.Guarantor != institution.party.USCC || r.Number != b.number || r.Mode != letter.ModeFull ||
			r.Commitment != b.app.Commitment || r.Digest != b.statement.Digest || !r.AcceptedAt.Equal(w.clock.Now()) {
			t.Errorf("receipt: %+v", r)
		}
		if _, err := w.ForGuarantor(w.ctx, institution.actor(party.Guarantor), a.ID); err != nil {
			t.Errorf("its own institution: %v", err)
		}
		if all := must(w.ListForGuarantor(w.ctx, institution.actor(party.Guarantor), "", 10)); len(all) != 1 || all[0].ID != a.ID {
			t.Errorf("its book: %+v", all)
		}
		for name, by := range map[string]party.Actor{"another institution": w.otherBank.actor(party.Guarantor), "its buyer": w.bidders[n].actor(party.Bidder)} {
			if _, err := w.ForGuarantor(w.ctx, by, a.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s sees it: %v", name, err)
			}
			if _, err := w.OwnOne(w.ctx, by, a.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s owns it: %v", name, err)
			}
		}
		events := must(w.EventsSince(w.ctx, a.ID, 0))
		if len(events) != 1 || events[0].Kind != EventDeposited || events[0].Actor != "guarantor:"+institution.party.USCC {
			t.Errorf("events: %+v", events)
		}
	}
}

// Nothing of a counter letter's row names its buyer, its lot or its price, and no tag ties it to anything.
func TestCounterRowsNameNobody(t *testing.T) {
	w := newWorld(t)
	w.deposited(w.bidders[0], w.bank, "GUITAI-000001")
	w.deposited(w.bidders[1], w.insurer, "GUITAI-000002")
	dump := everything(t, w)
	if !strings.Contains(dump, "GUITAI-000001") {
		t.Fatal("the search sees nothing")
	}
	for _, secret := range []string{w.bidders[0].party.Name, w.bidders[0].party.USCC, w.bidders[1].party.Name, w.bidders[1].party.USCC,
		w.requirement.Lot.Code, w.requirement.Lot.Name, w.requirement.Lot.Project, w.tenderees[0].party.USCC, w.tenderees[0].party.Name} {
		for how, needle := range spellings(t, secret) {
			if strings.Contains(dump, needle) {
				t.Errorf("%s stands in the database (%s)", secret, how)
			}
		}
	}
	if n := count(t, w, `SELECT count(*) FROM guarantee WHERE num_nonnulls(uniq_tag, lot_tag, owner_tag, offer, quoted_fee, fee) > 0`); n != 0 {
		t.Errorf("%d rows carry a tag, an offer or a fee", n)
	}
	if n := count(t, w, `SELECT max(octet_length(sealed)) - min(octet_length(sealed)) FROM guarantee`); n > 24 {
		t.Errorf("the sizes differ by %d bytes", n)
	}
}

// The same letter gets the same receipt, under its key and under another; other bytes under its id, its number, its
// commitment or its application are refused, whoever sends them, and in the same words.
func TestDepositAgain(t *testing.T) {
	w := newWorld(t)
	b := w.buy(w.bidders[0], w.bank, "GUITAI-000001")
	in, cmd := w.handIn(b), w.by(w.bank, party.Guarantor)
	first := w.must(w.Deposit(w.ctx, cmd, in, everyForm))
	w.clock.Advance(time.Hour)
	gone := func(context.Context, letter.WordingRef) error {
		return party.Conflict("deposit.suspended", "已暂停")
	}
	for name, c := range map[string]party.Command{"the same key": cmd, "another key": w.by(w.bank, party.Guarantor)} {
		if again := w.must(w.Deposit(w.ctx, c, in, gone)); !bytes.Equal(again.Receipt, first.Receipt) {
			t.Errorf("%s: another receipt", name)
		}
	}
	_, err := w.Deposit(w.ctx, party.Command{Actor: cmd.Actor, Key: cmd.Key, Digest: signing.Sum([]byte("other"))}, in, everyForm)
	refused(t, err, "idempotency.key_reused")

	other := w.buy(w.bidders[0], w.bank, "GUITAI-000002")
	other.app.Application, other.reveal.Application = b.app.Application, b.app.Application
	w.write(other)
	_, err = w.deposit(other)
	refused(t, err, "deposit.other_bytes")
	theirs := w.buy(w.bidders[1], w.otherBank, "GUITAI-000003")
	theirs.app.Application, theirs.reveal.Application = b.app.Application, b.app.Application
	w.write(theirs)
	_, err = w.deposit(theirs)
	refused(t, err, "deposit.other_bytes")
	number := w.buy(w.bidders[1], w.bank, "GUITAI-000001")
	_, err = w.deposit(number)
	refused(t, err, "issue.number_used")
	for name, change := range map[string]func(*letter.Deposit){
		"commitment":  func(d *letter.Deposit) { d.Commitment = b.statement.Commitment },
		"application": func(d *letter.Deposit) { d.ApplicationDigest = b.statement.ApplicationDigest },
	} {
		c := w.buy(w.bidders[1], w.bank, "GUITAI-000004")
		change(&c.statement)
		_, err = w.deposit(c)
		if refused(t, err, "deposit.other_bytes"); count(t, w, `SELECT count(*) FROM guarantee`) != 1 {
			t.Errorf("%s: taken in", name)
		}
	}
	if again := w.must(w.Deposit(w.ctx, w.by(w.bank, party.Guarantor), in, everyForm)); !bytes.Equal(again.Receipt, first.Receipt) || again.Version != 1 {
		t.Error("the first letter has changed")
	}
	// An id that an application at the platform took is taken.
	h := w.apply(w.bidders[2], w.bank)
	taken := w.buy(w.bidders[2], w.bank, "GUITAI-000005")
	taken.app.Application, taken.reveal.Application = h.id, h.id
	w.write(taken)
	_, err = w.deposit(taken)
	refused(t, err, "deposit.other_bytes")
}

// However many hand the same letter in at once, there is one row, and every one has its receipt.
func TestDepositsAtOnce(t *testing.T) {
	w := newWorld(t)
	in := w.handIn(w.buy(w.bidders[0], w.bank, "GUITAI-000001"))
	receipts := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range receipts {
		wg.Go(func() {
			a, err := w.Deposit(w.ctx, w.by(w.bank, party.Guarantor), in, everyForm)
			if err != nil {
				t.Error(err)
			}
			receipts[i] = a.Receipt
		})
	}
	wg.Wait()
	for _, r := range receipts {
		if !bytes.Equal(r, receipts[0]) || r == nil {
			t.Fatal("two receipts for one letter")
		}
	}
	if n := count(t, w, `SELECT count(*) FROM guarantee_event`); n != 1 {
		t.Errorf("%d events", n)
	}
}

// Whatever is wrong with what is sent is refused by its field, before a row is written.
func TestDepositRefuses(t *testing.T) {
	w := newWorld(t)
	b := w.buy(w.bidders[0], w.bank, "GUITAI-000001")
	other := w.buy(w.bidders[0], w.bank, "GUITAI-000002")
	curve := func(s signing.Sealed) signing.Sealed { // a wrapped point that is on no curve: its x plus one
		s.Shares[1] = bytes.Clone(s.Shares[1])
		s.Shares[1][20] ^= 1
		return s
	}
	for name, c := range map[string]struct {
		spoil       func(*bought, *Deposit)
		code, field string
	}{
		"nothing":             {func(_ *bought, in *Deposit) { *in = Deposit{} }, "deposit.form", "statement"},
		"no record":           {func(_ *bought, in *Deposit) { in.Record = nil }, "deposit.form", "statement"},
		"no letter":           {func(_ *bought, in *Deposit) { in.Letter = nil }, "deposit.form", "statement"},
		"not signed data":     {func(_ *bought, in *Deposit) { in.Statement = []byte("x") }, "", "statement"},
		"a cut statement":     {func(_ *bought, in *Deposit) { in.Statement = in.Statement[:len(in.Statement)-1] }, "", "statement"},
		"another statement":   {func(b *bought, in *Deposit) { in.Statement = w.p7s(w.bank, must(b.app.Canonical()), nil) }, "", ""},
		"signed by another":   {func(b *bought, in *Deposit) { in.Statement = w.p7s(w.otherBank, must(b.statement.Canonical()), nil) }, "deposit.signer", "statement"},
		"signed by its buyer": {func(b *bought, in *Deposit) { in.Statement = w.p7s(w.bidders[0], must(b.statement.Canonical()), nil) }, "deposit.signer", "statement"},
		"the seals swapped":   {func(_ *bought, in *Deposit) { in.Record, in.Letter = in.Letter, in.Record }, "deposit.sealed", "record"},
		"another's record":    {func(_ *bought, in *Deposit) { in.Record = &other.record }, "deposit.sealed_for_another", "record"},
		"another's letter":    {func(_ *bought, in *Deposit) { in.Letter = &other.full }, "deposit.sealed_for_another", "letter"},
		"another seal of it":  {func(b *bought, in *Deposit) { again := *b; w.write(&again); in.Letter = &again.full }, "deposit.digest", "letter"},
		"off the curve":       {func(b *bought, in *Deposit) { s := curve(b.record); in.Record = &s }, "deposit.sealed", "record"},
		"a cut ciphertext": {func(b *bought, in *Deposit) {
			s := b.full
			s.Ciphertext = s.Ciphertext[:len(s.Ciphertext)-1]
			in.Letter = &s
		}, "deposit.sealed", "letter"},
		"a padded ciphertext": {func(b *bought, in *Deposit) {
			s := b.full
			s.Ciphertext = append(bytes.Clone(s.Ciphertext), 0)
			in.Letter = &s
		}, "deposit.sealed", "letter"},
		"a changed ciphertext": {func(b *bought, in *Deposit) {
			s := b.full
			s.Ciphertext = bytes.Clone(s.Ciphertext)
			s.Ciphertext[100] ^= 1
			in.Letter = &s
		}, "deposit.digest", "letter"},
		"an empty share":  {func(b *bought, in *Deposit) { s := b.record; s.Shares[2] = nil; in.Record = &s }, "deposit.sealed", "record"},
		"another version": {func(b *bought, in *Deposit) { s := b.record; s.Version = 2; in.Record = &s }, "deposit.sealed", "record"},
	} {
		t.Run(name, func(t *testing.T) {
			in := w.handIn(b)
			c.spoil(b, &in)
			_, err := w.Deposit(w.ctx, w.by(w.bank, party.Guarantor), in, everyForm)
			r, ok := party.RefusalOf(err)
			if !ok || r.Kind != party.KindInvalid || c.code != "" && r.Code != c.code || r.Field == "" || c.field != "" && r.Field != c.field {
				t.Fatalf("got %v; want %s of %s", err, c.code, c.field)
			}
		})
	}
	late := w.buy(w.bidders[0], w.bank, "GUITAI-000006")
	in := w.handIn(late)
	w.clock.Advance(4 * 365 * 24 * time.Hour)
	_, err := w.Deposit(w.ctx, w.by(w.bank, party.Guarantor), in, everyForm)
	if r, ok := party.RefusalOf(err); !ok || r.Field != "statement" {
		t.Errorf("with a certificate that is over: %v", err)
	}
	if n := count(t, w, `SELECT count(*) FROM guarantee`); n != 0 {
		t.Errorf("%d rows", n)
	}
}

// A statement that is off the ladders, or of a form that is not the wording's, cannot even be signed by our client; one
// that somebody else signed is refused by its field.
func TestDepositOffTheLadder(t *testing.T) {
	w := newWorld(t)
	for field, change := range map[string][2]string{
		"statement.ceiling":       {`"ceiling":100000000`, `"ceiling":100000001`},
		"statement.latest_expiry": {`"latest_expiry":"2027-06-30"`, `"latest_expiry":"2027-06-29"`},
		"statement.form":          {`"form":"independent"`, `"form":"insurance"`},
		"statement.application":   {`"application":"`, `"application":"X`},
		"statement.record_key":    {`"record_key":"B`, `"record_key":"A`},
	} {
		b := w.buy(w.bidders[0], w.bank, "GUITAI-000001")
		in := w.handIn(b)
		content := must(b.statement.Canonical())
		spoilt := bytes.Replace(content, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(spoilt, content) {
			t.Fatalf("%s: nothing was spoilt in %s", field, content)
		}
		in.Statement = w.p7s(w.bank, spoilt, nil)
		_, err := w.Deposit(w.ctx, w.by(w.bank, party.Guarantor), in, everyForm)
		if r, ok := party.RefusalOf(err); !ok || r.Kind != party.KindInvalid || r.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// A point that is on no curve is no key of a record.
func TestDepositWithAKeyOffTheCurve(t *testing.T) {
	w := newWorld(t)
	b := w.buy(w.bidders[0], w.bank, "GUITAI-000001")
	in := w.handIn(b)
	key := b.statement.RecordKey.Bytes()
	off := bytes.Clone(key)
	off[64] ^= 1
	content := must(b.statement.Canonical())
	in64 := base64.StdEncoding.EncodeToString
	spoilt := bytes.Replace(content, []byte(in64(key)), []byte(in64(off)), 1)
	if bytes.Equal(spoilt, content) {
		t.Fatal("the key was not found")
	}
	in.Statement = w.p7s(w.bank, spoilt, nil)
	_, err := w.Deposit(w.ctx, w.by(w.bank, party.Guarantor), in, everyForm)
	if r, ok := party.RefusalOf(err); !ok || r.Field != "statement.record_key" {
		t.Errorf("%v", err)
	}
}

// The database holds the rules of both channels by itself.
func TestChannelsInTheDatabase(t *testing.T) {
	w := newWorld(t)
	b := w.deposited(w.bidders[0], w.bank, "GUITAI-000001")
	h := w.apply(w.bidders[1], w.bank)
	w.issued(h, "CSB-2026-000001")
	for _, c := range []struct{ id, set string }{
		{b.app.Application, `disclosure_state = 'missing'`},
		{b.app.Application, `channel = 'platform'`},
		{b.app.Application, `fee = 1`},
		{b.app.Application, `quoted_fee = 1`},
		{b.app.Application, `uniq_tag = decode(repeat('00', 32), 'hex')`},
		{b.app.Application, `lot_tag = decode(repeat('00', 32), 'hex')`},
		{b.app.Application, `owner_tag = decode(repeat('00', 32), 'hex')`},
		{b.app.Application, `offer = 'x'`},
		{b.app.Application, `statement = NULL`},
		{b.app.Application, `receipt = NULL`},
		{b.app.Application, `mode = 'blind'`},
		{b.app.Application, `application_state = 'cancelled'`},
		{b.app.Application, `fee_evidence = 'x'`},
		{b.app.Application, `owner_record = 'x'`},
		{h.id, `channel = 'counter'`},
		{h.id, `uniq_tag = NULL`},
		{h.id, `lot_tag = NULL`},
		{h.id, `owner_tag = NULL`},
		{h.id, `offer = NULL`},
		{h.id, `quoted_fee = NULL`},
		{h.id, `fee_state = 'refunding'`},
	} {
		if _, err := w.Pool.Exec(w.ctx, `UPDATE guarantee SET `+c.set+` WHERE id = $1`, c.id); err == nil {
			t.Errorf("%s: %s", w.row(c.id).Channel, c.set)
		}
	}
}

// opened is a counter letter that an opening disclosed, as those use it who demand or release.
func (w *world) opened(b *bought) disclosedLetter {
	w.t.Helper()
	u := w.open(b.app.Application)[0]
	return disclosedLetter{handed{id: b.app.Application, bidder: b.bidder, guarantor: b.guarantor}, b.number, u}
}

// After the opening a counter letter is a letter like any other: demanded and paid, or released by its beneficiaries, or
// due for release, or expired on its revealed day; and one that no bid named expires sealed on its latest day.
func TestCounterLife(t *testing.T) {
	w := newWorld(t)
	l := w.opened(w.deposited(w.bidders[0], w.bank, "GUITAI-000001"))
	if g := w.row(l.id); g.DisclosureState != Disclosed || g.Amount == nil || *g.Amount != w.requirement.Amount {
		t.Fatalf("opened: %+v", g)
	}
	lead := w.tenderees[0]
	files := w.files(l)
	a, _, err := w.present(l, lead, w.demandOf(l, lead, w.requirement.Amount, files), files)
	a = w.must(a, err)
	w.must(w.DecideDemand(w.ctx, w.guarantorSays(l.handed), a.Demand, DemandDecision{Complying: true}))
	w.must(w.HonourDemand(w.ctx, w.guarantorSays(l.handed), a.Demand, Payment{Amount: w.requirement.Amount, Reference: "P1", PaidAt: w.clock.Now()}))
	if g := w.row(l.id); g.InstrumentState != PaidOut || g.Honoured != w.requirement.Amount {
		t.Errorf("paid: %s %s", g.InstrumentState, g.Honoured)
	}

	l = w.opened(w.deposited(w.bidders[1], w.insurer, "GUITAI-000002"))
	if err := w.within(w.ctx, func(tx pgx.Tx) error {
		return w.ReleaseDueTx(w.ctx, tx, []string{l.id}, "contract_signed", must(calendar.Published().Count(calendar.Clock{
			Law: "招标投标法实施条例第五十七条", From: calendar.DateOf(w.clock.Now()), Days: 5, Unit: calendar.CalendarDays})))
	}); err != nil {
		t.Fatal(err)
	}
	if g := w.row(l.id); g.ReleaseState != ReleaseDue {
		t.Errorf("due: %s", g.ReleaseState)
	}
	for _, by := range w.tenderees {
		w.must(w.release(l, by))
	}
	w.must(w.AcknowledgeRelease(w.ctx, w.guarantorSays(l.handed), l.id))
	if g := w.row(l.id); g.InstrumentState != Released || g.ReleaseState != Acknowledged {
		t.Errorf("released: %s %s", g.InstrumentState, g.ReleaseState)
	}

	named, unnamed := w.opened(w.deposited(w.bidders[2], w.bank, "GUITAI-000003")), w.deposited(w.bidders[2], w.bank, "GUITAI-000004")
	w.clock.Set(w.requirement.End.Expiry().EndOfDay().Add(expiryGrace + time.Second))
	w.expired(named.id, unnamed.app.Application)
	if g := w.row(named.id); g.InstrumentState != Expired {
		t.Errorf("on its revealed day: %s", g.InstrumentState)
	}
	if g := w.row(unnamed.app.Application); g.InstrumentState != Issued || g.DisclosureState != Sealed {
		t.Errorf("unnamed, before its latest day: %s %s", g.InstrumentState, g.DisclosureState)
	}
	w.clock.Set(unnamed.app.LatestExpiry.EndOfDay().Add(expiryGrace + time.Second))
	w.expired(unnamed.app.Application)
	if g := w.row(unnamed.app.Application); g.InstrumentState != Expired || g.DisclosureState != Sealed {
		t.Errorf("unnamed: %s %s", g.InstrumentState, g.DisclosureState)
	}
}

// expired lets the clock look at what is due.
func (w *world) expired(ids ...string) {
	w.t.Helper()
	for _, d := range must(w.Due(w.ctx, 100)) {
		if d.Kind != DueExpiry && d.Kind != DueRelease {
			w.t.Errorf("%s is due of a counter letter", d.Kind)
		}
	}
	for _, id := range ids {
		w.must(w.Expire(w.ctx, id))
	}
}

// Its institution can do nothing to a counter letter that only an application at the platform knows: no fee, no decision,
// no second issue. It changes nothing.
func TestNoUnderwritingOfACounterLetter(t *testing.T) {
	w := newWorld(t)
	b := w.deposited(w.bidders[0], w.bank, "GUITAI-000001")
	id, before := b.app.Application, w.row(b.app.Application)
	by := func() party.Command { return w.by(w.bank, party.Guarantor) }
	for name, try := range map[string]func() (Answer, error){
		"take up":   func() (Answer, error) { return w.TakeUp(w.ctx, by(), id) },
		"approve":   func() (Answer, error) { return w.Decide(w.ctx, by(), id, Decision{Approve: true, Fee: 1}) },
		"decline":   func() (Answer, error) { return w.Decide(w.ctx, by(), id, Decision{Reason: "不"}) },
		"fee":       func() (Answer, error) { return w.FeeReceived(w.ctx, by(), id, FeeEvidence{Amount: 1, Reference: "R"}) },
		"refund":    func() (Answer, error) { return w.FeeRefunded(w.ctx, by(), id, "R") },
		"fail":      func() (Answer, error) { return w.FailIssue(w.ctx, by(), id, "不能") },
		"prepare":   func() (Answer, error) { return w.Prepare(w.ctx, by(), id, "GUITAI-000002", signing.Sum(nil)) },
		"cancel":    func() (Answer, error) { return w.Cancel(w.ctx, w.by(w.bidders[0], party.Bidder), id) },
		"its clock": func() (Answer, error) { w.must(w.Lapse(w.ctx, id)); return Answer{}, party.Conflict("nothing", "无") },
	} {
		_, err := try()
		if _, ok := party.RefusalOf(err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := w.row(id); after.Version != before.Version || after.InstrumentState != Issued {
		t.Errorf("after all: %+v", after)
	}
}

// An opening that could not open a counter letter leaves its row as it was: it may be another lot's.
func TestCounterLetterIsNeverMissing(t *testing.T) {
	w := newWorld(t)
	b := w.deposited(w.bidders[0], w.bank, "GUITAI-000001")
	before := everything(t, w)
	if err := w.within(w.ctx, func(tx pgx.Tx) error {
		return w.DiscloseTx(w.ctx, tx, w.requirement.Lot, []Disclosing{{ID: b.app.Application, Missing: "没有解封"}})
	}); err != nil {
		t.Fatal(err)
	}
	if everything(t, w) != before {
		t.Error("the row has changed")
	}
	w.opened(b)
	if g := w.row(b.app.Application); g.DisclosureState != Disclosed {
		t.Errorf("in its own lot: %s", g.DisclosureState)
	}
}

// What comes out of a row is published in the lot that it is for, and only when it is this row's.
func TestFits(t *testing.T) {
	w := newWorld(t)
	b := w.deposited(w.bidders[0], w.bank, "GUITAI-000001")
	rows := must(w.SealedLetters(w.ctx, []string{b.app.Application}))
	u := w.unseal(rows[0])
	if !rows[0].Of(w.Tags, "any", "lot") || !rows[0].Fits(w.requirement.Lot, u) {
		t.Fatal("it does not fit its own lot")
	}
	for name, spoil := range map[string]func(*letter.Lot, *SealedLetter, *Unsealed){
		"another lot":         func(l *letter.Lot, _ *SealedLetter, _ *Unsealed) { l.Code += "X" },
		"another project":     func(l *letter.Lot, _ *SealedLetter, _ *Unsealed) { l.Project += "X" },
		"another row":         func(_ *letter.Lot, s *SealedLetter, _ *Unsealed) { s.ID = strings.Repeat("0", 32) },
		"another institution": func(_ *letter.Lot, s *SealedLetter, _ *Unsealed) { s.Guarantor = w.otherBank.party.USCC },
		"above its ceiling":   func(_ *letter.Lot, s *SealedLetter, _ *Unsealed) { s.Ceiling = w.requirement.Amount - 1 },
		"another record": func(_ *letter.Lot, _ *SealedLetter, u *Unsealed) {
			u.RevealBytes = append(bytes.Clone(u.RevealBytes), ' ')
		},
		"a blind letter": func(_ *letter.Lot, _ *SealedLetter, u *Unsealed) { u.Content.Application.Mode = letter.ModeBlind },
	} {
		l, s, v := w.requirement.Lot, rows[0], u
		if spoil(&l, &s, &v); s.Fits(l, v) {
			t.Errorf("%s fits", name)
		}
	}
}
