package tender

import (
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

func (w *world) cashLot(name string) *Lot {
	w.t.Helper()
	id := w.draftLot(letter.RegimeTendering, name, func(n *NewLot) { n.Forms = append(n.Forms, letter.FormCash) })
	w.tells(w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id))
	return must(w.Lot(w.ctx, party.Actor{}, id))
}

func slip(o org, reference string) *letter.CashSlip {
	return &letter.CashSlip{Payer: letter.Account{Name: o.party.Name, Number: "4300100200300" + o.party.USCC[13:17], Bank: "湘江示例银行"},
		Amount: 80_000_000, Reference: reference, PaidAt: started}
}

// cashBid hands in a bid that is secured in cash.
func (w *world) cashBid(o org, l *Lot, s *letter.CashSlip, partners ...letter.Party) string {
	w.t.Helper()
	id, p7s := w.bidWith(o, l, func(b *letter.Bid) { b.Cash = s }, partners...)
	w.tells(w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s))
	return id
}

// paid is a payment as its slip says, that arrived the moment before the deadline.
func paid(id string, o org, s *letter.CashSlip) letter.ReceivedCash {
	return letter.ReceivedCash{ID: id, Reference: s.Reference, Payer: o.party.Name, USCC: o.party.USCC, Account: s.Payer.Number,
		Basic: letter.BasicYes, Amount: s.Amount, ReceivedAt: deadline.Add(-time.Microsecond)}
}

func cashList(l *Lot, edition int, previous signing.Digest, entries ...letter.ReceivedCash) letter.CashList {
	return letter.CashList{Version: 1, Edition: edition, Previous: previous, Lot: l.Lot, Deadline: deadline, At: deadline, Entries: append([]letter.ReceivedCash{}, entries...)}
}

func (w *world) handInCash(l *Lot, list letter.CashList) (CashTaken, error) {
	w.t.Helper()
	b, err := list.Canonical()
	return w.HandInCashList(w.ctx, w.by(w.centre, party.Centre), l.ID, w.p7s(w.centre, b, err))
}

// off are the lines of a bid that do not pass.
func off(t *testing.T, bids []BidView, id string) (out []int) {
	t.Helper()
	i := slices.IndexFunc(bids, func(b BidView) bool { return b.ID == id })
	if i < 0 || bids[i].Cash == nil {
		t.Fatalf("nothing is said of the cash of %s", id)
	}
	for n, line := range bids[i].Cash.Lines {
		if line.Result != letter.ResultPass {
			out = append(out, n+1)
			if line.Words == "" {
				t.Errorf("line %d says nothing", n+1)
			}
		}
	}
	return out
}

