package guarantee

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Demand is one presentation under a guarantee (索赔); there may be many.
type Demand struct {
	ID            string
	Guarantee     string
	State         State
	Beneficiary   string
	Amount        letter.Fen
	Signed        []byte   // letter.Demand, signed by the beneficiary
	Missing       []string // documents that the wording demands and that are not there yet
	PresentedAt   time.Time
	CompletedAt   *time.Time
	ExamineBy     *time.Time // last day of the examination
	Discrepancies []byte     // JSON list of Discrepancy
	DecidedAt     *time.Time
	PaidAmount    *letter.Fen
	PaidRef       *string
	PaidAt        *time.Time
}

func (dm *Demand) move(verb Verb) error {
	to, err := next(PartDemand, dm.State, verb)
	if err == nil {
		dm.State = to
	}
	return err
}

// Attachment is one document of a presentation, by the digest that the signed paper names.
type Attachment struct {
	Kind  letter.DocumentKind `json:"kind"`
	Name  string              `json:"name"`
	Bytes []byte              `json:"bytes"`
}

// Presentation is a signed paper with its documents: the body of a durable receipt.
type Presentation struct {
	Signed    []byte       `json:"signed"` // p7s
	Documents []Attachment `json:"documents"`
}

// examineWithin is how long a guarantor examines a presentation, in working days following the day of presentation
// (URDG 758 art. 20).
const examineWithin = 5

