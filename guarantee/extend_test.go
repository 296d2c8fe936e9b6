package guarantee

import (
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// The letters here end on 2027-04-20; they are demanded under on Monday 2027-03-01, so that the thirty days of a hold end on
// Wednesday 2027-03-31.
const presentedOn = "2027-03-01 10:00"

func day2027(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate("2027-" + s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func extendableWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.extendable = true
	w.yearPublished(2027)
	return w
}

// claimOrExtend presents a demand that would take an extension to a day instead.
func (w *world) claimOrExtend(l disclosedLetter, amount letter.Fen, to calendar.Date) (claimed, error) {
	w.t.Helper()
	files := w.files(l)
	d := w.demandOf(l, w.tenderees[0], amount, files)
	d.ExtendTo = to
	a, _, err := w.present(l, w.tenderees[0], d, files)
	return claimed{l, d, a}, err
}

// held takes a demand to where the applicant is asked, until 2027-03-20 10:00.
func (w *world) held(l disclosedLetter, amount letter.Fen, to calendar.Date) claimed {
	w.t.Helper()
	w.at(presentedOn)
	c, err := w.claimOrExtend(l, amount, to)
	w.must(c.a, err)
	w.must(w.DecideDemand(w.ctx, c.says(w), c.d.ID, DemandDecision{Complying: true}))
	if a := w.must(w.HoldDemand(w.ctx, c.says(w), c.d.ID, clockTime(w.t, "2027-03-20 10:00"))); a.DemandState != Held {
		w.t.Fatalf("%+v", a)
	}
	return c
}

// answers is the applicant's answer; spoil may change it.
func (w *world) answers(c claimed, by org, choice letter.ExtensionChoice, spoil func(*letter.ExtensionAnswer)) (Answer, error) {
	w.t.Helper()
	a := letter.ExtensionAnswer{Version: 1, Demand: c.d.ID, DemandDigest: letter.DemandDigest(w.demandRow(c).Signed), Guarantee: c.id, Number: c.number,
		Guarantor: c.guarantor.party, Applicant: by.party, ExtendTo: c.d.ExtendTo, Answer: choice, At: w.clock.Now()}
	if spoil != nil {
		spoil(&a)
	}
	b, err := a.Canonical()
	return w.AnswerExtension(w.ctx, w.by(by, party.Bidder), c.d.ID, w.p7s(by, b, err))
}

// amendment is what the guarantor signs to extend to a day; spoil may change it.
func (w *world) amendment(c claimed, to calendar.Date, spoil func(*letter.Amends)) []byte {
	w.t.Helper()
	g, err := readGuarantee(w.ctx, w.Pool, c.id)
	if err != nil {
		w.t.Fatal(err)
	}
	before, err := w.Amendments(w.ctx, c.id)
	if err != nil {
		w.t.Fatal(err)
	}
	a := letter.Amends{Letter: c.u.Undertaking, Demand: w.demandRow(c).Signed, LastDay: calendar.DateOf(*g.Expiry), Expiry: to}
	for _, b := range before {
		a.Earlier = append(a.Earlier, b.Signed)
	}
	if spoil != nil {
		spoil(&a)
	}
	m, err := letter.NewExtension(a)
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := m.Canonical()
	return w.p7s(c.guarantor, b, err)
}

func (w *world) extends(c claimed, p7s []byte) (Answer, error) {
	return w.ExtendDemand(w.ctx, c.says(w), c.d.ID, p7s)
}

func (w *world) pays(c claimed) (Answer, error) {
	return w.HonourDemand(w.ctx, c.says(w), c.d.ID, Payment{Amount: c.d.Amount, Reference: "P", PaidAt: w.clock.Now()})
}

// A demand that would take an extension: examined first, held, answered, and the letter goes on instead of being paid. The
// file says so to whoever holds it, the log holds it, and the end that now holds decides what comes in time.
func TestExtendInsteadOfPaying(t *testing.T) {
	w := extendableWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	to := day2027(t, "08-31")
	c := w.held(l, 30_000_000, to)
	clocks, err := w.Clocks(w.ctx, w.demandRow(c))
	if said := sayClocks(clocks); err != nil || said != "extension 2027-03-31" {
		t.Errorf("%s, %v", said, err)
	}
	_, err = w.extends(c, w.amendment(c, to, nil))
	refused(t, err, "demand.extend_unanswered")
	if a := w.must(w.answers(c, w.bidders[0], letter.ChooseExtend, nil)); a.DemandState != Held {
		t.Fatalf("%+v", a)
	}
	_, err = w.answers(c, w.bidders[0], letter.ChoosePay, nil)
	refused(t, err, "answer.given")
	p7s := w.amendment(c, to, nil)
	a := w.must(w.extends(c, p7s))
	if a.DemandState != WithdrawnDemand || a.Instrument != Issued || a.Amended == nil {
		t.Fatalf("%+v", a)
	}
	if again := w.must(w.extends(c, p7s)); string(again.Amended) != string(a.Amended) {
		t.Error("the same amendment again gets another receipt")
	}
	g := w.row(l.id)
	if calendar.DateOf(*g.Expiry) != to || calendar.DateOf(g.LatestExpiry) != to || g.OpenDemands != 0 || g.Honoured != 0 {
		t.Errorf("%+v", g)
	}
	w.fileSays(l, to, 1)
	w.listSays(l, 1)
	// What came too late under the old end is in time under the new, and the whole amount can be demanded.
	w.at("2027-08-31 23:59")
	second, err := w.claimOrExtend(l, 80_000_000, day2027(t, "09-30"))
	if w.must(second.a, err).DemandState != Examining {
		t.Fatalf("%+v", second.a)
	}
	w.must(w.DecideDemand(w.ctx, second.says(w), second.d.ID, DemandDecision{Complying: true}))
	w.must(w.HoldDemand(w.ctx, second.says(w), second.d.ID, clockTime(t, "2027-09-10 10:00")))
	w.must(w.answers(second, w.bidders[0], letter.ChooseExtend, nil))
	if a := w.must(w.extends(second, w.amendment(second, day2027(t, "10-15"), nil))); a.DemandState != WithdrawnDemand {
		t.Errorf("a later day than was asked: %+v", a)
	}
	w.fileSays(l, day2027(t, "10-15"), 2)
	w.clock.Set(day2027(t, "10-15").EndOfDay().Add(expiryGrace))
	if a := w.must(w.Expire(w.ctx, l.id)); a.Instrument != Issued {
		t.Errorf("expired at its last instant: %+v", a)
	}
	w.clock.Set(day2027(t, "10-15").EndOfDay().Add(expiryGrace + time.Microsecond))
	if a := w.must(w.Expire(w.ctx, l.id)); a.Instrument != Expired {
		t.Errorf("not expired: %+v", a)
	}
	w.listSays(l, 0)
	history(t, w, l.id)
}

// listSays holds the next status list to so many amendments of a letter in force; 0: it is none, or not amended.
func (w *world) listSays(l disclosedLetter, amendments int) {
	w.t.Helper()
	g := w.row(l.id)
	key := letter.StatusKeyOf(g.Guarantor, *g.Number, signing.Digest(g.Commitment))
	if got := w.listed().Amendments(key); got != amendments {
		w.t.Errorf("the status list knows %d amendments of %d", got, amendments)
	}
}

// fileSays verifies the file that anybody may take away, offline.
func (w *world) fileSays(l disclosedLetter, end calendar.Date, amendments int) {
	w.t.Helper()
	b, err := w.File(w.ctx, l.id)
	if err != nil {
		w.t.Fatal(err)
	}
	r := letter.VerifyFile(b, w.Trust, letter.Platform(w.platform.party.USCC))
	f, err := letter.ParseFile(b)
	if err != nil || !r.OK || f.Expiry() != end || len(f.Amendments) != amendments {
		w.t.Errorf("%v: ends %s after %d amendments: %+v", err, f.Expiry(), len(f.Amendments), r)
	}
	if what := w.row(l.id).Differs(f); len(what) > 0 { // a letter that was repaired after an amendment is compared with its row
		w.t.Errorf("the row says otherwise than the letter: %v", what)
	}
	entries, err := w.entries(w.ctx, w.Pool, l.id)
	logged := 0
	for _, e := range entries {
		if e.Fact.Kind == string(EventAmended) && strings.Contains(string(e.Fact.Data), letter.AmendmentDigest(f.Amendments[logged].Signed).String()) {
			logged++
		}
	}
	if err != nil || logged != amendments {
		w.t.Errorf("%d of %d amendments stand in the log, %v", logged, amendments, err)
	}
}

// Who may not ask for an extension, hold, answer or extend, and when no longer.
func TestExtensionRefuses(t *testing.T) {
	w := extendableWorld(t)
	to := day2027(t, "06-30")
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	w.at(presentedOn)
	_, err := w.claimOrExtend(l, 100, day2027(t, "04-20"))
	refused(t, err, "demand.extend_to")
	plain := w.claim(l, 100, false)
	w.must(w.DecideDemand(w.ctx, plain.says(w), plain.d.ID, DemandDecision{Complying: true}))
	_, err = w.HoldDemand(w.ctx, plain.says(w), plain.d.ID, clockTime(t, "2027-03-20 10:00"))
	refused(t, err, "demand.no_extension_asked")

	c, err := w.claimOrExtend(l, 200, to)
	w.must(c.a, err)
	_, err = w.HoldDemand(w.ctx, c.says(w), c.d.ID, clockTime(t, "2027-03-20 10:00"))
	refused(t, err, "demand.illegal_move") // the examination comes first
	w.must(w.DecideDemand(w.ctx, c.says(w), c.d.ID, DemandDecision{Complying: true}))
	for _, at := range []time.Time{w.clock.Now().Add(leastReply - time.Second), day2027(t, "03-31").EndOfDay().Add(time.Microsecond)} {
		_, err = w.HoldDemand(w.ctx, c.says(w), c.d.ID, at)
		refused(t, err, "demand.reply_by")
	}
	_, err = w.HoldDemand(w.ctx, w.by(w.otherBank, party.Guarantor), c.d.ID, clockTime(t, "2027-03-20 10:00"))
	refused(t, err, "demand.not_found")
	_, err = w.answers(c, w.bidders[0], letter.ChooseExtend, nil)
	refused(t, err, "demand.illegal_move")
	w.must(w.HoldDemand(w.ctx, c.says(w), c.d.ID, clockTime(t, "2027-03-20 10:00")))

	_, err = w.answers(c, w.bidders[1], letter.ChooseExtend, nil)
	refused(t, err, "demand.not_found")
	for code, spoil := range map[string]func(*letter.ExtensionAnswer){
		"answer.applicant": func(a *letter.ExtensionAnswer) { a.Applicant = w.bidders[1].party },
		"answer.demand":    func(a *letter.ExtensionAnswer) { a.DemandDigest = signing.Sum([]byte("x")) },
		"answer.number":    func(a *letter.ExtensionAnswer) { a.Number = "CSB-2026-000009" },
		"answer.extend_to": func(a *letter.ExtensionAnswer) { a.ExtendTo = to.AddDays(1) },
	} {
		_, err = w.answers(c, w.bidders[0], letter.ChooseExtend, spoil)
		refused(t, err, code)
	}
	w.must(w.answers(c, w.bidders[0], letter.ChooseExtend, nil))
	other := w.disclosedLetter(w.bidders[1], w.bank, "CSB-2026-000002")
	for code, p7s := range map[string][]byte{
		"demand.extend_short": w.amendment(c, to.AddDays(-1), nil),
		"amendment.number":    w.amendment(c, to, func(a *letter.Amends) { a.Letter = other.u.Undertaking }),
		"amendment.demand":    w.amendment(c, to, func(a *letter.Amends) { a.Demand = w.demandRow(plain).Signed }),
		"amendment.from":      w.amendment(c, to, func(a *letter.Amends) { a.LastDay = a.LastDay.AddDays(-1) }),
		"amendment.previous":  w.amendment(c, to, func(a *letter.Amends) { a.Earlier = [][]byte{w.amendment(c, to, nil)} }),
		"issue.signer":        w.p7s(w.otherBank, parsed(t, w.amendment(c, to, nil)), nil),
		"wording":             w.p7s(w.bank, []byte(strings.Replace(string(parsed(t, w.amendment(c, to, nil))), "不减少贵方", "减少贵方", 1)), nil),
	} {
		_, err = w.extends(c, p7s)
		refused(t, err, code)
	}
	_, err = w.ExtendDemand(w.ctx, w.by(w.otherBank, party.Guarantor), c.d.ID, w.amendment(c, to, nil))
	refused(t, err, "demand.not_found")
	w.clock.Set(day2027(t, "03-31").EndOfDay().Add(time.Microsecond))
	_, err = w.extends(c, w.amendment(c, to, nil))
	refused(t, err, "demand.extend_late")
	if a := w.must(w.pays(c)); a.DemandState != Honoured {
		t.Errorf("%+v", a)
	}
}

func parsed(t testing.TB, p7s []byte) []byte {
	t.Helper()
	s, err := signing.ParseSignedData(p7s)
	if err != nil {
		t.Fatal(err)
	}
	return s.Content
}

// A letter under the first version of the wording knows no extension.
func TestExtensionIsNotProvidedFor(t *testing.T) {
	w := newWorld(t)
	w.yearPublished(2027)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	w.at(presentedOn)
	_, err := w.claimOrExtend(l, 100, day2027(t, "06-30"))
	refused(t, err, "demand.extension_not_provided")
}

// What may happen meanwhile, each from a demand that is held over 300,000.00 of 800,000.00.
func TestHeldMeanwhile(t *testing.T) {
	w := extendableWorld(t)
	to := day2027(t, "06-30")
	n := 0
	for name, run := range map[string]func(t *testing.T, c claimed){
		"withdrawn": func(t *testing.T, c claimed) {
			if a := w.must(w.withdraws(c)); a.DemandState != WithdrawnDemand || calendar.DateOf(*w.row(c.id).Expiry) == to {
				t.Errorf("%+v", a)
			}
		},
		"not released": func(t *testing.T, c claimed) {
			_, err := w.release(c.disclosedLetter, w.tenderees[0])
			refused(t, err, "release.demand_open")
		},
		"paid at once, whatever the applicant answers": func(t *testing.T, c claimed) {
			w.must(w.answers(c, c.bidder, letter.ChooseExtend, nil))
			if a := w.must(w.pays(c)); a.DemandState != Honoured {
				t.Errorf("%+v", a)
			}
			_, err := w.extends(c, w.amendment(c, to, nil))
			refused(t, err, "demand.illegal_move")
		},
		"the applicant says pay": func(t *testing.T, c claimed) {
			w.must(w.answers(c, c.bidder, letter.ChoosePay, nil))
			_, err := w.extends(c, w.amendment(c, to, nil))
			refused(t, err, "demand.extend_unanswered")
		},
		"the applicant is late": func(t *testing.T, c claimed) {
			w.clock.Set(clockTime(t, "2027-03-20 10:00").Add(time.Microsecond))
			_, err := w.answers(c, c.bidder, letter.ChooseExtend, nil)
			refused(t, err, "answer.late")
		},
		"the applicant answers at the last instant": func(t *testing.T, c claimed) {
			w.at("2027-03-20 10:00")
			w.must(w.answers(c, c.bidder, letter.ChooseExtend, nil))
			w.clock.Set(day2027(t, "03-31").EndOfDay())
			w.must(w.extends(c, w.amendment(c, to, nil)))
		},
		"a second demand goes its own way": func(t *testing.T, c claimed) {
			second := w.claim(c.disclosedLetter, 50_000_000, false)
			w.must(w.DecideDemand(w.ctx, second.says(w), second.d.ID, DemandDecision{Complying: true}))
			w.must(w.pays(second))
			w.must(w.answers(c, c.bidder, letter.ChooseExtend, nil))
			w.must(w.extends(c, w.amendment(c, to, nil)))
			rest, err := w.Claimable(w.ctx, w.row(c.id))
			if err != nil || rest != 30_000_000 {
				t.Errorf("claimable %d, %v", rest, err)
			}
		},
		"two that would extend: the second follows the first": func(t *testing.T, c claimed) {
			second, err := w.claimOrExtend(c.disclosedLetter, 50_000_000, to.AddDays(1))
			w.must(second.a, err)
			w.must(w.DecideDemand(w.ctx, second.says(w), second.d.ID, DemandDecision{Complying: true}))
			w.must(w.HoldDemand(w.ctx, second.says(w), second.d.ID, clockTime(t, "2027-03-20 10:00")))
			w.must(w.answers(c, c.bidder, letter.ChooseExtend, nil))
			w.must(w.answers(second, c.bidder, letter.ChooseExtend, nil))
			early := w.amendment(second, to.AddDays(1), nil)
			w.must(w.extends(c, w.amendment(c, to, nil)))
			_, err = w.extends(second, early)
			refused(t, err, "amendment.previous")
			w.must(w.extends(second, w.amendment(second, to.AddDays(1), nil)))
			w.fileSays(c.disclosedLetter, to.AddDays(1), 2)
		},
		"stayed by a court, and the days go on with what was left": func(t *testing.T, c claimed) {
			w.at("2027-03-10 10:00")
			w.must(w.StayDemand(w.ctx, c.says(w), c.d.ID, w.ruling()))
			_, err := w.extends(c, w.amendment(c, to, nil))
			refused(t, err, "demand.illegal_move")
			w.must(w.answers(c, c.bidder, letter.ChooseExtend, nil))
			w.at("2027-03-12 10:00")
			if a := w.must(w.ResumeDemand(w.ctx, c.says(w), c.d.ID, w.lifting())); a.DemandState != Held {
				t.Fatalf("%+v", a)
			}
			clocks, err := w.Clocks(w.ctx, w.demandRow(c))
			if said := sayClocks(clocks); err != nil || !strings.HasPrefix(said, "extension 2027-04-0") { // three days counted for nobody
				t.Errorf("%s, %v", said, err)
			}
			w.must(w.extends(c, w.amendment(c, to, nil)))
		},
		"its validity passes, and it can still be extended": func(t *testing.T, c claimed) {
			w.at("2027-03-19 10:00")
			w.must(w.answers(c, c.bidder, letter.ChooseExtend, nil))
			if a := w.must(w.Expire(w.ctx, c.id)); a.Instrument != Issued {
				t.Fatalf("%+v", a)
			}
			w.must(w.extends(c, w.amendment(c, to, nil)))
		},
	} {
		n++
		c := w.held(w.disclosedAgain(w.newBidder(name), n), 30_000_000, to)
		t.Run(name, func(t *testing.T) { run(t, c) })
	}
}

// disclosedAgain is a letter that was applied for, issued and opened before the lot's end, whenever the test runs it.
func (w *world) disclosedAgain(bidder org, n int) disclosedLetter {
	w.t.Helper()
	w.clock.Set(started)
	return w.disclosedLetter(bidder, w.bank, "CSB-2026-"+string([]byte{'0' + byte(n/10), '0' + byte(n%10)})+"0000")
}

// The demand is paid, or the letter extended: of many at once one happens, and the money and the end agree.
func TestExtendRace(t *testing.T) {
	w := extendableWorld(t)
	to := day2027(t, "06-30")
	c := w.held(w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001"), 30_000_000, to)
	w.must(w.answers(c, w.bidders[0], letter.ChooseExtend, nil))
	other := w.amendment(c, to.AddDays(1), nil)
	one := w.amendment(c, to, nil)
	var all sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for i := range 9 {
		all.Go(func() {
			var err error
			switch i % 3 {
			case 0:
				_, err = w.extends(c, one)
			case 1:
				_, err = w.extends(c, other)
			default:
				_, err = w.pays(c)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if _, refused := party.RefusalOf(err); !refused {
				t.Error(err)
			}
		})
	}
	all.Wait()
	g, amendments := w.row(c.id), 0
	if err := w.Pool.QueryRow(w.ctx, `SELECT count(*) FROM amendment`).Scan(&amendments); err != nil {
		t.Fatal(err)
	}
	paid := g.Honoured == 30_000_000
	if paid == (amendments == 1) || paid == g.Expiry.After(day2027(t, "04-20").Time()) || g.OpenDemands != 0 || done == 0 {
		t.Errorf("paid %v, %d amendments, ends %s, %d say that it was done", paid, amendments, g.Expiry, done)
	}
	history(t, w, c.id)
}

// The database holds the end, the order of amendments, and what was asked and answered.
func TestAmendmentsInTheDatabase(t *testing.T) {
	w := extendableWorld(t)
	c := w.held(w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001"), 30_000_000, day2027(t, "06-30"))
	for _, sql := range []string{
		`UPDATE guarantee SET expiry = expiry + 1, latest_expiry = latest_expiry + 100`, `UPDATE guarantee SET expiry = expiry - 1`, `UPDATE guarantee SET latest_expiry = latest_expiry - 1`,
		`UPDATE demand SET extend_to = extend_to + 1`, `UPDATE demand SET reply_by = reply_by + interval '1 day'`, `UPDATE demand SET answer = 'extend'`,
		`INSERT INTO amendment SELECT d.guarantee, 2, 'extend_or_pay', d.id, g.expiry, g.latest_expiry, g.expiry + 1, g.latest_expiry, '', '', d.decided_by, now() FROM demand d JOIN guarantee g ON g.id = d.guarantee`,
		`INSERT INTO amendment SELECT d.guarantee, 1, 'extend_or_pay', d.id, g.expiry - 1, g.latest_expiry, g.expiry, g.latest_expiry, '', '', d.decided_by, now() FROM demand d JOIN guarantee g ON g.id = d.guarantee`,
	} {
		if _, err := w.Pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("the database let pass: %s", sql)
		}
	}
	w.must(w.answers(c, w.bidders[0], letter.ChooseExtend, nil))
	w.must(w.extends(c, w.amendment(c, day2027(t, "06-30"), nil)))
	for _, sql := range []string{`UPDATE demand SET answer = 'pay'`, `UPDATE amendment SET expiry = expiry + 1`, `DELETE FROM amendment`, `UPDATE guarantee SET expiry = expiry - 1`} {
		if _, err := w.Pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("the database let pass: %s", sql)
		}
	}
}

// Whoever found a demand complying does not extend, where the institution asks for two people.
func TestTwoPeopleExtend(t *testing.T) {
	w := extendableWorld(t)
	l := w.disclosedLetter(w.bidders[0], w.bank, "CSB-2026-000001")
	w.asksForTwo(w.bank)
	c := w.held(l, 30_000_000, day2027(t, "06-30"))
	w.must(w.answers(c, w.bidders[0], letter.ChooseExtend, nil))
	_, err := w.extends(c, w.amendment(c, day2027(t, "06-30"), nil))
	refused(t, err, "demand.same_person")
}
