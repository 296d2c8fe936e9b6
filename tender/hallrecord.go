package tender

import (
	"bytes"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

var (
	errObjectionsOpen = party.TooEarly("hall.objections_open", "异议期尚未结束，不能制作开标记录表；请在异议期满后再试")
	errUnanswered     = party.Conflict("hall.unanswered", "还有异议没有答复；请先逐项答复，再制作开标记录表")
	errNoRecord       = party.NotFound("hall.no_record", "开标记录表尚未形成；请在异议期满、主持人制作后再看")
	errRecordBytes    = party.Invalid("record.bytes", "record", "签名的不是最新一版开标记录表；请重新取回后签名")
)

// MakeRecord makes the record of the opening (开标记录表, 招标投标法36) when the window for objections is over and every
// objection is answered. Its bytes are fixed by that, and the time to sign them begins (OPEN-14).
func (d *Desk) MakeRecord(ctx context.Context, cmd party.Command, lot, note string) (HallAnswer, error) {
	if err := d.SignSheet(ctx, lot); err != nil { // the record names the signed sheet; no key is asked inside
		return HallAnswer{}, err
	}
	return d.changeHall(ctx, cmd, lot, "hall_record", func(ctx context.Context, h *hallTurn) error {
		if err := h.byHost(); err != nil {
			return err
		}
		if note != "" && !validLongText(note, 1, 500) {
			return party.Invalid("hall.note", "note", "备注至多 500 个字，不含控制字符")
		}
		if _, err := nextHall(h.s.Stage, "", HallRecord); err != nil {
			return err
		}
		if h.s.in(HallObjecting, h.now) {
			return errObjectionsOpen
		}
		var open int
		if err := h.tx.QueryRow(ctx, `SELECT count(*) FROM hall_objection WHERE lot = @lot AND NOT refused AND answer IS NULL`,
			pgx.NamedArgs{"lot": lot}).Scan(&open); err != nil {
			return err
		}
		if open > 0 {
			return errUnanswered
		}
		return h.newRecord(ctx, HallRecord, nil, note)
	})
}

// newRecord writes the next edition and says so.
func (h *hallTurn) newRecord(ctx context.Context, verb HallVerb, before *recordRow, note string) error {
	r, err := h.record(ctx, before, note)
	if err != nil {
		return err
	}
	content, err := r.Canonical()
	if err != nil {
		return err
	}
	data := map[string]any{"edition": r.Edition, "record": r.Digest()}
	if verb == HallRecord {
		err = h.move(verb, data)
	} else {
		err = h.note(verb, data)
	}
	if err == nil {
		err = h.fact(FactHallRecord, map[string]any{"edition": r.Edition, "record": r.Digest()})
	}
	if err != nil {
		return err
	}
	_, err = h.tx.Exec(ctx, `INSERT INTO hall_record (lot, edition, content, at) VALUES (@lot, @edition, @content, @at)`,
		pgx.NamedArgs{"lot": h.s.Lot, "edition": r.Edition, "content": content, "at": h.now})
	return translate(err)
}

// correctRecord makes another edition of a record that there is; nothing of the one before is changed (OPEN-15).
func (h *hallTurn) correctRecord(ctx context.Context, why string) error {
	before, err := newestRecord(ctx, h.tx, h.s.Lot)
	if err != nil || before == nil {
		return err
	}
	return h.newRecord(ctx, HallCorrected, before, why)
}

type recordRow struct {
	Edition int
	Content []byte
	At      time.Time
}

// newestRecord is nil when there is none.
func newestRecord(ctx context.Context, q store.Querier, lot string) (*recordRow, error) {
	all, err := store.Many[recordRow](ctx, q, `SELECT edition, content, at FROM hall_record WHERE lot = @lot ORDER BY edition DESC LIMIT 1`, pgx.NamedArgs{"lot": lot})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// RecordSignature is who signed an edition of the record. Signed is nil of a bidder that had not signed when the time was
// over: 未签，视为无异议.
type RecordSignature struct {
	Signer string
	Host   bool
	Signed []byte
	At     time.Time
}

func readSignaturesOf(ctx context.Context, q store.Querier, lot string, edition int) ([]RecordSignature, error) {
	return store.Many[RecordSignature](ctx, q, `SELECT signer, host, signed, at FROM hall_signature WHERE lot = @lot AND edition = @edition ORDER BY NOT host, at, signer`,
		pgx.NamedArgs{"lot": lot, "edition": edition})
}

// SignRecord keeps a signature over the newest edition: the host's, without which a session does not end, and each
// bidder's, which it may give until the window's end. After the end the host signs later editions.
func (d *Desk) SignRecord(ctx context.Context, cmd party.Command, lot string, p7s []byte) (HallAnswer, error) {
	if err := d.SeesHall(ctx, cmd.Actor, lot); err != nil {
		return HallAnswer{}, err
	}
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return HallAnswer{}, err
	}
	content, err := d.signedBy(cmd.Actor.USCC, "record", p7s, now)
	if err != nil {
		return HallAnswer{}, err
	}
	return d.changeHall(ctx, cmd, lot, "hall_signed", func(ctx context.Context, h *hallTurn) error {
		r, err := newestRecord(ctx, h.tx, lot)
		if err != nil {
			return err
		}
		if r == nil {
			return errNoRecord
		}
		host, err := h.maySign(ctx)
		if err != nil {
			return err
		}
		if !bytes.Equal(r.Content, content) {
			return errRecordBytes
		}
		return h.keepSignature(ctx, r, host, p7s)
	})
}

// maySign tells the host from the bidders, and what the clock allows them.
func (h *hallTurn) maySign(ctx context.Context) (host bool, err error) {
	if h.byHost() == nil {
		if h.s.Stage != HallSigning && h.s.Stage != HallEnded {
			return true, errWindowOver
		}
		return true, nil
	}
	if _, err := h.ownBid(ctx); err != nil {
		return false, err
	}
	if !h.s.in(HallSigning, h.now) {
		return false, errWindowOver
	}
	return false, nil
}

func (h *hallTurn) keepSignature(ctx context.Context, r *recordRow, host bool, p7s []byte) error {
	all, err := readSignaturesOf(ctx, h.tx, h.s.Lot, r.Edition)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Signer == h.actor.USCC {
			h.at = x.At
			return nil
		}
	}
	if err := h.note(HallSigned, map[string]any{"edition": r.Edition, "signer": h.actor.USCC, "host": host, "signature": signing.Sum(p7s)}); err != nil {
		return err
	}
	return h.insertSignature(ctx, r.Edition, h.actor.USCC, host, p7s)
}

