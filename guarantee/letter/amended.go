package letter

import (
	"time"

	"baohan/guarantee/calendar"
	"baohan/signing"
)

// AmendmentReceipt is the platform's word, signed by it: this amendment was accepted here at this instant, and no other of
// its number. From that instant the letter ends on the later day.
type AmendmentReceipt struct {
	Version    int            `json:"version"`
	Guarantee  string         `json:"guarantee"`
	Guarantor  string         `json:"guarantor"` // USCC
	Number     string         `json:"number"`
	N          int            `json:"n"`
	Amendment  signing.Digest `json:"amendment"` // AmendmentDigest
	AcceptedAt time.Time      `json:"accepted_at"`
}

// Check holds for a complete receipt.
func (r AmendmentReceipt) Check() error {
	return firstOf(
		checkVersion(r.Version),
		checkID("guarantee", r.Guarantee),
		within("guarantor", CheckUSCC(r.Guarantor)),
		checkNumber(r.Number),
		need(r.N >= 1 && r.N <= maxAmendments, "n", "n", "修改函序号有误"),
		checkDigest("amendment", r.Amendment.IsZero()),
		checkInstant("accepted_at", r.AcceptedAt),
	)
}

// Canonical is what the platform signs.
func (r AmendmentReceipt) Canonical() ([]byte, error) { return canonical(r, AmendmentReceipt.Check) }

// ParseAmendmentReceipt reads what Canonical wrote.
func ParseAmendmentReceipt(b []byte) (AmendmentReceipt, error) {
	return parse(b, AmendmentReceipt.Check)
}

// Amended is an accepted amendment in a guarantee file. Its members are named unlike the letter's own, so that a reader
// who takes members by their name alone never takes one for the other.
type Amended struct {
	Amendment Amendment `json:"amendment"`
	Signed    []byte    `json:"amendment_p7s"`     // of the guarantor
	Receipt   []byte    `json:"amendment_receipt"` // p7s of the AmendmentReceipt
}

// follows holds an amendment against the letter and what stands before it in the file.
func (m Amendment) follows(u Undertaking, r Reveal, before []Amended, letterP7S []byte) error {
	n, previous, latest := 1, UndertakingDigest(letterP7S), u.LatestExpiry
	w, err := WordingOf(u.Application.Wording)
	if err != nil {
		return err
	}
	from := need(!m.From.Before(r.End.Expiry()) && !m.From.After(latest), "from", "from", "所写的原到期日不在保函的有效期范围内")
	if k := len(before); k > 0 {
		last := before[k-1]
		n, previous, latest = last.Amendment.N+1, AmendmentDigest(last.Signed), last.Amendment.LatestExpiry
		from = need(m.From == last.Amendment.Expiry, "from", "from", "所写的原到期日与前一号修改函的到期日不同")
	}
	return firstOf(
		need(w.HoldDays > 0, "cause", "wording", "保函的文本没有约定延期或者付款"),
		need(m.Guarantee == u.Application.Application && m.Number == u.Number && m.Guarantor == u.Guarantor, "number", "foreign", "是另一份保函的修改函；可能被人换过"),
		need(m.N == n, "n", "order", "序号不连续：缺少、重复或者次序颠倒，不知道哪一份有效"),
		need(m.Previous == previous, "previous", "fork", "所修改的不是前面那一份：修改函被替换，或者同一号有两份"),
		from,
		need(!m.LatestExpiry.Before(latest), "latest_expiry", "earlier", "最迟到期日早于原来的"),
	)
}

// Expiry is the last day of validity as the amendments leave it; without one the record's, which the lot's postponement
// may have moved.
func (f File) Expiry() calendar.Date {
	if n := len(f.Amendments); n > 0 {
		return f.Amendments[n-1].Amendment.Expiry
	}
	return f.Reveal.End.Expiry()
}

// LatestExpiry is the day after which the letter is over, as the amendments leave it.
func (f File) LatestExpiry() calendar.Date {
	if n := len(f.Amendments); n > 0 {
		return f.Amendments[n-1].Amendment.LatestExpiry
	}
	return f.Undertaking.LatestExpiry
}

// SignedAmendments are the amendments as their guarantor signed them, in their order.
func (f File) SignedAmendments() [][]byte {
	all := make([][]byte, len(f.Amendments))
	for i, a := range f.Amendments {
		all[i] = a.Signed
	}
	return all
}

func (f File) checkAmendments() error {
	if f.Amendments != nil && len(f.Amendments) == 0 {
		return fault("amendments", "amendments", "没有修改函的保函文件不写修改函")
	}
	for i, a := range f.Amendments {
		if err := firstOf(within("amendment", a.Amendment.Check()), a.Amendment.follows(f.Undertaking, f.Reveal, f.Amendments[:i], f.Signed)); err != nil {
			return within("amendments", err)
		}
	}
	return nil
}
