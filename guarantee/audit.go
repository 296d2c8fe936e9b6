package guarantee

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/signing/tlog"
)

// FactFault is a row that contradicts the transparency log.
type FactFault struct {
	Of, Subject string // letter.OfGuarantee or letter.OfLot, and its id
	Seq         int64
	Why         string // Chinese
}

// String says it to people.
func (f FactFault) String() string {
	table := map[string]string{letter.OfGuarantee: "guarantee_event", letter.OfLot: "lot_event"}[f.Of]
	return fmt.Sprintf("%s 表 %s 的第 %d 件事：%s", table, f.Subject, f.Seq, f.Why)
}

type auditedRow struct {
	Of      string
	Subject string
	Nth     int64 // of the subject's rows
	factRow
	Salt     []byte
	Position *int64
	Waits    bool
}

// auditSQL reads every fact that is logged or ought to be, and every one before which another is missing. A salt stands
// beside the leaf once it is in the log, and with it while it waits.
const auditSQL = `WITH happened AS (
		SELECT 'guarantee' AS of, guarantee AS subject, row_number() OVER (PARTITION BY guarantee ORDER BY seq) AS nth,
			seq, kind, at, actor, coalesce(demand, '') AS demand, data, leaf FROM guarantee_event
		UNION ALL SELECT 'lot', lot, row_number() OVER (PARTITION BY lot ORDER BY seq), seq, kind, at, actor, '', data, leaf FROM lot_event),
	fact AS (SELECT * FROM happened WHERE leaf IS NOT NULL OR of = 'lot' OR kind = ANY(@logged) OR nth <> seq)
	SELECT f.*, coalesce(s.salt, p.salt) AS salt, l.position, p.leaf IS NOT NULL AS waits
	FROM fact f LEFT JOIN log_leaf l ON l.leaf = f.leaf LEFT JOIN log_salt s ON s.leaf = f.leaf LEFT JOIN log_pending p ON p.leaf = f.leaf
	ORDER BY f.of, f.subject, f.seq`

// AuditFacts holds the row of every logged fact against its leaf: a row that was changed, that has lost its leaf, whose
// leaf never reached the log or before which one was taken away is named, the first one. size is how many leaves the log
// has, as its audit counted them; leaves behind it count only while they wait. It tells how many facts it looked at.
func AuditFacts(ctx context.Context, q store.Querier, size uint64) (n int, fault *FactFault, err error) {
	var kinds []string
	for _, k := range everyKind {
		if logged(k) {
			kinds = append(kinds, string(k))
		}
	}
	rows, err := q.Query(ctx, auditSQL, pgx.NamedArgs{"logged": kinds})
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := pgx.RowToStructByName[auditedRow](rows)
		if err != nil {
			return n, nil, err
		}
		n++
		if why := row.fault(size); why != "" {
			return n, &FactFault{row.Of, row.Subject, row.Seq, why}, nil
		}
	}
	return n, nil, rows.Err()
}

// fault says what is wrong with a row; empty when its leaf commits to just what it says.
func (r auditedRow) fault(size uint64) string {
	switch {
	case r.Nth != r.Seq:
		return "此前缺少一件事：有一行被删除"
	case len(r.Leaf) == 0:
		return "应当记入日志，却没有叶：被改动，或者绕过平台写入"
	case len(r.Salt) != len(tlog.Salt{}):
		return "叶没有盐值：盐值被删除，或者叶被改动"
	case r.Position == nil && !r.Waits, r.Position != nil && uint64(*r.Position) >= size && !r.Waits: // #nosec G115 -- checked not negative by the table
		return "叶不在日志里，也不在待写表里：日志被回退，或者叶被改动"
	}
	got, err := r.fact(r.Of, r.Subject).Commitment(tlog.Salt(r.Salt))
	if err != nil || string(got[:]) != string(r.Leaf) {
		return "内容与日志里的叶不符：这一行被改动过"
	}
	return ""
}

// fact is the row as the log commits to it.
func (f factRow) fact(of, subject string) letter.Fact {
	return letter.Fact{Version: 1, Of: of, Subject: subject, Seq: f.Seq, Kind: f.Kind, At: f.At.In(calendar.Shanghai),
		Actor: f.Actor, Demand: f.Demand, Data: f.Data}
}
