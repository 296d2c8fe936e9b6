package page_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/page"
	"baohan/guarantee/letter/paper"
	"baohan/internal/sample"
)

var present = time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)

// world is a house and a platform that prints.
type world struct {
	*sample.House
	by page.Signatory
	at time.Time
}

func newWorld() world {
	h := sample.New(present)
	return world{h, page.Signatory{Key: h.Platform.Sign.Key, Chain: h.Platform.Sign.Chain}, present.Add(time.Hour)}
}

func canonical(t testing.TB, v interface{ Canonical() ([]byte, error) }) []byte {
	t.Helper()
	b, err := v.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// guarantee is the PDF of an issued letter.
func (w world) guarantee(t testing.TB, f letter.File) []byte {
	t.Helper()
	b, err := page.Guarantee(t.Context(), canonical(t, f), w.by, w.at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var shared struct {
	sync.Once
	w   world
	all map[string]printed
}

// allPapers are made once for all tests that only read them.
func allPapers(t testing.TB) (world, map[string]printed) {
	t.Helper()
	shared.Do(func() {
		shared.w = newWorld()
		shared.all = shared.w.papers(t)
	})
	return shared.w, shared.all
}

// papers are one PDF of each kind, with the sheet that it shows.
func (w world) papers(t testing.TB) map[string]printed {
	t.Helper()
	blind, full := w.Issue(w.Blind(), "XJSL-2026-000001"), w.Issue(w.Full(), "XJSL-2026-000002")
	policy := w.Issue(w.Draft(w.Bidders[2], w.Insurer, sample.Insurance, letter.ModeFull), "HSSL-2026-000001")
	release := w.Signed(w.Tenderees[0], canonical(t, w.Release(blind, w.Tenderees[0])), w.At)
	demand := w.Signed(w.Tenderees[0], canonical(t, w.Demand(blind, w.Tenderees[0], 80_000_000, sample.Document(letter.AwardNotice, "x"))), w.At)
	all := map[string]printed{}
	add := func(name string, s paper.Sheet, b []byte, errs ...error) {
		for _, err := range errs {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		all[name] = printed{s, b}
	}
	for name, i := range map[string]sample.Issued{"blind": blind, "full": full, "policy": policy} {
		s, _, err := paper.Guarantee(canonical(t, i.File()))
		add(name, s, w.guarantee(t, i.File()), err)
	}
	logged := sample.NewLog("log.example.cn").Logged(blind)
	s, _, err := paper.Guarantee(canonical(t, logged))
	add("blind with log proof", s, w.guarantee(t, logged), err)
	extendable := w.Issue(w.Extendable(), "XJSL-2026-000003")
	last := w.Requirement.End.Expiry()
	extended := w.Extended(extendable, w.Extended(extendable, extendable.File(), last.AddDays(30)), last.AddDays(60))
	s, _, err = paper.Guarantee(canonical(t, extended))
	add("extended", s, w.guarantee(t, extended), err)
	s, _, err = paper.Release(release)
	b, err2 := page.Release(t.Context(), release, w.by, w.at)
	add("release", s, b, err, err2)
	s, _, err = paper.Demand(demand)
	b, err2 = page.Demand(t.Context(), demand, w.by, w.at)
	add("demand", s, b, err, err2)
	refused := w.Signed(w.Bank, canonical(t, w.Refusal(demand)), w.At)
	s, _, err = paper.Refusal(refused)
	b, err2 = page.Refusal(t.Context(), refused, w.by, w.at)
	add("refusal", s, b, err, err2)
	verification := w.Signed(w.Centre, canonical(t, w.Sheet(blind, full)), w.Requirement.End.Deadline.Add(time.Second))
	s, _, err = paper.Verification(verification)
	b, err2 = page.Verification(t.Context(), verification, w.by, w.at)
	add("verification", s, b, err, err2)
	for name, signed := range map[string][][]byte{
		"record":          w.signedRecord(t, w.record(t), w.Agent, w.Bidders[2], w.Supervisor),
		"record of forty": w.signedRecord(t, w.largeRecord(t, 40), w.Agent),
	} {
		s, _, err = paper.OpeningRecord(signed)
		b, err2 = page.OpeningRecord(t.Context(), signed, w.by, w.at)
		add(name, s, b, err, err2)
	}
	s = refusal()
	b, err = page.Sheet(t.Context(), s, w.by, w.at)
	add("sheet", s, b, err)
	return all
}

type printed struct {
	sheet paper.Sheet
	pdf   []byte
}

// refusal is a sheet that nothing signed stands behind, with a table of several pages.
func refusal() paper.Sheet {
	table := &paper.Table{Columns: []string{"序号", "不符点", "依据"}, Shares: []int{10, 60, 30}}
	for range 80 {
		table.Rows = append(table.Rows, []string{"1", "付款通知所载金额的大写与小写不一致，单据表面不符。", "保函第六条；独立保函规定第六条"})
	}
	return paper.Sheet{Title: "拒付通知", Number: "索赔编号 00000007", Mark: "保函编号 XJSL-2026-000001", Blocks: []paper.Block{
		{Facts: []paper.Fact{{Label: "索赔金额", Value: "人民币捌拾万元整（¥800000.00）", Big: true}}},
		{Clauses: []string{"我方审查了贵方提交的单据，列明全部不符点如下："}},
		{Table: table},
		{Notes: []string{"不符点一次列明（独立保函规定第十条）。"}},
	}}
}

// tool finds a program of somebody else's, or skips: what it would show is then shown by ours alone.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed: nobody but ourselves reads the file here")
	}
	return path
}

func saved(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