// Each fault of a deposit turns the lines that speak of it, and no other: a pure table.
func TestEachCashLineFindsItsFault(t *testing.T) {
	w := newWorld(t)
	l := w.cashLot("C1")
	a, b := w.bidders[0], w.bidders[1]
	sa, sb := slip(a, "VA-A"), slip(b, "VA-B")
	view := func(o org, s *letter.CashSlip, partners ...letter.Party) BidView {
		id, p7s := w.bidWith(o, l, func(x *letter.Bid) { x.Cash = s }, partners...)
		return BidView{ID: id, Bidders: append([]letter.Party{o.party}, partners...), Signed: p7s}
	}
	for name, c := range map[string]struct {
		spoil func(mine, other *letter.ReceivedCash)
		lines []int
	}{
		"nothing":               {func(_, _ *letter.ReceivedCash) {}, nil},
		"a fen less":            {func(m, _ *letter.ReceivedCash) { m.Amount-- }, []int{2}},
		"at the deadline":       {func(m, _ *letter.ReceivedCash) { m.ReceivedAt = deadline }, []int{2, 3}},
		"another payer":         {func(m, _ *letter.ReceivedCash) { m.Payer, m.USCC = "别的公司", code(77) }, []int{4}},
		"by name, no code":      {func(m, _ *letter.ReceivedCash) { m.USCC = "" }, nil},
		"another's name":        {func(m, _ *letter.ReceivedCash) { m.USCC, m.Payer = "", "别的公司" }, []int{4}},
		"not the basic account": {func(m, _ *letter.ReceivedCash) { m.Basic = letter.BasicNo }, []int{5}},
		"another account":       {func(m, _ *letter.ReceivedCash) { m.Account = "4300999999" }, []int{5}},
		"the bank is silent":    {func(m, _ *letter.ReceivedCash) { m.Basic = letter.BasicUnknown }, []int{5}},
		"one account for both":  {func(m, o *letter.ReceivedCash) { o.Account = m.Account }, []int{6}},
		"no reference":          {func(m, _ *letter.ReceivedCash) { m.Reference = "" }, nil},
		"not arrived":           {func(m, _ *letter.ReceivedCash) { m.Reference, m.Payer, m.USCC = "", "谁", "" }, []int{1, 2, 3, 4, 5, 6}},
	} {
		x, y := view(a, sa), view(b, sb)
		mine, other := paid("SN01", a, sa), paid("SN02", b, sb)
		c.spoil(&mine, &other)
		list := cashList(l, 1, signing.Digest{}, mine, other)
		e := must(compareCash(l, []BidView{x, y}, &list))
		x.Cash = e.of(x.ID)
		if got := off(t, []BidView{x}, x.ID); !slices.Equal(got, c.lines) {
			t.Errorf("%s: lines %v, want %v", name, got, c.lines)
		}
	}
	// A member that stands in another bid; a payment that two bids claim.
	x, y := view(a, sa, w.bidders[2].party), view(w.bidders[2], sa)
	list := cashList(l, 1, signing.Digest{}, paid("SN01", a, sa))
	e := must(compareCash(l, []BidView{x, y}, &list))
	x.Cash, y.Cash = e.of(x.ID), e.of(y.ID)
	if got := off(t, []BidView{x, y}, x.ID); !slices.Equal(got, []int{7}) {
		t.Errorf("twice: %v", got)
	}
	if got := off(t, []BidView{x, y}, y.ID); !slices.Equal(got, []int{4, 7}) {
		t.Errorf("twice: %v", got)
	}
}

// Before the closing nothing of a list is read, whatever it is; afterwards it is verified, and each edition follows the
// one before.
func TestCashListIsTaken(t *testing.T) {
	w := newWorld(t)
	l, none, lost := w.cashLot("C1"), w.published(letter.RegimeTendering, "A1"), w.cashLot("C2")
	s := slip(w.bidders[0], "VA-A")
	for _, o := range w.bidders[:3] {
		w.cashBid(o, l, s)
	}
	for _, at := range []time.Time{started, deadline.Add(-time.Microsecond), deadline} {
		w.clock.Set(at)
		_, err := w.HandInCashList(w.ctx, w.by(w.centre, party.Centre), l.ID, []byte("anything"))
		w.refused(err, "cash_list.before_closing")
		_, err = w.handInCash(l, cashList(l, 1, signing.Digest{}))
		w.refused(err, "cash_list.before_closing")
	}
	w.closeAt(l, deadline)
	w.closeAt(lost, deadline)
	_, err := w.handInCash(none, cashList(none, 1, signing.Digest{}))
	w.refused(err, "cash_list.no_cash")
	_, err = w.handInCash(lost, cashList(lost, 1, signing.Digest{}))
	w.refused(err, "cash_list.failed")
	_, err = w.handInCash(l, cashList(lost, 1, signing.Digest{}))
	w.refused(err, "list.lot")
	b, err := cashList(l, 1, signing.Digest{}).Canonical()
	_, err = w.HandInCashList(w.ctx, w.by(w.centre, party.Centre), l.ID, w.p7s(w.tenderer, b, err))
	w.refused(err, "list.signer")
	_, err = w.HandInCashList(w.ctx, w.by(w.tenderer, party.Beneficiary), l.ID, w.p7s(w.centre, b, nil))
	w.refused(err, "lot.not_found")

	first := must(w.handInCash(l, cashList(l, 1, signing.Digest{}, paid("SN01", w.bidders[0], s))))
	if again := must(w.handInCash(l, cashList(l, 1, signing.Digest{}, paid("SN01", w.bidders[0], s)))); again != first {
		t.Errorf("another answer to the same list: %+v", again)
	}
	_, err = w.handInCash(l, cashList(l, 1, signing.Digest{}))
	w.refused(err, "cash_list.other_stands")
	_, err = w.handInCash(l, cashList(l, 2, signing.Sum(nil)))
	w.refused(err, "cash_list.edition")
	_, err = w.handInCash(l, cashList(l, 3, first.Digest))
	w.refused(err, "cash_list.edition")
	if second := must(w.handInCash(l, cashList(l, 2, first.Digest))); second.Edition != 2 {
		t.Errorf("%+v", second)
	}
	if _, err := w.pool.Exec(w.ctx, `DELETE FROM cash_list`); err == nil {
		t.Error("a list can be deleted")
	}
	if _, err := w.pool.Exec(w.ctx, `INSERT INTO cash_list (lot, edition, content, signed, accepted_at) VALUES ($1, 1, '', '', platform_now())`, lost.ID); err == nil {
		t.Error("the database takes a list of a lot that failed")
	}
}