// demand takes a presentation. What counts is the instant of its durable receipt: at or before 24:00 of the last day
// of validity it is in time, however late it is processed. The documents are compared with the list in the wording by
// machine; whether they comply the guarantor alone decides (法释〔2016〕24号 arts. 6–8).
func (d *Desk) demand(ctx context.Context, cmd party.Command, in Intake) (Answer, error) {
	x, err := d.disclosed(ctx, d.Pool, in.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	p, content, err := d.readPresentation(x, in)
	if err != nil {
		return Answer{}, err
	}
	m, err := letter.ParseDemand(content)
	if err != nil {
		return Answer{}, refuse("demand", err)
	}
	if err := checkDemand(x, m, in); err != nil {
		return Answer{}, err
	}
	missing, err := checkDocuments(x, m.Documents, p.Documents, nil)
	if err != nil {
		return Answer{}, err
	}
	examineBy, err := d.Calendar.AddWorkingDays(calendar.DateOf(in.ReceivedAt.In(calendar.Shanghai)), examineWithin)
	if err != nil {
		return Answer{}, party.Conflict("calendar.year_not_published", "审查期限所在年度的放假安排尚未录入，暂不能受理索赔；请联系交易中心录入工作日历（您提交的时间已经记录，不受影响）")
	}
	return d.change(ctx, cmd, in.Guarantee, func(ctx context.Context, t *turn) error {
		return d.presented(ctx, t, in, m, p, missing, examineBy)
	})
}

func (d *Desk) presented(ctx context.Context, t *turn, in Intake, m letter.Demand, p Presentation, missing []string, examineBy calendar.Date) error {
	first, err := processedTx(ctx, t.tx, in.ID)
	if err != nil {
		return err
	}
	if !first {
		t.demand, err = readDemand(ctx, t.tx, m.ID)
		return err
	}
	g := t.g
	if in.ReceivedAt.After(g.lastInstant()) {
		return party.TooLate("demand.after_expiry", "索赔到达时保函有效期已满（以平台收到时间为准），不能受理")
	}
	if g.InstrumentState != Issued {
		return party.Conflict("demand.not_in_force", "保函已不在有效状态，不能提出索赔；请查看保函的最新状态")
	}
	if m.Amount > *g.Amount-g.Honoured {
		return party.Invalid("demand.amount", "amount", "索赔金额超过保函的剩余金额；请核对后重新提交")
	}
	t.demand = &Demand{ID: m.ID, Guarantee: g.ID, State: Presented, Beneficiary: m.Beneficiary.USCC, Amount: m.Amount,
		Signed: p.Signed, Missing: missing, PresentedAt: in.ReceivedAt}
	g.OpenDemands++
	t.happened(EventDemandPresented, map[string]any{"amount": m.Amount, "received_at": in.ReceivedAt.In(calendar.Shanghai).Format(time.RFC3339Nano)})
	if err := t.settleIntake(examineBy, m.CompleteLater || len(missing) > 0); err != nil {
		return err
	}
	if err := insertDemand(ctx, t.tx, t.demand); err != nil {
		return err
	}
	return insertDocuments(ctx, t.tx, m.ID, p.Documents)
}

// settleIntake says whose move is next: the beneficiary completes, or the guarantor examines. If a presentation says
// that it will be completed, the examination waits (URDG 758 art. 20(a)).
func (t *turn) settleIntake(examineBy calendar.Date, incomplete bool) error {
	if incomplete {
		if err := t.demand.move("find_incomplete"); err != nil {
			return err
		}
		t.happened(EventDemandIncomplete, map[string]any{"missing": t.demand.Missing})
		return nil
	}
	return t.examine(examineBy, "examine", EventDemandExamining)
}

func (t *turn) examine(by calendar.Date, verb Verb, kind EventKind) error {
	if err := t.demand.move(verb); err != nil {
		return err
	}
	day := by.Time()
	t.demand.ExamineBy = &day
	t.happened(kind, map[string]string{"examine_by": by.String()})
	return nil
}

// readPresentation checks the signature of the paper and that its documents can be told apart.
func (d *Desk) readPresentation(x *Disclosure, in Intake) (Presentation, []byte, error) {
	var p Presentation
	if err := json.Unmarshal(in.Body, &p, json.RejectUnknownMembers(true)); err != nil {
		return p, nil, party.Invalid("demand.body", "body", "索赔数据格式有误；请按接口文档重新提交")
	}
	content, err := d.beneficiarySigned(x, in, "demand", p.Signed)
	return p, content, err
}

// checkDemand holds the paper against the letter as disclosed. Only the lead named in the tender document may
// present for several beneficiaries.
func checkDemand(x *Disclosure, m letter.Demand, in Intake) error {
	digest := letter.UndertakingDigest(x.Undertaking)
	for _, c := range []struct {
		ok           bool
		field, words string
	}{
		{m.Guarantee == x.Guarantee && m.Number == x.Number && m.Guarantor.USCC == x.Guarantor, "number", "索赔所指的保函与本保函不一致"},
		{m.Undertaking == digest, "undertaking", "索赔所指的保函原文摘要与已公开的不一致"},
		{m.Commitment == letter.Commitment(x.Reveal), "commitment", "索赔所附揭示记录与已公开的不一致"},
		{m.Beneficiary.USCC == in.Sender, "beneficiary", "索赔的受益人与登录单位不一致"},
		{m.Beneficiary.USCC == x.Beneficiaries[0], "beneficiary", "有多个受益人时，须由招标文件指定的牵头受益人提出索赔"},
		{m.NoExemption, "no_exemption", "请声明不存在免除付款责任的情形"},
	} {
		if !c.ok {
			return mismatch("demand."+c.field, c.field, c.words+"；请核对后重新生成并签名")
		}
	}
	return nil
}

// checkDocuments holds the files against the digests in the signed paper, and the kinds against the letter's list.
// The signed demand is itself the payment notice, and the reveal record is public.
func checkDocuments(x *Disclosure, named []letter.Document, files []Attachment, had []string) (missing []string, err error) {
	if len(named) != len(files) {
		return nil, party.Invalid("demand.documents", "documents", "随附文件与签名清单的数量不一致；请核对后重新提交")
	}
	have := append([]string{string(letter.PaymentNotice), string(letter.RevealRecord)}, had...)
	for i, n := range named {
		if n.Kind != files[i].Kind || n.Name != files[i].Name || n.Digest != signing.Sum(files[i].Bytes) {
			return nil, party.Invalid("demand.documents", "documents", "随附文件与签名清单中的摘要不一致；请重新选择文件并签名")
		}
		have = append(have, string(n.Kind))
	}
	missing = []string{}
	for _, k := range x.Documents {
		if !slices.Contains(have, string(k)) {
			missing = append(missing, string(k))
		}
	}
	return missing, nil
}

const demandColumns = `id, guarantee, state, beneficiary, amount, signed, missing, presented_at, completed_at, examine_by,
	discrepancies, decided_at, paid_amount, paid_ref, paid_at`

// ErrDemandNotFound is the answer for every demand that is not there or not the caller's.
var ErrDemandNotFound = party.NotFound("demand.not_found", "没有找到这笔索赔；请核对编号，或确认您有权查看")

func readDemand(ctx context.Context, q querier, id string) (*Demand, error) {
	rows, err := q.Query(ctx, `SELECT `+demandColumns+` FROM demand WHERE id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	dm, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[Demand])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrDemandNotFound
	}
	return dm, err
}

func insertDemand(ctx context.Context, tx pgx.Tx, dm *Demand) error {
	_, err := tx.Exec(ctx, `INSERT INTO demand (id, guarantee, state, beneficiary, amount, signed, missing, presented_at, examine_by)
		VALUES (@id, @guarantee, @state, @beneficiary, @amount, @signed, @missing, @presented_at, @examine_by)`, pgx.NamedArgs{
		"id": dm.ID, "guarantee": dm.Guarantee, "state": dm.State, "beneficiary": dm.Beneficiary, "amount": dm.Amount,
		"signed": dm.Signed, "missing": dm.Missing, "presented_at": dm.PresentedAt, "examine_by": dm.ExamineBy})
	if isUnique(err) {
		return party.Conflict("demand.handed_in", "这个索赔编号已经使用过；请查看“我的索赔”，不要重复提交")
	}
	return translate(err)
}

func updateDemand(ctx context.Context, tx pgx.Tx, dm *Demand) error {
	_, err := tx.Exec(ctx, `UPDATE demand SET state = @state, missing = @missing, completed_at = @completed_at, examine_by = @examine_by,
		discrepancies = @discrepancies, decided_at = @decided_at, paid_amount = @paid_amount, paid_ref = @paid_ref, paid_at = @paid_at
		WHERE id = @id`, pgx.NamedArgs{
		"id": dm.ID, "state": dm.State, "missing": dm.Missing, "completed_at": dm.CompletedAt, "examine_by": dm.ExamineBy,
		"discrepancies": dm.Discrepancies, "decided_at": dm.DecidedAt, "paid_amount": dm.PaidAmount, "paid_ref": dm.PaidRef, "paid_at": dm.PaidAt})
	return translate(err)
}

func insertDocuments(ctx context.Context, tx pgx.Tx, demand string, files []Attachment) error {
	for _, f := range files {
		digest := signing.Sum(f.Bytes)
		if _, err := tx.Exec(ctx, `INSERT INTO demand_document (demand, kind, name, digest, bytes) VALUES (@demand, @kind, @name, @digest, @bytes)
			ON CONFLICT (demand, digest) DO NOTHING`, pgx.NamedArgs{"demand": demand, "kind": f.Kind, "name": f.Name, "digest": digest[:], "bytes": f.Bytes}); err != nil {
			return translate(err)
		}
	}
	return nil
}
