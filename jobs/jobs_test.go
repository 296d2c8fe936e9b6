package jobs

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/go-json-experiment/json"

	"baohan/banks"
	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/internal/clock"
	"baohan/internal/testdb"
	"baohan/party"
	"baohan/signing"
	"baohan/tender"
)

const bank = "91430000183783561H"

// bench is a runner with its desks on a database of its own. Its only institution listens on a port on which nobody
// answers.
type bench struct {
	*Runner
	t    *testing.T
	pool *pgxpool.Pool
	n    int
}

func newBench(t *testing.T, c Config) *bench {
	t.Helper()
	pool := testdb.New(t)
	c.Pool, c.Node, c.Once = pool, or(c.Node, t.Name()), party.NewOnce(make([]byte, 32))
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.System()
	bank, err := banks.NewDesk(banks.Config{Pool: pool, Clock: clk, Party: party.NewDesk(pool, clk, nil),
		Hosts: []string{"127.0.0.1:9"}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	r.Bind(Desks{Guarantees: guarantee.NewDesk(guarantee.Config{Pool: pool, Clock: clk, Outbox: r}), Banks: bank,
		Tenders: tender.NewDesk(tender.Config{Pool: pool, Clock: clk})})
	b := &bench{Runner: r, t: t, pool: pool}
	b.admit()
	return b
}

func (b *bench) exec(sql string, args pgx.NamedArgs) {
	b.t.Helper()
	if _, err := b.pool.Exec(b.t.Context(), sql, args); err != nil {
		b.t.Fatalf("%v\n%s", err, sql)
	}
}

func (b *bench) number(sql string, args ...any) (n int) {
	b.t.Helper()
	if err := b.pool.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		b.t.Fatalf("%v\n%s", err, sql)
	}
	return n
}

func (b *bench) admit() {
	b.exec(`INSERT INTO organisation (uscc, name, roles, status, admitted_by, admitted_at)
		VALUES (@bank, '测试银行', '{guarantor}', 'active', 'test', clock_timestamp())`, pgx.NamedArgs{"bank": bank})
	b.exec(`INSERT INTO institution (uscc, name, kind, licence, licence_until, base, cashier, admitted_by, admitted_at)
		VALUES (@bank, '测试银行', 'bank', 'B0001', '2999-12-31', 'http://127.0.0.1:9', 'http://127.0.0.1:9/cashier', 'test', clock_timestamp())`,
		pgx.NamedArgs{"bank": bank})
}

// pending is a guarantee whose fee should have been paid an hour ago.
func (b *bench) pending() (id string) {
	b.n++
	id = hex.EncodeToString(signing.Random(16))
	random := func() []byte { return signing.Random(32) }
	b.exec(`INSERT INTO guarantee (id, version, guarantor, mode, form, wording, wording_version,
			application_state, fee_state, instrument_state, disclosure_state, verification_state, release_state,
			ceiling, latest_expiry, quoted_fee, fee, application_digest, commitment, offer, sealed, record_key,
			uniq_tag, lot_tag, owner_tag, submitted_at, fee_due_at)
		VALUES (@id, 1, @bank, 'blind', 'independent', 'w', 1, 'approved', 'pending', 'none', 'sealed', 'not_done', 'none',
			100000000, '2999-12-31', 40000, 40000, @d1, @d2, 'offer', 'sealed', @key, @t1, @t2, @t3,
			clock_timestamp() - interval '2 hours', clock_timestamp() - interval '1 hour')`, pgx.NamedArgs{
		"id": id, "bank": bank, "d1": random(), "d2": random(), "key": make([]byte, 65), "t1": random(), "t2": random(), "t3": random()})
	b.exec(`INSERT INTO guarantee_event (guarantee, seq, kind, at, actor, data) VALUES (@id, 1, 'submitted', clock_timestamp(), 'bidder', '{}')`,
		pgx.NamedArgs{"id": id})
	return id
}

func (b *bench) start() {
	b.t.Helper()
	if err := b.Start(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			b.t.Error(err)
		}
	})
}

