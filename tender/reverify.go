package tender

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender/custody"
)

// reverifyEvery is the slow rhythm in which a letter is tried again that could not be verified.
const reverifyEvery = 15 * time.Minute

// finding is what the comparison of one accepted letter came to.
type finding struct {
	verb  Verb // verify, contradict; empty: it cannot be said yet
	words string
}

// state is where the letter stands after it.
func (f finding) state() AcceptedState {
	for _, m := range IncidentMoves {
		if m.Part == "letter" && m.Verb == f.verb {
			return AcceptedState(m.To)
		}
	}
	return LetterAccepted
}

func verified(words string) finding     { return finding{"verify", words} }
func contradicted(words string) finding { return finding{"contradict", words} }
func still(words string) finding        { return finding{"", words} }

// ReverifyIncident compares each letter of an accepted incident with what the platform itself can say of it by now:
// what the opening disclosed after all; else what the custodians' shares open, on the closings that are on record; else,
// for a letter that no closing names because its row was lost, the digests of the row that came back. When all are the
// same the incident is closed. A difference closes nothing, ever: it stands for people to see. What cannot be said yet is
// tried again; a custodian that gives nothing is no error. It may be run any number of times.
func (d *Desk) ReverifyIncident(ctx context.Context, id string) (Answer, error) {
	in, err := readIncident(ctx, d.Pool, id, "")
	if err != nil {
		return Answer{}, err
	}
	if in.State != IncidentAccepted {
		return Answer{ID: in.ID, Version: in.Version, State: string(in.State)}, nil
	}
	l, err := readLot(ctx, d.Pool, in.Lot)
	if err != nil {
		return Answer{}, err
	}
	r := &reverification{desk: d, lot: l, found: map[string]finding{}}
	if err := r.prepare(ctx, id); err != nil {
		return Answer{}, err
	}
	if err := d.SignSheet(ctx, l.ID); err != nil {
		return Answer{}, err
	}
	answer, err := d.changeIncident(ctx, party.Command{Actor: party.System()}, id, func(t *incidentTurn) error { return r.conclude(ctx, t) })
	if err == nil {
		d.signedAfterwards(ctx, l.ID)
	}
	return answer, err
}

// reverification is one in progress, in memory until one transaction writes what it found.
type reverification struct {
	desk   *Desk
	lot    *Lot
	copies map[string]*copied
	found  map[string]finding
	why    string // for the next edition of the sheet, when it changes what the sheet says
}

func (r *reverification) prepare(ctx context.Context, incident string) error {
	rows, err := r.desk.Pool.Query(ctx, `SELECT letter FROM accepted_letter WHERE incident = @id AND state = 'accepted' ORDER BY letter`,
		pgx.NamedArgs{"id": incident})
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if r.copies, err = r.desk.copiesOf(ctx, r.lot, incident, ids); err != nil {
		return err
	}
	if r.lot.OpenedAt == nil {
		for _, id := range ids {
			r.found[id] = still("标段尚未开标；开标后自动复核")
		}
		return nil
	}
	return r.compare(ctx)
}

// compare says what can be said without the custodians, and asks them for the rest.
func (r *reverification) compare(ctx context.Context) error {
	for id, c := range r.copies {
		f, err := r.byRow(ctx, c)
		if err != nil {
			return err
		}
		if f != nil {
			r.found[id] = *f
		}
	}
	return r.unseal(ctx)
}

// byRow compares a copy with the row and, if the opening disclosed it, with that. Nil: only unsealing can tell.
func (r *reverification) byRow(ctx context.Context, c *copied) (*finding, error) {
	say := func(f finding) (*finding, error) { return &f, nil }
	if c.row == nil {
		return say(still("平台仍没有这份保函的登记；恢复后自动复核"))
	}
	if what := r.desk.differs(r.lot, c.row, c.file); len(what) > 0 {
		return say(contradicted("平台登记的" + strings.Join(what, "、") + "与副本不一致"))
	}
	if c.row.DisclosureState != guarantee.Disclosed {
		return nil, nil //nolint:nilnil // nothing can be said yet
	}
	reveal, undertaking, salt, err := r.desk.Guarantees.Published(ctx, c.id)
	if err != nil {
		return nil, err
	}
	return say(c.same(reveal, undertaking, salt, "开标已正常解封公开"))
}

