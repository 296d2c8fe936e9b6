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
	notice, err := refusalOf(d, i).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	d.put("refusal.p7s", d.h.Signed(d.h.Bank, notice, d.h.At))
	d.put("foreign.p7s", d.h.Signed(d.h.OtherBank, notice, d.h.At))
	if code, said := d.pdf(d.at("foreign.p7s")); code != 1 || !strings.Contains(said, "不属于单据所载的开立人") {
		t.Errorf("another bank's refusal: %d %s", code, said)
	}
	for name, paper := range papers {
		content, err := paper.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		d.put(name, d.h.Signed(d.h.Tenderees[0], content, d.h.At))
	}
	for _, file := range []string{"letter.json", "release.p7s", "demand.p7s", "sheet.p7s", "refusal.p7s"} {
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

// An opening record is made of the signatures that are given, the host's among them; the others are shown as not signed.
func TestPDFOfAnOpeningRecord(t *testing.T) {
	d := newDesk(t)
	d.platform()
	signed, err := os.ReadFile(d.at("record.p7s"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := signing.ParseSignedData(signed)
	if err != nil {
		t.Fatal(err)
	}
	d.put("bidder.p7s", d.h.Signed(d.h.Bidders[2], data.Content, d.h.At))
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"host":             {[]string{"record.p7s"}, 0, "record.pdf"},
		"host and bidder":  {[]string{"record.p7s", "bidder.p7s"}, 0, "record.pdf"},
		"bidder and host":  {[]string{"bidder.p7s", "record.p7s"}, 0, "bidder.pdf"},
		"bidder alone":     {[]string{"bidder.p7s"}, 1, "没有主持人的签名"},
		"a stranger's":     {[]string{"record.p7s", "stranger.p7s"}, 1, "签署单位不是记录所载"},
		"twice":            {[]string{"record.p7s", "record.p7s"}, 1, "重复"},
		"another document": {[]string{"record.p7s", "sheet.p7s"}, 1, "不是同一份记录"},
		"of a letter":      {[]string{"letter.json", "record.p7s"}, 2, "只有开标记录表可以给出多份签名"},
	} {
		var args []string
		for _, a := range c.args {
			args = append(args, d.at(a))
		}
		if code, said := d.pdf(args...); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %s", name, code, said)
		}
	}
	if code, said := d.pdf(d.at("record.p7s"), d.at("bidder.p7s")); code != 0 {
		t.Fatal(said)
	}
	code, out, _ := d.verify("record.pdf", "--trust", "root.pem")
	for _, want := range []string{"版面文字", "以招标人代表（主持）身份于 ", "以投标人身份于 ", "其中有主持人的签名"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("%d: no %s in\n%s", code, want, out)
		}
	}
}

// refusalOf is the bank's refusal of a demand under a letter.
func refusalOf(d desk, i sample.Issued) letter.Refusal {
	content, err := d.h.Demand(i, d.h.Tenderees[0], 80_000_000).Canonical()
	if err != nil {
		d.t.Fatal(err)
	}
	return d.h.Refusal(d.h.Signed(d.h.Tenderees[0], content, d.h.At))
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
