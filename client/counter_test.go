package client_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

func (w *world) sale() client.Sale {
	return client.Sale{Applicants: []letter.Party{w.Bidders[0].Party}, Wording: sample.Independent, Fee: 500_000, Number: "XJGT-00000001",
		Place: sample.Place, Owner: w.Bidders[0].Encrypt.Key.Public()}
}

func (w *world) sold(s client.Sale) client.Sold {
	w.t.Helper()
	sold, err := w.institution().Sell(w.ctx(), w.lot, s)
	if err != nil {
		w.t.Fatal(err)
	}
	return sold
}

// takeIn lets the platform receipt whatever is handed in, at an instant.
func (w *world) takeIn(by sample.Member, at time.Time, spoil func(*letter.Receipt)) {
	w.on("POST /issuer/letters", func(rw http.ResponseWriter, r *http.Request) {
		all := w.sent("POST", "/issuer/letters")
		var in wire.Deposit
		if err := wire.Read([]byte(all[len(all)-1].body), &in); err != nil {
			w.t.Error(err)
		}
		signed, err := signing.ParseSignedData(in.Statement)
		if err != nil {
			w.t.Error(err)
		}
		d, err := letter.ParseDeposit(signed.Content)
		if err != nil {
			w.t.Error(err)
		}
		receipt := letter.Receipt{Version: 1, Application: d.Application, Guarantor: w.Bank.Party.USCC, Number: d.Number, Mode: letter.ModeFull,
			Commitment: d.Commitment, Digest: d.Digest, AcceptedAt: at}
		if spoil != nil {
			spoil(&receipt)
		}
		content, err := receipt.Canonical()
		if err != nil {
			w.t.Error(err)
		}
		w.signedBy(w.Platform, rw, r, 200, wire.Issued{Receipt: w.Signed(by, content, at)})
	})
}

// What is sold opens for two custodians, and the record says what was sold and nothing of it stands in the statement.
func TestSoldLetterOpensForTwoCustodians(t *testing.T) {
	w := newWorld(t)
	for _, owner := range []signing.PublicKey{w.Bidders[0].Encrypt.Key.Public(), {}} {
		s := w.sale()
		s.Owner = owner
		sold := w.sold(s)
		var shares [2]signing.Share
		for k := range shares {
			var err error
			if shares[k], err = sold.Record.GiveShare(w.ctx(), w.CustodianKeys[k], k); err != nil {
				t.Fatal(err)
			}
		}
		plain, err := sold.Record.Open(letter.RecordAAD(sold.Application, 1), shares[0], shares[1])
		if err != nil {
			t.Fatal(err)
		}
		r, err := letter.ParseRecord(plain)
		if err != nil || !bytes.Equal(r.Reveal, sold.Reveal) {
			t.Errorf("the record reveals something else: %v", err)
		}
		if !owner.IsZero() {
			w.custodiansOpen(sold.Letter)
		}
		if n := len(sold.Record.Owner); n < 110 {
			t.Errorf("%d bytes for the owner: the row tells who gave a certificate", n)
		}
		for _, secret := range []string{w.Requirement.Lot.Code, w.Requirement.Lot.Name, w.Bidders[0].Party.Name, w.Bidders[0].Party.USCC, w.Tenderees[0].Party.USCC, "500000", "80000000"} {
			if bytes.Contains(sold.Statement, []byte(secret)) {
				t.Errorf("the statement holds %s", secret)
			}
		}
	}
}

// A deposit ends in the platform's receipt for this very letter, and in a file that anyone can check. The same is said
// again until there is an answer.
func TestDepositEndsInAFile(t *testing.T) {
	w := newWorld(t)
	kept, err := json.Marshal(w.sold(w.sale()))
	if err != nil {
		t.Fatal(err)
	}
	var sold client.Sold // as it is read back after a crash
	if err := json.Unmarshal(kept, &sold); err != nil {
		t.Fatal(err)
	}
	i := w.institution()
	w.on("POST /issuer/letters", func(rw http.ResponseWriter, _ *http.Request) { cut(rw) })
	if _, err := i.Deposit(w.ctx(), sold); !errors.Is(err, client.ErrUnknown) {
		t.Fatalf("%v", err)
	}
	w.takeIn(w.Platform, w.At, nil)
	f, err := i.Deposit(w.ctx(), sold)
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if r := letter.VerifyFile(b, w.Trust, letter.Platform(w.Platform.Party.USCC)); !r.OK {
		t.Errorf("%+v", r)
	}
	for _, s := range w.sent("POST", "/issuer/letters") {
		if first := w.sent("POST", "/issuer/letters")[0]; s != first || s.key != "deposit-"+sold.Application {
			t.Errorf("another thing was said: key %s", s.key)
		}
	}
	for name, c := range map[string]struct {
		by    sample.Member
		spoil func(*letter.Receipt)
	}{
		"somebody else's":  {w.Centre, nil},
		"another letter's": {w.Platform, func(r *letter.Receipt) { r.Digest = signing.Sum(nil) }},
		"another number's": {w.Platform, func(r *letter.Receipt) { r.Number = "XJGT-00000002" }},
		"a blind letter's": {w.Platform, func(r *letter.Receipt) { r.Mode = letter.ModeBlind }},
	} {
		w.takeIn(c.by, w.At, c.spoil)
		if _, err := i.Deposit(w.ctx(), sold); !errors.Is(err, client.ErrUnknown) {
			t.Errorf("%s receipt was believed: %v", name, err)
		}
	}
	w.takeIn(w.Platform, w.Requirement.End.Deadline, nil)
	if f, err := i.Deposit(w.ctx(), sold); !errors.Is(err, client.ErrLate) || f.Receipt == nil {
		t.Errorf("a letter that came in at the deadline: %v", err)
	}
}

