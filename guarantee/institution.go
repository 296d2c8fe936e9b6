package guarantee

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// What the people of an institution look at on its pages. Before the opening it is what the institution was sent anyway:
// its own applications, and of a blind letter nothing that is sealed.

// WaitingForGuarantor lists the applications of an institution that are not at their end, the earliest first: to be decided, to be
// paid for, to be issued, or with a fee to be paid back.
func (d *Desk) WaitingForGuarantor(ctx context.Context, by party.Actor, limit int) ([]*Guarantee, error) {
	return manyGuarantees(ctx, d.Pool, `SELECT `+guaranteeColumns+` FROM guarantee WHERE guarantor = @guarantor AND offer IS NOT NULL AND
		(application_state IN ('submitted', 'underwriting') OR fee_state = 'refunding' OR
			application_state = 'approved' AND fee_state IN ('none', 'pending', 'paid') AND instrument_state IN ('none', 'issuing'))
		ORDER BY submitted_at, id LIMIT @limit`, pgx.NamedArgs{"guarantor": by.USCC, "limit": limit})
}

// LettersOfGuarantor pages through an institution's letters by id: those in force, or those that have ended.
func (d *Desk) LettersOfGuarantor(ctx context.Context, by party.Actor, ended bool, after string, limit int) ([]*Guarantee, error) {
	return manyGuarantees(ctx, d.Pool, `SELECT `+guaranteeColumns+` FROM guarantee WHERE guarantor = @guarantor AND id > @after
		AND (instrument_state = 'issued') <> @ended AND instrument_state NOT IN ('none', 'issuing', 'failed') ORDER BY id LIMIT @limit`,
		pgx.NamedArgs{"guarantor": by.USCC, "ended": ended, "after": after, "limit": limit})
}

// ReleasesToAcknowledge lists an institution's letters whose release is in force and not acknowledged, by number.
func (d *Desk) ReleasesToAcknowledge(ctx context.Context, by party.Actor, limit int) ([]*Guarantee, error) {
	return manyGuarantees(ctx, d.Pool, `SELECT `+guaranteeColumns+` FROM guarantee WHERE guarantor = @guarantor AND instrument_state = 'released'
		AND release_state = 'requested' ORDER BY number LIMIT @limit`, pgx.NamedArgs{"guarantor": by.USCC, "limit": limit})
}

// GuarantorDemand is a demand as its examiner sees it in a list.
type GuarantorDemand struct {
	Demand *Demand
	Number string
	Form   letter.Form
	Clocks []DemandClock // of one that is not settled
}

// DemandsOfGuarantor lists the demands under an institution's letters, those that are open or those that are settled, the
// earliest presentation first; settled ones the latest first.
func (d *Desk) DemandsOfGuarantor(ctx context.Context, by party.Actor, settled bool, limit int) ([]GuarantorDemand, error) {
	order := "d.presented_at"
	if settled {
		order = "d.presented_at DESC"
	}
	all, err := store.Many[openDemand](ctx, d.Pool, `SELECT `+openDemandColumns+` FROM demand d JOIN guarantee g ON g.id = d.guarantee
		WHERE g.guarantor = @guarantor AND (d.state IN ('honoured', 'rejected', 'withdrawn')) = @settled ORDER BY `+order+`, d.id LIMIT @limit`,
		pgx.NamedArgs{"guarantor": by.USCC, "settled": settled, "limit": limit})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	pauses, err := pausesOf(ctx, d.Pool, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]GuarantorDemand, len(all))
	for i := range all {
		if out[i], err = all[i].listed(pauses[all[i].ID], d.Calendar); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (o *openDemand) listed(pauses []Pause, days *calendar.Calendar) (GuarantorDemand, error) {
	f, err := o.facts(pauses, days)
	if err != nil {
		return GuarantorDemand{}, err
	}
	out := GuarantorDemand{Demand: &o.Demand, Number: o.Number, Form: f.wording.Form}
	if o.open() {
		out.Clocks, err = demandClocks(f)
	}
	return out, err
}

// DemandFile is one document of a demand without its bytes.
type DemandFile struct {
	Kind   letter.DocumentKind
	Name   string
	Digest []byte
	Size   int64 // bytes
}

// DemandFiles lists the documents of a demand; the store of files is not asked.
func (d *Desk) DemandFiles(ctx context.Context, demand string) ([]DemandFile, error) {
	return store.Many[DemandFile](ctx, d.Pool, `SELECT kind, name, digest, coalesce(size, octet_length(bytes), 0)::bigint AS size FROM demand_document
		WHERE demand = @id ORDER BY kind, digest`, pgx.NamedArgs{"id": demand})
}

// ReadDemandFile is one of them with its bytes, held against its digest. Who may read it the caller sees to.
func (d *Desk) ReadDemandFile(ctx context.Context, demand string, digest signing.Digest) (Attachment, error) {
	row, err := store.One[struct {
		Kind  letter.DocumentKind
		Name  string
		Bytes []byte
		Blob  string
		Size  int64
	}](ctx, d.Pool, ErrDemandNotFound, `SELECT kind, name, bytes, coalesce(blob, '') AS blob, coalesce(size, 0)::bigint AS size FROM demand_document
		WHERE demand = @id AND digest = @digest`, pgx.NamedArgs{"id": demand, "digest": digest[:]})
	if err != nil {
		return Attachment{}, err
	}
	f := Attachment{Kind: row.Kind, Name: row.Name, Bytes: row.Bytes}
	if row.Blob != "" {
		if f.Bytes, err = d.Files.Read(ctx, blobs.DemandDocument, blobs.Ref{ID: row.Blob, Digest: digest, Size: row.Size}); err != nil {
			return f, err
		}
	}
	f.Unrecognised = documentRule.Check(f.Name, f.Bytes) != nil
	return f, nil
}

// DemandPaper is a further paper of a demand without its bytes: a court's order, its lifting, or a file of an objection.
type DemandPaper struct {
	Kind       string // ruling | lifting | objection
	Of         string
	Name       string
	Digest     []byte
	ReceivedAt time.Time
}

// DemandPapersOf lists the further papers of a demand.
func (d *Desk) DemandPapersOf(ctx context.Context, demand string) ([]DemandPaper, error) {
	return store.Many[DemandPaper](ctx, d.Pool, `SELECT kind, of, name, digest, received_at FROM demand_paper WHERE demand = @id ORDER BY received_at, name, digest`,
		pgx.NamedArgs{"id": demand})
}

// ReadDemandPaper is one of them with its bytes.
func (d *Desk) ReadDemandPaper(ctx context.Context, demand string, digest signing.Digest) (Paper, error) {
	return store.One[Paper](ctx, d.Pool, ErrDemandNotFound, `SELECT name, bytes FROM demand_paper WHERE demand = @id AND digest = @digest LIMIT 1`,
		pgx.NamedArgs{"id": demand, "digest": digest[:]})
}
