package letter_test

import (
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing/tlog"
)

// A list that the platform offers refuses the letters that it names, whatever this machine's clock says, and no others.
func TestVerifyOfferedStatus(t *testing.T) {
	h := sample.New(present)
	i, other := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Blind(), "XJSL-2026-000002")
	signed := func(by sample.Member, at time.Time, ended sample.Issued) []byte {
		return h.Signed(by, canonicalOf(t, h.StatusList(at, letter.EndReleased, ended)), at)
	}
	at := h.At.AddDate(0, 1, 0)
	for name, c := range map[string]struct {
		list  []byte
		now   time.Time
		is    letter.Result
		ok    bool
		words string
	}{
		"in force":               {signed(h.Platform, at, other), at, letter.ResultPass, true, "未列为失效"},
		"released":               {signed(h.Platform, at, i), at, letter.ResultDoubtful, false, "不再有效：已于"},
		"a stale list":           {signed(h.Platform, at, other), at.AddDate(0, 0, 2), letter.ResultUnknown, true, "过时 47 小时"},
		"a list of tomorrow":     {signed(h.Platform, at, other), at.AddDate(0, 0, -1), letter.ResultUnknown, true, "没有采用（状态清单的日期"},
		"released, tomorrow":     {signed(h.Platform, at, i), at.AddDate(0, 0, -1), letter.ResultDoubtful, false, "不再有效：已于"},
		"a list of years ago":    {signed(h.Platform, at, other), at.AddDate(6, 0, 0), letter.ResultUnknown, true, "没有采用（状态清单是"},
		"released years ago":     {signed(h.Platform, at, i), at.AddDate(6, 0, 0), letter.ResultDoubtful, false, "不再有效：已于"},
		"past it by both, old":   {signed(h.Platform, at.AddDate(2, 0, 0), other), at.AddDate(6, 0, 0), letter.ResultDoubtful, false, "最迟到期日"},
		"past it by the list":    {signed(h.Platform, at.AddDate(2, 0, 0), other), at, letter.ResultUnknown, true, "没有采用（状态清单的日期"},
		"the bank's own list":    {signed(h.Bank, at, i), at, letter.ResultUnknown, true, "没有采用（清单不是平台签署的"},
		"no list at all":         {[]byte("<html>"), at, letter.ResultUnknown, true, "没有采用"},
		"one that was tampered":  {append(signed(h.Platform, at, other), 0), at, letter.ResultUnknown, true, "没有采用"},
		"past its latest expiry": {signed(h.Platform, at.AddDate(2, 0, 0), other), at.AddDate(2, 0, 0), letter.ResultDoubtful, false, "最迟到期日"},
	} {
		r := letter.VerifyFile(encoded(t, i.File()), h.Trust, letter.OfferedStatus(c.list, c.now))
		if l := line(t, r, "status"); r.OK != c.ok || l.Result != c.is || !strings.Contains(l.Words, c.words) || !strings.Contains(r.Words, c.words) {
			t.Errorf("%s: %v %s %+v", name, r.OK, r.Words, l)
		}
	}
}

// A proof must be of the log that the platform offers; a letter without one is as good as before, and the words say whose
// log it is.
func TestVerifyOfferedLog(t *testing.T) {
	h, log, other := sample.New(present), sample.NewLog("log.example.cn"), sample.NewLog("log.example.cn")
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	offered := letter.OfferedLog(tlog.Policy{Log: log.Trust.Log, Witnesses: log.Trust.Witnesses})
	r := letter.VerifyFile(encoded(t, log.Logged(i)), h.Trust, offered)
	if l := line(t, r, "log_head"); !r.OK || !strings.Contains(l.Words, "平台公布的日志") || !strings.Contains(l.Got, "witness.example.cn/bank") {
		t.Errorf("%+v", r)
	}
	if r := letter.VerifyFile(encoded(t, i.File()), h.Trust, offered); !r.OK || !strings.Contains(r.Words, "未核对透明日志") {
		t.Errorf("without a proof: %+v", r)
	}
	fails(t, letter.VerifyFile(encoded(t, other.Logged(i)), h.Trust, offered), "log_head", "不是平台公布的日志签名的")
}
