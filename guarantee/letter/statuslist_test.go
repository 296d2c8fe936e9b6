package letter_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/drawn"
	"baohan/internal/sample"
	"baohan/signing/devca"
)

// The page of the status list shows the golden list as it is, and how its key comes about.
func TestStatusListPage(t *testing.T) {
	b, err := os.ReadFile("../../docs/status-list.md")
	if err != nil {
		t.Fatal(err)
	}
	file, err := letter.ParseFile(golden(t, "file-full.json"))
	if err != nil {
		t.Fatal(err)
	}
	key := file.Undertaking.StatusKey()
	for _, want := range []string{string(golden(t, "status-list.json")), hex.EncodeToString(key[:]), file.Undertaking.Number, file.Undertaking.Application.Commitment.String(),
		"`baohan/status/1`", "`baohan/status-list/1`"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	list, err := letter.ParseStatusList(golden(t, "status-list.json"))
	if err != nil {
		t.Fatal(err)
	}
	if e, found := list.Find(key); !found || e.Reason != letter.EndReleased {
		t.Errorf("%+v, %v", e, found)
	}
}

// A list that says two things, or says them twice, or of tomorrow, is none.
func TestStatusListRefuses(t *testing.T) {
	h := sample.New(present)
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	key := i.Undertaking.StatusKey()
	other := letter.StatusKey{1}
	day := calendar.DateOf(h.At)
	for name, spoil := range map[string]func(*letter.StatusList){
		"version":                 func(l *letter.StatusList) { l.Version = 2 },
		"no number":               func(l *letter.StatusList) { l.Sequence = 0 },
		"a first with a previous": func(l *letter.StatusList) { l.Sequence = 1 },
		"next before this":        func(l *letter.StatusList) { l.NextAt = l.IssuedAt },
		"no date":                 func(l *letter.StatusList) { l.IssuedAt = time.Time{} },
		"nothing covered":         func(l *letter.StatusList) { l.CoversFrom = day.AddDays(1) },
		"ended tomorrow":          func(l *letter.StatusList) { l.Ended[0].Day = day.AddDays(1) },
		"a strange reason":        func(l *letter.StatusList) { l.Ended[0].Reason = "lost" },
		"no letter":               func(l *letter.StatusList) { l.Ended[0].Letters = nil },
		"half a letter":           func(l *letter.StatusList) { l.Ended[0].Letters = l.Ended[0].Letters[:8] },
		"descending":              func(l *letter.StatusList) { l.Ended[0].Letters = append(bytes.Repeat([]byte{0xff}, 16), key[:]...) },
		"twice in a group":        func(l *letter.StatusList) { l.Ended[0].Letters = append(slices.Clone(key[:]), key[:]...) },
		"twice in two groups": func(l *letter.StatusList) {
			l.Ended = append([]letter.Ended{{Day: day.AddDays(-1), Reason: letter.EndExpired, Letters: key[:]}}, l.Ended...)
		},
		"a group twice": func(l *letter.StatusList) {
			l.Ended = append(l.Ended, letter.Ended{Day: day, Reason: letter.EndReleased, Letters: other[:]})
		},
		"extended by none":        func(l *letter.StatusList) { l.Extended = []letter.Extended{{Letters: other[:]}} },
		"extended, no letter":     func(l *letter.StatusList) { l.Extended = []letter.Extended{{Amendments: 1}} },
		"extended, half a letter": func(l *letter.StatusList) { l.Extended = []letter.Extended{{Amendments: 1, Letters: other[:8]}} },
		"extended and ended":      func(l *letter.StatusList) { l.Extended = []letter.Extended{{Amendments: 1, Letters: key[:]}} },
		"extended once and twice": func(l *letter.StatusList) {
			l.Extended = []letter.Extended{{Amendments: 1, Letters: other[:]}, {Amendments: 2, Letters: other[:]}}
		},
		"extended twice, and once": func(l *letter.StatusList) {
			l.Extended = []letter.Extended{{Amendments: 2, Letters: other[:]}, {Amendments: 1, Letters: []byte(strings.Repeat("x", 16))}}
		},
		"groups out of order": func(l *letter.StatusList) {
			l.Ended = append(l.Ended, letter.Ended{Day: day.AddDays(-1), Reason: letter.EndReleased, Letters: other[:]})
		},
	} {
		l := h.StatusList(h.At, letter.EndReleased, i)
		if err := l.Check(); err != nil {
			t.Fatal(err)
		}
		spoil(&l)
		f, ok := letter.FieldOf(l.Check())
		if !ok || f.Message == "" {
			t.Errorf("%s: %v", name, l.Check())
		}
		if _, err := letter.ParseStatusList(letter.Encode(l)); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
}

// Whatever letters ended, and in whatever order they come, every one is found with its day and reason, and no other.
func TestStatusListFinds(t *testing.T) {
	day := calendar.DateOf(present)
	drawn.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) letter.StatusKey {
			return letter.StatusKey(rapid.SliceOfN(rapid.ByteRange(0, 3), 16, 16).Draw(t, "key"))
		}), 1, 40, rapid.ID[letter.StatusKey]).Draw(t, "keys")
		var ended []letter.EndedLetter
		extended := map[letter.StatusKey]int{}
		for _, k := range keys[1:] {
			if n := rapid.IntRange(0, 3).Draw(t, "amendments"); n > 0 {
				extended[k] = n
				continue
			}
			ended = append(ended, letter.EndedLetter{Key: k, Day: day.AddDays(-rapid.IntRange(0, 3).Draw(t, "age")),
				Reason: rapid.SampledFrom([]letter.EndReason{letter.EndReleased, letter.EndExpired, letter.EndPaidOut}).Draw(t, "reason")})
		}
		list := letter.StatusList{Version: 1, Sequence: 1, IssuedAt: present, NextAt: present.Add(time.Hour), CoversFrom: day, Ended: letter.GroupEnded(slices.Clone(ended)), Extended: letter.GroupExtended(extended)}
		b, err := list.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		back, err := letter.ParseStatusList(b)
		if err != nil || back.Len() != len(ended) {
			t.Fatalf("%d of %d: %v", back.Len(), len(ended), err)
		}
		for _, x := range ended {
			if e, found := back.Find(x.Key); !found || e.Day != x.Day || e.Reason != x.Reason {
				t.Fatalf("%+v: %+v, %v", x, e, found)
			}
		}
		for k, n := range extended {
			if _, found := back.Find(k); found || back.Amendments(k) != n {
				t.Fatalf("%d amendments are %d, %v", n, back.Amendments(k), found)
			}
		}
		if _, found := back.Find(keys[0]); found || back.Amendments(keys[0]) != 0 {
			t.Fatal("a letter is found that neither ended nor was extended")
		}
	})
}

