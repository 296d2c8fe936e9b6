package view

import (
	"slices"
	"strings"

	"baohan/guarantee/letter"
	"baohan/tender"
)

// doubtfulLetters has those on top that people must look at; the rest keep their order.
func doubtfulLetters(all []tender.LetterView) []tender.LetterView {
	rank := map[string]int{letter.LetterDoubtful: 0, letter.LetterUnknown: 1, letter.LetterPassed: 2}
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b tender.LetterView) int { return rank[a.Result] - rank[b.Result] })
	return out
}

func letterName(l tender.LetterView) string {
	if l.Summary == nil || l.Summary.Number == "" {
		return "未能解封的保函"
	}
	return "保函 " + l.Summary.Number
}

func letterByID(o tender.Opening, id string) string {
	for _, l := range o.Letters {
		if l.ID == id {
			return letterName(l)
		}
	}
	return id
}

// letterBidders are who bids with a letter.
func letterBidders(o tender.Opening, id string) string {
	var out []string
	for _, b := range o.Bids {
		if b.Letter == id {
			out = append(out, bidName(b.Bidders))
		}
	}
	return strings.Join(out, "、")
}

// letterReasons name the lines that did not pass.
func letterReasons(l tender.LetterView) string {
	if l.Failure != "" {
		return l.Failure
	}
	var out []string
	for _, x := range l.Lines {
		if x.Result != letter.ResultPass {
			out = append(out, x.Title()+"（"+wordsOfCheck(x.Result)+"）："+x.Words)
		}
	}
	return strings.Join(out, "；")
}
