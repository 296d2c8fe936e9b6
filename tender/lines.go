package tender

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// The sixteen lines of the verification at the opening (验真核验), in the order in which they are printed. A line
// says what was wanted and what was found; only the committee draws a consequence.
var lineNames = [16]string{
	"到达平台", "出具机构资格", "签名与证书", "摘要一致", "内容与登记一致", "标段", "受益人", "投标人",
	"担保金额", "有效期", "开立与缴费", "效力状态", "文本与形式", "唯一有效", "延期适用", "关联线索",
}

// exam is what the lines are judged by: one letter, opened or shown by its bidder, the lot, and the lot's other letters.
type exam struct {
	desk     *Desk
	lot      *Lot
	x        *openedLetter
	members  members
	bids     standingIn // the lot's bids by their bidders
	payers   payers
	licences *licences
	covered  bool                    // what they say
	row      *guarantee.SealedLetter // nil: lost here, and the bidder's copy is all there is
	u        *guarantee.Unsealed
	got      letter.Receipt // the platform's receipt for the letter
	gotErr   error
	sealed   string // why nothing is known of the lot's bids, when that is so
}

// lost is what a line says that only the platform's own row could answer.
const lost = "平台没有这份保函的登记，只有投标人的副本，无法核对"

// said is what the row says of the letter; of one whose row is lost, what the letter says of itself.
func (e *exam) said() guarantee.Guarantee {
	if e.row != nil {
		return e.row.Guarantee
	}
	a := e.u.Content.Application
	g := guarantee.Guarantee{ID: a.Application, Guarantor: e.u.Content.Guarantor.USCC, Mode: a.Mode, Ceiling: a.Ceiling}
	if w, err := letter.WordingOf(a.Wording); err == nil {
		g.Form, g.Wording, g.WordingVersion = w.Form, w.ID, w.Version
	}
	return g
}

// examine reads the receipts of the letters that are here and asks the market about their institutions, before the
// transaction.
func (o *opening) examine(ctx context.Context) ([]exam, error) {
	exams, errs := make([]exam, len(o.letters)), make([]error, len(o.letters))
	known := &licences{market: o.desk.Market}
	atOnce(len(exams), func(i int) {
		if x := o.letters[i]; x.sealed != nil {
			e := exam{desk: o.desk, lot: o.lot, x: x, row: x.sealed, licences: known}
			e.got, e.gotErr = o.desk.letterReceipt(x.sealed.Receipt)
			e.covered, errs[i] = e.licence(ctx)
			exams[i] = e
		}
	})
	return exams, errors.Join(errs...)
}

func (o *opening) standingIn() standingIn {
	s := standingIn{}
	for _, b := range o.bids {
		s.add(b.ID, b.Content.Bidders)
	}
	return s
}

// blank is the verification of a letter that could not be opened: nothing is known.
func blank(why string) []letter.Line {
	out := make([]letter.Line, len(lineNames))
	for i, name := range lineNames {
		out[i] = letter.Line{Name: name, Result: letter.ResultUnknown, Words: why}
	}
	return out
}

func (e *exam) lines(ctx context.Context) ([]letter.Line, error) {
	covered, err := e.licence(ctx)
	if err != nil {
		return nil, err
	}
	e.covered = covered
	return e.judged(), nil
}

// judged are the lines when the market has been asked.
func (e *exam) judged() []letter.Line {
	lines := []letter.Line{
		e.arrived(), e.licensed(), e.signed(), e.digest(), e.registered(), e.lotLine(), e.beneficiaries(), e.applicants(),
		e.amount(), e.validity(), e.issued(), e.inForce(), e.wording(), e.only(), e.postponed(), e.related(),
	}
	for i := range lines {
		l := &lines[i]
		l.Name, l.Want, l.Got, l.Words = lineNames[i], visible(l.Want), visible(l.Got), visible(l.Words)
	}
	return lines
}

// judge is a line that passes when ok and is doubtful otherwise.
func judge(ok bool, want, got, doubt string) letter.Line {
	if ok {
		return letter.Line{Result: letter.ResultPass, Want: want, Got: got, Words: "相符"}
	}
	return letter.Line{Result: letter.ResultDoubtful, Want: want, Got: got, Words: doubt}
}

func unknown(want, words string) letter.Line {
	return letter.Line{Result: letter.ResultUnknown, Want: want, Words: words}
}

// 1: accepted here before T, by the platform's own signed receipt.
func (e *exam) arrived() letter.Line {
	want := "早于 " + instant(e.lot.End.Deadline) + "（不含）"
	if e.gotErr != nil {
		return unknown(want, "平台回执缺失或无法验证；请由平台运营人员查明")
	}
	ok := e.got.Application == e.said().ID && e.got.AcceptedAt.Before(e.lot.End.Deadline)
	return judge(ok, want, instant(e.got.AcceptedAt), "保函不是在投标截止前到达平台的")
}

// licence asks the market for line 2.
func (e *exam) licence(ctx context.Context) (bool, error) {
	at := e.lot.End.Deadline
	if e.gotErr == nil {
		at = e.got.AcceptedAt
	}
	g := e.said()
	return e.licences.cover(ctx, g.Guarantor, g.Form, at)
}

// 2: the institution's licence allows this form on the day it was received (法释〔2016〕24号1; 民法典担保解释2).
func (e *exam) licensed() letter.Line {
	want := "名录内且未暂停，资格覆盖" + formWords[e.said().Form]
	got := e.u.Content.Guarantor.String() + "：" + map[bool]string{true: "有资格", false: "无资格或已暂停"}[e.covered]
	return judge(e.covered, want, got, "出具机构在收到保函时不具备出具该形式保函的资格")
}

