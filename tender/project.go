package tender

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// NewProject is what its owner says of a project.
type NewProject struct {
	Code          string
	Name          string
	Regime        string
	Beneficiaries []letter.Party // the lead, named in the tender document, first
}

// CreateProject registers a project. A tenderer creates its own, as its first beneficiary; an agent (招标代理机构)
// creates one for others.
func (d *Desk) CreateProject(ctx context.Context, cmd party.Command, n NewProject) (Answer, error) {
	if err := n.check(cmd.Actor); err != nil {
		return Answer{}, err
	}
	answer := Answer{ID: newID(), State: "created"}
	err := d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, &answer)
		if err != nil || done {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		p := Project{ID: answer.ID, Code: n.Code, Name: n.Name, Regime: n.Regime, Owner: cmd.Actor.USCC,
			Beneficiaries: n.Beneficiaries, CreatedAt: now}
		if err := insertProject(ctx, tx, p); err != nil {
			return err
		}
		return d.after(ctx, tx, cmd, answer)
	})
	return answer, err
}

func (n NewProject) check(by party.Actor) error {
	switch {
	case !by.Is(party.Beneficiary, party.Agent):
		return party.Forbidden("project.create", "只有招标人或其代理机构可以登记项目")
	case !validCode(n.Code):
		return party.Invalid("project.code", "code", "项目编号须为 1 至 64 个字母、数字或 - _ . 字符")
	case !validTitle(n.Name):
		return party.Invalid("project.name", "name", "项目名称须为 2 至 200 个字，首尾无空格，不含控制字符")
	case n.Regime != letter.RegimeTendering && n.Regime != letter.RegimeProcurement:
		return party.Invalid("project.regime", "regime", "请选择“招投标”或“政府采购”")
	}
	return checkBeneficiaries(n.Beneficiaries, by)
}

func checkBeneficiaries(all []letter.Party, by party.Actor) error {
	if len(all) == 0 || len(all) > 5 {
		return party.Invalid("project.beneficiaries", "beneficiaries", "受益人须为 1 至 5 家，招标文件载明的牵头人排在首位")
	}
	for i, b := range all {
		if err := b.Check(); err != nil {
			return refuse("beneficiaries", err)
		}
		if slices.ContainsFunc(all[:i], func(o letter.Party) bool { return o.USCC == b.USCC }) {
			return party.Invalid("project.beneficiaries", "beneficiaries", "受益人重复；请删去重复的单位")
		}
	}
	if by.Role == party.Beneficiary && all[0].USCC != by.USCC {
		return party.Invalid("project.beneficiaries", "beneficiaries", "招标人自行登记项目时，首位受益人须为本单位；代他人招标请以代理机构身份办理")
	}
	return nil
}

// Projects lists what an organisation runs, newest first.
func (d *Desk) Projects(ctx context.Context, by party.Actor) ([]Project, error) {
	return readProjects(ctx, d.Pool, by.USCC)
}

type projectRow struct {
	ID            string
	Code          string
	Name          string
	Regime        string
	Owner         string
	Beneficiaries []byte
	CreatedAt     time.Time
}

func insertProject(ctx context.Context, tx pgx.Tx, p Project) error {
	who, err := json.Marshal(p.Beneficiaries)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO project (id, code, name, regime, owner, beneficiaries, created_at)
		VALUES (@id, @code, @name, @regime, @owner, @beneficiaries, @created_at)`, pgx.NamedArgs{
		"id": p.ID, "code": p.Code, "name": p.Name, "regime": p.Regime, "owner": p.Owner,
		"beneficiaries": string(who), "created_at": p.CreatedAt})
	return translate(err)
}

const projectColumns = `id, code, name, regime, owner, beneficiaries, created_at`

func readProject(ctx context.Context, q store.Querier, id string) (Project, error) {
	all, err := manyProjects(ctx, q, `SELECT `+projectColumns+` FROM project WHERE id = @id`, pgx.NamedArgs{"id": id})
	if err == nil && len(all) == 0 {
		return Project{}, party.NotFound("project.not_found", "没有找到该项目；请核对编号，或确认您有权查看")
	}
	if err != nil {
		return Project{}, err
	}
	return all[0], nil
}

func readProjects(ctx context.Context, q store.Querier, owner string) ([]Project, error) {
	return manyProjects(ctx, q, `SELECT `+projectColumns+` FROM project WHERE owner = @owner ORDER BY created_at DESC, id`,
		pgx.NamedArgs{"owner": owner})
}

func manyProjects(ctx context.Context, q store.Querier, sql string, args pgx.NamedArgs) ([]Project, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[projectRow])
	if err != nil {
		return nil, err
	}
	out := make([]Project, len(found))
	for i, r := range found {
		out[i] = Project{ID: r.ID, Code: r.Code, Name: r.Name, Regime: r.Regime, Owner: r.Owner, CreatedAt: r.CreatedAt}
		if err := json.Unmarshal(r.Beneficiaries, &out[i].Beneficiaries); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// newID is 128 random bits as 32 lower-case hexadecimal digits.
func newID() string { return hex.EncodeToString(signing.Random(16)) }
