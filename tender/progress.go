package tender

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
)

// Stage is how far an opening is, as the hall is told.
type Stage string

// The stages, in their order. Waiting and Again may come between any two of an attempt.
const (
	StageClosed    Stage = "closed"    // 已截标
	StageFailed    Stage = "failed"    // 不足三家: the end
	StageAgain     Stage = "again"     // an attempt was broken off; this is the next
	StageAsking    Stage = "asking"    // 向保管人索取
	StageBids      Stage = "bids"      // 投标解密
	StageLetters   Stage = "letters"   // 保函解封
	StageVerifying Stage = "verifying" // 逐项查验
	StageWaiting   Stage = "waiting"   // 等待保管人
	StagePublished Stage = "published" // 已公布: the end

	StageTerminated Stage = "terminated" // 已终止, before anything was published: the end
)

// perCent follows from the stage alone: a share of the bids that are done would give their number away before they are
// published (招标投标法22). Waiting stands where the stage before it stood.
var perCent = map[Stage]int{StageAsking: 10, StageBids: 30, StageLetters: 50, StageVerifying: 70, StagePublished: 100}

var stageWords = map[Stage]string{
	StageClosed:    "投标已截止，截标清单已形成，即将开标",
	StageFailed:    "递交投标文件的投标人不足三家，不予开标；投标文件和保函永不拆封",
	StageAgain:     "上一次没有完成，没有任何内容公开；现在从头再来",
	StageAsking:    "正在向密钥保管人索取份额",
	StageBids:      "正在解密投标文件",
	StageLetters:   "正在解封投标文件指明的保函",
	StageVerifying: "正在逐项查验保函",
	StageWaiting:   "正在等待密钥保管人，两个到齐即自动继续",
	StagePublished: "开标结果已公布",

	StageTerminated: "招标已终止，不再开标；投标文件和保函永不拆封",
}

// Progress is one thing that the hall is told about an opening. None names a bidder or tells a number.
type Progress struct {
	Seq     int64 // 1, 2, … for each lot
	Attempt int   // per cent goes back only with another attempt, and that begins with StageAgain
	At      time.Time
	Stage   Stage
	PerCent int
	Awaited []Awaited // of StageWaiting
}

// Words say it for people.
func (p Progress) Words() string { return stageWords[p.Stage] }

// Final tells the last thing that is ever told about a lot's opening.
func (p Progress) Final() bool {
	return p.Stage == StageFailed || p.Stage == StagePublished || p.Stage == StageTerminated
}

// Hall is what anybody may know now of how a lot's opening gets on. Before the lot is closed that is its deadline and
// nothing else, whoever has bid.
type Hall struct {
	Deadline time.Time
	Closed   bool // or called off: it takes no more bids
	News     []Progress
}

// Hall reads what was told about a lot after seq. A draft does not exist.
func (d *Desk) Hall(ctx context.Context, lot string, seq int64) (h Hall, err error) {
	var state State
	err = d.Pool.QueryRow(ctx, `SELECT deadline, state, closed_at IS NOT NULL OR terminated_at IS NOT NULL FROM lot WHERE id = @lot`, pgx.NamedArgs{"lot": lot}).Scan(&h.Deadline, &state, &h.Closed)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && state == Draft {
		return h, ErrNotFound
	}
	if err == nil && h.Closed {
		h.News, err = readProgress(ctx, d.Pool, `seq > @seq ORDER BY seq`, lot, seq)
	}
	return h, err
}

// milestones are the moves of a lot that the hall hears of in the transaction that makes them.
var milestones = map[Verb]Stage{VerbClose: StageClosed, VerbFail: StageFailed, VerbOpen: StagePublished, VerbTerminate: StageTerminated}

// tell notes the milestones among what has happened. The lot's row is locked, and written already.
func (t *turn) tell(ctx context.Context) error {
	for _, e := range t.events {
		stage, told := milestones[e.Kind]
		if !told || stage == StageTerminated && t.lot.OpenedAt != nil { // an opening that was published has had its last word
			continue
		}
		last, err := lastProgress(ctx, t.tx, t.lot.ID)
		if err != nil {
			return err
		}
		next := Progress{Attempt: last.Attempt, At: e.At, Stage: stage, PerCent: perCent[stage], Seq: last.Seq + 1}
		if stage == StageTerminated {
			next.PerCent = last.PerCent
		}
		if err := insertProgress(ctx, t.tx, t.lot.ID, next); err != nil {
			return err
		}
	}
	return nil
}

// lastProgress is the last thing told; zero when there is none.
func lastProgress(ctx context.Context, q store.Querier, lot string) (Progress, error) {
	rows, err := readProgress(ctx, q, `seq > @seq ORDER BY seq DESC LIMIT 1`, lot, 0)
	if err != nil || len(rows) == 0 {
		return Progress{}, err
	}
	return rows[0], nil
}

type progressRow struct {
	Seq     int64
	Attempt int
	At      time.Time
	Stage   Stage
	PerCent int
	Awaited []byte
}

func readProgress(ctx context.Context, q store.Querier, which, lot string, seq int64) ([]Progress, error) {
	rows, err := store.Many[progressRow](ctx, q, `SELECT seq, attempt, at, stage, per_cent, awaited FROM opening_progress WHERE lot = @lot AND `+which,
		pgx.NamedArgs{"lot": lot, "seq": seq})
	if err != nil {
		return nil, err
	}
	out := make([]Progress, len(rows))
	for i, r := range rows {
		out[i] = Progress{Seq: r.Seq, Attempt: r.Attempt, At: r.At, Stage: r.Stage, PerCent: r.PerCent}
		if r.Awaited != nil {
			if err := json.Unmarshal(r.Awaited, &out[i].Awaited); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func insertProgress(ctx context.Context, tx pgx.Tx, lot string, p Progress) error {
	var awaited any
	if p.Stage == StageWaiting {
		b, err := json.Marshal(p.Awaited)
		if err != nil {
			return err
		}
		awaited = string(b)
	}
	_, err := tx.Exec(ctx, `INSERT INTO opening_progress (lot, seq, attempt, at, stage, per_cent, awaited)
		VALUES (@lot, @seq, @attempt, @at, @stage, @per_cent, @awaited)`, pgx.NamedArgs{"lot": lot, "seq": p.Seq, "attempt": p.Attempt,
		"at": p.At, "stage": p.Stage, "per_cent": p.PerCent, "awaited": awaited})
	return translate(err)
}

// sameWait tells whether the same custodians are waited for, for the same reasons.
func sameWait(a, b []Awaited) bool {
	return slices.EqualFunc(a, b, func(x, y Awaited) bool { return x.Custodian == y.Custodian && x.Reason == y.Reason })
}
