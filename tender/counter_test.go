package tender

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// counterLetter is a letter that a bidder buys at its guarantor's counter for a lot; spoil changes what the institution
// seals before it does.
func (w *world) counterLetter(bidder, guarantor org, l *Lot, spoil func(*letter.Reveal)) string {
	w.t.Helper()
	return w.sell(w.draft(bidder, guarantor, l), l, spoil)
}

func (w *world) sell(d *drafted, l *Lot, spoil func(*letter.Reveal)) string {
	w.t.Helper()
	guarantor := d.by
	d.application.Mode = letter.ModeFull
	honest := d.reveal
	if spoil != nil {
		spoil(&d.reveal)
	}
	raw, id := must(d.reveal.Canonical()), d.application.Application
	d.application.Commitment = letter.Commitment(raw)
	b, err := d.application.Canonical()
	asked := letter.ApplicationDigest(w.p7s(guarantor, b, err))
	number := "GT-" + upper(id[:8])
	u, err := letter.NewUndertaking(d.application, asked, number, "湖南省公共资源电子保函平台", &d.reveal)
	if err != nil { // an institution that lies in the record writes what it likes, too
		app := d.application
		app.Commitment = letter.Commitment(must(honest.Canonical()))
		u = must(letter.NewUndertaking(app, asked, number, "湖南省公共资源电子保函平台", &honest))
	}
	b, err = u.Canonical()
	p7s, salt := w.p7s(guarantor, b, err), signing.Random(32)
	plain := must(letter.Record{Reveal: raw, Key: d.key.Bytes()}.Canonical())
	record := must(signing.SealTwoOfThree(plain, letter.RecordAAD(id, 1), letter.RecordSize, l.Custodians.Public(), signing.PublicKey{}))
	plain = must(letter.FullLetter{Salt: salt, Undertaking: p7s}.Canonical())
	full := must(signing.SealTwoOfThree(plain, letter.LetterAAD(id), letter.LetterSize, l.Custodians.Public(), signing.PublicKey{}))
	content, err := letter.Deposit{Version: 1, Application: id, Number: number, Form: w.product(guarantor).Form, Wording: d.application.Wording,
		Ceiling: d.application.Ceiling, LatestExpiry: d.application.LatestExpiry, Commitment: d.application.Commitment, ApplicationDigest: asked,
		Digest: letter.SaltedDigest(salt, p7s), Record: letter.SealedDigest(must(record.MarshalBinary())),
		Sealed: letter.SealedDigest(must(full.MarshalBinary())), RecordKey: d.key.Public()}.Canonical()
	in := guarantee.Deposit{Statement: w.p7s(guarantor, content, err), Record: &record, Letter: &full}
	w.ok(w.Guarantees.Deposit(w.ctx, w.by(guarantor, party.Guarantor), in, anyWording))
	return id
}

// anyWording is what an institution of every kind may do.
func anyWording(context.Context, letter.WordingRef) error { return nil }

// others are two bids with cash, so that a lot opens.
func (w *world) others(l *Lot, bidders ...org) {
	w.t.Helper()
	for _, o := range bidders {
		w.submit(o, l, "")
	}
}

func (o Opening) letter(t *testing.T, id string) LetterView {
	t.Helper()
	for _, x := range o.Letters {
		if x.ID == id {
			return x
		}
	}
	t.Fatalf("letter %s is not on the list", id)
	return LetterView{}
}

// off lists the lines of a letter that do not pass.
func (x LetterView) off(result letter.Result) (lines []int) {
	for i, l := range x.Lines {
		if l.Result == result {
			lines = append(lines, i+1)
		}
	}
	return lines
}

// A letter bought at the counter is opened and judged like the others: all lines pass, but for who paid, which nobody
// here can say. Then it goes its way to the release like any other.
func TestCounterLetterIsOpened(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	bank, policy := w.counterLetter(w.bidders[0], w.bank, l, nil), w.counterLetter(w.bidders[1], w.insurer, l, nil)
	unnamed := w.counterLetter(w.bidders[3], w.bank, l, nil)
	w.submit(w.bidders[0], l, bank)
	w.submit(w.bidders[1], l, policy)
	w.submit(w.bidders[2], l, w.letterOf(w.bidders[2], w.bank, l))
	o := w.open(l)
	for _, id := range []string{bank, policy} {
		x := o.letter(t, id)
		if !x.Here || x.Failure != "" || x.Summary == nil || x.Summary.Amount != l.Amount || x.Result != "unknown" ||
			!slices.Equal(x.off(letter.ResultUnknown), []int{16}) || x.off(letter.ResultDoubtful) != nil {
			t.Errorf("%+v", x)
		}
		if line := x.Lines[10]; !strings.Contains(line.Got, "柜台") || !strings.Contains(x.Lines[15].Words, "柜台") {
			t.Errorf("line 11 %+v, line 16 %+v", line, x.Lines[15])
		}
		if g := w.letterRow(id); g.DisclosureState != guarantee.Disclosed || g.VerificationState != guarantee.Unknown {
			t.Errorf("row: %s %s", g.DisclosureState, g.VerificationState)
		}
	}
	if g := w.letterRow(unnamed); g.DisclosureState != guarantee.Sealed {
		t.Errorf("the one that no bid names is %s", g.DisclosureState)
	}
	tenderer := func() party.Command { return w.by(w.tenderer, party.Beneficiary) }
	w.tells(w.Award(w.ctx, tenderer(), l.ID, AwardNote{Winner: w.bidders[0].party.USCC, NoticedOn: today(w)}))
	w.tells(w.Contract(w.ctx, tenderer(), l.ID, today(w)))
	for _, id := range []string{bank, policy} {
		if g := w.letterRow(id); g.ReleaseState != guarantee.ReleaseDue {
			t.Errorf("release: %s", g.ReleaseState)
		}
	}
}

