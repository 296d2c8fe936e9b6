package letter

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"baohan/signing/tlog"
)

// The lines of the transparency log. They may stay unknown when no log was named.
const (
	lineLog     = "log"
	lineLogHead = "log_head"
)

// Log names the log, and the witnesses, that the reader trusts: the letter's log proof is then demanded, with the log's
// signature and as many countersignatures as the policy wants.
func Log(trust tlog.Policy) Option { return func(v *verification) { v.log = &trust } }

// OfferedLog names the log that the platform says is its own, which the reader did not choose: a proof that a letter carries
// must be of that log, and a letter without one is not refused. It binds the log, not the platform that names it.
func OfferedLog(trust tlog.Policy) Option {
	return func(v *verification) { v.log, v.logOffered = &trust, true }
}

// logged checks the proof that a file carries: that it is of this letter's entry into force, that the leaf is in the
// head, and who signed and saw that head.
func (v *verification) logged(f File) {
	if f.Log == nil {
		v.add(Line{Name: lineLog, Result: ResultUnknown, Words: "文件没有附透明日志的证明；开立一两分钟之后重新下载的文件会附上"})
		return
	}
	if words := f.misfit(); words != "" {
		v.add(Line{Name: lineLog, Result: ResultDoubtful, Words: words})
		return
	}
	c, err := f.Log.head()
	if err != nil {
		v.add(Line{Name: lineLog, Result: ResultDoubtful, Words: logWords(err)})
		return
	}
	place := "第" + strconv.FormatUint(f.Log.Inclusion.Position+1, 10) + "条"
	l := Line{Name: lineLog, Result: ResultPass, Got: c.Origin, Words: "本保函的开立记在日志" + place + "，所附证明算得的根与日志头一致"}
	if v.log == nil { // anybody can make a head: nothing is recorded anywhere until somebody whom the reader trusts has signed it
		l.Result, l.Words = ResultUnknown, "所附证明自称开立记在日志"+place+"；没有指定日志和见证人的公钥，日志头是谁签的未核对"
	}
	v.add(l)
	v.head(*f.Log)
}

// ProvenBy tells whether a proof is of this letter's entry into force and leads to its head. Who signed the head is for
// VerifyFile.
func (f File) ProvenBy(p LogProof) bool {
	f.Log = &p
	if f.misfit() != "" {
		return false
	}
	_, err := p.head()
	return err == nil
}

// misfit says why a proof is not of this letter; empty when it is.
func (f File) misfit() string {
	fact, want := f.Log.Fact, InForce{Number: f.Undertaking.Number, Letter: UndertakingDigest(f.Signed)}
	if f.Undertaking.Application.Mode == ModeFull {
		want.Letter = SaltedDigest(f.Salt, f.Signed)
	}
	got, err := decode[InForce](fact.Data)
	switch {
	case fact.Of != OfGuarantee || fact.Kind != FactIssued && fact.Kind != FactDeposited || err != nil:
		return "日志证明所证明的不是保函的开立；可能被人换过，请重新下载文件"
	case fact.Subject != f.Undertaking.Application.Application || got != want:
		return "日志证明属于另一份保函；可能被人换过，请重新下载文件"
	}
	return ""
}

// head computes whether the leaf is in the head, without asking who signed it.
func (p LogProof) head() (tlog.Checkpoint, error) {
	leaf, err := p.Fact.Commitment(p.Salt)
	if err != nil {
		return tlog.Checkpoint{}, err
	}
	n, err := tlog.ParseNote([]byte(p.Inclusion.Checkpoint))
	if err != nil {
		return tlog.Checkpoint{}, err
	}
	c, err := tlog.ParseCheckpoint(n.Text)
	if err != nil {
		return c, err
	}
	return c, tlog.CheckInclusion(c, p.Inclusion.Position, leaf, p.Inclusion.Path)
}

// head says who vouches for the head.
func (v *verification) head(p LogProof) {
	if v.log == nil {
		v.add(Line{Name: lineLogHead, Result: ResultUnknown, Words: "没有指定日志和见证人的公钥，未核对日志头的签名"})
		return
	}
	_, seen, err := p.Verify(*v.log)
	l := Line{Name: lineLogHead, Result: ResultPass, Words: "日志头由您指定的日志签名；没有要求见证人"}
	switch {
	case err != nil:
		l.Result, l.Words = ResultDoubtful, logWords(err)
	case len(seen) > 0:
		l.Words, l.Got = "日志头由您指定的日志签名，见证人在下列时刻已经看到这条记录", sightings(seen)
	}
	if v.logOffered {
		l.Words = cmp.Or(offeredWords[l.Words], l.Words)
	}
	v.add(l)
}

// offeredWords are what is said instead of a log that the platform, and not the reader, has named.
var offeredWords = map[string]string{
	"日志头由您指定的日志签名；没有要求见证人":           "日志头由平台公布的日志签名；没有要求见证人",
	"日志头由您指定的日志签名，见证人在下列时刻已经看到这条记录":  "日志头由平台公布的日志签名，见证人在下列时刻已经看到这条记录",
	"日志头不是您指定的日志签名的：证明出自另一本日志，或者被改动": "日志头不是平台公布的日志签名的：证明出自另一本日志，或者被改动",
}

func sightings(seen []tlog.Sighting) string {
	var all []string
	for _, s := range seen {
		all = append(all, s.Name+" "+stamp(s.At))
	}
	return strings.Join(all, "、")
}

// logFaults says in words why a proof is not accepted; the first that fits.
var logFaults = []struct {
	is    error
	words string
}{
	{tlog.ErrQuorum, "见证人的签名不够您要求的数目；稍后重新下载文件，仍不够的请向见证人核实"},
	{tlog.ErrCosignature, "日志头上有一行见证人的签名不成立：证明被改动，或者有人冒用见证人的名义"},
	{tlog.ErrUnsigned, "日志头不是您指定的日志签名的：证明出自另一本日志，或者被改动"},
	{tlog.ErrProof, "证明与日志头不符：出自另一本日志、分叉的日志，或者被截短、改动"},
	{tlog.ErrCheckpoint, "所附日志头格式有误或者被改动"},
	{tlog.ErrNote, "所附日志头格式有误或者被改动"},
}

func logWords(err error) string {
	for _, f := range logFaults {
		if errors.Is(err, f.is) {
			return f.words
		}
	}
	return "日志证明无法核对：格式有误或者被改动"
}
