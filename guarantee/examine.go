package guarantee

import (
	"context"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// Discrepancy is one reason why a presentation does not comply (URDG 758 art. 24(d): one notice, each discrepancy).
type Discrepancy struct {
	ID        string `json:"id"` // the clause or document it is about
	Narrative string `json:"narrative"`
}

// DemandDecision is the guarantor's.
type DemandDecision struct {
	Complying     bool
	Discrepancies []Discrepancy // every one, when not complying
}

// demandChange is change for the guarantor of a demand.
func (d *Desk) demandChange(ctx context.Context, cmd party.Command, id string, rule func(context.Context, *turn) error) (Answer, error) {
	dm, err := readDemand(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, dm.Guarantee, func(ctx context.Context, t *turn) error {
		if t.g.of(t.actor) != nil {
			return ErrDemandNotFound
		}
		if t.demand, err = readDemand(ctx, t.tx, id); err != nil {
			return err
		}
		if err := rule(ctx, t); err != nil {
			return err
		}
		return updateDemand(ctx, t.tx, t.demand)
	})
}

// settled closes a demand: from here on it no longer holds the guarantee.
func (t *turn) settled() { t.g.OpenDemands-- }

// DecideDemand takes the guarantor's examination result. A refusal names every discrepancy, at once, and not after
// the last day of the examination where the wording says so: whoever is late there may no longer say that the demand does
// not comply (URDG 758 art. 24(e)–(f)). The platform gives the notice with the decision, reasons and all, so that an
// insurer's three days for it (保险法 art. 24) are kept by deciding here.
func (d *Desk) DecideDemand(ctx context.Context, cmd party.Command, id string, dec DemandDecision) (Answer, error) {
	return d.demandChange(ctx, cmd, id, func(ctx context.Context, t *turn) error {
		if dec.Complying {
			return d.comply(ctx, t)
		}
		return reject(t, "reject", dec.Discrepancies)
	})
}

func (d *Desk) comply(ctx context.Context, t *turn) (err error) {
	dm := t.demand
	if err := dm.move("comply"); err != nil {
		return err
	}
	if dm.TwoPeople, err = d.twoPeople(ctx, t); err != nil {
		return err
	}
	dm.DecidedAt, dm.DecidedBy = &t.now, fingerprint(t.actor)
	t.happened(EventDemandComplying, nil)
	return nil
}

// precluded refuses a refusal that comes after the last instant of the examination, to the microsecond.
func precluded(t *turn) error {
	w, err := letter.WordingOf(letter.WordingRef{ID: t.g.Wording, Version: t.g.WordingVersion})
	if err != nil {
		return err
	}
	if by := t.demand.ExamineBy; by != nil && w.Precludes() && t.demand.State == Examining && t.now.After(calendar.DateOf(*by).EndOfDay()) {
		return party.TooLate("demand.precluded", "审查期限已过，不得再主张单据不符（见保函条款）；请按相符索赔付款")
	}
	return nil
}

func reject(t *turn, verb Verb, discrepancies []Discrepancy) error {
	if len(discrepancies) == 0 {
		return party.Invalid("demand.discrepancies", "discrepancies", "拒付须一次性列明全部不符点；请逐条填写后重发")
	}
	for _, x := range discrepancies {
		if x.ID == "" || x.Narrative == "" {
			return party.Invalid("demand.discrepancies", "discrepancies", "每个不符点须写明所涉条款或单据及说明")
		}
	}
	if verb == "reject" {
		if err := precluded(t); err != nil {
			return err
		}
	}
	if err := t.demand.move(verb); err != nil {
		return err
	}
	b, err := json.Marshal(discrepancies)
	if err != nil {
		return err
	}
	t.demand.Discrepancies, t.demand.DecidedAt, t.demand.DecidedBy = b, &t.now, fingerprint(t.actor)
	t.settled()
	t.happened(EventDemandRejected, map[string]any{"discrepancies": discrepancies})
	return nil
}
