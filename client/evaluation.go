package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// Evaluation begins the committee's result of a lot (评标结果): it names the lot as its notice stands, the newest verification
// sheet, which it checks, and the edition that comes next. The committee's word on every letter of the doubtful list, on
// every bid and on the candidates is to be filled in; Note too, when it corrects an edition.
func (s *BidSystem) Evaluation(ctx context.Context, lot wire.Lot) (letter.Evaluation, letter.Sheet, error) {
	if lot.Requirement == nil || lot.Requirement.Digest() != lot.RequirementDigest {
		return letter.Evaluation{}, letter.Sheet{}, errors.New("client: the notice's requirement does not match its digest")
	}
	var sheet wire.Sheet
	if err := s.get(ctx, "/lots/"+url.PathEscape(lot.ID)+"/sheet", &sheet); err != nil {
		return letter.Evaluation{}, letter.Sheet{}, err
	}
	signed, report := letter.VerifySheet(sheet.Signed, s.Trust, letter.Centre(s.me.Party.USCC))
	if !report.OK || signed.Sheet.Lot != lot.Requirement.Lot {
		return letter.Evaluation{}, letter.Sheet{}, errors.New("client: the verification sheet does not hold: " + doubts(report))
	}
	e := letter.Evaluation{Version: 1, Edition: 1, Lot: lot.Requirement.Lot, Requirement: lot.RequirementDigest,
		Sheet: letter.SheetDigest(sheet.Signed), Letters: []letter.LetterFinding{}, Bids: []letter.BidVerdict{}, Candidates: []letter.Candidate{}, At: s.at()}
	var last wire.Evaluation
	err := s.get(ctx, evaluationPath(lot.ID, 0), &last)
	if p, refused := Refused(err); refused && p.Status == http.StatusNotFound {
		return e, signed.Sheet, nil
	}
	e.Edition, e.Previous = last.Edition+1, letter.EvaluationDigest(last.Signed)
	return e, signed.Sheet, err
}

// HandInEvaluation signs a result and hands it in. On ErrUnknown do the same again: the same result is answered the same,
// and another one never takes the place of an edition.
func (s *BidSystem) HandInEvaluation(ctx context.Context, lot string, e letter.Evaluation) (wire.EvaluationTaken, error) {
	content, err := e.Canonical()
	paper, err := s.me.paper(ctx, content, err, s.at())
	if err != nil {
		return wire.EvaluationTaken{}, err
	}
	var answer wire.EvaluationTaken
	if err := s.post(ctx, "/lots/"+url.PathEscape(lot)+"/evaluation", keyOf("evaluation", paper), wire.HandInEvaluation{Evaluation: paper}, &answer); err != nil {
		return wire.EvaluationTaken{}, err
	}
	if answer.Lot != lot || answer.Edition != e.Edition {
		return answer, unknown{errors.New("client: the answer is about another result")}
	}
	return answer, nil
}
