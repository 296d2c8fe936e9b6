package party

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
)

type onceRow struct {
	Digest []byte `db:"digest"`
	Answer []byte `db:"answer"`
}

func insertOnce(ctx context.Context, tx pgx.Tx, id, digest signing.Digest) (fresh bool, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO once (id, digest) VALUES (@id, @digest) ON CONFLICT (id) DO NOTHING`,
		pgx.NamedArgs{"id": id[:], "digest": digest[:]})
	return tag.RowsAffected() == 1, err
}

func readOnce(ctx context.Context, q store.Querier, id signing.Digest) (onceRow, error) {
	rows, err := q.Query(ctx, `SELECT digest, answer FROM once WHERE id = @id`, pgx.NamedArgs{"id": id[:]})
	if err != nil {
		return onceRow{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[onceRow])
}

func answerOnce(ctx context.Context, tx pgx.Tx, id signing.Digest, answer []byte) error {
	tag, err := tx.Exec(ctx, `UPDATE once SET answer = @answer WHERE id = @id AND answer IS NULL`,
		pgx.NamedArgs{"id": id[:], "answer": answer})
	if err == nil && tag.RowsAffected() != 1 {
		return errAnsweredTwice
	}
	return err
}

var errNoOrganisation = NotFound("organisation.unknown", "没有登记此单位；请核对统一社会信用代码")

// upsertOrganisation adds roles to a registration that exists, and changes nothing else of it.
func upsertOrganisation(ctx context.Context, tx pgx.Tx, o Organisation) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO organisation (uscc, name, roles, status, admitted_by, admitted_at)
		VALUES (@uscc, @name, @roles, @status, @by, @at)
		ON CONFLICT (uscc) DO UPDATE SET roles = organisation.roles ||
			ARRAY(SELECT r FROM unnest(excluded.roles) WITH ORDINALITY AS n(r, i) WHERE r <> ALL (organisation.roles) ORDER BY i)
		WHERE NOT organisation.roles @> excluded.roles`,
		pgx.NamedArgs{"uscc": o.USCC, "name": o.Name, "roles": o.Roles, "status": o.Status, "by": o.AdmittedBy, "at": o.AdmittedAt})
	return err
}

func readOrganisation(ctx context.Context, q store.Querier, uscc string) (Organisation, error) {
	return store.One[Organisation](ctx, q, errNoOrganisation, `
		SELECT uscc, name, roles, status, admitted_by, admitted_at FROM organisation WHERE uscc = @uscc`,
		pgx.NamedArgs{"uscc": uscc})
}

func updateStatus(ctx context.Context, tx pgx.Tx, uscc string, to Status, by string, at time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE organisation SET status = @to, status_by = @by, status_at = @at WHERE uscc = @uscc`,
		pgx.NamedArgs{"uscc": uscc, "to": to, "by": by, "at": at})
	if err == nil && tag.RowsAffected() == 0 {
		return errNoOrganisation
	}
	return err
}

// insertCertificate adds to a certificate on record what it lacks, and changes nothing else of it: its issuers, and an
// operator's admission in place of its own.
func insertCertificate(ctx context.Context, tx pgx.Tx, r certificateRow) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO certificate (fingerprint, uscc, der, issuers, can_sign, can_encrypt, not_before, not_after, added_at, admitted_by)
		VALUES (@fp, @uscc, @der, @issuers, @sign, @encrypt, @before, @after, @at, @by)
		ON CONFLICT (fingerprint) DO UPDATE SET issuers = coalesce(certificate.issuers, excluded.issuers),
			admitted_by = CASE certificate.admitted_by WHEN @self THEN excluded.admitted_by ELSE certificate.admitted_by END
		WHERE certificate.uscc = excluded.uscc AND (certificate.issuers IS NULL AND excluded.issuers IS NOT NULL
			OR certificate.admitted_by = @self AND excluded.admitted_by <> @self)`,
		pgx.NamedArgs{"fp": r.Fingerprint, "uscc": r.USCC, "der": r.DER, "issuers": r.Issuers, "sign": r.CanSign, "encrypt": r.CanEncrypt,
			"before": r.NotBefore, "after": r.NotAfter, "at": r.AddedAt, "by": r.AdmittedBy, "self": Self})
	return err
}

