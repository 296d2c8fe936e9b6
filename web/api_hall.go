package web

import (
	"context"
	"reflect"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/signing"
	"baohan/tender"
)

func hallRulesIn(r *wire.HallRules) *tender.HallRules {
	if r == nil {
		return nil
	}
	return &tender.HallRules{Decrypt: r.Decrypt, Objection: r.Objection, Sign: r.Sign}
}

func hallRulesOut(r *tender.HallRules) *wire.HallRules {
	if r == nil {
		return nil
	}
	return &wire.HallRules{Decrypt: r.Decrypt, Objection: r.Objection, Sign: r.Sign}
}

func hallStood(a tender.HallAnswer, err error) (wire.HallState, error) {
	return wire.HallState{Lot: a.Lot, Stage: string(a.Stage), Version: a.Version, Seq: a.Seq, At: local(a.At)}, err
}

// attend signs a bidder in. Until the opening is published it writes nothing, so its key is kept nowhere: the same request
// again is answered anew.
func (s *server) attend(ctx context.Context, in *lotIn, body *wire.Attend) (wire.SignedIn, error) {
	a, err := s.tender.SignIn(ctx, exchangeOf(ctx).actor, in.Lot, body.Statement)
	return wire.SignedIn{At: local(a.At), Statement: a.Statement, Recorded: a.Recorded}, err
}

func (s *server) orderDecryption(ctx context.Context, in *lotIn, _ *nothing) (wire.HallState, error) {
	return hallStood(s.tender.OrderDecryption(ctx, exchangeOf(ctx).command, in.Lot))
}

func (s *server) offer(ctx context.Context, in *object) (wire.BidOffer, error) {
	b, err := s.tender.Offer(ctx, exchangeOf(ctx).actor, in.ID)
	return wire.BidOffer{Offer: b}, err
}

func (s *server) handInForm(ctx context.Context, in *object, body *wire.HandInForm) (wire.HallState, error) {
	return hallStood(s.tender.HandInForm(ctx, exchangeOf(ctx).command, in.ID, body.Form))
}

func (s *server) pauseHall(ctx context.Context, in *lotIn, body *wire.HallReason) (wire.HallState, error) {
	return hallStood(s.tender.Pause(ctx, exchangeOf(ctx).command, in.Lot, body.Reason))
}

func (s *server) resumeHall(ctx context.Context, in *lotIn, body *wire.HallReason) (wire.HallState, error) {
	return hallStood(s.tender.Resume(ctx, exchangeOf(ctx).command, in.Lot, body.Reason))
}

func (s *server) askExtension(ctx context.Context, in *lotIn, body *wire.AskExtension) (wire.HallState, error) {
	return hallStood(s.tender.AskExtension(ctx, exchangeOf(ctx).command, in.Lot, body.Minutes, body.Reason))
}

func (s *server) consentExtension(ctx context.Context, in *lotIn, body *wire.HallConsent) (wire.HallState, error) {
	return hallStood(s.tender.ConsentExtension(ctx, exchangeOf(ctx).command, in.Lot, body.Extension))
}

func (s *server) attribute(ctx context.Context, in *lotIn, body *wire.Attribute) (wire.HallState, error) {
	return hallStood(s.tender.Attribute(ctx, exchangeOf(ctx).command, in.Lot,
		tender.NewAttribution{Bid: body.Bid, Cause: tender.Cause(body.Cause), Evidence: body.Evidence, Digest: body.Digest}))
}

func (s *server) confirmAttribution(ctx context.Context, in *lotIn, body *wire.ConfirmAttribution) (wire.HallState, error) {
	return hallStood(s.tender.ConfirmAttribution(ctx, exchangeOf(ctx).command, in.Lot, body.Attribution))
}

func (s *server) readOut(ctx context.Context, in *lotIn, _ *nothing) (wire.HallState, error) {
	return hallStood(s.tender.ReadOut(ctx, exchangeOf(ctx).command, in.Lot))
}

func (s *server) confirmLine(ctx context.Context, in *lotIn, _ *nothing) (wire.HallState, error) {
	return hallStood(s.tender.ConfirmLine(ctx, exchangeOf(ctx).command, in.Lot))
}

func (s *server) objectInHall(ctx context.Context, in *lotIn, body *wire.HallText) (wire.HallState, error) {
	return hallStood(s.tender.ObjectInHall(ctx, exchangeOf(ctx).command, in.Lot, body.Text))
}

func (s *server) answerInHall(ctx context.Context, in *lotIn, body *wire.HallReply) (wire.HallState, error) {
	return hallStood(s.tender.AnswerInHall(ctx, exchangeOf(ctx).command, in.Lot, body.Objection, body.Text))
}

func (s *server) makeRecord(ctx context.Context, in *lotIn, body *wire.MakeRecord) (wire.HallState, error) {
	return hallStood(s.tender.MakeRecord(ctx, exchangeOf(ctx).command, in.Lot, body.Note))
}

func (s *server) signRecord(ctx context.Context, in *lotIn, body *wire.SignRecord) (wire.HallState, error) {
	return hallStood(s.tender.SignRecord(ctx, exchangeOf(ctx).command, in.Lot, body.Record))
}

