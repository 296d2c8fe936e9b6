package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// assuranceFresh is how old the platform's word may be, by the client's clock.
const assuranceFresh = 15 * time.Minute

// Check answers the owner's question before the deadline: has my guarantee arrived safely, and does it still meet what
// the lot demands now? It joins what nobody else can: the platform's signed word on what it holds, the record that only
// the owner opens, and the lot's present requirement. Whatever cannot be read is a line of the report, not an error; an
// error says that this side has no draft of the application, or that the platform does not answer. A letter that holds is
// kept, as Letter keeps it.
func (b *Bidder) Check(ctx context.Context, id string) (letter.Report, error) {
	draft, err := b.Draft(ctx, id)
	if err != nil {
		return letter.Report{}, err
	}
	e := examination{bidder: b, draft: draft}
	if e.reveal, err = letter.ParseReveal(draft.Submission.Reveal); err != nil {
		return letter.Report{}, err
	}
	if e.lot, err = b.Lot(ctx, draft.Lot); err != nil {
		return letter.Report{}, err
	}
	if e.copy, err = b.Copy(ctx, id); err != nil {
		return letter.Report{}, err
	}
	e.word, e.wordErr = b.assurance(ctx, id)
	report := e.report(ctx)
	if e.plain == nil {
		return report, nil
	}
	return report, b.keep(id+".letter", e.plain)
}

// assurance fetches the platform's word and believes it only under its signature, and only while it is fresh.
func (b *Bidder) assurance(ctx context.Context, id string) (letter.Assurance, error) {
	var answer wire.Assurance
	if err := b.get(ctx, "/applications/"+url.PathEscape(id)+"/assurance", &answer); err != nil {
		return letter.Assurance{}, err
	}
	signed, err := signing.ParseSignedData(answer.Statement)
	if err != nil {
		return letter.Assurance{}, err
	}
	if err := signed.Verify(b.Trust, b.Clock.Now()); err != nil {
		return letter.Assurance{}, err
	}
	if signed.Signer().Subject().OrganizationID != b.USCC {
		return letter.Assurance{}, errors.New("client: the statement is not signed by the platform")
	}
	a, err := letter.ParseAssurance(signed.Content)
	if err != nil {
		return a, err
	}
	if age := b.Clock.Now().Sub(a.At); age > assuranceFresh || age < -assuranceFresh {
		return a, fmt.Errorf("client: the statement is of %s", instant(a.At))
	}
	return a, nil
}

// examination is one Check in progress. Each line stands by itself.
type examination struct {
	bidder  *Bidder
	draft   Draft
	reveal  letter.Reveal
	lot     wire.Lot
	copy    wire.Copy
	word    letter.Assurance
	wordErr error
	file    letter.File // zero while the letter cannot be read
	plain   []byte      // its bytes
	got     letter.Receipt
}

// report puts the lines in order; the letter is opened first, because other lines read it.
func (e *examination) report(ctx context.Context) letter.Report {
	original := e.original(ctx)
	lines := []letter.Line{e.statement(), original, e.record(ctx), e.arrived(), e.inForce()}
	if e.lot.Requirement == nil {
		lines = append(lines, judge("requirement", false, "", "", "", "标段当前没有公布的保函要求；请核对标段，或联系招标人"))
		return concluded(lines)
	}
	req := *e.lot.Requirement
	r := concluded(append(lines, e.requirement(req), e.amount(req), e.expiry(req), e.form(req), e.custodians(req)))
	if !reaches(e.latest(), req) {
		r.Words = "这份保函不再够用：标段延期后，它依其文本最多顺延到 " + e.latest().Chinese() + "，早于现在的投标有效期。请在投标截止前重新申请一份，并写进投标；" +
			"这一份到投标截止没有投标写明的，自行失效，不用办理手续"
	}
	return r
}

func concluded(lines []letter.Line) letter.Report {
	r := letter.Report{OK: true, Lines: lines,
		Words: "保函已安全到达，并且满足招标文件当前的要求。开标前没有人能单独打开它；招标人改变要求后请再核对一次"}
	for _, l := range lines {
		r.OK = r.OK && l.Result == letter.ResultPass
	}
	if !r.OK {
		r.Words = "还不能确认保函安全到达并满足要求；请在投标截止前按上面未通过的各项处理，必要时另行申请"
	}
	return r
}

