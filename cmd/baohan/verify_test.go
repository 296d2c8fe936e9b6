package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/internal/sample"
)

// desk is a directory with everything that somebody needs to verify a letter.
type desk struct {
	t   testing.TB
	dir string
	h   *sample.House
}

func newDesk(t testing.TB) desk {
	h := sample.New(time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC))
	d := desk{t, t.TempDir(), h}
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	b, err := i.File().Canonical()
	if err != nil {
		t.Fatal(err)
	}
	d.put("letter.json", b)
	d.put("letter.p7s", i.Signed)
	d.put("root.pem", h.CA.Root.PEM())
	d.put("changed.json", bytes.Replace(b, []byte("壹佰万"), []byte("玖佰万"), 1))
	d.put("cut.json", b[:len(b)-1])
	d.put("empty", nil)
	at := h.Requirement.End.Deadline.Add(time.Second)
	content, err := h.Sheet(i).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	sheet := h.Signed(h.Centre, content, at)
	d.put("sheet.p7s", sheet)
	record := h.OpeningRecord(sheet)
	opened, err := record.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	d.put("record.p7s", h.Signed(h.Agent, opened, record.At))
	d.put("stranger.p7s", h.Signed(h.Bank, opened, record.At))
	d.put("turned.p7s", bytes.Replace(sheet, []byte(`"result":"doubtful"`), []byte(`"result":"passedxx"`), 1))
	return d
}

func (d desk) put(name string, b []byte) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), b, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// verify runs the whole command and gives its exit code and what it printed.
func (d desk) verify(args ...string) (int, string, string) {
	d.t.Helper()
	for i, a := range args {
		if !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "9") {
			args[i] = filepath.Join(d.dir, a)
		}
	}
	var out, errs bytes.Buffer
	code := run(d.t.Context(), append([]string{"verify"}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

func TestVerifyExitCodes(t *testing.T) {
	d := newDesk(t)
	platform, bank := d.h.Platform.Party.USCC, d.h.Bank.Party.USCC
	from := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	crl, err := d.h.CA.CRL(from, from.AddDate(0, 0, 7))
	if err != nil {
		t.Fatal(err)
	}
	root, err := d.h.CA.RootCRL(1, from, from.AddDate(0, 0, 7))
	if err != nil {
		t.Fatal(err)
	}
	d.put("ca.crl", crl)
	d.put("root.crl", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: root}))
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"genuine":                 {[]string{"letter.json", "--trust", "root.pem"}, 0, "各项核对通过；未提供吊销列表"},
		"genuine p7s":             {[]string{"letter.p7s", "--trust", "root.pem"}, 0, "未核对揭示记录和平台回执"},
		"named platform":          {[]string{"letter.json", "--trust", "root.pem", "--platform", platform}, 0, "回执由您指定的平台签署"},
		"platform's own root":     {[]string{"letter.json", "--trust", "root.pem", "--platform-trust", "root.pem"}, 0, "各项核对通过"},
		"with lists":              {[]string{"letter.json", "--trust", "root.pem", "--crl", "ca.crl", "--crl", "root.crl"}, 0, "吊销列表覆盖签发时点"},
		"with half of the lists":  {[]string{"letter.json", "--trust", "root.pem", "--crl", "ca.crl"}, 1, "不覆盖"},
		"another platform":        {[]string{"letter.json", "--trust", "root.pem", "--platform", bank}, 1, "不是您指定的平台"},
		"a sheet":                 {[]string{"sheet.p7s", "--trust", "root.pem"}, 0, "三、存疑清单：共 2 份"},
		"a sheet by the centre":   {[]string{"sheet.p7s", "--trust", "root.pem", "--centre", d.h.Centre.Party.USCC}, 0, "由您指定的交易中心签署"},
		"a sheet by another":      {[]string{"sheet.p7s", "--trust", "root.pem", "--centre", platform}, 1, "不是您指定的交易中心"},
		"a sheet that was turned": {[]string{"turned.p7s", "--trust", "root.pem"}, 1, "签名内容被改动"},
		"an opening record":       {[]string{"record.p7s", "--trust", "root.pem"}, 0, "以招标人代表（主持）身份于 "},
		"a record, in words":      {[]string{"record.p7s", "--trust", "root.pem"}, 0, "二、异议及答复：共 2 件"},
		"a record by a stranger":  {[]string{"stranger.p7s", "--trust", "root.pem"}, 1, "签署单位不是记录所载"},
		"a centre that is none":   {[]string{"sheet.p7s", "--trust", "root.pem", "--centre", "9144"}, 2, ""},
		"changed":                 {[]string{"changed.json", "--trust", "root.pem"}, 1, "核对不通过"},
		"cut":                     {[]string{"cut.json", "--trust", "root.pem"}, 1, "文件格式"},
		"empty":                   {[]string{"empty", "--trust", "root.pem"}, 1, "不通过"},
		"no root":                 {[]string{"letter.json"}, 2, ""},
		"no file":                 {[]string{"--trust", "root.pem"}, 2, ""},
		"no such file":            {[]string{"absent.json", "--trust", "root.pem"}, 2, ""},
		"a root that is none":     {[]string{"letter.json", "--trust", "letter.p7s"}, 2, ""},
		"a list that is none":     {[]string{"letter.json", "--trust", "root.pem", "--crl", "letter.p7s"}, 2, ""},
		"a deadline that is none": {[]string{"letter.json", "--trust", "root.pem", "--deadline=tomorrow"}, 2, ""},
		"a deadline that moved":   {[]string{"letter.json", "--trust", "root.pem", "--deadline=2126-12-20T09:30:00+08:00"}, 0, "[通过] 是否逾期"},
		"a platform that is none": {[]string{"letter.json", "--trust", "root.pem", "--platform", "9144"}, 2, ""},
		"an unknown flag":         {[]string{"letter.json", "--trust", "root.pem", "--force"}, 2, ""},
	} {
		code, out, errs := d.verify(c.args...)
		if code != c.code || !strings.Contains(out, c.says) || code == 2 && (out != "" || errs == "") {
			t.Errorf("%s: exit %d, want %d\n%s\n%s", name, code, c.code, out, errs)
		}
	}
}

