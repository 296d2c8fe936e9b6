package guarantee

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/party"
	"baohan/signing"
)

// ownCalendar gives the desk a calendar of its own, as every process has.
func (w *world) ownCalendar() {
	w.t.Helper()
	w.Calendar = must(calendar.New(calendar.PublishedDays()))
}

func (w *world) centre() party.Command {
	return w.by(w.org("市公共资源交易中心", 90), party.Centre)
}

// in2027 is a table of a year with its weekdays of rest, and one more for each of extra.
func in2027(extra ...string) WorkdayImport {
	text := "date,kind,occasion\n2027-01-01,rest,元旦\n2027-10-01,rest,国庆节\n"
	for _, d := range extra {
		text += d + ",rest,春节\n"
	}
	return WorkdayImport{Year: 2027, Number: "国办发明电〔2026〕1号", Title: "国务院办公厅关于2027年部分节假日安排的通知", CSV: text}
}

// The migration seeds what is embedded, year by year, under the digest of those very rows.
func TestSeededYears(t *testing.T) {
	w := newWorld(t)
	byYear := map[int][]calendar.Day{}
	for _, r := range calendar.PublishedDays() {
		byYear[r.Date.Year()] = append(byYear[r.Date.Year()], r)
	}
	for year, rows := range byYear {
		y, err := w.WorkdayYear(w.ctx, year)
		digest := yearDigest(rows)
		if err != nil || calendar.FormatYear(y.Days) != calendar.FormatYear(rows) || !bytes.Equal(y.Digest, digest[:]) || y.Number == "" {
			t.Errorf("%d: %d rows, %x, %v", year, len(y.Days), y.Digest, err)
		}
	}
	_, err := w.WorkdayYear(w.ctx, 2027)
	refused(t, err, "calendar.year_not_published")
}

func TestImportWorkdays(t *testing.T) {
	w := newWorld(t)
	w.ownCalendar()
	for _, r := range []party.Role{party.Operator, party.Beneficiary, party.Supervisor} {
		_, err := w.ImportWorkdays(w.ctx, w.by(w.tenderees[0], r), in2027())
		refused(t, err, "calendar.not_centre")
	}
	cmd := w.centre()
	got, err := w.ImportWorkdays(w.ctx, cmd, in2027("2027-02-08"))
	if err != nil || got.Version != 1 || len(got.Changes) != 3 || len(got.Moved) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if !w.Calendar.Publishes(2027) {
		t.Error("the process that imports does not count by it at once")
	}
	if again, err := w.ImportWorkdays(w.ctx, cmd, in2027("2027-02-08")); err != nil || !bytes.Equal(again.Digest, got.Digest) || len(again.Changes) != 3 {
		t.Errorf("the same command: %+v, %v", again, err)
	}
	if same, err := w.ImportWorkdays(w.ctx, w.centre(), in2027("2027-02-08")); err != nil || same.Version != 1 || len(same.Changes) != 0 {
		t.Errorf("the same table: %+v, %v", same, err)
	}
	next, err := w.ImportWorkdays(w.ctx, w.centre(), in2027("2027-02-09"))
	if err != nil || next.Version != 2 || len(next.Changes) != 2 {
		t.Errorf("another table: %+v, %v", next, err)
	}
	var events, digests int
	if err := w.Pool.QueryRow(w.ctx, `SELECT count(*), count(DISTINCT digest) FROM calendar_event WHERE year = 2027 AND actor LIKE 'centre:%'`).Scan(&events, &digests); err != nil || events != 2 || digests != 2 {
		t.Errorf("%d facts with %d digests on record, %v", events, digests, err)
	}
	bad := in2027("2027-02-06")
	_, err = w.ImportWorkdays(w.ctx, w.centre(), bad)
	r, _ := party.RefusalOf(err)
	if refused(t, err, "calendar.rows"); r.Field != "csv[4].kind" {
		t.Errorf("field %q", r.Field)
	}
	bad.CSV, bad.Days = "", []calendar.Day{{Date: w.date("2027-01-01"), Kind: "free", Occasion: "元旦"}}
	_, err = w.ImportWorkdays(w.ctx, w.centre(), bad)
	if r, _ = party.RefusalOf(err); r == nil || r.Field != "days[0].kind" {
		t.Errorf("%v", err)
	}
	if y, err := w.WorkdayYear(w.ctx, 2027); err != nil || len(y.Days) != 3 || y.Version != 2 {
		t.Errorf("after a refused import: %+v, %v", y, err)
	}
	late := in2027()
	late.Year = 2029
	late.CSV = "date,kind,occasion\n2029-01-01,rest,元旦\n2029-05-01,rest,劳动节\n2029-10-01,rest,国庆节\n2029-10-02,rest,国庆节\n2029-10-03,rest,国庆节\n"
	_, err = w.ImportWorkdays(w.ctx, w.centre(), late)
	refused(t, err, "calendar.year")
}