// The key is the letter's, not its signature's: a second signature over the same letter has the same. Another guarantor,
// number or commitment has another, and the border between them counts.
func TestStatusKey(t *testing.T) {
	h := sample.New(present)
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	u, c := i.Undertaking, i.Undertaking.Application.Commitment
	if u.StatusKey() != letter.StatusKeyOf(u.Guarantor.USCC, u.Number, c) {
		t.Error("two ways to one key differ")
	}
	for name, k := range map[string]letter.StatusKey{
		"guarantor": letter.StatusKeyOf(h.OtherBank.Party.USCC, u.Number, c), "number": letter.StatusKeyOf(u.Guarantor.USCC, "XJSL-2026-000002", c),
		"commitment": letter.StatusKeyOf(u.Guarantor.USCC, u.Number, letter.Commitment(nil)), "border": letter.StatusKeyOf(u.Guarantor.USCC+"X", u.Number[1:], c),
	} {
		if k == u.StatusKey() {
			t.Errorf("another %s has the same key", name)
		}
	}
}

// What a status list says of a letter, by when it is asked, who signed it and what it names.
func TestVerifyStatus(t *testing.T) {
	h := sample.New(present)
	i, other := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Blind(), "XJSL-2026-000002")
	file, latest := encoded(t, i.File()), i.Undertaking.LatestExpiry.EndOfDay()
	signed := func(by sample.Member, at time.Time, why letter.EndReason, ended ...sample.Issued) []byte {
		return h.Signed(by, canonicalOf(t, h.StatusList(at, why, ended...)), at)
	}
	at := h.At.AddDate(0, 1, 0)
	lives, day := signed(h.Platform, at, letter.EndReleased, other), 24*time.Hour
	for name, c := range map[string]struct {
		list  []byte
		now   time.Time
		is    letter.Result
		ok    bool
		words string
	}{
		"in force":                  {lives, at.Add(time.Minute), letter.ResultPass, true, "未列为失效，清单在有效期内"},
		"at the end of the hour":    {lives, at.Add(time.Hour), letter.ResultPass, true, "在有效期内"},
		"a clock a minute behind":   {lives, at.Add(-time.Minute), letter.ResultPass, true, "在有效期内"},
		"released":                  {signed(h.Platform, at, letter.EndReleased, i, other), at, letter.ResultDoubtful, false, "不再有效：已于2026年12月25日解除"},
		"paid":                      {signed(h.Platform, at, letter.EndPaidOut, i), at, letter.ResultDoubtful, false, "日赔付"},
		"expired":                   {signed(h.Platform, at, letter.EndExpired, i), at, letter.ResultDoubtful, false, "日到期"},
		"void":                      {signed(h.Platform, at, letter.EndVoid, i), at, letter.ResultDoubtful, false, "日失效"},
		"surrendered":               {signed(h.Platform, at, letter.EndSurrendered, i), at, letter.ResultDoubtful, false, "日退保"},
		"released, an old list":     {signed(h.Platform, at, letter.EndReleased, i), at.Add(20 * day), letter.ResultDoubtful, false, "解除"},
		"stale by an hour":          {lives, at.Add(2*time.Hour + time.Minute), letter.ResultUnknown, true, "清单已经过时 1 小时，不说明此后的状态"},
		"stale by ten days":         {lives, at.Add(10*day + 2*time.Hour), letter.ResultUnknown, true, "清单已经过时 10 天"},
		"forty days old":            {lives, at.Add(40 * day), letter.ResultDoubtful, false, "40 天以前的"},
		"a year old":                {signed(h.Platform, h.At, letter.EndReleased, other), latest.Add(-time.Second), letter.ResultDoubtful, false, "太旧，不能采信"},
		"from the future":           {lives, at.Add(-time.Hour), letter.ResultDoubtful, false, "在将来"},
		"behind its latest expiry":  {signed(h.Platform, latest.Add(time.Minute), letter.EndReleased, other), latest.Add(time.Hour), letter.ResultDoubtful, false, "最迟到期日"},
		"its last day":              {signed(h.Platform, latest.Add(-time.Minute), letter.EndReleased, other), latest, letter.ResultPass, true, "未列为失效"},
		"nothing":                   {[]byte{}, at, letter.ResultUnknown, false, "不能采信"},
		"the letter itself":         {i.Signed, at, letter.ResultUnknown, false, "不能采信"},
		"signed by the bank":        {signed(h.Bank, at, letter.EndReleased, other), at, letter.ResultUnknown, false, "不能采信"},
		"signed by another company": {signed(h.Operator, at, letter.EndReleased, other), at, letter.ResultUnknown, false, "不能采信"},
		"signed before its date":    {h.Signed(h.Platform, canonicalOf(t, h.StatusList(at, letter.EndReleased)), at.Add(-day)), at, letter.ResultUnknown, false, "不能采信"},
		"signed long after":         {h.Signed(h.Platform, canonicalOf(t, h.StatusList(at, letter.EndReleased)), at.Add(31*day)), at.Add(31 * day), letter.ResultUnknown, false, "不能采信"},
	} {
		r := letter.VerifyFile(file, h.Trust, letter.Status(c.list, c.now))
		if l := line(t, r, "status"); r.OK != c.ok || l.Result != c.is || !strings.Contains(l.Words, c.words) {
			t.Errorf("%s: %v %s %q\n%s", name, r.OK, l.Result, l.Words, r.Words)
		}
		if c.is == letter.ResultDoubtful && !strings.Contains(r.Words, "签名和内容属实") {
			t.Errorf("%s: %q", name, r.Words)
		}
	}
	if r := letter.VerifyFile(file, h.Trust); !r.OK || line(t, r, "status").Result != letter.ResultUnknown || !strings.Contains(line(t, r, "status").Words, "未提供状态清单") {
		t.Errorf("without a list: %+v", r)
	}
	// The signed data alone has no receipt: who the platform is, the caller says, or looks.
	released := signed(h.Platform, at, letter.EndReleased, i)
	fails(t, letter.VerifyP7S(i.Signed, h.Trust, letter.Status(released, at)), "status", "解除")
	fails(t, letter.VerifyP7S(i.Signed, h.Trust, letter.Status(signed(h.Bank, at, letter.EndReleased), at)), "status_signer", "当事人自己")
	fails(t, letter.VerifyP7S(i.Signed, h.Trust, letter.Status(lives, at), letter.Platform(h.Operator.Party.USCC)), "status_signer", "不是平台签署")
	if r := letter.VerifyP7S(i.Signed, h.Trust, letter.Status(lives, at)); !r.OK || !strings.Contains(line(t, r, "status_signer").Words, "请确认") {
		t.Errorf("%+v", r)
	}
	// The bank signs the same letter once more. The platform never received that one; the list catches it all the same.
	again := h.Signed(h.Bank, canonicalOf(t, i.Undertaking), h.At)
	fails(t, letter.VerifyP7S(again, h.Trust, letter.Status(released, at)), "status", "解除")
}

