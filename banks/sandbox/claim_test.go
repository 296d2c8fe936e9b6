package sandbox

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

var parse = signing.ParseSignedData

// demand makes a demand under the bank's letter, with the documents that it asks for.
func (w *world) demand(spoil func(*letter.Demand, *wire.DemandBody), by sample.Member) wire.DemandBody {
	w.t.Helper()
	f := w.file()
	u, _ := read(w.t, f.Letter.Signed)
	d := w.Demand(sample.Issued{Draft: w.draft, Undertaking: u, Signed: f.Letter.Signed}, w.Tenderees[0], w.Requirement.Amount)
	body := wire.DemandBody{Demand: d.ID, ReceivedAt: w.clock.Now(), ExamineBy: calendar.DateOf(w.At).AddDays(7)}
	for _, kind := range u.Documents {
		if kind == letter.PaymentNotice || kind == letter.RevealRecord {
			continue
		}
		content := "文件 " + string(kind)
		d.Documents = append(d.Documents, sample.Document(kind, content))
		body.Files = append(body.Files, wire.File{Kind: kind, Name: "x.pdf", Content: []byte(content)})
	}
	if spoil != nil {
		spoil(&d, &body)
	}
	body.Signed = w.Signed(by, must(d.Canonical()), w.clock.Now())
	return body
}

func (w *world) queued() []Examiner {
	w.t.Helper()
	var q Queue
	if _, body := w.ask("GET", "/operator/queue", nil); wire.ReadAnswer(body, &q) != nil {
		w.t.Fatal("queue")
	}
	return q.Demands
}

func TestADemandIsHonoured(t *testing.T) {
	w := newWorld(t)
	w.disclosed()
	body := w.demand(nil, w.Tenderees[0])
	w.tell(wire.DemandPresented, body)
	waiting := w.queued()
	if len(waiting) != 1 || len(waiting[0].Discrepancies) != 0 || waiting[0].Amount != w.Requirement.Amount {
		t.Fatalf("%+v", waiting)
	}
	if status, b := w.ask(http.MethodPost, "/operator/demands/"+body.Demand+"/reject", struct{}{}); status != 422 {
		t.Fatalf("a refusal without a discrepancy: %d %s", status, b)
	}
	if status, b := w.ask(http.MethodPost, "/operator/demands/"+body.Demand+"/honour", struct{}{}); status != 200 {
		t.Fatalf("%d %s", status, b)
	}
	if v := w.verbs(); !slices.Equal(v[len(v)-2:], []string{"decision", "paid"}) {
		t.Error(v)
	}
	if e := w.bank.Books()[0]; e.Paid != w.Requirement.Amount {
		t.Errorf("%+v", e)
	}
	if status, _ := w.ask(http.MethodPost, "/operator/demands/"+body.Demand+"/honour", struct{}{}); status != 409 {
		t.Error("honoured twice")
	}
	w.reopen()
	w.work()
	if e := w.bank.Books()[0]; e.Paid != w.Requirement.Amount {
		t.Errorf("after a restart: %+v", e)
	}
}

