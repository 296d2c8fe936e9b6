package sample

import (
	"cmp"
	"slices"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// Release is a beneficiary's release of a letter.
func (h *House) Release(i Issued, by Member) letter.Release {
	return letter.Release{Version: 1, Guarantee: i.Draft.Application.Application, Number: i.Undertaking.Number,
		Guarantor: i.Undertaking.Guarantor, Beneficiary: by.Party, Undertaking: letter.UndertakingDigest(i.Signed),
		Reason: "合同已签订，投标担保责任解除", At: h.At}
}

// Demand is a demand of an amount under a letter, with the documents given.
func (h *House) Demand(i Issued, by Member, amount letter.Fen, documents ...letter.Document) letter.Demand {
	return letter.Demand{Version: 1, ID: ID(7), Guarantee: i.Draft.Application.Application, Number: i.Undertaking.Number,
		Guarantor: i.Undertaking.Guarantor, Beneficiary: by.Party, Undertaking: letter.UndertakingDigest(i.Signed),
		Commitment: i.Draft.Application.Commitment, Amount: amount, AmountCapital: amount.Capital(), Reason: "refused_contract",
		Statement: "申请人中标后在规定期限内无正当理由不与招标人订立合同，违反招标文件第二章第7.7款。",
		Payee:     letter.Account{Name: by.Party.Name, Number: "4300100200300400500", Bank: "湘江示例银行长沙分行"},
		Documents: documents, NoExemption: true, At: h.At}
}

// Document is a file of a kind, named by its digest.
func Document(kind letter.DocumentKind, content string) letter.Document {
	return letter.Document{Kind: kind, Name: kind.Chinese() + ".pdf", Digest: signing.Sum([]byte(content))}
}

// Bid is a bid that names a letter; the empty id is cash.
func (h *House) Bid(bidder Member, guarantee string) letter.Bid {
	return letter.Bid{Version: 1, Random: signing.Random(32), ID: signing.Sum(signing.Random(16)).String()[:32], Lot: h.Requirement.Lot,
		Bidders: []letter.Party{bidder.Party}, Letter: guarantee,
		Offer: must(signing.SealTo([]byte(`{"price":1234567800}`), nil, bidder.Encrypt.Key.Public())), At: h.At}
}

// Closing is a closing of the lot at its deadline; previous is the p7s of the closing of the bids, nil for that one.
func (h *House) Closing(previous []byte, records ...letter.RecordRef) letter.Closing {
	end := h.Requirement.End.Deadline
	c := letter.Closing{Version: 1, Stage: letter.StageBids, Project: h.Requirement.Lot.Project, Lot: h.Requirement.Lot.Code,
		Deadline: end, ClosedAt: end, Custodians: h.Requirement.Custodians, Records: slices.Clone(records)}
	if previous != nil {
		c.Stage, c.Previous = letter.StageLetters, letter.ClosingDigest(previous)
	}
	slices.SortFunc(c.Records, func(a, b letter.RecordRef) int { return cmp.Compare(a.ID, b.ID) })
	return c
}

// BidList is the list of three bids at the lot's deadline, as the centre's bid system makes it. The bidders are the
// house's; the first bid names a guarantee, the second is a consortium's, the last two are in cash.
func (h *House) BidList(guarantee string) letter.BidList {
	end := h.Requirement.End.Deadline
	l := letter.BidList{Version: 1, Project: h.Requirement.Lot.Project, Lot: h.Requirement.Lot.Code,
		Requirement: h.Requirement.Digest(), Deadline: end, ClosedAt: end}
	for i, b := range h.Bidders {
		l.Bids = append(l.Bids, letter.OutsideBid{ID: ID(0x100 + i), Digest: signing.Sum([]byte(b.Party.Name)), Bidders: []letter.Party{b.Party}})
	}
	l.Bids[0].Letter = guarantee
	l.Bids[1].Bidders = append(l.Bids[1].Bidders, h.Agent.Party)
	return l
}