// A year that has begun is edited only with a reason; the last instant before it begins is not yet in it.
func TestBegunYearNeedsAReason(t *testing.T) {
	w := newWorld(t)
	w.ownCalendar()
	if _, err := w.ImportWorkdays(w.ctx, w.centre(), in2027()); err != nil {
		t.Fatal(err)
	}
	begins := time.Date(2027, 1, 1, 0, 0, 0, 0, calendar.Shanghai)
	w.clock.Set(begins.Add(-time.Microsecond))
	if _, err := w.ImportWorkdays(w.ctx, w.centre(), in2027("2027-02-08")); err != nil {
		t.Errorf("a microsecond before: %v", err)
	}
	w.clock.Set(begins)
	in := in2027("2027-02-09")
	_, err := w.ImportWorkdays(w.ctx, w.centre(), in)
	refused(t, err, "calendar.reason")
	in.Reason = "国务院办公厅调整春节放假安排"
	if _, err := w.ImportWorkdays(w.ctx, w.centre(), in); err != nil {
		t.Errorf("with a reason: %v", err)
	}
}

// Two imports at once, and readers meanwhile: a year is one table or the other, never half of one.
func TestImportsRace(t *testing.T) {
	w := newWorld(t)
	w.ownCalendar()
	first, second := in2027("2027-02-08", "2027-02-09", "2027-02-10"), in2027("2027-03-01")
	whole := map[signing.Digest]bool{}
	for _, in := range []WorkdayImport{first, second} {
		d := yearDigest(must(calendar.ParseYear(2027, in.CSV)))
		whole[d] = true
	}
	var wg sync.WaitGroup
	for i := range 8 {
		in := first
		if i%2 == 1 {
			in = second
		}
		cmd := w.centre()
		wg.Go(func() {
			if _, err := w.ImportWorkdays(w.ctx, cmd, in); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			var days []calendar.Day
			err := w.within(w.ctx, func(tx pgx.Tx) (err error) {
				days, err = readDays(w.ctx, tx, `WHERE year = 2027`, nil)
				return err
			})
			if d := yearDigest(days); err != nil || len(days) > 0 && !whole[d] {
				t.Errorf("half a year: %d rows, %v", len(days), err)
			}
		})
	}
	wg.Wait()
	if _, err := w.RefreshCalendar(w.ctx); err != nil {
		t.Fatal(err)
	}
	y := must(w.WorkdayYear(w.ctx, 2027))
	if d := yearDigest(y.Days); !whole[d] || !bytes.Equal(d[:], y.Digest) {
		t.Errorf("what stands is neither: %+v", y)
	}
	if free, err := w.Calendar.IsWorkingDay(w.date("2027-03-01")); err != nil || free != (len(y.Days) != 3) {
		t.Errorf("the calendar counts by another table: %v, %v", free, err)
	}
}

