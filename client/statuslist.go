package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"baohan/guarantee/letter"
)

// ErrStatusList says that what came is not the platform's status list of now. Ask again; nothing is known of any letter.
var ErrStatusList = errors.New("client: the status list cannot be believed")

// statusLate is by how much the platform may be late with its next list before the last one is no longer taken for its word
// of now.
const statusLate = 15 * time.Minute

// StatusList fetches the newest status list and checks that the platform signed it and that it is fresh. Raw is what
// letter.Status takes, and what may be kept to check letters offline.
func (p *person) StatusList(ctx context.Context) (letter.SignedStatusList, error) {
	var raw []byte
	if err := p.get(ctx, "/status-list", &raw); err != nil {
		return letter.SignedStatusList{}, err
	}
	now := p.Clock.Now()
	list, r := letter.VerifyStatusList(raw, p.Trust, now, letter.Platform(p.USCC))
	if !r.OK {
		return letter.SignedStatusList{}, fmt.Errorf("%w: %s", ErrStatusList, reasons(r))
	}
	if now.After(list.NextAt.Add(statusLate)) {
		return letter.SignedStatusList{}, fmt.Errorf("%w: it is of %s", ErrStatusList, instant(list.IssuedAt))
	}
	return list, nil
}

func reasons(r letter.Report) (words string) {
	for _, l := range r.Lines {
		if l.Result == letter.ResultDoubtful {
			words += l.Title() + "：" + l.Words + "；"
		}
	}
	return words
}
