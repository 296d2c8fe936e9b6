package web

import (
	"context"

	"baohan/client/wire"
	"baohan/signing"
	"baohan/tender"
)

func incidentStood(a tender.Answer, err error) (wire.IncidentState, error) {
	return wire.IncidentState{ID: a.ID, Version: a.Version, State: a.State}, err
}

func (s *server) reportIncident(ctx context.Context, in *lotIn, body *wire.ReportIncident) (wire.IncidentState, error) {
	return incidentStood(s.tender.ReportIncident(ctx, exchangeOf(ctx).command, in.Lot, body.Cause, body.Words))
}

func (s *server) addEvidence(ctx context.Context, in *object, body *wire.AddEvidence) (wire.IncidentState, error) {
	return incidentStood(s.tender.AddEvidence(ctx, exchangeOf(ctx).command, in.ID, body.Name, body.Content))
}

// presentCopy takes a bidder's own copy into the incident of its lot that waits for a decision.
func (s *server) presentCopy(ctx context.Context, in *lotIn, body *wire.PresentCopy) (wire.IncidentState, error) {
	return incidentStood(s.tender.PresentCopy(ctx, exchangeOf(ctx).command, in.Lot, body.File))
}

func (s *server) withdrawIncident(ctx context.Context, in *object, _ *nothing) (wire.IncidentState, error) {
	return incidentStood(s.tender.WithdrawIncident(ctx, exchangeOf(ctx).command, in.ID))
}

func (s *server) decideIncident(ctx context.Context, in *object, body *wire.DecideIncident) (wire.IncidentState, error) {
	return incidentStood(s.tender.DecideIncident(ctx, exchangeOf(ctx).command, in.ID, body.Decision))
}

func (s *server) closeIncident(ctx context.Context, in *object, body *wire.CloseIncident) (wire.IncidentState, error) {
	return incidentStood(s.tender.CloseIncident(ctx, exchangeOf(ctx).command, in.ID, body.Closing))
}

func (s *server) incidents(ctx context.Context, in *lotIn) (wire.IncidentList, error) {
	all, err := s.tender.Incidents(ctx, exchangeOf(ctx).actor, in.Lot)
	out := wire.IncidentList{Items: make([]wire.Incident, 0, len(all))}
	for _, v := range all {
		out.Items = append(out.Items, incidentView(v))
	}
	return out, err
}

func (s *server) incident(ctx context.Context, in *object) (wire.Incident, error) {
	v, err := s.tender.Incident(ctx, exchangeOf(ctx).actor, in.ID)
	return incidentView(v), err
}

// evidenceIn names a file by the digest of its bytes.
type evidenceIn struct {
	ID     string `path:"id"`
	Digest string `query:"digest" required:"true" pattern:"^[0-9a-f]{64}$"`
}

func (s *server) evidence(ctx context.Context, in *evidenceIn) (wire.EvidenceFile, error) {
	var digest signing.Digest
	if err := digest.UnmarshalText([]byte(in.Digest)); err != nil {
		return wire.EvidenceFile{}, absent()
	}
	name, content, err := s.tender.EvidenceFile(ctx, exchangeOf(ctx).actor, in.ID, digest)
	return wire.EvidenceFile{Name: name, Content: content}, err
}

// copyIn names a copy by its guarantee.
type copyIn struct {
	ID     string `path:"id"`
	Letter string `query:"letter" required:"true" pattern:"^[0-9a-f]{32}$"`
}

func (s *server) incidentCopy(ctx context.Context, in *copyIn) (wire.CopyFile, error) {
	b, err := s.tender.CopyFile(ctx, exchangeOf(ctx).actor, in.ID, in.Letter)
	return wire.CopyFile{File: b}, err
}

func incidentView(v tender.IncidentView) wire.Incident {
	out := wire.Incident{ID: v.ID, Lot: v.Lot, Project: v.Project.Project, LotCode: v.Project.Code, State: string(v.State), Cause: v.Cause, Words: v.Words,
		Alarm: v.Alarm(), ReportedBy: v.ReportedBy, ReportedAt: local(v.ReportedAt), Decision: v.Decision, DecidedBy: value(v.DecidedBy),
		DecidedAt: local(value(v.DecidedAt)), CheckedAt: local(value(v.CheckedAt)), Closing: v.Closing, ClosedAt: local(value(v.ClosedAt)),
		Evidence: make([]wire.Evidence, 0, len(v.Evidence)), Letters: make([]wire.PresentedLetter, 0, len(v.Letters))}
	for _, e := range v.Evidence {
		out.Evidence = append(out.Evidence, wire.Evidence{Digest: e.Digest, Name: e.Name, Size: e.Size, AddedAt: local(e.AddedAt)})
	}
	for _, x := range v.Letters {
		out.Letters = append(out.Letters, presentedView(x))
	}
	for _, e := range v.Events {
		out.Events = append(out.Events, wire.IncidentEvent{Seq: e.Seq, Kind: e.Kind, At: local(e.At), Actor: e.Actor, Data: string(e.Data)})
	}
	return out
}

func presentedView(x tender.PresentedLetter) wire.PresentedLetter {
	return wire.PresentedLetter{ID: x.ID, File: x.File, Presenter: x.Presenter, PresentedAt: local(x.PresentedAt), Here: x.Here,
		Number: x.Summary.Number, Guarantor: x.Summary.Guarantor, Applicants: x.Summary.Applicants, Amount: x.Summary.Amount, Expiry: x.Summary.Expiry,
		Result: x.Result, Lines: lines(x.Lines), State: string(x.State), Moved: x.Moved, Why: x.Why, CheckedAt: local(value(x.CheckedAt))}
}

func emergencyView(v tender.EmergencyView) wire.Emergency {
	out := wire.Emergency{Letter: v.Letter, Incident: v.Incident, Cause: v.Cause, Accepted: v.Accepted, DecidedBy: v.DecidedBy,
		DecidedAt: local(v.DecidedAt), Decision: v.Decision}
	if v.Presented != nil {
		x := presentedView(*v.Presented)
		out.Presented = &x
	}
	return out
}
