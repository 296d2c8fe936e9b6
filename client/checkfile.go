package client

import (
	"context"
	"slices"

	"baohan/guarantee/letter"
)

// CheckFile answers, of a letter bought at an institution's own counter, what Check answers of one applied for here: is
// the file genuine, was it in the platform's hands before the deadline, is it this bidder's, and does it meet what the
// lot demands now? The platform does not know whose a counter letter is and gives no word on it, so that a file says
// nothing of what happened after its receipt. A file that holds is kept under its id, by which Bid names it.
func (b *Bidder) CheckFile(ctx context.Context, lot string, file []byte) (letter.Report, error) {
	e := examination{bidder: b}
	var err error
	if e.lot, err = b.Lot(ctx, lot); err != nil {
		return letter.Report{}, err
	}
	if err := b.checkNotice(e.lot); err != nil {
		return letter.Report{}, err
	}
	held := letter.VerifyFile(file, b.Trust, letter.Platform(b.USCC), letter.Deadline(e.lot.Deadline))
	if !held.OK {
		return held, nil
	}
	if e.file, err = letter.ParseFile(file); err != nil {
		return letter.Report{}, err
	}
	report := e.bought()
	if !report.OK {
		return report, nil
	}
	return report, b.keep(e.reveal.Application+".letter", file)
}

// bought are the lines of a file that is genuine.
func (e *examination) bought() letter.Report {
	var err error
	if e.got, err = e.bidder.receipt(e.file.Receipt); err != nil {
		e.got = letter.Receipt{}
	}
	e.reveal = e.file.Reveal
	req := *e.lot.Requirement
	r := concluded([]letter.Line{
		judge("letter", true, "", e.file.Undertaking.Number, "保函文件的签名、文本、承诺值和回执逐项核对通过", ""),
		e.mine(), e.arrived(), e.requirement(req), e.amount(req), e.expiry(req), e.form(req), e.custodians(req)})
	if r.OK {
		r.Words = "保函文件属实，开标前已到达平台，满足招标文件当前的要求。投标时请写明保函编号 " + e.reveal.Application +
			"；不写明就不会打开，到期自行失效。文件写有贵单位和标段，开标前请勿给他人"
	}
	return r
}

// mine: the letter is this bidder's, as the lead if there is a consortium.
func (e *examination) mine() letter.Line {
	me, all := e.bidder.me.Party, e.reveal.Applicants
	ok := len(all) > 0 && all[0] == me && slices.Equal(all, e.file.Undertaking.Application.Applicants)
	return judge("applicants", ok, me.Name, all[0].Name, "申请人是本单位（联合体以本单位为牵头人）", "申请人不是本单位；请向出具机构更换保函")
}