// A bid on lot A names somebody's counter letter for lot B. In whichever order the lots are opened, A learns nothing of
// it and cannot end it, and B discloses it, once.
func TestForeignCounterLetterCannotBeKilled(t *testing.T) {
	for name, first := range map[string]int{"the thief's lot first": 0, "its own lot first": 1} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			lots := []*Lot{w.published(letter.RegimeTendering, "A1"), w.published(letter.RegimeTendering, "B1")}
			id := w.counterLetter(w.bidders[0], w.bank, lots[1], nil)
			w.submit(w.bidders[1], lots[0], id) // who should not know it
			w.others(lots[0], w.bidders[2], w.bidders[3])
			w.submit(w.bidders[0], lots[1], id)
			w.others(lots[1], w.bidders[2], w.bidders[3])
			before := w.letterRow(id)
			openings := make([]Opening, 2)
			for _, i := range []int{first, 1 - first} {
				openings[i] = w.open(lots[i])
				if i == 0 && first == 0 && !reflect.DeepEqual(w.letterRow(id), before) {
					t.Error("a foreign lot's opening has changed the row")
				}
			}
			thief := openings[0].letter(t, id)
			if thief.Here || thief.Summary != nil || thief.Result != "unknown" || !strings.Contains(thief.Failure, "柜台保函") || len(thief.Lines) != 16 {
				t.Errorf("in the foreign lot: %+v", thief)
			}
			if own := openings[1].letter(t, id); !own.Here || own.Failure != "" || own.off(letter.ResultDoubtful) != nil {
				t.Errorf("in its own lot: %+v", own)
			}
			if g := w.letterRow(id); g.DisclosureState != guarantee.Disclosed {
				t.Errorf("the row: %s", g.DisclosureState)
			}
			w.tells(w.Award(w.ctx, w.by(w.tenderer, party.Beneficiary), lots[0].ID, AwardNote{Winner: w.bidders[1].party.USCC, NoticedOn: today(w)}))
			w.tells(w.Contract(w.ctx, w.by(w.tenderer, party.Beneficiary), lots[0].ID, today(w)))
			if g := w.letterRow(id); g.ReleaseState != guarantee.NoRelease {
				t.Error("the foreign lot's contract set its clock")
			}
		})
	}
}

// Naming a letter that no custodian of the lot can open does not make the opening wait for the third one.
func TestForeignCounterLetterNeedsNoThirdCustodian(t *testing.T) {
	w := newWorld(t)
	a, b := w.published(letter.RegimeTendering, "A1"), w.published(letter.RegimeTendering, "B1")
	id := w.counterLetter(w.bidders[0], w.bank, b, nil)
	good := w.counterLetter(w.bidders[2], w.bank, a, nil)
	w.submit(w.bidders[1], a, id)
	w.submit(w.bidders[2], a, good)
	w.others(a, w.bidders[3])
	for off := range 3 {
		w.agents[off].off = off == 1
	}
	if o := w.open(a); o.letter(t, id).Failure == "" || o.letter(t, good).Failure != "" {
		t.Errorf("%+v", o.Letters)
	}
}

