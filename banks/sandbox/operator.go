package sandbox

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

var errNoDiscrepancy = errors.New("sandbox: a refusal without a discrepancy")

// Queue is what waits for a person: applications to decide, demands to rule on, and what has stopped.
type Queue struct {
	Behaviour    Behaviour     `json:"behaviour"`
	Applications []Underwriter `json:"applications"`
	Demands      []Examiner    `json:"demands"`
	Stuck        []Stopped     `json:"stuck"`
}

// Underwriter is one application to decide.
type Underwriter struct {
	Application string         `json:"application"`
	Applicants  []letter.Party `json:"applicants"`
	Ceiling     letter.Fen     `json:"ceiling"`
	Fee         letter.Fen     `json:"fee"`
	Mode        letter.Mode    `json:"mode"`
}

// Examiner is one demand to rule on, with what the machine found.
type Examiner struct {
	Guarantee     string             `json:"guarantee"`
	Demand        string             `json:"demand"`
	Amount        letter.Fen         `json:"amount"`
	ExamineBy     string             `json:"examine_by,omitzero"`
	Discrepancies []wire.Discrepancy `json:"discrepancies"`
	ExtendTo      calendar.Date      `json:"extend_to,omitzero"` // would be taken instead of payment
}

// Stopped is a file on which the platform refused something, or said what does not hold.
type Stopped struct {
	Guarantee string `json:"guarantee"`
	Step      string `json:"step"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
}

func (b *Bank) queue(w http.ResponseWriter, _ *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := Queue{Behaviour: b.book.mode, Applications: []Underwriter{}, Demands: []Examiner{}, Stuck: []Stopped{}}
	for _, id := range b.book.order {
		f := b.book.files[id]
		if f.Exam != nil && f.Decision == nil && f.End == "" && f.Purchase == nil {
			a := f.Exam.Application
			q.Applications = append(q.Applications, Underwriter{id, a.Applicants, a.Ceiling, a.Fee, a.Mode})
		}
		q.stopped(id, f.Stuck)
		for _, c := range f.Claims {
			q.stopped(id, c.Stuck)
			if c.Found != nil && c.Ruling == nil && !c.Withdraw {
				q.Demands = append(q.Demands, Examiner{id, c.ID, c.Found.Amount, cmp.Or(c.Moved, c.Found.ExamineBy), c.Found.Discrepancies, c.Found.ExtendTo})
			}
		}
	}
	say(w, http.StatusOK, q)
}

func (q *Queue) stopped(id string, at map[step]problem) {
	for _, s := range slices.Sorted(maps.Keys(at)) {
		q.Stuck = append(q.Stuck, Stopped{id, string(s), at[s].Code, at[s].Detail})
	}
}

func (b *Bank) books(w http.ResponseWriter, _ *http.Request) {
	say(w, http.StatusOK, wire.BookPage{Items: b.Books()})
}

func (b *Bank) agreement(w http.ResponseWriter, r *http.Request) {
	found, err := b.Agree(r.Context())
	if err != nil {
		no(w, http.StatusBadGateway, "agreement.unreachable", "平台没有答复；请稍后再核对")
		return
	}
	say(w, http.StatusOK, struct {
		Items []client.Difference `json:"items"`
	}{append([]client.Difference{}, found...)})
}

func (b *Bank) behave(w http.ResponseWriter, r *http.Request) {
	how, ok := hear[Behaviour](w, r)
	if !ok {
		return
	}
	if err := b.Behave(how); err != nil {
		no(w, http.StatusUnprocessableEntity, "behaviour.unknown", "没有这种行为；请核对 decision 和 fault")
		return
	}
	say(w, http.StatusOK, how)
}

// approve takes a fee of the operator's choice; without one, the quoted fee.
func (b *Bank) approve(w http.ResponseWriter, r *http.Request) {
	in, ok := hear[struct {
		Fee letter.Fen `json:"fee"`
	}](w, r)
	if !ok {
		return
	}
	b.decideBy(w, r.PathValue("id"), func(f *file) wire.Decision {
		if in.Fee == 0 {
			in.Fee = f.Exam.Application.Fee
		}
		return wire.Decision{Approve: true, Fee: in.Fee}
	})
}

func (b *Bank) decline(w http.ResponseWriter, r *http.Request) {
	in, ok := hear[struct {
		Reason string `json:"reason"`
	}](w, r)
	if !ok {
		return
	}
	if in.Reason == "" {
		no(w, http.StatusUnprocessableEntity, "decision.reason", "请填写不予承保的理由")
		return
	}
	b.decideBy(w, r.PathValue("id"), func(*file) wire.Decision { return wire.Decision{Reason: in.Reason} })
}

func (b *Bank) decideBy(w http.ResponseWriter, id string, decide func(*file) wire.Decision) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, known := b.book.files[id]
	if !known || f.Exam == nil || f.Decision != nil || f.End != "" || f.Purchase != nil || f.Exam.Reason != "" {
		no(w, http.StatusConflict, "application.not_waiting", "该申请不在待审队列；请刷新队列")
		return
	}
	d := decide(f)
	if err := b.note(decided, id, "", d); err != nil {
		no(w, http.StatusInternalServerError, "journal.failed", "没有记录下来；请重试")
		return
	}
	say(w, http.StatusOK, d)
}

// honour rules a demand complying. That it is paid, or held, follows from the ruling.
func (b *Bank) honour(w http.ResponseWriter, r *http.Request) {
	b.ruleBy(w, r.PathValue("id"), func(f *file, c *claim) error {
		return b.note(claimRuled, f.ID, c.ID, wire.DemandDecision{Complying: true})
	})
}

// reject refuses with every discrepancy at once: the operator's, or what the machine found.
func (b *Bank) reject(w http.ResponseWriter, r *http.Request) {
	in, ok := hear[wire.DemandDecision](w, r)
	if !ok {
		return
	}
	b.ruleBy(w, r.PathValue("id"), func(f *file, c *claim) error {
		all := append(c.Found.Discrepancies, in.Discrepancies...)
		if len(all) == 0 {
			return errNoDiscrepancy
		}
		return b.note(claimRuled, f.ID, c.ID, wire.DemandDecision{Discrepancies: all})
	})
}

func (b *Bank) ruleBy(w http.ResponseWriter, id string, rule func(*file, *claim) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, c, found := b.book.demand(id)
	if !found || c.Found == nil || c.Ruling != nil || c.Withdraw {
		no(w, http.StatusConflict, "demand.not_waiting", "该索赔不在待审队列；请刷新队列")
		return
	}
	switch err := rule(f, c); {
	case err == nil:
		say(w, http.StatusOK, struct{}{})
	case errors.Is(err, errNoDiscrepancy):
		no(w, http.StatusUnprocessableEntity, "demand.discrepancies", "拒付须列明不符点；请逐条填写")
	default:
		no(w, http.StatusInternalServerError, "journal.failed", "没有记录下来；请重试")
	}
}
