package letter_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// Each member that does not hold is named.
func TestEvaluationIsChecked(t *testing.T) {
	h := sample.New(present)
	good := h.Evaluation(sheetOf(h))
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*letter.Evaluation){
		"version":               func(e *letter.Evaluation) { e.Version = 2 },
		"edition":               func(e *letter.Evaluation) { e.Edition = 0 },
		"previous":              func(e *letter.Evaluation) { e.Previous = e.Sheet },
		"previous, 2":           func(e *letter.Evaluation) { e.Edition, e.Note = 2, "更正" },
		"note":                  func(e *letter.Evaluation) { e.Note = "更正" },
		"note, 2":               func(e *letter.Evaluation) { e.Edition, e.Previous = 2, e.Sheet },
		"lot.code":              func(e *letter.Evaluation) { e.Lot.Code = "" },
		"requirement":           func(e *letter.Evaluation) { e.Requirement = signing.Digest{} },
		"sheet":                 func(e *letter.Evaluation) { e.Sheet = signing.Digest{} },
		"committee":             func(e *letter.Evaluation) { e.Committee = 3 },
		"committee, even":       func(e *letter.Evaluation) { e.Committee = 6 },
		"letters":               func(e *letter.Evaluation) { slices.Reverse(e.Letters) },
		"letters.0.letter":      func(e *letter.Evaluation) { e.Letters[0].Letter = "1" },
		"letters.1.verdict":     func(e *letter.Evaluation) { e.Letters[1].Verdict = "rejected" },
		"letters.1.reason":      func(e *letter.Evaluation) { e.Letters[1].Reason = "" },
		"letters.0.reason":      func(e *letter.Evaluation) { e.Letters[0].Reason = "无\u202e效" },
		"bids":                  func(e *letter.Evaluation) { e.Bids = nil },
		"bids, twice":           func(e *letter.Evaluation) { e.Bids[1] = e.Bids[0] },
		"bids.0.verdict":        func(e *letter.Evaluation) { e.Bids[0].Verdict = "" },
		"bids.0.reason":         func(e *letter.Evaluation) { e.Bids[0].Reason = "" },
		"candidates":            func(e *letter.Evaluation) { e.Candidates = nil },
		"candidates, of nobody": func(e *letter.Evaluation) { rejectAll(e) },
		"candidates, rank":      func(e *letter.Evaluation) { e.Candidates[0].Rank = 2 },
		"candidates, twice": func(e *letter.Evaluation) {
			e.Candidates = append(e.Candidates, e.Candidates[0])
			e.Candidates[1].Rank = 2
		},
		"candidates.0.price":       func(e *letter.Evaluation) { e.Candidates[0].Price = 0 },
		"candidates.0.bidder.uscc": func(e *letter.Evaluation) { e.Candidates[0].Bidder.USCC = "1" },
		"at":                       func(e *letter.Evaluation) { e.At = time.Time{} },
	} {
		e, err := letter.ParseEvaluation(letter.Encode(good))
		if err != nil {
			t.Fatal(err)
		}
		spoil(&e)
		f, ok := letter.FieldOf(e.Check())
		if want, _, _ := strings.Cut(field, ","); !ok || !strings.HasPrefix(f.Field, want) || f.Message == "" {
			t.Errorf("%s: %v", field, e.Check())
		}
		if _, err := letter.ParseEvaluation(letter.Encode(e)); err == nil {
			t.Errorf("%s is read", field)
		}
	}
	none := h.Evaluation(sheetOf(h))
	rejectAll(&none)
	none.Candidates = []letter.Candidate{}
	if !none.AllRejected() || none.Check() != nil {
		t.Errorf("all rejected: %v", none.Check())
	}
}

func rejectAll(e *letter.Evaluation) {
	for i := range e.Bids {
		e.Bids[i].Verdict, e.Bids[i].Reason = letter.BidRejected, "报价超过最高投标限价"
	}
}

// The page of the evaluation shows the golden bytes and the digest's tag.
func TestEvaluationPage(t *testing.T) {
	b, err := os.ReadFile("../../docs/evaluation.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{string(golden(t, "evaluation.json")), "`baohan/evaluation/1`"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the page does not show %s", want)
		}
	}
}

// A result is checked with OpenSSL and nothing of ours, and one that was changed is not.
func TestOpenSSLAcceptsTheEvaluation(t *testing.T) {
	h := sample.New(present)
	p7s := h.Signed(h.Centre, canonicalOf(t, h.Evaluation(sheetOf(h))), h.Requirement.End.Deadline.Add(time.Hour))
	if out, ok := openssl(t, p7s, h.CA.Root.PEM(), ".p7s"); !ok || !strings.Contains(out, "评标结果的签名") || !strings.Contains(out, h.Centre.Party.USCC) {
		t.Error(out)
	}
	turned := bytes.Replace(p7s, []byte(`"verdict":"invalid"`), []byte(`"verdict":"valid12"`), 1)
	if out, ok := openssl(t, turned, h.CA.Root.PEM(), ".p7s"); ok || !strings.Contains(out, "摘要不符") {
		t.Error(out)
	}
	if letter.EvaluationDigest(p7s) == letter.SheetDigest(p7s) {
		t.Error("two kinds of paper share a digest")
	}
}