// same compares the disclosed bytes with the copy's, one by one.
func (c *copied) same(reveal, undertaking, salt []byte, how string) finding {
	own, err := c.file.Reveal.Canonical()
	if err == nil && bytes.Equal(own, reveal) && bytes.Equal(c.file.Signed, undertaking) && bytes.Equal(c.file.Salt, salt) {
		return verified(how + "，揭示记录和保函原文与副本逐字节相同")
	}
	return contradicted(how + "，但揭示记录或保函原文与副本不同")
}

// unseal opens what is left, on the closings that are on record: the custodians give the same shares again.
func (r *reverification) unseal(ctx context.Context) error {
	closings, c, err := r.closings(ctx)
	if err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, x := range c.Records {
		listed[x.ID] = true
	}
	seals := map[string]record{}
	for id, x := range r.copies {
		if _, said := r.found[id]; said {
			continue
		}
		own, err := sealsOf(x.row)
		switch {
		case err != nil:
			r.found[id] = still("平台封存的数据不完整，尚不能解封")
		case !listed[id]:
			r.found[id] = verified("截标清单没有列入这份保函，保管人不会给出份额；平台登记的原文摘要和承诺值与副本一致")
		default:
			maps.Copy(seals, own)
		}
	}
	if len(seals) == 0 {
		return nil
	}
	asked := named(c, seals)
	shares, err := r.desk.sharesAgain(ctx, r.lot.ID, closings, asked)
	waits := errors.Is(err, ErrCustodians)
	if err != nil && !waits {
		return err
	}
	for id := range seals {
		if x := r.copies[id]; x != nil {
			r.found[id] = x.unsealed(ctx, asked, shares, waits)
		}
	}
	return nil
}

// sharesAgain asks the custodians for what they gave at the opening, or would have given: one that was not needed then
// has not seen the first closing and serves the second only after it.
func (d *Desk) sharesAgain(ctx context.Context, lot string, closings [2][]byte, records map[string]record) (*given, error) {
	shares, err := d.shares(ctx, lot, closings[1], closings[0], records)
	if !errors.Is(err, ErrCustodians) {
		return shares, err
	}
	if err := d.showFirst(ctx, lot, closings[0]); err != nil {
		return nil, err
	}
	return d.shares(ctx, lot, closings[1], closings[0], records)
}

// showFirst asks every custodian for its shares of a few bids, of the first closing. Who does not answer is seen when it is
// asked for the letters.
func (d *Desk) showFirst(ctx context.Context, lot string, closing []byte) error {
	c, _, err := d.signedClosing(ctx, lot, letter.StageBids)
	if err != nil {
		return err
	}
	var few []string
	for _, r := range c.Records[:min(3, len(c.Records))] {
		few = append(few, r.ID)
	}
	rows, err := bidRecords(ctx, d.Pool, few)
	if err != nil {
		return err
	}
	for i := range d.Custodians {
		if _, err := d.ask(ctx, i, closing, nil, named(c, rows)); err != nil {
			d.log().InfoContext(ctx, "a custodian gave nothing of the first closing", "lot", lot, "custodian", i+1, "error", err)
		}
	}
	return nil
}

// closings are both as signed, and what the second says. A lot in which no bid named a letter has no second.
func (r *reverification) closings(ctx context.Context) (signed [2][]byte, c letter.Closing, err error) {
	row, err := readClosing(ctx, r.desk.Pool, r.lot.ID, letter.StageLetters)
	if errors.Is(err, pgx.ErrNoRows) {
		return signed, c, nil
	}
	if err != nil {
		return signed, c, err
	}
	if c, err = letter.ParseClosing(row.Content); err != nil {
		return signed, c, err
	}
	signed[0], signed[1], err = readSignatures(ctx, r.desk.Pool, r.lot.ID)
	return signed, c, err
}