func judge(name string, ok bool, want, got, yes, no string) letter.Line {
	l := letter.Line{Name: name, Result: letter.ResultPass, Want: want, Got: got, Words: yes}
	if !ok {
		l.Result, l.Words = letter.ResultDoubtful, no
	}
	return l
}

// statement: the platform's word is its own, fresh, and about this very application.
func (e *examination) statement() letter.Line {
	own := e.wordErr == nil && e.word.Application == e.draft.ID && e.word.Guarantor == e.reveal.Guarantor.USCC &&
		e.word.Commitment == letter.Commitment(e.draft.Submission.Reveal)
	got := "没有可以采信的说明"
	if e.wordErr == nil {
		got = "截至 " + instant(e.word.At)
	}
	return judge("statement", own, "平台签名、15 分钟以内、说的是这份申请", got, "平台现在确认持有这份申请", "平台没有给出可以采信的说明；请稍后再试，或联系平台")
}

// original: the letter itself, opened on this side and checked from the bytes up, and the receipt with it.
func (e *examination) original(ctx context.Context) letter.Line {
	if e.copy.Receipt == nil {
		return judge("letter", false, "", "尚未开立", "", "担保机构尚未开立保函；请查看申请进度，或催办")
	}
	file, err := e.bidder.open(ctx, e.draft, e.copy)
	if err != nil {
		return judge("letter", false, "", "", "", "取回的保函与申请不符或不能打开；请立即联系担保机构和平台（"+err.Error()+"）")
	}
	file.Log = e.bidder.proven(ctx, file)
	plain, err := file.Canonical()
	if err != nil {
		return judge("letter", false, "", "", "", "保函文件不完整；请立即联系担保机构和平台")
	}
	held := letter.VerifyFile(plain, e.bidder.Trust, letter.Platform(e.bidder.USCC), letter.Deadline(e.lot.Deadline))
	if held.OK {
		e.file, e.got, e.plain = file, e.readReceipt(), plain
	}
	return judge("letter", held.OK, "", file.Undertaking.Number, "保函原件已由本单位打开，签名、文本、承诺值和回执逐项核对通过", held.Words)
}

func (e *examination) readReceipt() letter.Receipt {
	r, err := e.bidder.receipt(e.copy.Receipt)
	if err != nil {
		return letter.Receipt{}
	}
	return r
}

// record: what the custodians will open is what was handed in, and is what the platform says it holds.
func (e *examination) record(ctx context.Context) letter.Line {
	words := "封存的揭示记录不是本单位递交的那一份，或用本单位的密钥打不开；请立即联系平台"
	sealed, _, err := e.copy.Own()
	if err != nil {
		return judge("record", false, "", "", "", words)
	}
	r, err := openRecord(ctx, e.copy, sealed, e.bidder.me.Open)
	blob, blobErr := e.copy.Record.MarshalBinary()
	same := err == nil && blobErr == nil && e.draft.holds(r) == nil && e.wordErr == nil && letter.SealedDigest(blob) == e.word.Record
	return judge("record", same, "", "", "封存的揭示记录与本单位存底逐字节相同", words)
}

// arrived: the receipt's instant is before the lot's deadline as it stands now (电子签名法 art. 11).
func (e *examination) arrived() letter.Line {
	want := "早于投标截止时间 " + instant(e.lot.Deadline)
	if e.got.AcceptedAt.IsZero() {
		return judge("arrived", false, want, "没有可以采信的回执", "", "没有可以采信的到达时间；保函开立后请再核对")
	}
	return judge("arrived", e.got.AcceptedAt.Before(e.lot.Deadline), want, instant(e.got.AcceptedAt), "在投标截止前到达平台", "到达平台时投标已经截止")
}

// inForce: by the platform's word now, of the letter that was opened.
func (e *examination) inForce() letter.Line {
	same := e.wordErr == nil && e.word.InForce() && e.got.Number != "" && e.word.Number == e.got.Number &&
		e.word.Digest == e.got.Digest && e.word.AcceptedAt.Equal(e.got.AcceptedAt)
	got := instrumentWords[e.word.States.Instrument]
	return judge("in_force", same, "有效", got, "保函有效", "平台的说明里没有这份有效的保函（可能尚未开立，或已解除、失效）；请查看申请进度，或联系平台")
}

