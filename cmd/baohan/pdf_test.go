package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// platform puts the platform's identity where the command looks for it.
func (d desk) platform() {
	d.t.Helper()
	if err := d.h.Platform.Sign.Write(d.dir, platformName, []byte(passphrase), signing.WithIterations(1000)); err != nil {
		d.t.Fatal(err)
	}
}

func (d desk) pdf(args ...string) (int, string) {
	d.t.Helper()
	d.t.Setenv("BAOHAN_PASSPHRASE", passphrase)
	var out, errs bytes.Buffer
	code := run(d.t.Context(), append([]string{"pdf", "--keys", d.dir, "--trust", d.at("root.pem")}, args...), &out, &errs)
	return code, out.String() + errs.String()
}

// A PDF is made of what holds, and is verified like any other file; one changed byte and it is refused.
func TestPDF(t *testing.T) {
	d := newDesk(t)
	d.platform()
	i := d.h.Issue(d.h.Blind(), "XJSL-2026-000007")
	papers := map[string]interface{ Canonical() ([]byte, error) }{
		"release.p7s": d.h.Release(i, d.h.Tenderees[0]),
		"demand.p7s":  d.h.Demand(i, d.h.Tenderees[0], 80_000_000, sample.Document(letter.AwardNotice, "x")),
	}
	for name, paper := range papers {
		content, err := paper.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		d.put(name, d.h.Signed(d.h.Tenderees[0], content, d.h.At))
	}
	for _, file := range []string{"letter.json", "release.p7s", "demand.p7s", "sheet.p7s"} {
		pdf := strings.TrimSuffix(strings.TrimSuffix(file, ".json"), ".p7s") + ".pdf"
		if code, said := d.pdf(d.at(file)); code != 0 || !strings.Contains(said, pdf) {
			t.Fatalf("%s: %d %s", file, code, said)
		}
		if code, out, errs := d.verify(pdf, "--trust", "root.pem"); code != 0 || !strings.Contains(out, "版面文字") || !strings.Contains(out, "版面签署人") {
			t.Errorf("%s: %d\n%s%s", pdf, code, out, errs)
		}
		b, err := os.ReadFile(d.at(pdf))
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		d.put("flipped.pdf", b)
		if code, out, _ := d.verify("flipped.pdf", "--trust", "root.pem"); code != 1 || !strings.Contains(out, "[不通过]") {
			t.Errorf("%s, flipped: %d\n%s", pdf, code, out)
		}
	}
}

// The platform signs no rendering of what does not hold, nor of another platform's letter.
func TestPDFRefuses(t *testing.T) {
	d := newDesk(t)
	d.platform()
	for file, args := range map[string][]string{"changed.json": nil, "letter.p7s": nil, "empty": nil, "root.pem": nil} {
		if code, said := d.pdf(append(args, d.at(file), "--out", d.at("x.pdf"))...); code != 1 {
			t.Errorf("%s: %d %s", file, code, said)
		}
	}
	if code, said := d.pdf(d.at("absent.json")); code != 2 {
		t.Errorf("no such file: %d %s", code, said)
	}
	if err := d.h.Bank.Sign.Write(d.dir, platformName, []byte(passphrase), signing.WithIterations(1000)); err != nil {
		t.Fatal(err)
	}
	if code, said := d.pdf(d.at("letter.json"), "--out", d.at("x.pdf")); code != 1 || !strings.Contains(said, "不是您指定的平台") {
		t.Errorf("another platform's letter: %d %s", code, said)
	}
	if _, err := os.Stat(d.at("x.pdf")); err == nil {
		t.Error("something was written all the same")
	}
}
