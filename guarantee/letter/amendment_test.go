package letter_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

func july(d int) calendar.Date {
	day, err := calendar.NewDate(2027, 7, d)
	if err != nil {
		panic(err)
	}
	return day
}

// extended is a letter with two amendments.
func extended(h *sample.House, number string) (sample.Issued, letter.File) {
	i := h.Issue(h.Extendable(), number)
	return i, h.Extended(i, h.Extended(i, i.File(), july(1)), july(31))
}

// A letter that was extended twice is verified with the end that now holds; a file without amendments says nothing of them.
func TestVerifyAmended(t *testing.T) {
	h := sample.New(present)
	i, f := extended(h, "XJSL-2026-000001")
	r := letter.VerifyFile(encoded(t, f), h.Trust, letter.Platform(h.Platform.Party.USCC))
	if end := line(t, r, "end"); !r.OK || end.Got != "2027-07-31" || f.LatestExpiry() != july(31) || !strings.Contains(end.Words, "2027年7月31日24时") {
		t.Errorf("%+v", r)
	}
	for _, l := range r.Lines {
		if l.Title() == l.Name || l.Words == "" {
			t.Errorf("line %s has no words for people", l.Name)
		}
	}
	plain := i.File()
	r = letter.VerifyFile(encoded(t, plain), h.Trust)
	if !r.OK || slices.ContainsFunc(r.Lines, func(l letter.Line) bool { return l.Name == "end" || l.Name == "amendment" }) || bytes.Contains(encoded(t, plain), []byte("amendments")) {
		t.Errorf("without an amendment: %+v", r)
	}
	for at, want := range map[calendar.Date]bool{july(31): true, july(31).AddDays(1): false} {
		list := h.Signed(h.Platform, canonicalOf(t, h.StatusList(at.Time().Add(time.Hour), letter.EndReleased)), at.Time().Add(time.Hour))
		if r := letter.VerifyFile(encoded(t, f), h.Trust, letter.Status(list, at.Time().Add(2*time.Hour))); r.OK != want {
			t.Errorf("with a list of %s: %+v", at, r)
		}
	}
}

// A file from which amendments are missing is a genuine letter; a status list tells its holder that it ends later than the
// file says, also when the end that it states is past.
func TestStatusListKnowsTheNewestFile(t *testing.T) {
	h := sample.New(present)
	i, f := extended(h, "XJSL-2026-000001")
	older := f
	older.Amendments = f.Amendments[:1]
	for _, at := range []time.Time{present.AddDate(0, 6, 0), i.File().LatestExpiry().EndOfDay().Add(time.Minute), july(31).EndOfDay().Add(-time.Hour)} {
		l := h.StatusList(at, letter.EndReleased)
		l.Extended = letter.GroupExtended(map[letter.StatusKey]int{i.Undertaking.StatusKey(): 2})
		list := h.Signed(h.Platform, canonicalOf(t, l), at)
		for _, status := range []letter.Option{letter.Status(list, at.Add(time.Minute)), letter.OfferedStatus(list, at.Add(time.Minute))} {
			for have, file := range []letter.File{i.File(), older, f} {
				r := letter.VerifyFile(encoded(t, file), h.Trust, status)
				switch l := line(t, r, "status"); {
				case have == 2 && (!r.OK || l.Result != letter.ResultPass):
					t.Errorf("the newest file at %s: %+v", at, r)
				case have < 2 && (!r.OK || l.Result != letter.ResultUnknown || !strings.Contains(r.Words, fmt.Sprintf("已签署 2 份修改函，这个文件只载有 %d 份", have))):
					t.Errorf("a file with %d of 2 at %s: %+v", have, at, r)
				}
			}
			if r := letter.VerifyP7S(i.Signed, h.Trust, status, letter.Platform(h.Platform.Party.USCC)); !r.OK || !strings.Contains(r.Words, "只载有 0 份") {
				t.Errorf("the signed letter alone at %s: %+v", at, r)
			}
		}
		if r := letter.VerifyFile(encoded(t, older), h.Trust, letter.Status(list, at.AddDate(0, 2, 0))); r.OK {
			t.Errorf("by an old list: %+v", r)
		}
	}
}

