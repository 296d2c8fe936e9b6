package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"baohan/party"
	"baohan/tender"
)

// Hall is the session of a remote opening (不见面开标) as one of the people in it sees it.
type Hall struct {
	Lot *tender.Lot
	tender.HallView
	As     party.Role
	Events []tender.HallEvent // in their order
	Form   HallForms

	Statement bool // the bidder's browser has the answer to a sign-in before the deadline
}

// HallForms makes the form of a verb of a session. Of tells those apart that stand on one page; ask is what cannot be taken
// back; fields are the names of what is filled in.
type HallForms func(verb, of, ask string, fields ...string) HallForm

// HallForm is one form of a hall. Several stand on a page, so that the names of their fields end in Of.
type HallForm struct {
	Deed Deed
	Of   string
}

// Name is a field's name in this form.
func (f HallForm) Name(field string) string { return field + "-" + f.Of }

func (f HallForm) field(name, label, help string, most int) Field {
	return Field{Name: f.Name(name), Label: label, Help: help, Max: most, Of: &f.Deed}
}

func (f HallForm) at(verb string) string { return "form-" + verb + "-" + f.Of }

// hallStages are the parts of a session as people count them.
var hallStages = []string{"公布名单", "解密", "唱标", "异议", "签名", "结束"}

func (h Hall) way() []Stage {
	at := map[tender.HallStage]int{tender.HallListed: 0, tender.HallDecrypting: 1, tender.HallDecrypted: 2, tender.HallRead: 3,
		tender.HallObjecting: 3, tender.HallSigning: 4, tender.HallEnded: len(hallStages)}
	n := at[cmp.Or(h.PausedIn, h.Stage)]
	if h.Stage == tender.HallTerminated {
		n = at[h.reached()]
	}
	return Stages(n, hallStages...)
}

// reached is how far a session came that was terminated.
func (h Hall) reached() tender.HallStage {
	switch {
	case h.Record != nil:
		return tender.HallSigning
	case h.ReadAt != nil:
		return tender.HallObjecting
	case h.DecryptUntil != nil:
		return tender.HallDecrypted
	case h.DecryptFrom != nil:
		return tender.HallDecrypting
	}
	return tender.HallListed
}

// host tells whoever runs the lot.
func (h Hall) host() bool { return h.As == party.Beneficiary || h.As == party.Agent }

func (h Hall) running() bool { return h.Deadline != nil && h.Remaining > 0 }

func (h Hall) own() *tender.HallBidView {
	for i := range h.Bids {
		if h.Own != "" && h.Bids[i].Bid == h.Own {
			return &h.Bids[i]
		}
	}
	return nil
}

func (h Hall) count(state tender.HallBidState) (n int) {
	for _, b := range h.Bids {
		if b.State == state {
			n++
		}
	}
	return n
}

// open counts the objections that wait for an answer.
func (h Hall) open() (n int) {
	for _, o := range h.Objections {
		if !o.Refused && o.Answer == nil {
			n++
		}
	}
	return n
}

// undecrypted are the bids of which somebody must say why they were not decrypted.
func (h Hall) undecrypted() (out []tender.HallBidView) {
	if h.DecryptUntil == nil {
		return nil
	}
	for _, b := range h.Bids {
		if b.State != tender.BidDecrypted {
			out = append(out, b)
		}
	}
	return out
}

// said is the newest attribution of a bid.
func (h Hall) said(bid string) (last *tender.Attribution) {
	for i := range h.Attributions {
		if h.Attributions[i].Bid == bid {
			last = &h.Attributions[i]
		}
	}
	return last
}

// unconfirmed are the attributions that wait for the supervisor.
func (h Hall) unconfirmed() (out []tender.Attribution) {
	for _, b := range h.Bids {
		if a := h.said(b.Bid); a != nil && a.ConfirmedAt == nil {
			out = append(out, *a)
		}
	}
	return out
}

func (h Hall) attended(b tender.HallBidView) *time.Time {
	for _, a := range h.Attendance {
		if len(b.Bidders) > 0 && a.Bidder == b.Bidders[0].USCC {
			return &a.At
		}
	}
	return nil
}

// signed tells whether a party has signed the newest record.
func (h Hall) signed(uscc string) bool {
	return h.Record != nil && slices.Contains(h.Record.Signed, uscc)
}

// hostSigned tells whether somebody has who is no bidder.
func (h Hall) hostSigned() bool {
	return h.Record != nil && slices.ContainsFunc(h.Record.Signed, func(uscc string) bool {
		return !slices.ContainsFunc(h.Bids, func(b tender.HallBidView) bool { return len(b.Bidders) > 0 && b.Bidders[0].USCC == uscc })
	})
}

// hallEvents are the names of the events of a session's stream, as a page lists them; ended and terminated close it.
func hallEventNames() string {
	var names []string
	for _, v := range tender.HallVerbs() {
		if v != tender.HallEnd && v != tender.HallTerminate {
			names = append(names, string(v))
		}
	}
	return strings.Join(names, " ")
}

const hallEventsFinal = string(tender.HallEnd) + " " + string(tender.HallTerminate)

// hearing tells whether objections can still be answered.
func (h Hall) hearing() bool {
	return h.Stage == tender.HallObjecting || h.Stage == tender.HallPaused && h.PausedIn == tender.HallObjecting
}

// newest are the last n events, the last one first.
func (h Hall) newest(n int) []tender.HallEvent {
	all := slices.Clone(h.Events[max(0, len(h.Events)-n):])
	slices.Reverse(all)
	return all
}

func (h Hall) refusedWords(e tender.HallEvent) string {
	return cmp.Or(refusedForm[hallDataOf(e).Code], "投标函不符")
}

func (h Hall) attributionOf(b tender.HallBidView) string {
	if a := h.said(b.Bid); a != nil {
		return fmt.Sprintf("%s-%d", b.Bid, a.Seq)
	}
	return b.Bid
}

func (h Hall) attributionTitle(b tender.HallBidView) string {
	if h.said(b.Bid) != nil {
		return "另作一项认定，更正前一项"
	}
	return "认定没有解密的原因"
}

func (h Hall) screenColumns() []string {
	columns := []string{"序号", "投标人", "保函查验", "解密"}
	if h.ReadAt != nil {
		columns = append(columns, "投标报价", "工期")
	}
	return columns
}

func openingPlace(l *tender.Lot) string {
	if l.Hall != nil {
		return "不见面开标"
	}
	return "到场开标"
}
