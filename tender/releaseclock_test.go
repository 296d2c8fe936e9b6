package tender

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Every regime and every event, from the law and not from the table: the law, and the last day counted from Wednesday
// 23 September 2026 (the fifth day is Monday 28; the working days are 24, 28, 29, 30 September and 8 October), or none.
func TestReleaseRules(t *testing.T) {
	from := must(calendar.ParseDate("2026-09-23")) // Wednesday
	for _, tt := range []struct {
		regime string
		event  ReleaseEvent
		law    string
		to     string
	}{
		{letter.RegimeTendering, ReleaseAward, "", ""},
		{letter.RegimeTendering, ReleaseContract, "招标投标法实施条例第五十七条", "2026-09-28"},
		{letter.RegimeTendering, ReleaseWithdrawal, "招标投标法实施条例第三十五条", "2026-09-28"},
		{letter.RegimeTendering, ReleaseTermination, "招标投标法实施条例第三十一条", "2026-09-23"},
		{letter.RegimeProcurement, ReleaseAward, "政府采购法实施条例第三十三条", "2026-10-08"},
		{letter.RegimeProcurement, ReleaseContract, "政府采购法实施条例第三十三条", "2026-10-08"},
		{letter.RegimeProcurement, ReleaseWithdrawal, "政府采购货物和服务招标投标管理办法第二十三条", "2026-10-08"},
		{letter.RegimeProcurement, ReleaseTermination, "政府采购货物和服务招标投标管理办法第二十九条", "2026-10-08"},
	} {
		rule, ok := releaseRules[tt.regime][tt.event]
		if ok != (tt.law != "") {
			t.Errorf("%s %s: a rule: %v", tt.regime, tt.event, ok)
		}
		if !ok {
			continue
		}
		k, err := rule.count(calendar.Published(), from)
		if err != nil || k.Law != tt.law || k.To.String() != tt.to || k.Unknown {
			t.Errorf("%s %s: %+v, %v; want %s by %s", tt.regime, tt.event, k, err, tt.to, tt.law)
		}
	}
}

// on runs releaseOn as the verbs of a lot do.
func (w *world) on(l *Lot, event ReleaseEvent, from string, which func(string) bool) error {
	w.t.Helper()
	return w.within(w.ctx, func(tx pgx.Tx) error {
		locked, err := lockLotRow(w.ctx, tx, l.ID)
		if err != nil {
			return err
		}
		return w.releaseOn(w.ctx, tx, locked, event, must(calendar.ParseDate(from)), which)
	})
}

// 条例35: one bid counts as withdrawn: its letter alone falls due. 条例31: the tender ends, and all do at once, also the one
// that had five days.
func TestWithdrawalThenTermination(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeTendering, "T1")
	if err := w.on(l, ReleaseWithdrawal, "2026-12-21", func(id string) bool { return id == ids[1] }); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"none", "2026-12-28", "none"} { // 26 December is a Saturday
		if got := w.releaseOf(ids[i]); got != want {
			t.Errorf("after the withdrawal, letter %d: %s, want %s", i, got, want)
		}
	}
	if err := w.on(l, ReleaseTermination, "2026-12-22", everyLetter); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		if got := w.releaseOf(id); got != "2026-12-22" {
			t.Errorf("after the termination, letter %d: %s", i, got)
		}
	}
	if err := w.on(l, ReleaseContract, "2026-12-22", everyLetter); err != nil { // the earlier day holds
		t.Fatal(err)
	}
	if got := w.releaseOf(ids[0]); got != "2026-12-22" {
		t.Errorf("a later clock took the place of an earlier one: %s", got)
	}
}

// A termination that runs into a year without a calendar is not refused: the letters fall due, and their day is not guessed.
func TestTerminationIntoAYearWithoutCalendar(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeProcurement, "G1")
	if err := w.on(l, ReleaseTermination, "2026-12-29", everyLetter); err != nil {
		t.Fatal(err)
	}
	g := w.letterRow(ids[0])
	k := must(w.Guarantees.ReleaseClock(w.ctx, &g))
	if g.ReleaseState != guarantee.ReleaseDue || g.ReleaseDueBy != nil || k == nil || !k.Unknown || !k.To.IsZero() || k.Days != 5 {
		t.Errorf("%s by %v: %+v", g.ReleaseState, g.ReleaseDueBy, k)
	}
}

