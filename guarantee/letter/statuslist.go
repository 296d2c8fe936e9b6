package letter

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"sort"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// EndReason says why a letter is no longer in force.
type EndReason string

// The reasons.
const (
	EndReleased    EndReason = "released"    // by every beneficiary's signed release
	EndExpired     EndReason = "expired"     // its own end came before its latest expiry
	EndPaidOut     EndReason = "paid_out"    // paid to its whole amount
	EndSurrendered EndReason = "surrendered" // given back by its wording
	EndVoid        EndReason = "void"
)

var endNames = map[EndReason]string{EndReleased: "已解除", EndExpired: "已到期", EndPaidOut: "已赔付", EndSurrendered: "已退保", EndVoid: "已失效"}

// Chinese is the reason for people; empty for one that does not exist.
func (r EndReason) Chinese() string { return endNames[r] }

// StatusKey is how a status list names a letter. Whoever holds the letter, or its line on the opening list, computes it; who
// holds the list alone learns no number from it, for a commitment cannot be guessed. A letter signed twice has one key.
type StatusKey [16]byte

// StatusKeyOf is the key of the letter that this guarantor (统一社会信用代码) gave this number.
func StatusKeyOf(guarantor, number string, commitment signing.Digest) (k StatusKey) {
	d := signing.TaggedSum("baohan/status/1", []byte(guarantor), []byte(number), commitment[:])
	copy(k[:], d[:])
	return k
}

// StatusKey is the letter's.
func (u Undertaking) StatusKey() StatusKey {
	return StatusKeyOf(u.Guarantor.USCC, u.Number, u.Application.Commitment)
}

// StatusList (状态清单) says which disclosed letters are no longer in force, and why, and which last longer than they were
// issued for, signed by the platform. It is made anew
// at a fixed rhythm whatever happened (docs/status-list.md). A letter that is sealed never stands on it: that one ends by
// the latest expiry which it states itself.
type StatusList struct {
	Version    int            `json:"version"`
	Sequence   int64          `json:"sequence"`           // 1, 2, …
	Previous   signing.Digest `json:"previous"`           // StatusListDigest of the list before; zero for the first
	IssuedAt   time.Time      `json:"issued_at"`          // what it says is as of this instant
	NextAt     time.Time      `json:"next_at"`            // when the next is due
	CoversFrom calendar.Date  `json:"covers_from"`        // a letter whose latest expiry is before this day is left out: it says itself that it is over
	Ended      []Ended        `json:"ended"`              // by day, then by reason
	Extended   []Extended     `json:"extended,omitempty"` // by count
}

// Extended are letters in force whose end has been moved by a number of amendments (修改函): a file that shows fewer is not the
// newest, and states an end that no longer holds.
type Extended struct {
	Amendments int    `json:"amendments"`
	Letters    []byte `json:"letters"` // their StatusKeys, as in Ended
}

// Ended are the letters that ended on one day for one reason.
type Ended struct {
	Day     calendar.Date `json:"day"`
	Reason  EndReason     `json:"reason"`
	Letters []byte        `json:"letters"` // their StatusKeys, one behind the other, ascending
}

// maxStatusList bounds a list, in bytes: 22 for each of two million letters.
const maxStatusList = 48 << 20

// Check holds for a list on which no letter ended twice, or before it was made.
func (l StatusList) Check() error {
	return firstOf(
		checkVersion(l.Version),
		need(l.Sequence >= 1 && l.Sequence < 1<<53, "sequence", "sequence", "序号须为正整数"),
		need(l.Previous.IsZero() == (l.Sequence == 1), "previous", "previous", "第一份清单不得指明前一份，其后各份须指明"),
		checkInstant("issued_at", l.IssuedAt),
		checkInstant("next_at", l.NextAt),
		need(l.NextAt.After(l.IssuedAt), "next_at", "too_early", "下一份清单须晚于本份"),
		need(!l.CoversFrom.IsZero() && !l.CoversFrom.After(l.day()), "covers_from", "date", "起始日不得晚于清单日期"),
		checkEach("ended", l.Ended, func(e Ended) error { return e.check(l.day()) }),
		need(slices.IsSortedFunc(l.Ended, compareEnded) && !repeats(l.Ended, Ended.group), "ended", "order", "须按日期、原因排列，同一日期和原因只列一次"),
		checkEach("extended", l.Extended, Extended.check),
		need(slices.IsSortedFunc(l.Extended, compareExtended) && !repeats(l.Extended, Extended.count), "extended", "order", "须按修改次数排列，同一次数只列一次"),
		need(!l.namesTwice(), "ended", "repeated", "同一份保函列了两次"),
	)
}

func (l StatusList) day() calendar.Date { return calendar.DateOf(l.IssuedAt.In(calendar.Shanghai)) }

func (e Ended) check(made calendar.Date) error {
	return firstOf(
		need(!e.Day.IsZero() && !e.Day.After(made), "day", "date", "失效日期不得晚于清单日期"),
		need(e.Reason.Chinese() != "", "reason", "reason", "没有这种失效原因"),
		checkKeys(e.Letters),
	)
}

