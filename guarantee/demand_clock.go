package guarantee

import (
	"errors"
	"slices"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// ClockKind names a clock of a demand.
type ClockKind string

// The clocks, and whose move each of them waits for.
const (
	ClockExamination ClockKind = "examination"     // the guarantor's, by its wording
	ClockAssessment  ClockKind = "assessment"      // the insurer's at the latest (核定)
	ClockPayment     ClockKind = "payment"         // the guarantor's
	ClockRefusal     ClockKind = "refusal"         // the insurer's notice; the platform gives it with the decision, so that it never runs
	ClockInterim     ClockKind = "interim_payment" // the insurer's (先予支付)
	ClockCompletion  ClockKind = "completion"      // the beneficiary's
	ClockHold        ClockKind = "extension"       // the guarantor's: it extends or pays
	ClockSuit        ClockKind = "suit"            // the applicant's: sue or apply for arbitration after a stop-payment
)

// ClockUnit is what a clock counts.
type ClockUnit string

const (
	CalendarDays ClockUnit = "day"         // a last day of rest gives way to the next working day (民法典 art. 203)
	WorkingDays  ClockUnit = "working_day" // by the table of public holidays
)

// DemandClock is one clock of one demand, derived from its rows each time it is asked for.
type DemandClock struct {
	Kind    ClockKind
	Law     string        // which text gives it
	From    time.Time     // the instant after whose day the days count
	Days    int           // how many; 0: to a day that the letter states
	Unit    ClockUnit     //
	To      calendar.Date // the last day; zero while the clock stands, and while the year's table is not published
	Stopped bool          // documents are awaited, or a court has stopped the payment
}

// Over tells whether the last day had passed at an instant.
func (c DemandClock) Over(at time.Time) bool { return !c.To.IsZero() && at.After(c.To.EndOfDay()) }

const (
	assessDays  = 30 // 保险法 art. 23
	refusalDays = 3  // 保险法 art. 24
	interimDays = 60 // 保险法 art. 25
	suitDays    = 30 // 法释〔2016〕24号 art. 16; 民事诉讼法 art. 104
)

var examineLaw = map[letter.Form]string{
	letter.FormIndependent: "保函的审单期限条款；URDG 758 第20条",
	letter.FormAccessory:   "保函的审核期限条款",
	letter.FormInsurance:   "保险单的核定条款",
}

// suitLaw: a stop-payment of an independent letter is the judicial interpretation's, any other order before a suit is a
// preservation.
func suitLaw(f letter.Form) string {
	if f == letter.FormIndependent {
		return "法释〔2016〕24号第十六条"
	}
	return "民事诉讼法第一百零四条"
}

// clockRules are the clocks that a demand under a wording can have, without an instant.
func clockRules(w letter.Wording) []DemandClock {
	examination := DemandClock{Kind: ClockExamination, Law: examineLaw[w.Form], Days: w.ExamineWorkingDays, Unit: WorkingDays}
	payment := DemandClock{Kind: ClockPayment, Law: "保函的付款期限条款", Days: w.PayWithinDays, Unit: CalendarDays}
	suit := DemandClock{Kind: ClockSuit, Law: suitLaw(w.Form), Days: suitDays, Unit: CalendarDays}
	switch w.Form {
	case letter.FormInsurance:
		payment.Law = "保险法第二十三条"
		return []DemandClock{
			examination,
			{Kind: ClockAssessment, Law: "保险法第二十三条；保险法司法解释（二）第十五条", Days: assessDays, Unit: CalendarDays},
			payment,
			{Kind: ClockRefusal, Law: "保险法第二十四条", Days: refusalDays, Unit: CalendarDays},
			{Kind: ClockInterim, Law: "保险法第二十五条", Days: interimDays, Unit: CalendarDays},
			suit,
		}
	case letter.FormIndependent:
		all := []DemandClock{examination, payment, {Kind: ClockCompletion, Law: "法释〔2016〕24号第十一条第一款第一项", Unit: CalendarDays}, suit}
		if w.HoldDays > 0 {
			all = append(all, DemandClock{Kind: ClockHold, Law: "保函的延期或者付款条款；URDG 758 第23条", Days: w.HoldDays, Unit: CalendarDays})
		}
		return all
	case letter.FormAccessory, letter.FormCash: // cash is nobody's letter
	}
	return []DemandClock{examination, payment, suit}
}

// demandFacts is what the clocks of a demand follow from.
type demandFacts struct {
	wording letter.Wording
	demand  *Demand
	pauses  []Pause
	lastDay calendar.Date // of the validity
	days    *calendar.Calendar
}

// demandClocks are the clocks that run or stand for a demand now. One that has met its end, or has not begun, is absent.
func demandClocks(f demandFacts) ([]DemandClock, error) {
	var running []DemandClock
	for _, c := range clockRules(f.wording) {
		from, pauses, on := f.starts(c.Kind)
		if !on {
			continue
		}
		c.From = from
		c, err := f.runs(c, pauses)
		if err != nil {
			return nil, err
		}
		running = append(running, c)
	}
	return running, nil
}

// starts says from when a clock counts, which pauses it knows, and whether it is on.
func (f demandFacts) starts(kind ClockKind) (from time.Time, pauses []Pause, on bool) {
	dm := f.demand
	state := f.ground()
	switch kind {
	case ClockExamination:
		return dm.PresentedAt, f.pauses, state == Examining || state == Incomplete
	case ClockAssessment:
		return dm.PresentedAt, f.pauses, state == Examining || state == Incomplete
	case ClockPayment:
		return f.payFrom(state)
	case ClockHold:
		return f.received(), f.of(PauseCourt), state == Held
	case ClockInterim:
		return dm.PresentedAt, f.claimComplete(), (state == Examining || state == Incomplete) && dm.InterimPaid == 0
	case ClockCompletion:
		return dm.PresentedAt, nil, state == Incomplete
	case ClockSuit:
		if p := openPause(f.pauses, PauseCourt); p != nil {
			return *p.RuledOn, nil, dm.State == Stayed
		}
	case ClockRefusal: // given with the decision
	}
	return time.Time{}, nil, false
}

// ground is the state below a stay.
func (f demandFacts) ground() State {
	if p := openPause(f.pauses, PauseCourt); f.demand.State == Stayed && p != nil {
		return p.FromState
	}
	return f.demand.State
}

// payFrom: documents that came later count from then, under the wordings that pay from the receipt; an insurer pays from
// its decision. Only a court stops a payment.
func (f demandFacts) payFrom(state State) (time.Time, []Pause, bool) {
	dm := f.demand
	if f.wording.PayFrom == letter.PayFromDecision {
		if state != Complying || dm.DecidedAt == nil {
			return time.Time{}, nil, false
		}
		return *dm.DecidedAt, f.of(PauseCourt), true
	}
	return f.received(), f.of(PauseCourt), state == Examining || state == Complying
}

// received is when the demand was there with what it lacked.
func (f demandFacts) received() time.Time {
	if f.demand.CompletedAt != nil {
		return *f.demand.CompletedAt
	}
	return f.demand.PresentedAt
}

// claimComplete leaves out the waits for what an insurer asked later: the sixty days count from the claim with the
// documents that the policy lists, and its undisputed part needs nothing more (保险法 art. 25: 根据已有证明和资料).
func (f demandFacts) claimComplete() []Pause {
	return slices.DeleteFunc(slices.Clone(f.pauses), func(p Pause) bool {
		return p.Why == PauseDocuments && !p.BeganAt.Equal(f.demand.PresentedAt)
	})
}

func (f demandFacts) of(why PauseReason) []Pause {
	return slices.DeleteFunc(slices.Clone(f.pauses), func(p Pause) bool { return p.Why != why })
}

// runs finds a clock's last day.
func (f demandFacts) runs(c DemandClock, pauses []Pause) (DemandClock, error) {
	for _, p := range pauses {
		c.Stopped = c.Stopped || p.EndedAt == nil
	}
	if c.Stopped {
		return c, nil
	}
	var err error
	switch {
	case c.Kind == ClockCompletion:
		c.To = f.lastDay
	case c.Kind == ClockExamination && f.demand.ExamineBy != nil:
		c.To = calendar.DateOf(*f.demand.ExamineBy) // once told it stands, whatever is entered into the calendar later
	case c.Unit == WorkingDays:
		c.To, err = f.workingDay(calendar.DateOf(c.From), c.Days, pauses)
	default:
		c.To, err = f.calendarDay(calendar.DateOf(c.From), c.Days, pauses)
	}
	if c.Kind == ClockPayment && f.demand.ExamineBy != nil && c.To.Before(calendar.DateOf(*f.demand.ExamineBy)) {
		c.To = calendar.DateOf(*f.demand.ExamineBy) // the wordings: never before the examination ends
	}
	return c, err
}

// workingDay is the n-th working day after from on which the clock did not stand. In a year whose days of rest are not
// published yet nobody can say that day: it is zero.
func (f demandFacts) workingDay(from calendar.Date, n int, pauses []Pause) (calendar.Date, error) {
	d := from
	for n > 0 {
		d = d.AddDays(1)
		if rests(pauses, d) {
			continue
		}
		worked, err := f.days.IsWorkingDay(d)
		if errors.Is(err, calendar.ErrYearNotPublished) {
			return calendar.Date{}, nil
		}
		if err != nil {
			return calendar.Date{}, err
		}
		if worked {
			n--
		}
	}
	return d, nil
}

// calendarDay is the n-th day after from on which the clock did not stand. Where the year's table is not published a last
// day does not move, which is never later than the law's.
func (f demandFacts) calendarDay(from calendar.Date, n int, pauses []Pause) (calendar.Date, error) {
	d := from
	for n > 0 {
		if d = d.AddDays(1); !rests(pauses, d) {
			n--
		}
	}
	for last := d; ; d = d.AddDays(1) {
		worked, err := f.days.IsWorkingDay(d)
		switch {
		case errors.Is(err, calendar.ErrYearNotPublished):
			return last, nil
		case err != nil:
			return calendar.Date{}, err
		case worked && !rests(pauses, d):
			return d, nil
		}
	}
}

// rests tells whether a clock stood on a day: a day of which a part fell into a pause counts for nobody, the first as
// little as the last (民法典 art. 201).
func rests(pauses []Pause, d calendar.Date) bool {
	return slices.ContainsFunc(pauses, func(p Pause) bool {
		return p.EndedAt != nil && !d.Before(calendar.DateOf(p.BeganAt)) && !d.After(calendar.DateOf(*p.EndedAt))
	})
}
