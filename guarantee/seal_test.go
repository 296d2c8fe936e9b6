package guarantee

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Every member of the reveal record and of the application that does not agree with the lot or with the product is
// refused by its name, before anything is encrypted or stored.
func TestSealRefuses(t *testing.T) {
	w := newWorld(t)
	bidder, bank := w.bidders[0], w.bank
	for code, spoil := range map[string]func(*draft){
		"reveal.guarantor":          func(d *draft) { d.reveal.Guarantor = w.otherBank.party },
		"reveal.applicants":         func(d *draft) { d.reveal.Applicants = []letter.Party{w.bidders[1].party} },
		"reveal.application":        func(d *draft) { d.reveal.Application = strings.Repeat("a", 32) },
		"reveal.lot":                func(d *draft) { d.reveal.Lot.Code = "OTHER-01" },
		"reveal.beneficiaries":      func(d *draft) { d.reveal.Beneficiaries = d.reveal.Beneficiaries[:1] },
		"reveal.requirement":        func(d *draft) { d.reveal.Requirement = signing.Sum([]byte("x")) },
		"reveal.amount":             func(d *draft) { d.reveal.Amount-- },
		"reveal.end":                func(d *draft) { d.reveal.End.ValidityDays-- },
		"reveal.custodians":         func(d *draft) { d.reveal.Custodians = signing.Sum([]byte("other keys")) },
		"application.commitment":    func(d *draft) { d.application.Commitment = signing.Sum([]byte("x")) },
		"application.applicant":     func(d *draft) { d.application.Applicants = []letter.Party{w.bidders[1].party} },
		"application.guarantor":     func(d *draft) { d.application.Guarantor, d.reveal.Guarantor = w.otherBank.party, w.otherBank.party },
		"application.ceiling":       func(d *draft) { d.application.Ceiling = letter.LadderCeiling(d.application.Ceiling + 1) },
		"application.latest_expiry": func(d *draft) { d.application.LatestExpiry = letter.LadderExpiry(d.application.LatestExpiry) },
		"application.fee":           func(d *draft) { d.application.Fee-- },
	} {
		t.Run(code, func(t *testing.T) {
			dr := w.draft(bidder, bank)
			spoil(&dr)
			_, err := w.seal(bidder, bank, w.submission(bidder, dr))
			refused(t, err, code)
		})
	}
	t.Run("signed by another", func(t *testing.T) {
		_, err := w.seal(bidder, bank, w.submission(w.bidders[1], w.draft(bidder, bank)))
		refused(t, err, "application.signer")
	})
	t.Run("form the lot does not take", func(t *testing.T) {
		w.requirement.Forms = []letter.Form{letter.FormIndependent}
		defer func() {
			w.requirement.Forms = []letter.Form{letter.FormIndependent, letter.FormAccessory, letter.FormInsurance}
		}()
		_, err := w.seal(bidder, w.insurer, w.submission(bidder, w.draft(bidder, w.insurer)))
		refused(t, err, "application.form")
	})
}

// Whatever is sent instead of canonical, signed documents is refused with a field, and never repeated.
func TestSealBadBytes(t *testing.T) {
	w := newWorld(t)
	good := w.submission(w.bidders[0], w.draft(w.bidders[0], w.bank))
	for name, s := range map[string]Submission{
		"trailing bytes":    {append(bytes.Clone(good.Reveal), ' '), good.Application, good.Key},
		"a duplicate key":   {bytes.Replace(good.Reveal, []byte(`{`), []byte(`{"amount":1,`), 1), good.Application, good.Key},
		"another case":      {bytes.Replace(good.Reveal, []byte(`"amount"`), []byte(`"Amount"`), 1), good.Application, good.Key},
		"an exponent":       {bytes.Replace(good.Reveal, []byte(`"amount":80000000`), []byte(`"amount":8e7`), 1), good.Application, good.Key},
		"a fraction":        {bytes.Replace(good.Reveal, []byte(`"amount":80000000`), []byte(`"amount":80000000.0`), 1), good.Application, good.Key},
		"an unknown member": {bytes.Replace(good.Reveal, []byte(`{`), []byte(`{"aaa":1,`), 1), good.Application, good.Key},
		"no reveal":         {nil, good.Application, good.Key},
		"no signature":      {good.Reveal, []byte("not der"), good.Key},
		"a cut signature":   {good.Reveal, good.Application[:len(good.Application)-1], good.Key},
		"a short key":       {good.Reveal, good.Application, good.Key[:31]},
		"a zero key":        {good.Reveal, good.Application, make([]byte, 32)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.seal(w.bidders[0], w.bank, s)
			r, ok := party.RefusalOf(err)
			if !ok || r.Kind != party.KindInvalid || r.Field == "" {
				t.Fatalf("got %v; want an invalid field", err)
			}
			if strings.Contains(r.Message, w.bidders[0].party.Name) || strings.Contains(r.Error(), w.bidders[0].party.USCC) {
				t.Error("the refusal repeats what was sent")
			}
		})
	}
	if n := count(t, w, `SELECT count(*) FROM guarantee`); n != 0 {
		t.Errorf("%d rows", n)
	}
}