// A letter that is genuine and was released is caught by the status list of that day, as a file, as signed data and as a
// PDF; one that is in force is not. The clock is the one that the settings name.
func TestVerifyStatus(t *testing.T) {
	d := newDesk(t)
	d.platform()
	h := d.h
	file, err := os.ReadFile(d.at("letter.json"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := letter.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if code, said := d.pdf(d.at("letter.json")); code != 0 {
		t.Fatal(said)
	}
	stepped, err := clock.OpenStepped(d.at("clock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := stepped.Set(t.Context(), h.At.AddDate(0, 0, 20), func(context.Context, time.Duration) error { return nil }); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BAOHAN_CLOCK_FILE", d.at("clock"))
	now := stepped.Now()
	list := func(name string, by sample.Member, at time.Time, letters ...sample.Issued) {
		content, err := h.StatusList(at.Truncate(time.Second), letter.EndReleased, letters...).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		d.put(name, h.Signed(by, content, at))
	}
	mine := sample.Issued{Undertaking: f.Undertaking}
	list("released.p7s", h.Platform, now, mine)
	list("live.p7s", h.Platform, now)
	list("bank.p7s", h.Bank, now)
	list("future.p7s", h.Platform, now.AddDate(0, 0, 2))
	list("stale.p7s", h.Platform, now.AddDate(0, 0, -3))
	for _, of := range []string{"letter.json", "letter.p7s", "letter.pdf"} {
		for name, c := range map[string]struct {
			list string
			code int
			says string
		}{
			"released": {"released.p7s", 1, "[不通过] 状态：保函不再有效：已于"},
			"live":     {"live.p7s", 0, "[通过] 状态：截至"},
			"by bank":  {"bank.p7s", 1, "[不通过] 清单签署人"},
			"tomorrow": {"future.p7s", 1, "在将来"},
			"stale":    {"stale.p7s", 0, "清单已经过时 2 天"},
			"a letter": {"letter.p7s", 1, "[不通过]"},
		} {
			if code, out, errs := d.verify(of, "--trust", "root.pem", "--status", c.list); code != c.code || !strings.Contains(out, c.says) {
				t.Errorf("%s, %s: exit %d\n%s%s", of, name, code, out, errs)
			}
		}
	}
	if code, out, _ := d.verify("letter.json", "--trust", "root.pem"); code != 0 || !strings.Contains(out, "[无法核对] 状态：未提供状态清单") {
		t.Errorf("without a list: %d\n%s", code, out)
	}
	if code, out, _ := d.verify("live.p7s", "--trust", "root.pem"); code != 0 || !strings.Contains(out, "状态清单：第 2 号") {
		t.Errorf("the list itself: %d\n%s", code, out)
	}
	if code, _, errs := d.verify("sheet.p7s", "--trust", "root.pem", "--status", "live.p7s"); code != 2 || !strings.Contains(errs, "只用于保函") {
		t.Errorf("of a sheet: %d %s", code, errs)
	}
	if code, _, errs := d.verify("letter.json", "--trust", "root.pem", "--status", "absent.p7s"); code != 2 || errs == "" {
		t.Errorf("no such list: %d %s", code, errs)
	}
}

// Nothing of a sheet or a record that does not hold is printed as one.
func TestForgedSheetIsNotShown(t *testing.T) {
	d := newDesk(t)
	if _, out, _ := d.verify("turned.p7s", "--trust", "root.pem"); strings.Contains(out, "存疑清单：共") {
		t.Error(out)
	}
	if _, out, _ := d.verify("stranger.p7s", "--trust", "root.pem"); strings.Contains(out, "异议及答复：共") {
		t.Error(out)
	}
}

func TestVerifyJSON(t *testing.T) {
	d := newDesk(t)
	for name, want := range map[string]bool{"letter.json": true, "changed.json": false} {
		_, out, _ := d.verify(name, "--trust", "root.pem", "--json")
		var r letter.Report
		if err := json.Unmarshal([]byte(out), &r, json.RejectUnknownMembers(true)); err != nil || r.OK != want || len(r.Lines) < 20 || r.Words == "" {
			t.Errorf("%s: %v %+v", name, err, r)
		}
	}
}
