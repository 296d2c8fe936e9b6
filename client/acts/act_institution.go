package acts

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

var (
	_ = register("open-application", openApplication)
	_ = register("take-up", takeUp)
	_ = register("underwrite", underwrite)
	_ = register("decline", decline)
	_ = register("fee-received", feeReceived)
	_ = register("fee-refunded", feeRefunded)
	_ = register("draft-letter", draftLetter)
	_ = register("issue", issue)
	_ = register("fail-issue", failIssue)
	_ = register("acknowledge-release", acknowledgeRelease)
)

const noInstitutionOpening = spoken("这个证书文件里没有加密证书，打不开申请书。请选择同时含有经办人签名证书和本机构加密证书的文件。")

// institution is the client of an institution's person: each request is signed by the certificate itself. The session is
// asked first whether it is this organisation's.
func (d Desk) institution(ctx context.Context) (*client.Institution, error) {
	if d.Me.Open == nil {
		return nil, noInstitutionOpening
	}
	if _, err := d.staff(ctx); err != nil {
		return nil, err
	}
	return client.NewInstitution(d.Platform, d.Me, d.Platform.Certificates...)
}

// offered is an application, opened with the institution's encryption key and checked.
func (d Desk) offered(ctx context.Context, i *client.Institution, id string) (client.Offered, error) {
	d.tell(0, 0, "正在取回并解密申请书")
	m, err := i.Offer(ctx, id)
	if err != nil {
		return client.Offered{}, err
	}
	d.tell(0, 0, "正在核对签名和内容")
	o, err := i.OpenOffer(ctx, m)
	if err != nil {
		return o, err
	}
	platform, err := i.Application(ctx, id)
	if err != nil {
		return o, err
	}
	if platform.Digest != o.Digest || platform.Ceiling != o.Application.Ceiling {
		return o, spoken("解密得到的申请书与平台登记的摘要或金额不符，不要承保。请立即联系平台运营人员。")
	}
	return o, nil
}

// openApplication shows what an application says, and what was checked: application.
func openApplication(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("application")
	if f.err != nil {
		return Result{}, f.err
	}
	i, err := d.institution(ctx)
	if err != nil {
		return Result{}, err
	}
	o, err := d.offered(ctx, i, id)
	if err != nil {
		return Result{}, err
	}
	facts, err := offeredFacts(o)
	return Result{ID: id, Says: "申请书已在本机解密，核对全部相符。内容只显示在本页，不会发送给平台。", Facts: facts}, err
}

func offeredFacts(o client.Offered) ([]Fact, error) {
	app := o.Application
	w, err := letter.WordingOf(app.Wording)
	if err != nil {
		return nil, err
	}
	facts := []Fact{
		{"申请人", parties(app.Applicants)},
		{"保函文本", w.Title + "（" + w.ID + " 第 " + number(w.Version) + " 版）"},
		{"最高金额", capital(app.Ceiling)},
		{"最迟到期日", day(app.LatestExpiry)},
		{"报价保费", capital(app.Fee)},
	}
	if o.Full() {
		facts = append(facts, lotFacts(*o.Reveal)...)
	} else {
		facts = append(facts, Fact{"项目和受益人", "密文保函：开标之前不向本机构公开，开标时按承诺值核对"})
	}
	issuer := o.Applicant.Issuer()
	facts = append(facts,
		Fact{"核对：申请人签名", "成立；签名证书由“" + issuer.CommonName + "”签发，证书链通向平台公布的信任根，序列号 " + o.Applicant.Serial()},
		Fact{"核对：签名人", "签名证书的统一社会信用代码与申请人一致"},
		Fact{"核对：申请书摘要（SM3）", "与平台登记一致：" + o.Digest.String()},
		Fact{"核对：金额和日期", "最高金额、最迟到期日都在公布的档位上，文本是公布的文本"})
	if o.Full() {
		facts = append(facts, Fact{"核对：揭示记录", "与申请书中的承诺值一致，申请人、机构、金额和期限与申请书相符"},
			Fact{"核对：密钥保管人", "三家的公钥各由其证书签名，摘要与揭示记录一致"})
	}
	return facts, nil
}

func lotFacts(r letter.Reveal) []Fact {
	return []Fact{
		{"招标项目", r.Lot.ProjectName + "（" + r.Lot.Project + "）"},
		{"标段", r.Lot.Name + "（" + r.Lot.Code + "）"},
		{"受益人", parties(r.Beneficiaries)},
		{"担保金额", capital(r.Amount)},
		{"投标截止", instant(r.End.Deadline)},
		{"有效期至", day(r.End.Expiry())},
	}
}

