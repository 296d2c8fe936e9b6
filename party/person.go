package party

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/signing"
)

// NamePerson says who of an organisation holds a certificate on record, by a name or a number that is one person's there, in 2 to
// 100 characters. Only an operator says it. The same again changes nothing; the latest word counts.
func (d *Desk) NamePerson(ctx context.Context, by Actor, fingerprint signing.Digest, person string) error {
	if !by.Is(Operator) && !by.IsSystem() {
		return Forbidden("certificate.person", "只有平台运营人员可以登记证书的持有人")
	}
	if !validName(person) {
		return Invalid("certificate.person", "people", "证书的持有人须写成 2 至 100 个字的姓名或工号，首尾无空格，不含控制字符；请改正后重试")
	}
	return d.change(ctx, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `UPDATE certificate SET person = @person WHERE fingerprint = @fp`, pgx.NamedArgs{"fp": fingerprint[:], "person": person})
		if err == nil && done.RowsAffected() == 0 {
			err = errNoCertificate
		}
		return err
	})
}

// SamePerson tells, in the caller's transaction, whether two certificates of one organisation are one person's: they are the same
// certificate, or both name the same holder. A holder is who the operator has said, or else the certificate's common name where
// that is another than the organisation's. Of a certificate that names nobody nothing is known: it is a person of its own.
func SamePerson(ctx context.Context, q store.Querier, a, b []byte) (bool, error) {
	if bytes.Equal(a, b) {
		return true, nil
	}
	rows, err := q.Query(ctx, `SELECT coalesce(person, ''), der FROM certificate WHERE fingerprint IN (@a, @b)`, pgx.NamedArgs{"a": a, "b": b})
	if err != nil {
		return false, err
	}
	var (
		holders []string
		person  string
		der     []byte
	)
	if _, err := pgx.ForEachRow(rows, []any{&person, &der}, func() error {
		if person == "" {
			c, err := signing.ParseCertificate(der)
			if err != nil {
				return fmt.Errorf("party: a certificate on record: %w", err)
			}
			person = holderOf(c.Subject())
		}
		holders = append(holders, person)
		return nil
	}); err != nil {
		return false, err
	}
	return len(holders) == 2 && holders[0] != "" && holders[0] == holders[1], nil
}

// SamePerson is SamePerson outside a transaction, for what a page says beforehand.
func (d *Desk) SamePerson(ctx context.Context, a, b []byte) (bool, error) {
	return SamePerson(ctx, d.pool, a, b)
}

func holderOf(n signing.Name) string {
	if n.CommonName == n.Organization {
		return ""
	}
	return n.CommonName
}