func (e Extended) check() error {
	return firstOf(need(e.Amendments >= 1 && e.Amendments <= maxAmendments, "amendments", "n", "修改次数有误"), checkKeys(e.Letters))
}

func checkKeys(letters []byte) error {
	return firstOf(
		need(len(letters) > 0 && len(letters)%len(StatusKey{}) == 0, "letters", "length", "保函标识须各为 16 字节，至少一个"),
		need(ascending(letters), "letters", "order", "保函标识须升序且不重复"),
	)
}

func (e Extended) count() int { return e.Amendments }

func compareExtended(a, b Extended) int { return cmp.Compare(a.Amendments, b.Amendments) }

type endGroup struct {
	day    calendar.Date
	reason EndReason
}

func (e Ended) group() endGroup { return endGroup{e.Day, e.Reason} }

func compareEnded(a, b Ended) int {
	return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Reason, b.Reason))
}

func ascending(keys []byte) bool {
	const n = len(StatusKey{})
	for at := n; at+n <= len(keys); at += n {
		if bytes.Compare(keys[at-n:at], keys[at:at+n]) >= 0 {
			return false
		}
	}
	return true
}

// namesTwice: a letter ends once, and one that has ended is not extended.
func (l StatusList) namesTwice() bool {
	const n = len(StatusKey{})
	var all []StatusKey
	for keys := range l.groups {
		for at := 0; at+n <= len(keys); at += n {
			all = append(all, StatusKey(keys[at:]))
		}
	}
	named := len(all)
	slices.SortFunc(all, func(a, b StatusKey) int { return bytes.Compare(a[:], b[:]) })
	return len(slices.Compact(all)) < named
}

func (l StatusList) groups(yield func(letters []byte) bool) {
	for _, e := range l.Ended {
		if !yield(e.Letters) {
			return
		}
	}
	for _, e := range l.Extended {
		if !yield(e.Letters) {
			return
		}
	}
}

// Len is how many letters the list names as no longer in force.
func (l StatusList) Len() (n int) {
	for _, e := range l.Ended {
		n += len(e.Letters) / len(StatusKey{})
	}
	return n
}

// Find tells whether a letter has ended by the list, when and why.
func (l StatusList) Find(k StatusKey) (Ended, bool) {
	for _, e := range l.Ended {
		if among(e.Letters, k) {
			return e, true
		}
	}
	return Ended{}, false
}

// Amendments is by how many amendments the list knows a letter that is in force to be extended; 0 for one that it does not name.
func (l StatusList) Amendments(k StatusKey) int {
	for _, e := range l.Extended {
		if among(e.Letters, k) {
			return e.Amendments
		}
	}
	return 0
}

// among tells whether a key is one of many, which stand one behind the other in ascending order.
func among(keys []byte, k StatusKey) bool {
	const n = len(k)
	_, found := sort.Find(len(keys)/n, func(i int) int { return bytes.Compare(k[:], keys[i*n:i*n+n]) })
	return found
}

// EndedLetter is one letter that is no longer in force.
type EndedLetter struct {
	Key    StatusKey
	Day    calendar.Date // Beijing's
	Reason EndReason
}

// GroupEnded puts letters in the order in which a list names them.
func GroupEnded(letters []EndedLetter) []Ended {
	slices.SortFunc(letters, func(a, b EndedLetter) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Reason, b.Reason), bytes.Compare(a.Key[:], b.Key[:]))
	})
	out := []Ended{}
	for _, x := range letters {
		if n := len(out); n == 0 || out[n-1].group() != (endGroup{x.Day, x.Reason}) {
			out = append(out, Ended{Day: x.Day, Reason: x.Reason})
		}
		last := &out[len(out)-1]
		last.Letters = append(last.Letters, x.Key[:]...)
	}
	return out
}

// GroupExtended puts letters, by the number of their amendments, in the order in which a list names them.
func GroupExtended(amendments map[StatusKey]int) (out []Extended) {
	keys := slices.SortedFunc(maps.Keys(amendments), func(a, b StatusKey) int {
		return cmp.Or(cmp.Compare(amendments[a], amendments[b]), bytes.Compare(a[:], b[:]))
	})
	for _, k := range keys {
		if n := len(out); n == 0 || out[n-1].Amendments != amendments[k] {
			out = append(out, Extended{Amendments: amendments[k]})
		}
		last := &out[len(out)-1]
		last.Letters = append(last.Letters, k[:]...)
	}
	return out
}

// Canonical is what the platform signs.
func (l StatusList) Canonical() ([]byte, error) { return canonical(l, StatusList.Check) }

// ParseStatusList reads what Canonical wrote.
func ParseStatusList(b []byte) (StatusList, error) {
	return parseUpTo(b, maxStatusList, StatusList.Check)
}

// StatusListDigest is of a status list as signed by the platform (p7s), as the next one names it.
func StatusListDigest(p7s []byte) signing.Digest {
	return signing.TaggedSum("baohan/status-list/1", p7s)
}