func count(t *testing.T, w *world, sql string) (n int) {
	t.Helper()
	if err := w.Pool.QueryRow(w.ctx, sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// I7 for the rows of this room: before the opening nothing in any table, in any common spelling, names the bidder or
// the lot; nothing shows that two rows belong together.
func TestRowsNameNobody(t *testing.T) {
	w := newWorld(t)
	w.issued(w.apply(w.bidders[0], w.bank), "CSB-2026-000001")
	w.issued(w.apply(w.bidders[1], w.insurer), "HNPIC-00000001")
	w.apply(w.bidders[2], w.bank)
	dump := everything(t, w)
	if !strings.Contains(dump, "CSB-2026-000001") {
		t.Fatal("the search sees nothing: the number of a letter is not found either")
	}
	for _, secret := range []string{w.bidders[0].party.Name, w.bidders[0].party.USCC, w.bidders[1].party.Name, w.bidders[1].party.USCC,
		w.bidders[2].party.Name, w.bidders[2].party.USCC, w.requirement.Lot.Code, w.requirement.Lot.Name, w.requirement.Lot.Project,
		w.tenderees[0].party.USCC, w.tenderees[0].party.Name, "6222020100012345"} {
		for how, needle := range spellings(t, secret) {
			if strings.Contains(dump, needle) {
				t.Errorf("%s stands in the database (%s)", secret, how)
			}
		}
	}
	tags := count(t, w, `SELECT count(DISTINCT t) FROM guarantee, unnest(ARRAY[uniq_tag, lot_tag, owner_tag]) t`)
	if tags != 9 {
		t.Errorf("%d different tags in three rows of three tags", tags)
	}
	// Only the DER of the wrapped keys varies, by chance and by a few bytes; what is wrapped has one size.
	if n := count(t, w, `SELECT greatest(max(octet_length(sealed)) - min(octet_length(sealed)), max(octet_length(offer)) - min(octet_length(offer))) FROM guarantee`); n > 24 {
		t.Errorf("the sizes of what is sealed differ by %d bytes", n)
	}
}

// everything is every row of every table as text, binary columns in hex and, decoded, as they are.
func everything(t *testing.T, w *world) string {
	t.Helper()
	rows, err := w.Pool.Query(w.ctx, `SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var dump strings.Builder
	for _, table := range tables {
		rows, err := w.Pool.Query(w.ctx, `SELECT * FROM `+table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, err := rows.Values()
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				if b, ok := v.([]byte); ok {
					dump.Write(b)
					dump.WriteString(hex.EncodeToString(b))
				}
				fmt.Fprintln(&dump, v)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return dump.String()
}

func spellings(t *testing.T, s string) map[string]string {
	t.Helper()
	out := map[string]string{"plain": s, "hex": hex.EncodeToString([]byte(s)), "lower": strings.ToLower(s)}
	for shift := range 3 {
		b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + s))
		out[fmt.Sprint("base64+", shift)] = b[4 : len(b)-4]
	}
	if gbk, err := simplifiedchinese.GBK.NewEncoder().String(s); err == nil {
		out["gbk"] = gbk
	}
	if utf16, err := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(s); err == nil {
		out["utf-16"] = utf16
	}
	digest := signing.Sum([]byte(s))
	out["sm3"] = digest.String()
	return out
}

// To anyone but its owner a record does not exist, in the same words as one that never was.
func TestOnlyTheOwner(t *testing.T) {
	w := newWorld(t)
	h := w.apply(w.bidders[0], w.bank)
	for name, by := range map[string]party.Actor{
		"another bidder": w.bidders[1].actor(party.Bidder), "the same firm in another role": w.bidders[0].actor(party.Beneficiary),
		"the tenderee": w.tenderees[0].actor(party.Beneficiary), "the centre": w.platform.actor(party.Centre),
	} {
		_, exists := w.OwnOne(w.ctx, by, h.id)
		_, never := w.OwnOne(w.ctx, by, strings.Repeat("0", 32))
		if !errors.Is(exists, ErrNotFound) || exists.Error() != never.Error() {
			t.Errorf("%s: %v against %v", name, exists, never)
		}
		if _, err := w.OwnCopy(w.ctx, by, h.id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s got the owner's copy: %v", name, err)
		}
		if _, err := w.ForBeneficiary(w.ctx, by, h.id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s sees it before the opening: %v", name, err)
		}
		if _, err := w.File(w.ctx, h.id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s got the file before the opening: %v", name, err)
		}
	}
	own, err := w.OwnCopy(w.ctx, w.bidders[0].actor(party.Bidder), h.id)
	if err != nil {
		t.Fatal(err)
	}
	var sealed signing.Sealed
	if err := sealed.UnmarshalBinary(own.Sealed); err != nil {
		t.Fatal(err)
	}
	b, err := sealed.OpenOwn(w.ctx, w.bidders[0].encrypt.Key, letter.RecordAAD(h.id, 1))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := letter.ParseRecord(b)
	if err != nil || !bytes.Equal(rec.Reveal, h.submission.Reveal) {
		t.Errorf("the owner's copy is not what it handed in: %v", err)
	}
}

// More records of one bidder than one batch of owner tags are all found, in order.
func TestManyRecordsOfOneOwner(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for range ownerBatch + 3 {
		h := w.apply(w.bidders[0], w.bank)
		w.must(w.Cancel(w.ctx, w.by(h.bidder, party.Bidder), h.id))
		ids = append(ids, h.id)
	}
	own, err := w.Own(w.ctx, w.bidders[0].actor(party.Bidder))
	if err != nil || len(own) != len(ids) {
		t.Fatalf("%d of %d, %v", len(own), len(ids), err)
	}
	for i, g := range own {
		if g.ID != ids[i] {
			t.Fatalf("record %d is out of order", i)
		}
	}
}
