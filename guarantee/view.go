package guarantee

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"baohan/party"
)

// Status is the one word that a person sees, derived from all machines and never stored.
func (g *Guarantee) Status() string {
	switch {
	case g.InstrumentState != NotIssued && g.InstrumentState != Issuing && g.InstrumentState != Issued:
		return Words(PartInstrument, g.InstrumentState)
	case g.OpenDemands > 0:
		return "索赔中"
	case g.InstrumentState == Issued && g.ReleaseState == ReleaseDue:
		return Words(PartRelease, ReleaseDue)
	case g.InstrumentState == Issued && g.DisclosureState == Disclosed:
		return "有效（已公开）"
	case g.InstrumentState == Issued && g.DisclosureState == Accepted:
		return "有效（应急接受）"
	case g.InstrumentState == Issued:
		return "有效（密封）"
	case g.InstrumentState == Issuing:
		return Words(PartInstrument, Issuing)
	case g.ApplicationState == Declined, g.ApplicationState == Cancelled:
		return Words(PartApplication, g.ApplicationState)
	case g.FeeState != FeeNone:
		return Words(PartFee, g.FeeState)
	case g.FeeOffered != nil:
		return "待确认保费"
	}
	return Words(PartApplication, g.ApplicationState)
}

// Own lists a bidder's guarantees, oldest first.
func (d *Desk) Own(ctx context.Context, by party.Actor) ([]*Guarantee, error) {
	if by.Role != party.Bidder {
		return nil, nil
	}
	ids, err := d.owned(ctx, d.Pool, by.USCC)
	if err != nil {
		return nil, err
	}
	return manyGuarantees(ctx, d.Pool, `SELECT `+guaranteeColumns+` FROM guarantee WHERE id = ANY(@ids) ORDER BY array_position(@ids, id)`, pgx.NamedArgs{"ids": ids})
}

// OwnOne is one of them; to anyone but its owner it does not exist.
func (d *Desk) OwnOne(ctx context.Context, by party.Actor, id string) (*Guarantee, error) {
	all, err := d.Own(ctx, by)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(g *Guarantee) bool { return g.ID == id })
	if i < 0 {
		return nil, ErrNotFound
	}
	return all[i], nil
}

// Copy is what the platform keeps for the owner: it can be opened on the owner's side only.
type Copy struct {
	ID      string
	Mode    string
	Sealed  []byte // signing.Sealed of the record, wrapped to the owner too
	Letter  []byte // blind: envelope to the record's key; full: signing.Sealed, wrapped to the owner too
	Receipt []byte

	// The same keys, wrapped to a renewed certificate of the owner's; the seals themselves never change.
	OwnerRecord []byte
	OwnerLetter []byte
}

