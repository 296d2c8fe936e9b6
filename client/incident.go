package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// ErrCopy says that a copy which a bidder showed does not prove what it is to prove; nothing was signed.
var ErrCopy = errors.New("client: the copy does not hold")

// ReportIncident reports an emergency at a lot that is closed or opened. The centre does.
func (s *Staff) ReportIncident(ctx context.Context, lot string, cause letter.Cause, words string) (wire.IncidentState, error) {
	in := wire.ReportIncident{Cause: cause, Words: words}
	var out wire.IncidentState
	return out, s.post(ctx, "/lots/"+url.PathEscape(lot)+"/incidents", "incident-"+newID(), in, &out)
}

// AddEvidence keeps a file with an incident that is not decided. The same file again changes nothing.
func (s *Staff) AddEvidence(ctx context.Context, incident, name string, content []byte) (wire.IncidentState, error) {
	var out wire.IncidentState
	return out, s.post(ctx, incidentPath(incident, "/evidence"), keyOf("evidence", append([]byte(incident+name), content...)),
		wire.AddEvidence{Name: name, Content: content}, &out)
}

// WithdrawIncident takes a report back, as long as nobody has decided.
func (s *Staff) WithdrawIncident(ctx context.Context, incident string) (wire.IncidentState, error) {
	var out wire.IncidentState
	return out, s.post(ctx, incidentPath(incident, "/withdraw"), "withdraw-"+incident, struct{}{}, &out)
}

// Incidents lists a lot's incidents, the latest first, as far as they are this party's to see.
func (p *person) Incidents(ctx context.Context, lot string) ([]wire.Incident, error) {
	var list wire.IncidentList
	return list.Items, p.get(ctx, "/lots/"+url.PathEscape(lot)+"/incidents", &list)
}

// Incident reads one.
func (p *person) Incident(ctx context.Context, id string) (wire.Incident, error) {
	var in wire.Incident
	return in, p.get(ctx, incidentPath(id, ""), &in)
}

// Evidence reads one file of an incident and holds it against the digest that a decision names.
func (p *person) Evidence(ctx context.Context, incident string, digest signing.Digest) (wire.EvidenceFile, error) {
	var f wire.EvidenceFile
	if err := p.get(ctx, incidentPath(incident, "/evidence?digest="+digest.String()), &f); err != nil {
		return f, err
	}
	if signing.Sum(f.Content) != digest {
		return f, errors.New("client: the evidence is not the file of that digest")
	}
	return f, nil
}

// PresentedCopy reads the copy of a letter as its bidder showed it.
func (p *person) PresentedCopy(ctx context.Context, incident, of string) ([]byte, error) {
	var f wire.CopyFile
	return f.File, p.get(ctx, incidentPath(incident, "/copy?letter="+url.QueryEscape(of)), &f)
}

// DecideIncident signs and sends the supervisor's decision of an incident as it was read: on all its evidence, about the
// letters named (nil: all that were shown). Before it signs an acceptance it checks each copy itself, from the bytes up:
// the platform's word is not needed for that.
func (s *Staff) DecideIncident(ctx context.Context, in wire.Incident, decision, words string, letters []string) (wire.IncidentState, error) {
	d := letter.IncidentDecision{Version: 1, Incident: in.ID, Project: in.Project, Lot: in.LotCode, Cause: in.Cause,
		Decision: decision, Words: words, At: s.at()}
	for _, e := range in.Evidence {
		d.Evidence = append(d.Evidence, e.Digest)
	}
	for _, x := range in.Letters {
		if letters != nil && !slices.Contains(letters, x.ID) {
			continue
		}
		if decision == letter.DecisionAccept {
			if err := s.checkCopy(ctx, in, x); err != nil {
				return wire.IncidentState{}, err
			}
		}
		d.Letters = append(d.Letters, letter.IncidentLetter{ID: x.ID, File: x.File})
	}
	if len(letters) > len(d.Letters) {
		return wire.IncidentState{}, fmt.Errorf("%w: not every letter named was shown in this incident", ErrCopy)
	}
	content, err := d.Canonical()
	paper, err := s.me.paper(ctx, content, err, s.at())
	if err != nil {
		return wire.IncidentState{}, err
	}
	var out wire.IncidentState
	return out, s.post(ctx, incidentPath(in.ID, "/decision"), keyOf("decide", paper), wire.DecideIncident{Decision: paper}, &out)
}

// checkCopy holds a copy against its digest, against itself, and against the lot: accepted by the platform before the
// deadline, by the platform's own receipt.
func (s *Staff) checkCopy(ctx context.Context, in wire.Incident, x wire.PresentedLetter) error {
	b, err := s.PresentedCopy(ctx, in.ID, x.ID)
	if err != nil {
		return err
	}
	if signing.Sum(b) != x.File {
		return fmt.Errorf("%w: %s is not the file of its digest", ErrCopy, x.ID)
	}
	lot, err := s.Lot(ctx, in.Lot)
	if err != nil {
		return err
	}
	if r := letter.VerifyFile(b, s.Trust, letter.Platform(s.USCC), letter.Deadline(lot.Deadline)); !r.OK {
		return fmt.Errorf("%w: %s: %s", ErrCopy, x.ID, doubts(r))
	}
	f, err := letter.ParseFile(b)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCopy, err)
	}
	of := f.Reveal.Lot
	if f.Undertaking.Application.Application != x.ID || of.Project != in.Project || of.Code != in.LotCode {
		return fmt.Errorf("%w: %s is a letter of another lot", ErrCopy, x.ID)
	}
	return nil
}

// doubts are the words of the lines that do not hold.
func doubts(r letter.Report) string {
	var all []string
	for _, l := range r.Lines {
		if l.Result == letter.ResultDoubtful {
			all = append(all, l.Title()+"："+l.Words)
		}
	}
	return strings.Join(all, "；")
}

// CloseIncident signs and sends the supervisor's closing by hand, where the platform can no longer verify the letters.
func (s *Staff) CloseIncident(ctx context.Context, in wire.Incident, reason string) (wire.IncidentState, error) {
	content, err := letter.IncidentClosing{Version: 1, Incident: in.ID, Project: in.Project, Lot: in.LotCode, Reason: reason, At: s.at()}.Canonical()
	paper, err := s.me.paper(ctx, content, err, s.at())
	if err != nil {
		return wire.IncidentState{}, err
	}
	var out wire.IncidentState
	return out, s.post(ctx, incidentPath(in.ID, "/close"), keyOf("close", paper), wire.CloseIncident{Closing: paper}, &out)
}

// PresentCopy (应急) shows the bidder's own copy of its letter, where the opening could not open it: it proves by the
// platform's own receipt that the letter was there before the deadline. The same copy again gets the same answer.
func (b *Bidder) PresentCopy(ctx context.Context, lot string, file []byte) (wire.IncidentState, error) {
	var out wire.IncidentState
	return out, b.post(ctx, "/lots/"+url.PathEscape(lot)+"/copies", "copy-"+newID(), wire.PresentCopy{File: file}, &out)
}

// KeptLetter is the copy of a letter that Letter or Check kept on this side: it is there when no service answers.
func (b *Bidder) KeptLetter(ctx context.Context, id string) ([]byte, error) {
	return b.kept(ctx, id+".letter")
}

func incidentPath(id, more string) string { return "/incidents/" + url.PathEscape(id) + more }
