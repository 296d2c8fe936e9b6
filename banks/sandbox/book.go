package sandbox

import (
	"slices"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// file is everything the bank knows of one guarantee. It is the fold of its lines and nothing else.
type file struct {
	ID        string
	Offer     wire.ToIssuer // the message itself: a letter in full is written from it
	Purchase  *Purchase     // at our counter: nobody applied at the platform
	Sold      *client.Sold
	Exam      *examination
	Decision  *wire.Decision
	Agreed    bool // the applicant accepted the fee
	Paid      *wire.FeePaid
	Letter    *client.Letter
	Receipt   []byte
	Late      bool           // it came in after its lot's deadline
	Opening   *wire.ToIssuer // the disclosure, as the platform says it
	Reveal    *letter.Reveal // and as we found it to be true
	Released  string         // id of the message that brought the release
	RefundDue bool
	Refund    *wire.FeeRefunded
	End       string // reason of ended or cancelled
	Claims    []*claim
	Told      map[step]bool
	Stuck     map[step]problem // what the platform refused, or said that does not hold
	Messages  map[string]bool
	Seq       int64
	Arrived   time.Time
}

// claim is one demand in the book.
type claim struct {
	ID        string
	Papers    *wire.ToIssuer // the last message that brought documents
	Found     *findings
	Ruling    *wire.DemandDecision
	Payment   *wire.DemandPaid
	Withdraw  bool
	Hold      *wire.Hold
	Answer    *wire.DemandAnsweredBody
	Extension *extension
	Moved     string // the last day of the examination, where the platform gave another than with the papers
	Told      map[step]bool
	Stuck     map[step]problem
}

// book is the bank's whole knowledge.
type book struct {
	files  map[string]*file
	order  []string // as they arrived
	issued int      // letters written so far: the next number follows
	mode   Behaviour
}

func newBook(b Behaviour) *book { return &book{files: map[string]*file{}, mode: b} }

func (b *book) file(id string) *file {
	f, ok := b.files[id]
	if !ok {
		f = &file{ID: id, Told: map[step]bool{}, Stuck: map[step]problem{}, Messages: map[string]bool{}}
		b.files[id] = f
		b.order = append(b.order, id)
	}
	return f
}

func (f *file) claim(id string) *claim {
	if i := slices.IndexFunc(f.Claims, func(c *claim) bool { return c.ID == id }); i >= 0 {
		return f.Claims[i]
	}
	c := &claim{ID: id, Told: map[step]bool{}, Stuck: map[step]problem{}}
	f.Claims = append(f.Claims, c)
	return c
}

// apply folds one line in.
func (b *book) apply(e entry) {
	if e.Event == behaving {
		b.mode = decode[Behaviour](e)
		return
	}
	f := b.file(e.Guarantee)
	if e.Demand != "" {
		f.claim(e.Demand).apply(e)
		return
	}
	switch e.Event {
	case received:
		f.hear(e.At, decode[wire.ToIssuer](e))
	case ordered:
		f.Purchase = new(decode[Purchase](e))
	case written:
		f.written(e)
		b.issued++
	default:
		f.apply(e)
	}
}

// written notes the letter. Of one sold at the counter we made the application ourselves.
func (f *file) written(e entry) {
	if f.Purchase == nil {
		f.Letter = new(decode[client.Letter](e))
		return
	}
	f.Sold = new(decode[client.Sold](e))
	f.Letter, f.Exam = &f.Sold.Letter, &examination{Application: f.Sold.Taken()}
}

func (f *file) apply(e entry) {
	switch e.Event {
	case examined:
		f.Exam = new(decode[examination](e))
	case decided:
		f.Decision = new(decode[wire.Decision](e))
	case paid:
		f.Paid = new(decode[wire.FeePaid](e))
	case inForce:
		r := decode[receipted](e)
		f.Receipt, f.Late = r.Receipt, r.Late
	case revealed:
		f.Reveal = new(decode[letter.Reveal](e))
	case refunded:
		f.Refund = new(decode[wire.FeeRefunded](e))
	case told:
		f.Told[decode[step](e)] = true
	case stuck, mistrusted:
		p := decode[problem](e)
		f.Stuck[p.Step] = p
	case received, ordered, written, claimed, claimRuled, claimPaid, claimHeld, claimExtended, behaving: // of the book, or of a demand
	}
}

func (c *claim) apply(e entry) {
	switch e.Event {
	case claimed:
		c.Found = new(decode[findings](e))
	case claimRuled:
		c.Ruling = new(decode[wire.DemandDecision](e))
	case claimHeld:
		c.Hold = new(decode[wire.Hold](e))
	case claimExtended:
		c.Extension = new(decode[extension](e))
	case claimPaid:
		c.Payment = new(decode[wire.DemandPaid](e))
	case told:
		c.Told[decode[step](e)] = true
	case stuck:
		p := decode[problem](e)
		c.Stuck[p.Step] = p
	case received, ordered, examined, decided, paid, written, inForce, revealed, mistrusted, refunded, behaving: // of the letter
	}
}

// hear notes a message's plain facts. What must be checked in it is checked by whoever works on it.
func (f *file) hear(at time.Time, m wire.ToIssuer) {
	f.Messages[m.Message], f.Seq = true, m.Seq
	switch m.Kind {
	case wire.Offered:
		f.Offer, f.Arrived = m, at
	case wire.FeeAccepted:
		f.Agreed = true
	case wire.Disclosed:
		f.Opening = &m
	case wire.DemandPresented, wire.DemandCompleted:
		c := f.claim(demandOf(m))
		c.Papers, c.Found, c.Moved = &m, nil, ""
	case wire.RefundDue:
		f.RefundDue = true
	case wire.Released:
		f.Released = m.Message
	case wire.Ended, wire.Cancelled:
		f.End = reason(m)
	case wire.DemandClockMoved:
		f.claim(demandOf(m)).Moved = movedTo(m)
	case wire.DemandObjected: // people read it in the journal: it decides nothing by itself
	case wire.DemandAnswered:
		f.claim(demandOf(m)).Answer = answerOf(m)
	case wire.DemandWithdrawn:
		f.claim(demandOf(m)).Withdraw = true
	}
}

func reason(m wire.ToIssuer) string {
	var body wire.EndedBody
	if err := wire.ReadAnswer(m.Body, &body); err != nil || body.Reason == "" {
		return string(m.Kind)
	}
	return body.Reason
}

func demandOf(m wire.ToIssuer) string {
	var body struct {
		Demand string `json:"demand"`
	}
	_ = wire.ReadAnswer(m.Body, &body) // an id that cannot be read is the empty one, which nobody asks for
	return body.Demand
}

// answerOf is nil for an answer that cannot be read.
func answerOf(m wire.ToIssuer) *wire.DemandAnsweredBody {
	var body wire.DemandAnsweredBody
	if err := wire.ReadAnswer(m.Body, &body); err != nil {
		return nil
	}
	return &body
}

// movedTo is the day that a message gives; empty where it gives none.
func movedTo(m wire.ToIssuer) string {
	var body wire.DemandClockMovedBody
	if err := wire.ReadAnswer(m.Body, &body); err != nil || body.ExamineBy.IsZero() {
		return ""
	}
	return body.ExamineBy.String()
}

// state is the letter's, in the words of wire.BookEntry.
func (f *file) state() string {
	switch {
	case f.Released != "":
		return "released"
	case f.End == "expired" || f.End == "paid_out" || f.End == "surrendered" || f.End == "void":
		return f.End
	}
	return "issued"
}

// paidOut is what was paid on demands.
func (f *file) paidOut() (sum letter.Fen) {
	for _, c := range f.Claims {
		if c.Payment != nil {
			sum += c.Payment.Amount
		}
	}
	return sum
}

// feePaid is the fee that the platform was told of: none for a letter sold at the counter.
func (f *file) feePaid() letter.Fen {
	if f.Paid == nil {
		return 0
	}
	return f.Paid.Amount
}

// entries lists every letter that is or was in force, to be compared with the platform's.
func (b *book) entries() []wire.BookEntry {
	list := []wire.BookEntry{}
	for _, id := range b.order {
		f := b.files[id]
		if f.Receipt == nil {
			continue
		}
		list = append(list, wire.BookEntry{Guarantee: id, Number: f.Letter.Number, Ceiling: f.Exam.Application.Ceiling,
			Fee: f.feePaid(), Digest: f.Letter.Digest, State: f.state(), Paid: f.paidOut()})
	}
	return list
}

// demand finds a demand by its id.
func (b *book) demand(id string) (*file, *claim, bool) {
	for _, at := range b.order {
		for _, c := range b.files[at].Claims {
			if c.ID == id {
				return b.files[at], c, true
			}
		}
	}
	return nil, nil, false
}
