package guarantee

import (
	"context"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
)

// complete takes the documents that were missing, once and in time (保险法 art. 22: asked for once, completely).
func (d *Desk) complete(ctx context.Context, cmd party.Command, in Intake) (Answer, error) {
	x, err := d.disclosed(ctx, d.Pool, in.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	p, content, err := d.readPresentation(x, in)
	if err != nil {
		return Answer{}, err
	}
	c, err := letter.ParseCompletion(content)
	if err != nil {
		return Answer{}, refuse("completion", err)
	}
	if c.Guarantee != in.Guarantee {
		return Answer{}, mismatch("completion.guarantee", "guarantee", "补正所指的保函不一致；请重新生成并签名")
	}
	return d.change(ctx, cmd, in.Guarantee, func(ctx context.Context, t *turn) error {
		return d.completed(ctx, t, x, in, c, p)
	})
}

func (d *Desk) completed(ctx context.Context, t *turn, x *Disclosure, in Intake, c letter.Completion, p Presentation) error {
	dm, err := demandOf(ctx, t, c.Demand, in.Sender)
	if err != nil {
		return err
	}
	if first, err := processedTx(ctx, t.tx, in.ID); err != nil || !first {
		return err
	}
	if in.ReceivedAt.After(t.g.lastInstant()) {
		return party.TooLate("completion.after_expiry", "补正到达时保函有效期已满（以平台收到时间为准），不能受理")
	}
	had, err := kinds(ctx, t.tx, dm.ID)
	if err != nil {
		return err
	}
	missing, err := checkDocuments(x, c.Documents, p.Documents, had)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return party.Invalid("completion.documents", "documents", "补正须一次补齐全部缺少的文件；请对照保函所列单据核对")
	}
	by, err := d.Calendar.AddWorkingDays(calendar.DateOf(in.ReceivedAt.In(calendar.Shanghai)), examineWithin)
	if err != nil {
		return party.Conflict("calendar.year_not_published", "审查期限所在年度的放假安排尚未录入；请联系交易中心录入工作日历（提交时间已记录）")
	}
	if err := t.examine(by, "complete", EventDemandCompleted); err != nil {
		return err
	}
	dm.Missing, dm.CompletedAt = missing, &in.ReceivedAt
	if err := insertDocuments(ctx, t.tx, dm.ID, p.Documents); err != nil {
		return err
	}
	return updateDemand(ctx, t.tx, dm)
}

// demandOf reads the demand under the row's lock; to anyone but its presenter it does not exist.
func demandOf(ctx context.Context, t *turn, id, sender string) (*Demand, error) {
	dm, err := readDemand(ctx, t.tx, id)
	if err != nil {
		return nil, err
	}
	if dm.Guarantee != t.g.ID || dm.Beneficiary != sender {
		return nil, ErrDemandNotFound
	}
	t.demand = dm
	return dm, nil
}

// kinds lists the documents that a demand already has.
func kinds(ctx context.Context, q querier, demand string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT kind FROM demand_document WHERE demand = @demand ORDER BY kind`, pgx.NamedArgs{"demand": demand})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
