package tender

import (
	"context"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
)

// record is what the next edition says, from what stands in this transaction.
func (h *hallTurn) record(ctx context.Context, before *recordRow, note string) (r letter.OpeningRecord, err error) {
	r = letter.OpeningRecord{Version: 1, Edition: 1, Lot: h.lot.Requirement.Lot, Deadline: local(h.lot.End.Deadline), OpenedAt: local(*h.lot.OpenedAt),
		Place: letter.RemotePlace, Rules: letter.RecordRules{DecryptMinutes: h.lot.Hall.Decrypt, ObjectionMinutes: h.lot.Hall.Objection, SignMinutes: h.lot.Hall.Sign},
		DecryptFrom: local(*h.s.DecryptFrom), DecryptUntil: local(*h.s.DecryptUntil), Note: note, At: local(h.now)}
	if before == nil {
		r.Host, err = partyOf(ctx, h.tx, actorOf(h.actor))
	} else {
		var first letter.OpeningRecord
		first, err = letter.ParseOpeningRecord(before.Content)
		r.Host, r.Edition, r.Previous = first.Host, before.Edition+1, first.Digest()
	}
	if err != nil {
		return r, err
	}
	if r.Supervisor, err = h.supervisor(ctx); err != nil {
		return r, err
	}
	sheet, err := readSheet(ctx, h.tx, h.s.Lot, 0)
	if err != nil {
		return r, err
	}
	if sheet.Signed == nil {
		return r, ErrSheetUnsigned
	}
	r.Sheet = letter.SheetDigest(sheet.Signed)
	content, err := letter.ParseSheet(sheet.Content)
	if err != nil {
		return r, err
	}
	if r.Bids, err = h.recordBids(ctx, content); err != nil {
		return r, err
	}
	if r.Objections, err = h.recordObjections(ctx, r.Bids); err != nil {
		return r, err
	}
	r.Changes, err = h.recordChanges(ctx)
	return r, err
}

func local(t time.Time) time.Time { return t.In(calendar.Shanghai) }

// partyOf is the organisation of an actor as events name it.
func partyOf(ctx context.Context, q store.Querier, actor string) (letter.Party, error) {
	_, uscc, _ := strings.Cut(actor, ":")
	p := letter.Party{USCC: uscc}
	err := q.QueryRow(ctx, `SELECT name FROM organisation WHERE uscc = @uscc`, pgx.NamedArgs{"uscc": uscc}).Scan(&p.Name)
	return p, err
}

// supervisor is the one that acted last; zero when none did.
func (h *hallTurn) supervisor(ctx context.Context) (letter.Party, error) {
	var by string
	err := h.tx.QueryRow(ctx, `SELECT coalesce((SELECT by FROM (SELECT consented_by AS by, consented_at AS at FROM hall_extension WHERE lot = @lot AND consented_at IS NOT NULL
		UNION ALL SELECT confirmed_by, confirmed_at FROM hall_attribution WHERE lot = @lot AND confirmed_at IS NOT NULL) x ORDER BY at DESC LIMIT 1), '')`,
		pgx.NamedArgs{"lot": h.s.Lot}).Scan(&by)
	if err != nil || by == "" {
		return letter.Party{}, err
	}
	return partyOf(ctx, h.tx, by)
}

// recordBids are the lines of the record, in the order of the sheet.
func (h *hallTurn) recordBids(ctx context.Context, sheet letter.Sheet) ([]letter.RecordBid, error) {
	bids, err := readHallBids(ctx, h.tx, h.s.Lot)
	if err != nil {
		return nil, err
	}
	all, err := readAttributions(ctx, h.tx, h.s.Lot)
	if err != nil {
		return nil, err
	}
	securities, err := h.securities(ctx, sheet)
	if err != nil {
		return nil, err
	}
	out := make([]letter.RecordBid, len(bids))
	for i, b := range bids {
		if out[i], err = h.recordBid(ctx, b, all); err != nil {
			return nil, err
		}
		if len(out[i].Bidders) > 0 {
			out[i].Security = securities[b.Bid]
		}
	}
	return out, nil
}