// What is missing, swapped, foreign, out of order, forked, shortened or not accepted is refused, in words.
func TestVerifyAmendedRefuses(t *testing.T) {
	h := sample.New(present)
	i, f := extended(h, "XJSL-2026-000001")
	_, foreign := extended(h, "XJSL-2026-000002")
	old := h.Issue(h.Blind(), "XJSL-2026-000003")
	first, second := f.Amendments[0], f.Amendments[1]
	fork := h.Extended(i, i.File(), july(2)).Amendments[0]
	resigned := func(by sample.Member, change func(*letter.Amendment)) letter.Amended {
		m := first.Amendment
		m.Clauses = slices.Clone(m.Clauses)
		change(&m)
		return h.Accepted(m, h.Signed(by, letter.Encode(m), h.At), h.Platform, h.At.Add(time.Hour))
	}
	shorter := resigned(h.Bank, func(m *letter.Amendment) { m.Expiry = m.From.AddDays(-1) })
	self := h.Accepted(first.Amendment, first.Signed, h.Bank, h.Requirement.End.Deadline.AddDate(0, 0, 2))
	early := h.Accepted(first.Amendment, first.Signed, h.Platform, i.Receipt.AcceptedAt.Add(-time.Second))
	swapped := first
	swapped.Signed = second.Signed
	unreceipted := first
	unreceipted.Receipt = second.Receipt
	reworded := resigned(h.Bank, func(m *letter.Amendment) { m.Clauses[3] += "但贵方放弃索赔。" })
	for name, c := range map[string]struct {
		file  letter.File
		all   []letter.Amended
		words string
	}{
		"the first is missing":              {f, []letter.Amended{second}, "序号不连续"},
		"out of order":                      {f, []letter.Amended{second, first}, "序号不连续"},
		"twice":                             {f, []letter.Amended{first, first}, "序号不连续"},
		"two for one number":                {f, []letter.Amended{fork, second}, "同一号有两份"},
		"another letter's":                  {f, foreign.Amendments[:1], "另一份保函的修改函"},
		"of a letter that never provided":   {old.File(), []letter.Amended{first}, "没有约定延期或者付款"},
		"shorter":                           {f, []letter.Amended{shorter}, "只能延长"},
		"other words":                       {f, []letter.Amended{reworded}, "条款与文本不一致"},
		"signed by another bank":            {f, []letter.Amended{resigned(h.OtherBank, func(*letter.Amendment) {})}, "不是该机构签的"},
		"signed for another":                {f, []letter.Amended{swapped}, "以签名内容为准"},
		"a receipt for another":             {f, []letter.Amended{unreceipted}, "不是这份修改函的回执"},
		"receipted by the guarantor itself": {f, []letter.Amended{self}, "不是签署保函回执的那个平台"},
		"receipted before the letter":       {f, []letter.Amended{early}, "晚于平台收到的时间"},
		"an empty list":                     {f, []letter.Amended{}, "不能采信"},
	} {
		t.Run(name, func(t *testing.T) {
			x := c.file
			x.Amendments = c.all
			r := letter.VerifyFile(letter.Encode(x), h.Trust)
			var said string
			for _, l := range r.Lines {
				if l.Result == letter.ResultDoubtful {
					said += l.Words + "\n"
				}
			}
			if r.OK || !strings.Contains(said, c.words) {
				t.Errorf("ok=%v, refused with\n%swant %q", r.OK, said, c.words)
			}
			if _, err := x.Canonical(); err == nil && c.words != "以签名内容为准" && !strings.Contains(name, "receipt") && !strings.Contains(name, "signed") {
				t.Error("it has an encoding")
			}
		})
	}
}

