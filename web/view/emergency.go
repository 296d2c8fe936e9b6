package view

import "baohan/tender"

// Presenting is where a bidder shows its own copy in the emergency of a lot.
type Presenting struct {
	*tender.Lot
	May     bool // its deadline is over and it has not failed
	Letters []OwnLetter
	Shown   []tender.IncidentView // in which it has shown one
}

func (p Presenting) choices() (all []Choice) {
	for _, o := range p.Letters {
		all = append(all, Choice{o.ID, o.Name() + "，" + o.Guarantor, ""})
	}
	return all
}
