package tender

import (
	"slices"

	"baohan/guarantee/letter"
)

// payers are a lot's letters by the account and by the name that paid for them, blanks aside: a great lot's are too
// many to be compared each with each.
type payers struct{ number, name map[string][]*openedLetter }

func payersOf(all []*openedLetter) payers {
	p := payers{number: map[string][]*openedLetter{}, name: map[string][]*openedLetter{}}
	for _, x := range all {
		if x.unsealed == nil || x.unsealed.Fee == nil {
			continue
		}
		number, name := tidy(x.unsealed.Fee.Payer.Number), tidy(x.unsealed.Fee.Payer.Name)
		p.number[number] = append(p.number[number], x)
		p.name[name] = append(p.name[name], x)
	}
	return p
}

// with are the letters that were paid for from this account, then those by a payer of this name. What was left blank is
// nobody's.
func (p payers) with(a letter.Account) (all []*openedLetter) {
	if number := tidy(a.Number); number != "" {
		all = p.number[number]
	}
	if name := tidy(a.Name); name != "" {
		all = slices.Concat(all, p.name[name])
	}
	return all
}

// members are a lot's letters by each organisation that stands in them as applicant.
type members map[string][]*openedLetter

func membersOf(all []*openedLetter) members {
	m := members{}
	for _, x := range all {
		if x.unsealed == nil {
			continue
		}
		for _, p := range x.unsealed.Reveal.Applicants {
			m[p.USCC] = append(m[p.USCC], x)
		}
	}
	return m
}

// elsewhere tells whether one of these organisations stands in another letter than x.
func (m members) elsewhere(x *openedLetter, all []letter.Party) bool {
	return slices.ContainsFunc(all, func(p letter.Party) bool {
		return slices.ContainsFunc(m[p.USCC], func(o *openedLetter) bool { return o != x })
	})
}