// instrumentWords are the states of a letter for people.
var instrumentWords = map[string]string{"none": "尚未开立", "issuing": "开立中", "issued": "有效", "amending": "有效（修改中）", "released": "已解除",
	"expired": "已到期", "surrendered": "已退保", "paid_out": "已付清", "void": "已失效", "failed": "开立失败"}

// requirement: the lot is the one that was applied for, and its notice asks for the same letter as then. A deadline put
// off or a validity made longer is no other requirement: the letter extends by its own wording.
func (e *examination) requirement(req letter.Requirement) letter.Line {
	same := req.Digest() == e.lot.RequirementDigest && req.Lot == e.reveal.Lot && slices.Equal(req.Beneficiaries, e.reveal.Beneficiaries)
	if !same {
		return judge("requirement", false, req.Lot.Code, e.reveal.Lot.Code, "", "标段或受益人与申请时不同；这份保函不能用于现在的要求，请重新申请")
	}
	words := "标段和受益人与招标文件当前的要求一致"
	if req.Digest() != e.reveal.Requirement {
		words += "；申请之后要求有过调整，金额、期限、形式见下面各项"
	}
	return judge("requirement", true, req.Lot.Code, e.reveal.Lot.Code, words, "")
}

func (e *examination) amount(req letter.Requirement) letter.Line {
	ok := e.reveal.Amount >= req.Amount && (e.file.Format == "" || e.reveal.Amount <= e.file.Undertaking.MaxAmount)
	return judge("amount", ok, req.Amount.String()+" 元", e.reveal.Amount.String()+" 元", "担保金额满足当前要求", "担保金额低于招标文件当前的要求；请重新申请")
}

// expiry: the letter holds until the end of the bid validity, counted from the deadline as it stands now: by its own
// validity, which moved with the deadline by its wording, and never beyond its latest expiry (条例 arts. 25, 26; 民法典 art.
// 201). The opening reckons the same.
func (e *examination) expiry(req letter.Requirement) letter.Line {
	need, latest, end := req.End.Expiry(), e.latest(), e.reveal.End
	if end.Deadline.Before(req.End.Deadline) {
		end.Deadline = req.End.Deadline
	}
	last := end.Expiry()
	if latest.Before(last) {
		last = latest
	}
	want, got := "至 "+need.String()+" 24 时", "至 "+last.String()+" 24 时，可顺延至 "+latest.String()
	if !latest.Before(need) && end.Expiry().Before(need) {
		return judge("expiry", false, want, got, "", "保函有效期短于标段当前的投标有效期；请向出具机构更换保函")
	}
	return judge("expiry", reaches(latest, req), want, got, "有效期覆盖标段当前的投标有效期",
		"标段延期后的投标有效期超过了保函的最迟到期日，不再够用；请重新申请一份，写进投标")
}

// latest is the latest expiry that the letter states, or that was applied for while it cannot be read.
func (e *examination) latest() calendar.Date {
	if e.file.Format != "" {
		return e.file.Undertaking.LatestExpiry
	}
	return letter.LadderExpiry(e.reveal.End.Expiry())
}

func (e *examination) form(req letter.Requirement) letter.Line {
	if e.file.Format == "" {
		return judge("form", false, "", "", "", "保函还不能读取，无法核对形式")
	}
	w, err := letter.WordingOf(e.file.Undertaking.Application.Wording)
	return judge("form", err == nil && slices.Contains(req.Forms, w.Form), "", w.Title, "招标文件接受这种形式的保函", "招标文件当前不接受这种形式的保函；请重新申请")
}

// custodians: the keys to which the record is sealed are still the lot's, signed by the same three, who are
// the pinned ones if there are pins.
func (e *examination) custodians(req letter.Requirement) letter.Line {
	ok := e.lot.Custodians != nil && e.reveal.Custodians == req.Custodians && e.lot.Custodians.Digest() == req.Custodians &&
		e.bidder.appointed(*e.lot.Custodians) == nil
	return judge("custodians", ok, req.Custodians.String(), e.reveal.Custodians.String(), "三位密钥保管人及其公钥没有变化",
		"密钥保管人或其公钥已与申请时不同，或其签名不能核对，或不是本单位认可的三家；请联系招标人和交易中心")
}

func instant(t time.Time) string {
	return t.In(calendar.Shanghai).Format("2006-01-02 15:04:05")
}
