package guarantee

import (
	"context"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// complete takes the documents that were missing. Where the demand waits for them it brings all, once and in time (保险法
// art. 22: asked for once, completely), and the examination begins or goes on with what was left of its days. Under an
// independent letter what arrives within the validity is also taken into an examination that runs, and moves no day of it
// (URDG 758 art. 20; the wording: 在有效期内可以补正).
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
	if err := d.store(ctx, in, c.Documents, p.Documents); err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, in.Guarantee, func(ctx context.Context, t *turn) error {
		return d.completed(ctx, t, in, c, p)
	})
}

func (d *Desk) completed(ctx context.Context, t *turn, in Intake, c letter.Completion, p Presentation) error {
	first, err := takeUp(ctx, t, in)
	if err != nil {
		return err
	}
	dm, err := demandOf(ctx, t, c.Demand, in.Sender)
	if err != nil || !first {
		return err
	}
	// Only the independent wording ends without complying documents (法释〔2016〕24号 art. 11(1)); a claim made in time
	// under the others is completed when it is (保险法 art. 22, 民法典 art. 693).
	if t.g.Form == letter.FormIndependent && in.ReceivedAt.After(t.g.lastInstant()) {
		return party.TooLate("completion.after_expiry", "补正到达时保函有效期已满（以平台收到时间为准），不能受理")
	}
	if err := checkDocuments(c.Documents, p.Documents); err != nil {
		return err
	}
	if err := d.bring(ctx, t, in, c, letter.PaperDigest(p.Signed)); err != nil {
		return err
	}
	if err := insertDocuments(ctx, t.tx, dm.ID, p.Documents); err != nil {
		return err
	}
	return updateDemand(ctx, t.tx, dm)
}

// bring is the rule: what the documents do to the demand and its clocks.
func (d *Desk) bring(ctx context.Context, t *turn, in Intake, c letter.Completion, paper signing.Digest) error {
	dm, data := t.demand, map[string]any{"signed": paper}
	still := letter.Missing(dm.lacking(), c.Documents)
	if t.g.Form == letter.FormIndependent && dm.State != Incomplete {
		f, err := d.facts(ctx, t.tx, t.g, dm)
		if err != nil {
			return err
		}
		if _, err := next(PartDemand, f.ground(), "supplement"); err != nil { // of a stayed demand: what the order met
			return err
		}
		if err := dm.move("supplement"); err != nil {
			return err
		}
		dm.Missing, dm.CompletedAt = kindsOf(still), &in.ReceivedAt
		if dm.ExamineBy != nil && dm.State == Examining {
			data["examine_by"] = calendar.DateOf(*dm.ExamineBy).String()
		}
		t.happened(EventDemandCompleted, data)
		return nil
	}
	if _, err := next(PartDemand, dm.State, "complete"); err != nil {
		return err
	}
	if len(still) > 0 {
		return party.Invalid("completion.documents", "documents", "补正须一次补齐全部缺少的文件；请对照保函所列单据核对")
	}
	if err := t.unpause(ctx, PauseDocuments, in.ReceivedAt, nil); err != nil {
		return err
	}
	dm.Missing, dm.CompletedAt = []string{}, &in.ReceivedAt
	return d.examine(ctx, t, "complete", EventDemandCompleted, data)
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

// lacking are the documents that the demand still needs, as it was told when it was found incomplete.
func (dm *Demand) lacking() []letter.DocumentKind {
	out := make([]letter.DocumentKind, len(dm.Missing))
	for i, k := range dm.Missing {
		out[i] = letter.DocumentKind(k)
	}
	return out
}