func parties(all []letter.Party) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = p.Name + "（" + p.USCC + "）"
	}
	return strings.Join(words, "；")
}

// day is 2026年11月30日.
func day(d calendar.Date) string {
	return d.EndOfDay().Add(-time.Hour).In(calendar.Shanghai).Format("2006年1月2日")
}

// capital is an amount that binds: in figures and in words.
func capital(f letter.Fen) string { return money(f) + "（大写：" + f.Capital() + "）" }

// takeUp says that underwriting has begun: application.
func takeUp(ctx context.Context, d Desk, f *fields) (Result, error) {
	return d.aboutApplication(ctx, f, "已受理，请在答复时限之前作出决定。", func(i *client.Institution, id string) error { return i.TakeUp(ctx, id) })
}

// aboutApplication does one thing to the application of the form.
func (d Desk) aboutApplication(ctx context.Context, f *fields, says string, do func(*client.Institution, string) error) (Result, error) {
	id := f.id("application")
	if f.err != nil {
		return Result{}, f.err
	}
	i, err := d.institution(ctx)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: says}, do(i, id)
}

// underwrite approves: application, fee in yuan. What the application says is checked once more before it is approved.
func underwrite(ctx context.Context, d Desk, f *fields) (Result, error) {
	fee := f.yuan("fee")
	return d.aboutApplication(ctx, f, "已同意承保，保费 "+money(fee)+"。", func(i *client.Institution, id string) error {
		if _, err := d.offered(ctx, i, id); err != nil {
			return err
		}
		return i.Decide(ctx, id, wire.Decision{Approve: true, Fee: fee})
	})
}

// decline does not: application, reason.
func decline(ctx context.Context, d Desk, f *fields) (Result, error) {
	reason := f.text("reason", 2, 500)
	return d.aboutApplication(ctx, f, "已告知申请人不予承保及理由。", func(i *client.Institution, id string) error {
		return i.Decide(ctx, id, wire.Decision{Reason: reason})
	})
}

// feeReceived says that the fee has arrived: application, amount in fen, reference, payer-name, payer-number, payer-bank,
// paid_at.
func feeReceived(ctx context.Context, d Desk, f *fields) (Result, error) {
	p := wire.FeePaid{Amount: f.fen("amount"), Reference: f.text("reference", 1, 64), PaidAt: f.instant("paid_at"),
		Payer: letter.Account{Name: f.text("payer-name", 2, 100), Number: f.text("payer-number", 4, 40), Bank: f.text("payer-bank", 2, 100)}}
	return d.aboutApplication(ctx, f, "已登记保费到账 "+money(p.Amount)+"。", func(i *client.Institution, id string) error { return i.FeePaid(ctx, id, p) })
}

// feeRefunded says that the fee has gone back: application, reference.
func feeRefunded(ctx context.Context, d Desk, f *fields) (Result, error) {
	r := wire.FeeRefunded{Reference: f.text("reference", 1, 64)}
	return d.aboutApplication(ctx, f, "已登记保费退还。", func(i *client.Institution, id string) error { return i.FeeRefunded(ctx, id, r) })
}

// failIssue says that the institution cannot issue after all: application, reason.
func failIssue(ctx context.Context, d Desk, f *fields) (Result, error) {
	reason := f.text("reason", 2, 500)
	return d.aboutApplication(ctx, f, "已报告不能开立；收到的保费须退还申请人。", func(i *client.Institution, id string) error { return i.Fail(ctx, id, reason) })
}

// acknowledgeRelease says that a release has been seen: guarantee.
func acknowledgeRelease(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("guarantee")
	if f.err != nil {
		return Result{}, f.err
	}
	i, err := d.institution(ctx)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: "已确认收到解除。"}, i.Acknowledge(ctx, id, id)
}

// draftLetter shows the whole text of the letter as it would be signed, and remembers number and place: application, number,
// place. Nothing is signed and nothing is said to the platform.
func draftLetter(ctx context.Context, d Desk, f *fields) (Result, error) {
	id, no, place := f.id("application"), f.text("number", 6, 40), f.text("place", 2, 200)
	if f.err != nil {
		return Result{}, f.err
	}
	i, err := d.institution(ctx)
	if err != nil {
		return Result{}, err
	}
	o, err := d.offered(ctx, i, id)
	if err != nil {
		return Result{}, err
	}
	u, err := letter.NewUndertaking(o.Application, o.Digest, no, place, o.Reveal)
	if err != nil {
		return Result{}, asField(err, map[string]string{"number": "number", "place_of_presentation": "place"})
	}
	shown := draft{number: no, place: place}
	if before, ok := readDraft(d.Copies, id); ok && before.number == no && before.place == place {
		shown = before
	}
	if err := shown.put(d.Copies, id); err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: "这是将要签名的保函全文。请逐条通读，核对无误后再签发。", Facts: letterFacts(u)}, nil
}