// An amendment and an answer are papers that can be checked by themselves.
func TestVerifyAmendmentAlone(t *testing.T) {
	h := sample.New(present)
	i, f := extended(h, "XJSL-2026-000001")
	a := answer(h, i, letter.ChooseExtend)
	for name, c := range map[string]struct {
		p7s  []byte
		want bool
	}{
		"amendment":                 {f.Amendments[0].Signed, true},
		"answer":                    {h.Signed(h.Bidders[0], canonicalOf(t, a), h.At), true},
		"answer by somebody else":   {h.Signed(h.Bidders[1], canonicalOf(t, a), h.At), false},
		"amendment by the platform": {h.Signed(h.Platform, canonicalOf(t, f.Amendments[0].Amendment), h.At), false},
	} {
		if r := letter.VerifyPaper(c.p7s, h.Trust); r.OK != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func answer(h *sample.House, i sample.Issued, choice letter.ExtensionChoice) letter.ExtensionAnswer {
	return letter.ExtensionAnswer{Version: 1, Demand: sample.ID(7), DemandDigest: letter.DemandDigest([]byte("p7s")), Guarantee: i.Draft.Application.Application,
		Number: i.Undertaking.Number, Guarantor: i.Undertaking.Guarantor, Applicant: h.Bidders[0].Party, ExtendTo: july(1), Answer: choice, At: h.At}
}

// Each member of an amendment and of an answer that does not hold is named.
func TestAmendmentIsChecked(t *testing.T) {
	h := sample.New(present)
	i, f := extended(h, "XJSL-2026-000001")
	for field, spoil := range map[string]func(*letter.Amendment){
		"version":        func(m *letter.Amendment) { m.Version = 2 },
		"guarantee":      func(m *letter.Amendment) { m.Guarantee = "x" },
		"number":         func(m *letter.Amendment) { m.Number = "x" },
		"guarantor.uscc": func(m *letter.Amendment) { m.Guarantor.USCC = "9" },
		"n":              func(m *letter.Amendment) { m.N = 0 },
		"n, too many":    func(m *letter.Amendment) { m.N = 51 },
		"previous":       func(m *letter.Amendment) { m.Previous = signing.Digest{} },
		"cause":          func(m *letter.Amendment) { m.Cause = "other" },
		"demand":         func(m *letter.Amendment) { m.Demand = "" },
		"demand_digest":  func(m *letter.Amendment) { m.DemandDigest = signing.Digest{} },
		"expiry":         func(m *letter.Amendment) { m.Expiry = m.From },
		"latest_expiry":  func(m *letter.Amendment) { m.LatestExpiry = m.Expiry.AddDays(-1) },
		"wording":        func(m *letter.Amendment) { m.Wording = 9 },
		"title":          func(m *letter.Amendment) { m.Title += "。" },
		"clauses":        func(m *letter.Amendment) { m.Clauses = m.Clauses[1:] },
	} {
		m := f.Amendments[0].Amendment
		spoil(&m)
		named(t, field, m.Check())
	}
	for field, spoil := range map[string]func(*letter.ExtensionAnswer){
		"version":       func(a *letter.ExtensionAnswer) { a.Version = 0 },
		"demand":        func(a *letter.ExtensionAnswer) { a.Demand = "" },
		"demand_digest": func(a *letter.ExtensionAnswer) { a.DemandDigest = signing.Digest{} },
		"extend_to":     func(a *letter.ExtensionAnswer) { a.ExtendTo = calendar.Date{} },
		"answer":        func(a *letter.ExtensionAnswer) { a.Answer = "maybe" },
		"at":            func(a *letter.ExtensionAnswer) { a.At = time.Time{} },
	} {
		a := answer(h, i, letter.ChoosePay)
		spoil(&a)
		named(t, field, a.Check())
	}
}

// The letter of the goldens that was extended stays genuine for ever.
func TestGoldenAmended(t *testing.T) {
	roots, err := signing.ParseCertificatesPEM(golden(t, "root-extended.pem"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := signing.NewTrust(roots...)
	if err != nil {
		t.Fatal(err)
	}
	if r := letter.VerifyFile(golden(t, "file-extended.json"), trust); !r.OK || line(t, r, "end").Got != "2027-07-31" {
		t.Errorf("%+v", r)
	}
}

func makeAmendedGoldens(t *testing.T) {
	h := sample.New(present)
	i, f := extended(h, "XJSL-2026-000004")
	signed, err := signing.ParseSignedData(f.Amendments[0].Receipt)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"amendment.json": canonicalOf(t, f.Amendments[0].Amendment), "amendment-receipt.json": signed.Content,
		"extension-answer.json": canonicalOf(t, answer(h, i, letter.ChooseExtend)), "file-extended.json": encoded(t, f), "root-extended.pem": h.CA.Root.PEM()} {
		write(t, name, b)
	}
}

// Whoever has OpenSSL and nothing of ours comes to the same end, and refuses the same.
func TestOpenSSLAmended(t *testing.T) {
	h := sample.New(present)
	root := h.CA.Root.PEM()
	i, f := extended(h, "XJSL-2026-000001")
	if out, ok := openssl(t, encoded(t, f), root, ".json"); !ok || !strings.Contains(out, "经 2 次修改，有效期至 2027-07-31 24 时") {
		t.Fatal(out)
	}
	fork := h.Extended(i, i.File(), july(2)).Amendments[0]
	self := h.Accepted(f.Amendments[0].Amendment, f.Amendments[0].Signed, h.Bank, h.Requirement.End.Deadline.AddDate(0, 0, 2))
	for name, c := range map[string]struct {
		all   []letter.Amended
		words string
	}{
		"forked":              {[]letter.Amended{fork, f.Amendments[1]}, "所修改的"},
		"receipted by itself": {[]letter.Amended{self}, "回执的签署人"},
	} {
		x := f
		x.Amendments = c.all
		if out, ok := openssl(t, letter.Encode(x), root, ".json"); ok || !strings.Contains(out, c.words) {
			t.Errorf("%s: %v\n%s", name, ok, out)
		}
	}
}