// Nothing is sold for a notice that does not hold, for custodians that are not the pinned ones, or too late.
func TestSalesThatAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*world, *client.Sale){
		"other keys":     func(w *world, _ *client.Sale) { w.lot.Custodians = w.exchanged() },
		"no requirement": func(w *world, _ *client.Sale) { w.lot.Requirement = nil },
		"changed amount": func(w *world, _ *client.Sale) { r := *w.lot.Requirement; r.Amount--; w.lot.Requirement = &r },
		"pins of others": func(w *world, _ *client.Sale) {
			w.platform.Custodians = []string{sample.USCC(71), sample.USCC(72), sample.USCC(73)}
		},
		"at the deadline":    func(w *world, _ *client.Sale) { w.clock.Set(w.Requirement.End.Deadline) },
		"an unknown wording": func(_ *world, s *client.Sale) { s.Wording.Version = 7 },
		"a form not taken": func(w *world, s *client.Sale) {
			w.Requirement.Forms = []letter.Form{letter.FormCash}
			w.lot.RequirementDigest = w.Requirement.Digest()
		},
		"no customer": func(_ *world, s *client.Sale) { s.Applicants = nil },
		"a bad name":  func(_ *world, s *client.Sale) { s.Applicants = []letter.Party{{Name: " ", USCC: "1"}} },
		"a bad number": func(_ *world, s *client.Sale) {
			s.Number = "号"
		},
		"a fee above all": func(_ *world, s *client.Sale) { s.Fee = letter.MaxFen },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.sale()
			spoil(w, &s)
			if _, err := w.institution().Sell(w.ctx(), w.lot, s); !errors.Is(err, client.ErrSale) {
				t.Fatalf("%v", err)
			}
		})
	}
}

// The bidder checks the file that it was given at the counter against the lot as it stands, and learns by which id to
// name it.
func TestCheckFile(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*world, *letter.File)
		line  string
	}{
		"as it should be":      {func(*world, *letter.File) {}, ""},
		"another's":            {func(w *world, _ *letter.File) { w.Bidders[0] = w.Bidders[1] }, "applicants"},
		"more is demanded now": {func(w *world, _ *letter.File) { w.raise(func(r *letter.Requirement) { r.Amount++ }) }, "amount"},
		"longer than it lasts": {func(w *world, _ *letter.File) { w.raise(func(r *letter.Requirement) { r.End.ValidityDays = 700 }) }, "expiry"},
		"a day short":          {func(w *world, _ *letter.File) { w.raise(func(r *letter.Requirement) { r.End.ValidityDays++ }) }, "expiry"},
		"put off by a week": {func(w *world, _ *letter.File) {
			w.raise(func(r *letter.Requirement) { r.End.Deadline = r.End.Deadline.AddDate(0, 0, 7) })
		}, ""},
		"form not taken now": {func(w *world, _ *letter.File) {
			w.raise(func(r *letter.Requirement) { r.Forms = []letter.Form{letter.FormInsurance} })
		}, "form"},
		"another lot": {func(w *world, _ *letter.File) {
			w.raise(func(r *letter.Requirement) { r.Beneficiaries = r.Beneficiaries[:1] })
		}, "requirement"},
		"deadline moved before it": {func(w *world, _ *letter.File) { w.lot.Deadline = w.At }, "arrived"},
		"a byte of it changed":     {func(_ *world, f *letter.File) { f.Salt[0] ^= 1 }, "receipt_digest"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.lot.Deadline = w.Requirement.End.Deadline
			w.takeIn(w.Platform, w.At, nil)
			f, err := w.institution().Deposit(w.ctx(), w.sold(w.sale()))
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(w, &f)
			w.on("GET /lots/"+w.lot.ID, func(rw http.ResponseWriter, _ *http.Request) { answer(rw, w.lot) })
			b, err := f.Canonical()
			if err != nil {
				t.Fatal(err)
			}
			r, err := w.bidder().CheckFile(w.ctx(), w.lot.ID, b)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range r.Lines {
				if l.Result == letter.ResultDoubtful && l.Name != c.line {
					t.Errorf("%s: %s", l.Name, l.Words)
				}
			}
			if r.OK != (c.line == "") || r.OK && !strings.Contains(r.Words, f.Reveal.Application) {
				t.Errorf("ok %v: %s", r.OK, r.Words)
			}
			_, err = w.copies.Get(f.Reveal.Application + ".letter")
			if kept := err == nil; kept != r.OK {
				t.Errorf("kept: %v", kept)
			}
		})
	}
}

// raise changes what the lot demands, as a later notice would.
func (w *world) raise(change func(*letter.Requirement)) {
	req := w.Requirement
	change(&req)
	w.lot.Requirement, w.lot.RequirementDigest = &req, req.Digest()
}
