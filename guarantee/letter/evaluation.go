package letter

import (
	"time"

	"baohan/signing"
)

// The committee's word on a letter that did not pass the verification.
const (
	FindingValid   = "valid"   // 有效: the bid security stands
	FindingInvalid = "invalid" // 无效: as a bid security, for this lot; the letter itself stays in force by its wording
)

// The committee's word on a bid.
const (
	BidAccepted = "accepted" // 通过评审
	BidRejected = "rejected" // 否决 (招标投标法42; 条例51); 投标无效 under 政府采购
)

// LetterFinding is what the committee found of one letter of the doubtful list (存疑清单).
type LetterFinding struct {
	Letter  string `json:"letter"`
	Verdict string `json:"verdict"` // valid | invalid
	Reason  string `json:"reason"`
}

// BidVerdict is what the committee decided of one bid.
type BidVerdict struct {
	Bid     string `json:"bid"`
	Verdict string `json:"verdict"` // accepted | rejected
	Reason  string `json:"reason"`  // of a rejection; may be empty of an accepted bid
}

// Candidate is 中标候选人: the bidder, or the lead of the consortium, with the price of its bid.
type Candidate struct {
	Rank   int   `json:"rank"` // 1, 2, …
	Bidder Party `json:"bidder"`
	Price  Fen   `json:"price"`
}

// Evaluation is the result of the committee's work (评标结果), signed by the centre's evaluation system. The platform takes
// no part in that work. What is corrected makes a new edition, which names the one before; no edition is ever changed.
type Evaluation struct {
	Version     int             `json:"version"`
	Edition     int             `json:"edition"`     // 1, 2, …
	Previous    signing.Digest  `json:"previous"`    // EvaluationDigest of the edition before; zero for the first
	Note        string          `json:"note"`        // why there is another edition; empty for the first
	Lot         Lot             `json:"lot"`         // as the notice says it
	Requirement signing.Digest  `json:"requirement"` // Requirement.Digest, as the notice carries it
	Sheet       signing.Digest  `json:"sheet"`       // SheetDigest of the newest verification sheet: the committee saw it
	Committee   int             `json:"committee"`   // how many members: five or more, uneven (招标投标法37; 87号令47)
	Letters     []LetterFinding `json:"letters"`     // the doubtful list, all of it and nothing else, in ascending order of the letters
	Bids        []BidVerdict    `json:"bids"`        // every bid of the opening, in ascending order of their ids
	Candidates  []Candidate     `json:"candidates"`  // by rank; none when every bid is rejected
	At          time.Time       `json:"at"`          // when the committee signed its report
}

// maxCandidates bounds the list; under 招投标 it is three (条例53).
const maxCandidates = 10

// Check holds for a result that says one thing of everybody it names. That it names everybody is for the platform to see.
func (e Evaluation) Check() error {
	return firstOf(
		checkVersion(e.Version),
		need(e.Edition >= 1 && e.Edition <= 9999, "edition", "edition", "版次须为 1 至 9999"),
		need(e.Previous.IsZero() == (e.Edition == 1), "previous", "previous", "第一版不得指明前一版，其后各版须指明"),
		need((e.Note == "") == (e.Edition == 1), "note", "note", "第一版不写更正原因，其后各版须写明"),
		within("lot", e.Lot.Check()),
		checkDigest("requirement", e.Requirement.IsZero()),
		checkDigest("sheet", e.Sheet.IsZero()),
		need(e.Committee >= 5 && e.Committee <= 99 && e.Committee%2 == 1, "committee", "committee",
			"评标委员会成员须为五人以上单数（招标投标法第三十七条；87号令第四十七条）；请核对评标报告"),
		need(len(e.Letters) <= maxRecords && len(e.Bids) <= maxRecords, "bids", "count", "投标过多；一份评标结果至多 10000 份"),
		checkEach("letters", e.Letters, LetterFinding.Check),
		need(ordered(e.Letters, func(f LetterFinding) string { return f.Letter }), "letters", "order", "保函须按编号升序且不重复"),
		need(len(e.Bids) > 0, "bids", "count", "评标结果须列明每一份投标"),
		checkEach("bids", e.Bids, BidVerdict.Check),
		need(ordered(e.Bids, func(b BidVerdict) string { return b.Bid }), "bids", "order", "投标须按编号升序且不重复"),
		e.checkCandidates(),
		checkInstant("at", e.At),
	)
}

func (e Evaluation) checkCandidates() error {
	ranked := true
	for i, c := range e.Candidates {
		ranked = ranked && c.Rank == i+1
	}
	return firstOf(
		need(len(e.Candidates) <= maxCandidates, "candidates", "count", "中标候选人过多；请核对评标报告"),
		checkEach("candidates", e.Candidates, Candidate.Check),
		need(ranked, "candidates", "rank", "中标候选人须按名次排列：1、2、3"),
		need(!repeats(e.Candidates, func(c Candidate) string { return c.Bidder.USCC }), "candidates", "repeated", "同一投标人列了两次"),
		need((len(e.Candidates) == 0) == e.AllRejected(), "candidates", "candidates",
			"有投标通过评审的须推荐中标候选人，全部否决的不得推荐；请核对评标报告"),
	)
}

// AllRejected tells that the committee rejected every bid (否决所有投标, 招标投标法42).
func (e Evaluation) AllRejected() bool {
	for _, b := range e.Bids {
		if b.Verdict == BidAccepted {
			return false
		}
	}
	return true
}

// Check holds for a finding with its reason.
func (f LetterFinding) Check() error {
	return firstOf(
		checkID("letter", f.Letter),
		need(f.Verdict == FindingValid || f.Verdict == FindingInvalid, "verdict", "verdict", "对保函的认定须为 valid（有效）或 invalid（无效）"),
		checkText("reason", f.Reason, 2, 1000),
	)
}

// Check holds for a verdict; a rejection says why.
func (b BidVerdict) Check() error {
	return firstOf(
		checkID("bid", b.Bid),
		need(b.Verdict == BidAccepted || b.Verdict == BidRejected, "verdict", "verdict", "对投标的认定须为 accepted（通过）或 rejected（否决）"),
		need(b.Verdict == BidAccepted || b.Reason != "", "reason", "reason", "否决投标须写明理由"),
		checkText("reason", b.Reason, 0, 1000),
	)
}

// Check holds for a candidate with a price.
func (c Candidate) Check() error {
	return firstOf(
		need(c.Rank >= 1, "rank", "rank", "名次须从 1 起"),
		within("bidder", c.Bidder.Check()),
		need(c.Price > 0 && c.Price <= MaxFen, "price", "price", "投标报价须大于零（以分为单位）"),
	)
}

// EvaluationDigest is of an evaluation as signed by the centre's evaluation system (p7s), as the next edition names it.
func EvaluationDigest(p7s []byte) signing.Digest {
	return signing.TaggedSum("baohan/evaluation/1", p7s)
}

// Canonical is what the centre's evaluation system signs.
func (e Evaluation) Canonical() ([]byte, error) { return canonical(e, Evaluation.Check) }

// ParseEvaluation reads what Canonical wrote.
func ParseEvaluation(b []byte) (Evaluation, error) { return parse(b, Evaluation.Check) }