// asField puts a fault of a letter's content to the field of the form from which it came.
func asField(err error, names map[string]string) error {
	if fault, ok := letter.FieldOf(err); ok && names[fault.Field] != "" {
		return &FieldError{names[fault.Field], fault.Message}
	}
	return err
}

func letterFacts(u letter.Undertaking) []Fact {
	facts := []Fact{{"标题", u.Title}, {"保函编号", u.Number}, {"开立人", parties([]letter.Party{u.Guarantor})},
		{"申请人", parties(u.Application.Applicants)}, {"最高金额", capital(u.MaxAmount)}, {"最迟到期日", day(u.LatestExpiry)},
		{"交单地点", u.PlaceOfPresentation}}
	for n, c := range u.Clauses {
		facts = append(facts, Fact{"第 " + number(n+1) + " 段", c})
	}
	return facts
}

// issue signs the letter that was shown and puts it into force: application. The letter is kept in this browser, encrypted to
// the institution, before a word of it is said; whoever presses again says the same bytes again.
func issue(ctx context.Context, d Desk, f *fields) (Result, error) {
	id := f.id("application")
	if f.err != nil {
		return Result{}, f.err
	}
	i, err := d.institution(ctx)
	if err != nil {
		return Result{}, err
	}
	l, err := d.letter(ctx, i, id)
	if err != nil {
		return Result{}, err
	}
	d.tell(0, 0, "正在登记编号和摘要，并递交保函")
	_, receipt, err := i.Issue(ctx, l)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: id, Says: "保函 " + l.Number + " 已经签发生效，平台已出具回执。", Facts: []Fact{{"保函编号", l.Number}, {"保函摘要（SM3）", l.Digest.String()}},
		Files: []Out{{"保函回执-" + l.Number + ".p7s", "application/pkcs7-signature", receipt}}}, nil
}

// letter is the one that was kept here: the one whose digest the platform has on record, else the one that was written of what
// was shown; else it is written now.
func (d Desk) letter(ctx context.Context, i *client.Institution, id string) (client.Letter, error) {
	at, err := i.Application(ctx, id)
	if err != nil {
		return client.Letter{}, err
	}
	if at.Number != "" {
		l, err := i.KeptLetter(ctx, d.Copies, id, at.Undertaking)
		if errors.Is(err, fs.ErrNotExist) {
			err = spoken("平台已登记编号 " + at.Number + "，但本机没有那份已签名的保函。请在登记时使用的电脑和浏览器上继续签发；那台电脑不能用的，请报告不能开立。")
		}
		return l, err
	}
	s, ok := readDraft(d.Copies, id)
	if !ok {
		return client.Letter{}, spoken("请先生成保函全文，通读之后再签发。")
	}
	if !s.written.IsZero() {
		if l, err := i.KeptLetter(ctx, d.Copies, id, s.written); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return l, err
		}
	}
	o, err := d.offered(ctx, i, id)
	if err != nil {
		return client.Letter{}, err
	}
	d.tell(0, 0, "正在签名，并在本机保存保函")
	l, err := i.Write(ctx, o, s.number, s.place)
	if err != nil {
		return l, err
	}
	s.written = l.Digest
	return l, errors.Join(i.KeepLetter(d.Copies, l), s.put(d.Copies, id))
}

// draft is what was shown of a letter, and the digest of what was written of it.
type draft struct {
	number, place string
	written       signing.Digest
}

func draftName(application string) string { return application + ".letter-draft" }

func readDraft(from client.Copies, application string) (s draft, ok bool) {
	b, err := from.Get(draftName(application))
	lines := strings.Split(string(b), "\n")
	if err != nil || len(lines) != 3 || s.written.UnmarshalText([]byte(lines[2])) != nil {
		return draft{}, false
	}
	s.number, s.place = lines[0], lines[1]
	return s, true
}

func (s draft) put(to client.Copies, application string) error {
	return to.Put(draftName(application), []byte(s.number+"\n"+s.place+"\n"+s.written.String()))
}