func TestDiscrepancies(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*letter.Demand, *wire.DemandBody)
		by    func(*world) sample.Member
		want  string
	}{
		"signed by somebody else":   {nil, func(w *world) sample.Member { return w.Centre }, "payment_notice"},
		"by the second beneficiary": {nil, func(w *world) sample.Member { return w.Tenderees[1] }, "payment_notice"},
		"of another letter":         {func(d *letter.Demand, _ *wire.DemandBody) { d.Undertaking[0] ^= 1 }, nil, "payment_notice"},
		"with another commitment":   {func(d *letter.Demand, _ *wire.DemandBody) { d.Commitment[0] ^= 1 }, nil, "payment_notice"},
		"of too much": {func(d *letter.Demand, _ *wire.DemandBody) {
			d.Amount++
			d.AmountCapital = d.Amount.Capital()
		}, nil, "payment_notice"},
		"another demand's paper": {func(d *letter.Demand, _ *wire.DemandBody) { d.ID = sample.ID(8) }, nil, "payment_notice"},
		"after the end":          {func(_ *letter.Demand, b *wire.DemandBody) { b.ReceivedAt = b.ReceivedAt.AddDate(1, 0, 0) }, nil, "expiry"},
		"a document that did not come": {func(d *letter.Demand, _ *wire.DemandBody) {
			d.Documents = append(d.Documents, sample.Document(letter.LossStatement, "损失"))
		}, nil, "loss_statement"},
		"a document that was changed": {func(d *letter.Demand, b *wire.DemandBody) {
			d.Documents = append(d.Documents, sample.Document(letter.LossStatement, "损失"))
			b.Files = append(b.Files, wire.File{Kind: letter.LossStatement, Content: []byte("别的")})
		}, nil, "loss_statement"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.disclosed()
			by := w.Tenderees[0]
			if c.by != nil {
				by = c.by(w)
			}
			w.tell(wire.DemandPresented, w.demand(c.spoil, by))
			waiting := w.queued()
			if len(waiting) != 1 || len(waiting[0].Discrepancies) != 1 || waiting[0].Discrepancies[0].ID != c.want {
				t.Fatalf("%+v; want %s", waiting, c.want)
			}
			if status, b := w.ask(http.MethodPost, "/operator/demands/"+waiting[0].Demand+"/reject", struct{}{}); status != 200 {
				t.Fatalf("%d %s", status, b)
			}
			if v := w.verbs(); v[len(v)-1] != "decision" || w.bank.Books()[0].Paid != 0 {
				t.Error(v)
			}
		})
	}
}

// The instant of receipt decides: 24:00 of the last day is in time, a microsecond later is not.
func TestTheLastInstant(t *testing.T) {
	w := newWorld(t)
	w.disclosed()
	end := w.Requirement.End.Expiry().EndOfDay()
	for at, want := range map[time.Time]int{end: 0, end.Add(time.Microsecond): 1} {
		body := w.demand(func(_ *letter.Demand, b *wire.DemandBody) { b.ReceivedAt = at }, w.Tenderees[0])
		found := w.bank.examineClaim(w.file(), w.next(wire.DemandPresented, body))
		if len(found.Discrepancies) != want {
			t.Errorf("%s: %+v", at, found.Discrepancies)
		}
	}
}

func TestAPaidLetterLeavesTheRest(t *testing.T) {
	w := newWorld(t)
	w.disclosed()
	half := w.Requirement.Amount / 2
	part := func(d *letter.Demand, _ *wire.DemandBody) { d.Amount, d.AmountCapital = half, half.Capital() }
	body := w.demand(part, w.Tenderees[0])
	w.tell(wire.DemandPresented, body)
	w.ask(http.MethodPost, "/operator/demands/"+body.Demand+"/honour", struct{}{})
	more := w.demand(func(d *letter.Demand, b *wire.DemandBody) {
		d.ID, b.Demand = sample.ID(8), sample.ID(8)
		d.Amount, d.AmountCapital = half+1, (half + 1).Capital()
	}, w.Tenderees[0])
	w.tell(wire.DemandPresented, more)
	if q := w.queued(); len(q) != 1 || len(q[0].Discrepancies) != 1 {
		t.Fatalf("%+v", q)
	}
}

func TestAWithdrawnDemandWaitsForNobody(t *testing.T) {
	w := newWorld(t)
	w.disclosed()
	body := w.demand(nil, w.Tenderees[0])
	w.tell(wire.DemandPresented, body)
	w.tell(wire.DemandWithdrawn, wire.DemandWithdrawnBody{Demand: body.Demand, At: w.clock.Now()})
	if q := w.queued(); len(q) != 0 {
		t.Fatalf("%+v", q)
	}
}

// A last day that moved is the one that the operator sees; an objection changes nothing that the bank does.
func TestTheDayMoves(t *testing.T) {
	w := newWorld(t)
	w.disclosed()
	body := w.demand(nil, w.Tenderees[0])
	w.tell(wire.DemandPresented, body)
	moved := body.ExamineBy.AddDays(3)
	w.tell(wire.DemandObjected, wire.DemandObjectedBody{Demand: body.Demand, Objection: sample.ID(9), Signed: []byte("p7s")})
	w.tell(wire.DemandClockMoved, wire.DemandClockMovedBody{Demand: body.Demand, Why: "resumed", ExamineBy: moved, At: w.clock.Now()})
	if q := w.queued(); len(q) != 1 || q[0].ExamineBy != moved.String() || len(q[0].Discrepancies) != 0 {
		t.Errorf("%+v", q)
	}
}
