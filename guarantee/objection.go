package guarantee

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// maxObjections bounds what an applicant can lay on one demand.
const maxObjections = 5

// Objection is an applicant's fraud objection as it is kept.
type Objection struct {
	ID         string
	Demand     string
	Applicant  string
	Ground     string
	Signed     []byte // letter.Objection, signed by the applicant
	ReceivedAt time.Time
}

// ObjectToDemand (欺诈异议) takes the applicant's signed word that a demand is fraud (法释〔2016〕24号 art. 12) and hands it
// to the guarantor. It stops no clock and changes no state: the guarantor decides on the documents' face (arts. 6–8), and
// only a court stops a payment (arts. 13–17). The beneficiary is told that an objection stands and on which ground, so
// that it can answer or withdraw; the statement and its proofs it is not told: they are evidence for a court, which
// serves them, and may be about others.
func (d *Desk) ObjectToDemand(ctx context.Context, cmd party.Command, id string, signed []byte, files []Paper) (Answer, error) {
	dm, err := readDemand(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	x, err := d.disclosed(ctx, d.Pool, dm.Guarantee)
	if err != nil {
		return Answer{}, err
	}
	if cmd.Actor.Role != party.Bidder || !slices.Contains(x.Applicants, cmd.Actor.USCC) {
		return Answer{}, ErrDemandNotFound
	}
	return d.change(ctx, cmd, dm.Guarantee, func(ctx context.Context, t *turn) error {
		if t.demand, err = readDemand(ctx, t.tx, id); err != nil {
			return err
		}
		o, err := d.readObjection(t, x, signed, files)
		if err != nil {
			return err
		}
		return object(ctx, t, o, signed, files)
	})
}

// readObjection checks that this applicant signed this objection to this very demand, with these files.
func (d *Desk) readObjection(t *turn, x *Disclosure, p7s []byte, files []Paper) (letter.Objection, error) {
	s, err := signing.ParseSignedData(p7s)
	if err != nil {
		return letter.Objection{}, refuse("objection", err)
	}
	if err := s.Verify(d.Trust, t.now); err != nil {
		return letter.Objection{}, refuse("objection", err)
	}
	o, err := letter.ParseObjection(s.Content)
	if err != nil {
		return letter.Objection{}, refuse("objection", err)
	}
	dm := t.demand
	for _, c := range []struct {
		ok           bool
		field, words string
	}{
		{s.Signer().Subject().OrganizationID == t.actor.USCC && o.Applicant.USCC == t.actor.USCC, "applicant", "异议须由申请人本单位签名"},
		{o.Demand == dm.ID && o.DemandDigest == letter.DemandDigest(dm.Signed), "demand", "异议所指的索赔与平台所存的不一致"},
		{o.Guarantee == x.Guarantee && o.Number == x.Number && o.Guarantor.USCC == x.Guarantor, "number", "异议所指的保函与本保函不一致"},
	} {
		if !c.ok {
			return o, mismatch("objection."+c.field, c.field, c.words+"；请核对后重新生成并签名")
		}
	}
	return o, checkPapers(o.Documents, files)
}

func checkPapers(named []letter.FileDigest, files []Paper) error {
	if len(named) != len(files) {
		return party.Invalid("objection.documents", "files", "随附文件与签名清单的数量不一致；请核对后重新提交")
	}
	for i, n := range named {
		if n.Name != files[i].Name || n.Digest != signing.Sum(files[i].Bytes) {
			return party.Invalid("objection.documents", "files", "随附文件与签名清单中的摘要不一致；请重新选择文件并签名")
		}
	}
	return nil
}

func object(ctx context.Context, t *turn, o letter.Objection, signed []byte, files []Paper) error {
	if !t.demand.open() {
		return party.Conflict("objection.settled", "该笔索赔已经办结，不再受理异议；请依法向人民法院起诉或者申请仲裁")
	}
	var n int
	if err := t.tx.QueryRow(ctx, `SELECT count(*) FROM demand_objection WHERE demand = @id`, pgx.NamedArgs{"id": t.demand.ID}).Scan(&n); err != nil {
		return err
	}
	if n >= maxObjections {
		return party.Conflict("objection.too_many", "对同一笔索赔的异议已达上限；请直接与担保机构联系，或者依法申请中止支付")
	}
	if _, err := t.tx.Exec(ctx, `INSERT INTO demand_objection (id, demand, applicant, ground, signed, received_at)
		VALUES (@id, @demand, @applicant, @ground, @signed, @at)`, pgx.NamedArgs{"id": o.ID, "demand": o.Demand, "applicant": o.Applicant.USCC,
		"ground": o.Ground, "signed": signed, "at": t.now}); err != nil {
		if store.Violated(err) == "demand_objection_pkey" {
			return party.Conflict("objection.handed_in", "这份异议已经提交过；请勿重复提交")
		}
		return translate(err)
	}
	t.happened(EventDemandObjected, map[string]any{"objection": o.ID, "ground": o.Ground, "signed": letter.PaperDigest(signed)})
	for _, f := range files {
		if err := insertPaper(ctx, t.tx, o.Demand, paperObjection, o.ID, t.now, f); err != nil {
			return err
		}
	}
	return nil
}

// open tells a demand that is not settled.
func (dm *Demand) open() bool {
	return dm.State != Honoured && dm.State != Rejected && dm.State != WithdrawnDemand
}

// Objections are the fraud objections to a demand, oldest first; the caller sees to it who may read what of them.
func (d *Desk) Objections(ctx context.Context, demand string) ([]Objection, error) {
	return store.Many[Objection](ctx, d.Pool, `SELECT id, demand, applicant, ground, signed, received_at FROM demand_objection
		WHERE demand = @id ORDER BY received_at, id`, pgx.NamedArgs{"id": demand})
}

// ObjectionPapers is an objection with its files, for those who deliver it to the guarantor.
func (d *Desk) ObjectionPapers(ctx context.Context, id string) (Objection, []Paper, error) {
	o, err := store.One[Objection](ctx, d.Pool, ErrDemandNotFound, `SELECT id, demand, applicant, ground, signed, received_at FROM demand_objection WHERE id = @id`,
		pgx.NamedArgs{"id": id})
	if err != nil {
		return o, nil, err
	}
	files, err := store.Many[Paper](ctx, d.Pool, `SELECT name, bytes FROM demand_paper WHERE demand = @demand AND kind = 'objection' AND of = @of ORDER BY name, digest`,
		pgx.NamedArgs{"demand": o.Demand, "of": id})
	return o, files, err
}
