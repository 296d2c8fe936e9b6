package client

import (
	"cmp"
	"slices"

	"baohan/client/wire"
)

// Difference is one guarantee on which two books do not agree. Neither book is changed by finding it: people, or a
// read-back, find out which is right.
type Difference struct {
	Guarantee string          `json:"guarantee"`
	Kind      string          `json:"kind"` // missing_ours | missing_theirs | number | ceiling | fee | digest | state | paid
	Ours      *wire.BookEntry `json:"ours,omitzero"`
	Theirs    *wire.BookEntry `json:"theirs,omitzero"`
}

// Agree compares two books of the same institution, by guarantee, and lists every difference in order.
func Agree(ours, theirs []wire.BookEntry) []Difference {
	index := map[string]*wire.BookEntry{}
	for k := range theirs {
		index[theirs[k].Guarantee] = &theirs[k]
	}
	var found []Difference
	for k := range ours {
		a := &ours[k]
		b, there := index[a.Guarantee]
		delete(index, a.Guarantee)
		if !there {
			found = append(found, Difference{a.Guarantee, "missing_theirs", a, nil})
			continue
		}
		found = append(found, compare(a, b)...)
	}
	for id, b := range index {
		found = append(found, Difference{id, "missing_ours", nil, b})
	}
	slices.SortFunc(found, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Guarantee, b.Guarantee), cmp.Compare(a.Kind, b.Kind))
	})
	return found
}

func compare(a, b *wire.BookEntry) (found []Difference) {
	for _, c := range []struct {
		kind  string
		equal bool
	}{
		{"number", a.Number == b.Number},
		{"ceiling", a.Ceiling == b.Ceiling},
		{"fee", a.Fee == b.Fee},
		{"digest", a.Digest == b.Digest},
		{"state", a.State == b.State},
		{"paid", a.Paid == b.Paid},
	} {
		if !c.equal {
			found = append(found, Difference{a.Guarantee, c.kind, a, b})
		}
	}
	return found
}
