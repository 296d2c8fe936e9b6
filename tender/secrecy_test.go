package tender

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// dump is every row of every table as text, with bytea as hex.
func (w *world) dump() map[string]string {
	w.t.Helper()
	rows, err := w.pool.Query(w.ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	tables := must(pgx.CollectRows(rows, pgx.RowTo[string]))
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for _, table := range tables {
		rows, err := w.pool.Query(w.ctx, fmt.Sprintf(`SELECT x::text FROM %q x ORDER BY 1`, table))
		if err != nil {
			w.t.Fatal(err)
		}
		out[table] = strings.Join(must(pgx.CollectRows(rows, pgx.RowTo[string])), "\n")
	}
	return out
}

// forms are the spellings under which a text could stand in a dump.
func forms(s string) []string {
	b := []byte(s)
	plain, utf16 := hex.EncodeToString(b), ""
	for _, r := range s {
		utf16 += fmt.Sprintf("%04x", r)
	}
	digest := signing.Sum(b)
	return []string{s, plain, hex.EncodeToString([]byte(plain)), utf16, digest.String(),
		strings.TrimRight(base64.StdEncoding.EncodeToString(b), "=")[:len(b)], hex.EncodeToString([]byte(base64.StdEncoding.EncodeToString(b)))}
}

// Until the opening no table tells who bids: not the name, the code, nor the lot beside anything that a bidder
// handed in. The bidder's registration alone holds its name, as it does of every firm with a certificate.
func TestNoTableTellsWhoBids(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	before := w.dump()
	w.three(l)
	gone := w.submit(w.bidders[3], l, "")
	w.tells(w.withdraw(w.bidders[3], gone))
	w.clock.Set(deadline)
	o := w.bidders[3]
	_, p7s := w.bid(o, l, "")
	_, err := w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s)
	w.refused(err, "lot.deadline_passed")
	after := w.dump()
	for table, text := range after {
		if table == "organisation" {
			continue
		}
		for _, o := range w.bidders {
			for _, secret := range append(forms(o.party.Name), forms(o.party.USCC)...) {
				if strings.Contains(text, secret) {
					t.Errorf("table %s holds %s of %s", table, secret, o.party.Name)
				}
			}
		}
	}
	w.sameWhereLotsAre(before, after, l)
}

// sameWhereLotsAre: every table that names the lot in any spelling has not changed at all, so that nothing ties
// what was handed in to it.
func (w *world) sameWhereLotsAre(before, after map[string]string, l *Lot) {
	w.t.Helper()
	for table, text := range after {
		if text == before[table] {
			continue
		}
		for _, name := range []string{l.ID, l.Lot.Code, l.Lot.Project, l.Lot.Name} {
			for _, secret := range forms(name) {
				if strings.Contains(text, secret) {
					w.t.Errorf("table %s changed and names the lot by %s", table, secret)
				}
			}
		}
	}
}

// The search finds what it looks for: after the opening the names are public, and it sees them.
func TestTheSearchWouldFindAName(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	w.three(l)
	w.open(l)
	text := w.dump()
	for _, form := range forms(w.bidders[0].party.Name)[:1] {
		if !strings.Contains(text["opened_bid"], form) {
			t.Fatalf("opened_bid does not hold %s", form)
		}
	}
	if p7s := hex.EncodeToString([]byte(w.bidders[0].party.USCC)); !strings.Contains(text["opened_bid"], p7s) {
		t.Fatal("the search misses a code inside signed bytes")
	}
}

// A bidder with no bid, one with a bid, and one whose bid was withdrawn look the same to everyone else: the rows
// of two bids differ only in random and keyed bytes of the same length.
func TestRowsOfBidsLookAlike(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	partner := w.bidders[3].party
	w.submit(w.bidders[0], l, "")
	w.submit(w.bidders[1], l, newID())
	w.submit(w.bidders[2], l, newID(), partner)
	rows, err := w.pool.Query(w.ctx, `SELECT length(sealed), state, withdrawal IS NULL FROM bid`)
	if err != nil {
		t.Fatal(err)
	}
	type shape struct {
		n     int
		state string
		none  bool
	}
	shapes := must(pgx.CollectRows(rows, func(r pgx.CollectableRow) (s shape, err error) { return s, r.Scan(&s.n, &s.state, &s.none) }))
	for _, s := range shapes {
		if d := s.n - shapes[0].n; d < -24 || d > 24 || s.state != "received" || !s.none { // DER integers vary by a byte or two
			t.Errorf("%+v beside %+v", s, shapes[0])
		}
	}
}
