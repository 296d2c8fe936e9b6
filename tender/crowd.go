package tender

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
)

// fewLots is how many open lots must share a ceiling and a latest expiry before these two, which stand in clear, tell
// none of them apart.
const fewLots = 3

// Crowd says of each form how many lots could be meant by a letter with a certain ceiling and latest expiry.
type Crowd map[letter.Form]int

// Crowd counts the lots, this one among them, that are published and open for applications now, accept a form, and lead
// to the same ceiling and latest expiry on the public ladders. It reads notices alone, so that it says nothing of who
// applied for what.
func (d *Desk) Crowd(ctx context.Context, req letter.Requirement) (Crowd, error) {
	ceiling, latest := letter.LadderCeiling(req.Amount), letter.LadderExpiry(req.End.Expiry())
	rows, err := d.Pool.Query(ctx, `SELECT amount, forms, deadline, validity_days, extra_days FROM lot
		WHERE state = 'published' AND deadline > platform_now() AND amount <= @ceiling`, pgx.NamedArgs{"ceiling": ceiling})
	if err != nil {
		return nil, err
	}
	type openLot struct {
		Amount letter.Fen
		Forms  []letter.Form
		letter.EndRule
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[openLot])
	if err != nil {
		return nil, err
	}
	crowd := Crowd{}
	for _, l := range all {
		if letter.LadderCeiling(l.Amount) != ceiling || letter.LadderExpiry(l.Expiry()) != latest {
			continue
		}
		for _, f := range l.Forms {
			crowd[f]++
		}
	}
	return crowd, nil
}

// Caution is what a bidder is told before it applies, and so before it pays, when too few lots fit; else it is empty.
func (c Crowd) Caution(f letter.Form) string {
	if c[f] >= fewLots {
		return ""
	}
	return fmt.Sprintf("现在只有 %d 个可以申请保函的标段（含本标段）具有同样的最高金额和最迟到期日：能看到这两项的人（如担保机构、数据库的管理者）可以推测您申请的是哪个标段。"+
		"您仍可申请；希望不被推测的，可以等有更多标段时再申请，或改用其他形式的投标保证金。", c[f])
}
