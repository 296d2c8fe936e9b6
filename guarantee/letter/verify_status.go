package letter

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// StaleAfter is how long after its date a status list is still worth showing; an older one is refused. Between the day on
// which its successor was due and this, it proves the state of its own date and no later one.
const StaleAfter = 30 * 24 * time.Hour

// lineStatus says whether the letter is still in force. It may stay unknown.
const lineStatus = "status"

// Status gives the platform's signed status list, and the instant of the verification: so a letter that is genuine and has
// been released, paid or has expired is refused. Without it the report says that this is not known.
func Status(list []byte, now time.Time) Option {
	return func(v *verification) { v.statusList, v.now = list, now }
}

// OfferedStatus gives a list that the reader did not choose: the page /verify gets one from the platform with itself. A
// letter that it names is refused. A list that cannot be believed, or is far from this machine's clock, leaves open whether
// the letter is in force; it does not refuse the letter, as one that the reader demanded would.
func OfferedStatus(list []byte, now time.Time) Option {
	return func(v *verification) { v.statusList, v.now, v.statusOffered = list, now, true }
}

// SignedStatusList is a status list with who signed it.
type SignedStatusList struct {
	StatusList
	Signer Party
	Raw    []byte // SignedData
}

// statusHead is how the content of every status list begins: the first of its members in the order of their names.
var statusHead = []byte(`{"covers_from":`)

// IsStatusList tells a signed status list from other signed data, by how its content begins.
func IsStatusList(p7s []byte) bool {
	signed, err := signing.ParseSignedData(p7s)
	return err == nil && bytes.HasPrefix(signed.Content, statusHead)
}

// VerifyStatusList checks a signed status list by itself, as of now: content, signature, chain, signer, and how old it is.
// It is to be believed only when the report is OK.
func VerifyStatusList(p7s []byte, trust *signing.Trust, now time.Time, options ...Option) (SignedStatusList, Report) {
	v := newVerification(trust, append(options[:len(options):len(options)], Status(p7s, now)))
	list, ok := v.readStatusList("", nil)
	if ok {
		v.age(list.StatusList)
	}
	r, open := v.verdict()
	r.Words = "状态清单：核对不通过，请勿采信；逐项原因见上，请从平台重新下载"
	if r.OK {
		r.Words = fmt.Sprintf("状态清单：第 %d 号，签名和内容核对通过，截至 %s 列有 %d 份失效的保函", list.Sequence, stamp(list.IssuedAt), list.Len()) + open
	}
	return list, r
}

// readStatusList checks the list that was given. platform is the 统一社会信用代码 of who signed the receipt, if there is
// one; parties to the letter can never sign its status.
func (v *verification) readStatusList(platform string, parties []Party) (SignedStatusList, bool) {
	signed, err := signing.ParseSignedData(v.statusList)
	if v.refused("status_list", signatureFault(err), "状态清单为 GB/T 35275 格式，编码唯一，没有多余字节") {
		return SignedStatusList{}, false
	}
	who := signed.Signer().Subject()
	out := SignedStatusList{Signer: Party{Name: who.Organization, USCC: who.OrganizationID}, Raw: v.statusList}
	out.StatusList, err = ParseStatusList(signed.Content)
	before := len(v.lines)
	v.refused("status_content", err, "状态清单是规范编码，内容完整")
	chain := v.chain("status_chain", v.platformTrust, signed, "平台")
	v.both("status_signature", chain, signed.Verify(v.platformTrust, time.Time{}))
	v.revocation(lineStatusRevocation, v.platformTrust, signed.Chain, signed.SigningTime)
	v.statusSigner(who, platform, parties)
	apart := signed.SigningTime.Sub(out.IssuedAt)
	v.compare("status_time", err == nil && apart >= -clockTolerance && apart <= StaleAfter, "", stamp(signed.SigningTime),
		"清单在其日期之后签署", "清单的签署时间与所载日期相差过大，不能采信")
	return out, !slices.ContainsFunc(v.lines[before:], func(l Line) bool { return l.Result == ResultDoubtful })
}

func (v *verification) statusSigner(who signing.Name, platform string, parties []Party) {
	want := v.platform
	if want == "" {
		want = platform
	}
	if want != "" {
		v.compare("status_signer", who.OrganizationID == want, want, who.String(), "清单由平台签署", "清单不是平台签署的，不能采信")
		return
	}
	own := slices.ContainsFunc(parties, func(p Party) bool { return p.USCC == who.OrganizationID })
	v.compare("status_signer", !own && who.OrganizationID != "", "", who.String(),
		"清单由"+who.String()+"签署，请确认它就是平台运营单位", "清单由保函当事人自己签署，或者签署单位不明，不能采信")
}

// age adds the line of a list by itself.
func (v *verification) age(l StatusList) {
	add := Line{Name: "status_age", Result: ResultPass, Want: "早于 " + stamp(l.NextAt), Got: stamp(v.now), Words: "清单在有效期内"}
	switch {
	case fromTheFuture(l, v.now):
		add.Result, add.Words = ResultDoubtful, futureWords(l)
	case tooOld(l, v.now):
		add.Result, add.Words = ResultDoubtful, oldWords(l, v.now)
	case !fresh(l, v.now):
		add.Words = "清单已经过时 " + days(v.now.Sub(l.NextAt)) + "：只能证明截至 " + stamp(l.IssuedAt) + " 的状态"
	}
	v.add(add)
}

// held is the letter as its holder has it: with how many amendments, and until when by them.
type held struct {
	Undertaking
	amendments int
	latest     calendar.Date
}

