package guarantee

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/internal/store"
	"baohan/party"
)

// WorkdayImport is one year's notice as staff enter it: the whole year, by CSV or by rows.
type WorkdayImport struct {
	Year   int
	Number string
	Title  string
	Reason string // needed when a year is edited that has begun
	CSV    string // with the header date,kind,occasion; or
	Days   []calendar.Day
}

// WorkdayAnswer is what an import came to. The same command gets the same answer for ever.
type WorkdayAnswer struct {
	Year    int               `json:"year"`
	Version int64             `json:"version"`
	Digest  []byte            `json:"digest"`
	Changes []calendar.Change `json:"changes"`
	Moved   []MovedClock      `json:"moved"` // release clocks that count to another day by the new table; each is moved with an event
}

// ImportWorkdays replaces one year whole, in one transaction, by the trading centre's staff. It is an audited fact: who,
// when, and the digest of what stands from then on. Nothing is moved silently: the answer lists the release clocks that
// count to another day, and each is moved by its own event, in this process at once or by the next that starts.
func (d *Desk) ImportWorkdays(ctx context.Context, cmd party.Command, in WorkdayImport) (answer WorkdayAnswer, err error) {
	if !cmd.Actor.Is(party.Centre) {
		return answer, party.Forbidden("calendar.not_centre", "节假日安排由交易中心录入；请使用交易中心的证书登录")
	}
	if in.Days, err = in.rows(); err != nil {
		return answer, err
	}
	if err := in.check(); err != nil {
		return answer, err
	}
	err = d.within(ctx, func(tx pgx.Tx) error {
		prior, done, err := d.Once.BeginTx(ctx, tx, cmd)
		if err != nil {
			return err
		}
		if done {
			return json.Unmarshal(prior, &answer)
		}
		if answer, err = importTx(ctx, tx, cmd.Actor, in); err != nil {
			return err
		}
		b, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		return d.Once.AnswerTx(ctx, tx, cmd, b)
	})
	if err != nil {
		return answer, err
	}
	return answer, d.imported(ctx)
}

// imported is what follows an import in the process that made it. The import stands whatever becomes of this: what is not
// counted again now is counted by the next process that starts or sees the table change.
func (d *Desk) imported(ctx context.Context) error {
	if _, err := d.RefreshCalendar(ctx); err != nil {
		return err
	}
	return d.recount(ctx)
}

// workdaysLock is the advisory lock of the one import at a time; the number means nothing else.
const workdaysLock int64 = 0x776f726b64617973 // "workdays"

func importTx(ctx context.Context, tx pgx.Tx, by party.Actor, in WorkdayImport) (WorkdayAnswer, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": workdaysLock}); err != nil {
		return WorkdayAnswer{}, err
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return WorkdayAnswer{}, err
	}
	was, err := readYear(ctx, tx, in.Year)
	there := err == nil
	if err != nil && !errors.Is(err, ErrNoWorkdayYear) {
		return WorkdayAnswer{}, err
	}
	today := calendar.DateOf(now)
	if in.Year > today.Year()+1 || in.Year < 2000 {
		return WorkdayAnswer{}, party.Invalid("calendar.year", "year", "只能录入 2000 年起、至下一年度的节假日安排")
	}
	if there && in.Year <= today.Year() && utf8.RuneCountInString(strings.TrimSpace(in.Reason)) < 2 {
		return WorkdayAnswer{}, party.Invalid("calendar.reason", "reason", "该年度已经开始，修改须写明原因")
	}
	digest := yearDigest(in.Days)
	answer := WorkdayAnswer{Year: in.Year, Version: was.Version + 1, Digest: digest[:], Changes: calendar.Diff(was.Days, in.Days), Moved: []MovedClock{}}
	if there && bytes.Equal(was.Digest, digest[:]) && was.Number == in.Number && was.Title == in.Title {
		answer.Version = was.Version // the same once more changes nothing
		return answer, nil
	}
	if err := replaceYear(ctx, tx, by, in, answer); err != nil {
		return WorkdayAnswer{}, err
	}
	days, err := allDays(ctx, tx)
	if err != nil {
		return WorkdayAnswer{}, err
	}
	answer.Moved, err = differing(ctx, tx, days)
	return answer, err
}

func replaceYear(ctx context.Context, tx pgx.Tx, by party.Actor, in WorkdayImport, a WorkdayAnswer) error {
	data, err := json.Marshal(map[string]any{"number": in.Number, "title": in.Title, "reason": in.Reason, "changes": a.Changes})
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{"year": in.Year, "version": a.Version, "number": in.Number, "title": in.Title, "digest": a.Digest, "by": actorOf(by), "data": string(data)}
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO calendar_year (year, version, number, title, digest, entered_by, entered_at)
		VALUES (@year, @version, @number, @title, @digest, @by, platform_now())
		ON CONFLICT (year) DO UPDATE SET version = @version, number = @number, title = @title, digest = @digest, entered_by = @by, entered_at = platform_now()`, args)
	b.Queue(`DELETE FROM calendar_day WHERE year = @year`, args)
	for _, r := range in.Days {
		b.Queue(`INSERT INTO calendar_day (day, year, kind, occasion) VALUES (@day, @year, @kind, @occasion)`,
			pgx.NamedArgs{"day": r.Date.Time(), "year": in.Year, "kind": r.Kind, "occasion": r.Occasion})
	}
	b.Queue(`INSERT INTO calendar_event (year, seq, at, actor, digest, data) VALUES (@year, @version, platform_now(), @by, @digest, @data)`, args)
	return store.Bare(tx.SendBatch(ctx, b).Close())
}

func (in WorkdayImport) check() error {
	text := func(s string, most int) bool {
		return s != "" && s == strings.TrimSpace(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsAny(s, "\r\n")
	}
	switch {
	case !text(in.Number, 100):
		return party.Invalid("calendar.number", "number", "请填写通知的文号，如 国办发明电〔2025〕7号")
	case !text(in.Title, 200):
		return party.Invalid("calendar.title", "title", "请填写通知的标题")
	case utf8.RuneCountInString(in.Reason) > 500:
		return party.Invalid("calendar.reason", "reason", "修改原因最多 500 个字")
	}
	return nil
}

// rows reads the year in the form in which it came. An error names the line and the column.
func (in WorkdayImport) rows() ([]calendar.Day, error) {
	if (in.CSV == "") == (in.Days == nil) {
		return nil, party.Invalid("calendar.rows", "csv", "请用 csv 或者 days 之一给出整年的安排")
	}
	if in.CSV != "" {
		rows, err := calendar.ParseYear(in.Year, in.CSV)
		return rows, rowRefused("csv", 0, err)
	}
	return in.Days, rowRefused("days", 1, calendar.CheckYear(in.Year, in.Days))
}

// rowRefused names the member: csv[3].kind is the third line of the text, days[2].kind the third of the rows.
func rowRefused(member string, base int, err error) error {
	var fault *calendar.RowError
	if !errors.As(err, &fault) {
		return err
	}
	if fault.Line == 0 {
		return party.Invalid("calendar.rows", member, fault.Message)
	}
	return party.Invalid("calendar.rows", fmt.Sprintf("%s[%d].%s", member, fault.Line-base, fault.Column), fault.Error())
}