func (h *hallTurn) recordBid(ctx context.Context, b hallBid, all []Attribution) (letter.RecordBid, error) {
	r := letter.RecordBid{Bid: b.Bid, State: string(stateOf(h.s, b, all)), Bidders: []letter.Party{}}
	if a := lastOf(all, b.Bid); a != nil && r.State != letter.BidDecrypted {
		r.Note = a.Evidence
	}
	if b.Bidder == "" {
		r.State, r.Note = letter.BidUnreadable, cut(b.Failure+"；"+r.Note, 500)
		return r, nil
	}
	o, err := h.desk.outerOf(ctx, h.tx, h.lot, b.Bid)
	if err != nil {
		return r, err
	}
	r.Bidders, r.ReceivedAt, r.Form = o.Bidders, local(o.at), o.Form
	if b.State != BidDecrypted {
		return r, nil
	}
	r.DecryptedAt = local(*b.DecryptedAt)
	return r, json.Unmarshal(b.Terms, &r.Terms)
}

// cut keeps the first runes of a text.
func cut(s string, most int) string {
	s = strings.TrimSuffix(s, "；")
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// securities are what the sheet found of each bid's security. The form of a letter is not on the sheet; it is what was read
// out of the letter, or of the copy by which it was accepted.
func (h *hallTurn) securities(ctx context.Context, sheet letter.Sheet) (map[string]letter.RecordSecurity, error) {
	rows, err := h.tx.Query(ctx, `SELECT letter, summary->>'form' FROM opened_letter WHERE lot = @lot AND summary <> 'null'
		UNION ALL SELECT a.letter, c.summary->>'form' FROM accepted_letter a JOIN incident_copy c ON c.incident = a.incident AND c.letter = a.letter WHERE a.lot = @lot`,
		pgx.NamedArgs{"lot": h.s.Lot})
	if err != nil {
		return nil, err
	}
	forms := map[string]letter.Form{}
	var id string
	var form letter.Form
	if _, err := pgx.ForEachRow(rows, []any{&id, &form}, func() error { forms[id] = form; return nil }); err != nil {
		return nil, err
	}
	letters := map[string]letter.SheetLetter{}
	for _, l := range sheet.Letters {
		letters[l.ID] = l
	}
	out := map[string]letter.RecordSecurity{}
	for _, b := range sheet.Bids {
		l, named := letters[b.Letter]
		switch {
		case !named:
			out[b.ID] = letter.RecordSecurity{Form: letter.FormCash}
		case l.Failure != "":
			out[b.ID] = letter.RecordSecurity{Result: l.Result}
		default:
			out[b.ID] = letter.RecordSecurity{Form: forms[l.ID], Number: l.Number, Guarantor: l.Guarantor, Amount: l.Amount, Result: l.Result}
		}
	}
	return out, nil
}

func (h *hallTurn) recordObjections(ctx context.Context, bids []letter.RecordBid) ([]letter.RecordObjection, error) {
	lead := map[string]letter.Party{}
	for _, b := range bids {
		if len(b.Bidders) > 0 {
			lead[b.Bidders[0].USCC] = b.Bidders[0]
		}
	}
	all, err := readHallObjections(ctx, h.tx, h.s.Lot)
	out := make([]letter.RecordObjection, len(all))
	for i, o := range all {
		out[i] = letter.RecordObjection{Bidder: lead[o.Bidder], At: local(o.At), Text: o.Said, Refused: o.Refused}
		if o.Answer != nil {
			out[i].Answer, out[i].AnsweredAt = *o.Answer, local(*o.AnsweredAt)
		}
	}
	return out, err
}

// recordChanges are the changes of the clocks, as the events have them.
func (h *hallTurn) recordChanges(ctx context.Context) ([]letter.RecordChange, error) {
	events, err := readHallEvents(ctx, h.tx, h.s.Lot, 0)
	if err != nil {
		return nil, err
	}
	out := []letter.RecordChange{}
	for _, e := range events {
		kind := map[HallVerb]string{HallPause: letter.ChangePaused, HallResume: letter.ChangeResumed, HallExtended: letter.ChangeExtended,
			HallOutage: letter.ChangeOutage}[e.Kind]
		if kind == "" {
			continue
		}
		var data struct {
			Reason string     `json:"reason"`
			Until  *time.Time `json:"until"`
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return nil, err
		}
		c := letter.RecordChange{Kind: kind, At: local(e.At), Reason: data.Reason}
		if e.Kind == HallOutage {
			c.Reason = "平台中断，时间按中断时长顺延"
		} else if c.By, err = partyOf(ctx, h.tx, e.Actor); err != nil {
			return nil, err
		}
		if data.Until != nil && kind != letter.ChangePaused {
			c.Until = local(*data.Until)
		}
		out = append(out, c)
	}
	return out, nil
}