// status says whether the letter is still in force. What has ended stays ended, so a list that names the letter counts
// however old it is; one that does not name it speaks of its own date only.
func (v *verification) status(u held, platform string, parties []Party) {
	if v.statusList == nil {
		v.add(Line{Name: lineStatus, Result: ResultUnknown, Words: "未提供状态清单：不知道保函此刻是否仍然有效（可能已经解除、赔付或者到期）"})
		return
	}
	before := len(v.lines)
	list, ok := v.readStatusList(platform, parties)
	if why := v.unfounded(v.lines[before:]); v.statusOffered && why != "" {
		v.lines, v.statusStale, v.inForceWords = v.lines[:before], true, notUsed(why)
		v.add(Line{Name: lineStatus, Result: ResultUnknown, Words: notUsed(why)})
		return
	}
	if !ok {
		v.add(Line{Name: lineStatus, Result: ResultUnknown, Words: "状态清单不能采信，不知道保函此刻是否仍然有效；请从平台重新下载"})
		return
	}
	l := Line{Name: lineStatus, Got: "第 " + fmt.Sprint(list.Sequence) + " 号清单，截至 " + stamp(list.IssuedAt)}
	l.Result, l.Words = v.inForce(list.StatusList, u)
	v.inForceWords = l.Words
	v.ended = l.Result == ResultDoubtful
	v.statusStale = l.Result == ResultUnknown
	v.add(l)
}

// unfounded says why a list cannot be relied on, by the first of its lines that does not hold; empty when all do.
func (v *verification) unfounded(lines []Line) string {
	for _, l := range lines {
		if tolerated, _ := v.tolerated(l); l.Result != ResultPass && !tolerated {
			return l.Words
		}
	}
	return ""
}

func notUsed(why string) string {
	return "不知道保函此刻是否仍然有效：平台公布的状态清单没有采用（" + why + "）"
}

// inForce goes by the clock, but for a list that was offered: what has ended stays ended, whatever the clock says, and a
// letter is over when its latest expiry is past by both. A letter that the list knows to be extended further than the file
// shows is genuine, and its end is not to be read from this file.
func (v *verification) inForce(l StatusList, u held) (Result, string) {
	ended, found := l.Find(u.StatusKey())
	n := l.Amendments(u.StatusKey())
	over, behind := u.latest.EndOfDay(), n > u.amendments
	switch {
	case found && v.statusOffered:
		return ResultDoubtful, "保函不再有效：" + ended.words()
	case v.statusOffered && !behind && v.now.After(over) && l.IssuedAt.After(over):
		return ResultDoubtful, overWords(u.latest)
	case fromTheFuture(l, v.now) && v.statusOffered:
		return ResultUnknown, notUsed(futureWords(l))
	case tooOld(l, v.now) && v.statusOffered:
		return ResultUnknown, notUsed(oldWords(l, v.now))
	case fromTheFuture(l, v.now):
		return ResultDoubtful, futureWords(l)
	case found:
		return ResultDoubtful, "保函不再有效：" + ended.words()
	case !behind && v.now.After(over):
		return ResultDoubtful, overWords(u.latest)
	case tooOld(l, v.now):
		return ResultDoubtful, oldWords(l, v.now)
	case behind:
		return ResultUnknown, fmt.Sprintf("保函已经延期：截至 %s，开立人已签署 %d 份修改函，这个文件只载有 %d 份，所写的到期日不再是最后的到期日；请从平台下载最新的保函文件", stamp(l.IssuedAt), n, u.amendments)
	case !fresh(l, v.now):
		return ResultUnknown, "截至 " + stamp(l.IssuedAt) + " 未列为失效；清单已经过时 " + days(v.now.Sub(l.NextAt)) + "，不说明此后的状态，请重新下载"
	}
	return ResultPass, "截至 " + stamp(l.IssuedAt) + " 未列为失效，清单在有效期内"
}

func overWords(latest calendar.Date) string {
	return "保函不再有效：最迟到期日 " + latest.Chinese() + " 已过（到期以前提出的索赔不受影响）"
}

// words are 已于2026年12月25日解除.
func (e Ended) words() string {
	return fmt.Sprintf(endWords[e.Reason], e.Day.Chinese())
}

var endWords = map[EndReason]string{EndReleased: "已于%s解除", EndExpired: "已于%s到期", EndPaidOut: "已于%s赔付", EndSurrendered: "已于%s退保", EndVoid: "已于%s失效"}

func fromTheFuture(l StatusList, now time.Time) bool {
	return l.IssuedAt.After(now.Add(clockTolerance))
}
func fresh(l StatusList, now time.Time) bool { return !now.After(l.NextAt.Add(clockTolerance)) }
func tooOld(l StatusList, now time.Time) bool {
	return !fresh(l, now) && now.Sub(l.IssuedAt) > StaleAfter
}

func futureWords(l StatusList) string {
	return "状态清单的日期 " + stamp(l.IssuedAt) + " 在将来，不能采信；请检查本机时间，或者重新下载"
}

func oldWords(l StatusList, now time.Time) string {
	return "状态清单是 " + days(now.Sub(l.IssuedAt)) + "以前的（" + stamp(l.IssuedAt) + "），太旧，不能采信；请从平台重新下载"
}

// days is a span for people.
func days(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d 天", d/(24*time.Hour))
	case d >= time.Hour:
		return fmt.Sprintf("%d 小时", d/time.Hour)
	}
	return fmt.Sprintf("%d 分钟", max(1, d/time.Minute))
}
