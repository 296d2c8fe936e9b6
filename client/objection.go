package client

import (
	"context"
	"fmt"
	"net/url"

	"baohan/client/wire"
)

// Object raises an objection (异议; 质疑 under 政府采购) to the result of a lot. Interest says why this organisation is
// concerned when it did not bid. The same words again are the same objection: one that
// was withdrawn is raised again in other words.
func (b *Bidder) Object(ctx context.Context, lot, words, interest string) (wire.ObjectionState, error) {
	in := wire.FileObjection{Words: words, Interest: interest}
	var out wire.ObjectionState
	return out, b.post(ctx, "/lots/"+url.PathEscape(lot)+"/objections", keyOf("object", []byte(lot+"\n"+words+"\n"+interest)), in, &out)
}

// WithdrawObjection takes an objection back before it is answered.
func (b *Bidder) WithdrawObjection(ctx context.Context, id string) (wire.ObjectionState, error) {
	var out wire.ObjectionState
	return out, b.post(ctx, "/objections/"+url.PathEscape(id)+"/withdraw", "withdraw-"+id, struct{}{}, &out)
}

// AnswerObjection answers one, by who runs the tender.
func (s *Staff) AnswerObjection(ctx context.Context, id string, in wire.AnswerObjection) (wire.ObjectionState, error) {
	body, err := wire.Write(in)
	if err != nil {
		return wire.ObjectionState{}, err
	}
	var out wire.ObjectionState
	return out, s.post(ctx, "/objections/"+url.PathEscape(id)+"/answer", keyOf("answer", append([]byte(id), body...)), in, &out)
}

// Objections lists those of a lot, oldest first, with as much of each as this party may read.
func (p *person) Objections(ctx context.Context, lot string) ([]wire.Objection, error) {
	var list wire.ObjectionList
	return list.Items, p.get(ctx, "/lots/"+url.PathEscape(lot)+"/objections", &list)
}

// Candidates reads the candidates' notices (公示) of a lot, the newest first.
func (p *person) Candidates(ctx context.Context, lot string) ([]wire.CandidateNotice, error) {
	var list wire.CandidateNotices
	return list.Items, p.get(ctx, "/lots/"+url.PathEscape(lot)+"/candidates", &list)
}

// Awards reads the notices of award (中标公告) of a lot, in their order.
func (p *person) Awards(ctx context.Context, lot string) ([]wire.AwardNotice, error) {
	var list wire.AwardList
	return list.Items, p.get(ctx, "/lots/"+url.PathEscape(lot)+"/awards", &list)
}

// Evaluation reads an edition of the committee's signed result; 0 is the newest that this party may read.
func (p *person) Evaluation(ctx context.Context, lot string, edition int) (wire.Evaluation, error) {
	var e wire.Evaluation
	return e, p.get(ctx, evaluationPath(lot, edition), &e)
}

func evaluationPath(lot string, edition int) string {
	path := "/lots/" + url.PathEscape(lot) + "/evaluation"
	if edition > 0 {
		path += fmt.Sprintf("?edition=%d", edition)
	}
	return path
}