// eventually waits for a condition and fails with what was wanted.
func (b *bench) eventually(want string, done func() bool) {
	b.t.Helper()
	for deadline := time.After(60 * time.Second); !done(); {
		select {
		case <-deadline:
			b.t.Fatalf("not in 60 s: %s", want)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *bench) publish(id string, seq int64) error {
	return pgx.BeginFunc(b.t.Context(), b.pool, func(tx pgx.Tx) error {
		return b.PublishTx(b.t.Context(), tx, []guarantee.Event{{Guarantee: id, Seq: seq, Kind: guarantee.EventSubmitted,
			At: clock.System().Now(), Data: []byte(`{}`), Guarantor: bank}})
	})
}

func TestWhatFollowsCommitsWithTheFact(t *testing.T) {
	b := newBench(t, Config{})
	id := b.pending()
	if err := b.publish(id, 1); err != nil {
		t.Fatal(err)
	}
	if n := b.number(`SELECT count(*) FROM delivery WHERE guarantee = $1 AND kind = 'offered'`, id); n != 1 {
		t.Errorf("%d messages wait for the institution, want 1", n)
	}
	if n := b.number(`SELECT count(*) FROM river_job WHERE kind = 'deliver' AND args ->> 'guarantee' = $1`, id); n != 1 {
		t.Errorf("%d jobs deliver it, want 1", n)
	}
}

func TestNothingFollowsFromWhatWasRolledBack(t *testing.T) {
	b := newBench(t, Config{})
	id, undo := b.pending(), errors.New("undone")
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
		if err := b.PublishTx(t.Context(), tx, []guarantee.Event{{Guarantee: id, Seq: 1, Kind: guarantee.EventExpired,
			At: clock.System().Now(), Data: []byte(`{}`), Guarantor: bank}}); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	if n := b.number(`SELECT (SELECT count(*) FROM delivery) + (SELECT count(*) FROM river_job)`); n != 0 {
		t.Errorf("%d rows are left of a fact that was rolled back", n)
	}
}

func TestAFactWithoutAConsequenceIsRefused(t *testing.T) {
	b := newBench(t, Config{})
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
		return b.PublishTx(t.Context(), tx, []guarantee.Event{{Guarantee: b.pending(), Kind: "unheard_of", Guarantor: bank}})
	})
	if err == nil {
		t.Error("a fact that nobody knows was published")
	}
}

// TestTheQueueIsNotTheTruth empties the queue while jobs run. Every guarantee still lapses, and its institution is
// still owed the news.
func TestTheQueueIsNotTheTruth(t *testing.T) {
	b := newBench(t, Config{Every: 100 * time.Millisecond, Timeout: 5 * time.Second})
	const all = 60
	for range all {
		b.pending()
	}
	b.start()
	lapsed := func() int { return b.number(`SELECT count(*) FROM guarantee WHERE fee_state = 'lapsed'`) }
	for range 5 {
		b.exec(`TRUNCATE river_job`, nil)
		time.Sleep(30 * time.Millisecond)
	}
	b.eventually("every fee lapsed", func() bool { return lapsed() == all })
	if n := b.number(`SELECT count(*) FROM delivery WHERE kind = 'ended'`); n != all {
		t.Errorf("%d institutions are owed the end, want %d", n, all)
	}
	// Whatever was tried by now is due once more, and no job says so.
	b.exec(`UPDATE delivery SET attempts = 0, next_at = clock_timestamp() WHERE state = 'waiting' AND lease IS NULL`, nil)
	b.exec(`TRUNCATE river_job`, nil)
	b.eventually("every message tried though its job was lost", func() bool {
		return b.number(`SELECT count(*) FROM delivery WHERE attempts = 0`) == 0
	})
}

var ids = regexp.MustCompile(`^([0-9a-f]{32}|lapse|expiry|release|examination|underwriting|demand_payout)$`)

func TestArgumentsAreIDsOnly(t *testing.T) {
	id := hex.EncodeToString(signing.Random(16))
	for _, a := range []river.JobArgs{deliverArgs{id}, dueArgs{guarantee.DueLapse, id}, intakeArgs{id}, openArgs{id}, reverifyArgs{id}} {
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]string
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatalf("%s: arguments are not a flat object of strings: %s", a.Kind(), b)
		}
		for name, v := range fields {
			if !ids.MatchString(v) {
				t.Errorf("%s: %s = %q is no id", a.Kind(), name, v)
			}
		}
	}
}

func TestSweepMakesAJobOnce(t *testing.T) {
	b := newBench(t, Config{})
	for range 3 {
		b.pending()
	}
	for i, want := range []int{3, 0} {
		if made, err := b.Sweep(t.Context()); err != nil || made != want {
			t.Errorf("sweep %d made %d jobs (%v), want %d", i+1, made, err, want)
		}
	}
}

