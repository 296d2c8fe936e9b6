package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/signing"
)

// ErrOrderText says that an order of postponement is not what its reader was shown; nothing was signed.
var ErrOrderText = errors.New("client: the order is not the text that was shown")

// ProposeOrder signs the centre's half of an order that moves a lot's deadline to a later instant, and lays it before the
// supervisor. Reason is 5 to 500 characters without line breaks.
func (s *Staff) ProposeOrder(ctx context.Context, lot wire.Lot, to time.Time, reason string) (wire.OrderState, error) {
	content, err := wire.Write(wire.OrderText{Version: 1, Project: lot.Lot.Project, Lot: lot.Lot.Code, From: lot.Deadline.In(calendar.Shanghai),
		To: to.In(calendar.Shanghai), Reason: reason})
	paper, err := s.me.paper(ctx, content, err, s.at())
	if err != nil {
		return wire.OrderState{}, err
	}
	var out wire.OrderState
	return out, s.post(ctx, "/lots/"+url.PathEscape(lot.ID)+"/orders", keyOf("order", paper), wire.ProposeOrder{Centre: paper}, &out)
}

// Order reads one order of postponement.
func (s *Staff) Order(ctx context.Context, id string) (wire.PendingOrder, error) {
	var o wire.PendingOrder
	return o, s.get(ctx, orderPath(id, ""), &o)
}

// Orders lists them, the latest first.
func (s *Staff) Orders(ctx context.Context) ([]wire.PendingOrder, error) {
	var page wire.OrderPage
	return page.Items, s.get(ctx, "/orders", &page)
}

// SignOrder signs the supervisor's half of an order: the very bytes that the centre has signed, after reading them. Shown is the
// text as the supervisor read it; another is not signed, nor is one that says anything else than the order and the lot as they
// are read now.
func (s *Staff) SignOrder(ctx context.Context, o wire.PendingOrder, shown string) (wire.OrderState, error) {
	content, err := s.orderText(ctx, o)
	if err == nil && shown != string(content) {
		err = ErrOrderText
	}
	paper, err := s.me.paper(ctx, content, err, s.at())
	if err != nil {
		return wire.OrderState{}, err
	}
	var out wire.OrderState
	return out, s.post(ctx, orderPath(o.ID, "/signature"), keyOf("sign-order", paper), wire.SignOrder{Supervisor: paper}, &out)
}

func (s *Staff) orderText(ctx context.Context, o wire.PendingOrder) ([]byte, error) {
	signed, err := signing.ParseSignedData(o.Centre)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOrderText, err)
	}
	if err := signed.Verify(s.Trust, s.at()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOrderText, err)
	}
	lot, err := s.Lot(ctx, o.Lot)
	if err != nil {
		return nil, err
	}
	var t wire.OrderText
	if err := json.Unmarshal(signed.Content, &t, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOrderText, err)
	}
	if t.Project != lot.Lot.Project || t.Lot != lot.Lot.Code || !t.From.Equal(lot.Deadline) || !t.To.Equal(o.To) || t.Reason != o.Reason {
		return nil, ErrOrderText
	}
	return signed.Content, nil
}

// RefuseOrder says why the supervisor does not sign an order.
func (s *Staff) RefuseOrder(ctx context.Context, id, words string) (wire.OrderState, error) {
	var out wire.OrderState
	return out, s.post(ctx, orderPath(id, "/refusal"), "refuse-"+id, wire.RefuseOrder{Words: words}, &out)
}

// WithdrawOrder takes the centre's order back, as long as it has not moved the deadline.
func (s *Staff) WithdrawOrder(ctx context.Context, id string) (wire.OrderState, error) {
	var out wire.OrderState
	return out, s.post(ctx, orderPath(id, "/withdraw"), "withdraw-"+id, struct{}{}, &out)
}

// HandInOrder moves the deadline by an order that both have signed.
func (s *Staff) HandInOrder(ctx context.Context, o wire.PendingOrder) (wire.Lot, error) {
	return s.Postpone(ctx, o.Lot, wire.Postpone{Centre: o.Centre, Supervisor: o.Supervisor})
}

func orderPath(id, more string) string { return "/orders/" + url.PathEscape(id) + more }
