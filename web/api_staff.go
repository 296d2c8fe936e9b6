package web

import (
	"context"

	"baohan/client/wire"
	"baohan/party"
)

// deliveries lists the messages to institutions that were given up, for people to look into. Bodies are not shown.
func (s *server) deliveries(ctx context.Context, _ *here) (wire.DeliveryList, error) {
	items, err := s.banks.DeadLetters(ctx)
	if items == nil {
		items = []wire.Delivery{}
	}
	return wire.DeliveryList{Items: items}, err
}

// retryDelivery puts one back at the head of its guarantee's queue; the next sweep sends it.
func (s *server) retryDelivery(ctx context.Context, in *object, _ *nothing) (wire.Done, error) {
	_, err := s.banks.Retry(ctx, exchangeOf(ctx).command, in.ID)
	return wire.Done{ID: in.ID}, err
}

// Jobs is what operators see of the platform's own work, which is another room's: what was given up, and once more.
type Jobs interface {
	Failed(ctx context.Context) ([]wire.Job, error)
	// Retry does it once for one command; a job that is not given up is a refusal of party's kind.
	Retry(ctx context.Context, cmd party.Command, id int64) error
	// NoticesFor lists what concerns a party: a legal day is near or past and its move is missing.
	NoticesFor(ctx context.Context, by party.Actor, limit int) ([]wire.Notice, error)
}

// jobIn names one job by the number under which it was listed.
type jobIn struct {
	ID int64 `path:"id" minimum:"1"`
}

func (s *server) failedJobs(ctx context.Context, _ *here) (wire.JobList, error) {
	if s.jobs == nil {
		return wire.JobList{}, absent()
	}
	items, err := s.jobs.Failed(ctx)
	out := wire.JobList{Items: make([]wire.Job, 0, len(items))}
	for _, j := range items {
		j.FailedAt = local(j.FailedAt)
		out.Items = append(out.Items, j)
	}
	return out, err
}

func (s *server) retryJob(ctx context.Context, in *jobIn, _ *nothing) (RetriedJob, error) {
	if s.jobs == nil {
		return RetriedJob{}, absent()
	}
	return RetriedJob{ID: in.ID}, s.jobs.Retry(ctx, exchangeOf(ctx).command, in.ID)
}

// RetriedJob answers POST /ops/jobs/{id}/retry.
type RetriedJob struct {
	ID int64 `json:"id"`
}
