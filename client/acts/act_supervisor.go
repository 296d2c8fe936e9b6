package acts

import (
	"context"
	"errors"

	"baohan/client"
	"baohan/guarantee/letter"
)

var (
	_ = register("decide-incident", decideIncident)
	_ = register("close-incident", closeIncident)
)

// decideIncident signs the supervisor's decision of an incident as it stands: incident; decision, accept or dismiss; words;
// letter, the ids of those that it is about (accept: at least one; dismiss: all that were shown). Before it accepts, the
// SDK checks every copy itself.
func decideIncident(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, decision, words, letters := f.id("incident"), f.needed("decision"), f.text("words", 5, 2000), f.ids("letter")
	if f.err == nil && decision != letter.DecisionAccept && decision != letter.DecisionDismiss {
		f.fault("decision", "请选择认可或者不予认可")
	}
	if f.err == nil && decision == letter.DecisionAccept && len(letters) == 0 {
		f.fault("letter", "请至少选择一份认可的保函")
	}
	if f.err != nil {
		return Result{}, f.err
	}
	s, err := d.staff(ctx)
	if err != nil {
		return Result{}, err
	}
	in, err := s.Incident(ctx, id)
	if err != nil {
		return Result{}, err
	}
	if decision == letter.DecisionDismiss {
		letters = nil
	}
	d.tell(0, 0, "正在逐份核验副本")
	if _, err := s.DecideIncident(ctx, in, decision, flat(words), letters); err != nil {
		if errors.Is(err, client.ErrCopy) {
			return Result{}, spoken("有副本经本机核验不成立，没有签名。请下载副本核对，只认可成立的保函，或者不予认可。（" + err.Error() + "）")
		}
		return Result{}, err
	}
	return Result{ID: id, Says: "认定已经签署并登记。"}, nil
}

// closeIncident signs the closing by hand: incident, reason.
func closeIncident(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, reason := f.id("incident"), f.text("reason", 5, 2000)
	if f.err != nil {
		return Result{}, f.err
	}
	s, err := d.staff(ctx)
	if err != nil {
		return Result{}, err
	}
	in, err := s.Incident(ctx, id)
	if err != nil {
		return Result{}, err
	}
	if _, err := s.CloseIncident(ctx, in, flat(reason)); err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: "结案已经签署并登记。"}, nil
}