// OwnCopy hands the owner its own sealed record and letter.
func (d *Desk) OwnCopy(ctx context.Context, by party.Actor, id string) (Copy, error) {
	if _, err := d.OwnOne(ctx, by, id); err != nil {
		return Copy{}, err
	}
	rows, err := d.Pool.Query(ctx, `SELECT id, mode, sealed, letter, receipt, owner_record, owner_letter FROM guarantee WHERE id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return Copy{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Copy])
}

// ForGuarantor is one guarantee of an institution, by its id: to read back after an unknown outcome.
func (d *Desk) ForGuarantor(ctx context.Context, by party.Actor, id string) (*Guarantee, error) {
	g, err := readGuarantee(ctx, d.Pool, id)
	if err != nil {
		return nil, err
	}
	return g, g.of(by)
}

// ListForGuarantor pages through an institution's guarantees by id: a set to agree on, in no telling order.
func (d *Desk) ListForGuarantor(ctx context.Context, by party.Actor, after string, limit int) ([]*Guarantee, error) {
	return manyGuarantees(ctx, d.Pool, `SELECT `+guaranteeColumns+` FROM guarantee WHERE guarantor = @guarantor AND id > @after ORDER BY id LIMIT @limit`,
		pgx.NamedArgs{"guarantor": by.USCC, "after": after, "limit": limit})
}

// Offer is the encrypted application for its guarantor.
func (d *Desk) Offer(ctx context.Context, id string) (guarantor string, envelope []byte, err error) {
	err = d.Pool.QueryRow(ctx, `SELECT guarantor, offer FROM guarantee WHERE id = @id`, pgx.NamedArgs{"id": id}).Scan(&guarantor, &envelope)
	return guarantor, envelope, err
}

// Disclosure is a published letter, for everyone (letters are read out at the opening).
func (d *Desk) Disclosure(ctx context.Context, id string) (*Disclosure, error) {
	return d.disclosed(ctx, d.Pool, id)
}

// OfLot lists the published letters of a lot.
func (d *Desk) OfLot(ctx context.Context, project, lot string) ([]*Guarantee, error) {
	return manyGuarantees(ctx, d.Pool, `SELECT `+guaranteeColumns+` FROM guarantee
		WHERE id IN (SELECT guarantee FROM disclosure WHERE project = @project AND lot = @lot) ORDER BY id`, pgx.NamedArgs{"project": project, "lot": lot})
}

// ForBeneficiary is a published letter of which the caller is a beneficiary.
func (d *Desk) ForBeneficiary(ctx context.Context, by party.Actor, id string) (*Guarantee, error) {
	x, err := d.disclosed(ctx, d.Pool, id)
	if err != nil {
		return nil, err
	}
	if by.Role != party.Beneficiary || !x.beneficiary(by.USCC) {
		return nil, ErrNotFound
	}
	return readGuarantee(ctx, d.Pool, id)
}

// ListForBeneficiary lists the published letters in a beneficiary's favour.
func (d *Desk) ListForBeneficiary(ctx context.Context, by party.Actor, after string, limit int) ([]*Guarantee, error) {
	if by.Role != party.Beneficiary {
		return nil, nil
	}
	return manyGuarantees(ctx, d.Pool, `SELECT `+guaranteeColumns+` FROM guarantee
		WHERE id IN (SELECT guarantee FROM disclosure WHERE beneficiaries @> ARRAY[@uscc]) AND id > @after ORDER BY id LIMIT @limit`,
		pgx.NamedArgs{"uscc": by.USCC, "after": after, "limit": limit})
}

// Demands lists the demands under one guarantee, oldest first.
func (d *Desk) Demands(ctx context.Context, guarantee string) ([]*Demand, error) {
	rows, err := d.Pool.Query(ctx, `SELECT `+demandColumns+` FROM demand WHERE guarantee = @id ORDER BY presented_at, id`, pgx.NamedArgs{"id": guarantee})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[Demand])
}

// DemandFor is one demand, for its presenter, its guarantor, or the applicant against whom it stands. Its documents are not read:
// to withdraw or to complete a demand must not wait for the store of files.
func (d *Desk) DemandFor(ctx context.Context, by party.Actor, id string) (*Demand, error) {
	dm, err := readDemand(ctx, d.Pool, id)
	if err != nil {
		return nil, err
	}
	x, err := d.disclosed(ctx, d.Pool, dm.Guarantee)
	if err != nil {
		return nil, err
	}
	mine := (by.Role == party.Guarantor && by.USCC == x.Guarantor) || (by.Role == party.Beneficiary && x.beneficiary(by.USCC)) ||
		(by.Role == party.Bidder && slices.Contains(x.Applicants, by.USCC))
	if !mine {
		return nil, ErrDemandNotFound
	}
	return dm, nil
}

// DemandPapers is a demand with its documents, for those who deliver it to its guarantor.
func (d *Desk) DemandPapers(ctx context.Context, id string) (*Demand, []Attachment, error) {
	dm, err := readDemand(ctx, d.Pool, id)
	if err != nil {
		return nil, nil, err
	}
	files, err := d.documents(ctx, id)
	return dm, files, err
}

// ReleasePapers are the beneficiaries' signed releases of one guarantee. A paper that releases a lot's letters goes to each
// guarantor whole, because it is signed whole: it names the ids and numbers of the others, which the opening has published
// (docs/secrecy.md); a release exists only after it.
func (d *Desk) ReleasePapers(ctx context.Context, id string) ([][]byte, error) {
	rows, err := d.Pool.Query(ctx, `SELECT coalesce(s.signed, p.signed) FROM release_signature s
		LEFT JOIN lot_release p ON p.id = s.paper WHERE s.guarantee = @id ORDER BY s.received_at, s.beneficiary`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}
