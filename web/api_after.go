package web

import (
	"context"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/tender"
)

// handInEvaluation takes the committee's result from the centre's own evaluation system.
func (s *server) handInEvaluation(ctx context.Context, in *lotIn, body *wire.HandInEvaluation) (wire.EvaluationTaken, error) {
	a, err := s.tender.HandInEvaluation(ctx, exchangeOf(ctx).command, in.Lot, body.Evaluation)
	return wire.EvaluationTaken{Lot: a.Lot, Edition: a.Edition, Digest: a.Digest, AcceptedAt: local(a.AcceptedAt)}, err
}

// evaluation is an edition of it, for those who may know it already.
func (s *server) evaluation(ctx context.Context, in *edition) (wire.Evaluation, error) {
	v, err := s.tender.Evaluation(ctx, exchangeOf(ctx).actor, in.Lot, in.Edition)
	return wire.Evaluation{Lot: in.Lot, Edition: v.Edition, Newest: v.Newest, Signed: v.Signed, Content: v.Content, AcceptedAt: local(v.AcceptedAt)}, err
}

func (s *server) announce(ctx context.Context, in *lotIn, body *wire.Announce) (LotState, error) {
	return stood(s.tender.Announce(ctx, exchangeOf(ctx).command, in.Lot, body.Days))
}

// candidates is the notice (公示), for everybody.
func (s *server) candidates(ctx context.Context, in *lotIn) (wire.CandidateNotices, error) {
	all, err := s.tender.Notices(ctx, in.Lot)
	out := wire.CandidateNotices{Items: make([]wire.CandidateNotice, 0, len(all))}
	for _, n := range all {
		rejected := n.Rejected
		if rejected == nil {
			rejected = []letter.BidVerdict{}
		}
		out.Items = append(out.Items, wire.CandidateNotice{Edition: n.Edition, PublishedAt: local(n.PublishedAt), LastDay: n.LastDay, Late: n.Late,
			Candidates: n.Candidates, Rejected: rejected,
			Objections: "投标人或者其他利害关系人对评标结果有异议的，应当在 " + n.LastDay.Chinese() + " 24:00 前向招标人提出（招标投标法实施条例第五十四条）。" + tender.ComplaintTendering})
	}
	return out, err
}

func objected(a tender.Answer, err error) (wire.ObjectionState, error) {
	return wire.ObjectionState{ID: a.ID, State: a.State, At: local(a.At)}, err
}

func (s *server) object(ctx context.Context, in *lotIn, body *wire.FileObjection) (wire.ObjectionState, error) {
	return objected(s.tender.Object(ctx, exchangeOf(ctx).command, in.Lot, body.Words, body.Interest))
}

func (s *server) answerObjection(ctx context.Context, in *object, body *wire.AnswerObjection) (wire.ObjectionState, error) {
	return objected(s.tender.AnswerObjection(ctx, exchangeOf(ctx).command, in.ID,
		tender.Reply{Upheld: body.Upheld, Changes: body.Changes, Words: body.Words}))
}

func (s *server) withdrawObjection(ctx context.Context, in *object, _ *nothing) (wire.ObjectionState, error) {
	return objected(s.tender.WithdrawObjection(ctx, exchangeOf(ctx).command, in.ID))
}

func (s *server) objections(ctx context.Context, in *lotIn) (wire.ObjectionList, error) {
	all, err := s.tender.Objections(ctx, exchangeOf(ctx).actor, in.Lot)
	out := wire.ObjectionList{Items: make([]wire.Objection, 0, len(all))}
	for _, o := range all {
		out.Items = append(out.Items, wire.Objection{ID: o.ID, Kind: string(o.Kind), State: string(o.State), FiledAt: local(o.FiledAt),
			FiledBy: letter.Party{Name: o.Filer, USCC: o.FiledBy}, Interest: o.Interest, Words: o.Words, AnswerBy: o.AnswerBy, Overdue: o.Overdue,
			Upheld: value(o.Upheld), Changes: value(o.Changes), Answer: value(o.Answer), AnsweredAt: local(value(o.AnsweredAt)), Complaint: o.Complaint()})
	}
	return out, err
}

// awards are the notices of award (中标公告), for everybody.
func (s *server) awards(ctx context.Context, in *lotIn) (wire.AwardList, error) {
	l, err := s.tender.Lot(ctx, exchangeOf(ctx).actor, in.Lot)
	if err != nil {
		return wire.AwardList{}, err
	}
	all, err := s.tender.Awards(ctx, in.Lot)
	if err != nil {
		return wire.AwardList{}, err
	}
	out := wire.AwardList{Items: make([]wire.AwardNotice, 0, len(all))}
	for _, a := range all {
		n := wire.AwardNotice{Round: a.Round, Winner: a.Winner, Candidates: a.Candidates, NoticedOn: calendar.DateOf(a.NoticedOn),
			Evaluation: value(a.Evaluation), RefusedFor: value(a.RefusedFor), SetAside: value(a.SetAside), QueryUntil: s.tender.QueryUntil(l, a)}
		if a.SignedOn != nil {
			n.SignedOn = calendar.DateOf(*a.SignedOn)
		}
		if err := json.Unmarshal(a.PassedOver, &n.PassedOver); err != nil {
			return wire.AwardList{}, err
		}
		out.Items = append(out.Items, n)
	}
	return out, nil
}

func (s *server) terminate(ctx context.Context, in *lotIn, body *wire.Terminate) (LotState, error) {
	return stood(s.tender.Terminate(ctx, exchangeOf(ctx).command, in.Lot, tender.Ground(body.Ground), body.Words))
}
