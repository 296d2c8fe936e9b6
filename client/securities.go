package client

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// CashList makes the list of deposits in cash that arrived for a lot by an instant. Previous is the digest that the
// platform answered to the edition before; zero for the first.
func (s *Staff) CashList(lot wire.Lot, edition int, previous signing.Digest, at time.Time, entries []letter.ReceivedCash) (letter.CashList, error) {
	if lot.Requirement == nil {
		return letter.CashList{}, errors.New("client: the lot is not published")
	}
	l := letter.CashList{Version: 1, Edition: edition, Previous: previous, Lot: lot.Requirement.Lot, Deadline: lot.Deadline.In(calendar.Shanghai),
		At:      at.In(calendar.Shanghai).Truncate(time.Microsecond),
		Entries: slices.SortedFunc(slices.Values(entries), func(a, b letter.ReceivedCash) int { return strings.Compare(a.ID, b.ID) })}
	if l.Entries == nil {
		l.Entries = []letter.ReceivedCash{}
	}
	return l, l.Check()
}

// HandInCashList signs a list as the centre and hands it in, after the lot is closed. On ErrUnknown do the same again: the
// same list is answered the same.
func (s *Staff) HandInCashList(ctx context.Context, lot string, list letter.CashList) (wire.CashListTaken, error) {
	if s.Clock.Now().Before(list.Deadline) {
		return wire.CashListTaken{}, ErrEarly
	}
	content, err := list.Canonical()
	paper, err := s.me.paper(ctx, content, err, s.at())
	if err != nil {
		return wire.CashListTaken{}, err
	}
	var answer wire.CashListTaken
	if err := s.post(ctx, "/lots/"+url.PathEscape(lot)+"/cash-list", keyOf("cash-list", paper), wire.HandInCashList{List: paper}, &answer); err != nil {
		return answer, err
	}
	if answer.Lot != lot || answer.Edition != list.Edition || answer.Entries != len(list.Entries) {
		return answer, unknown{errors.New("client: the answer is about another list")}
	}
	return answer, nil
}

// Securities reads the register of a lot's bid securities, after its opening (保证金查询).
func (s *Staff) Securities(ctx context.Context, lot string) (wire.Securities, error) {
	var out wire.Securities
	return out, s.get(ctx, "/lots/"+url.PathEscape(lot)+"/securities", &out)
}

// NoteRefund says that a deposit in cash was paid back, with the interest that was paid.
func (s *Staff) NoteRefund(ctx context.Context, lot string, in wire.NoteRefund) (wire.Refund, error) {
	var out wire.Refund
	return out, s.post(ctx, "/lots/"+url.PathEscape(lot)+"/refunds", keyOf("refund", []byte(lot+"/"+in.Entry)), in, &out)
}