// 政府采购, a second award: the new winner lost the first one and its clock runs. It waits for the contract like every
// winner; the other loser's clock goes on, and that of who refused never starts (条例74).
func TestSecondAwardInGovernmentProcurement(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeProcurement, "G1")
	day := func(d int) calendar.Date {
		w.clock.Set(time.Date(2026, 12, d, 9, 0, 0, 0, calendar.Shanghai))
		return today(w)
	}
	w.tells(w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: w.bidders[0].party.USCC, NoticedOn: day(21)}))
	w.tells(w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", signing.Sum([]byte("函"))))
	w.tells(w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: w.bidders[1].party.USCC, NoticedOn: day(22)}))
	for i, want := range []string{"none", "none", "2026-12-28"} {
		if got := w.releaseOf(ids[i]); got != want {
			t.Errorf("after the second award, letter %d: %s, want %s", i, got, want)
		}
	}
	second := w.letterRow(ids[1])
	k := must(w.Guarantees.ReleaseClock(w.ctx, &second))
	if k == nil || k.StoppedBy != string(guarantee.EventReleaseClockStopped) || k.StoppedAt.IsZero() {
		t.Errorf("the clock that was taken back: %+v", k)
	}
	w.tells(w.Contract(w.ctx, w.tenderers(), l.ID, day(23)))
	for i, want := range []string{"none", "2026-12-30", "2026-12-28"} {
		if got := w.releaseOf(ids[i]); got != want {
			t.Errorf("after the contract, letter %d: %s, want %s", i, got, want)
		}
	}
}

// One of two beneficiaries has signed for a loser that is awarded after all and refuses then. Nobody asks the other for a
// signature, no paper for the whole lot releases the letter by accident, and the signature stays for whoever means it.
func TestClockIsTakenBackWhoeverHasSigned(t *testing.T) {
	w := newWorld(t)
	l, ids := w.opened(letter.RegimeProcurement, "G1")
	w.clock.Set(time.Date(2026, 12, 21, 9, 0, 0, 0, calendar.Shanghai))
	w.tells(w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: w.bidders[0].party.USCC, NoticedOn: today(w)}))
	w.exec(`INSERT INTO release_signature (guarantee, beneficiary, signed, received_at) VALUES (@id, 'x', '\x00', platform_now())`, ids[1])
	for _, step := range []func() error{
		func() error {
			_, err := w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", signing.Sum([]byte("函")))
			return err
		},
		func() error {
			_, err := w.Award(w.ctx, w.tenderers(), l.ID, AwardNote{Winner: w.bidders[1].party.USCC, NoticedOn: today(w)})
			return err
		},
		func() error {
			_, err := w.Refuse(w.ctx, w.tenderers(), l.ID, "refused_contract", signing.Sum([]byte("函")))
			return err
		},
	} {
		must(0, step())
	}
	held := must(w.Held(w.ctx, must(w.Lot(w.ctx, w.tenderer.actor(party.Beneficiary), l.ID))))
	for i, want := range []struct {
		clock string
		held  bool
	}{{"none", true}, {"none", true}, {"2026-12-28", false}} {
		if got := w.releaseOf(ids[i]); got != want.clock || held(ids[i]) != want.held {
			t.Errorf("letter %d: %s, held %v, want %v", i, got, held(ids[i]), want)
		}
	}
	var signatures int
	must(0, w.Pool.QueryRow(w.ctx, `SELECT count(*) FROM release_signature WHERE guarantee = $1`, ids[1]).Scan(&signatures))
	if signatures != 1 {
		t.Errorf("%d signatures are left", signatures)
	}
}

// An award whose losers' day lies in a year without a calendar is refused, says so, and leaves nothing half done; after the
// centre has entered the year the very same award stands, and the day is counted by the new table.
func TestAwardInAYearWithoutCalendar(t *testing.T) {
	w := newWorld(t)
	w.Calendar = must(calendar.New(calendar.PublishedDays()))
	w.Guarantees.Calendar = w.Calendar
	l, ids := w.opened(letter.RegimeProcurement, "G1")
	w.clock.Set(time.Date(2026, 12, 28, 9, 0, 0, 0, calendar.Shanghai))
	cmd, note := w.tenderers(), AwardNote{Winner: w.bidders[0].party.USCC, NoticedOn: today(w)}
	_, err := w.Award(w.ctx, cmd, l.ID, note)
	w.refused(err, "calendar.year_not_published")
	now := must(w.Lot(w.ctx, w.tenderer.actor(party.Beneficiary), l.ID))
	if all := must(w.Awards(w.ctx, l.ID)); now.State != Opened || len(all) != 0 {
		t.Errorf("half done: %s, %d awards", now.State, len(all))
	}
	for _, id := range ids {
		if got := w.releaseOf(id); got != "none" {
			t.Errorf("half done: %s", got)
		}
	}
	must(w.Guarantees.ImportWorkdays(w.ctx, w.by(w.centre, party.Centre), guarantee.WorkdayImport{Year: 2027, Number: "国办发明电〔2026〕1号",
		Title: "国务院办公厅关于2027年部分节假日安排的通知", CSV: "date,kind,occasion\n2027-01-01,rest,元旦\n2027-10-01,rest,国庆节\n"}))
	w.tells(w.Award(w.ctx, cmd, l.ID, note))
	for i, want := range []string{"none", "2027-01-05", "2027-01-05"} { // 29, 30, 31 December, 4, 5 January
		if got := w.releaseOf(ids[i]); got != want {
			t.Errorf("after the import, letter %d: %s, want %s", i, got, want)
		}
	}
}
