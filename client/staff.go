package client

import (
	"context"
	"fmt"
	"net/url"

	"baohan/client/wire"
)

// Staff is whoever runs tenders or the platform itself: tenderer, agent, centre, supervisor, operator.
type Staff struct{ *person }

// NewStaff returns the client of one such person.
func NewStaff(p Platform, me Identity) (*Staff, error) {
	who, err := newPerson(p, me)
	if err != nil {
		return nil, err
	}
	return &Staff{who}, nil
}

// SignIn begins a session in role.
func (s *Staff) SignIn(ctx context.Context, role string) (wire.Actor, error) {
	return s.signIn(ctx, role)
}

// CreateProject registers a project.
func (s *Staff) CreateProject(ctx context.Context, in wire.CreateProject) (wire.Project, error) {
	var p wire.Project
	return p, s.post(ctx, "/projects", "project-"+newID(), in, &p)
}

// AddLot adds a lot to a project.
func (s *Staff) AddLot(ctx context.Context, project string, in wire.AddLot) (wire.Lot, error) {
	var lot wire.Lot
	return lot, s.post(ctx, "/projects/"+url.PathEscape(project)+"/lots", "lot-"+newID(), in, &lot)
}

// Redraft writes a draft anew, as a whole.
func (s *Staff) Redraft(ctx context.Context, lot string, in wire.AddLot) (wire.Lot, error) {
	var answer wire.Lot
	return answer, s.post(ctx, "/lots/"+url.PathEscape(lot)+"/draft", "draft-"+newID(), in, &answer)
}

// Publish freezes a lot's requirement and shows it to everyone.
func (s *Staff) Publish(ctx context.Context, lot string) (wire.Lot, error) {
	return s.onLot(ctx, lot, "publish", struct{}{})
}

// Postpone moves a lot's deadline, later only, on an order that centre and supervisor have both signed.
func (s *Staff) Postpone(ctx context.Context, lot string, order wire.Postpone) (wire.Lot, error) {
	return s.onLot(ctx, lot, "postpone", order)
}

// Open opens a lot after its deadline. It may be asked again after any failure and goes on where it stopped.
func (s *Staff) Open(ctx context.Context, lot string) (wire.Lot, error) {
	var answer wire.Lot
	return answer, s.post(ctx, "/lots/"+url.PathEscape(lot)+"/open", "open-"+newID(), struct{}{}, &answer)
}

// Award names the winner and the candidates.
func (s *Staff) Award(ctx context.Context, lot string, in wire.Award) (wire.Lot, error) {
	return s.onLot(ctx, lot, "award", in)
}

// Contract says when the written contract was signed.
func (s *Staff) Contract(ctx context.Context, lot string, in wire.Contract) (wire.Lot, error) {
	return s.onLot(ctx, lot, "contract", in)
}

// Refuse says that the winner did not conclude the contract (招标投标法实施条例74).
func (s *Staff) Refuse(ctx context.Context, lot string, in wire.Refuse) (wire.Lot, error) {
	return s.onLot(ctx, lot, "refuse", in)
}

// Announce publishes the candidates' notice (公示) of the newest result, for that many calendar days; 0 is three.
func (s *Staff) Announce(ctx context.Context, lot string, in wire.Announce) (wire.Lot, error) {
	evaluation, err := s.Evaluation(ctx, lot, 0)
	if err != nil {
		return wire.Lot{}, err
	}
	var answer wire.Lot // a corrected result has a notice of its own: another command
	what := fmt.Sprintf("%s %d %d", lot, evaluation.Edition, in.Days)
	return answer, s.post(ctx, "/lots/"+url.PathEscape(lot)+"/candidates", keyOf("announce", []byte(what)), in, &answer)
}

// Terminate calls a tender off, or says that it ends without an award.
func (s *Staff) Terminate(ctx context.Context, lot string, in wire.Terminate) (wire.Lot, error) {
	return s.onLot(ctx, lot, "terminate", in)
}

// onLot commands something of a lot. The key follows from the lot and from what is said: a second award, after the
// first winner refused, is another command.
func (s *Staff) onLot(ctx context.Context, lot, verb string, in any) (wire.Lot, error) {
	body, err := wire.Write(in)
	if err != nil {
		return wire.Lot{}, err
	}
	var answer wire.Lot
	return answer, s.post(ctx, "/lots/"+url.PathEscape(lot)+"/"+verb, keyOf(verb, append([]byte(lot), body...)), in, &answer)
}

// Deliveries lists the dead letters.
func (s *Staff) Deliveries(ctx context.Context) ([]wire.Delivery, error) {
	var list wire.DeliveryList
	return list.Items, s.get(ctx, "/ops/deliveries", &list)
}

// Retry puts a dead letter back into its queue.
func (s *Staff) Retry(ctx context.Context, delivery string) error {
	return s.post(ctx, "/ops/deliveries/"+url.PathEscape(delivery)+"/retry", "retry-"+newID(), struct{}{}, nil)
}

// Jobs lists the platform's own jobs that were given up.
func (s *Staff) Jobs(ctx context.Context) ([]wire.Job, error) {
	var list wire.JobList
	return list.Items, s.get(ctx, "/ops/jobs", &list)
}

// RetryJob runs a job that was given up once more.
func (s *Staff) RetryJob(ctx context.Context, id int64) error {
	return s.post(ctx, fmt.Sprintf("/ops/jobs/%d/retry", id), "retry-"+newID(), struct{}{}, nil)
}
