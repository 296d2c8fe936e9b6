package story

import (
	"context"
	"os"
	"path/filepath"

	"baohan/guarantee/letter"
)

// statusList reads the list of the hour and holds every letter of lot two against it: the one that is in force passes, those
// that were paid or released are caught though they are genuine, and of the one that is sealed it says nothing.
func (t *tale) statusList(ctx context.Context, paid, released, lives, unnamed *held) error {
	if err := t.move(ctx, twoListed); err != nil {
		return err
	}
	b, err := t.beneficiary(ctx, t.Cast.County)
	if err != nil {
		return err
	}
	var list letter.SignedStatusList
	if err := t.until(ctx, "状态清单", func(ctx context.Context) (bool, error) {
		list, err = b.StatusList(ctx)
		return err == nil && !list.IssuedAt.Before(twoListed), nil
	}); err != nil {
		return err
	}
	says := func(h *held) letter.Report {
		return letter.VerifyFile(h.bytes, t.Trust, letter.Platform(t.Platform.USCC), letter.Deadline(t.lots[1].Deadline), letter.Status(list.Raw, t.Clock.Now()))
	}
	t.check(list.Sequence > 1, "平台签名的第 %d 号清单，每小时一份，有没有变化都一样", list.Sequence)
	t.check(says(lives).OK, "%s 截至此刻未列为失效", lives.file.Undertaking.Number)
	for _, h := range []*held{paid, released} {
		e, found := list.Find(h.file.Undertaking.StatusKey())
		t.check(found && !says(h).OK, "%s 是真的，但%s：离线核对不通过", h.file.Undertaking.Number, e.Reason.Chinese())
	}
	_, found := list.Find(unnamed.file.Undertaking.StatusKey())
	t.check(!found && list.Len() == 5, "清单只有两个标段已公开而结束的 5 份，密封的一份也没有")
	return os.WriteFile(filepath.Join(t.Out, "status-list.p7s"), list.Raw, 0o644)
}