// The list may come before the opening or after it: then the sheet gets its next edition. The register says what each
// bid gave and, when the contract is signed, by when it goes back; unmatched payments are for the centre alone.
func TestCashFromListToRefund(t *testing.T) {
	w := newWorld(t)
	l := w.cashLot("C1")
	a, b, c := w.bidders[0], w.bidders[1], w.bidders[2]
	sa, sb, sc := slip(a, "VA-A"), slip(b, "VA-B"), slip(w.bidders[3], "VA-D")
	id := w.cashBid(a, l, sa)
	w.cashBid(b, l, sb)
	named := w.submit(c, l, w.letterOf(c, w.bank, l))
	o := w.open(l)
	if got := off(t, o.Bids, id); len(got) != 6 { // all but the last wait for the list
		t.Errorf("before the list: %v", got)
	}
	_, err := w.Securities(w.ctx, a.actor(party.Bidder), l.ID)
	w.refused(err, "lot.not_found")

	late := paid("SN02", b, sb)
	late.ReceivedAt = deadline
	must(w.handInCash(l, cashList(l, 1, signing.Digest{}, paid("SN01", a, sa), late, paid("SN09", w.bidders[3], sc))))
	o = must(w.Opening(w.ctx, l.ID))
	if got := off(t, o.Bids, id); got != nil {
		t.Errorf("after the list: %v", got)
	}
	s := must(w.Sheet(w.ctx, l.ID, 0))
	cash := 0
	for _, x := range s.Content.Bids {
		if x.Cash != nil {
			cash++
		}
	}
	if s.Edition != 2 || cash != 2 || !strings.Contains(s.Content.Note, "到账清单") {
		t.Errorf("edition %d, %d with cash, %q", s.Edition, cash, s.Content.Note)
	}
	r := must(w.Securities(w.ctx, w.centre.actor(party.Centre), l.ID))
	forms := map[string]string{}
	for _, x := range r.Bids {
		forms[x.Bid] = x.Form + "/" + x.Result
	}
	if forms[id] != "cash/passed" || !strings.HasPrefix(forms[named], "guarantee/") || len(r.Unmatched) != 1 || r.Unmatched[0].Entry.ID != "SN09" {
		t.Fatalf("%v, unmatched %+v", forms, r.Unmatched)
	}
	if by := r.Unmatched[0].Clock.To; by.Before(calendar.DateOf(deadline).AddDays(5)) {
		t.Errorf("unmatched due by %s", by)
	}
	for _, who := range []party.Actor{w.tenderer.actor(party.Beneficiary), w.overseer.actor(party.Supervisor)} {
		if r := must(w.Securities(w.ctx, who, l.ID)); r.Unmatched != nil || len(r.Bids) != 3 {
			t.Errorf("%s sees %+v", who.Role, r.Unmatched)
		}
	}
	w.refund(l, a)
}

