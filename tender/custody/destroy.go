package custody

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// Destruction is the record that a lot's key is gone, signed with the custodian's long-term key.
type Destruction struct {
	Version     int               `json:"version"` // 1
	Project     string            `json:"project"`
	Lot         string            `json:"lot"`
	Public      signing.PublicKey `json:"public"` // the half that everybody has
	Deadline    time.Time         `json:"deadline"`
	Served      bool              `json:"served"` // whether anything was ever given
	DestroyedAt time.Time         `json:"destroyed_at"`
}

// Destroy ends the keys whose time is over: KeepFor after their deadline, whether the lot was opened or has failed.
// The record is signed first and replaces the key in one step, so that a crash leaves the key or the record, never
// neither. What lay on the disk before is encrypted to the storage key; copies of the disk are the owner's to destroy.
func (a *Agent) Destroy(ctx context.Context) (destroyed int, err error) {
	if a.KeepFor <= 0 {
		return 0, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	all, err := a.lots()
	if err != nil {
		return 0, err
	}
	now := a.Clock.Now()
	var faults []error
	for _, f := range all {
		if f.Destroyed != nil || now.Before(f.NotBefore.Add(a.KeepFor)) {
			continue
		}
		if err := a.destroy(ctx, f, now); err != nil {
			faults = append(faults, fmt.Errorf("custody: destroy %s: %w", f.Lot, err))
			continue
		}
		destroyed++
	}
	return destroyed, errors.Join(faults...)
}

func (a *Agent) destroy(ctx context.Context, f *lotFile, now time.Time) error {
	record, err := json.Marshal(Destruction{Version: 1, Project: f.Project, Lot: f.Lot, Public: f.Key.Public,
		Deadline: f.NotBefore.In(calendar.Shanghai), Served: !f.Bids.IsZero(), DestroyedAt: now.In(calendar.Shanghai)})
	if err != nil {
		return err
	}
	v := jsontext.Value(record)
	if err := v.Canonicalize(); err != nil {
		return err
	}
	if f.Destroyed, err = signing.SignData(ctx, a.Signer, a.Chain, v, now); err != nil {
		return err
	}
	f.Private = nil
	return a.save(f)
}
