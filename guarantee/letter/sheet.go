package letter

import (
	"slices"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// Advice is what every verification sheet says of itself: whether a bid is rejected is decided by the evaluation
// committee alone (评标委员会和评标方法暂行规定25; 招标投标法40). A sheet has no member for a rejection.
const Advice = "本表只供评标委员会参考；是否否决投标由评标委员会依法认定，平台、交易中心和开标工作人员不作认定"

// The results of a letter on a sheet.
const (
	LetterPassed   = "passed"   // 通过
	LetterDoubtful = "doubtful" // 存疑: a line does not hold
	LetterUnknown  = "unknown"  // 未知: a line could not be checked
)

var letterResults = map[string]string{LetterPassed: "通过", LetterDoubtful: "存疑", LetterUnknown: "未知"}

// SheetLines is how many lines a letter is verified by.
const SheetLines = 16

// Sheet is the verification sheet (核验结果表) of one lot's opening, signed by the centre: what was found of every letter
// that a bid names, and which of them the committee has to look at (存疑清单). What is found later makes a new edition,
// which names the one before; no edition is ever changed.
type Sheet struct {
	Version        int            `json:"version"`
	Edition        int            `json:"edition"`  // 1, 2, …
	Previous       signing.Digest `json:"previous"` // SheetDigest of the edition before; zero for the first
	Note           string         `json:"note"`     // why there is another edition; empty for the first
	Advice         string         `json:"advice"`
	Lot            Lot            `json:"lot"`
	Deadline       time.Time      `json:"deadline"`
	OpenedAt       time.Time      `json:"opened_at"`
	ClosingBids    signing.Digest `json:"closing_bids"`    // ClosingDigest
	ClosingLetters signing.Digest `json:"closing_letters"` // zero when there was no letter to ask the custodians for
	Bids           []SheetBid     `json:"bids"`            // in ascending order of their ids
	Letters        []SheetLetter  `json:"letters"`         // in ascending order of their ids
	Doubtful       []string       `json:"doubtful"`        // ids of the letters whose result is not passed, in their order
	At             time.Time      `json:"at"`              // when this edition was made
}

// SheetBid is one bid of the opening. One that could not be opened names nobody, and Failure says why.
type SheetBid struct {
	ID      string  `json:"id"`
	Bidders []Party `json:"bidders"`         // the lead first
	Letter  string  `json:"letter,omitzero"` // id of the guarantee; empty: security in cash, or not opened
	Failure string  `json:"failure,omitzero"`
	// Cash is what was found of a security in cash, on a lot that takes cash and of a bid that names no letter.
	Cash *SheetCash `json:"cash,omitzero"`
}

// SheetCash is the verification of a deposit in cash. Before the list of what arrived came, all of it is unknown.
type SheetCash struct {
	Amount Fen    `json:"amount"` // that arrived before the deadline
	Result string `json:"result"` // passed | doubtful | unknown
	Lines  []Line `json:"lines"`  // seven
}

// CashLines is how many lines a deposit is verified by.
const CashLines = 7

// Check holds for a deposit with its seven lines.
func (c SheetCash) Check() error {
	return firstOf(
		need(c.Amount >= 0 && c.Amount <= MaxFen, "amount", "amount", "到账金额有误"),
		need(letterResults[c.Result] != "", "result", "result", "查验结果须为 passed、doubtful 或 unknown"),
		need(len(c.Lines) == CashLines, "lines", "count", "现金保证金查验须有七项"),
		checkEach("lines", c.Lines, checkLine),
	)
}

// Chinese is the result on a sheet.
func (c SheetCash) Chinese() string { return letterResults[c.Result] }

// SheetLetter is one letter that bids name. Of one that could not be opened only the id is known, and Failure says why.
type SheetLetter struct {
	ID         string         `json:"id"`
	Number     string         `json:"number,omitzero"`
	Guarantor  Party          `json:"guarantor,omitzero"`
	Applicants []Party        `json:"applicants,omitzero"`
	Amount     Fen            `json:"amount,omitzero"`
	Expiry     calendar.Date  `json:"expiry,omitzero"`
	Commitment signing.Digest `json:"commitment,omitzero"`
	Result     string         `json:"result"` // passed | doubtful | unknown
	Lines      []Line         `json:"lines"`  // sixteen, each with what was wanted and what was found
	Failure    string         `json:"failure,omitzero"`
}

// maxSheet bounds a sheet, in bytes: sixteen lines for each of a few thousand letters.
const maxSheet = 64 << 20

// Check holds for a sheet whose doubtful list is that of its letters, nobody left out.
func (s Sheet) Check() error {
	return firstOf(
		checkVersion(s.Version),
		need(s.Edition >= 1 && s.Edition <= 9999, "edition", "edition", "版次须为 1 至 9999"),
		need(s.Previous.IsZero() == (s.Edition == 1), "previous", "previous", "第一版不得指明前一版，其后各版须指明"),
		need((s.Note == "") == (s.Edition == 1), "note", "note", "第一版不写更新原因，其后各版须写明"),
		need(s.Advice == Advice, "advice", "advice", "核验结果表须载明它只供评标委员会参考"),
		within("lot", s.Lot.Check()),
		checkInstant("deadline", s.Deadline),
		checkInstant("opened_at", s.OpenedAt),
		checkInstant("at", s.At),
		need(!s.OpenedAt.Before(s.Deadline), "opened_at", "too_early", "开标不得早于投标截止时间"),
		need(!s.At.Before(s.OpenedAt), "at", "too_early", "核验结果表不得早于开标"),
		checkDigest("closing_bids", s.ClosingBids.IsZero()),
		checkEach("bids", s.Bids, SheetBid.Check),
		need(ordered(s.Bids, func(b SheetBid) string { return b.ID }), "bids", "order", "投标须按编号升序且不重复"),
		checkEach("letters", s.Letters, SheetLetter.Check),
		need(ordered(s.Letters, func(l SheetLetter) string { return l.ID }), "letters", "order", "保函须按编号升序且不重复"),
		need(slices.Equal(s.Doubtful, Doubtful(s.Letters)), "doubtful", "doubtful", "存疑清单须恰好列出全部未通过的保函"),
	)
}

// Check holds for a bid that was opened, or that says why it was not.
func (b SheetBid) Check() error {
	return firstOf(
		checkID("id", b.ID),
		need((b.Failure == "") == (len(b.Bidders) > 0), "bidders", "bidders", "已解密的投标须列明投标人，未能解密的须写明原因"),
		need(b.Letter == "" || idShape.MatchString(b.Letter) && b.Failure == "", "letter", "id", "投标所列保函的编号有误"),
		b.checkCash(),
	)
}

func (b SheetBid) checkCash() error {
	if b.Cash == nil {
		return nil
	}
	return firstOf(
		need(b.Letter == "" && b.Failure == "", "cash", "cash", "只有已解密且未列保函的投标才有现金保证金"),
		within("cash", b.Cash.Check()),
	)
}

// Check holds for a letter with its sixteen lines.
func (l SheetLetter) Check() error {
	return firstOf(
		checkID("id", l.ID),
		need((l.Failure == "") == (l.Number != ""), "number", "number", "已解封的保函须有编号，未能解封的须写明原因"),
		need((l.Failure == "") == (l.Amount > 0 && !l.Commitment.IsZero() && len(l.Applicants) > 0), "amount", "summary", "已解封的保函须列明申请人、金额和承诺值，未能解封的不得列明"),
		need(letterResults[l.Result] != "", "result", "result", "查验结果须为 passed、doubtful 或 unknown"),
		need(len(l.Lines) == SheetLines, "lines", "count", "查验须有十六项"),
		checkEach("lines", l.Lines, checkLine),
	)
}

func checkLine(l Line) error {
	return firstOf(
		need(l.Name != "", "name", "name", "查验项须有名称"),
		need(resultNames[l.Result] != "", "result", "result", "逐项结果须为 pass、doubtful 或 unknown"),
	)
}

func ordered[T any](all []T, id func(T) string) bool {
	return slices.IsSortedFunc(all, func(a, b T) int { return strings.Compare(id(a), id(b)) }) && !repeats(all, id)
}

// Doubtful is the committee's list (存疑清单): every letter that did not pass, in the order of the letters.
func Doubtful(letters []SheetLetter) []string {
	out := []string{}
	for _, l := range letters {
		if l.Result != LetterPassed {
			out = append(out, l.ID)
		}
	}
	return out
}

// Canonical is what the centre signs.
func (s Sheet) Canonical() ([]byte, error) { return canonical(s, Sheet.Check) }

// ParseSheet reads what Canonical wrote.
func ParseSheet(b []byte) (Sheet, error) { return parseUpTo(b, maxSheet, Sheet.Check) }