// A list that somebody changed, or that hangs on another root, says nothing of any letter.
func TestVerifyStatusListItself(t *testing.T) {
	h := sample.New(present)
	list := h.Signed(h.Platform, canonicalOf(t, h.StatusList(h.At, letter.EndReleased, h.Issue(h.Blind(), "XJSL-2026-000001"))), h.At)
	got, r := letter.VerifyStatusList(list, h.Trust, h.At, letter.Platform(h.Platform.Party.USCC))
	if !r.OK || got.Len() != 1 || got.Signer != h.Platform.Party || !letter.IsStatusList(list) || letter.IsSheet(list) {
		t.Errorf("%+v", r)
	}
	for _, l := range r.Lines {
		if l.Title() == l.Name || l.Words == "" {
			t.Errorf("line %s has no words for people", l.Name)
		}
	}
	for days, ok := range map[int]bool{2: true, 29: true, 31: false, 365: false, -1: false} {
		if _, r := letter.VerifyStatusList(list, h.Trust, h.At.AddDate(0, 0, days)); r.OK != ok {
			t.Errorf("after %d days: %+v", days, r)
		}
	}
	elsewhere, err := devca.New("别的根证书", present.AddDate(-1, 0, 0), 5)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := elsewhere.Trust()
	if err != nil {
		t.Fatal(err)
	}
	if _, r := letter.VerifyStatusList(list, trust, h.At); r.OK {
		t.Error("another root passes")
	}
	if _, r := letter.VerifyStatusList(list, h.Trust, h.At, letter.Platform(h.Bank.Party.USCC)); r.OK {
		t.Error("another platform passes")
	}
	flipEach(t, list, 5, func(b []byte) letter.Report {
		_, r := letter.VerifyStatusList(b, h.Trust, h.At)
		return r
	})
}

// Twenty-two bytes a letter: half a million ended letters are a file of eleven megabytes.
func TestStatusListIsSmall(t *testing.T) {
	const n = 20_000
	ended := make([]letter.EndedLetter, n)
	for i := range ended {
		ended[i] = letter.EndedLetter{Key: letter.StatusKeyOf("x", sample.ID(i), letter.Commitment(nil)), Day: calendar.DateOf(present).AddDays(-i % 180), Reason: letter.EndReleased}
	}
	l := letter.StatusList{Version: 1, Sequence: 1, IssuedAt: present, NextAt: present.Add(time.Hour), CoversFrom: calendar.DateOf(present), Ended: letter.GroupEnded(ended)}
	if b := canonicalOf(t, l); len(b) > 23*n {
		t.Errorf("%d bytes for %d letters", len(b), n)
	}
}