// refund awards, signs and pays back.
func (w *world) refund(l *Lot, winner org) {
	w.t.Helper()
	day := calendar.DateOf(deadline)
	w.tells(w.Award(w.ctx, w.by(w.tenderer, party.Beneficiary), l.ID, AwardNote{Winner: winner.party.USCC, NoticedOn: day}))
	w.tells(w.Contract(w.ctx, w.by(w.tenderer, party.Beneficiary), l.ID, day))
	cash := func() CashState {
		for _, x := range must(w.Securities(w.ctx, w.centre.actor(party.Centre), l.ID)).Bids {
			if x.Form == "cash" && x.Bidders[0] == winner.party {
				return x.Cash[0]
			}
		}
		return CashState{}
	}
	due := cash().Clock.To
	if due.IsZero() || due.Before(day.AddDays(5)) || cash().Overdue {
		w.t.Fatalf("due %s", due)
	}
	w.clock.Set(due.EndOfDay().Add(-time.Microsecond))
	if cash().Overdue {
		w.t.Error("overdue on its last day")
	}
	w.clock.Set(due.EndOfDay().Add(time.Microsecond))
	if !cash().Overdue {
		w.t.Error("not overdue after its last day")
	}
	by := func() party.Command { return w.by(w.centre, party.Centre) }
	for code, r := range map[string]Refund{
		"refund.entry":     {Entry: "SN77", Reference: "TK01", On: due},
		"refund.reference": {Entry: "SN01", Reference: "", On: due},
		"refund.interest":  {Entry: "SN01", Reference: "TK01", On: due, Interest: -1},
		"refund.on":        {Entry: "SN01", Reference: "TK01", On: due.AddDays(9)},
	} {
		_, err := w.NoteRefund(w.ctx, by(), l.ID, r)
		w.refused(err, code)
	}
	good := Refund{Entry: "SN01", Reference: "TK01", On: due, Interest: 12_345}
	_, err := w.NoteRefund(w.ctx, w.by(w.tenderer, party.Beneficiary), l.ID, good)
	w.refused(err, "lot.not_found")
	if got := must(w.NoteRefund(w.ctx, by(), l.ID, good)); got.Amount != 80_000_000 {
		w.t.Errorf("%+v", got)
	}
	_, err = w.NoteRefund(w.ctx, by(), l.ID, good)
	w.refused(err, "refund.noted")
	if c := cash(); c.Overdue || c.Refund == nil || c.Refund.Interest != 12_345 || c.Refund.On != due {
		w.t.Errorf("%+v", c)
	}
	last := must(cashLists(w.ctx, w.pool, l.ID))[0]
	_, err = w.handInCash(l, cashList(l, 2, letter.CashListDigest(last.Signed)))
	w.refused(err, "cash_list.refunded")
}

// Cash is named only where the notice takes it, and a consortium bids only where the notice lets it, with every
// partner's word.
func TestConsortiumAndCashAsTheNoticeSays(t *testing.T) {
	w := newWorld(t)
	id := w.draftLot(letter.RegimeTendering, "A1", func(n *NewLot) { n.Consortium = false })
	w.tells(w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id))
	alone, l := must(w.Lot(w.ctx, party.Actor{}, id)), w.published(letter.RegimeTendering, "A2")
	lead, partner, other := w.bidders[0], w.bidders[1], w.bidders[2]
	send := func(l *Lot, change func(*letter.Bid), partners ...letter.Party) error {
		_, p7s := w.bidWith(lead, l, change, partners...)
		_, err := w.SubmitBid(w.ctx, w.by(lead, party.Bidder), lead.bidder(), l.ID, p7s)
		return err
	}
	same := func(*letter.Bid) {}
	w.refused(send(alone, same, partner.party), "bid.no_consortium")
	w.refused(send(l, func(b *letter.Bid) { b.Cash = slip(lead, "VA-A") }), "bid.no_cash")
	w.refused(send(l, func(b *letter.Bid) { b.Consortium.Consents[0] = w.consent(other, *b) }, partner.party), "bid.signer")
	w.refused(send(l, func(b *letter.Bid) { b.Consortium.Agreement = signing.Sum(nil) }, partner.party), "bid.agreement")
	if err := send(l, same, partner.party); err != nil {
		t.Fatal(err)
	}
	if err := send(alone, same); err != nil {
		t.Fatal(err)
	}
	if _, err := w.pool.Exec(w.ctx, `UPDATE lot SET consortium = true, version = version + 1 WHERE id = $1`, alone.ID); err == nil {
		t.Error("what was published can be changed")
	}
	// The opening believes the same and no less.
	w.submit(partner, l, w.letterOf(partner, w.bank, l))
	w.submit(other, l, "")
	o := w.open(l)
	for _, b := range o.Bids {
		if b.Failure != "" {
			t.Errorf("%s: %s", b.ID, b.Failure)
		}
	}
	// The partner bids alone too: line 14 of its letter says so.
	if line := o.Letters[0].Lines[13]; line.Result != letter.ResultDoubtful {
		t.Errorf("%+v", line)
	}
}
