package banks

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
)

var errNoInstitution = party.NotFound("institution.unknown", "没有接入这家担保机构；请核对统一社会信用代码")

const institutionColumns = `uscc, name, kind, licence, licence_until, base, cashier, two_people, admitted_by, admitted_at`

func readInstitution(ctx context.Context, q store.Querier, uscc string) (Institution, error) {
	return store.One[Institution](ctx, q, errNoInstitution,
		`SELECT `+institutionColumns+` FROM institution WHERE uscc = @uscc`, pgx.NamedArgs{"uscc": uscc})
}

func listInstitutions(ctx context.Context, q store.Querier) ([]Institution, error) {
	return store.Many[Institution](ctx, q, `SELECT `+institutionColumns+` FROM institution ORDER BY uscc`, nil)
}

func upsertInstitution(ctx context.Context, q store.Querier, i Institution) error {
	_, err := q.Exec(ctx, `
		INSERT INTO institution (uscc, name, kind, licence, licence_until, base, cashier, two_people, admitted_by, admitted_at)
		VALUES (@uscc, @name, @kind, @licence, @licence_until, @base, @cashier, @two_people, @admitted_by, @admitted_at)
		ON CONFLICT (uscc) DO UPDATE SET licence = @licence, licence_until = @licence_until, base = @base,
			cashier = @cashier, two_people = @two_people, admitted_by = @admitted_by, admitted_at = @admitted_at`,
		pgx.NamedArgs{"uscc": i.USCC, "name": i.Name, "kind": i.Kind, "licence": i.Licence, "licence_until": i.LicenceUntil,
			"base": i.Base, "cashier": i.Cashier, "two_people": i.TwoPeople, "admitted_by": i.AdmittedBy, "admitted_at": i.AdmittedAt})
	return err
}

const productColumns = `id, institution, wording, wording_version, form, mode, min_fee, max_ceiling, answer_within, offered_at`

func liveProducts(ctx context.Context, q store.Querier) ([]Product, error) {
	return products(ctx, q, `WHERE withdrawn_at IS NULL ORDER BY institution, id`, nil)
}

func liveProduct(ctx context.Context, q store.Querier, guarantor string, w letter.WordingRef, m letter.Mode) (Product, error) {
	found, err := products(ctx, q, `WHERE institution = @institution AND wording = @wording AND wording_version = @version
		AND mode = @mode AND withdrawn_at IS NULL`, named(guarantor, w, m))
	if err == nil && len(found) == 0 {
		err = errNoProduct
	}
	if err != nil {
		return Product{}, err
	}
	return found[0], nil
}

func everyProduct(ctx context.Context, q store.Querier, guarantor string, w letter.WordingRef, m letter.Mode) ([]Product, error) {
	return products(ctx, q, `WHERE institution = @institution AND wording = @wording AND wording_version = @version
		AND mode = @mode`, named(guarantor, w, m))
}

// answerWithin is the answering time, in seconds, of the product that was put on sale last before an instant; whether
// it was taken off again meanwhile does not matter to an application that was taken in under it.
func answerWithin(ctx context.Context, q store.Querier, guarantor string, w letter.WordingRef, m letter.Mode, at time.Time) ([]int, error) {
	args := named(guarantor, w, m)
	args["at"] = at
	rows, err := q.Query(ctx, `SELECT answer_within FROM product WHERE institution = @institution AND wording = @wording
		AND wording_version = @version AND mode = @mode AND offered_at <= @at ORDER BY offered_at DESC LIMIT 1`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}

func named(guarantor string, w letter.WordingRef, m letter.Mode) pgx.NamedArgs {
	return pgx.NamedArgs{"institution": guarantor, "wording": w.ID, "version": w.Version, "mode": m}
}

func products(ctx context.Context, q store.Querier, where string, args pgx.NamedArgs) ([]Product, error) {
	found, err := store.Many[Product](ctx, q, `SELECT `+productColumns+` FROM product `+where, args)
	if err != nil {
		return nil, err
	}
	for k := range found {
		found[k].Tiers, err = store.Many[Tier](ctx, q,
			`SELECT up_to, rates FROM product_tier WHERE product = @product ORDER BY up_to`, pgx.NamedArgs{"product": found[k].ID})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func insertProduct(ctx context.Context, tx pgx.Tx, p Product) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO product (id, institution, wording, wording_version, form, mode, min_fee, max_ceiling, answer_within, offered_at)
		VALUES (@id, @institution, @wording, @wording_version, @form, @mode, @min_fee, @max_ceiling, @answer_within, @offered_at)`,
		pgx.NamedArgs{"id": p.ID, "institution": p.Institution, "wording": p.Wording, "wording_version": p.WordingVersion,
			"form": p.Form, "mode": p.Mode, "min_fee": p.MinFee, "max_ceiling": p.MaxCeiling,
			"answer_within": p.AnswerWithin, "offered_at": p.OfferedAt})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "product_live" {
		return party.Conflict("product.taken", "该机构已有同一文本、同一密封方式的产品在售；请先下架旧产品")
	}
	for _, t := range p.Tiers {
		if err == nil {
			_, err = tx.Exec(ctx, `INSERT INTO product_tier (product, up_to, rates) VALUES (@product, @up_to, @rates)`,
				pgx.NamedArgs{"product": p.ID, "up_to": t.UpTo, "rates": t.Rates})
		}
	}
	return err
}

func withdrawProduct(ctx context.Context, q store.Querier, id string, at time.Time) error {
	tag, err := q.Exec(ctx, `UPDATE product SET withdrawn_at = @at WHERE id = @id AND withdrawn_at IS NULL`,
		pgx.NamedArgs{"id": id, "at": at})
	if err == nil && tag.RowsAffected() == 0 {
		return party.NotFound("product.unknown", "没有这个在售产品；请刷新产品列表")
	}
	return err
}