func TestReminderIsRaisedOnceADay(t *testing.T) {
	b := newBench(t, Config{Every: 50 * time.Millisecond})
	id := b.pending()
	b.exec(`UPDATE guarantee SET fee_due_at = clock_timestamp() + interval '1 day' WHERE id = @id`, pgx.NamedArgs{"id": id})
	waiting := b.pending()
	b.exec(`ALTER TABLE guarantee DISABLE TRIGGER guarantee_legal`, nil)
	b.exec(`UPDATE guarantee SET application_state = 'submitted', fee_state = 'none', fee = NULL, fee_due_at = NULL WHERE id = @id`, pgx.NamedArgs{"id": waiting})
	b.start()
	b.eventually("a notice", func() bool { return b.number(`SELECT count(*) FROM notice`) == 1 })
	time.Sleep(300 * time.Millisecond)
	for by, want := range map[party.Actor]int{
		{Role: party.Operator, USCC: "9"}: 1, {Role: party.Guarantor, USCC: "9"}: 0, {Role: party.Beneficiary, USCC: "9"}: 0, {Role: party.Bidder, USCC: "9"}: 0,
	} {
		if mine, err := b.NoticesFor(t.Context(), by, 10); err != nil || len(mine) != want || want == 1 && mine[0].Words == "" {
			t.Errorf("to %s: %+v, %v", by.Role, mine, err)
		}
	}
	list, err := b.Notices(t.Context(), 1, 10)
	if err != nil || len(list) != 1 || list[0].Guarantee != waiting || list[0].Due != guarantee.DueUnderwriting {
		t.Fatalf("notices %+v (%v), want one about %s", list, err, waiting)
	}
	if n := b.number(`SELECT count(*) FROM river_job WHERE kind = 'due'`); n != 1 {
		t.Errorf("%d jobs were made for one notice", n)
	}
}

// A reminder of every kind that falls due is raised: none is given up as unknown.
func TestEveryReminderIsRaised(t *testing.T) {
	b := newBench(t, Config{})
	id, w := b.pending(), &dueWorker{r: b.Runner}
	for due := range noticeWords {
		if err := w.act(t.Context(), dueArgs{due, id}); err != nil {
			t.Errorf("%s: %v", due, err)
		}
	}
	if n := b.number(`SELECT count(*) FROM notice`); n != len(noticeWords) {
		t.Errorf("%d notices of %d kinds", n, len(noticeWords))
	}
	if err := w.act(t.Context(), dueArgs{"unheard_of", id}); err == nil {
		t.Error("a kind that nobody knows was raised")
	}
}

func TestWhatGivesUpIsSeenAndCanRunAgain(t *testing.T) {
	b := newBench(t, Config{Every: 50 * time.Millisecond})
	id := b.pending()
	b.exec(`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'secret %', NEW.id; END $$`, nil)
	b.exec(`CREATE TRIGGER broken BEFORE UPDATE ON guarantee FOR EACH ROW EXECUTE FUNCTION broken()`, nil)
	if _, err := b.client.Insert(t.Context(), dueArgs{guarantee.DueLapse, id}, &river.InsertOpts{MaxAttempts: 1}); err != nil {
		t.Fatal(err)
	}
	b.start()
	var failed []wire.Job
	b.eventually("one failed job", func() (ok bool) {
		var err error
		if failed, err = b.Failed(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(failed) == 1
	})
	if f := failed[0]; f.Kind != "due" || f.About["id"] == "" || f.LastError != "database error P0001 on " {
		t.Errorf("failed job is shown as %+v; want its kind and an error without the row's values", f)
	}
	b.exec(`DROP TRIGGER broken ON guarantee`, nil)
	retry := func(key string) error {
		return b.Retry(t.Context(), party.Command{Actor: party.Actor{USCC: bank, Role: party.Operator}, Key: key, Digest: signing.Sum([]byte("retry"))}, failed[0].ID)
	}
	if err := retry("once"); err != nil {
		t.Fatal(err)
	}
	b.eventually("the lapse", func() bool { return b.number(`SELECT count(*) FROM guarantee WHERE fee_state = 'lapsed'`) == 1 })
	b.eventually("an empty list", func() bool { f, err := b.Failed(t.Context()); return err == nil && len(f) == 0 })
	if err := retry("once"); err != nil {
		t.Errorf("the same command again, its answer having been lost: %v", err)
	}
	if err := retry("twice"); err == nil {
		t.Error("a job that succeeded was run again")
	}
}

// TestAKilledNodeTakesUpItsOwn leaves a job in the state in which a SIGKILL leaves it.
func TestAKilledNodeTakesUpItsOwn(t *testing.T) {
	b := newBench(t, Config{Every: time.Hour, Node: "one"})
	for _, node := range []string{"one", "two"} {
		id := b.pending()
		b.exec(fmt.Sprintf(`INSERT INTO river_job (state, attempt, attempted_at, attempted_by, args, kind, max_attempts, queue)
			VALUES ('running', 1, clock_timestamp(), '{%s}', @args, 'due', 20, 'clock')`, node),
			pgx.NamedArgs{"args": `{"due":"lapse","id":"` + id + `"}`})
	}
	if err := b.reclaim(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := b.number(`SELECT count(*) FROM river_job WHERE state = 'available' AND attempted_by = '{one}'`); n != 1 {
		t.Errorf("%d jobs of the killed node are available again, want 1", n)
	}
	if n := b.number(`SELECT count(*) FROM river_job WHERE state = 'running' AND attempted_by = '{two}'`); n != 1 {
		t.Error("another node's running job was taken from it")
	}
}