const certificateColumns = `fingerprint, uscc, der, issuers, can_sign, can_encrypt, not_before, not_after, added_at, admitted_by, removed_at`

func readCertificate(ctx context.Context, q store.Querier, fingerprint signing.Digest) (certificateRow, error) {
	return store.One[certificateRow](ctx, q, errNoCertificate, `
		SELECT `+certificateColumns+` FROM certificate WHERE fingerprint = @fp`, pgx.NamedArgs{"fp": fingerprint[:]})
}

func listCertificates(ctx context.Context, q store.Querier, uscc string) ([]certificateRow, error) {
	rows, err := q.Query(ctx, `
		SELECT `+certificateColumns+` FROM certificate WHERE uscc = @uscc ORDER BY added_at DESC, fingerprint`,
		pgx.NamedArgs{"uscc": uscc})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[certificateRow])
}

func removeCertificate(ctx context.Context, tx pgx.Tx, fingerprint signing.Digest, by string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE certificate SET removed_at = @at, removed_by = @by WHERE fingerprint = @fp AND removed_at IS NULL`,
		pgx.NamedArgs{"fp": fingerprint[:], "by": by, "at": at})
	return err
}

// insertChallenge also sweeps some of what nobody answered.
func insertChallenge(ctx context.Context, q store.Querier, id signing.Digest, expires, now time.Time) error {
	_, err := q.Exec(ctx, `
		WITH stale AS (DELETE FROM challenge WHERE id IN (SELECT id FROM challenge WHERE expires < @now LIMIT 20 FOR UPDATE SKIP LOCKED))
		INSERT INTO challenge (id, expires) VALUES (@id, @expires)`,
		pgx.NamedArgs{"id": id[:], "expires": expires, "now": now})
	return err
}

func takeChallenge(ctx context.Context, q store.Querier, id signing.Digest, now time.Time) error {
	type row struct {
		Expires time.Time `db:"expires"`
	}
	r, err := store.One[row](ctx, q, errChallenge, `DELETE FROM challenge WHERE id = @id RETURNING expires`, pgx.NamedArgs{"id": id[:]})
	if err == nil && now.After(r.Expires) {
		return errChallenge
	}
	return err
}

func insertSession(ctx context.Context, q store.Querier, id signing.Digest, sealed []byte, expires, now time.Time) error {
	_, err := q.Exec(ctx, `
		WITH stale AS (DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires < @now LIMIT 20 FOR UPDATE SKIP LOCKED))
		INSERT INTO session (id, sealed, expires) VALUES (@id, @sealed, @expires)`,
		pgx.NamedArgs{"id": id[:], "sealed": sealed, "expires": expires, "now": now})
	return err
}

func deleteSession(ctx context.Context, q store.Querier, id signing.Digest) error {
	_, err := q.Exec(ctx, `DELETE FROM session WHERE id = @id`, pgx.NamedArgs{"id": id[:]})
	return err
}

// insertNonce sweeps by the database's real time, as the freshness of messages does. What it sweeps is an hour
// past its end, far beyond any tolerance.
func insertNonce(ctx context.Context, q store.Querier, id signing.Digest, until time.Time) error {
	tag, err := q.Exec(ctx, `
		WITH stale AS (DELETE FROM nonce WHERE id IN
			(SELECT id FROM nonce WHERE until < clock_timestamp() - interval '1 hour' LIMIT 20 FOR UPDATE SKIP LOCKED))
		INSERT INTO nonce (id, until) VALUES (@id, @until) ON CONFLICT (id) DO NOTHING`,
		pgx.NamedArgs{"id": id[:], "until": until})
	if err == nil && tag.RowsAffected() != 1 {
		return ErrReplayed
	}
	return err
}
