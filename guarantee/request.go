package guarantee

import (
	"context"
	"slices"
	"unicode/utf8"

	"baohan/guarantee/letter"
	"baohan/party"
)

// DocumentRequest is what a guarantor asks of the beneficiary.
type DocumentRequest struct {
	Documents []letter.DocumentKind
	Words     string // what is missing, or wrong, of each
}

// RequestDocuments asks the beneficiary to complete its demand. Under a policy and an accessory guarantee everything is
// asked for at once, and once only (保险法 art. 22; the accessory wording: 一次性书面列明全部缺项): the clocks stand until
// it arrives (保险法司法解释（二） art. 15) and go on with what was left. Under an independent letter the request is a
// courtesy and stops nothing: whoever asks and then lets its days pass is precluded all the same.
func (d *Desk) RequestDocuments(ctx context.Context, cmd party.Command, id string, r DocumentRequest) (Answer, error) {
	return d.demandChange(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		if err := r.check(); err != nil {
			return err
		}
		if t.g.Form == letter.FormIndependent {
			return request(t, "request", r)
		}
		return requestAndWait(ctx, t, r)
	})
}

func (r DocumentRequest) check() error {
	for _, k := range r.Documents {
		if err := k.Check(); err != nil {
			return refuse("request", err)
		}
	}
	if n := utf8.RuneCountInString(r.Words); len(r.Documents) == 0 || len(r.Documents) > 20 || n < 2 || n > 1000 {
		return party.Invalid("demand.request", "documents", "请列明全部需要补充的单据并逐项说明（1000 字以内）")
	}
	return nil
}

func request(t *turn, verb Verb, r DocumentRequest) error {
	if err := t.demand.move(verb); err != nil {
		return err
	}
	for _, k := range kindsOf(r.Documents) {
		if !slices.Contains(t.demand.Missing, k) {
			t.demand.Missing = append(t.demand.Missing, k)
		}
	}
	t.demand.RequestedAt = &t.now
	t.happened(EventDemandRequested, map[string]any{"documents": r.Documents, "words": r.Words})
	return nil
}

func requestAndWait(ctx context.Context, t *turn, r DocumentRequest) error {
	dm := t.demand
	if dm.RequestedAt != nil {
		return party.Conflict("demand.requested_once", "补充资料只能一次性通知（保险法第二十二条及保函条款），本笔索赔已经通知过；请根据已有资料作出决定")
	}
	from := dm.State
	if err := request(t, "request_and_wait", r); err != nil {
		return err
	}
	if from == Incomplete {
		return nil // the clocks stand already
	}
	dm.ExamineBy = nil // known again when they go on
	_, err := t.pause(ctx, Pause{Why: PauseDocuments, FromState: from, BeganAt: t.now})
	return err
}
