package letter_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/devca"
)

var present = time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)

func encoded(t testing.TB, f letter.File) []byte {
	t.Helper()
	b, err := f.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// line finds one check of a report.
func line(t *testing.T, r letter.Report, name string) letter.Line {
	t.Helper()
	for _, l := range r.Lines {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("no line %s in %+v", name, r)
	return letter.Line{}
}

// fails demands that the report does not hold and that this line says so in these words.
func fails(t *testing.T, r letter.Report, name, words string) {
	t.Helper()
	if l := line(t, r, name); r.OK || l.Result == letter.ResultPass || !strings.Contains(l.Words, words) {
		t.Errorf("ok=%v, %s: %s %q; want it refused with %q", r.OK, name, l.Result, l.Words, words)
	}
}

func TestVerifyGenuine(t *testing.T) {
	h := sample.New(present)
	for _, d := range []sample.Draft{h.Blind(), h.Full(),
		h.Draft(h.Bidders[1], h.Surety, sample.Accessory, letter.ModeFull),
		h.Draft(h.Bidders[2], h.Insurer, sample.Insurance, letter.ModeFull)} {
		i := h.Issue(d, "XJSL-2026-000001")
		r := letter.VerifyFile(encoded(t, i.File()), h.Trust, letter.Platform(h.Platform.Party.USCC))
		if !r.OK || line(t, r, "revocation").Result != letter.ResultUnknown {
			t.Errorf("%v: %+v", d.Application.Wording, r)
		}
		if r := letter.VerifyP7S(i.Signed, h.Trust); !r.OK {
			t.Errorf("%v as p7s: %+v", d.Application.Wording, r)
		}
		for _, l := range r.Lines {
			if l.Title() == l.Name || l.Words == "" {
				t.Errorf("line %s has no words for people", l.Name)
			}
		}
	}
}

// Whatever byte of a file is changed, the verification refuses it, with a reason. Every position takes a minute, most of
// it in signatures that are still good; so by default each eleventh is tried, from a start that moves with every run, and
// all of them with BAOHAN_EVERY_BYTE set.
func TestVerifyFlippedFile(t *testing.T) {
	h := sample.New(present)
	b := encoded(t, h.Issue(h.Blind(), "XJSL-2026-000001").File())
	step := 11
	if os.Getenv("BAOHAN_EVERY_BYTE") != "" {
		step = 1
	}
	flipEach(t, b, step, func(b []byte) letter.Report { return letter.VerifyFile(b, h.Trust) })
}

func TestVerifyFlippedP7S(t *testing.T) {
	h := sample.New(present)
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	flipEach(t, i.Signed, 1, func(b []byte) letter.Report { return letter.VerifyP7S(b, h.Trust) })
}

func flipEach(t *testing.T, b []byte, step int, verify func([]byte) letter.Report) {
	t.Helper()
	started, from := time.Now(), rand.IntN(step)
	for at := from; at < len(b); at += step {
		changed := bytes.Clone(b)
		changed[at] ^= 1 << (at % 8)
		r := verify(changed)
		reason := slices.ContainsFunc(r.Lines, func(l letter.Line) bool { return l.Result == letter.ResultDoubtful && l.Words != "" })
		if r.OK || !reason {
			t.Fatalf("byte %d changed to %q: %+v", at, changed[at], r)
		}
	}
	t.Logf("%d bytes of %d, each %dth from %d, in %v", (len(b)-from+step-1)/step, len(b), step, from, time.Since(started))
}

// Every byte of the commitment's record, of the receipt and of the letter counts: exchanging one part for another
// genuine one is refused by the line that is about it.
func TestVerifyExchanged(t *testing.T) {
	h := sample.New(present)
	i, other := h.Issue(h.Blind(), "XJSL-2026-000001"), h.Issue(h.Blind(), "XJSL-2026-000002")
	full := h.Issue(h.Full(), "XJSL-2026-000003")
	for name, c := range map[string]struct {
		of     sample.Issued
		change func(*letter.File)
		line   string
		words  string
	}{
		"another reveal record":     {i, func(f *letter.File) { f.Reveal = other.Draft.Reveal }, "commitment", "不一致"},
		"a smaller amount":          {i, func(f *letter.File) { f.Reveal.Amount-- }, "commitment", "不一致"},
		"more than the ceiling":     {i, func(f *letter.File) { f.Reveal.Amount = f.Undertaking.Application.Ceiling + 1 }, "amount", "超过最高金额"},
		"a later end":               {i, func(f *letter.File) { f.Reveal.End.ValidityDays = 700 }, "expiry", "晚于最迟到期日"},
		"another receipt":           {i, func(f *letter.File) { f.Receipt = other.ReceiptP7S }, "receipt_digest", "不是这份保函的回执"},
		"another letter":            {i, func(f *letter.File) { f.Signed = other.Signed }, "content", "以签名内容为准"},
		"another number":            {i, func(f *letter.File) { f.Undertaking.Number = "XJSL-2026-999999" }, "content", "以签名内容为准"},
		"a changed clause":          {i, func(f *letter.File) { f.Undertaking.Clauses[3] += "但申请人同意除外。" }, "wording", "应为"},
		"words against figures":     {i, func(f *letter.File) { f.Undertaking.MaxAmountCapital = "捌拾万元整" }, "capital", "不一致"},
		"another salt":              {full, func(f *letter.File) { f.Salt = bytes.Repeat([]byte{7}, 32) }, "receipt_digest", "摘要不符"},
		"a receipt for a signature": {i, func(f *letter.File) { f.Signed = f.Receipt }, "content", "以签名内容为准"},
	} {
		f := c.of.File()
		f.Undertaking.Clauses = slices.Clone(f.Undertaking.Clauses)
		c.change(&f)
		t.Run(name, func(t *testing.T) {
			fails(t, letter.VerifyFile(letter.Encode(f), h.Trust), c.line, c.words)
		})
	}
}

func TestVerifyWho(t *testing.T) {
	h := sample.New(present)
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	b := encoded(t, i.File())
	elsewhere, err := devca.New("别的根证书", present.AddDate(-1, 0, 0), 5)
	if err != nil {
		t.Fatal(err)
	}
	other, err := elsewhere.Trust()
	if err != nil {
		t.Fatal(err)
	}
	fails(t, letter.VerifyFile(b, other), "chain", "连不到您指定的根证书")
	fails(t, letter.VerifyFile(b, other), "signature", "不能认定由谁签署")
	fails(t, letter.VerifyFile(b, h.Trust, letter.PlatformTrust(other)), "receipt_chain", "连不到您指定的根证书")
	fails(t, letter.VerifyFile(b, h.Trust, letter.Platform(h.Centre.Party.USCC)), "receipt_signer", "不是您指定的平台")

	// The guarantor has a good certificate, and is still not the platform.
	own := i
	own.ReceiptP7S = h.Signed(h.Bank, canonicalOf(t, i.Receipt), i.Receipt.AcceptedAt)
	fails(t, letter.VerifyFile(encoded(t, own.File()), h.Trust), "receipt_signer", "当事人自己签署")

	// Another bank signed, with a certificate as good.
	theirs := i
	theirs.Signed = h.Signed(h.OtherBank, canonicalOf(t, i.Undertaking), h.At)
	theirs = h.Receive(theirs, letter.UndertakingDigest(theirs.Signed), h.At.Add(time.Minute))
	fails(t, letter.VerifyFile(encoded(t, theirs.File()), h.Trust), "signer", "不是该机构签的")
}

type canon interface{ Canonical() ([]byte, error) }

func canonicalOf(t testing.TB, v canon) []byte {
	t.Helper()
	b, err := v.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVerifyWhen(t *testing.T) {
	h := sample.New(present)
	digest := func(i sample.Issued) signing.Digest { return letter.UndertakingDigest(i.Signed) }

	// A certificate that ends between the signature and the receipt.
	brief := h.MemberUntil("短期示例银行股份有限公司", 90, h.At.Add(30*time.Second))
	i := h.Issue(h.Draft(h.Bidders[0], brief, sample.Independent, letter.ModeBlind), "DQSL-2026-000001")
	fails(t, letter.VerifyFile(encoded(t, i.File()), h.Trust), "signing_time", "已过期")

	i = h.Issue(h.Blind(), "XJSL-2026-000001")
	late := h.Receive(i, digest(i), h.Requirement.End.Deadline)
	fails(t, letter.VerifyFile(encoded(t, late.File()), h.Trust), "receipt_deadline", "逾期")
	// The lot was postponed meanwhile: what came before the deadline as it stands is in time.
	for by, ok := range map[time.Duration]bool{0: false, time.Microsecond: true, -time.Hour: false} {
		r := letter.VerifyFile(encoded(t, late.File()), h.Trust, letter.Deadline(h.Requirement.End.Deadline.Add(by)))
		if got := line(t, r, "receipt_deadline").Result == letter.ResultPass; got != ok {
			t.Errorf("postponed by %s: in time %v", by, got)
		}
	}
	if r := letter.VerifyFile(encoded(t, h.Receive(i, digest(i), h.Requirement.End.Deadline.Add(-time.Microsecond)).File()), h.Trust); !r.OK {
		t.Errorf("received in the last microsecond: %+v", r)
	}

	// Signed, by its own word, after it was received.
	future := i
	future.Signed = h.Signed(h.Bank, canonicalOf(t, i.Undertaking), h.At.Add(time.Hour))
	future = h.Receive(future, digest(future), h.At)
	fails(t, letter.VerifyFile(encoded(t, future.File()), h.Trust), "signing_time", "晚于平台收到的时间")

	// A receipt that was signed a day after the instant it states.
	backdated := i
	backdated.ReceiptP7S = h.Signed(h.Platform, canonicalOf(t, i.Receipt), h.At.AddDate(0, 0, 1))
	fails(t, letter.VerifyFile(encoded(t, backdated.File()), h.Trust), "receipt_time", "事后补的")
}

// A letter signed under an authority that had expired by then: the leaf is alive, the chain is not.
func TestVerifyExpiredAtSigning(t *testing.T) {
	h := sample.New(present)
	root, key := authority(t, "甲根", signing.Certificate{}, nil, present.AddDate(5, 0, 0))
	middle, middleKey := authority(t, "甲中级", root, key, present.Add(-time.Hour))
	leafKey, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	who := h.Bank.Party
	leaf, err := signing.IssueCertificate(context.Background(), signing.CertificateRequest{
		Subject: signing.Name{CommonName: who.Name, OrganizationID: who.USCC}, Key: leafKey.Public(), Usage: signing.UseSign,
		NotBefore: present.AddDate(-1, 0, 0), NotAfter: present.AddDate(1, 0, 0)}, middle, middleKey)
	if err != nil {
		t.Fatal(err)
	}
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	i.Signed, err = signing.SignData(context.Background(), leafKey, []signing.Certificate{leaf, middle}, canonicalOf(t, i.Undertaking), h.At)
	if err != nil {
		t.Fatal(err)
	}
	i = h.Receive(i, letter.UndertakingDigest(i.Signed), h.At.Add(time.Minute))
	trust, err := signing.NewTrust(root)
	if err != nil {
		t.Fatal(err)
	}
	r := letter.VerifyFile(encoded(t, i.File()), trust, letter.PlatformTrust(h.Trust))
	fails(t, r, "chain", "签名时")
	fails(t, r, "chain", "已过期")
}

func authority(t *testing.T, name string, issuer signing.Certificate, by *signing.PrivateKey, until time.Time) (signing.Certificate, *signing.PrivateKey) {
	t.Helper()
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	if by == nil {
		by = key
	}
	c, err := signing.IssueCertificate(context.Background(), signing.CertificateRequest{Subject: signing.Name{CommonName: name},
		Key: key.Public(), CA: true, PathLength: 1, NotBefore: present.AddDate(-3, 0, 0), NotAfter: until}, issuer, by)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

func TestVerifyRevoked(t *testing.T) {
	h := sample.New(present)
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	b := encoded(t, i.File())
	lists := func(t *testing.T, from time.Time) *signing.Trust {
		t.Helper()
		trust, err := h.CA.Trust()
		if err != nil {
			t.Fatal(err)
		}
		crl, err := h.CA.CRL(from, from.AddDate(0, 0, 7))
		if err != nil {
			t.Fatal(err)
		}
		root, err := h.CA.RootCRL(1, from, from.AddDate(0, 0, 7))
		if err != nil {
			t.Fatal(err)
		}
		for _, der := range [][]byte{crl, root} {
			if err := trust.AddCRL(der); err != nil {
				t.Fatal(err)
			}
		}
		return trust
	}
	good := letter.VerifyFile(b, lists(t, h.At.Add(-time.Hour)), letter.Revocation(h.At))
	if !good.OK || line(t, good, "revocation").Result != letter.ResultPass {
		t.Errorf("with lists of that day: %+v", good)
	}
	later := h.At.AddDate(0, 2, 0)
	if r := letter.VerifyFile(b, lists(t, later), letter.Revocation(later.Add(time.Hour))); !r.OK {
		t.Errorf("with today's lists, certificates alive: %+v", r)
	}
	fails(t, letter.VerifyFile(b, h.Trust, letter.Revocation(h.At)), "revocation", "不覆盖")
	h.CA.Revoke(h.Bank.Sign.Certificate(), h.At.Add(-time.Minute), 1)
	fails(t, letter.VerifyFile(b, lists(t, h.At), letter.Revocation(h.At)), "chain", "已被吊销")
	h.CA.Revoke(h.Platform.Sign.Certificate(), h.At.Add(-time.Minute), 1)
	fails(t, letter.VerifyFile(b, lists(t, h.At), letter.Revocation(h.At)), "receipt_chain", "已被吊销")
	fails(t, letter.VerifyFile(b, lists(t, h.At), letter.PlatformTrust(h.Trust), letter.Revocation(h.At)), "receipt_revocation", "不覆盖")
}

func TestVerifyP7SRefuses(t *testing.T) {
	h := sample.New(present)
	i := h.Issue(h.Blind(), "XJSL-2026-000001")
	fails(t, letter.VerifyP7S(i.Draft.Signed, h.Trust), "content", "")
	fails(t, letter.VerifyP7S(i.Signed[:len(i.Signed)-1], h.Trust), "format", "签名数据")
	fails(t, letter.VerifyP7S(append(bytes.Clone(i.Signed), 0), h.Trust), "format", "签名数据")
	fails(t, letter.VerifyP7S(h.Signed(h.OtherBank, canonicalOf(t, i.Undertaking), h.At), h.Trust), "signer", "不是该机构签的")
}
