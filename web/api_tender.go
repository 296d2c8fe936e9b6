package web

import (
	"context"

	"baohan/client/wire"
	"baohan/tender"
)

func (s *server) createProject(ctx context.Context, _ *here, body *wire.CreateProject) (wire.Project, error) {
	a, err := s.tender.CreateProject(ctx, exchangeOf(ctx).command, tender.NewProject{Code: body.Code, Name: body.Name, Regime: body.Regime, Beneficiaries: body.Beneficiary})
	return wire.Project{ID: a.ID, Code: body.Code, Name: body.Name, Regime: body.Regime, Beneficiary: body.Beneficiary}, err
}

func (s *server) addLot(ctx context.Context, in *object, body *wire.AddLot) (LotState, error) {
	return stood(s.tender.AddLot(ctx, exchangeOf(ctx).command, in.ID, newLotIn(body)))
}

func (s *server) redraft(ctx context.Context, in *lotIn, body *wire.AddLot) (LotState, error) {
	return stood(s.tender.Redraft(ctx, exchangeOf(ctx).command, in.Lot, newLotIn(body)))
}

func newLotIn(body *wire.AddLot) tender.NewLot {
	return tender.NewLot{Code: body.Code, Name: body.Name, Base: body.Base, Amount: body.Amount, Forms: body.Forms, End: body.End, Bids: tender.Place(body.Bids),
		RetenderOf: body.RetenderOf, Consortium: body.Consortium, Hall: hallRulesIn(body.Hall)}
}

// LotState is the answer of a verb on a lot: where it stood after it. The same command gets the same answer for ever.
type LotState struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	State   string `json:"state"`
}

func stood(a tender.Answer, err error) (LotState, error) {
	return LotState{ID: a.ID, Version: a.Version, State: a.State}, err
}

func (s *server) publish(ctx context.Context, in *lotIn, _ *nothing) (LotState, error) {
	return stood(s.tender.Publish(ctx, exchangeOf(ctx).command, in.Lot))
}

func (s *server) postpone(ctx context.Context, in *lotIn, body *wire.Postpone) (LotState, error) {
	return stood(s.tender.Postpone(ctx, exchangeOf(ctx).command, in.Lot, tender.Order{Centre: body.Centre, Supervisor: body.Supervisor}))
}

// lots lists what is published, newest first. It says nothing of bids or letters, not even whether there are any.
func (s *server) lots(ctx context.Context, in *after) (wire.LotPage, error) {
	if in.After != "" && !isID(in.After) {
		return wire.LotPage{}, absent()
	}
	rows, err := s.tender.Lots(ctx, in.After, pageSize)
	page := lotPage(rows)
	if len(rows) == pageSize {
		page.Next = rows[len(rows)-1].ID
	}
	return page, err
}

// ownLots lists the lots that the caller runs, drafts too.
func (s *server) ownLots(ctx context.Context, _ *here) (wire.LotPage, error) {
	rows, err := s.tender.OwnLots(ctx, exchangeOf(ctx).actor)
	return lotPage(rows), err
}

func lotPage(rows []*tender.Lot) wire.LotPage {
	page := wire.LotPage{Items: make([]wire.Lot, 0, len(rows))}
	for _, l := range rows {
		page.Items = append(page.Items, lotView(l))
	}
	return page
}

func (s *server) lot(ctx context.Context, in *lotIn) (wire.Lot, error) {
	l, err := s.tender.Lot(ctx, exchangeOf(ctx).actor, in.Lot)
	if err != nil {
		return wire.Lot{}, err
	}
	out := lotView(l)
	if out.Awaited, err = s.awaited(ctx, l); err != nil {
		return wire.Lot{}, err
	}
	out.AwaitedList, err = s.awaitedList(ctx, l)
	return out, err
}

// awaitedList says that an opening waits for the centre's own bid system.
func (s *server) awaitedList(ctx context.Context, l *tender.Lot) (*wire.AwaitedList, error) {
	a, err := s.tender.AwaitedList(ctx, l)
	if err != nil || a == nil {
		return nil, err
	}
	return &wire.AwaitedList{Centre: a.Centre, Words: a.Words(), Since: local(a.Since)}, nil
}

// awaited says for whom an opening waits, and after it who was missing. Before the lot is closed there is nothing to
// ask anybody for.
func (s *server) awaited(ctx context.Context, l *tender.Lot) (out []wire.Awaited, err error) {
	if l.ClosedAt == nil {
		return nil, nil
	}
	all, err := s.tender.Awaited(ctx, l)
	for _, a := range all {
		out = append(out, awaitedOf(a))
	}
	return out, err
}

func awaitedOf(a tender.Awaited) wire.Awaited {
	return wire.Awaited{Custodian: a.Custodian, Reason: string(a.Reason), Words: a.Words(), Since: local(a.Since)}
}

func lotView(l *tender.Lot) wire.Lot {
	out := wire.Lot{ID: l.ID, Project: l.Project.ID, Lot: l.Lot, Regime: l.Project.Regime, State: string(l.State),
		Deadline: local(l.End.Deadline), Beneficiaries: l.Project.Beneficiaries, Amount: l.Amount, Forms: l.Forms, Bids: string(l.Bids), Consortium: l.Consortium, Hall: hallRulesOut(l.Hall),
		PublishedAt: local(value(l.PublishedAt)), OpenedAt: local(value(l.OpenedAt))}
	if l.State != tender.Draft {
		out.Requirement, out.RequirementDigest, out.Custodians = &l.Requirement, l.RequirementDigest(), &l.Custodians
	}
	if e := l.Ended; e != nil {
		out.Terminated = &wire.Termination{Ground: string(e.Ground), Words: e.Words, At: local(e.At)}
	}
	if l.RetenderOf != "" {
		out.Retender = &wire.Retender{Lot: l.RetenderOf, Words: tender.RetenderNotice}
	}
	out.LettersFrom, out.LettersWords = local(l.LettersFrom()), l.LettersWords()
	for i, p := range l.Postponed {
		out.Postponements = append(out.Postponements, wire.Postponement{From: local(p.From), To: local(p.To), Reason: p.Reason, At: local(p.At), NewRound: l.NewRound(i),
			Centre: p.Order.Centre, Supervisor: p.Order.Supervisor})
	}
	return out
}

func (s *server) quotes(ctx context.Context, in *lotIn) (wire.QuoteList, error) {
	req, _, err := s.tender.Requirement(ctx, in.Lot)
	if err != nil {
		return wire.QuoteList{}, err
	}
	items, err := s.banks.Quotes(ctx, req)
	if err != nil {
		return wire.QuoteList{}, err
	}
	crowd, err := s.tender.Crowd(ctx, req)
	if err != nil {
		return wire.QuoteList{}, err
	}
	out := wire.QuoteList{Items: make([]wire.Quote, 0, len(items))}
	for _, q := range items {
		q.Sharing, q.Caution = crowd[q.Form], crowd.Caution(q.Form)
		out.Items = append(out.Items, q)
	}
	return out, nil
}
