package tender

import (
	"slices"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// stand is a lot's end rule from one instant on: as it was published, and as each move of the deadline left it.
type stand struct {
	from time.Time // zero: since the notice
	end  letter.EndRule
}

// reach is the latest expiry of every letter that is made while the lot stands so, from the public ladder.
func (s stand) reach() calendar.Date { return letter.LadderExpiry(s.end.Expiry()) }

func (l *Lot) stood() []stand {
	first := l.End
	if len(l.Postponed) > 0 {
		first.Deadline = l.Postponed[0].From.In(calendar.Shanghai)
	}
	all := []stand{{end: first}}
	for _, p := range l.Postponed {
		end := l.End
		end.Deadline = p.To.In(calendar.Shanghai)
		all = append(all, stand{p.At, end})
	}
	return all
}

// Round numbers the lot's rounds of letters (保函轮次), from 0. A round is a stretch of the lot's life within which every
// letter follows the deadline by its own wording. When the deadline moves so far that the round's first letters would end
// before the bid validity does, another round begins, and each bidder may have one live letter in it too. It follows from
// the notice and the signed orders alone: no row says which letter is of which round, nor that one takes another's place.
func (l *Lot) Round() int {
	n, _ := l.rounds(len(l.Postponed))
	return n
}

// rounds are the number of the last round after so many moves, and how the lot stood when it began.
func (l *Lot) rounds(moves int) (n int, first stand) {
	all := l.stood()
	first = all[0]
	for _, s := range all[1 : moves+1] {
		if l.takesLetters() && s.end.Expiry().After(first.reach()) {
			n, first = n+1, s
		}
	}
	return n, first
}

// takesLetters: it asks for more than cash.
func (l *Lot) takesLetters() bool {
	return slices.ContainsFunc(l.Forms, func(f letter.Form) bool { return f != letter.FormCash })
}

// beyondLetters tells whether the lot with this end would leave letters of its present round behind.
func (l *Lot) beyondLetters(end letter.EndRule) bool {
	_, first := l.rounds(len(l.Postponed))
	return l.takesLetters() && end.Expiry().After(first.reach())
}

// LettersFollow is the last day to which the deadline can move without another round of letters; zero: of cash alone there are
// none.
func (l *Lot) LettersFollow() calendar.Date {
	if !l.takesLetters() {
		return calendar.Date{}
	}
	_, first := l.rounds(len(l.Postponed))
	return calendar.DateOf(l.End.Deadline).AddDays(l.End.Expiry().DaysUntil(first.reach()))
}

// BeginsRound tells whether a move of the deadline to an instant would begin another round.
func (l *Lot) BeginsRound(to time.Time) bool {
	end := l.End
	end.Deadline = to.In(calendar.Shanghai)
	return l.beyondLetters(end)
}

// LettersFrom is the instant from which on letters had to be applied for to suffice now; zero: they all do. Letters of
// before end, at the latest, before the bid validity does. It never lies after the beginning of the present round, and may
// lie before it: a letter made after an earlier, near move reaches further than the first ones.
func (l *Lot) LettersFrom() time.Time {
	if !l.takesLetters() {
		return time.Time{}
	}
	need := l.End.Expiry()
	for _, s := range l.stood() {
		if !s.reach().Before(need) {
			return s.from
		}
	}
	return time.Time{} // not reached: every letter reaches sixty days beyond what it was made for
}

// RoundAfter is the round of letters after the n-th move of the deadline, both from 0.
func (l *Lot) RoundAfter(n int) int {
	round, _ := l.rounds(n + 1)
	return round
}

// NewRound tells whether the n-th move began another round.
func (l *Lot) NewRound(n int) bool {
	before, _ := l.rounds(n)
	return l.RoundAfter(n) > before
}