// In the same lot, too, a stranger may name somebody's counter letter. Line 8 tells the committee; the lawful one is
// disclosed, once, whether or not its owner names it.
func TestStrangerNamesACounterLetter(t *testing.T) {
	for name, both := range map[string]bool{"alone": false, "beside its owner": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			l := w.published(letter.RegimeTendering, "A1")
			id := w.counterLetter(w.bidders[0], w.bank, l, nil)
			w.submit(w.bidders[1], l, id)
			if both {
				w.submit(w.bidders[0], l, id)
			}
			w.others(l, w.bidders[2], w.bidders[3])
			o := w.open(l)
			if len(o.Letters) != 1 {
				t.Fatalf("%d letters", len(o.Letters))
			}
			x := o.letter(t, id)
			want := map[bool][]int{false: {8}, true: {8, 14}}[both]
			if !x.Here || x.Failure != "" || x.Result != "doubtful" || !slices.Equal(x.off(letter.ResultDoubtful), want) {
				t.Errorf("lines %v of %+v", x.off(letter.ResultDoubtful), x)
			}
			if !strings.Contains(x.Lines[7].Want, w.bidders[1].party.Name) || !strings.Contains(x.Lines[7].Got, w.bidders[0].party.Name) {
				t.Errorf("line 8 does not say who named whose: %+v", x.Lines[7])
			}
			if g := w.letterRow(id); g.DisclosureState != guarantee.Disclosed || g.VerificationState != guarantee.Doubtful {
				t.Errorf("row: %s %s", g.DisclosureState, g.VerificationState)
			}
		})
	}
}

// One bidder's counter letter and its letter from the platform, both named: line 14 of both.
func TestCounterAndPlatformLetterOfOneBidder(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	bought, applied := w.counterLetter(w.bidders[0], w.bank, l, nil), w.letterOf(w.bidders[0], w.insurer, l)
	w.submit(w.bidders[0], l, bought)
	w.submit(w.bidders[1], l, applied)
	w.others(l, w.bidders[2])
	o := w.open(l)
	for _, id := range []string{bought, applied} {
		if x := o.letter(t, id); !slices.Contains(x.off(letter.ResultDoubtful), 14) {
			t.Errorf("line 14 of %+v", x)
		}
	}
}

// A letter that comes in at the deadline or after it is a letter, is opened, and is late by lines 1 and 11.
func TestLateCounterLetter(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	d := w.draft(w.bidders[0], w.bank, l)
	w.submit(w.bidders[0], l, d.application.Application)
	w.others(l, w.bidders[2], w.bidders[3])
	w.clock.Set(deadline)
	id := w.sell(d, l, nil)
	o := w.open(l)
	x := o.letter(t, id)
	if !x.Here || x.Failure != "" || !slices.Equal(x.off(letter.ResultDoubtful), []int{1, 11}) {
		t.Errorf("lines %v of %+v", x.off(letter.ResultDoubtful), x)
	}
}

// An institution that lies to its customer or to us stops no opening: its letter fails, its row stays.
func TestLyingCounterStopsNothing(t *testing.T) {
	for name, spoil := range map[string]func(*letter.Reveal){
		"another lot":       func(r *letter.Reveal) { r.Lot.Code = "P-A1-02" },
		"another project":   func(r *letter.Reveal) { r.Lot.Project = "P-Z9" },
		"above the ceiling": func(r *letter.Reveal) { r.Amount = 10 * letter.LadderCeiling(r.Amount) },
		"another id":        func(r *letter.Reveal) { r.Application = newID() },
		"another guarantor": func(r *letter.Reveal) { r.Guarantor.Name, r.Guarantor.USCC = "别的银行", code(99) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			l := w.published(letter.RegimeTendering, "A1")
			id := w.counterLetter(w.bidders[0], w.bank, l, spoil)
			w.submit(w.bidders[0], l, id)
			good := w.letterOf(w.bidders[1], w.bank, l)
			w.submit(w.bidders[1], l, good)
			w.others(l, w.bidders[2])
			o := w.open(l)
			if x := o.letter(t, id); x.Here || x.Failure == "" || x.Summary != nil {
				t.Errorf("%+v", x)
			}
			if x := o.letter(t, good); x.Failure != "" || x.Result != "passed" {
				t.Errorf("the other letter: %+v", x)
			}
			if g := w.letterRow(id); g.DisclosureState != guarantee.Sealed {
				t.Errorf("the row: %s", g.DisclosureState)
			}
		})
	}
}

// A bad disk spoils a counter letter: it fails and stands on the list, and its row stays as it is.
func TestSpoiltCounterLetter(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	record, full, whole := w.counterLetter(w.bidders[0], w.bank, l, nil), w.counterLetter(w.bidders[1], w.bank, l, nil), w.counterLetter(w.bidders[2], w.bank, l, nil)
	for i, id := range []string{record, full, whole} {
		w.submit(w.bidders[i], l, id)
	}
	w.exec(`UPDATE guarantee SET sealed = substr(sealed, 1, 100) WHERE id = @id`, record)
	w.exec(`UPDATE guarantee SET letter = set_byte(letter, length(letter) - 400, get_byte(letter, length(letter) - 400) # 1) WHERE id = @id`, full)
	o := w.open(l)
	for _, id := range []string{record, full} {
		if x, g := o.letter(t, id), w.letterRow(id); x.Here || x.Failure == "" || g.DisclosureState != guarantee.Sealed {
			t.Errorf("%s, %+v", g.DisclosureState, x)
		}
	}
	if x := o.letter(t, whole); x.Failure != "" {
		t.Error(x.Failure)
	}
}