// due starts a release clock as a tender does.
func (w *world) due(id string, k calendar.Clock) {
	w.t.Helper()
	k.Kind, k.Law = "release", "某法第一条"
	k, err := w.Calendar.Count(k)
	if err == nil && k.Unknown && k.Unit == calendar.CalendarDays {
		k.To = k.From.AddDays(k.Days)
	}
	if err == nil {
		err = w.within(w.ctx, func(tx pgx.Tx) error {
			return w.ReleaseDueTx(w.ctx, tx, []string{id}, "contract_signed", k)
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) dueBy(id string) string {
	w.t.Helper()
	if by := w.row(id).ReleaseDueBy; by != nil {
		return by.Format(time.DateOnly)
	}
	return ""
}

// What follows an import: an unknown day is computed, a day that had not moved off a holiday moves, a day that stands is
// left alone; all are listed, each with its event, once.
func TestImportCountsClocksAgain(t *testing.T) {
	w := newWorld(t)
	w.ownCalendar()
	unknown := w.disclosedLetter(w.bidders[0], w.bank, "BANK-0000001").id
	moves := w.disclosedLetter(w.bidders[1], w.bank, "BANK-0000002").id
	stays := w.disclosedLetter(w.bidders[2], w.bank, "BANK-0000003").id
	w.due(unknown, calendar.Clock{From: w.date("2026-12-29"), Days: 5, Unit: calendar.WorkingDays})
	w.due(moves, calendar.Clock{From: w.date("2026-12-27"), Days: 5, Unit: calendar.CalendarDays}) // 1 January
	w.due(stays, calendar.Clock{From: w.date("2026-12-26"), Days: 5, Unit: calendar.CalendarDays})
	if w.dueBy(unknown) != "" || w.dueBy(moves) != "2027-01-01" || w.dueBy(stays) != "2026-12-31" {
		t.Fatalf("before: %q %q %q", w.dueBy(unknown), w.dueBy(moves), w.dueBy(stays))
	}
	got, err := w.ImportWorkdays(w.ctx, w.centre(), in2027())
	if err != nil || len(got.Moved) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, m := range got.Moved {
		if m.Number == "" || (m.Guarantee == unknown) != m.Was.IsZero() || m.Day.String() != w.dueBy(m.Guarantee) {
			t.Errorf("the answer says %+v, the row %s", m, w.dueBy(m.Guarantee))
		}
	}
	if w.dueBy(unknown) != "2027-01-06" || w.dueBy(moves) != "2027-01-04" || w.dueBy(stays) != "2026-12-31" {
		t.Errorf("after: %q %q %q", w.dueBy(unknown), w.dueBy(moves), w.dueBy(stays))
	}
	if again := must(w.RecountReleases(w.ctx)); len(again) != 0 {
		t.Errorf("moved twice: %+v", again)
	}
	for id, want := range map[string]int{unknown: 1, moves: 1, stays: 0} {
		var n int
		if err := w.Pool.QueryRow(w.ctx, `SELECT count(*) FROM guarantee_event WHERE guarantee = $1 AND kind = 'release_clock_moved'
			AND data->>'why' = 'calendar' AND data ? 'was'`, id).Scan(&n); err != nil || n != want {
			t.Errorf("%d events of the move, want %d, %v", n, want, err)
		}
	}
}

// The process that imported dies before it counted again: the next one that starts does it.
func TestRecountAfterACrash(t *testing.T) {
	w := newWorld(t)
	w.ownCalendar()
	id := w.disclosedLetter(w.bidders[0], w.bank, "BANK-0000001").id
	w.due(id, calendar.Clock{From: w.date("2026-12-29"), Days: 5, Unit: calendar.WorkingDays})
	err := w.within(w.ctx, func(tx pgx.Tx) error {
		in := in2027()
		in.Days = must(calendar.ParseYear(2027, in.CSV))
		_, err := importTx(w.ctx, tx, w.centre().Actor, in)
		return err
	})
	if err != nil || w.dueBy(id) != "" {
		t.Fatalf("%q, %v", w.dueBy(id), err)
	}
	w.ownCalendar() // another process
	ctx, stop := t.Context(), make(chan struct{})
	go func() { defer close(stop); w.KeepCalendar(ctx, time.Hour, func(err error) { t.Error(err) }) }()
	for range 500 {
		if w.dueBy(id) != "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if w.dueBy(id) != "2027-01-06" {
		t.Errorf("due by %q", w.dueBy(id))
	}
}

// The database refuses what departs from nothing, and a table without its year.
func TestRowsRefuseWhatIsNoTable(t *testing.T) {
	w := newWorld(t)
	for name, sql := range map[string]string{
		"a free Saturday": `INSERT INTO calendar_day VALUES ('2026-11-21', 2026, 'rest', 'x')`,
		"a worked Monday": `INSERT INTO calendar_day VALUES ('2026-11-23', 2026, 'work', 'x')`,
		"another year's":  `INSERT INTO calendar_day VALUES ('2027-11-23', 2026, 'rest', 'x')`,
		"without a year":  `INSERT INTO calendar_day VALUES ('2027-11-23', 2027, 'rest', 'x')`,
		"a fact changed":  `UPDATE calendar_event SET actor = 'x'`,
		"a year removed":  `DELETE FROM calendar_year`,
	} {
		if _, err := w.Pool.Exec(w.ctx, sql); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}
