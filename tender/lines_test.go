package tender

import (
	"slices"
	"testing"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Each fault turns exactly the lines that speak of it; every other line still passes.
func TestEachLineFindsItsFault(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	blind, full := w.three(l)
	w.closeAt(l, deadline)
	o := w.begin(must(readLot(w.ctx, w.pool, l.ID)))
	if err := o.prepare(w.ctx); err != nil {
		t.Fatal(err)
	}
	for _, x := range o.letters {
		<-x.judged
	}
	stranger := w.org("不相干的公司", 90)
	for _, id := range []string{blind, full} {
		for name, c := range faults(stranger) {
			e := w.examOf(o, id)
			c.spoil(e)
			w.market.excluded = c.excluded(e)
			lines := must(e.lines(w.ctx))
			w.market.excluded = ""
			var off []int
			for i, line := range lines {
				if line.Result != letter.ResultPass {
					off = append(off, i+1)
				}
				if line.Result != letter.ResultPass && line.Words == "" || line.Name == "" {
					t.Errorf("%s: line %d says nothing", name, i+1)
				}
			}
			if !slices.Equal(off, c.lines) {
				t.Errorf("%s letter, %s: lines %v, want %v", e.row.Mode, name, off, c.lines)
			}
		}
	}
}

// examOf is the exam of one letter over copies that may be spoilt.
func (w *world) examOf(o *opening, id string) *exam {
	w.t.Helper()
	lot := *o.lot
	e := &exam{desk: w.Desk, lot: &lot, licences: &licences{market: w.Market}}
	var all []*openedLetter
	for _, x := range o.letters {
		copied, row, u := *x, *x.sealed, *x.unsealed
		bid := *x.By[0]
		copied.By, copied.sealed, copied.unsealed = []*openedBid{&bid}, &row, &u
		if x.ID == id {
			e.x, e.row, e.u = &copied, &row, &u
		}
		all = append(all, &copied)
	}
	e.payers, e.members = payersOf(all), membersOf(all)
	e.got, e.gotErr = w.letterReceipt(e.row.Receipt)
	return e
}

type fault struct {
	spoil    func(e *exam)
	lines    []int
	excluded func(e *exam) string
}

func faults(stranger org) map[string]fault {
	nobody := func(*exam) string { return "" }
	f := func(spoil func(e *exam), lines ...int) fault { return fault{spoil, lines, nobody} }
	return map[string]fault{
		"nothing":              f(func(*exam) {}),
		"no receipt":           f(func(e *exam) { e.gotErr = errReceipt }, 1, 3, 4, 10),
		"received at T":        f(func(e *exam) { e.got.AcceptedAt = e.lot.End.Deadline }, 1),
		"received after T":     f(func(e *exam) { e.got.AcceptedAt = e.lot.End.Deadline.Add(time.Microsecond) }, 1, 10),
		"another's receipt":    f(func(e *exam) { e.got.Application = newID() }, 1),
		"no licence":           {func(*exam) {}, []int{2}, func(e *exam) string { return e.row.Guarantor }},
		"signed by a stranger": f(func(e *exam) { e.u.Signed.Chain = stranger.sign.Chain }, 3),
		"before its validity":  f(func(e *exam) { e.got.AcceptedAt = started.AddDate(-1, 0, 0) }, 3),
		"another digest":       f(func(e *exam) { e.got.Digest = signing.Sum([]byte("x")) }, 4),
		"another number":       f(func(e *exam) { e.row.Number = new(string) }, 5),
		"another maximum":      f(func(e *exam) { e.row.Ceiling++ }, 5),
		"another lot":          f(func(e *exam) { e.u.Reveal.Lot.Code = "P-A2-01" }, 6),
		"another beneficiary":  f(func(e *exam) { e.u.Reveal.Beneficiaries = []letter.Party{stranger.party} }, 7),
		"another bidder":       f(func(e *exam) { e.x.By[0].Content.Bidders = []letter.Party{stranger.party} }, 8),
		"too little":           f(func(e *exam) { e.lot.Requirement.Amount++ }, 9),
		"other capitals":       f(func(e *exam) { e.u.Content.MaxAmountCapital = "壹元整" }, 9),
		"too short":            f(func(e *exam) { e.lot.Requirement.End.ValidityDays++ }, 10),
		"issued at T":          f(func(e *exam) { e.row.IssuedAt = &e.lot.End.Deadline }, 11),
		"fee not received":     f(func(e *exam) { e.row.FeeState = guarantee.FeePending }, 11),
		"no date of issue":     f(func(e *exam) { e.row.IssuedAt = nil }, 11),
		"surrendered":          f(func(e *exam) { e.row.InstrumentState = guarantee.Surrendered }, 12),
		"another version":      f(func(e *exam) { e.row.WordingVersion++ }, 13),
		"form not accepted":    f(func(e *exam) { e.lot.Requirement.Forms = []letter.Form{letter.FormCash} }, 13),
		"named twice":          f(func(e *exam) { e.x.By = append(e.x.By, e.x.By[0]) }, 14),
		"older requirement":    f(func(e *exam) { e.lot.frozen = signing.Sum([]byte("x")) }, 15),
		"no evidence of fee":   f(func(e *exam) { e.u.Fee = nil }, 16),
		"same account":         f(func(e *exam) { e.u.Fee = spaced(e.other().unsealed.Fee) }, 16),
		"a member twice": f(func(e *exam) {
			other := e.other()
			other.unsealed.Reveal.Applicants = append(slices.Clone(other.unsealed.Reveal.Applicants), e.u.Reveal.Applicants[0])
			e.members = membersOf([]*openedLetter{e.x, other})
		}, 14),
	}
}

// other is the lot's other letter.
func (e *exam) other() *openedLetter {
	for _, all := range e.members {
		for _, o := range all {
			if o != e.x {
				return o
			}
		}
	}
	panic("no other letter")
}

// spaced is the same account under another name, written with spaces.
func spaced(f *guarantee.FeeEvidence) *guarantee.FeeEvidence {
	out := *f
	n := out.Payer.Number
	out.Payer.Name, out.Payer.Number = "另一户名", n[:4]+" "+n[4:]
	return &out
}

// The same payer for two bidders is shown with both letters, and is advice: nobody is refused.
func TestCommonPayerIsShown(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	for i := range 3 {
		d := w.apply(w.bidders[i], w.bank, l)
		payer := letter.Account{Name: w.bidders[i].party.Name, Number: "622200010002000" + string(rune('0'+i)), Bank: "工商银行"}
		if i < 2 {
			payer = letter.Account{Name: "某咨询公司", Number: "6222000100029999", Bank: "工商银行"}
		}
		w.pay(d, payer)
		w.issue(w.bidders[i], d, l)
		w.submit(w.bidders[i], l, d.application.Application)
	}
	doubts := 0
	for _, x := range w.open(l).Letters {
		if line := x.Lines[15]; line.Result == letter.ResultDoubtful {
			doubts++
			if x.Result != "doubtful" || x.Failure != "" {
				t.Errorf("%+v", x)
			}
		}
	}
	if doubts != 2 {
		t.Fatalf("%d letters carry the lead, want 2", doubts)
	}
}
