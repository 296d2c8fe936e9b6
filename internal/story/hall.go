package story

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// hall is somebody who watches one opening as it comes, from before the deadline on.
type hall struct {
	mu   sync.Mutex
	told []wire.Progress
	done chan error
	stop context.CancelFunc
}

// watch begins to watch a lot. Nobody need be signed in for it.
func (t *tale) watch(ctx context.Context, lot wire.Lot) (*hall, error) {
	c, err := client.NewStaff(t.known(), t.Cast.Agent.Identity())
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	h := &hall{done: make(chan error, 1), stop: stop}
	go func() { h.done <- c.Watch(ctx, lot.ID, 0, h.hear) }()
	err = t.until(ctx, "开标大厅接通", func(context.Context) (bool, error) { return len(h.heard()) > 0, nil })
	first := h.heard()
	t.check(err == nil && first[0].Stage == wire.BeforeDeadline && first[0].Deadline.Equal(lot.Requirement.End.Deadline),
		"大厅屏幕接通，只显示截止时间，不显示名称和数量")
	return h, err
}

func (h *hall) hear(p wire.Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, p)
}

func (h *hall) heard() []wire.Progress {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.told)
}

// watched waits for the end of an opening and holds what the hall was told against what must be told.
func (t *tale) watched(ctx context.Context, h *hall) error {
	defer h.stop()
	err := t.until(ctx, "大厅收到公布", func(context.Context) (bool, error) {
		all := h.heard()
		return len(all) > 0 && all[len(all)-1].Final, nil
	})
	if err != nil {
		return err
	}
	if err := <-h.done; err != nil {
		return err
	}
	var stages []string
	forward := true
	before := wire.Progress{}
	for _, p := range h.heard() {
		forward = forward && p.Seq >= before.Seq && (p.PerCent >= before.PerCent || p.Stage == "again")
		if before = p; p.Seq > 0 && p.Stage != "waiting" {
			stages = append(stages, p.Stage)
		}
	}
	last := stages[max(0, len(stages)-4):]
	t.check(stages[0] == "closed" && slices.Equal(last, []string{"bids", "letters", "verifying", "published"}) && forward,
		"大厅逐段看到：已截标、解密、解封、查验、公布，次序不乱，进度不倒退")
	return nil
}

// sawWaiting tells whether the hall has been told that both custodians are waited for.
func (h *hall) sawWaiting(both ...func(wire.Awaited) bool) bool {
	return slices.ContainsFunc(h.heard(), func(p wire.Progress) bool {
		return p.Stage == "waiting" && !slices.ContainsFunc(both, func(is func(wire.Awaited) bool) bool { return !slices.ContainsFunc(p.Awaited, is) })
	})
}

// leave puts a signed paper beside the letters, for anyone to check.
func (t *tale) leave(ctx context.Context, file string, signed []byte) error {
	if err := os.WriteFile(file, signed, 0o644); err != nil {
		return err
	}
	t.papers++
	t.proofs.begin(ctx, file)
	return nil
}

// sheet takes the signed verification sheet of an opening away, as anybody may, and checks it offline.
func (t *tale) sheet(ctx context.Context, who *client.Staff, lot wire.Lot, edition int, named ...*held) error {
	s, err := who.Sheet(ctx, lot.ID, 0)
	if err != nil {
		return err
	}
	signed, r := letter.VerifySheet(s.Signed, t.Trust, letter.Centre(t.Centre.Party.USCC))
	t.check(r.OK && s.Edition == edition && signed.Sheet.Lot == lot.Lot, "核验结果表（第 %d 版）由交易中心签名，离线核对通过", edition)
	open := 0 // what cannot be opened, and what cannot be compared because a counter took the fee
	for _, h := range named {
		if h.spoilt || h.counter {
			open++
		}
	}
	t.check(len(signed.Sheet.Letters) == len(named) && len(signed.Sheet.Doubtful) == open, "表上 %d 份保函各十六项，存疑清单恰好列出 %d 份", len(named), open)
	file := filepath.Join(t.Out, "sheet-"+lot.Lot.Code+".p7s")
	return t.leave(ctx, file, s.Signed)
}