func (h *hallTurn) insertSignature(ctx context.Context, edition int, signer string, host bool, p7s []byte) error {
	_, err := h.tx.Exec(ctx, `INSERT INTO hall_signature (lot, edition, signer, host, signed, at) VALUES (@lot, @edition, @signer, @host, @signed, @at)`,
		pgx.NamedArgs{"lot": h.s.Lot, "edition": edition, "signer": signer, "host": host, "signed": p7s, "at": h.now})
	return translate(err)
}

// signatures tells whether the host has signed the newest edition, and whether all bidders have.
func (h *hallTurn) signatures(ctx context.Context) (signed, all bool, err error) {
	_, missing, signed, err := h.unsigned(ctx)
	return signed, len(missing) == 0, err
}

// unsigned are the bidders that have not signed the newest edition.
func (h *hallTurn) unsigned(ctx context.Context) (edition int, missing []string, signed bool, err error) {
	r, err := newestRecord(ctx, h.tx, h.s.Lot)
	if err != nil || r == nil {
		return 0, nil, false, err
	}
	signatures, err := readSignaturesOf(ctx, h.tx, h.s.Lot, r.Edition)
	if err != nil {
		return 0, nil, false, err
	}
	has := map[string]bool{}
	for _, x := range signatures {
		has[x.Signer], signed = true, signed || x.Host
	}
	bids, err := readHallBids(ctx, h.tx, h.s.Lot)
	for _, b := range bids {
		if b.Bidder != "" && !has[b.Bidder] {
			missing = append(missing, b.Bidder)
		}
	}
	return r.Edition, missing, signed, err
}

// end ends the session. Whoever has not signed has no objection, and that is on record (OPEN-14).
func (h *hallTurn) end(ctx context.Context) error {
	edition, missing, _, err := h.unsigned(ctx)
	if err != nil {
		return err
	}
	for _, bidder := range missing {
		if err := h.insertSignature(ctx, edition, bidder, false, nil); err != nil {
			return err
		}
	}
	data := map[string]any{"edition": edition, "unsigned": len(missing)}
	if err := h.move(HallEnd, data); err != nil {
		return err
	}
	return h.fact(FactHallEnded, data)
}

// RecordOf is one edition of a session's record with its signatures.
type RecordOf struct {
	Edition    int
	Newest     int
	Content    []byte
	Digest     signing.Digest
	At         time.Time
	Signatures []RecordSignature
}

// OpeningRecord reads an edition of the record of a remote opening; 0 is the newest. It is for whoever has a place there.
func (d *Desk) OpeningRecord(ctx context.Context, by party.Actor, lot string, edition int) (RecordOf, error) {
	if err := d.SeesHall(ctx, by, lot); err != nil {
		return RecordOf{}, err
	}
	r, err := store.One[struct {
		Edition int
		Newest  int
		Content []byte
		At      time.Time
	}](ctx, d.Pool, errNoRecord, `SELECT edition, (SELECT max(edition) FROM hall_record WHERE lot = @lot) AS newest, content, at
		FROM hall_record WHERE lot = @lot AND (@edition = 0 OR edition = @edition) ORDER BY edition DESC LIMIT 1`,
		pgx.NamedArgs{"lot": lot, "edition": edition})
	if err != nil {
		return RecordOf{}, err
	}
	out := RecordOf{Edition: r.Edition, Newest: r.Newest, Content: r.Content, At: r.At}
	content, err := letter.ParseOpeningRecord(r.Content)
	if err != nil {
		return RecordOf{}, err
	}
	out.Digest = content.Digest()
	out.Signatures, err = readSignaturesOf(ctx, d.Pool, lot, r.Edition)
	return out, err
}
