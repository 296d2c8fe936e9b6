package jobs

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/internal/sample"
	"baohan/tender"
)

// A worker that was killed between publishing an opening and having its sheet signed leaves a lot that the sweeper finds;
// the same job signs it.
func TestSweeperFindsTheUnsignedSheet(t *testing.T) {
	b := newBench(t, Config{})
	h := sample.New(time.Now().AddDate(0, -2, 0))
	b.desks.Tenders = tender.NewDesk(tender.Config{Pool: b.pool, Clock: clock.System(), Tags: guarantee.NewTags(make([]byte, 32), "bid"),
		Centre: h.Centre.Sign.Key, CentreChain: h.Centre.Sign.Chain})
	lot := b.opened(h)
	if made, err := b.Sweep(t.Context()); err != nil || made != 1 {
		t.Fatalf("%d jobs: %v", made, err)
	}
	w := &openWorker{r: b.Runner}
	for range 2 {
		if err := w.Work(t.Context(), &river.Job[openArgs]{Args: openArgs{lot}}); err != nil {
			t.Fatal(err)
		}
	}
	var p7s []byte
	if err := b.pool.QueryRow(t.Context(), `SELECT signed FROM opening_sheet WHERE lot = $1`, lot).Scan(&p7s); err != nil {
		t.Fatal(err)
	}
	if _, r := letter.VerifySheet(p7s, h.Trust, letter.Centre(h.Centre.Party.USCC)); !r.OK {
		t.Errorf("%+v", r)
	}
	if due, err := b.desks.Tenders.Due(t.Context(), 10); err != nil || len(due) != 0 {
		t.Errorf("signed, and still due: %v, %v", due, err)
	}
}

// opened is a lot whose opening is published and whose sheet nobody has signed.
func (b *bench) opened(h *sample.House) string {
	b.t.Helper()
	id, r := sample.ID(1), h.Requirement
	requirement, err := r.Canonical()
	if err != nil {
		b.t.Fatal(err)
	}
	keys, err := h.Keys.Canonical()
	if err != nil {
		b.t.Fatal(err)
	}
	sheet, err := h.Sheet().Canonical()
	if err != nil {
		b.t.Fatal(err)
	}
	digest := r.Digest()
	args := pgx.NamedArgs{"id": id, "bank": bank, "code": r.Lot.Code, "name": r.Lot.Name, "project": r.Lot.Project, "project_name": r.Lot.ProjectName, "regime": r.Regime,
		"base": 100 * r.Amount, "amount": r.Amount, "deadline": r.End.Deadline, "requirement": requirement, "digest": digest[:], "keys": keys, "sheet": sheet}
	b.exec(`INSERT INTO project (id, code, name, regime, owner, beneficiaries, created_at) VALUES (@id, @project, @project_name, @regime, @bank, '[]', @deadline)`, args)
	b.exec(`INSERT INTO lot (id, project, code, name, version, state, base, amount, forms, deadline, validity_days, extra_days, requirement, requirement_digest,
			custodians, published_at, closed_at, opened_at)
		VALUES (@id, @id, @code, @name, 4, 'opened', @base, @amount, '{cash}', @deadline, 90, 30, @requirement, @digest, @keys, @deadline, @deadline, @deadline)`, args)
	b.exec(`INSERT INTO opening_sheet (lot, edition, content) VALUES (@id, 1, @sheet)`, args)
	return id
}