// 3: the guarantor's signature and chain, good when signed and when received.
func (e *exam) signed() letter.Line {
	want := "签名有效，证书链可信且在有效期内"
	if e.gotErr != nil {
		return unknown(want, "没有可验证的接收时间，无法判断证书在接收时是否有效")
	}
	signer := e.u.Signed.Signer().Subject()
	if err := e.verifyUndertaking(); err != nil {
		return judge(false, want, signer.Organization, signatureWords(err))
	}
	return judge(signer.OrganizationID == e.said().Guarantor, want, signer.Organization, "签名证书不是出具机构的证书")
}

// verifyUndertaking asks both implementations where the platform could not read the letter when it came, and one where
// both have accepted it: a signature that moves money is checked by both, once.
func (e *exam) verifyUndertaking() error {
	if e.row == nil || e.row.Mode == letter.ModeFull {
		return e.u.Signed.Verify(e.desk.Trust, e.got.AcceptedAt)
	}
	return e.u.Signed.VerifyAgain(e.desk.Trust, e.got.AcceptedAt)
}

// 4: the bytes are those that the platform receipted.
func (e *exam) digest() letter.Line {
	found := letter.UndertakingDigest(e.u.Undertaking)
	if e.said().Mode == letter.ModeFull {
		found = letter.SaltedDigest(e.u.Salt, e.u.Undertaking)
	}
	if e.gotErr != nil {
		return unknown("平台回执所载摘要", "平台回执缺失或无法验证；请由平台运营人员查明")
	}
	return judge(found == e.got.Digest, e.got.Digest.String(), found.String(), "保函文件与接收时登记的摘要不一致")
}

// 5: what is written in the letter is what was registered, and the record opens the commitment.
func (e *exam) registered() letter.Line {
	const want = "编号、机构、申请、金额、期限、承诺值均一致"
	if e.row == nil {
		return unknown(want, lost)
	}
	c := e.u.Content
	var wrong []string
	note := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, what)
		}
	}
	note(e.row.Number != nil && c.Number == *e.row.Number, "保函编号")
	note(c.Guarantor.USCC == e.row.Guarantor && c.Guarantor == e.u.Reveal.Guarantor, "出具机构")
	note(c.Application.Application == e.row.ID && e.u.Reveal.Application == e.row.ID, "申请编号")
	note(slices.Equal(c.ApplicationDigest[:], e.row.ApplicationDigest), "申请书摘要")
	note(c.MaxAmount == e.most() && c.Application.Ceiling == e.row.Ceiling, "最高金额")
	note(c.LatestExpiry == calendar.DateOf(e.row.FirstLatest.UTC()), "最迟到期日")
	note(letter.Commitment(e.u.RevealBytes) == c.Application.Commitment, "承诺值")
	return judge(len(wrong) == 0, want, found(wrong), "保函内容与平台登记不一致")
}

// most is the maximum that the letter must state: the ceiling as long as it says nothing of the lot, the exact
// amount in full.
func (e *exam) most() letter.Fen {
	if e.row.Mode == letter.ModeFull {
		return e.u.Reveal.Amount
	}
	return e.row.Ceiling
}

func found(wrong []string) string {
	if len(wrong) == 0 {
		return "均一致"
	}
	return "不一致：" + strings.Join(wrong, "、")
}

// 6: one letter covers exactly one lot.
func (e *exam) lotLine() letter.Line {
	want, got := e.lot.Requirement.Lot, e.u.Reveal.Lot
	return judge(want == got, want.Project+" / "+want.Code+" "+want.Name, got.Project+" / "+got.Code+" "+got.Name, "保函所保标段不是本标段")
}

// 7: the beneficiaries, the lead first, by name and code.
func (e *exam) beneficiaries() letter.Line {
	want, got := e.lot.Requirement.Beneficiaries, e.u.Reveal.Beneficiaries
	return judge(slices.Equal(want, got), parties(want), parties(got), "受益人与招标文件不一致")
}

// 8: the applicants are the bidders of every bid that names the letter, all members of a consortium, the lead first.
func (e *exam) applicants() letter.Line {
	got := e.u.Reveal.Applicants
	switch {
	case e.sealed != "":
		return unknown("投标文件所载投标人", e.sealed)
	case len(e.x.By) == 0:
		return judge(false, "列明这份保函的投标文件", parties(got), "已开标的投标文件没有列明这份保函")
	}
	want := e.x.By[0].Content.Bidders
	ok := slices.Equal(e.u.Content.Application.Applicants, got)
	for _, by := range e.x.By {
		if !slices.Equal(by.Content.Bidders, got) {
			want, ok = by.Content.Bidders, false
		}
	}
	return judge(ok, parties(want), parties(got), "保函申请人与投标人不一致")
}

func parties(all []letter.Party) string {
	out := make([]string, len(all))
	for i, p := range all {
		out[i] = p.String()
	}
	return strings.Join(out, "、")
}

func instant(t time.Time) string {
	return t.In(calendar.Shanghai).Format("2006-01-02 15:04:05.000000")
}

// letterReceipt reads the platform's receipt of a letter.
func (d *Desk) letterReceipt(p7s []byte) (letter.Receipt, error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return letter.Receipt{}, err
	}
	if err := signed.VerifyAgain(d.Trust, time.Time{}); err != nil {
		return letter.Receipt{}, err
	}
	if signed.Signer().Subject().OrganizationID != d.ours() {
		return letter.Receipt{}, errReceipt
	}
	return letter.ParseReceipt(signed.Content)
}