func (c *copied) unsealed(ctx context.Context, asked map[string]record, shares *given, waits bool) finding {
	full := c.file.Undertaking.Application.Mode == letter.ModeFull
	_, record := asked[c.id]
	if _, ok := asked[c.id+custody.LetterSuffix]; !record || full && !ok {
		return still("平台封存的数据与截标清单登记的摘要不符，保管人不会给出份额；不能恢复时请行政监督部门签名结案")
	}
	if waits {
		return still("正在等待密钥保管人给出份额")
	}
	x := &openedLetter{ID: c.id, sealed: c.row}
	if x.unseal(ctx, c.file.Reveal.Lot, shares); x.unsealed == nil {
		return still("仍不能解封：" + x.Failure)
	}
	return c.same(x.unsealed.RevealBytes, x.unsealed.Undertaking, x.unsealed.Salt, "已凭截标清单重新解封")
}

// conclude writes what was found; an incident that somebody closed meanwhile is left alone.
func (r *reverification) conclude(ctx context.Context, t *incidentTurn) error {
	if t.in.State != IncidentAccepted {
		return nil
	}
	t.in.CheckedAt, t.checked = &t.now, true
	ids := make([]string, 0, len(r.found))
	for id := range r.found {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if err := r.note(ctx, t, r.copies[id], r.found[id]); err != nil {
			return err
		}
	}
	if r.why != "" {
		if err := r.desk.afterEmergencyTx(ctx, t.tx, t.lot, r.why+"（应急事件 "+t.in.ID+"）"); err != nil {
			return err
		}
	}
	var open int
	if err := t.tx.QueryRow(ctx, `SELECT count(*) FROM accepted_letter WHERE incident = @id AND state <> 'verified'`,
		pgx.NamedArgs{"id": t.in.ID}).Scan(&open); err != nil || open > 0 {
		return err
	}
	t.in.ClosedAt = &t.now
	return t.move("close", none{})
}

// note writes one letter's finding. A row that the opening missed after the decision is disclosed now: the supervisor
// has accepted it. One that contradicts its copy never is.
func (r *reverification) note(ctx context.Context, t *incidentTurn, c *copied, f finding) (err error) {
	moved := false
	if f.verb != "contradict" && r.lot.OpenedAt != nil {
		if moved, err = r.desk.moveRow(ctx, t, c); err != nil {
			return err
		}
		if moved && r.why == "" {
			r.why = "已认可的保函在开标后补登"
		}
	}
	if f.verb == "contradict" {
		r.why = "复核发现已认可的保函与平台数据不一致，不再列为已认可"
		r.desk.log().ErrorContext(ctx, "an accepted letter is not what the platform has", "incident", t.in.ID, "letter", c.id)
	}
	lines, err := json.Marshal(c.lines)
	if err != nil {
		return err
	}
	tag, err := t.tx.Exec(ctx, `UPDATE accepted_letter SET state = @state, why = @why, checked_at = @at, moved = moved OR @moved,
		lines = CASE WHEN @moved THEN @lines::jsonb ELSE lines END, result = CASE WHEN @moved THEN @result ELSE result END
		WHERE lot = @lot AND letter = @letter AND state = 'accepted'`, pgx.NamedArgs{"lot": t.lot.ID, "letter": c.id, "state": f.state(),
		"why": f.words, "at": t.now, "moved": moved, "lines": string(lines), "result": result(c.lines)})
	if err != nil || tag.RowsAffected() == 0 || f.verb == "" {
		return translate(err)
	}
	return t.happened(f.verb, map[string]string{"letter": c.id, "words": f.words})
}

// UnverifiedIncidents lists the accepted incidents that are to be verified now: those that never were, those whose lot
// was opened since, and the others in their slow rhythm. It is how the job for them is found again after the jobs are
// lost.
func (d *Desk) UnverifiedIncidents(ctx context.Context, limit int) ([]string, error) {
	rows, err := d.Pool.Query(ctx, `SELECT i.id FROM incident i JOIN lot l ON l.id = i.lot WHERE i.state = 'accepted'
		AND EXISTS (SELECT 1 FROM accepted_letter a WHERE a.incident = i.id AND a.state = 'accepted')
		AND (i.checked_at IS NULL OR i.checked_at < l.opened_at OR i.checked_at <= platform_now() - @every::interval)
		ORDER BY i.checked_at NULLS FIRST, i.id LIMIT @limit`, pgx.NamedArgs{"every": reverifyEvery, "limit": limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