func (s *server) record(ctx context.Context, in *edition) (wire.HallRecord, error) {
	r, err := s.tender.OpeningRecord(ctx, exchangeOf(ctx).actor, in.Lot, in.Edition)
	out := wire.HallRecord{Lot: in.Lot, Edition: r.Edition, Newest: r.Newest, Digest: r.Digest, Content: r.Content, At: local(r.At),
		Signatures: make([]wire.HallSignedLine, 0, len(r.Signatures))}
	for _, x := range r.Signatures {
		out.Signatures = append(out.Signatures, wire.HallSignedLine{Signer: x.Signer, Host: x.Host, Signed: x.Signed, At: local(x.At)})
	}
	return out, err
}

// hallEvents registers the stream of a session. Whoever has no place in it is answered as if there were none.
func (s *server) hallEvents() {
	s.eventStream("watch-hall", "/lots/{lot}/hall/events", "不见面开标会的事件（server-sent events）",
		"事件流。每个事件的 id 为 seq（连续，无缺号），event 为 kind，data 为下列 JSON；每 15 秒一行注释，表示连接还在", reflect.TypeFor[wire.HallEvent](),
		func(context.Context, *watching) (channel, error) {
			return channel{"hall", s.hub.HallBeat, s.readHallEvents}, nil
		})
}

func (s *server) readHallEvents(ctx context.Context, lot string, after int64) (b bulletin, err error) {
	all, err := s.tender.HallEvents(ctx, lot, after)
	if err != nil {
		return b, err
	}
	for _, e := range all {
		data, err := json.Marshal(wire.HallEvent{Seq: e.Seq, Kind: string(e.Kind), Words: e.Kind.Words(), At: local(e.At), Actor: e.Actor,
			Data: e.Data, Final: e.Final()}, json.Deterministic(true))
		if err != nil {
			return b, err
		}
		b.news = append(b.news, told{e.Seq, string(e.Kind), data, e.Final()})
	}
	return b, nil
}

// hall is the whole state of a session.
func (s *server) hall(ctx context.Context, in *lotIn) (wire.Hall, error) {
	v, err := s.tender.HallOf(ctx, exchangeOf(ctx).actor, in.Lot)
	if err != nil {
		return wire.Hall{}, err
	}
	out := wire.Hall{Lot: v.Lot, Stage: string(v.Stage), Words: v.Stage.Words(), Version: v.Version, Rules: *hallRulesOut(&v.Rules), Now: local(v.Now),
		Deadline: since(v.Deadline), RemainingUS: v.Remaining.Microseconds(), PausedIn: string(v.PausedIn), BegunAt: local(v.BegunAt),
		DecryptFrom: since(v.DecryptFrom), DecryptUntil: since(v.DecryptUntil), ReadAt: since(v.ReadAt), EndedAt: since(v.EndedAt), Own: v.Own,
		Bids: make([]wire.HallBid, 0, len(v.Bids)), Objections: make([]wire.HallObjection, 0, len(v.Objections)),
		Attributions: make([]wire.HallAttribution, 0, len(v.Attributions)), Attendance: make([]wire.HallAttendance, 0, len(v.Attendance))}
	for _, b := range v.Bids {
		out.Bids = append(out.Bids, wire.HallBid{Bid: b.Bid, Bidders: b.Bidders, Letter: b.Letter, Result: b.Result, State: string(b.State),
			Failure: b.Failure, DecryptedAt: since(b.DecryptedAt), Terms: b.Terms, ConfirmedAt: since(b.ConfirmedAt)})
	}
	for _, o := range v.Objections {
		out.Objections = append(out.Objections, wire.HallObjection{Seq: o.Seq, Bidder: o.Bidder, Text: o.Said, At: local(o.At), Refused: o.Refused,
			Answer: value(o.Answer), AnsweredAt: since(o.AnsweredAt)})
	}
	for _, a := range v.Attributions {
		out.Attributions = append(out.Attributions, attributionOf(a))
	}
	if x := v.Extension; x != nil {
		out.Extension = &wire.HallExtension{Seq: x.Seq, Minutes: x.Minutes, Reason: x.Reason, AskedAt: local(x.AskedAt)}
	}
	for _, a := range v.Attendance {
		out.Attendance = append(out.Attendance, wire.HallAttendance{Bidder: a.Bidder, At: local(a.At)})
	}
	if r := v.Record; r != nil {
		out.Record = &wire.HallRecordHead{Edition: r.Edition, Digest: r.Digest, At: local(r.At), Signed: append([]string{}, r.Signed...)}
	}
	return out, nil
}

func attributionOf(a tender.Attribution) wire.HallAttribution {
	out := wire.HallAttribution{Seq: a.Seq, Bid: a.Bid, Cause: string(a.Cause), Evidence: a.Evidence, Previous: value(a.Previous), SaidAt: local(a.SaidAt),
		ConfirmedBy: value(a.ConfirmedBy), ConfirmedAt: since(a.ConfirmedAt)}
	if len(a.Digest) == len(signing.Digest{}) {
		out.Digest = signing.Digest(a.Digest)
	}
	return out
}

// since is an instant that may not have come.
func since(t *time.Time) time.Time { return local(value(t)) }
